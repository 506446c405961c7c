/* Chance from the run's own seeded generator. Not for secrets. */
#include "stdlib/functions.h"

#include "base/memory.h"

enum { TEXT_MAXIMUM = 16 << 20 };

/* 0 .. bound-1, each as likely as the other; 0 stands for 2^64. */
static uint64_t below(struct run *run, uint64_t bound) {
    if (!bound) return run_random(run);
    uint64_t uneven = -bound % bound; /* 2^64 mod bound: so many low draws would make some results likelier */
    for (;;) {
        uint64_t drawn = run_random(run);
        if (drawn >= uneven) return drawn % bound;
    }
}

enum native_outcome random_between(struct native_call *call) {
    int64_t low = argument_integer(call, 0), high = argument_integer(call, 1);
    if (low > high)
        return native_fail(call, "random: the low end %lld is above the high end %lld", (long long)low,
                           (long long)high);
    uint64_t drawn = below(call->run, (uint64_t)high - (uint64_t)low + 1);
    return native_done(call, value_integer((int64_t)((uint64_t)low + drawn)));
}

enum native_outcome random_uuid(struct native_call *call) {
    uint64_t high = run_random(call->run), low = run_random(call->run);
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);              /* version 4 */
    low = (low & ~(UINT64_C(3) << 62)) | UINT64_C(0x8000000000000000); /* variant 10 */
    return native_done(call, value_printf(run_heap(call->run), "%08llx-%04llx-%04llx-%04llx-%012llx",
                                          (unsigned long long)(high >> 32), (unsigned long long)(high >> 16 & 0xffff),
                                          (unsigned long long)(high & 0xffff), (unsigned long long)(low >> 48),
                                          (unsigned long long)(low & UINT64_C(0xffffffffffff))));
}

enum native_outcome random_text(struct native_call *call) {
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    int64_t length = argument_integer(call, 0);
    if (length < 0 || length > TEXT_MAXIMUM)
        return native_fail(call, "random_text: %lld is not between 0 and %d", (long long)length, TEXT_MAXIMUM);
    char *bytes = memory_allocate((size_t)length);
    for (int64_t i = 0; i < length; i++) bytes[i] = letters[below(call->run, sizeof letters - 1)];
    struct value result = value_text(run_heap(call->run), (struct text){ bytes, (size_t)length });
    memory_release(bytes);
    return native_done(call, result);
}
