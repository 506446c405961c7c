"""aot sql as a user meets it: places, forms, modes, and input that cannot be judged. `case` is run's."""
import json, os, subprocess

BAD = "-- a comment\nCREATE TABLE n (a int);\n\n  CREATE INDEX \"I é\" ON t (a);\n"
STAGED = "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\n"


def finds(name, status, text, *words, arguments=(), limit=60):
    CASE("sql: " + name, status, ["sql", "-", *arguments], *words, text=text, limit=limit)


def places():
    finds("place, caret, lock, rewrite", 1, BAD, "<stdin>:4:3: error: ", "[plain-index]", '     4 |   CREATE INDEX "I é" ON t (a);\n       |   ^^^^',
          "ShareLock on t; work under it: build; who waits: writers", "harmless while the table is empty",
          'CREATE INDEX CONCURRENTLY "I é" ON t (a);', "1 file, 2 statements: 1 error, 0 warnings")
    finds("nothing to find", 0, "CREATE TABLE n (a int);\nCREATE INDEX i ON n (a);", "1 file, 2 statements: no findings")
    finds("a doubt is a warning", 0, "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nSET lock_timeout = 1;\nALTER TABLE t ADD PRIMARY KEY USING INDEX i;",
          "<stdin>:3:19: warning: a column of the key may be NULL", "only if a column of the index may be NULL")
    finds("strict", 1, "DROP INDEX i", "[plain-drop-index]", arguments=["--strict"])
    finds("a hidden statement", 0, "DO $$BEGIN EXECUTE 'CREATE INDEX i ON t (a)'; END$$", "[hidden-in-block]")
    finds("a long line", 1, "SELECT 1;" * 20000 + "CREATE INDEX i ON t (a);", "<stdin>:1:180001: error", "20001 statements")
    CASE("sql: a folder", 1, ["sql", "."], "./a.sql:1:1: error", "./b.sql", "2 files", files={"a.sql": "REINDEX TABLE t", "b.sql": "TRUNCATE t", "c.txt": "x"})
    CASE("sql: a folder without migrations", 2, ["sql", "tmp"], "there is no *.sql in it")
    CASE("sql: no such file", 2, ["sql", "absent.sql"], "absent.sql", "o such file")
    CASE("sql: no file", 2, ["sql"], "wants a file or a folder")
    CASE("sql: no such form", 2, ["sql", "-", "-f", "xml"], "human, json, sarif or github", text="")
    CASE("sql: help", 0, ["help", "sql"], "--transaction", "cannot be judged")
    finds("a rule that is allowed", 0, BAD, "1 file, 2 statements: no findings", arguments=["--allow", "plain-index"])
    finds("an allowed rule that is none", 2, BAD, "did you mean plain-index?", arguments=["--allow", "plain-indes"])
    finds("what cannot be judged is not allowed", 2, BAD, "never a pass", arguments=["--allow", "cannot-judge"])
    allowed = "-- why\n-- aot: allow plain-index nobody writes to it yet\n-- more\n"
    finds("a rule that is allowed for one statement", 1, allowed + "CREATE INDEX i ON t (a);\nCREATE INDEX j ON t (a);", "<stdin>:5:1: error", "2 statements: 1 error, 0 warnings")
    for name, text in (("without a reason", "-- aot: allow plain-index\n"), ("of another rule", "-- aot: allow plain-indexes x\n"), ("behind a blank line", allowed + "\n"),
                       ("of the statement before", "-- aot: allow plain-index x\nSELECT 1;\n")):
        finds(f"a comment that allows nothing, {name}", 1, text + "CREATE INDEX i ON t (a);", "1 error, 0 warnings")
    finds("what cannot be judged is not allowed by a comment", 2, "-- aot: allow cannot-judge x\nCREATE TABL t ();", "[cannot-judge]")
    finds("set_config", 0, "SELECT pg_catalog.set_config('lock_timeout', '50ms', false);\nALTER TABLE t ADD COLUMN c int;", "2 statements: no findings")
    finds("set_config of nothing", 0, "SELECT set_config('lock_timeout', '0', false);\nALTER TABLE t ADD COLUMN c int;", "[no-lock-timeout]")
    finds("set_config for a transaction that is none", 0, "SELECT set_config('lock_timeout', '50ms', true);\nALTER TABLE t ADD COLUMN c int;", "[no-lock-timeout]")
    CASE("sql: quiet", 1, ["sql", "-q", "a.sql"], files={"a.sql": BAD})


