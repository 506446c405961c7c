/* The grammar. Rules only build nodes (parse.h); spans run from a rule's first token to the last token taken.
 * Compiled by Lemon, which must find no conflict. Tokens are described in tokens.def; how errors are reported and
 * survived is recovery.c's: here an ERROR token stands for a declaration, statement, claim or field that did not
 * parse. */

%include {
#include "grammar/engine.h"

#include "grammar/literal.h"
#include "grammar/quote.h"

/* What stands before the colon of a record's field. */
struct key {
    struct token token;  /* a name or a label, if `string` is NULL */
    struct node *string; /* a quoted key */
};

static struct node *binary(struct parse *parse, enum tree_operator operator, struct node *a, struct node *b) {
    struct node *node = node_with(parse, NODE_BINARY, a->span.start, a, b, NULL);
    node->operator = (uint8_t)operator;
    return node;
}

static struct node *unary(struct parse *parse, enum tree_operator operator, struct token token, struct node *a) {
    struct node *node = node_with(parse, NODE_UNARY, token.offset, a, NULL, NULL);
    node->operator = (uint8_t)operator;
    return node;
}

/* A chain as a node of its own, with the span of what is in it; `start` is where an empty one stands. */
static struct node *list(struct parse *parse, struct chain chain, uint32_t start) {
    struct node *node = node_list(parse, NODE_LIST, start, chain);
    uint32_t first = chain.first ? chain.first->span.start : start;
    node->span = span_of(parse, first, chain.last ? node_end(chain.last) : start);
    return node;
}

static struct node *block(struct parse *parse, struct token open, struct chain statements) {
    return node_list(parse, NODE_BLOCK, open.offset, statements);
}

static struct node *plain(struct parse *parse, struct node *expression) {
    struct node *node = node_with(parse, NODE_PLAIN, expression->span.start, expression, NULL, NULL);
    node->span = expression->span;
    return node;
}

static struct node *timed(struct parse *parse, enum node_kind kind, struct token word, struct chain clauses,
                          struct node *formula) {
    struct node *node = node_list(parse, kind, word.offset, clauses);
    node->a = formula;
    node_hold(parse, node, formula);
    return node;
}

static struct node *claims(struct parse *parse, enum node_kind kind, struct token word, struct node *title,
                           struct chain options, struct chain claims) {
    struct node *node = node_list(parse, kind, word.offset, claims);
    node->a = title;
    node->b = list(parse, options, node_end(title));
    node_hold(parse, node, node->a);
    node_hold(parse, node, node->b);
    return node;
}

static struct node *claim(struct parse *parse, enum node_kind kind, struct token word, struct node *title,
                          struct chain options, struct node *formula) {
    struct node *node = claims(parse, kind, word, title, options, chain_of(formula));
    node->flags |= NODE_SINGLE;
    return node;
}

static struct node *record_field(struct parse *parse, enum node_kind kind, struct key key, struct node *value) {
    uint32_t start = key.string ? key.string->span.start : key.token.offset;
    struct node *node = node_with(parse, kind, start, value, NULL, NULL);
    if (!key.string) {
        node_name(parse, node, key.token);
        return node;
    }
    node->name = name_intern(parse->names, key.string->list->string);
    node->name_span = key.string->span;
    node->flags |= NODE_QUOTED;
    return node;
}

/* `{string: T}` is a map; every other braced type is a record. */
static struct node *braced_type(struct parse *parse, struct token open, struct chain fields) {
    struct node *only = fields.first;
    if (!only->next && only->kind == NODE_TYPE_FIELD && text_is(only->name->text, "string"))
        return node_with(parse, NODE_TYPE_MAP, open.offset, only->a, NULL, NULL);
    return node_list(parse, NODE_TYPE_RECORD, open.offset, fields);
}

static struct node *error_node(struct parse *parse, struct token error) {
    return node_new(parse, NODE_ERROR, error.offset);
}
}

%name Parser
%token_prefix TOK_
%token_type { struct token }
%default_type { struct node * }
%extra_context { struct parse *parse }
%stack_size 8000
%start_symbol file

%syntax_error { parse->failed = true; }
%stack_overflow { parse_too_deep(parse, parse->end, parse->end); }

%fallback ID
    AS OVER RECIPE RULES TAGS NEEDS LIMIT USE INPUT SECRET MATRIX EXCLUDE INCLUDE COVER MIN SERVICE READY SETUP RUN
    TEARDOWN ASSUME RULE BECAUSE ALLOW PARALLEL SPAWN PHASE WITH MARK LOAD WORKERS WATCH AT AFTER WAIT EXPECT RETRY
    UNTIL WITHIN OF EVERY DURING FROM TO BEFORE.

