"""postgres(url: …): a server that runs already, as a staging clone does. The server is a real one, started here as an unprivileged
user; its superuser reads the log, the role `small` owns its database and no more. `case` is run's."""
import fcntl, glob, os, pwd, signal, socket, subprocess, tempfile, time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECRET = "hunter22-staging"  # `case` looks for it in everything that aot says; below in everything that it writes, too
BIN = os.environ.get("AOT_POSTGRES_BIN") or max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
RECIPE = """recipe X1 "x"
rules R0.1, R0.2
input server: url
input copied = true
let db = postgres(url: server, copy: copied)
setup {
  let findings = db.lint(./m.sql)
  let traced = db.trace(./m.sql)
}
run {
  load canaries at 100/s { db.canary(./m.sql) }
  phase control { wait 200ms }
  phase migrate { let change = db.apply(./m.sql, lock_timeout: 50ms, retries: 10) }
  phase settled { wait 100ms }
  let rows = db.count("notes")
}
assume "the detector works": db.detects(100ms)
assume "nobody waits by himself": never during control: db.waits >= 100ms
assert "by construction" rule R0.1 {
  findings == []
  traced.work_under_lock == []
}
assert "nobody waits" rule R0.2 {
  change.ok
  rows == 100
  never: canaries.failed
  never during migrate: change.blocked >= 100ms
}
"""
SHORT = '''recipe X2 "x"
rules R0.1
input server: url
let db = postgres(url: server)
run { let rows = db.count("notes") }
assert "a" rule R0.1: rows == 100
'''
GOOD = "ALTER TABLE notes ADD COLUMN IF NOT EXISTS d int NOT NULL DEFAULT 7;\n"
INDEX = "CREATE INDEX i ON notes (title);\n"
HELD = "BEGIN;\nLOCK TABLE notes IN ACCESS EXCLUSIVE MODE;\nSELECT pg_sleep(0.3);\nCOMMIT;\n"
ELSEWHERE = {"PGHOSTADDR": "127.0.0.2"}  # nobody listens there
HIDDEN = "DO $$BEGIN EXECUTE 'CREATE INDEX i ON notes (title)'; END$$;\n"