def modes():
    finds("autocommit", 0, STAGED, "no-lock-timeout")
    finds("transaction", 1, STAGED, "<stdin>:2:1: error", "[validate-under-lock]", "holds a lock since line 1", arguments=["--transaction"])
    finds("a head comment", 1, "-- why\n-- mode: transaction\n" + STAGED, "<stdin>:4:1: error", "[validate-under-lock]")
    finds("an option beats the head comment", 0, "-- mode: transaction\n" + STAGED, arguments=["--autocommit"])
    finds("one simple statement is no transaction block", 0, "-- mode: simple\nCREATE INDEX CONCURRENTLY i ON t (a);", "no findings")
    finds("two options", 2, STAGED, "exclude each other", arguments=["--autocommit", "--transaction"])


def bad_input():
    finds("cannot be judged, the rest is", 2, "SELECT 1;\nALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID;\nCREATE INDEX i ON t (a);",
          '<stdin>:2:32: error: cannot judge: syntax error at or near "NOT"', "<stdin>:3:1: error: the index is built")
    finds("a command of psql", 2, "\\set x 1\nDROP TABLE t;", "<stdin>:1:1: error: cannot judge: \\set is a command of psql", "[drop-table]")
    finds("the rows of COPY", 1, "COPY t (a) FROM stdin;\n1\n';\n\\.\nCREATE INDEX i ON t (a);", "<stdin>:5:1: error", "2 statements")
    finds("COPY without an end", 2, "SELECT 1;\nCOPY t FROM stdin;\n1\n", "<stdin>:2:1", "the rows of this COPY never end")
    finds("a quote without an end", 2, "CREATE INDEX i ON t (a);\nSELECT 'abc", "<stdin>:1:1: error: the index", "<stdin>:2:1: error: cannot judge: a quote or comment")
    finds("an empty file", 0, "", "<stdin>:1:1: warning: there is no statement in it [nothing-in-it]")
    finds("only a comment", 0, "-- nothing\n", "[nothing-in-it]")
    finds("deep nesting", 2, "SELECT " + "(" * 100000 + "1" + ")" * 100000, "cannot judge", limit=20)
    for count, again, end in ((100000, "+1", ""), (3000, "+1", ""), (100000, "::int", ""), (3000, "+(SELECT 1", ")")):
        finds(f"{count} times {again}", 2, "SELECT 1;\nALTER TABLE t ADD CHECK (a > 1" + again * count + end * count + ");\nCREATE INDEX i ON t (a)",
              "<stdin>:2:1: error: cannot judge: its expressions, joins or sub-selects are too long", "<stdin>:3:1: error: the index", limit=20)
    finds("as deep as may be", 1, "ALTER TABLE t ADD CHECK (a > 1" + "+1" * 980 + ")", "NOT VALID")
    finds("FROM stdin in a query", 1, "COPY (SELECT 1 FROM stdin) TO stdout;\nCREATE INDEX i ON t (a);", "<stdin>:2:1: error: the index")
    finds("a huge statement", 2, "SELECT 1;\nSELECT $$" + "x" * (16 << 20) + "$$;\nCREATE INDEX i ON t (a)", "<stdin>:2:1: error: cannot judge: the statement is larger",
          "<stdin>:3:1: error", limit=30)
    CASE("sql: not UTF-8", 2, ["sql", "a.sql"], "a.sql:2:4: error: cannot judge: the file is not UTF-8", files={"a.sql": b"SELECT 1;\n-- \xff"})
    CASE("sql: a zero byte", 2, ["sql", "a.sql"], "a.sql:2:1: error: cannot judge: the file has a zero byte", files={"a.sql": b"SELECT 1;\n\0SELECT 2"})
    CASE("sql: larger than it may be", 2, ["sql", "a.sql"], "64 MiB", files={"a.sql": b"-- x\n" * (13 << 20)})