/* These two are never fed: the lexer gives BAD only to what is not a token. */
%token BAD.

/* Rules of one symbol have no action, so that Lemon leaves them out of the tables: `expr(A) ::= postfix(A).` */

/* ---- a file ---- */

file ::= items.
file ::= .
items ::= item(A).          { parse->items = chain_add(parse->items, A); }
items ::= items NL item(A). { parse->items = chain_add(parse->items, A); }

item(A) ::= ERROR(E). { A = error_node(parse, E); }

item(A) ::= RECIPE(K) LABEL(L) title(T). { A = node_named(parse, NODE_RECIPE, K.offset, L, T, NULL, NULL); }
item(A) ::= RULES(K) labels(L).          { A = node_list(parse, NODE_RULES, K.offset, L); }
item(A) ::= TAGS(K) words(L).            { A = node_list(parse, NODE_TAGS, K.offset, L); }
item(A) ::= NEEDS(K) words(L).           { A = node_list(parse, NODE_NEEDS, K.offset, L); }
item(A) ::= LIMIT(K) expr(E).            { A = node_with(parse, NODE_LIMIT, K.offset, E, NULL, NULL); }
item(A) ::= USE(K) PATH(P) AS ID(N). {
    struct token path = P;
    struct node *file = node_new(parse, NODE_PATH, path.offset);
    file->span = span_of(parse, path.offset, token_end(path));
    file->string = arena_copy(parse->arena, token_text(parse, path));
    A = node_named(parse, NODE_USE, K.offset, N, file, NULL, NULL);
}
item(A) ::= INPUT(K) ID(N) type_o(T) init_o(V).  { A = node_named(parse, NODE_INPUT, K.offset, N, T, V, NULL); }
item(A) ::= SECRET(K) ID(N) type_o(T) init_o(V). { A = node_named(parse, NODE_SECRET, K.offset, N, T, V, NULL); }
item(A) ::= let(A).
item(A) ::= MATRIX(K) LEFT_BRACE axes(L) RIGHT_BRACE. { A = node_list(parse, NODE_MATRIX, K.offset, L); }
item(A) ::= SERVICE(K) ID(N) params_o(P) LEFT_BRACE service_fields(L) RIGHT_BRACE. {
    A = node_list(parse, NODE_SERVICE, K.offset, L);
    node_name(parse, A, N);
    A->a = P;
    node_hold(parse, A, P);
}
item(A) ::= FN(K) ID(N) params(P) result_o(T) block(B). {
    A = node_named(parse, NODE_FUNCTION, K.offset, N, P, T, B);
}
item(A) ::= FN(K) ID(N) params(P) result_o(T) ASSIGN sexpr(B). {
    A = node_named(parse, NODE_FUNCTION, K.offset, N, P, T, B);
}
item(A) ::= SETUP(K) block(B).    { A = node_with(parse, NODE_SETUP, K.offset, B, NULL, NULL); }
item(A) ::= RUN(K) block(B).      { A = node_with(parse, NODE_RUN, K.offset, B, NULL, NULL); }
item(A) ::= TEARDOWN(K) block(B). { A = node_with(parse, NODE_TEARDOWN, K.offset, B, NULL, NULL); }
item(A) ::= ASSERT(K) title(T) options(O) COLON formula(F). { A = claim(parse, NODE_ASSERT, K, T, O, F); }
item(A) ::= ASSUME(K) title(T) options(O) COLON formula(F). { A = claim(parse, NODE_ASSUME, K, T, O, F); }
item(A) ::= ASSERT(K) title(T) options(O) LEFT_BRACE claims(L) RIGHT_BRACE. {
    A = claims(parse, NODE_ASSERT, K, T, O, L);
}
item(A) ::= ASSUME(K) title(T) options(O) LEFT_BRACE claims(L) RIGHT_BRACE. {
    A = claims(parse, NODE_ASSUME, K, T, O, L);
}

title(A) ::= STRING(T). { A = quote_whole(parse, T); }

%type labels { struct chain }
%type words { struct chain }
labels(A) ::= label(B).                { A = chain_of(B); }
labels(A) ::= labels(L) COMMA label(B). { A = chain_add(L, B); }
label(A) ::= LABEL(T).                 { A = node_named(parse, NODE_LABEL, T.offset, T, NULL, NULL, NULL); }
words(A) ::= word(B).                  { A = chain_of(B); }
words(A) ::= words(L) COMMA word(B).   { A = chain_add(L, B); }
word(A) ::= ID(T).                     { A = node_named(parse, NODE_NAME, T.offset, T, NULL, NULL, NULL); }
word(A) ::= STRING(T).                 { A = quote_whole(parse, T); }

