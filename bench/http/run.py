#!/usr/bin/env python3
"""Claim: a request of a load (sent, answered, recorded, judged) costs at most 1.5 times the processor of one by `curl --parallel`,
which only throws the answer away. Both use libcurl, 32 connections, the server of tests/servers."""
import os, re, resource, statistics, subprocess, sys, tempfile

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
GOAL, REQUESTS, ROUNDS = 1.5, 30000, 7
RECIPE = """recipe T0 "load"
rules R0.1
input base: url
run {
  load requests with 32 workers for 1500ms { http.get("${base}/status/200", timeout: 2s) }
  wait 1500ms
}
assert "all are answered" rule R0.1 {
  never: requests.failed
  count(requests) >= 100
}
"""


def processor(command, folder):
    """Its output and the seconds of processor that it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return output, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    server = subprocess.Popen([f"{build}/http_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    base = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/load.aot", "w") as file:
            file.write(RECIPE)
        for _ in range(ROUNDS):
            output, seconds = processor([f"{build}/aot", "run", "load.aot", "--set", f"base={base}"], folder)
            count = int(re.search(r"holds: ([\d,]+)", output)[1].replace(",", ""))
            ours.append(seconds / count * 1e5)
            _, seconds = processor(["curl", "-s", "-Z", "--parallel-max", "32", "-o", "/dev/null",
                                    f"{base}/status/200?[1-{REQUESTS}]"], folder)
            theirs.append(seconds / REQUESTS * 1e5)
    server.stdin.close()
    server.wait()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print("| processor, seconds a 100,000 requests | aot | curl --parallel | ratio |\n|---|---|---|---|")
    print(f"| 32 connections | {statistics.median(ours):.2f} | {statistics.median(theirs):.2f} | {ratio:.2f} |")
    sys.exit(ratio > GOAL / 0.8)


main()