def hostile_migrations():
    """Applied one after the other to one scratch cluster: each fails, the report says why, and `case` sees that nothing is left."""
    rows = {"parse": ("SELECT 1;\nCREATE TABL t ();", 'near \\"TABL\\"'),
            "newer": ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID;", 'near \\"NOT\\"'),
            "psql": ("SELECT 1;\n\\i other.sql", "i is a command of psql, not SQL"),
            "rows": ("CREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n2\n\\.\n", "cannot judge: line 2: COPY … FROM stdin"),
            "never": ("SELECT 1;\nSELECT pg_sleep(3600);", "line 2: it did not end in its time"),
            "kills": ("SELECT pg_terminate_backend(pg_backend_pid());", "line 1: terminating connection due to administrator command"),
            "drops": ("DROP DATABASE work;", "line 1: cannot drop the currently open database"),
            "absent": ("CREATE EXTENSION no_such_extension;", 'no_such_extension\\" is not available'),
            "latin": (b"-- caf\xe9\nSELECT 1;", "cannot judge: line 1: the file is not UTF-8"),
            "zero": (b"SELECT 1;\n\0", "cannot judge: line 2: the file has a zero byte"),
            "empty": ("", "cannot judge: "),
            "folder": (None, "cannot judge: ")}
    names = list(rows)
    applied = "".join(f"  let {name}_change = db.apply(\"{name}.sql\", timeout: 1s)\n" for name in names)
    judged = "".join(f'assert "{name} is refused" rule R0.1: {name}_change.error == none\n' for name in names)
    looked = "".join(f'assert "{name} is not innocent" rule R0.2 {{\n  {name}_findings == []\n  {name}_trace.work_under_lock == []\n}}\n' for name in ("parse", "newer", "psql", "rows", "latin"))
    traced = "".join(f"  let {name}_findings = db.lint(\"{name}.sql\")\n  let {name}_trace = db.trace(\"{name}.sql\")\n" for name in ("parse", "newer", "psql", "rows", "latin"))
    recipe = f'recipe X1 "x"\nrules R0.1, R0.2\nlet db = postgres()\nsetup {{\n{traced}}}\nrun {{\n{applied}  let alive = db.ping()\n}}\nassert "it lives" rule R0.1: alive\n{judged}{looked}'
    files = {f"{name}.sql" if content is not None else f"{name}.sql/x": content or "" for name, (content, _) in rows.items()}
    words = [f"{name}_change.error = \"" for name in names] + [reason for _, reason in rows.values()]
    CASE("sql: hostile migrations", 1, ["run", "r.aot"], "it lives: alive", "fail  X1", "cannot-judge", "no data: the trace ended early: cannot judge: line 1: the file is not UTF-8", *words, recipe=recipe, files=files)


def forms():
    finds("json", 1, BAD, '"rule":"plain-index"', '"line":4,"column":3', '"statement":"CREATE INDEX \\"I é\\" ON t (a)"', arguments=["-f", "json"])
    finds("github", 1, BAD, "::error file=<stdin>,line=4,col=3,title=plain-index::the index is built", "%0A", arguments=["-f", "github"])
    finds("sarif", 1, BAD, '"version":"2.1.0"', '"ruleId":"plain-index"', '"startLine":4,"startColumn":3', arguments=["-f", "sarif"])
    finds("nothing in sarif", 0, "SELECT 1", '"results":[]', arguments=["-f", "sarif"])


def aot(folder, *arguments):
    return subprocess.run([os.path.join(os.environ["AOT_BUILD"], "aot"), "sql", *arguments], cwd=folder, capture_output=True, text=True)


def sarif_of_two_files(folder):
    """The fields that SARIF 2.1.0 requires, and that every result has a rule and a place within its file."""
    log = json.loads(aot(folder, "-f", "sarif", "a b.sql", "b.sql").stdout)
    run = log["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    if log["version"] != "2.1.0" or not log["$schema"].endswith("sarif-2.1.0.json") or run["tool"]["driver"]["name"] != "aot sql":
        return "it is no SARIF log"
    if len(rules) < 40 or run["invocations"] != [{"executionSuccessful": True}] or run["columnKind"] != "unicodeCodePoints":
        return f"{len(rules)} rules, {run['invocations']}"
    seen = []
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        region = place["region"]
        if result["ruleId"] not in rules or result["level"] not in ("error", "warning") or not result["message"]["text"]:
            return f"not a result: {result}"
        seen.append((place["artifactLocation"]["uri"], region["startLine"], region["startColumn"], region["endColumn"], result["ruleId"]))
    wanted = [("a%20b.sql", 4, 3, 30, "plain-index"), ("b.sql", 1, 1, 13, "plain-drop-index")]
    return None if seen == wanted else f"{seen}, not {wanted}"


def documented(folder):
    page = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/sql.md")).read()
    return None if aot(folder, "--rules").stdout in page else "docs/sql.md lacks the table that `aot sql --rules` prints"


def all_cases(case, several):
    global CASE
    CASE = case
    several("sql: SARIF as a whole", "", (0, sarif_of_two_files), files={"a b.sql": BAD, "b.sql": "DROP INDEX i;"})
    several("sql: the documented rules", "", (0, documented))
    for part in (places, modes, bad_input, hostile_migrations, forms):
        part()