let(A) ::= LET(K) ID(N) type_o(T) ASSIGN value(V). { A = node_named(parse, NODE_LET, K.offset, N, T, V, NULL); }
value(A) ::= sexpr(A).
value(A) ::= retry(A).
retry(A) ::= RETRY(K) expr(C) every_o(D) COLON expr(E). { A = node_with(parse, NODE_RETRY, K.offset, C, D, E); }
every_o(A) ::= .              { A = NULL; }
every_o(A) ::= EVERY expr(E). { A = E; }

init_o(A) ::= .                { A = NULL; }
init_o(A) ::= ASSIGN sexpr(E). { A = E; }

%type axes { struct chain }
axes(A) ::= axis(B).            { A = chain_of(B); }
axes(A) ::= axes(L) NL axis(B). { A = chain_add(L, B); }
axis(A) ::= ERROR(E).           { A = error_node(parse, E); }
axis(A) ::= ID(N) IN expr(E).   { A = node_named(parse, NODE_AXIS, N.offset, N, E, NULL, NULL); }
axis(A) ::= EXCLUDE(K) expr(E) why_o(W). { A = node_with(parse, NODE_EXCLUDE, K.offset, E, W, NULL); }
axis(A) ::= EXCLUDE(K) expr(E) BECAUSE title(W) UNTIL title(U). {
    A = node_with(parse, NODE_EXCLUDE, K.offset, E, W, U);
}
axis(A) ::= INCLUDE(K) record(R).    { A = node_with(parse, NODE_INCLUDE, K.offset, R, NULL, NULL); }
axis(A) ::= COVER(K) ID(N) min_o(M). { A = node_named(parse, NODE_COVER, K.offset, N, M, NULL, NULL); }
min_o(A) ::= .            { A = NULL; }
min_o(A) ::= MIN expr(E). { A = E; }
why_o(A) ::= .                 { A = NULL; }
why_o(A) ::= BECAUSE title(T). { A = T; }

%type service_fields { struct chain }
service_fields(A) ::= service_field(B).                             { A = chain_of(B); }
service_fields(A) ::= service_fields(L) separator service_field(B). { A = chain_add(L, B); }
service_field(A) ::= ERROR(E).             { A = error_node(parse, E); }
service_field(A) ::= key(K) COLON sexpr(E). { A = record_field(parse, NODE_SERVICE_FIELD, K, E); }
service_field(A) ::= READY(K) clauses(C) COLON expr(E). { A = timed(parse, NODE_READY, K, C, E); }
separator ::= NL.
separator ::= COMMA.

%type parameters { struct chain }
params_o(A) ::= .          { A = NULL; }
params_o(A) ::= params(P). { A = P; }
params(A) ::= LEFT_PAREN(O) RIGHT_PAREN.               { A = node_new(parse, NODE_LIST, O.offset); }
params(A) ::= LEFT_PAREN(O) parameters(L) RIGHT_PAREN. { A = node_list(parse, NODE_LIST, O.offset, L); }
parameters(A) ::= parameter(B).                     { A = chain_of(B); }
parameters(A) ::= parameters(L) COMMA parameter(B). { A = chain_add(L, B); }
parameter(A) ::= ID(N) COLON type(T) init_o(V). { A = node_named(parse, NODE_PARAMETER, N.offset, N, T, V, NULL); }
result_o(A) ::= .              { A = NULL; }
result_o(A) ::= ARROW type(T). { A = T; }

/* ---- types ---- */

%type type_fields { struct chain }
type_o(A) ::= .              { A = NULL; }
type_o(A) ::= COLON type(T). { A = T; }
type(A) ::= ID(T). { A = node_named(parse, NODE_TYPE_NAME, T.offset, T, NULL, NULL, NULL); }
type(A) ::= LEFT_BRACKET(O) type(T) RIGHT_BRACKET. { A = node_with(parse, NODE_TYPE_LIST, O.offset, T, NULL, NULL); }
type(A) ::= LEFT_BRACE(O) type_fields(L) RIGHT_BRACE. { A = braced_type(parse, O, L); }
type(A) ::= type(T) QUESTION. { A = node_with(parse, NODE_TYPE_OPTIONAL, T->span.start, T, NULL, NULL); }
type_fields(A) ::= type_field(B).                          { A = chain_of(B); }
type_fields(A) ::= type_fields(L) separator type_field(B). { A = chain_add(L, B); }
type_field(A) ::= ID(N) COLON type(T). { A = node_named(parse, NODE_TYPE_FIELD, N.offset, N, T, NULL, NULL); }

