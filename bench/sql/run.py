#!/usr/bin/env python3
"""Claim: `aot sql` reads 100,000 statements a second or more. A generated migration of the kinds of statements that migrations
have, one in twenty with a finding; processor time, beside what libpg_query alone takes to parse it (floor.c). Rounds in turn, medians."""
import json, os, resource, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
aot = os.path.join(os.environ.get("AOT_BUILD", os.path.join(root, "build/release")), "aot")
STATEMENTS, ROUNDS, GOAL = int(os.environ.get("AOT_STATEMENTS", "100000")), int(os.environ.get("AOT_ROUNDS", "5")), 100_000
KINDS = """CREATE TABLE table_{n} (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE table_{n} ADD COLUMN note_{n} text;
CREATE INDEX CONCURRENTLY index_{n} ON accounts_{t} (column_{n});
ALTER TABLE accounts_{t} ADD COLUMN column_{n} integer NOT NULL DEFAULT 7;
ALTER TABLE accounts_{t} ADD CONSTRAINT check_{n} CHECK (column_{n} > 0) NOT VALID;
ALTER TABLE accounts_{t} VALIDATE CONSTRAINT check_{n};
COMMENT ON COLUMN accounts_{t}.column_{n} IS 'number {n}';
INSERT INTO settings (name, value) VALUES ('setting_{n}', '{n}');
UPDATE settings SET value = '{n}' WHERE name = 'setting_{n}';
ALTER TABLE accounts_{t} ALTER COLUMN column_{n} SET DEFAULT {n};
SET lock_timeout = '50ms';
GRANT SELECT ON table_{n} TO reader;
CREATE VIEW view_{n} AS SELECT id, name FROM table_{n} WHERE created_at > now() - interval '1 day';
DELETE FROM settings WHERE name = 'setting_{n}';
ALTER TABLE table_{n} ADD CONSTRAINT fk_{n} FOREIGN KEY (id) REFERENCES accounts_{t} (id) NOT VALID;
BEGIN;
COMMIT;
DROP INDEX CONCURRENTLY index_{n};
ALTER TABLE accounts_{t} ALTER COLUMN name TYPE varchar(200), ALTER COLUMN column_{n} SET STATISTICS 500;
CREATE INDEX plain_{n} ON orders (column_{n});""".splitlines()


def cost(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024


with tempfile.TemporaryDirectory() as folder:
    path, floor = f"{folder}/migration.sql", f"{folder}/floor"
    with open(path, "w") as file:
        for i in range(STATEMENTS):
            file.write(KINDS[i % len(KINDS)].format(n=i // len(KINDS), t=i // len(KINDS) % 500) + "\n")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-o", floor, f"{root}/bench/sql/floor.c", "-Wl,-Bstatic", "-lpg_query", "-Wl,-Bdynamic",
                    "-lprotobuf-c", "-lm", "-lpthread"], check=True)
    ours, parse, tree, memory = [], [], [], 0
    for _ in range(ROUNDS):
        done, seconds, memory = cost([aot, "sql", "--quiet", path])
        if done.returncode != 1:
            sys.exit(f"aot sql ended with status {done.returncode}: {done.stderr}")
        ours.append(seconds)
        done, _, _ = cost([floor, path])
        parse.append(float(done.stdout.split()[1]))
        tree.append(float(done.stdout.split()[2]))
    whole, _, _ = cost([aot, "sql", "--format", "json", path])
    findings = [json.loads(line)["rule"] for line in whole.stdout.splitlines()]
    plain = findings.count("plain-index")
    if plain != STATEMENTS // len(KINDS):
        sys.exit(f"{plain} plain indexes were found of {STATEMENTS // len(KINDS)}")
    size = os.path.getsize(path) / 1e6

rate = {name: STATEMENTS / statistics.median(times) for name, times in (("aot sql", ours), ("parse", parse), ("tree", tree))}
print(f"{STATEMENTS} statements, {size:.1f} MB: aot sql {rate['aot sql']:,.0f}/s ({memory:.0f} MiB); libpg_query alone: parsed {rate['parse']:,.0f}/s, "
      f"with its tree {rate['tree']:,.0f}/s")
sys.exit(rate["aot sql"] < 0.8 * GOAL)
