/* Reading a migration with libpg_query: the grammar of PostgreSQL 15. What it cannot read cannot be judged, and is
 * never a pass.
 * A script owns its text and tree; it is read-only once made, so threads may share it. */
#include "stdlib/sql/script.h"
#include "stdlib/sql/splitter.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pg_query.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAXIMUM = 16 << 20, CLIP = 120 };

/* ---- trouble ---- */
static void fail(struct script *script, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fail(struct script *script, int line, const char *format, ...) {
    struct buffer message = { 0 };
    va_list arguments;
    va_start(arguments, format);
    buffer_append_string(&message, "cannot judge: ");
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    memory_release(script->error);
    script->error = buffer_take(&message);
    script->error_line = line;
}

static int line_of(struct text content, size_t offset) {
    int line = 1;
    for (size_t i = 0; i < offset && i < content.length; i++) line += content.bytes[i] == '\n';
    return line;
}

/* The parser counts characters from 1. */
static size_t byte_of_character(struct text content, int character) {
    size_t at = 0;
    for (int i = 1; i < character && at < content.length; i++) {
        at++;
        while (at < content.length && ((unsigned char)content.bytes[at] & 0xC0) == 0x80) at++;
    }
    return at;
}

/* The rows of a COPY are no SQL: the parser stumbles over the first of them. */
static bool fail_copy(struct script *script, size_t at) {
    struct text content = buffer_text(&script->content);
    struct splitter splitter = { content, 0, script->first_line };
    while (splitter.at <= at) {
        struct piece piece = splitter_next(&splitter);
        if (piece.kind == PIECE_END) return false;
        bool copies =
            piece.kind == PIECE_COPY || (piece.kind == PIECE_UNFINISHED && statement_begins(piece.text, "copy"));
        if (copies && piece.text.bytes < content.bytes + at) {
            script->error_place = (size_t)(piece.text.bytes - content.bytes);
            fail(script, piece.line, "line %d: COPY … FROM stdin needs psql", piece.line);
            return true;
        }
        if (piece.kind != PIECE_STATEMENT) return false;
    }
    return false;
}

static void fail_parse(struct script *script, const PgQueryError *error) {
    struct text content = buffer_text(&script->content);
    size_t at = byte_of_character(content, error->cursorpos);
    int line = line_of(content, at) + script->first_line - 1;
    script->error_place = at;
    if (at < content.length && content.bytes[at] == '\\') {
        struct text rest = text_slice(content, at, 60);
        fail(script, line, "line %d: %.*s is a command of psql, not SQL", line, (int)strcspn(rest.bytes, " \r\n"),
             rest.bytes);
    } else if (!fail_copy(script, at)) {
        fail(script, line, "line %d: %s", line, error->message);
    }
}

/* ---- walking any tree ---- */
static void walk_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                       const ProtobufCMessageDescriptor *type, void (*each)(void *data, const ProtobufCMessage *found),
                       void *data) {
    const char *base = (const char *)message;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) return;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
        ProtobufCMessage *const *items = *(ProtobufCMessage *const *const *)(const void *)(base + field->offset);
        for (size_t i = 0; i < count; i++) script_walk(items[i], type, each, data);
        return;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
        *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id)
        return;
    const ProtobufCMessage *child = *(ProtobufCMessage *const *)(const void *)(base + field->offset);
    if (child) script_walk(child, type, each, data);
}

void script_walk(const ProtobufCMessage *message, const ProtobufCMessageDescriptor *type,
                 void (*each)(void *data, const ProtobufCMessage *found), void *data) {
    if (message->descriptor == type) each(data, message);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        walk_field(message, &message->descriptor->fields[i], type, each, data);
}

/* ---- tables ---- */
static void add_table(struct script *script, const char *schema, const char *name) {
    if (schema && !*schema) schema = NULL;
    for (size_t i = 0; i < script->tables.count; i++) {
        const struct script_table *known = &script->tables.items[i];
        if (strcmp(known->name, name) == 0 && strcmp(known->schema ? known->schema : "", schema ? schema : "") == 0)
            return;
    }
    struct script_table table = { schema ? memory_copy(schema, strlen(schema)) : NULL,
                                  memory_copy(name, strlen(name)) };
    VECTOR_PUSH(&script->tables, table);
}

static void add_range(void *data, const ProtobufCMessage *found) {
    const PgQuery__RangeVar *range = (const PgQuery__RangeVar *)found;
    if (range->relname && *range->relname) add_table(data, range->schemaname, range->relname);
}