/* ---- assertions ---- */

%type options { struct chain }
options(A) ::= .                                 { A = (struct chain){ 0 }; }
options(A) ::= options(L) RULE(K) labels(R).     { A = chain_add(L, node_list(parse, NODE_OPTION_RULE, K.offset, R)); }
options(A) ::= options(L) BECAUSE(K) title(T).   {
    A = chain_add(L, node_with(parse, NODE_OPTION_BECAUSE, K.offset, T, NULL, NULL));
}
options(A) ::= options(L) ALLOW(K) ID(N). {
    A = chain_add(L, node_named(parse, NODE_OPTION_ALLOW, K.offset, N, NULL, NULL, NULL));
}

%type claims { struct chain }
claims(A) ::= claim(B).              { A = chain_of(B); }
claims(A) ::= claims(L) NL claim(B). { A = chain_add(L, B); }
claim(A) ::= ERROR(E).   { A = error_node(parse, E); }
claim(A) ::= formula(A).
claim(A) ::= let(A).
claim(A) ::= FOR(K) ID(N) IN expr(E) LEFT_BRACE claims(L) RIGHT_BRACE. {
    A = timed(parse, NODE_CLAIM_FOR, K, L, E);
    node_name(parse, A, N);
}
claim(A) ::= IF(K) expr(E) LEFT_BRACE claims(L) RIGHT_BRACE. { A = timed(parse, NODE_CLAIM_IF, K, L, E); }

formula(A) ::= expr(E). { A = plain(parse, E); }
formula(A) ::= expr(E) UNTIL expr(F) clauses_some(C). {
    A = node_list(parse, NODE_UNTIL, E->span.start, C);
    A->a = E;
    A->b = F;
    node_hold(parse, A, E);
    node_hold(parse, A, F);
}
formula(A) ::= ALWAYS(K) clauses(C) COLON formula(F).     { A = timed(parse, NODE_ALWAYS, K, C, F); }
formula(A) ::= EVENTUALLY(K) clauses(C) COLON formula(F). { A = timed(parse, NODE_EVENTUALLY, K, C, F); }
formula(A) ::= NEVER(K) clauses(C) COLON expr(E).         { A = timed(parse, NODE_NEVER, K, C, plain(parse, E)); }
formula(A) ::= SETTLES(K) clauses(C) COLON expr(E).       { A = timed(parse, NODE_SETTLES, K, C, plain(parse, E)); }
formula(A) ::= WHENEVER(K) expr(E) clauses(C) COLON formula(F). {
    A = timed(parse, NODE_WHENEVER, K, C, E);
    A->b = F;
    node_hold(parse, A, F);
}

%type clauses { struct chain }
%type clauses_some { struct chain }
clauses(A) ::= .                { A = (struct chain){ 0 }; }
clauses(A) ::= clauses_some(A).
clauses_some(A) ::= clauses(L) clause(B). { A = chain_add(L, B); }
clause(A) ::= WITHIN(K) expr(E).              { A = node_with(parse, NODE_CLAUSE_WITHIN, K.offset, E, NULL, NULL); }
clause(A) ::= WITHIN(K) expr(E) OF expr(F).   { A = node_with(parse, NODE_CLAUSE_WITHIN, K.offset, E, F, NULL); }
clause(A) ::= FOR(K) expr(E).                 { A = node_with(parse, NODE_CLAUSE_FOR, K.offset, E, NULL, NULL); }
clause(A) ::= EVERY(K) expr(E).               { A = node_with(parse, NODE_CLAUSE_EVERY, K.offset, E, NULL, NULL); }
clause(A) ::= DURING(K) expr(E).              { A = node_with(parse, NODE_CLAUSE_DURING, K.offset, E, NULL, NULL); }
clause(A) ::= FROM(K) expr(E).                { A = node_with(parse, NODE_CLAUSE_FROM, K.offset, E, NULL, NULL); }
clause(A) ::= FROM(K) expr(E) TO expr(F).     { A = node_with(parse, NODE_CLAUSE_FROM, K.offset, E, F, NULL); }
clause(A) ::= BEFORE(K) expr(E).              { A = node_with(parse, NODE_CLAUSE_BEFORE, K.offset, E, NULL, NULL); }

