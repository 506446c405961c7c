#!/usr/bin/env python3
"""Claims about loads, each tool against the same server in turns, medians of the rounds:
  closed loop, 32 connections, one thread: at least the throughput of wrk -t1 at no more CPU a request; 3 x hey
  fixed rates: requests reach the server on schedule (its own kernel's time of arrival says so); 30,000/s are held
  a server frozen for a second: the p99 that is reported is true; a reload of nginx fails no request
  TLS: the same closed loop over https, beside wrk and, where BENCH_BEFORE names it, another build of aot
  SQL: at least the transactions of pgbench -S -M prepared
Words on the command line name the parts: closed tls rates high stall reload memory sql. BENCH_SECONDS (4) and BENCH_ROUNDS (3).
A round in which others took more than 5% of the processors (of fixed rates 1%) (the machine's host: steal in /proc/stat; or processes that are not this
benchmark's) is done again after a pause, at most BENCH_TRIES (6) times, and the quietest counts: the others measured the neighbours. How many
were not quiet stands below each table."""
import os, re, resource, shutil, signal, socket, statistics, subprocess, sys, tempfile, threading, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
TRIES = int(os.environ.get("BENCH_TRIES", "6"))
TAKEN = 0.05
TAKEN_OF_TAILS = 0.01                                     # a p99 is what happens in a hundredth of the time
PORT = 18190
folder = tempfile.mkdtemp(prefix="aot-bench-load-")
NGINX = f"""daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; open_file_cache max=10 inactive=600s;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{PORT}; root {folder}/html; }}
  server {{ listen 127.0.0.1:{PORT + 1} ssl; ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.key; root {folder}/html; }}
}}
"""
RECIPE = """recipe B1 "load"
rules R0.1
limit 5m
input base: url
input ca: path? = none
input length = 4s
run {{
  load clients {pace} for length {{ {body} }}
}}
assert "figures" rule R0.1 {{
  count(clients) > 0
  p50(clients.{late}) < 100s
  p99(clients.{late}) < 100s
  p50(clients.request) < 100s
  p99(clients.request) < 100s
  p50(clients.latency) < 100s
  p99(clients.latency) < 100s
  count(clients where .failed) < 1000000000
}}
"""


