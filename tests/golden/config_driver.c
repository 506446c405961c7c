/* config_driver text|json FILE: aot.yaml alone, without recipes, for tests/golden/run. `text` prints findings as people see
 * them, `json` one object a line. */
#include "base/memory.h"
#include "config/config.h"

#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    if (count != 3) {
        fputs("usage: config_driver text|json FILE\n", stderr);
        return 2;
    }
    struct source_set *sources = source_set_new();
    struct diagnostics *diagnostics = diagnostics_new();
    struct buffer out = { 0 };
    char *error = NULL;
    struct config *config = config_read(sources, arguments[2], diagnostics, &error);
    if (error) fprintf(stderr, "%s: %s\n", arguments[2], error);
    diagnostics_sort(diagnostics);
    if (strcmp(arguments[1], "json") == 0)
        diagnostics_print_json(diagnostics, sources, &out);
    else
        diagnostics_print(diagnostics, sources, &out, false, 20);
    fwrite(out.bytes ? out.bytes : "", 1, out.length, stdout);
    int status = error ? 2 : diagnostics_size(diagnostics) > 0;
    memory_release(error);
    buffer_done(&out);
    config_free(config);
    diagnostics_free(diagnostics);
    source_set_free(sources);
    return status;
}