/* DROP TABLE names its tables as lists of words. */
static void add_dropped(struct script *script, const PgQuery__DropStmt *drop) {
    if (drop->remove_type != PG_QUERY__OBJECT_TYPE__OBJECT_TABLE) return;
    for (size_t i = 0; i < drop->n_objects; i++) {
        if (drop->objects[i]->node_case != PG_QUERY__NODE__NODE_LIST) continue;
        const PgQuery__List *words = drop->objects[i]->list;
        if (words->n_items == 0 || words->items[words->n_items - 1]->node_case != PG_QUERY__NODE__NODE_STRING) continue;
        const char *schema = words->n_items > 1 ? words->items[words->n_items - 2]->string->sval : NULL;
        add_table(script, schema, words->items[words->n_items - 1]->string->sval);
    }
}

/* ---- statements ---- */
static bool has_option(PgQuery__Node *const *options, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && strcmp(options[i]->def_elem->defname, name) == 0)
            return true;
    }
    return false;
}

static bool detaches_concurrently(const PgQuery__AlterTableStmt *alter) {
    for (size_t i = 0; i < alter->n_cmds; i++) {
        const PgQuery__AlterTableCmd *command = alter->cmds[i]->alter_table_cmd;
        if (command->subtype != PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition) continue;
        if (command->def && command->def->node_case == PG_QUERY__NODE__NODE_PARTITION_CMD &&
            command->def->partition_cmd->concurrent)
            return true;
    }
    return false;
}

static bool is_concurrent(const PgQuery__Node *node) {
    if (node->node_case == PG_QUERY__NODE__NODE_INDEX_STMT) return node->index_stmt->concurrent;
    if (node->node_case == PG_QUERY__NODE__NODE_DROP_STMT) return node->drop_stmt->concurrent;
    if (node->node_case == PG_QUERY__NODE__NODE_REINDEX_STMT) {
        return has_option(node->reindex_stmt->params, node->reindex_stmt->n_params, "concurrently");
    }
    if (node->node_case == PG_QUERY__NODE__NODE_ALTER_TABLE_STMT) return detaches_concurrently(node->alter_table_stmt);
    return false;
}

/* The text after blanks and comments that stand before the statement. */
static struct text strip(struct text text) {
    for (;;) {
        text = text_trim(text);
        size_t skip = 0;
        if (text_starts(text, TEXT("--"))) {
            const char *end = memchr(text.bytes, '\n', text.length);
            skip = end ? (size_t)(end - text.bytes) : text.length;
        } else if (text_starts(text, TEXT("/*"))) {
            int depth = 0;
            do {
                bool opens = text_starts(text_slice(text, skip, 2), TEXT("/*")),
                     closes = text_starts(text_slice(text, skip, 2), TEXT("*/"));
                depth += opens - closes;
                skip += opens || closes ? 2 : 1;
            } while (depth > 0 && skip < text.length);
        } else {
            return text;
        }
        text = text_slice(text, skip, text.length);
    }
}

static void add_statement(struct script *script, const PgQuery__RawStmt *raw) {
    struct text content = buffer_text(&script->content);
    size_t length = raw->stmt_len ? (size_t)raw->stmt_len : content.length;
    struct text text = strip(text_slice(content, (size_t)raw->stmt_location, length));
    const PgQuery__Node *node = raw->stmt;
    struct script_statement statement = { .text = text, .node = node };
    size_t start = (size_t)(text.bytes - content.bytes);
    script->counted_line += line_of(text_slice(content, script->counted_to, start - script->counted_to), start) - 1;
    script->counted_to = start;
    statement.line = script->counted_line;
    statement.concurrent = is_concurrent(node);
    statement.transaction_word = node->node_case == PG_QUERY__NODE__NODE_TRANSACTION_STMT;
    statement.sets_lock_timeout = (node->node_case == PG_QUERY__NODE__NODE_VARIABLE_SET_STMT &&
                                   strcmp(node->variable_set_stmt->name, "lock_timeout") == 0) ||
                                  script_sets_lock_timeout(node);
    VECTOR_PUSH(&script->statements, statement);
    if (script->is_piece) return;
    script_walk(&node->base, &pg_query__range_var__descriptor, add_range, script);
    if (node->node_case == PG_QUERY__NODE__NODE_DROP_STMT) add_dropped(script, node->drop_stmt);
}

