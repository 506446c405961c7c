/* What needs no server: the splitter, the log's lines, waits and whom they belong to, parsing, and the lint's rules. */
#include "base/clock.h"
#include "base/memory.h"
#include "stdlib/sql/installation.h"
#include "stdlib/sql/lint.h"
#include "stdlib/sql/log.h"
#include "stdlib/sql/splitter.h"
#include "stdlib/sql/waits.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- splitter ---- */
static void expect_pieces(const char *text, size_t count, const char *const *pieces) {
    struct splitter splitter = { text_of(text), 0, 1 };
    for (size_t i = 0; i < count; i++) {
        struct piece piece = splitter_next(&splitter);
        cr_expect(piece.kind != PIECE_END && text_is(piece.text, pieces[i]), "piece %zu of <%s> is <%.*s>", i, text,
                  TEXT_ARGS(piece.text));
    }
    cr_expect_eq(splitter_next(&splitter).kind, PIECE_END, "%s", text);
}

Test(splitter, statements) {
    expect_pieces("a; b ;;\n c", 3, (const char *[]){ "a", "b", "c" });
    expect_pieces("-- x;\n/* ; /* ; */ ; */ a 'b;''c' \"d;\" E'e\\';' $$;$$ $t$ ; $$ $t$;", 1,
                  (const char *[]){ "a 'b;''c' \"d;\" E'e\\';' $$;$$ $t$ ; $$ $t$" });
    expect_pieces("CREATE RULE r AS ON INSERT TO t DO (a; b); c", 2,
                  (const char *[]){ "CREATE RULE r AS ON INSERT TO t DO (a; b)", "c" });
    expect_pieces(
        "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; c", 2,
        (const char *[]){ "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END", "c" });
    expect_pieces("SELECT $1; SELECT a$b$c", 2, (const char *[]){ "SELECT $1", "SELECT a$b$c" });
    expect_pieces("  \n-- only a comment", 0, NULL);
}

Test(splitter, copy_data) {
    struct splitter splitter = { TEXT("a;\nCOPY t (x) FROM stdin;\n1\t;\n\\N\n\\.\n\nb;"), 0, 1 };
    splitter_next(&splitter);
    struct piece copy = splitter_next(&splitter);
    cr_expect_eq(copy.kind, PIECE_COPY);
    cr_expect_eq(copy.line, 2);
    cr_expect(text_is(copy.rows, "1\t;\n\\N\n"), "%.*s", TEXT_ARGS(copy.rows));
    struct piece after = splitter_next(&splitter);
    cr_expect(text_is(after.text, "b"));
    cr_expect_eq(after.line, 7);
}

/* "from stdin" in a query is no COPY from there. */
Test(splitter, copy_of_a_query) {
    expect_pieces("COPY (SELECT 1 FROM stdin) TO stdout; b;", 2,
                  (const char *[]){ "COPY (SELECT 1 FROM stdin) TO stdout", "b" });
}

/* `start`, `count` times `again`, `end`. */
static void repeat(struct buffer *out, const char *start, const char *again, int count, const char *end) {
    buffer_clear(out);
    buffer_append_string(out, start);
    for (int i = 0; i < count; i++) buffer_append_string(out, again);
    buffer_append_string(out, end);
}

static const struct {
    const char *start, *again, *end;
    int count;
    bool deep;
} depths[] = {
    { "SELECT 1", "+1", "", 100000, true },
    { "SELECT 1", "::int", "", 100000, true },
    { "SELECT 1", " COLLATE \"C\"", "", 100000, true },
    { "SELECT ", "(", "1", 100000, true },
    { "SELECT ", "(SELECT ", "1", 1000, true },
    { "SELECT ", "f(1,", "1", 1000, true },
    { "SELECT ", "ARRAY[1,", "1", 1000, true },
    { "SELECT ", "CASE WHEN a AND b THEN 1 ELSE ", "1", 1000, true },
    { "SELECT 1", "+CASE WHEN a AND b THEN 1 END", "", 5000, true },
    { "SELECT 1", "+CASE WHEN t.end AND b THEN 1 END", "", 5000, true },
    { "SELECT ", "1 + NOT a BETWEEN 1 AND ", "1", 1000, true },
    { "SELECT 1, 2", " UNION ALL SELECT 1, 2", "", 5000, true },
    { "SELECT 1 FROM a", " JOIN b ON x AND y", "", 5000, true },
    { "SELECT 1", "+1", "", 900, false },
    { "SELECT 1, 2", " UNION ALL SELECT 1, 2", "", 1900, false },
    { "INSERT INTO t VALUES (1)", ", (1 + 2, -3, f(4), 'x')", "", 20000, false },
    { "SELECT a WHERE a", " AND b = c + 1 OR d IN (1, 2) AND e BETWEEN 1 AND 2", "", 20000, false },
    { "SELECT 1", ", CASE WHEN a = 1 THEN 2 WHEN a = 3 THEN 4 ELSE 5 END", "", 20000, false },
    { "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ", "SELECT 1 + 2; ", "END", 20000, false },
};

Test(splitter, depth) {
    struct buffer text = { 0 };
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        repeat(&text, depths[i].start, depths[i].again, depths[i].count, depths[i].end);
        struct splitter splitter = { buffer_text(&text), 0, 1 };
        cr_expect_eq(splitter_next(&splitter).deep, depths[i].deep, "%s%s…", depths[i].start, depths[i].again);
    }
    buffer_done(&text);
}

