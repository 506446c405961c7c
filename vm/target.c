/* What a run may break or load: anything on this machine, and of other machines only what was allowed by name. */
#include "vm/fiber.h"
#include "vm/run_state.h"

#include <arpa/inet.h>
#include <string.h>

/* "host" of "host:port/database" and of "[::1]:port/database". */
static struct text host_of(struct text target) {
    const char *slash = target.length ? memchr(target.bytes, '/', target.length) : NULL;
    if (slash) target.length = (size_t)(slash - target.bytes);
    if (target.length && target.bytes[0] == '[') {
        const char *end = memchr(target.bytes, ']', target.length);
        return end ? text_slice(target, 1, (size_t)(end - target.bytes) - 1) : target;
    }
    const char *colon = target.length ? memchr(target.bytes, ':', target.length) : NULL;
    bool is_only_one = colon && !memchr(colon + 1, ':', target.length - (size_t)(colon + 1 - target.bytes));
    return is_only_one ? text_slice(target, 0, (size_t)(colon - target.bytes)) : target;
}

/* 127.0.0.0/8 written as an address: "127.evil.example" is a name, and "127.1.1.999" would be looked up as one. */
static bool is_loopback_address(struct text host) {
    char digits[INET_ADDRSTRLEN] = { 0 };
    struct in_addr address;
    if (!text_starts(host, TEXT("127.")) || host.length >= sizeof digits) return false;
    memcpy(digits, host.bytes, host.length);
    return strlen(digits) == host.length && inet_pton(AF_INET, digits, &address) == 1;
}

bool target_is_this_machine(struct text target) {
    struct text host = host_of(target);
    return text_is(host, "localhost") || text_is(host, "::1") || is_loopback_address(host);
}

bool run_target_is_named(const struct run *run, struct text target) {
    struct text host = host_of(target);
    for (size_t i = 0; i < run->options.allowed_target_count; i++) {
        struct text allowed = run->options.allowed_targets[i];
        bool without_database =
            text_starts(target, allowed) && target.length > allowed.length && target.bytes[allowed.length] == '/';
        if (text_equal(allowed, target) || text_equal(allowed, host) || without_database) return true;
    }
    return false;
}

bool run_target_is_allowed(const struct run *run, struct text target) {
    return target_is_this_machine(target) || run_target_is_named(run, target);
}

bool native_is_of_load(const struct native_call *call) {
    return run_is_load(call->run) || call->fiber->is_of_load;
}

bool native_may_reach(const struct native_call *call, const char *what, struct text target, struct buffer *problem) {
    if (run_target_is_allowed(call->run, target)) return true;
    struct text host = host_of(target);
    buffer_printf(problem,
                  "%.*s is not this machine, and %s goes there only when two allow it: write "
                  "`allow targets: [\"%.*s\"]` into aot.yaml, and --allow-target %.*s on the command line",
                  TEXT_ARGS(target), what, TEXT_ARGS(host), TEXT_ARGS(host));
    return false;
}
