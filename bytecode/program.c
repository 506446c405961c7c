/* The program as data: its end, and the words for its kinds. */
#include "bytecode/program.h"
#include "base/arena.h"

void program_free(struct program *program) {
    if (program) arena_free(program->arena); /* the program itself stands in its arena */
}

const char *unit_kind_name(enum unit_kind kind) {
    switch (kind) {
    case UNIT_WORLD: return "world";
    case UNIT_AXIS: return "axis";
    case UNIT_EXCLUDE: return "exclude";
    case UNIT_INCLUDE: return "include";
    case UNIT_LIMIT: return "limit";
    case UNIT_INPUTS: return "inputs";
    case UNIT_SETUP: return "setup";
    case UNIT_RUN: return "run";
    case UNIT_TEARDOWN: return "teardown";
    case UNIT_ASSERT: return "assert";
    case UNIT_FUNCTION: return "function";
    case UNIT_SPAWN: return "spawn";
    case UNIT_PARALLEL: return "parallel";
    case UNIT_LOAD: return "load";
    case UNIT_WATCH: return "watch";
    case UNIT_SERVICE: return "service";
    }
    return "unknown";
}

const char *global_kind_name(enum global_kind kind) {
    switch (kind) {
    case GLOBAL_INPUT: return "input";
    case GLOBAL_SECRET: return "secret";
    case GLOBAL_LET: return "let";
    case GLOBAL_AXIS: return "axis";
    case GLOBAL_SERVICE: return "service";
    case GLOBAL_SETUP: return "setup";
    case GLOBAL_RUN: return "run";
    case GLOBAL_PHASE: return "phase";
    case GLOBAL_MARK: return "mark";
    case GLOBAL_LOAD: return "load";
    case GLOBAL_WATCH: return "watch";
    case GLOBAL_TASK: return "task";
    }
    return "unknown";
}

const char *formula_kind_name(enum formula_kind kind) {
    switch (kind) {
    case FORMULA_PLAIN: return "plain";
    case FORMULA_ALWAYS: return "always";
    case FORMULA_NEVER: return "never";
    case FORMULA_EVENTUALLY: return "eventually";
    case FORMULA_SETTLES: return "settles";
    case FORMULA_WHENEVER: return "whenever";
    case FORMULA_UNTIL: return "until";
    }
    return "unknown";
}

const char *constant_kind_name(enum constant_kind kind) {
    switch (kind) {
    case CONSTANT_INTEGER: return "integer";
    case CONSTANT_NUMBER: return "number";
    case CONSTANT_DURATION: return "duration";
    case CONSTANT_SIZE: return "size";
    case CONSTANT_QUANTITY: return "quantity";
    case CONSTANT_RATIO: return "ratio";
    case CONSTANT_TEXT: return "text";
    case CONSTANT_LABEL: return "label";
    case CONSTANT_VERSION: return "version";
    case CONSTANT_PATH: return "path";
    case CONSTANT_REGEX: return "regex";
    case CONSTANT_JSON: return "json";
    case CONSTANT_KEYS: return "keys";
    }
    return "unknown";
}

bool constant_is_text(enum constant_kind kind) {
    return kind >= CONSTANT_TEXT && kind <= CONSTANT_KEYS;
}

uint32_t keys_count(struct text keys) {
    uint32_t count = 0;
    for (size_t i = 0; i < keys.length; i++) count += keys.bytes[i] == '\0';
    return count;
}

bool keys_next(struct text keys, size_t *offset, struct text *key) {
    size_t start = *offset, end = start;
    while (end < keys.length && keys.bytes[end] != '\0') end++;
    if (end >= keys.length) return false;
    *key = text_slice(keys, start, end - start);
    *offset = end + 1;
    return true;
}