def quiet(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def spent(command):
    """Its output, and the seconds of processor that it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = quiet(*command, cwd=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return result.stdout + result.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def nanoseconds(text):
    """'1.5ms', '1m2s' as the report prints it."""
    units = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ns|us|ms|s|m|h)", text))


def aot(pace, base, length, body='http.get(base, timeout: 5s)', more=()):
    """Runs a load; what it reports, with the CPU of everything in aot."""
    late = "request" if "workers" in pace else "late"
    with open(f"{folder}/load.aot", "w") as file:
        file.write(RECIPE.format(pace=pace, body=body, late=late))
    output, seconds = spent([f"{build}/aot", "run", "load.aot", "--set", f"base={base}", "--set", f"length={length}s",
                             "--record", f"{folder}/load.aotrec", *more])
    figures = {}
    for name, value in re.findall(r"((?:count|p50|p99)\(clients[^()]*\)) = ([\w.,]+)", output):
        figures[name] = int(value.replace(",", "")) if name.startswith("count") else nanoseconds(value)
    if "count(clients)" not in figures:
        sys.exit(f"no figures in\n{output}")
    figures["cpu"] = seconds
    return figures


def own():
    """Seconds of processor that this benchmark's processes used so far: itself, those that ended, and those that run."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(part.ru_utime + part.ru_stime for part in parts)
    for process in quiet("ps", "-e", "-o", "pid=,ppid=").stdout.splitlines():
        parents[int(process.split()[0])] = int(process.split()[1])
    for process in [one for one in parents if one != os.getpid() and is_mine(one)]:
        try:
            fields = open(f"/proc/{process}/stat").read().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return seconds


parents = {}


def is_mine(process):
    while process in parents and process != os.getpid():
        process = parents[process]
    return process == os.getpid()


def processors():
    """Of all processors in seconds: the time that passed, that was used by anybody, and that the host took."""
    with open("/proc/stat") as file:
        user, nice, system, idle, wait, interrupt, soft, steal = (int(word) / os.sysconf("SC_CLK_TCK") for word in file.readline().split()[1:9])
    used = user + nice + system + interrupt + soft
    return used + idle + wait + steal, used, steal


rounds = unquiet = 0


def steady(measure, *arguments, limit=TAKEN):
    """What `measure` gives in a round of which others took less than `limit`."""
    global rounds, unquiet
    best = None
    for attempt in range(TRIES):
        mine, before = own(), processors()
        result = measure(*arguments)
        passed, used, stolen = (after - earlier for after, earlier in zip(processors(), before))
        taken = (stolen + max(0, used - (own() - mine))) / passed
        if best is None or taken < best[0]:
            best = taken, result
        if taken < limit:
            break
        time.sleep(3 * (attempt + 1))
    rounds += 1
    unquiet += best[0] >= limit
    return best[1]


def tell_rounds(limit=TAKEN):
    global rounds, unquiet
    print(f"{rounds} rounds; in {unquiet} of them others took over {limit:.0%} of the processors", flush=True)
    rounds = unquiet = 0


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def table(*heads):
    print()
    row(*heads)
    row(*["---"] * len(heads))


class Nginx:
    def __enter__(self):
        os.makedirs(f"{folder}/html", exist_ok=True)
        with open(f"{folder}/html/f", "w") as file:
            file.write("hello, world\n")
        with open(f"{folder}/nginx.conf", "w") as file:
            file.write(NGINX)
        quiet("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=bench",
              "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{folder}/tls.key", "-out", f"{folder}/tls.pem")
        self.program = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen([self.program, "-c", f"{folder}/nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", PORT)) != 0:
            time.sleep(0.01)
        return f"http://127.0.0.1:{PORT}/f"

    def __exit__(self, *_):
        subprocess.run([self.program, "-c", f"{folder}/nginx.conf", "-p", folder, "-s", "quit"], stderr=subprocess.DEVNULL)
        self.process.wait(20)


class Canned:
    """tests/servers/load_server.c, which stamps arrivals."""
    def __enter__(self):
        self.process = subprocess.Popen([f"{build}/load_server", f"{folder}/stamps"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}/"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def stamps(self):
        self.__exit__()
        lines = open(f"{folder}/stamps").read().split("\n")
        freeze = [int(line.split()[1]) for line in lines if line.startswith("freeze")]
        return sorted(int(line) for line in lines if line.isdigit()), freeze


# k6 runs a script; the braces of JavaScript are doubled twice, for two formats.
K6 = """GOMAXPROCS=1 k6 run -q - <<'END'
import http from 'k6/http';
export const options = {{{{ {options} }}}};
export default function () {{{{ http.get('{{url}}'); }}}}
END"""


# ---- the tools: seconds -> (requests, CPU seconds) ----
def closed_aot(url, seconds):
    figures = aot("with 32 workers", url, seconds)
    return figures["count(clients)"], figures["cpu"]


def by_rate(command, pattern):
    def run(url, seconds):
        output, cpu = spent([part.format(url=url, seconds=seconds) for part in command])
        found = re.search(pattern, output)
        if not found:
            sys.exit(f"{command[0]}: no figures in\n{output}")
        return float(found[1]) * (seconds if "sec" in pattern else 1), cpu
    return run


TOOLS = {
    "aot": closed_aot,
    "wrk": by_rate(["wrk", "-t1", "-c32", "-d{seconds}s", "{url}"], r"Requests/sec:\s+([\d.]+)"),
    "h2load": by_rate(["h2load", "--h1", "-t1", "-c32", "-D{seconds}", "{url}"], r"requests: \d+ total, \d+ started, (\d+) done"),
    "ab": by_rate(["ab", "-k", "-q", "-c32", "-t{seconds}", "-n100000000", "{url}"], r"Complete requests:\s+(\d+)"),
    "hey": by_rate(["hey", "-c", "32", "-z", "{seconds}s", "-cpus", "1", "{url}"], r"Requests/sec:\s+([\d.]+)"),
    "vegeta": by_rate(["sh", "-c", "echo GET {url} | vegeta -cpus 1 attack -rate=0 -max-workers=32 -duration={seconds}s | vegeta -cpus 1 report"], r"Requests\s+\[[^]]*\]\s+(\d+),"),
    "k6": by_rate(["sh", "-c", K6.format(options="vus: 32, duration: '{seconds}s'")], r"http_reqs[.]*: (\d+)"),
}


def present(tool):
    return tool == "aot" or shutil.which(tool)


def closed():
    with Nginx() as url:
        rate, cost = {}, {}
        for _ in range(ROUNDS):
            for tool, run in TOOLS.items():
                if not present(tool):
                    continue
                requests, cpu = steady(run, url, SECONDS)
                rate.setdefault(tool, []).append(requests / SECONDS)
                cost.setdefault(tool, []).append(cpu / requests * 1e6)
    table("closed loop, 32 connections, nginx with one worker", "requests/s", "aot against it", "CPU a request, us", "aot against it")
    for tool in rate:
        faster = statistics.median(a / b for a, b in zip(rate["aot"], rate[tool]))
        cheaper = statistics.median(a / b for a, b in zip(cost["aot"], cost[tool]))
        row(tool, f"{statistics.median(rate[tool]):,.0f}", f"{faster:.2f}", f"{statistics.median(cost[tool]):.2f}", f"{cheaper:.2f}")
    tell_rounds()


# ---- TLS ----
def tls_aot(at):
    def run(url, seconds):
        global build
        usual, build = build, at
        try:
            figures = aot("with 32 workers", url, seconds, body='http.get(base, timeout: 5s, ca: ca)', more=("--set", f"ca={folder}/tls.pem"))
        finally:
            build = usual
        return figures["count(clients)"], figures["cpu"]
    return run


def tls():
    tools = {"aot": tls_aot(build), "wrk -t1": TOOLS["wrk"]}
    if "BENCH_BEFORE" in os.environ:
        tools["aot before"] = tls_aot(os.environ["BENCH_BEFORE"])
    rate, cost = {}, {}
    with Nginx() as url:
        url = url.replace("http:", "https:").replace(str(PORT), str(PORT + 1))
        for _ in range(ROUNDS):
            for tool, run in tools.items():
                requests, cpu = steady(run, url, SECONDS)
                rate.setdefault(tool, []).append(requests / SECONDS)
                cost.setdefault(tool, []).append(cpu / requests * 1e6)
    table("closed loop over TLS, 32 connections, nginx with one worker", "requests/s", "aot against it", "CPU a request, us", "aot against it")
    for tool in rate:
        faster = statistics.median(a / b for a, b in zip(rate["aot"], rate[tool]))
        cheaper = statistics.median(a / b for a, b in zip(cost["aot"], cost[tool]))
        row(tool, f"{statistics.median(rate[tool]):,.0f}", f"{faster:.2f}", f"{statistics.median(cost[tool]):.2f}", f"{cheaper:.2f}")
    tell_rounds()


# ---- fixed rates ----
def lateness(stamps, rate):
    """How far each arrival is from a uniform schedule that the hundredth earliest ones are on."""
    offsets = sorted(stamp - i * 1e9 / rate for i, stamp in enumerate(stamps))
    base = offsets[len(offsets) // 100]
    ordered = sorted(max(0, offset - base) for offset in offsets)
    return [ordered[min(len(ordered) - 1, int(q * len(ordered)))] / 1e3 for q in (0.5, 0.9, 0.99)]


def rate_tool(tool, rate, url):
    if tool == "aot":
        return aot(f"at {rate}/s", url, SECONDS)
    commands = {"hey": ["hey", "-c", "50", "-q", str(rate // 50), "-z", f"{SECONDS}s", url],
                "h2load": ["h2load", "--h1", "-t1", "-c50", f"--rps={rate // 50}", f"-D{SECONDS}", url],
                "vegeta": ["sh", "-c", f"echo GET {url} | vegeta attack -rate={rate} -duration={SECONDS}s | vegeta report"],
                "k6": ["sh", "-c", K6.format(options=K6_RATE).format(url=url, rate=rate, seconds=SECONDS)]}
    return {"cpu": spent(commands[tool])[1]}


K6_RATE = ("scenarios: {{ rate: {{ executor: 'constant-arrival-rate', rate: {rate}, timeUnit: '1s', duration: '{seconds}s',"
           " preAllocatedVUs: 64, maxVUs: 500 }} }}")


def fixed(tool, rate):
    with Canned() as server:
        figures = rate_tool(tool, rate, server.url)
        return figures, server.stamps()[0]


def rates():
    for rate in (1000, 5000):
        table(f"{rate:,}/s", "arrival late p50/p90/p99, us", "arrived/s", "said late p50/p99, us", "said request p50/p99, us", "CPU a request, us")
        for tool in ("aot", "hey", "h2load", "vegeta", "k6"):
            if not present(tool):
                continue
            late, said, costs, arrived = [], [], [], []
            for _ in range(ROUNDS):
                figures, stamps = steady(fixed, tool, rate, limit=TAKEN_OF_TAILS)
                late.append(lateness(stamps, rate))
                arrived.append(len(stamps) / SECONDS)
                said.append(figures)
                costs.append(figures["cpu"] / len(stamps) * 1e6)
            middle = [statistics.median(column) for column in zip(*late)]
            word = lambda name: " / ".join(f"{statistics.median(f[f'{q}(clients.{name})'] for f in said) / 1e3:.0f}" for q in ("p50", "p99")) if tool == "aot" else "-"
            row(tool, " / ".join(f"{value:.0f}" for value in middle), f"{statistics.median(arrived):,.0f}", word("late"), word("request"), f"{statistics.median(costs):.1f}")
        tell_rounds(TAKEN_OF_TAILS)


def high():
    table("30,000/s for 4 s against nginx", "reached/s", "late p50/p99, us", "request p50/p99, us", "CPU a request, us")
    with Nginx() as url:
        runs = [steady(aot, "at 30000/s", url, SECONDS, limit=TAKEN_OF_TAILS) for _ in range(ROUNDS)]
    pair = lambda name: " / ".join(f"{statistics.median(f[f'{q}(clients.{name})'] for f in runs) / 1e3:.0f}" for q in ("p50", "p99"))
    row("aot", f"{statistics.median(f['count(clients)'] for f in runs) / SECONDS:,.0f}", pair("late"), pair("request"),
        f"{statistics.median(f['cpu'] / f['count(clients)'] for f in runs) * 1e6:.1f}")
    tell_rounds(TAKEN_OF_TAILS)


def stall():
    table("server frozen 1 s of 10, 1,000/s", "p99 said, ms", "true, ms", "off by", "request p99, ms")
    with Canned() as server:
        timer = threading.Timer(4, lambda: server.process.send_signal(signal.SIGUSR2))
        timer.start()
        figures = aot("at 1000/s", server.url, 10)
        timer.join()
        _, freeze = server.stamps()
    true = (freeze[0] / 1e6) - 100                        # the last 100 of 10,000 are beyond it
    said = figures["p99(clients.latency)"] / 1e6
    row("aot", f"{said:.0f}", f"{true:.0f}", f"{abs(said - true) / true:.1%}", f"{figures['p99(clients.request)'] / 1e6:.0f}")


def reload():
    table("nginx reloaded 18 times in 10 s, 5,000/s", "requests", "failed", "sent again")
    with Nginx() as url:
        def again():
            for _ in range(18):
                time.sleep(0.5)
                quiet("nginx", "-c", f"{folder}/nginx.conf", "-p", folder, "-s", "reload")
        thread = threading.Thread(target=again)
        thread.start()
        figures = aot("at 5000/s", url, 10)
        thread.join()
    told = quiet("sqlite3", f"{folder}/load.aotrec", "select outcome from effects where kind = 'load'").stdout
    found = re.search(r"sent again (\d+)", told)
    row("aot", f"{figures['count(clients)']:,}", figures["count(clients where .failed)"], found[1] if found else told)


def memory():
    """The most that aot held, above a run of one request a second."""
    table("memory of a load", "MiB above a run of 1/s")
    def peak(pace, length):
        with open(f"{folder}/load.aot", "w") as file:
            file.write(RECIPE.format(pace=pace, body="http.get(base, timeout: 5s)", late="request" if "workers" in pace else "late"))
        process = subprocess.Popen([f"{build}/aot", "run", "load.aot", "--set", f"base={server.url}", "--set", f"length={length}"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = {}                                         # by process: the cell runs in one of its own
        while process.poll() is None:
            children = quiet("pgrep", "-P", str(process.pid)).stdout.split()
            for one in [str(process.pid), *children]:
                try:
                    if open(f"/proc/{one}/comm").read().startswith("aot"):
                        most[one] = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{one}/status").read())[1])
                except (OSError, TypeError):
                    pass
            time.sleep(0.02)
        return max(most.values()) / 1024
    with Canned() as server:
        base = peak("at 1/s", "1s")
        row("32 connections, 0.6 s", f"{peak('with 32 workers', '600ms') - base:.1f}")
        row("1,200 connections, 0.6 s", f"{peak('with 1200 workers', '600ms') - base:.1f}")
        row("1,000/s, 90 s, all of aot", f"{peak('at 1000/s', '90s'):.1f}")


SQL = """recipe B2 "sql"
rules R0.1
limit 5m
input seed: path
input length = 4s
let db = postgres(seed: seed, settings: {{ "fsync": "off" }})
run {{
  let place = db.query(sql"SHOW unix_socket_directories").rows[0].unix_socket_directories as string
  let port = db.query(sql"SHOW port").rows[0].port as string
  let user = db.query(sql"SELECT current_user::text AS name").rows[0].name as string
  let other = process(["pgbench", "-n", "-S", "-M", "prepared", "-c", "10", "-j", "1", "-T", "{seconds}", "-h", place, "-p", port, "-U", user, "work"], timeout: 1m)
  let said = other.stdout
  load clients with 10 workers for length {{ db.query(sql"SELECT abalance FROM pgbench_accounts WHERE aid = ${{random(1, 100_000)}}") }}
}}
assert "figures" rule R0.1 {{
  count(clients) > 0
  always: clients.ok
}}
"""


def sql():
    table("SELECT by key, 10 connections, unix socket", "a second", "aot against it")
    with open(f"{folder}/seed.sql", "w") as file:
        file.write("CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int, filler char(84));\n"
                   "CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int, filler char(88));\n"
                   "INSERT INTO pgbench_branches VALUES (1, 0, '');\n"
                   "INSERT INTO pgbench_accounts SELECT i, 1, 0, '' FROM generate_series(1, 100000) i;\n")
    ours, theirs = [], []
    with open(f"{folder}/sql.aot", "w") as file:
        file.write(SQL.format(seconds=SECONDS))
    def both():
        output, _ = spent([f"{build}/aot", "run", "sql.aot", "--set", f"seed={folder}/seed.sql", "--set", f"length={SECONDS}s",
                           "--record", f"{folder}/sql.aotrec"])
        output += quiet("sqlite3", f"{folder}/sql.aotrec", "select value from bindings where name = 'said'").stdout
        count, tps = re.search(r"count\(clients\) = ([\d,]+)", output), re.search(r"tps = ([\d.]+)", output)
        if not count or not tps:
            sys.exit(output)
        return int(count[1].replace(",", "")) / SECONDS, float(tps[1])
    for _ in range(ROUNDS):
        mine, other = steady(both)
        ours.append(mine)
        theirs.append(other)
    row("aot", f"{statistics.median(ours):,.0f}", "")
    row("pgbench -S -M prepared -c 10 -j 1", f"{statistics.median(theirs):,.0f}", f"{statistics.median(a / b for a, b in zip(ours, theirs)):.2f}")
    tell_rounds()


def main():
    parts = {"closed": closed, "tls": tls, "rates": rates, "high": high, "stall": stall, "reload": reload, "memory": memory, "sql": sql}
    try:
        for name in sys.argv[1:] or parts:
            parts[name]()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