/* ---- statements ---- */

%type statements { struct chain }
block(A) ::= LEFT_BRACE(O) RIGHT_BRACE.               { A = block(parse, O, (struct chain){ 0 }); }
block(A) ::= LEFT_BRACE(O) statements(L) RIGHT_BRACE. { A = block(parse, O, L); }
statements(A) ::= statement(B).                  { A = chain_of(B); }
statements(A) ::= statements(L) NL statement(B). { A = chain_add(L, B); }

statement(A) ::= ERROR(E). { A = error_node(parse, E); }
statement(A) ::= ERROR(E) block(B). {
    A = error_node(parse, E);
    A->b = B;
    node_hold(parse, A, B);
}
statement(A) ::= let(A).
statement(A) ::= sexpr(A).
statement(A) ::= retry(A).
statement(A) ::= if(A).
statement(A) ::= FOR(K) ID(N) IN expr(E) block(B). { A = node_named(parse, NODE_FOR, K.offset, N, E, B, NULL); }
statement(A) ::= PARALLEL(K) block(B).             { A = node_with(parse, NODE_PARALLEL, K.offset, NULL, B, NULL); }
statement(A) ::= PARALLEL(K) FOR ID(N) IN expr(E) block(B). {
    A = node_named(parse, NODE_PARALLEL_FOR, K.offset, N, E, B, NULL);
}
statement(A) ::= SPAWN(K) ID(N) block(B). { A = node_named(parse, NODE_SPAWN, K.offset, N, NULL, B, NULL); }
statement(A) ::= PHASE(K) ID(N) block(B). { A = node_named(parse, NODE_PHASE, K.offset, N, NULL, B, NULL); }
statement(A) ::= PHASE(K) ID(N) WITH expr(E) block(B). { A = node_named(parse, NODE_PHASE, K.offset, N, E, B, NULL); }
statement(A) ::= MARK(K) ID(N). { A = node_named(parse, NODE_MARK, K.offset, N, NULL, NULL, NULL); }
statement(A) ::= LOAD(K) ID(N) AT expr(E) for_o(F) block(B). {
    A = node_named(parse, NODE_LOAD_RATE, K.offset, N, E, B, F);
}
statement(A) ::= LOAD(K) ID(N) WITH expr(E) WORKERS for_o(F) block(B). {
    A = node_named(parse, NODE_LOAD_WORKERS, K.offset, N, E, B, F);
}
for_o(A) ::= .            { A = NULL; }
for_o(A) ::= FOR expr(E). { A = E; }
statement(A) ::= WATCH(K) ID(N) every_o(D) COLON expr(E). {
    A = node_named(parse, NODE_WATCH, K.offset, N, D, E, NULL);
}
statement(A) ::= AT(K) expr(E) block(B).    { A = node_with(parse, NODE_AT, K.offset, E, B, NULL); }
statement(A) ::= AFTER(K) expr(E) block(B). { A = node_with(parse, NODE_AFTER, K.offset, E, B, NULL); }
statement(A) ::= WAIT(K) expr(E).           { A = node_with(parse, NODE_WAIT, K.offset, E, NULL, NULL); }
statement(A) ::= WAIT(K) UNTIL expr(E) clauses(C). { A = timed(parse, NODE_WAIT_UNTIL, K, C, E); }
statement(A) ::= EXPECT(K) expr(E) why_o(W). { A = node_with(parse, NODE_EXPECT, K.offset, E, W, NULL); }
statement(A) ::= RETURN(K) sexpr(E).         { A = node_with(parse, NODE_RETURN, K.offset, E, NULL, NULL); }

if(A) ::= IF(K) expr(E) block(B).               { A = node_with(parse, NODE_IF, K.offset, E, B, NULL); }
if(A) ::= IF(K) expr(E) block(B) ELSE block(C). { A = node_with(parse, NODE_IF, K.offset, E, B, C); }
if(A) ::= IF(K) expr(E) block(B) ELSE if(C). {
    struct node *otherwise = node_list(parse, NODE_BLOCK, C->span.start, chain_of(C));
    A = node_with(parse, NODE_IF, K.offset, E, B, otherwise);
}

/* ---- expressions ---- */