static bool is_text(const PgQuery__Node *node, const char *text) {
    return node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL &&
           strcasecmp(node->a_const->sval->sval, text) == 0;
}

const PgQuery__FuncCall *script_sets_lock_timeout(const PgQuery__Node *node) {
    if (node->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || node->select_stmt->n_target_list != 1) return NULL;
    const PgQuery__Node *target = node->select_stmt->target_list[0];
    const PgQuery__Node *value = target->node_case == PG_QUERY__NODE__NODE_RES_TARGET ? target->res_target->val : NULL;
    const PgQuery__FuncCall *call =
        value && value->node_case == PG_QUERY__NODE__NODE_FUNC_CALL ? value->func_call : NULL;
    const PgQuery__Node *name = call && call->n_funcname ? call->funcname[call->n_funcname - 1] : NULL;
    bool sets = name && name->node_case == PG_QUERY__NODE__NODE_STRING &&
                strcmp(name->string->sval, "set_config") == 0 && call->n_args == 3;
    return sets && is_text(call->args[0], "lock_timeout") ? call : NULL;
}

static bool reads_stdin(const PgQuery__Node *node) {
    return node->node_case == PG_QUERY__NODE__NODE_COPY_STMT && node->copy_stmt->is_from && !*node->copy_stmt->filename;
}

static void take_statements(struct script *script, const PgQuery__ParseResult *tree) {
    for (size_t i = 0; i < tree->n_stmts; i++) {
        add_statement(script, tree->stmts[i]);
        if (script->is_piece) continue;
        const struct script_statement *last = &script->statements.items[script->statements.count - 1];
        if (!reads_stdin(last->node)) continue;
        fail(script, last->line, "line %d: COPY … FROM stdin needs psql", last->line);
        return;
    }
}

static void take_tree(struct script *script, PgQueryProtobuf packed) {
    script->tree = pg_query__parse_result__unpack(NULL, packed.len, (const uint8_t *)packed.data);
    if (script->tree)
        take_statements(script, script->tree);
    else
        fail(script, 0, "the parser's answer is too deeply nested");
}

/* What the splitter takes for rows of COPY the parser takes for statements, so they are looked at, too. */
static bool fail_deep(struct script *script) {
    struct text content = buffer_text(&script->content);
    struct splitter splitter = { content, 0, 1 };
    for (;;) {
        struct piece piece = splitter_next(&splitter);
        if (piece.kind == PIECE_END || !piece.text.bytes) return false;
        if (piece.deep) {
            script->error_place = (size_t)(piece.text.bytes - content.bytes);
            int line = line_of(content, script->error_place);
            fail(script, line, "line %d: %s", line, SPLITTER_TOO_DEEP);
            return true;
        }
        bool rows = piece.kind == PIECE_COPY || piece.kind == PIECE_UNFINISHED;
        if (rows) splitter.at = (size_t)(piece.text.bytes - content.bytes) + piece.text.length;
    }
}

static void parse(struct script *script) {
    if (fail_deep(script)) return;
    PgQueryProtobufParseResult result = pg_query_parse_protobuf(script->content.bytes ? script->content.bytes : "");
    if (result.error) {
        fail_parse(script, result.error);
    } else {
        take_tree(script, result.parse_tree);
    }
    pg_query_free_protobuf_parse_result(result);
}

static struct script *script_new(const char *path, struct text content, int line) {
    struct script *script = memory_allocate(sizeof *script);
    script->path = memory_copy(path, strlen(path));
    buffer_append(&script->content, content);
    script->counted_line = script->first_line = line;
    return script;
}

struct script *script_parse(const char *path, struct text content) {
    struct script *script = script_new(path, content, 1);
    size_t invalid = text_invalid_utf8(content);
    const char *zero = content.length ? memchr(content.bytes, 0, content.length) : NULL;
    if (zero && (size_t)(zero - content.bytes) < invalid) {
        script->error_place = (size_t)(zero - content.bytes);
        fail(script, line_of(content, script->error_place), "line %d: the file has a zero byte",
             line_of(content, script->error_place));
    } else if (invalid != SIZE_MAX) {
        script->error_place = invalid;
        fail(script, line_of(content, invalid), "line %d: the file is not UTF-8", line_of(content, invalid));
    } else {
        parse(script);
    }
    return script;
}

/* ---- pieces: the tree as the library has it ----
 * pg_query_parse_protobuf makes a tree of messages, packs it, and we would unpack it again: most of the time goes there. The linker leads
 * the library's call that begins to pack it (--wrap, cmake/libraries.cmake) to us instead. Without that all works the same, slower. */
