#!/usr/bin/env python3
"""What a sandbox costs: until it is open (by the record), until a program in it has run beside one outside, and how quickly a refused and an unreachable call are told to a
client inside. As root, and as an ordinary user. 40 sandboxes one after the other in one run, medians and the worst tenth."""
import os, re, shutil, sqlite3, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
GOAL = 12  # ms, what a prototype took
RECIPE = """recipe M2 "sandboxes"
rules R0.1
run {
  for i in range(40) {
    let home = sandbox("http://127.0.0.1:9")
    let inside = process(["true"], sandbox: home)
    let outside = process(["true", "outside"])
  }
  let last = sandbox("http://127.0.0.1:9")
  phase shut with last.cut("refuse") { let refused = process(["python3", "calls.py", last.url], sandbox: last).stdout }
  phase gone with last.cut("unreachable") { let away = process(["python3", "calls.py", last.url], sandbox: last).stdout }
}
assert "calls" rule R0.1 {
  refused == ""
  away == ""
}
"""
CALLS = """import socket, statistics, sys, time
port, took, wrong = int(sys.argv[1].rsplit(":", 1)[1]), [], 0
for _ in range(2000):
    begin = time.perf_counter()
    with socket.socket() as client:
        wrong += client.connect_ex(("127.0.0.1", port)) not in (101, 111)
    took.append((time.perf_counter() - begin) * 1e6)
took.sort()
print(f"p50 {took[1000]:.0f} us, p99 {took[1980]:.0f} us, most {took[-1]:.0f} us, {wrong} others, {sum(t > 500000 for t in took)} over 0.5 s")
"""


def milliseconds(rows):
    rows = sorted(rows)
    return f"median {statistics.median(rows):.2f} ms, p90 {rows[len(rows) * 9 // 10]:.2f} ms, most {rows[-1]:.2f} ms"


def measure(who, prefix):
    folder = tempfile.mkdtemp(prefix="aotbench-")
    for name, text in (("m.aot", RECIPE), ("calls.py", CALLS)):
        with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    if prefix:
        os.chown(folder, 65534, 65534)
    try:
        result = subprocess.run([*prefix, f"{build}/aot", "run", "m.aot"], cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": "/usr/bin:/bin"})
        record = subprocess.run(["find", folder, "-name", "run.aotrec"], capture_output=True, text=True).stdout.split()[0]
        effects = sqlite3.connect(record).execute("select kind, subject, length_s * 1000 from effects").fetchall()
    finally:
        shutil.rmtree(folder)
    opened = [took for kind, _, took in effects if kind == "sandbox"]
    if len(opened) != 41:
        sys.exit(result.stdout + result.stderr)
    print(f"{who}\n  open              {milliseconds(opened)}: {GOAL / statistics.median(opened):.1f} times the goal's speed")
    for what, words in (("true inside", "true"), ("true outside", "true outside")):
        print(f"  {what:<17} {milliseconds([took for kind, subject, took in effects if kind == 'process' and subject == words])}")
    for what, name in (("refused call", "refused"), ("unreachable call", "away")):
        print(f"  {what:<17} {re.search(name + ' = .(.*?)(?:.n)?.$', result.stdout, re.M)[1]}")


measure("as this user", [])
if os.geteuid() == 0:
    measure("as nobody", ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