Test(splitter, trouble) {
    struct {
        const char *text;
        enum piece_kind kind;
        int line;
    } cases[] = {
        { "\n\\connect other", PIECE_PSQL_COMMAND, 2 },
        { "SELECT 1 \\gexec", PIECE_PSQL_COMMAND, 1 },
        { "\n'abc", PIECE_UNFINISHED, 2 },
        { "/* /* */", PIECE_UNFINISHED, 1 },
        { "$x$ $$ ", PIECE_UNFINISHED, 1 },
        { "COPY t FROM stdin;\n1\n", PIECE_UNFINISHED, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct splitter splitter = { text_of(cases[i].text), 0, 1 };
        struct piece piece = splitter_next(&splitter);
        cr_expect_eq(piece.kind, cases[i].kind, "%s: %d", cases[i].text, piece.kind);
        cr_expect_eq(piece.line, cases[i].line, "%s: line %d", cases[i].text, piece.line);
    }
}

/* ---- installation ---- */
Test(installation, versions) {
    char version[32];
    cr_expect_eq(
        installation_version(TEXT("postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n"), version, sizeof version),
        15);
    cr_expect_str_eq(version, "15.20");
    cr_expect_eq(installation_version(TEXT("postgres (PostgreSQL) 17beta1\n"), version, sizeof version), 17);
    cr_expect_eq(installation_version(TEXT("bash: postgres: command not found"), version, sizeof version), 0);
}

/* ---- log ---- */
Test(log, lines) {
    struct buffer scratch = { 0 };
    struct log_line line;
    cr_assert(log_parse(TEXT("{\"timestamp\":\"2026-11-22 10:29:12.418 "
                             "UTC\",\"pid\":31,\"error_severity\":\"LOG\",\"message\":\"a \\\"b\\\"\\n\\u0001c\","
                             "\"detail\":\"d\",\"application_name\":\"aot\",\"leader_pid\":7,\"dbname\":\"work\"}"),
                        INT64_C(1795343353) * SECOND, 100 * SECOND, &scratch, &line));
    cr_expect_eq(line.at, 100 * SECOND - 582 * MILLISECOND, "%lld", (long long)line.at);
    cr_expect_eq(line.process, 7, "a worker's line counts for its leader");
    cr_assert(log_parse(TEXT("{\"timestamp\":\"2026-11-22 15:59:12.418 IST\",\"pid\":31,\"message\":\"a\"}"),
                        INT64_C(1795363153) * SECOND, 100 * SECOND, &scratch, &line));
    cr_expect_eq(line.at, 100 * SECOND - 582 * MILLISECOND, "by the log's own clock: %lld", (long long)line.at);
    cr_assert(log_parse(TEXT("{\"timestamp\":\"2026-11-22 10:29:12.418 "
                             "UTC\",\"pid\":31,\"error_severity\":\"LOG\",\"message\":\"a \\\"b\\\"\\n\\u0001c\","
                             "\"detail\":\"d\",\"application_name\":\"aot\",\"leader_pid\":7,\"dbname\":\"work\"}"),
                        INT64_C(1795343353) * SECOND, 100 * SECOND, &scratch, &line));
    cr_expect(text_is(line.message, "a \"b\"\n\001c"));
    cr_expect(text_is(line.detail, "d") && text_is(line.application, "aot") && text_is(line.database, "work"));
    static const char *const broken[] = {
        "",    "{",    "{\"pid\":1}",    "{\"timestamp\":\"x\",\"pid\":1}",
        "[1]", "{\"a", "{\"a\":\"\\u00", "{\"timestamp\":\"2026-11-22 10:29:12.418 UTC\",\"pid\":3x}"
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        cr_expect_not(log_parse(text_of(broken[i]), 0, 0, &scratch, &line), "%s", broken[i]);
    }
    buffer_done(&scratch);
}

/* ---- script ---- */
Test(script, statements_and_lines) {
    struct script *script = script_parse(
        "m.sql", TEXT("-- é: bytes and characters differ\n/* a; */ SELECT 'é;';\n\n"
                      "CREATE INDEX CONCURRENTLY i\n  ON s.t (a);\nDROP TABLE u, s.v;\nBEGIN;\nSET lock_timeout = 1"));
    cr_assert_null(script->error, "%s", script->error);
    cr_assert_eq(script->statements.count, 5);
    static const int lines[] = { 2, 4, 6, 7, 8 };
    for (size_t i = 0; i < 5; i++) cr_expect_eq(script->statements.items[i].line, lines[i], "%zu", i);
    cr_expect(text_is(script->statements.items[0].text, "SELECT 'é;'"));
    cr_expect(script->statements.items[1].concurrent && !script->statements.items[0].concurrent);
    cr_expect(script->statements.items[3].transaction_word);
    cr_expect(script->statements.items[4].sets_lock_timeout);
    cr_assert_eq(script->tables.count, 3);
    cr_expect_str_eq(script->tables.items[0].name, "t");
    cr_expect_str_eq(script->tables.items[0].schema, "s");
    cr_expect_str_eq(script->tables.items[1].name, "u");
    cr_expect_str_eq(script->tables.items[2].schema, "s");
    struct buffer clipped = { 0 };
    script_clip(script->statements.items[1].text, &clipped);
    cr_expect_str_eq(clipped.bytes, "CREATE INDEX CONCURRENTLY i ON s.t (a)");
    buffer_done(&clipped);
    script_free(script);
}

Test(script, cannot_judge) {
    struct {
        const char *text, *error;
    } cases[] = {
        { "SELECT 'é';\nSELEC 1;", "cannot judge: line 2: syntax error at or near \"SELEC\"" },
        { "SELECT 'é';\n\\set x 1", "cannot judge: line 2: \\set is a command of psql, not SQL" },
        { "ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID",
          "cannot judge: line 1: syntax error at or near \"NOT\"" },
        { "SELECT 1;\nCOPY t FROM stdin;\n1\t2\n\\.\n", "cannot judge: line 2: COPY … FROM stdin needs psql" },
        { "SELECT 1;\nCOPY t FROM stdin;", "cannot judge: line 2: COPY … FROM stdin needs psql" },
        { "SELECT 1;\n-- \xff", "cannot judge: line 2: the file is not UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script *script = script_parse("m.sql", text_of(cases[i].text));
        cr_assert(script->error, "%s", cases[i].text);
        cr_expect_str_eq(script->error, cases[i].error);
        script_free(script);
    }
    struct script *script = script_read("no/such/file.sql");
    cr_expect_str_eq(script->error, "cannot judge: No such file or directory");
    script_free(script);
}

/* What the parser reads though the splitter takes it for rows is judged, too; and what is as deep as may be is read. */
Test(script, too_deep) {
    struct buffer text = { 0 };
    const struct {
        const char *start, *again, *end;
        int count;
        bool deep;
    } cases[] = {
        { "SELECT 1;\nSELECT 1", "+1", "", 100000, true },
        { "SELECT 1;\nSELECT 1", "+1", ";\n\\.\n", 100000, true },
        { "COPY t FROM stdin;\nSELECT 1", "+1", "", 100000, true },
        { "SELECT 1", "+1", "", 990, false },
        { "SELECT ", "- ", "1", 1990, false },
        { "SELECT ", "NOT ", "a", 1990, false },
        { "SELECT ", "(SELECT ", "1", 395, false },
        { "ALTER TABLE t ADD CHECK (a > 1", "+1", ")", 980, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        repeat(&text, cases[i].start, cases[i].again, cases[i].count, cases[i].end);
        if (strcmp(cases[i].again, "(SELECT ") == 0)
            for (int k = 0; k < cases[i].count; k++) buffer_append_byte(&text, ')');
        struct script *script = script_parse("m.sql", buffer_text(&text));
        const char *wanted = "cannot judge: line 2: " SPLITTER_TOO_DEEP;
        cr_expect_str_eq(script->error ? script->error : "", cases[i].deep ? wanted : "", "%zu: %s", i, script->error);
        script_free(script);
    }
    buffer_done(&text);
}

/* A file of this many bytes, of which only `content` is written; the rest is zero. */
static struct script *read_file(struct text content, off_t size) {
    char path[] = "/tmp/aot-script-XXXXXX";
    int file = mkstemp(path);
    cr_assert(file >= 0 && write(file, content.bytes, content.length) == (ssize_t)content.length);
    cr_assert_eq(ftruncate(file, size), 0);
    close(file);
    struct script *script = script_read(path);
    unlink(path);
    return script;
}

Test(script, bad_files) {
    const struct {
        struct text content;
        off_t size;
        const char *error;
    } cases[] = {
        { TEXT("SELECT 1;\n\0"), 11, "cannot judge: line 2: the file has a zero byte" },
        { TEXT("SELECT 1;\n"), 50 << 20, "cannot judge: it is larger than 16 MiB" },
        { TEXT(""), 0, "cannot judge: the file is empty" },
        { TEXT(" \n"), 2, "cannot judge: the file is empty" },
        { TEXT("-- why\n"), 7, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct script *script = read_file(cases[i].content, cases[i].size);
        cr_expect_str_eq(script->error ? script->error : "", cases[i].error ? cases[i].error : "", "%zu: %s", i,
                         script->error);
        script_free(script);
    }
}

/* ---- lint, without a catalogue: every table that the file does not make is populated ---- */
static void expect_rules(const char *text, const char *wanted, enum sql_runner runner) {
    struct script *script = script_parse("m.sql", text_of(text));
    struct facts facts = { 0 };
    struct lint lint;
    struct buffer got = { 0 };
    lint_run(&lint, script, &facts, runner);
    for (size_t i = 0; i < lint.findings.count; i++) {
        buffer_printf(&got, "%s%d:%s", i ? " " : "", lint.findings.items[i].line,
                      lint_rule_row(lint.findings.items[i].rule)->slug);
    }
    cr_expect_str_eq(got.bytes ? got.bytes : "", wanted, "%s: <%s>, not <%s>", text, got.bytes, wanted);
    buffer_done(&got);
    lint_done(&lint);
    facts_done(&facts);
    script_free(script);
}

Test(lint, each_rule) {
    expect_rules("CREATE INDEX i ON t (a)", "1:plain-index", SQL_AUTOCOMMIT);
    expect_rules("CREATE INDEX CONCURRENTLY i ON t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("CREATE INDEX CONCURRENTLY i ON t (a)", "1:concurrently-in-transaction", SQL_TRANSACTION);
    expect_rules("BEGIN; CREATE INDEX CONCURRENTLY i ON t (a); COMMIT", "1:concurrently-in-transaction",
                 SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE n (a int); CREATE INDEX i ON n (a); ALTER TABLE n ALTER a SET NOT NULL", "",
                 SQL_AUTOCOMMIT);
    expect_rules("REINDEX TABLE t", "1:plain-reindex", SQL_AUTOCOMMIT);
    expect_rules("REINDEX TABLE CONCURRENTLY t", "", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ALTER a SET NOT NULL", "1:bare-not-null", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD CHECK (a > 0)", "1:check-without-not-valid", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", "1:foreign-key-without-not-valid", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD UNIQUE (a)", "1:unique-builds-its-index", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD PRIMARY KEY USING INDEX i", "", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD EXCLUDE USING gist (a WITH &&)", "1:exclude-builds-its-index", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int DEFAULT 7, ADD b timestamptz DEFAULT now(), ADD c text", "", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a float DEFAULT random()", "1:volatile-default", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a bigserial", "1:serial-column", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int GENERATED ALWAYS AS IDENTITY", "1:serial-column", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) STORED", "1:generated-column", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int CHECK (a > 0)", "1:column-with-check", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int UNIQUE", "1:column-with-index", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int REFERENCES u", "", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD a int DEFAULT 1 REFERENCES u", "1:column-with-default-and-foreign-key",
                 SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t SET UNLOGGED", "1:table-rewrites", SQL_AUTOCOMMIT);
    expect_rules("VACUUM FULL t", "1:table-rewrites", SQL_AUTOCOMMIT);
    expect_rules("VACUUM t", "", SQL_AUTOCOMMIT);
    expect_rules("CLUSTER t USING i", "1:table-rewrites", SQL_AUTOCOMMIT);
    expect_rules("REFRESH MATERIALIZED VIEW m", "1:plain-refresh", SQL_AUTOCOMMIT);
    expect_rules("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)", "1:domain-constraint", SQL_AUTOCOMMIT);
    expect_rules("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID", "", SQL_AUTOCOMMIT);
    expect_rules("UPDATE t SET a = 1; UPDATE t SET a = 1 WHERE b < 1000", "1:every-row-in-one-statement",
                 SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ALTER a TYPE bigint", "1:type-rewrites", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)", "1:attach-scans", SQL_AUTOCOMMIT);
    expect_rules("SELECT 1;\nSELEC", "2:cannot-judge", SQL_AUTOCOMMIT);
    expect_rules("DROP INDEX i; ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME a TO b", "", SQL_AUTOCOMMIT);
}

/* What aot sql finds beyond that: warnings, and doubts with a question mark. */
static void expect_notes(const char *text, const char *wanted, enum sql_runner runner) {
    struct script *script = script_parse("m.sql", text_of(text));
    struct facts facts = { 0 };
    struct lint lint;
    struct buffer got = { 0 };
    lint_begin(&lint, &facts, runner);
    lint.wants_warnings = lint.wants_rewrites = true;
    lint_script(&lint, script);
    for (size_t i = 0; i < lint.findings.count; i++) {
        const struct lint_finding *finding = &lint.findings.items[i];
        buffer_printf(&got, "%s%d:%s%s", i ? " " : "", finding->line, lint_rule_row(finding->rule)->slug,
                      finding->doubtful ? "?" : "");
        if (finding->held_since) buffer_printf(&got, "<%d", finding->held_since);
    }
    cr_expect_str_eq(got.bytes ? got.bytes : "", wanted, "%s: <%s>, not <%s>", text, got.bytes, wanted);
    buffer_done(&got);
    lint_done(&lint);
    facts_done(&facts);
    script_free(script);
}

Test(lint, warnings) {
    expect_notes("DROP INDEX i; DROP INDEX CONCURRENTLY j", "1:plain-drop-index", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE p DETACH PARTITION q", "1:detach-checks-foreign-keys? 1:plain-detach", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", "1:detach-checks-foreign-keys?", SQL_AUTOCOMMIT);
    expect_notes("CREATE TABLE q PARTITION OF p FOR VALUES IN (1)", "1:default-partition-scans? 1:create-partition-of",
                 SQL_AUTOCOMMIT);
    expect_notes("CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p DEFAULT",
                 "1:default-partition-scans?", SQL_AUTOCOMMIT);
    expect_notes("CREATE TABLE n (a int REFERENCES t)", "1:references-without-lock-timeout", SQL_AUTOCOMMIT);
    expect_notes("CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()", "1:trigger-without-lock-timeout",
                 SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t DISABLE TRIGGER g", "1:trigger-without-lock-timeout", SQL_AUTOCOMMIT);
    expect_notes("SET lock_timeout = 1; ALTER TABLE t ADD a int; ALTER TABLE t DISABLE TRIGGER g", "", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t ADD a int;\nALTER TABLE t ADD b int", "1:no-lock-timeout", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t RENAME a TO b", "1:rename-breaks-clients", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t DROP a, ALTER b DROP NOT NULL", "1:drop-column 1:drop-not-null", SQL_AUTOCOMMIT);
    expect_notes("DROP TABLE t; TRUNCATE u; VIEW", "1:cannot-judge", SQL_AUTOCOMMIT);
    expect_notes("DROP TABLE t; TRUNCATE u", "1:drop-table 1:truncate", SQL_AUTOCOMMIT);
    expect_notes("DO 'x'", "1:hidden-in-block", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t ADD a mood", "1:column-of-constrained-domain?", SQL_AUTOCOMMIT);
    expect_notes("CREATE INDEX ON ONLY t (a); ALTER INDEX i ATTACH PARTITION j", "1:plain-index?", SQL_AUTOCOMMIT);
    expect_notes("ALTER TABLE t ADD a int NOT NULL", "1:required-column", SQL_AUTOCOMMIT);
    expect_notes("ALTER DOMAIN d VALIDATE CONSTRAINT c", "1:domain-validate", SQL_AUTOCOMMIT);
}

/* Only a lock_timeout that is there and is not for ever makes patient. */
Test(lint, patience) {
    static const char *const impatient[] = { "SET lock_timeout = 0",
                                             "SET lock_timeout = '0s'",
                                             "SET lock_timeout = DEFAULT",
                                             "RESET lock_timeout",
                                             "SET lock_timeout = 1; RESET lock_timeout",
                                             "SET lock_timeout = 1; RESET ALL",
                                             "SET lock_timeout = 1; DISCARD ALL",
                                             "SET LOCAL lock_timeout = 1",
                                             "BEGIN; SET LOCAL lock_timeout = 1; COMMIT",
                                             "BEGIN; SET lock_timeout = 1; ROLLBACK" };
    static const char *const patient[] = { "SET lock_timeout = '2s'",
                                           "SET LOCK_TIMEOUT = 1.5",
                                           "BEGIN; SET LOCAL lock_timeout = 1",
                                           "BEGIN; SET lock_timeout = 1; COMMIT",
                                           "SET lock_timeout = 1; BEGIN; SET LOCAL lock_timeout = 0; COMMIT",
                                           "SET lock_timeout = 1; BEGIN; RESET lock_timeout; ROLLBACK" };
    struct buffer text = { 0 };
    for (size_t i = 0; i < sizeof impatient / sizeof impatient[0]; i++) {
        buffer_clear(&text);
        buffer_printf(&text, "%s; ALTER TABLE t ADD a int", impatient[i]);
        expect_notes(text.bytes, "1:no-lock-timeout", SQL_AUTOCOMMIT);
    }
    for (size_t i = 0; i < sizeof patient / sizeof patient[0]; i++) {
        buffer_clear(&text);
        buffer_printf(&text, "%s; ALTER TABLE t ADD a int", patient[i]);
        expect_notes(text.bytes, "", SQL_AUTOCOMMIT);
    }
    buffer_done(&text);
}

/* A table is new only if it is this one that the file made, and is there still. */
Test(lint, new_tables) {
    static const char index[] = "1:plain-index";
    expect_rules("CREATE TABLE a.t (a int); CREATE INDEX i ON public.t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE a.t (a int); CREATE INDEX i ON t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE a.t (a int); CREATE INDEX i ON a.t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE public.t (a int); CREATE INDEX i ON t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE t (a int); CREATE INDEX i ON public.t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE a.t ADD b int; CREATE TABLE t (a int); CREATE INDEX i ON a.t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX i ON t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a; CREATE INDEX i ON t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TEMP TABLE t (a int); CREATE INDEX i ON t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("CREATE TEMP TABLE t (a int); CREATE INDEX i ON public.t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TEMP TABLE t (a int); DROP TABLE t; CREATE INDEX i ON t (a)", index, SQL_AUTOCOMMIT);
    expect_rules("CREATE TABLE t (a int); BEGIN; DROP TABLE t; ROLLBACK; CREATE INDEX i ON t (a)", "", SQL_AUTOCOMMIT);
    expect_rules("DROP TABLE IF EXISTS t; CREATE TABLE t (a int); CREATE INDEX i ON t (a)", "", SQL_AUTOCOMMIT);
    expect_rules(
        "ALTER TABLE a.t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE a.t VALIDATE CONSTRAINT c;\n"
        "ALTER TABLE a.t ALTER a SET NOT NULL; ALTER TABLE b.t ALTER a SET NOT NULL",
        "2:bare-not-null", SQL_AUTOCOMMIT);
}

/* What is executed within another statement, and what is dropped. */
Test(lint, inner_statements) {
    static const char every[] = "1:every-row-in-one-statement", quick[] = "1:no-lock-timeout";
    expect_notes("WITH d AS (DELETE FROM t RETURNING 1) SELECT count(*) FROM d", every, SQL_AUTOCOMMIT);
    expect_notes("WITH d AS (DELETE FROM t WHERE a = 1 RETURNING 1) SELECT count(*) FROM d", "", SQL_AUTOCOMMIT);
    expect_notes("WITH d AS (UPDATE t SET a = 1 RETURNING 1) INSERT INTO u SELECT * FROM d", every, SQL_AUTOCOMMIT);
    expect_notes("CREATE TABLE n AS WITH d AS (DELETE FROM t RETURNING 1) SELECT * FROM d", every, SQL_AUTOCOMMIT);
    expect_notes("COPY (DELETE FROM t RETURNING a) TO stdout", every, SQL_AUTOCOMMIT);
    expect_notes("EXPLAIN ANALYZE UPDATE t SET a = 1", every, SQL_AUTOCOMMIT);
    expect_notes("EXPLAIN (ANALYZE, VERBOSE) UPDATE t SET a = 1", every, SQL_AUTOCOMMIT);
    expect_notes("EXPLAIN (ANALYZE off) UPDATE t SET a = 1; EXPLAIN UPDATE t SET a = 1", "", SQL_AUTOCOMMIT);
    expect_notes("DROP SCHEMA s CASCADE", "1:drop-table", SQL_AUTOCOMMIT);
    expect_notes("DROP SCHEMA s", "", SQL_AUTOCOMMIT);
    expect_notes("DROP TRIGGER g ON s.t", quick, SQL_AUTOCOMMIT);
    expect_notes("DROP POLICY p ON t", quick, SQL_AUTOCOMMIT);
    expect_notes("DROP RULE r ON t", quick, SQL_AUTOCOMMIT);
    expect_notes("CREATE TABLE n (a int); DROP TRIGGER g ON n; SET lock_timeout = 1; DROP TRIGGER g ON t", "",
                 SQL_AUTOCOMMIT);
}

/* What was locked, made or proven in a transaction lasts as long as it. */
Test(lint, transactions) {
    expect_notes("SET lock_timeout = 1;\nBEGIN;\nALTER TABLE t ADD a int;\nUPDATE t SET a = 1 WHERE b > 0;\nCOMMIT;\n"
                 "UPDATE t SET a = 1 WHERE b > 0",
                 "4:statement-while-locked<3", SQL_AUTOCOMMIT);
    expect_notes("SET lock_timeout = 1;\nALTER TABLE t ADD a int;\nALTER TABLE u ADD a int",
                 "3:second-table-while-locked<2", SQL_TRANSACTION);
    expect_notes("SET lock_timeout = 1;\nALTER TABLE t ADD a int;\nALTER TABLE u VALIDATE CONSTRAINT c",
                 "3:work-while-locked<2", SQL_TRANSACTION);
    expect_notes("SET lock_timeout = 1;\nALTER TABLE t ADD a int;\nCOMMIT;\nALTER TABLE u ADD a int", "",
                 SQL_TRANSACTION);
    expect_rules("BEGIN; ALTER TABLE t VALIDATE CONSTRAINT c; ROLLBACK; ALTER TABLE t ALTER a SET NOT NULL",
                 "1:bare-not-null", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\nBEGIN; ALTER TABLE t VALIDATE "
                 "CONSTRAINT c; ROLLBACK;\nALTER TABLE t ALTER a SET NOT NULL",
                 "3:bare-not-null", SQL_AUTOCOMMIT);
    expect_rules("BEGIN; CREATE TABLE n (a int); ROLLBACK; CREATE INDEX i ON n (a)", "1:plain-index", SQL_AUTOCOMMIT);
    expect_rules("CREATE INDEX CONCURRENTLY i ON t (a)", "", SQL_SIMPLE);
    expect_rules("SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a)", "1:concurrently-in-transaction", SQL_SIMPLE);
    expect_rules("CREATE TABLE n (a int); ALTER TABLE n RENAME TO m; CREATE INDEX i ON m (a)", "", SQL_AUTOCOMMIT);
    expect_rules(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t VALIDATE CONSTRAINT c;\n"
        "ALTER TABLE t RENAME a TO b; ALTER TABLE t ALTER b SET NOT NULL; ALTER TABLE t ALTER a SET NOT NULL",
        "2:bare-not-null", SQL_AUTOCOMMIT);
}

static void expect_rewrite(const char *text, const char *wanted) {
    struct script *script = script_parse("m.sql", text_of(text));
    struct facts facts = { 0 };
    struct lint lint;
    lint_begin(&lint, &facts, SQL_AUTOCOMMIT);
    lint.wants_rewrites = true;
    lint_script(&lint, script);
    cr_assert_eq(lint.findings.count, 1, "%s", text);
    const char *got = lint.findings.items[0].rewrite;
    cr_expect_str_eq(got ? got : "", wanted, "%s: <%s>", text, got);
    lint_done(&lint);
    facts_done(&facts);
    script_free(script);
}

Test(lint, rewrites) {
    expect_rewrite("CREATE UNIQUE INDEX i ON s.t (a) WHERE b > 0",
                   "CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (a) WHERE b > 0;");
    expect_rewrite("CREATE /* INDEX */ INDEX\n  \"I é\" ON t (a)",
                   "CREATE /* INDEX */ INDEX CONCURRENTLY\n  \"I é\" ON t (a);");
    expect_rewrite("ALTER TABLE \"T t\" ADD CONSTRAINT \"K k\" CHECK (\"A a\" > 0)",
                   "ALTER TABLE \"T t\" ADD CONSTRAINT \"K k\" CHECK (\"A a\" > 0) NOT VALID;\nALTER TABLE \"T t\" "
                   "VALIDATE CONSTRAINT \"K k\";");
    expect_rewrite(
        "ALTER TABLE t ADD \"A a\" float DEFAULT random()",
        "ALTER TABLE t ADD COLUMN \"A a\" double precision;\nALTER TABLE t ALTER COLUMN \"A a\" SET DEFAULT random();\n"
        "-- then in batches, each its own transaction:\nUPDATE t SET \"A a\" = DEFAULT WHERE \"A a\" IS NULL AND …;");
    expect_rewrite("REINDEX INDEX \"User\".i", "REINDEX INDEX CONCURRENTLY \"User\".i;");
    expect_rewrite(
        "ALTER TABLE t ADD CHECK (a > 0)",
        "ALTER TABLE t ADD CONSTRAINT t_check CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT t_check;");
    expect_rewrite("ALTER TABLE t ADD c int, ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE",
                   "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u (id) ON DELETE CASCADE NOT VALID;\n"
                   "ALTER TABLE t VALIDATE CONSTRAINT k;");
    expect_rewrite("ALTER TABLE \"order\" ADD PRIMARY KEY (a, \"B\")",
                   "CREATE UNIQUE INDEX CONCURRENTLY order_a_key ON \"order\" (a, \"B\");\n"
                   "ALTER TABLE \"order\" ADD CONSTRAINT order_a_key PRIMARY KEY USING INDEX order_a_key;");
    expect_rewrite("ALTER TABLE t ADD a uuid NOT NULL DEFAULT gen_random_uuid()",
                   "ALTER TABLE t ADD COLUMN a uuid;\nALTER TABLE t ALTER COLUMN a SET DEFAULT gen_random_uuid();\n"
                   "-- then in batches, each its own transaction:\nUPDATE t SET a = DEFAULT WHERE a IS NULL AND …;");
}

Test(lint, staged_not_null) {
    static const char staged[] = "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL AND b > 0) NOT VALID;\nALTER "
                                 "TABLE t VALIDATE CONSTRAINT c;\n"
                                 "ALTER TABLE t ALTER a SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT c;";
    expect_rules(staged, "", SQL_AUTOCOMMIT);
    expect_rules(staged, "2:validate-under-lock", SQL_TRANSACTION);
    expect_rules(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\n"
        "ALTER TABLE t ALTER a SET NOT NULL, DROP CONSTRAINT c;",
        "3:not-null-loses-its-check", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL OR b > 0) NOT VALID;\nALTER TABLE t VALIDATE "
                 "CONSTRAINT c;\n"
                 "ALTER TABLE t ALTER a SET NOT NULL;",
                 "3:bare-not-null", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\nALTER TABLE t ALTER a SET NOT NULL;",
                 "2:bare-not-null", SQL_AUTOCOMMIT);
    expect_rules("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c",
                 "1:validate-under-lock", SQL_AUTOCOMMIT);
    expect_rules(
        "BEGIN;\nALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nCOMMIT;\nALTER TABLE t VALIDATE CONSTRAINT c",
        "", SQL_AUTOCOMMIT);
}

/* A column of the catalogue and a wanted type. */
static enum type_change change(const char *type, int modifier, bool indexed, bool checked, const char *wanted) {
    struct buffer text = { 0 };
    buffer_printf(&text, "ALTER TABLE t ALTER a TYPE %s", wanted);
    struct script *script = script_parse("m.sql", buffer_text(&text));
    cr_assert_null(script->error, "%s", script->error);
    struct fact_column column = { .type = (char *)type, .modifier = modifier, .indexed = indexed, .checked = checked };
    const PgQuery__AlterTableStmt *alter = script->statements.items[0].node->alter_table_stmt;
    enum type_change result = lint_type_change(&column, alter->cmds[0]->alter_table_cmd->def->column_def, true);
    script_free(script);
    buffer_done(&text);
    return result;
}

Test(lint, types) {
    cr_expect_eq(change("varchar", 54, true, false, "varchar(100)"), TYPE_FREE);
    cr_expect_eq(change("varchar", 54, true, false, "varchar(49)"), TYPE_REWRITES);
    cr_expect_eq(change("varchar", 54, true, false, "text"), TYPE_FREE);
    cr_expect_eq(change("varchar", 54, false, true, "text"), TYPE_SCANS);
    cr_expect_eq(change("text", -1, false, false, "varchar"), TYPE_FREE);
    cr_expect_eq(change("text", -1, false, false, "varchar(10)"), TYPE_REWRITES);
    cr_expect_eq(change("int4", -1, false, false, "bigint"), TYPE_REWRITES);
    cr_expect_eq(change("int4", -1, false, false, "int USING a + 1"), TYPE_REWRITES);
    cr_expect_eq(change("numeric", (10 << 16 | 2) + 4, false, false, "numeric(12, 2)"), TYPE_FREE);
    cr_expect_eq(change("numeric", (10 << 16 | 2) + 4, false, false, "numeric(12, 3)"), TYPE_REWRITES);
    cr_expect_eq(change("numeric", (10 << 16 | 2) + 4, false, false, "numeric"), TYPE_FREE);
    cr_expect_eq(change("timestamp", -1, false, false, "timestamptz"), TYPE_FREE);
    cr_expect_eq(change("timestamp", -1, true, false, "timestamptz"), TYPE_BUILDS);
    cr_expect_eq(change("jsonb", -1, false, false, "json"), TYPE_REWRITES);
    cr_expect_eq(change("bpchar", 14, false, false, "char(20)"), TYPE_REWRITES);
}

/* ---- waits ---- */
struct world {
    struct heap *heap;
    struct value all, blocked;
    struct waits *waits;
    size_t migration;
};
enum { MIGRATION = 100 };

static struct world world_new(void) {
    struct world world = { .heap = heap_new(0) };
    struct provenance observer = { .observer = true };
    world.all = stream_new(world.heap, NULL, TEXT("waits"), SERIES_EVENTS, observer);
    world.blocked = stream_new(world.heap, NULL, TEXT("blocked"), SERIES_EVENTS, observer);
    world.waits = waits_new(world.all);
    world.migration = waits_migration_begin(world.waits, SECOND, MIGRATION, world.blocked);
    return world;
}

static void line_of(struct world *world, int64_t at, int process, const char *application, const char *severity,
                    const char *message, const char *detail) {
    struct log_line line = { .at = at,
                             .process = process,
                             .severity = text_of(severity),
                             .message = text_of(message),
                             .detail = text_of(detail),
                             .application = text_of(application) };
    waits_line(world->waits, &line);
}

static void waiting(struct world *world, int64_t at, int process, const char *detail) {
    char message[100];
    snprintf(message, sizeof message,
             "process %d still waiting for RowExclusiveLock on relation 1 of database 2 after 100.000 ms", process);
    line_of(world, at, process, "aot", "LOG", message, detail);
}

static void acquired(struct world *world, int64_t at, int process, int milliseconds) {
    char message[100];
    snprintf(message, sizeof message,
             "process %d acquired RowExclusiveLock on relation 1 of database 2 after %d.500 ms", process, milliseconds);
    line_of(world, at, process, "aot", "LOG", message, "");
}

/* Ends it; all and blocked must hold these many. The last of `blocked` is given back. */
static int64_t world_end(struct world *world, size_t all, size_t blocked) {
    waits_finish(world->waits, 20 * SECOND);
    struct value series = stream_series(world->all);
    cr_expect_eq(series_of(series)->timing->count, all, "%zu waits, not %zu", series_of(series)->timing->count, all);
    value_release(series);
    series = stream_series(world->blocked);
    size_t count = series_of(series)->timing->count;
    cr_expect_eq(count, blocked, "%zu blocked, not %zu", count, blocked);
    int64_t last = count ? series_of(series)->values[count - 1].integer : 0;
    if (count)
        cr_expect_eq(series_of(series)->timing->end[count - 1] - series_of(series)->timing->start[count - 1], last);
    value_release(series);
    waits_free(world->waits);
    value_release(world->all);
    value_release(world->blocked);
    cr_expect_eq(heap_free(world->heap), 0);
    return last;
}

Test(waits, holder) {
    struct world world = world_new();
    waiting(&world, 2 * SECOND, 7, "Process holding the lock: 100. Wait queue: 7, 8.");
    cr_expect_not(waits_migration_settled(world.waits, world.migration));
    acquired(&world, 3 * SECOND, 7, 1100);
    cr_expect(waits_migration_settled(world.waits, world.migration));
    cr_expect_eq(world_end(&world, 1, 1), 1100 * MILLISECOND + MILLISECOND / 2);
}

/* A reader holds; whoever came after the migration waits for the migration, whoever came before it does not. */
Test(waits, queue) {
    struct world world = world_new();
    waiting(&world, 2 * SECOND, 7, "Process holding the lock: 50. Wait queue: 7, 100, 8.");
    waiting(&world, 2 * SECOND, 8, "Process holding the lock: 50. Wait queue: 7, 100, 8.");
    waiting(&world, 2 * SECOND, 100, "Process holding the lock: 50. Wait queue: 7, 100, 8.");
    acquired(&world, 3 * SECOND, 7, 1100);
    acquired(&world, 3 * SECOND, 100, 1100);
    acquired(&world, 3 * SECOND, 8, 1200);
    cr_expect_eq(world_end(&world, 3, 1), 1200 * MILLISECOND + MILLISECOND / 2);
}

/* 8 waits for 7's row, 9 for 8's, 7 for the migration; told in the worst order. 12 waits for somebody else. */
Test(waits, chain) {
    struct world world = world_new();
    waiting(&world, 2 * SECOND, 9, "Process holding the lock: 8. Wait queue: 9.");
    waiting(&world, 2 * SECOND, 8, "Process holding the lock: 7. Wait queue: 8.");
    waiting(&world, 2 * SECOND, 12, "Processes holding the lock: 10, 11. Wait queue: 12.");
    acquired(&world, 3 * SECOND, 9, 1100);
    waiting(&world, 3 * SECOND, 7, "Processes holding the lock: 33, 100. Wait queue: 7.");
    acquired(&world, 4 * SECOND, 7, 1100);
    acquired(&world, 4 * SECOND, 8, 2100);
    acquired(&world, 4 * SECOND, 12, 2100);
    world_end(&world, 4, 3);
}

Test(waits, others_are_not_blamed_on_it) {
    struct world world = world_new();
    waiting(&world, 2 * SECOND, 8, "Process holding the lock: 1. Wait queue: 8, 100.");
    acquired(&world, 2 * SECOND, 8, 100);
    waits_migration_end(world.waits, 2 * SECOND, world.migration);
    waiting(&world, 9 * SECOND, 7,
            "Process holding the lock: 100. Wait queue: 7."); /* by now that number is another's */
    acquired(&world, 10 * SECOND, 7, 1100);
    world_end(&world, 2, 0);
}

Test(waits, ends_that_are_not_told) {
    struct world world = world_new();
    waiting(&world, 2 * SECOND, 7, "Process holding the lock: 100. Wait queue: 7.");
    line_of(&world, 3 * SECOND, 7, "aot", "ERROR", "canceling statement due to statement timeout", "");
    waiting(&world, 5 * SECOND, 7, "Process holding the lock: 100. Wait queue: 7."); /* goes on to the end */
    cr_expect_eq(world_end(&world, 2, 2), 100 * MILLISECOND);
}

Test(waits, self_tests_stay_out) {
    struct world world = world_new();
    cr_expect_not(waits_saw_self_test(world.waits, 7));
    line_of(&world, 2 * SECOND, 7, SELF_TEST_APPLICATION, "LOG",
            "process 7 still waiting for AccessShareLock on relation 1 of database 2 after 100.1 ms",
            "Process holding the lock: 6. Wait queue: 7.");
    cr_expect(waits_saw_self_test(world.waits, 7));
    cr_expect_not(waits_saw_self_test(world.waits, 6));
    world_end(&world, 0, 0);
}

Test(waits, many) {
    struct world world = world_new();
    for (int i = 0; i < 6000; i++) {
        waiting(&world, 2 * SECOND + i * MILLISECOND * 20, 1000 + i, "Process holding the lock: 1. Wait queue: 2.");
        acquired(&world, 2 * SECOND + i * MILLISECOND * 20 + MILLISECOND, 1000 + i, 101);
    }
    world_end(&world, 6000, 0);
}
