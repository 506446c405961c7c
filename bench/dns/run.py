#!/usr/bin/env python3
"""Claims: a name polled every 50 ms costs under 1% of a core; a flip of the authority (knot, BIND) is seen at most one look and 40 ms after the command that
made it; a silent server costs its timeout. The servers are those of tests/failover."""
import glob, os, socket, sqlite3, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(root, "tests/failover"), os.path.join(root, "bench")]
sys.dont_write_bytecode = True
import measure, servers

aot = os.path.join(os.environ.get("AOT_BUILD", os.path.join(root, "build/release")), "aot")
SECONDS, FLIPS, ROUNDS = 10, int(os.environ.get("AOT_FLIPS", "20")), 3
POLL = 'recipe B1 "poll"\nrules R0.1\nrun {{\n{watch}  wait {seconds}s\n}}\nassert "it ran" rule R0.1: 1 + 1 == 2\n'
WATCH = '  watch answer every 50ms: dns.a("app.test", server: "{server}", timeout: 500ms)\n'
MOVE = '''recipe B2 "move"
rules R0.1
run {{
  watch answer every 50ms: dns.a("app.test", server: "{server}", timeout: 500ms)
  for turn in range({flips}) {{
    let done = process(["sh", "{flip}", "127.0.0.${{turn mod 2 + 1}}"])
    expect done.code == 0
    wait 250ms
  }}
}}
assert "it ran" rule R0.1: always: answer.ok
'''
SILENT = '''recipe B3 "silence"
rules R0.1
run {{
  for turn in range(10) {{ let quiet = dns.a("app.test", server: "{server}", timeout: 200ms) }}
}}
assert "it ran" rule R0.1: 1 + 1 == 2
'''


def cost(folder, server):
    """Per cent of a core that the polling takes, beside a run that waits only; the median of rounds in turn."""
    paths = []
    for name, watch in (("wait", ""), ("poll", WATCH.format(server=server))):
        paths.append(os.path.join(folder, f"{name}.aot"))
        with open(paths[-1], "w") as file:
            file.write(POLL.format(watch=watch, seconds=SECONDS))
    runs = [[measure.once([aot, "run", "--quiet", path]) for path in paths] for _ in range(ROUNDS)]
    if any(one[3] for pair in runs for one in pair):
        sys.exit("a run did not pass")
    return statistics.median((polled[1] - waited[1]) / SECONDS * 100 for waited, polled in runs), statistics.median(polled[1] / SECONDS * 100 for _, polled in runs)


def effects(folder, text, kind):
    path = os.path.join(folder, "r.aot")
    with open(path, "w") as file:
        file.write(text)
    record = os.path.join(folder, "r.aotrec")
    subprocess.run([aot, "run", "--quiet", "--record", record, path], cwd=folder, check=True, timeout=120)
    with sqlite3.connect(record) as base:
        rows = {name: base.execute("select start_s, end_s, subject, outcome from effects where kind = ? order by start_s", (name,)).fetchall() for name in kind}
    os.unlink(record)
    return rows


def seen(folder, server, flip):
    """ms from the end of each flip's command to the end of the first answer with the new address; negative when an answer was quicker than the command."""
    rows = effects(folder, MOVE.format(server=server, flip=flip, flips=FLIPS), ("dns", "process"))
    delays = []
    for start, end, subject, _ in rows["process"][1:]:  # before the first the name may be there already
        address = subject.split()[-1]
        first = next(answered for asked, answered, _, outcome in rows["dns"] if asked >= start and outcome.endswith(" " + address))
        delays.append((first - end) * 1e3)
    return sorted(delays)


def main():
    good = True
    ports = [servers.free_port(), servers.free_port()]
    flips = [servers.start_knot(ports[0]), servers.start_bind(ports[1])]
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        os.chdir(folder)
        added, whole = cost(folder, f"127.0.0.1:{ports[0]}")
        good = good and added < 1 / 0.8
        print(f"| a name polled every 50 ms, {SECONDS} s, medians of {ROUNDS} | 1% of a core | {added:.2f}% added to a run that waits, {whole:.2f}% with start, record and judgement |")
        for name, port, flip in zip(("knot", "BIND"), ports, flips):
            delays = seen(folder, f"127.0.0.1:{port}", flip)
            good = good and delays[-1] < 90 / 0.8
            print(f"| flip at {name} seen after the command's end, {len(delays)} flips | 90 ms | median {statistics.median(delays):.0f} ms, largest {delays[-1]:.0f} ms |")
        rows = effects(folder, SILENT.format(server=f"127.0.0.1:{silent.getsockname()[1]}"), ("dns",))["dns"]
        over = max((end - start) * 1e3 - 200 for start, end, _, _ in rows)
        good = good and over < 40
        print(f"| a silent server, timeout 200 ms, 10 times | its timeout | at most {over:.1f} ms more |")
    return not good


try:
    status = main()
finally:
    servers.stop()
sys.exit(status)
