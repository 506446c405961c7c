/* The few facts about a native's row that both the verifier and the machine need; signatures are read by the
 * compiler. */
#include "bytecode/native.h"

/* Steps over a quoted word or default, so that a comma or bracket in it does not count. */
static const char *skip_quoted(const char *at) {
    char quote = *at++;
    while (*at && *at != quote) at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

uint32_t native_parameter_count(const struct native_row *row) {
    uint32_t commas = 0, depth = 0;
    bool content = false;
    for (const char *at = row->signature; *at;) {
        if (*at == '"') {
            at = skip_quoted(at);
            content = true;
            continue;
        }
        if (at[0] == '-' && at[1] == '>' && depth == 0) break;
        if (*at == '(' || *at == '[' || *at == '{' || *at == '<') depth++;
        if ((*at == ')' || *at == ']' || *at == '}' || *at == '>') && depth > 0) depth--;
        if (*at == ',' && depth == 0) commas++;
        if (*at != ' ') content = true;
        at++;
    }
    return content ? commas + 1 : 0;
}