sexpr(A) ::= expr(A).
sexpr(A) ::= sexpr(S) WHERE expr(E).  { A = node_with(parse, NODE_WHERE, S->span.start, S, E, NULL); }
sexpr(A) ::= sexpr(S) DURING expr(E). { A = node_with(parse, NODE_DURING, S->span.start, S, E, NULL); }
sexpr(A) ::= sexpr(S) OVER expr(E).   { A = node_with(parse, NODE_OVER, S->span.start, S, E, NULL); }
sexpr(A) ::= sexpr(S) FROM expr(E).   { A = node_with(parse, NODE_FROM, S->span.start, S, E, NULL); }
sexpr(A) ::= sexpr(S) FROM expr(E) TO expr(F). { A = node_with(parse, NODE_FROM, S->span.start, S, E, F); }
sexpr(A) ::= sexpr(S) BEFORE expr(E). { A = node_with(parse, NODE_BEFORE, S->span.start, S, E, NULL); }

%right CONDITIONAL.
%left OR.
%left AND.
%right NOT.
%nonassoc EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL MATCH NOT_MATCH IN.
%right COALESCE.
%nonassoc DOT_DOT.
%left PLUS MINUS.
%left STAR SLASH MOD.
%left AS.
%right NEGATE.

expr(A) ::= expr(B) OR expr(C).            { A = binary(parse, OPERATOR_OR, B, C); }
expr(A) ::= expr(B) AND expr(C).           { A = binary(parse, OPERATOR_AND, B, C); }
expr(A) ::= NOT(T) expr(B).                { A = unary(parse, OPERATOR_NOT, T, B); }
expr(A) ::= expr(B) EQUAL expr(C).         { A = binary(parse, OPERATOR_EQUAL, B, C); }
expr(A) ::= expr(B) NOT_EQUAL expr(C).     { A = binary(parse, OPERATOR_NOT_EQUAL, B, C); }
expr(A) ::= expr(B) LESS expr(C).          { A = binary(parse, OPERATOR_LESS, B, C); }
expr(A) ::= expr(B) LESS_EQUAL expr(C).    { A = binary(parse, OPERATOR_LESS_EQUAL, B, C); }
expr(A) ::= expr(B) GREATER expr(C).       { A = binary(parse, OPERATOR_GREATER, B, C); }
expr(A) ::= expr(B) GREATER_EQUAL expr(C). { A = binary(parse, OPERATOR_GREATER_EQUAL, B, C); }
expr(A) ::= expr(B) MATCH expr(C).         { A = binary(parse, OPERATOR_MATCH, B, C); }
expr(A) ::= expr(B) NOT_MATCH expr(C).     { A = binary(parse, OPERATOR_NOT_MATCH, B, C); }
expr(A) ::= expr(B) IN expr(C).            { A = binary(parse, OPERATOR_IN, B, C); }
expr(A) ::= expr(B) NOT IN expr(C). [IN]   { A = binary(parse, OPERATOR_NOT_IN, B, C); }
expr(A) ::= expr(B) COALESCE expr(C).      { A = binary(parse, OPERATOR_COALESCE, B, C); }
expr(A) ::= expr(B) DOT_DOT expr(C).       { A = binary(parse, OPERATOR_RANGE, B, C); }
expr(A) ::= expr(B) PLUS expr(C).          { A = binary(parse, OPERATOR_ADD, B, C); }
expr(A) ::= expr(B) MINUS expr(C).         { A = binary(parse, OPERATOR_SUBTRACT, B, C); }
expr(A) ::= expr(B) STAR expr(C).          { A = binary(parse, OPERATOR_MULTIPLY, B, C); }
expr(A) ::= expr(B) SLASH expr(C).         { A = binary(parse, OPERATOR_DIVIDE, B, C); }
expr(A) ::= expr(B) MOD expr(C).           { A = binary(parse, OPERATOR_MODULO, B, C); }
expr(A) ::= expr(B) AS type(T).            { A = node_with(parse, NODE_AS, B->span.start, B, T, NULL); }
expr(A) ::= MINUS(T) expr(B). [NEGATE]     { A = unary(parse, OPERATOR_NEGATE, T, B); }
expr(A) ::= IF(K) expr(C) THEN expr(T) ELSE expr(E). [CONDITIONAL] {
    A = node_with(parse, NODE_CONDITIONAL, K.offset, C, T, E);
}
expr(A) ::= postfix(A).