struct tap {
    struct script *script;                                  /* for whom the tree is */
    void (*visit)(void *data, const struct script *script); /* what is to be done with it */
    void *data;                                             /* his */
    bool visited;                                           /* it was */
};
static _Thread_local struct tap *present_tap; /* while the library parses for one */

size_t __real_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *tree); // NOLINT: the linker's names
size_t __wrap_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *tree); // NOLINT
size_t __real_pg_query__parse_result__pack(const PgQuery__ParseResult *tree, uint8_t *out); // NOLINT
size_t __wrap_pg_query__parse_result__pack(const PgQuery__ParseResult *tree, uint8_t *out); // NOLINT

size_t __wrap_pg_query__parse_result__get_packed_size(const PgQuery__ParseResult *tree) { // NOLINT
    struct tap *tap = present_tap;
    /* After a mistake it is empty. */
    if (!tap || tap->visited || tree->n_stmts == 0) return __real_pg_query__parse_result__get_packed_size(tree);
    tap->visited = true;
    present_tap = NULL; /* what the visitor packs himself is his */
    take_statements(tap->script, tree);
    tap->visit(tap->data, tap->script);
    present_tap = tap;
    return 0;
}

size_t __wrap_pg_query__parse_result__pack(const PgQuery__ParseResult *tree, uint8_t *out) { // NOLINT
    return present_tap && present_tap->visited ? 0 : __real_pg_query__parse_result__pack(tree, out);
}

void script_visit_piece(struct text content, int line, void (*visit)(void *data, const struct script *script),
                        void *data) {
    struct script *script = script_new("", content, line);
    struct tap tap = { script, visit, data, false };
    script->is_piece = true;
    present_tap = &tap;
    PgQueryProtobufParseResult result = pg_query_parse_protobuf(script->content.bytes ? script->content.bytes : "");
    present_tap = NULL;
    if (result.error)
        fail_parse(script, result.error);
    else if (!tap.visited)
        take_tree(script, result.parse_tree);
    pg_query_free_protobuf_parse_result(result);
    if (!tap.visited) visit(data, script);
    script_free(script);
}

static char *read_whole(const char *path, struct buffer *content) {
    struct buffer problem = { 0 };
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0) {
        buffer_printf(&problem, "%s", strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        buffer_append_string(&problem, "it is no file");
    } else if (status.st_size > FILE_MAXIMUM) {
        buffer_append_string(&problem, "it is larger than 16 MiB");
    }
    char bytes[65536];
    for (ssize_t got; problem.length == 0 && (got = read(file, bytes, sizeof bytes)) != 0;) {
        if (got > 0) {
            buffer_append(content, (struct text){ bytes, (size_t)got });
        } else {
            buffer_printf(&problem, "%s", strerror(errno));
        }
    }
    if (file >= 0) close(file);
    return problem.length ? buffer_take(&problem) : NULL;
}

struct script *script_read(const char *path) {
    struct buffer content = { 0 };
    char *problem = read_whole(path, &content);
    struct script *script = script_parse(path, buffer_text(&content));
    if (problem) fail(script, 0, "%s", problem);
    if (!script->error && text_trim(buffer_text(&script->content)).length == 0) fail(script, 0, "the file is empty");
    memory_release(problem);
    buffer_done(&content);
    return script;
}

void script_free(struct script *script) {
    if (!script) return;
    if (script->tree) pg_query__parse_result__free_unpacked(script->tree, NULL);
    for (size_t i = 0; i < script->tables.count; i++) {
        memory_release(script->tables.items[i].schema);
        memory_release(script->tables.items[i].name);
    }
    VECTOR_DONE(&script->tables);
    VECTOR_DONE(&script->statements);
    buffer_done(&script->content);
    memory_release(script->path);
    memory_release(script->error);
    memory_release(script);
}

void script_clip(struct text statement, struct buffer *out) {
    size_t start = out->length;
    bool blank = false;
    for (size_t i = 0; i < statement.length; i++) {
        char byte = statement.bytes[i];
        if (isspace((unsigned char)byte)) {
            blank = out->length > start;
            continue;
        }
        bool continues = ((unsigned char)byte & 0xC0) == 0x80;
        if (out->length - start >= CLIP && !continues) {
            buffer_append_string(out, "…");
            return;
        }
        if (blank) buffer_append_byte(out, ' ');
        blank = false;
        buffer_append_byte(out, byte);
    }
}
