/* Conversions, nothing else: no connection is touched here. A result of more than 100,000 rows is an error, not a
 * full memory. */
#include "stdlib/sql/sql_value.h"
#include "base/clock.h"
#include "base/memory.h"
#include "vm/release.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAXIMUM = 100000 };
/* pg_type's fixed numbers. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_OID = 26,
    OID_JSON = 114,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_NUMERIC = 1700,
    OID_JSONB = 3802
};

/* ---- to the server ---- */
static void append_hex(struct buffer *out, struct text bytes) {
    buffer_append_string(out, "\\x");
    for (size_t i = 0; i < bytes.length; i++) buffer_printf(out, "%02x", (unsigned char)bytes.bytes[i]);
}

/* False for what has no meaning to a server: a stream, a handle, no data. */
static bool append_parameter(struct run *run, struct value value, struct buffer *out) {
    if (value_is_bad(value)) return false;
    switch ((enum value_kind)value.kind) {
    case VALUE_BOOL: buffer_append_string(out, value.boolean ? "true" : "false"); return true;
    case VALUE_INTEGER:
    case VALUE_SIZE: buffer_printf(out, "%" PRId64, value.integer); return true;
    case VALUE_NUMBER:
    case VALUE_RATIO: buffer_printf(out, "%.17g", value.number); return true;
    case VALUE_DURATION: buffer_printf(out, "%.6f seconds", (double)value.integer / (double)SECOND); return true;
    case VALUE_INSTANT: wall_print(out, clock_wall() - (run_now(run) - value.integer)); return true;
    case VALUE_BYTES: append_hex(out, value_text_of(value)); return true;
    case VALUE_TEXT:
    case VALUE_NUMERAL: buffer_append(out, value_text_of(value)); return true;
    case VALUE_VERSION: {
        struct text tag = release_tag(run_heap(run), value_text_of(value));
        buffer_append(out, tag);
        return tag.length != 0; /* nothing says what N is */
    }
    case VALUE_LIST:
    case VALUE_RECORD: return value_to_json(value, out);
    case VALUE_NONE:
    case VALUE_UNBOUND:
    case VALUE_REGEX:
    case VALUE_SQL:
    case VALUE_SHELL:
    case VALUE_RANGE:
    case VALUE_INTERVAL:
    case VALUE_STREAM:
    case VALUE_SERIES:
    case VALUE_WINDOW:
    case VALUE_HANDLE:
    case VALUE_ITERATOR:
    case VALUE_POLL:
    case VALUE_ERROR:
    case VALUE_NO_DATA:
    case VALUE_KIND_COUNT: break;
    }
    return false;
}

static bool add_parameter(struct run *run, struct value value, struct statement *statement, struct buffer *error) {
    struct buffer text = { 0 };
    bool is_null = value.kind == VALUE_NONE;
    bool ok = is_null || append_parameter(run, value, &text);
    if (!ok) {
        buffer_printf(error,
                      "parameter $%d of the statement cannot be sent to a server: ", statement->parameter_count + 1);
        value_print(value, error);
    } else if (text.length && memchr(text.bytes, 0, text.length)) {
        buffer_printf(error, "parameter $%d of the statement has a zero byte", statement->parameter_count + 1);
        ok = false;
    }
    statement->parameters[statement->parameter_count++] = ok && !is_null ? buffer_take(&text) : NULL;
    buffer_done(&text);
    return ok;
}

bool sql_value_statement(struct run *run, struct value sql, struct statement *statement, struct buffer *error) {
    struct buffer text = { 0 };
    size_t parts = value_count(sql);
    bool ok = true;
    *statement = (struct statement){ .parameters = memory_allocate((parts / 2 + 1) * sizeof(char *)) };
    for (size_t i = 0; i < parts && ok; i++) {
        if (i % 2 == 0) {
            buffer_append(&text, value_text_of(value_at(sql, i)));
        } else {
            ok = add_parameter(run, value_at(sql, i), statement, error);
            buffer_printf(&text, "$%d", statement->parameter_count);
        }
    }
    statement->text = buffer_take(&text);
    return ok;
}

/* ---- from the server ---- */
static struct value whole_or_numeral(struct heap *heap, const char *text) {
    char *end;
    long long whole = strtoll(text, &end, 10);
    struct buffer back = { 0 };
    buffer_printf(&back, "%lld", whole);
    bool exact = *end == 0 && strcmp(back.bytes, text) == 0;
    buffer_done(&back);
    return exact ? value_integer(whole) : value_numeral(heap, text_of(text));
}

