/* The generated parser as a machine that can be asked. It is fed token by token, says beforehand what it would
 * accept, and can be rewound to an earlier depth of its stack. Generated from parser.y; knows nothing of messages and
 * recovery. */
#ifndef AOT_GRAMMAR_ENGINE_H
#define AOT_GRAMMAR_ENGINE_H
#include "grammar/lexer.h"

struct engine;
struct engine *engine_new(struct parse *parse);
void engine_free(struct engine *engine);
/* Reads tokens to the end of the file, or to the first thing that is wrong: then parse->failed is set. */
void engine_run(struct engine *engine, struct lexer *lexer);
/* Takes one token. A token that is not acceptable sets parse->failed and leaves the stack in no useful state. */
void engine_feed(struct engine *engine, struct token token);
/* Whether the parser would take this token now. Changes nothing. */
bool engine_accepts(const struct engine *engine, uint32_t id);
/* The same, but a soft word does not count when it would be taken as a name. */
bool engine_wants(const struct engine *engine, uint32_t id);
/* Completes what is complete whatever comes next: a block whose `}` was taken is one entry of the stack then. */
void engine_settle(struct engine *engine);
/* Entries on the stack. */
uint32_t engine_depth(const struct engine *engine);
/* Whether the stack, cut to this depth, takes the token at once, without completing anything. */
bool engine_shifts(const struct engine *engine, uint32_t depth, uint32_t id);
void engine_cut(struct engine *engine, uint32_t depth);
/* TOK_ID for a soft word, else 0: what the grammar says, for the test that compares it with tokens.def. */
uint32_t engine_fallback(uint32_t id);
#endif