class Server:
    """PostgreSQL in a folder of its own, on a free port of 127.0.0.1; passwords are asked for."""

    def __init__(self, folder):
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        os.chmod(folder, 0o755)
        self.home = os.path.join(folder, "server")
        os.mkdir(self.home)
        with open(f"{folder}/password", "w") as file:
            file.write(SECRET)
        os.chmod(f"{folder}/password", 0o644)
        if owner:
            os.chown(self.home, pwd.getpwnam("postgres").pw_uid, pwd.getpwnam("postgres").pw_gid)
        subprocess.run([f"{BIN}/initdb", "-D", f"{self.home}/data", "-U", "boss", "-A", "scram-sha-256", "--pwfile", f"{folder}/password", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60, **owner)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        with open(f"{self.home}/data/postgresql.conf", "a") as file:
            file.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.home}'\nfsync = off\nlogging_collector = on\n"
                       "log_destination = 'jsonlog'\nlog_timezone = 'Asia/Kolkata'\n")
        self.process = subprocess.Popen([f"{BIN}/postgres", "-D", f"{self.home}/data"], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner)
        end = time.monotonic() + 30
        while subprocess.run([f"{BIN}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode and time.monotonic() < end:
            time.sleep(0.02)

    def sql(self, text, database="postgres"):
        result = subprocess.run([f"{BIN}/psql", "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", "boss", "-d", database], input=text,
                                env={**os.environ, "PGPASSWORD": SECRET}, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stderr
        return result.stdout.split()

    def url(self, user="boss", database="notes", host="127.0.0.1", password=SECRET):
        return f"postgres://{user}:{password}@{host}:{self.port}/{database}"

    def fill(self, mark="COMMENT ON DATABASE notes IS 'aot: scratch, of the tests';"):
        self.sql(f"DROP DATABASE IF EXISTS notes WITH (FORCE);\nCREATE DATABASE notes OWNER small;\n{mark}")
        with open(os.path.join(SOURCE, "recipes.d/fixtures/notes.sql"), encoding="utf-8") as dump:
            self.sql("SET ROLE small;\n" + dump.read(), "notes")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)


def start(folder, server, role, recipe, migration=GOOD, settings=(), env=None):
    os.makedirs(f"{folder}/tmp", exist_ok=True)
    for name, content in (("r.aot", recipe), ("m.sql", migration)):
        with open(f"{folder}/{name}", "w") as file:
            file.write(content)
    return subprocess.Popen([AOT, "run", "r.aot", "--set", f"server={server.url(role)}", *(part for setting in settings for part in ("--set", setting))], cwd=folder, env={**os.environ, "NO_COLOR": "1", "TMPDIR": f"{folder}/tmp", **(env or {})},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def judged(wanted, server, role, migration, settings=()):
    """(status, output, effects, files that hold the password). On a machine that is too busy to say it is asked once more, which is told."""
    for attempt in range(3):
        with tempfile.TemporaryDirectory() as folder:
            process = start(folder, server, role, RECIPE, migration, settings)
            output = process.communicate(timeout=60)[0]
            written = subprocess.run(["grep", "-rlF", SECRET, "."], cwd=folder, capture_output=True, text=True).stdout
            record = glob.glob(f"{folder}/.aot/runs/*/001/run.aotrec")[0]
            effects = subprocess.run(["sqlite3", record, "SELECT kind, subject, outcome FROM effects"], capture_output=True, text=True).stdout
        if process.returncode != 3 or wanted == 3:
            break
        print(f"again: inconclusive, {role}: " + next((line for line in output.splitlines() if line.startswith("UNSURE")), ""))
    return process.returncode, output, effects, written


def verdicts(server):
    """Good ones pass, bad ones fail by their construction and by those who wait, by the log and by samples; copies leave the database as it was."""
    log, samples = "the server's log (log_lock_waits, deadlock_timeout=100ms); self-test passed", "samples of pg_locks every 10ms"
    held = ["FAIL  X1  R0.1", "work build", "FAIL  X1  R0.2", "change.blocked = ", "db.blocked m.sql line 3: LOCK TABLE notes IN ACCESS EXCLUSIVE MODE"]
    rows = [("a good one, by a superuser", 0, ["pass  X1"], GOOD, "boss", log, []),
            ("a good one, by the owner", 0, ["pass  X1"], GOOD, "small", samples, []),
            ("an index in a DO block, and a lock that is held, by a superuser", 1, held, HIDDEN + HELD, "boss", log, []),
            ("an index, and a lock that is held, by the owner", 1, held, INDEX + HELD, "small", samples, []),
            ("an index in a DO block, that nobody sees", 3, ["UNSURE  X1  R0.1", "can be traced by a superuser alone"], HIDDEN, "small", samples, []),
            ("the database itself", 0, ["pass  X1"], GOOD, "boss", samples, ["copied=false"])]
    for name, status, words, migration, role, detector, settings in rows:
        got, output, effects, written = judged(status, server, role, migration, settings)
        missing = [word for word in words if word not in output] + [word for word in (detector, "self-test passed") if word not in effects]
        EXPECT(f"staging: {name}", got == status and not missing and not written and SECRET not in output, f"status {got}, missing {missing}, the password in {written}\n{output}{effects}")
        columns = server.sql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'notes' AND column_name = 'd'", "notes")
        EXPECT(f"staging: {name}, afterwards", columns == ["1" if settings else "0"], columns)
    CASE("staging: T4", 0, ["run", os.path.join(SOURCE, "recipes.d/t4.aot"), "--set", f"server={server.url()}", "--set", "migrations=../recipes.d/migrations/0002-*-up.sql", "--set", "length=1s",
                            "--set", "clients=2"], "pass  T4", "change.blocked >= blocked_limit (0 events, watched throughout")
    EXPECT("staging: copies are dropped", server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'aot%'") == [])


def refusals(server):
    def refused(name, url, *words, arguments=(), files=None, status=4):
        CASE(f"staging: {name}", status, ["run", "r.aot", "--set", f"server={url}", *arguments], *words, recipe=RECIPE, files={"m.sql": GOOD, **(files or {})})
    place = ("r.aot:5:10", "let db = postgres(url: server")
    refused("wrong password", server.url(password="hunter21-staging"), *place, f"127.0.0.1:{server.port}/notes cannot be reached", "password authentication failed")
    refused("no server", "postgres://boss@127.0.0.1:1/notes", *place, "Connection refused")
    refused("no such database", server.url(database="nothing"), *place, 'database "nothing" does not exist')
    refused("the server's own database", server.url(database="postgres"), *place, "the database postgres is the server's own")
    refused("no user", "postgres://127.0.0.1/notes", *place, "the URL names no user")
    refused("a password that is not encoded", "postgres://boss:hunter22/a@127.0.0.1/notes", *place, "percent-encoded")
    refused("another machine", "postgres://boss:hunter22@db.example/notes", *place, "db.example:5432/notes is not this machine", "--allow-target db.example")
    refused("another machine, by one word alone", "postgres://boss@db.invalid/notes", "both are needed", arguments=["--allow-target", "db.invalid"], status=2)
    refused("a name that is none", "postgres://boss@db.invalid/notes", *place, "db.invalid: ", arguments=["--allow-target", "db.invalid:5432/notes"],
            files={"aot.yaml": "allow targets: [db.invalid]\n"})
    holder = subprocess.Popen([f"{BIN}/psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", "boss", "-d", "notes", "-c", "SELECT pg_sleep(30)"],
                              env={**os.environ, "PGPASSWORD": SECRET}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not server.sql("SELECT 1 FROM pg_stat_activity WHERE datname = 'notes'"):
        time.sleep(0.02)
    refused("somebody is connected", server.url(), *place, "it is being accessed by 1 other session(s)", "`copy: false` works on the database itself")
    server.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'notes'")
    holder.wait()
    server.sql("ALTER ROLE small NOCREATEDB")
    refused("no right to make a copy", server.url("small"), *place, "permission denied", "CREATEDB")
    server.sql("ALTER ROLE small CREATEDB")
    server.fill(mark="")
    refused("not marked", server.url(), *place, "is not marked as scratch", "COMMENT ON DATABASE \"notes\" IS 'aot: scratch'", f"--allow-target 127.0.0.1:{server.port}/notes")
    refused("not marked, another one allowed", server.url(), "is not marked as scratch", arguments=["--allow-target", f"127.0.0.1:{server.port}/note"])
    # Neither does the environment lead to another server than the URL. The host of a socket is localhost.
    socket_of, service = server.home.replace("/", "%2F"), {"PGSERVICE": "evil", "PGSERVICEFILE": "evil.conf", **ELSEWHERE}
    for host, target, env in (("127.0.0.1", f"127.0.0.1:{server.port}/notes", service), ("localhost", f"localhost:{server.port}", {}), (socket_of, "localhost", ELSEWHERE)):
        CASE(f"staging: not marked, allowed by {target}", 0, ["run", "r.aot", "--set", f"server={server.url('small', host=host)}", "--allow-target", target], "pass  X2",
             recipe=SHORT.replace("url: server", "url: server, copy: false"), env=env, files={"evil.conf": "[evil]\nhostaddr=127.0.0.3\n"})


def unguarded(server):
    """Without a place for the guard's password there is no copy."""
    CASE("staging: no temporary folder", 4, ["run", "r.aot", "--set", f"server={server.url()}"], "no copy of", "cannot write /no/such/folder/aot-db-", "No such file or directory", recipe=SHORT, env={"TMPDIR": "/no/such/folder"})
    EXPECT("staging: nothing is left there", server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'aot%'") == [])


def kept(server):
    """A restored dump is kept on a server that stops in its own time only once it is told to quit; what killed runs left in the cache goes, what is in the making stays."""
    dump = subprocess.run([f"{BIN}/pg_dump", "-Fc", "-h", "127.0.0.1", "-p", str(server.port), "-U", "boss", "notes"], env={**os.environ, "PGPASSWORD": SECRET}, capture_output=True, timeout=30, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        cache = f"{folder}/cache/aot"
        for name in ("postgres-1.2-1.1.0000000a", "gone.1.0000000b", "postgres-1.2-1.1.0000000c"):
            os.makedirs(f"{cache}/{name}/data")
        os.mkdir(f"{folder}/bin")
        os.chmod(f"{folder}/bin", 0o777)
        for name in os.listdir(BIN):
            os.symlink(f"{BIN}/{name}", f"{folder}/bin/{name}")
        os.remove(f"{folder}/bin/postgres")
        with open(f"{folder}/bin/postgres", "w") as file:
            file.write(f"#!/bin/sh\nif [ \"$1\" != -D ] || ! mkdir '{folder}/bin/first'; then exec {BIN}/postgres \"$@\"; fi\n"
                       f"trap '' INT\ntrap 'kill -QUIT $server' QUIT\n{BIN}/postgres \"$@\" & server=$!\nwait $server\nwait $server\nexit 1\n")
        os.chmod(f"{folder}/bin/postgres", 0o755)
        held = os.open(f"{cache}/postgres-1.2-1.1.0000000c", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        # Of OpenSSL, when its first use is on a work thread, 904 bytes are left that LeakSanitizer tells.
        env = {"AOT_POSTGRES_BIN": f"{folder}/bin", "XDG_CACHE_HOME": f"{folder}/cache", "ASAN_OPTIONS": "detect_leaks=0"}
        CASE("staging: a server that does not stop to be kept", 0, ["run", "r.aot"], "pass  X2", env=env, limit=30,
             recipe=SHORT.replace("input server: url\n", "").replace("url: server", "restore: ./notes.dump"), files={"notes.dump": dump})
        os.close(held)
        found = sorted(os.listdir(cache))
        EXPECT("staging: the cache is swept", len(found) == 2 and "postgres-1.2-1.1.0000000c" in found, found)  # and the template


def killed(server):
    """kill -9 while the copy is in use, and of `small` at once, while it is being made: the guard drops it, whatever the environment says of hosts, and the file
    with the password goes."""
    for role in ("boss", "small"):
        with tempfile.TemporaryDirectory() as folder:
            process = start(folder, server, role, SHORT.replace("run {", "run { wait 60s\n"), env=ELSEWHERE)
            end, seen, left = time.monotonic() + 20, [], ["?"]
            while not seen and time.monotonic() < end:
                seen = os.listdir(f"{folder}/tmp") if role == "small" else server.sql("SELECT datname FROM pg_stat_activity WHERE datname LIKE 'aot%'")
            listed = "".join(open(path).read() for path in glob.glob(f"{folder}/.aot/guard/*"))
            process.kill()
            process.communicate()
            while left and time.monotonic() < end:
                left = os.listdir(f"{folder}/tmp") + glob.glob(f"{folder}/.aot/guard/*") + server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'aot%'")
        EXPECT(f"staging: kill -9, {role}", seen and not left and SECRET not in listed, f"seen {seen}, left {left}, {listed}")


def interrupted(server):
    """Ctrl-C, and a deadline, while a copy is being made: it does not come after its DROP. A lock lets CREATE and DROP begin, and neither go on."""
    rows = [("Ctrl-C", SHORT.replace("run {", "run { wait 60s\n"), 130),
            ("its deadline", SHORT.replace("url: server", "url: server, copy: false").replace("run {", "run { let traced = db.trace(./m.sql, timeout: 200ms)\n"), 0)]
    for name, recipe, status in rows:
        holder = subprocess.Popen([f"{BIN}/psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", "boss", "-d", "postgres", "-c", "BEGIN; LOCK TABLE pg_database IN SHARE MODE; SELECT pg_sleep(30)"],
                                  env={**os.environ, "PGPASSWORD": SECRET}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: server.sql("SELECT 1 FROM pg_locks WHERE relation = 'pg_database'::regclass AND mode = 'ShareLock' AND granted"))
        with tempfile.TemporaryDirectory() as folder:
            process = start(folder, server, "boss", recipe)
            making = until(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE aot%' AND wait_event_type = 'Lock'"))
            if status == 130:
                process.send_signal(signal.SIGINT)
                until(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE application_name = 'aot end' AND wait_event_type = 'Lock'"))
            else:
                time.sleep(0.04)  # CREATE is at work when its client goes
            holder.kill()
            holder.wait()
            server.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE '%LOCK TABLE pg_database%' AND pid <> pg_backend_pid()")
            output = process.communicate(timeout=40)[0]
            until(lambda: not server.sql("SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'aot admin%'"))
            left = server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'aot%'") + glob.glob(f"{folder}/.aot/guard/*")
        EXPECT(f"staging: a copy in the making, {name}", making and process.returncode == status and not left, f"seen {making}, status {process.returncode}, left {left}\n{output}")
        for database in left:
            server.sql(f"DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)")


def until(holds, seconds=20):
    """What `holds` gives once it is true, or at last."""
    end = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def all_cases(case, expect, aot, only):
    global CASE, EXPECT, AOT
    CASE, EXPECT, AOT = case, expect, aot
    if only and "staging" not in only and only not in "staging":
        return
    with tempfile.TemporaryDirectory(prefix="aot-staging-") as folder:
        server = Server(folder)
        try:
            server.sql(f"CREATE ROLE small LOGIN CREATEDB PASSWORD '{SECRET}'")
            server.fill()
            verdicts(server)
            refusals(server)
            server.fill()
            unguarded(server)
            kept(server)
            killed(server)
            interrupted(server)
        finally:
            server.stop()
