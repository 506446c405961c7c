/* The defects that `--defect NAME` switches on: each breaks one rule that a recipe must catch. */
#pragma once
#include <stdbool.h>
#include <stdio.h>

/* DEFECT(its constant, its name, what the process then does). The first line of each group is the recipe's. */
#define DEFECTS(DEFECT) \
    /* T1 */ \
    DEFECT(OLD_CLIENT_REJECTED, "old-client-rejected", "T1 R1.2: a client older than the server gets 426") \
    DEFECT(NEW_FIELD_REQUIRED, "new-field-required", \
           "T1 R1.2: a new note without an author gets 400; the oldest clients know none") \
    DEFECT(FAILS_ON_OLD_ROUTE, "5xx-on-old-route", \
           "T1 R1.2: the route that was renamed answers 500 under its old name") \
    DEFECT(VERSION_CHECK_TOO_STRICT, "version-check-too-strict", \
           "T1 R1.3: calls whoever is older 'version too old', works all the same") \
    DEFECT(SMOKE_TEST_EMPTY, "smoke-test-empty", "T1: the smoke test makes no request and passes: proves nothing") \
    /* T2 */ \
    DEFECT(STRIPS_UNKNOWN, "strips-unknown", "T2 R2.1: reemit drops the fields that it does not know") \
    DEFECT(STRIPS_NESTED_ONLY, "strips-nested-only", \
           "T2 R2.1: reemit drops the fields that it does not know inside the payload, and keeps those outside") \
    DEFECT(ROUNDS_BIG_NUMBERS, "rounds-big-numbers", "T2 R2.1: reemit reads numbers as doubles") \
    DEFECT(PANICS_ON_ENUM, "panics-on-enum", "T2 R2.3: reemit aborts at a kind that it does not know") \
    DEFECT(ENUM_BECOMES_ZERO, "enum-becomes-zero-value-silently", \
           "T2 R2.3: a kind that reemit does not know becomes the first one, as if it had been sent") \
    DEFECT(REORDERS, "reorders-is-fine", "T2: reemit sorts members by name, which breaks no rule") \
    /* T3 */ \
    DEFECT(READY_BEFORE_WARM, "ready-before-warm", "T3 R4.2: /readyz answers 200 while requests still get 503") \
    DEFECT(DROPS_INFLIGHT, "drops-inflight", "T3 R4.1: after SIGTERM requests are cut off without an answer") \
    DEFECT(CLOSES_LISTENER_LATE, "closes-listener-late", \
           "T3 R4.1: after SIGTERM nobody accepts, yet the listener stays open 1.5 s") \
    DEFECT(ONE_REPLICA_STAYS_OLD, "one-replica-stays-old", \
           "T3 R4.1: of the newest processes of one parent, one serves the old release") \
    DEFECT(FAILS_FOR_200MS, "5xx-for-200ms", "T3 R4.1: from its first request on, a process answers 500 for 200 ms") \
    DEFECT(SLOW_DRAIN, "slow-drain", \
           "T3 R4.3: after SIGTERM it stays ready for 3 s and takes 400 ms for each request") \
    /* T5 */ \
    DEFECT(HANGS_PAST_TIMEOUT, "hangs-past-timeout", "T5 R5.3: /generate waits 10 s for a gateway that hangs") \
    DEFECT(HEALTHZ_DIES_TOO, "healthz-dies-too", "T5 R5.1: /healthz answers 503 while the gateway fails") \
    DEFECT(NO_BREAKER, "no-breaker", "T5 R5.2: a gateway that fails is asked for each request, for ever") \
    DEFECT(BREAKER_NEVER_CLOSES, "breaker-never-closes", "T5 R5.2: a gateway that failed is never asked again") \
    DEFECT(NO_JITTER, "no-jitter", "T5 R5.4: retries come after exactly 80, 160 and 320 ms") \
    DEFECT(GATEWAY_WIRED_PAST, "gateway-wired-past-the-proxy", \
           "T5: /generate gets its text from elsewhere, so no fault meets it: proves nothing") \
    /* T6 */ \
    DEFECT(FORGETS_OFFSET, "forgets-offset", "T6 R6.1: an upload whose client goes away begins anew") \
    DEFECT(OFF_BY_ONE_CHUNK, "off-by-one-chunk", \
           "T6 R6.1: an upload whose client goes away is one chunk behind what was acknowledged") \
    DEFECT(CORRUPTS_ON_RESUME, "corrupts-on-resume", "T6 R6.1: the first byte after a cut is stored wrong") \
    DEFECT(NEW_UPLOAD_PER_RETRY, "new-upload-per-retry", "T6 R6.3: the same Idempotency-Key makes another upload") \
    DEFECT(SESSION_NEVER_EXPIRES, "session-never-expires", "T6 R6.4: an upload session lives for ever") \
    DEFECT(EXPIRES_AT_ONCE, "expires-at-once", "T6 R6.4: an upload session lives for a second only") \
    DEFECT(REFUSES_UPLOADS, "refuses-uploads", \
           "T6: bytes are refused before they are read, so no client dies in the middle: proves nothing") \
    /* T7 */ \
    DEFECT(LOSES_OUTBOX, "loses-outbox", "T7 R6.3: back online, the client forgets an item that it has not sent") \
    DEFECT(DUPLICATES_ON_RECONNECT, "duplicates-on-reconnect", \
           "T7 R6.3: the client sends each item twice, as two items") \
    DEFECT(LATE_DUPLICATE, "late-duplicate", \
           "T7 R6.3: 3.5 s after it is back online the client sends an item once more") \
    DEFECT(CLAIMS_SYNCED_OFFLINE, "claims-synced-offline", \
           "T7 R6.2: the client shows as synced what the server has not") \
    DEFECT(NEVER_DRAINS, "never-drains", "T7 R6.2: after the first attempt that fails the client tries no more") \
    DEFECT(BYPASSES_THE_CUT, "bypasses-the-cut", \
           "T7: the client goes to the address that the server says it has, past a proxy: proves nothing") \
    DEFECT(SLEEPS_THROUGH_THE_CUT, "sleeps-through-the-cut", \
           "T7: the client tries nothing for 3.5 s, so it does not feel the cut: proves nothing")

enum defect {
    DEFECT_NONE,
#define DEFECT(constant, name, what) DEFECT_##constant,
    DEFECTS(DEFECT)
#undef DEFECT
};

/* Switches the defect of this name on; false if there is none. */
bool defect_switch_on(const char *name);

bool defect_on(enum defect defect);

/* One line for each defect. */
void defect_list(FILE *file);