static struct value number_or_text(struct heap *heap, const char *text) {
    double number = strtod(text, NULL);
    return isfinite(number) ? value_number(number) : value_string(heap, text);
}

struct value sql_value_column(struct heap *heap, const PGresult *result, int row, int column) {
    if (PQgetisnull(result, row, column)) return value_none();
    const char *text = PQgetvalue(result, row, column);
    struct text whole = { text, (size_t)PQgetlength(result, row, column) };
    switch (PQftype(result, column)) {
    case OID_BOOL: return value_boolean(text[0] == 't');
    case OID_INT2:
    case OID_INT4:
    case OID_INT8:
    case OID_OID: return value_integer(strtoll(text, NULL, 10));
    case OID_FLOAT4:
    case OID_FLOAT8: return number_or_text(heap, text);
    case OID_NUMERIC: return strpbrk(text, ".NI") ? number_or_text(heap, text) : whole_or_numeral(heap, text);
    case OID_JSON:
    case OID_JSONB: return value_from_json(heap, whole);
    default: return value_text(heap, whole);
    }
}

static struct value row_record(struct heap *heap, const PGresult *result, int row) {
    struct value record = value_record(heap);
    for (int column = 0; column < PQnfields(result); column++) {
        struct value item = sql_value_column(heap, result, row, column);
        record = value_record_with(record, text_of(PQfname(result, column)), item);
        value_release(item);
    }
    return record;
}

static struct value row_list(struct heap *heap, const PGresult *result) {
    struct value rows = value_list(heap, NULL, 0);
    for (int row = 0; result && row < PQntuples(result); row++) {
        struct value record = row_record(heap, result, row);
        rows = value_list_append(rows, record);
        value_release(record);
    }
    return rows;
}

static int64_t count_of(const PGresult *result) {
    if (PQresultStatus(result) == PGRES_TUPLES_OK) return PQntuples(result);
    const char *affected = PQcmdTuples((PGresult *)result);
    return *affected ? strtoll(affected, NULL, 10) : 0;
}

/* All of a rows record's fields; takes `rows` over. */
static struct value make_rows(struct heap *heap, const char *error, const char *state, int64_t count,
                              struct value rows) {
    struct value record = value_record(heap);
    struct value message = error ? value_string(heap, error) : value_none(),
                 code = state ? value_string(heap, state) : value_none();
    record = value_record_with(record, TEXT("ok"), value_boolean(!error));
    record = value_record_with(record, TEXT("failed"), value_boolean(error != NULL));
    record = value_record_with(record, TEXT("error"), message);
    record = value_record_with(record, TEXT("sqlstate"), code);
    record = value_record_with(record, TEXT("count"), value_integer(count));
    record = value_record_with(record, TEXT("rows"), rows);
    value_release(message);
    value_release(code);
    value_release(rows);
    return record;
}

struct value sql_value_failure(struct heap *heap, const char *error, const char *state) {
    return make_rows(heap, error, state, 0, value_list(heap, NULL, 0));
}

static struct value server_failure(struct heap *heap, const PGresult *error) {
    const char *detail = PQresultErrorField(error, PG_DIAG_MESSAGE_DETAIL);
    struct buffer message = { 0 };
    buffer_append_string(&message, PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY));
    if (detail) buffer_printf(&message, " (%s)", detail);
    struct value failure = sql_value_failure(heap, message.bytes, PQresultErrorField(error, PG_DIAG_SQLSTATE));
    buffer_done(&message);
    return failure;
}

struct value sql_value_rows(struct heap *heap, const struct reply *reply, enum sql_detail detail) {
    PGresult *error = reply_error(reply);
    /* An error without a code is libpq's own: the connection broke. */
    if (error && PQresultErrorField(error, PG_DIAG_SQLSTATE)) return server_failure(heap, error);
    if (reply->lost || error)
        return sql_value_failure(heap, reply->lost ? reply->lost : PQresultErrorMessage(error), NULL);
    int64_t count = 0;
    const PGresult *last = NULL;
    for (size_t i = 0; i < reply->count; i++) {
        count += count_of(reply->results[i]);
        if (PQresultStatus(reply->results[i]) == PGRES_TUPLES_OK) last = reply->results[i];
    }
    if (detail == SQL_COUNT) last = NULL;
    if (last && PQntuples(last) > ROWS_MAXIMUM)
        return sql_value_failure(heap, "over 100,000 rows: add a LIMIT", "54000");
    return make_rows(heap, NULL, NULL, count, row_list(heap, last));
}