postfix(A) ::= primary(A).
postfix(A) ::= postfix(B) DOT ID(N).    { A = node_named(parse, NODE_FIELD, B->span.start, N, B, NULL, NULL); }
postfix(A) ::= postfix(B) DOT LABEL(N). { A = node_named(parse, NODE_FIELD, B->span.start, N, B, NULL, NULL); }
postfix(A) ::= postfix(B) LEFT_BRACKET expr(E) RIGHT_BRACKET. {
    A = node_with(parse, NODE_INDEX, B->span.start, B, E, NULL);
}
postfix(A) ::= postfix(B) LEFT_BRACKET STAR RIGHT_BRACKET. {
    A = node_with(parse, NODE_EACH, B->span.start, B, NULL, NULL);
}
postfix(A) ::= postfix(B) LEFT_PAREN arguments_o(L) RIGHT_PAREN. {
    A = node_list(parse, NODE_CALL, B->span.start, L);
    A->a = B;
    node_hold(parse, A, B);
}

%type arguments_o { struct chain }
%type arguments { struct chain }
arguments_o(A) ::= .                    { A = (struct chain){ 0 }; }
arguments_o(A) ::= arguments(A).
arguments_o(A) ::= arguments(A) COMMA.
arguments(A) ::= argument(B).                    { A = chain_of(B); }
arguments(A) ::= arguments(L) COMMA argument(B). { A = chain_add(L, B); }
argument(A) ::= sexpr(E). {
    A = node_with(parse, NODE_ARGUMENT, E->span.start, E, NULL, NULL);
    A->span = E->span;
}
argument(A) ::= ID(N) COLON sexpr(E). { A = node_named(parse, NODE_ARGUMENT, N.offset, N, E, NULL, NULL); }

primary(A) ::= ID(T).      { A = node_named(parse, NODE_NAME, T.offset, T, NULL, NULL, NULL); }
primary(A) ::= DOT(K) ID(T). { A = node_named(parse, NODE_ELEMENT_FIELD, K.offset, T, NULL, NULL, NULL); }
primary(A) ::= label(A).
primary(A) ::= literal(A).
primary(A) ::= string(A).
primary(A) ::= TAG(T) string(S). { A = quote_tagged(parse, T, S); }
primary(A) ::= LEFT_PAREN(O) sexpr(E) RIGHT_PAREN. {
    A = E;
    A->flags |= NODE_PARENTHESISED;
    A->span = span_of(parse, O.offset, parse->end);
}
primary(A) ::= LEFT_BRACKET(O) RIGHT_BRACKET. { A = node_new(parse, NODE_LIST_OF, O.offset); }
primary(A) ::= LEFT_BRACKET(O) elements(L) RIGHT_BRACKET.       { A = node_list(parse, NODE_LIST_OF, O.offset, L); }
primary(A) ::= LEFT_BRACKET(O) elements(L) COMMA RIGHT_BRACKET. { A = node_list(parse, NODE_LIST_OF, O.offset, L); }
primary(A) ::= LEFT_BRACKET(O) sexpr(E) FOR ID(N) IN sexpr(S) RIGHT_BRACKET. {
    A = node_named(parse, NODE_COMPREHENSION, O.offset, N, E, S, NULL);
}
primary(A) ::= LEFT_BRACKET(O) sexpr(E) FOR ID(N) IN sexpr(S) IF expr(C) RIGHT_BRACKET. {
    A = node_named(parse, NODE_COMPREHENSION, O.offset, N, E, S, C);
}
primary(A) ::= record(A).

literal(A) ::= VERSION|INTEGER|NUMBER|DURATION|SIZE|RATE|BANDWIDTH|RATIO|PATH|TRUE|FALSE|NONE|BAD_LITERAL(T). {
    A = literal_node(parse, T);
}

%type elements { struct chain }
elements(A) ::= sexpr(B).                   { A = chain_of(B); }
elements(A) ::= elements(L) COMMA sexpr(B). { A = chain_add(L, B); }

%type fields { struct chain }
%type key { struct key }
record(A) ::= LEFT_BRACE(O) RIGHT_BRACE.                 { A = node_new(parse, NODE_RECORD, O.offset); }
record(A) ::= LEFT_BRACE(O) fields(L) RIGHT_BRACE.       { A = node_list(parse, NODE_RECORD, O.offset, L); }
record(A) ::= LEFT_BRACE(O) fields(L) COMMA RIGHT_BRACE. { A = node_list(parse, NODE_RECORD, O.offset, L); }
fields(A) ::= field(B).                     { A = chain_of(B); }
fields(A) ::= fields(L) separator field(B). { A = chain_add(L, B); }
field(A) ::= ERROR(E).              { A = error_node(parse, E); }
field(A) ::= key(K) COLON sexpr(E). { A = record_field(parse, NODE_RECORD_FIELD, K, E); }
key(A) ::= ID(T).     { A = (struct key){ T, NULL }; }
key(A) ::= LABEL(T).  { A = (struct key){ T, NULL }; }
key(A) ::= STRING(T). { A = (struct key){ T, quote_whole(parse, T) }; }

