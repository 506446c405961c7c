/* Finds and opens the natives' shared library; checks that its table is the one this executable was built with. */
#include "cli/natives.h"

#include "base/buffer.h"
#include "stdlib/catalogue.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void *open_beside(struct text folder, const char *relative, struct buffer *errors) {
    struct buffer path = { 0 };
    buffer_append(&path, folder);
    buffer_append_string(&path, relative);
    void *library = NULL;
    if (access(path.bytes, F_OK) == 0) {
        library = dlopen(path.bytes, RTLD_NOW | RTLD_LOCAL);
        if (!library) buffer_printf(errors, "; %s", dlerror());
    }
    buffer_done(&path);
    return library;
}

bool natives_open(struct native_functions *functions) {
    char executable[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable);
    if (length <= 0 || length == (ssize_t)sizeof executable) {
        fputs("aot: cannot tell where the executable is (is /proc mounted?)\n", stderr);
        return false;
    }
    while (length > 0 && executable[length - 1] != '/') length--;
    struct text folder = { executable, (size_t)length };
    struct buffer errors = { 0 };
    void *library = open_beside(folder, "libaot_natives.so", &errors);
    if (!library) library = open_beside(folder, "../lib/aot/libaot_natives.so", &errors);
    if (!library) {
        fprintf(stderr, "aot: libaot_natives.so was not found beside the executable (%.*s)%s\n", TEXT_ARGS(folder),
                errors.bytes ? errors.bytes : "");
        buffer_done(&errors);
        return false;
    }
    buffer_done(&errors);
    struct native_functions (*find)(void);
    void *symbol = dlsym(library, "aot_natives");
    memcpy(&find, &symbol, sizeof find);
    if (symbol) *functions = find();
    if (!symbol || functions->count != catalogue()->row_count) {
        fputs("aot: libaot_natives.so is of another build than the executable; build again\n", stderr);
        return false;
    }
    return true;
}