%type parts { struct chain }
string(A) ::= STRING(T).               { A = quote_whole(parse, T); }
string(A) ::= parts(L) STRING_TAIL(T). { A = quote_tail(parse, L, T); }
parts(A) ::= STRING_HEAD(T) sexpr(E).            { A = quote_head(parse, T, E); }
parts(A) ::= parts(L) STRING_MIDDLE(T) sexpr(E). { A = quote_middle(parse, L, T, E); }

%code {
#include "base/memory.h"

/* The parser's stack is this large, so it lives on the heap. */
struct engine {
    yyParser parser;
    struct parse *parse;
};

struct engine *engine_new(struct parse *parse) {
    struct engine *engine = memory_allocate(sizeof *engine);
    engine->parse = parse;
    ParserInit(&engine->parser, parse);
    return engine;
}

void engine_free(struct engine *engine) {
    memory_release(engine);
}

void engine_feed(struct engine *engine, struct token token) {
    Parser(&engine->parser, (int)token.id, token);
    engine->parse->end = token_end(token);
}

void engine_run(struct engine *engine, struct lexer *lexer) {
    struct token token;
    do {
        token = lexer_next(lexer);
        engine_feed(engine, token);
    } while (token.id != 0 && !engine->parse->failed);
}

void engine_settle(struct engine *engine) {
    struct token none = { 0 };
    while (engine->parser.yytos->stateno >= YY_MIN_REDUCE) {
        unsigned rule = engine->parser.yytos->stateno - YY_MIN_REDUCE;
        yy_reduce(&engine->parser, rule, YYNOCODE, none, engine->parse);
    }
}

uint32_t engine_depth(const struct engine *engine) {
    return (uint32_t)(engine->parser.yytos - engine->parser.yystack);
}

void engine_cut(struct engine *engine, uint32_t depth) {
    engine->parser.yytos = engine->parser.yystack + depth;
}

/* What the state does with exactly this token; YY_NO_ACTION if the token is not mentioned in it. */
static YYACTIONTYPE action_for(YYACTIONTYPE state, uint32_t id) {
    uint32_t i = yy_shift_ofst[state] + id;
    return yy_lookahead[i] == id ? yy_action[i] : YY_NO_ACTION;
}

bool engine_shifts(const struct engine *engine, uint32_t depth, uint32_t id) {
    YYACTIONTYPE state = engine->parser.yystack[depth].stateno;
    return state <= YY_MAX_SHIFT && action_for(state, id) <= YY_MAX_SHIFTREDUCE;
}

/* Plays the reductions that come before the token on the states alone. The states that this would push are kept aside;
 * below them the stack is read as it is. */
static bool simulate(const struct engine *engine, uint32_t id, bool exactly) {
    enum { ASIDE = 100 };
    YYACTIONTYPE aside[ASIDE];
    uint32_t depth = engine_depth(engine), base = depth + 1; /* aside[0] stands at `base` */
    YYACTIONTYPE state = engine->parser.yystack[depth].stateno;
    for (;;) {
        YYACTIONTYPE action = state;
        if (state <= YY_MAX_SHIFT) {
            action = action_for(state, id);
            if (action == YY_NO_ACTION && yyFallback[id]) {
                action = action_for(state, yyFallback[id]);
                if (exactly && action <= YY_MAX_SHIFTREDUCE) return false; /* as a name */
            }
            if (action == YY_NO_ACTION) action = yy_default[state];
        }
        if (action < YY_MIN_REDUCE) return action <= YY_MAX_SHIFTREDUCE || action == YY_ACCEPT_ACTION;
        uint32_t rule = action - YY_MIN_REDUCE;
        depth -= (uint32_t)-yyRuleInfoNRhs[rule];
        YYACTIONTYPE below = depth >= base ? aside[depth - base] : engine->parser.yystack[depth].stateno;
        state = yy_find_reduce_action(below, yyRuleInfoLhs[rule]);
        depth++;
        if (depth < base) base = depth;
        if (depth - base >= ASIDE) return true; /* never with this grammar; feeding it will tell */
        aside[depth - base] = state;
    }
}

bool engine_accepts(const struct engine *engine, uint32_t id) {
    return simulate(engine, id, false);
}

bool engine_wants(const struct engine *engine, uint32_t id) {
    return simulate(engine, id, true);
}

uint32_t engine_fallback(uint32_t id) {
    return (uint32_t)ParserFallback((int)id);
}
}
