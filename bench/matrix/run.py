#!/usr/bin/env python3
"""Claim: 200 trivial cells (one http.get, one assertion, one record each) cost less, in wall time and in processor, than
`xargs -P2 bash -c 'curl …'` over the same 200. Against nginx on loopback; run in turn, A B A B."""
import os, resource, shutil, socket, statistics, subprocess, sys, tempfile, time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
CELLS, ROUNDS, GOAL = 200, int(os.environ.get("AOT_ROUNDS", "7")), 1.0
RECIPE = """recipe M1 "200 cells"
rules R0.1
input base: url
matrix {{ n in 1..{cells} }}
run {{ let home = http.get(base) }}
assert "it answers" rule R0.1: home.status == 200
"""
NGINX = """daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
scgi_temp_path {folder}/e; server {{ listen 127.0.0.1:{port}; location / {{ return 200 "hello"; }} }} }}
"""


def start_nginx(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(NGINX.format(folder=folder, port=port))
    server = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return server, f"http://127.0.0.1:{port}/"
        except OSError:
            time.sleep(0.01)
    sys.exit("nginx did not come up")


def cost(command, folder, text=None):
    """Seconds of wall time and of processor, of the command and all that it started."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True)
    wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        sys.exit(f"{command[0]} ended with status {result.returncode}: {result.stdout[-500:]} {result.stderr[-500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    folder = tempfile.mkdtemp(prefix="aotbench-")
    server, base = start_nginx(folder)
    with open(f"{folder}/m.aot", "w") as file:
        file.write(RECIPE.format(cells=CELLS))
    ours = [f"{build}/aot", "run", "m.aot", "--matrix", "--set", f"base={base}", "--keep-runs", "2"]
    theirs = ["xargs", "-P2", "-I{}", "bash", "-c", f"curl -sf -o /dev/null {base}?{{}}"]
    numbers = "".join(f"{n}\n" for n in range(CELLS))
    pairs = []
    try:
        cost(ours, folder), cost(theirs, folder, numbers)
        for _ in range(ROUNDS):
            pairs.append((cost(ours, folder), cost(theirs, folder, numbers)))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"| {CELLS} cells | aot run --matrix | xargs -P2 bash -c curl | ratio |\n|---|---|---|---|")
    worst = 0
    for index, name in enumerate(("wall", "processor")):
        mine, other = (statistics.median(pair[side][index] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(pair[0][index] / pair[1][index] for pair in pairs)
        worst = max(worst, ratio)
        print(f"| {name} | {mine * 1e3:.0f} ms | {other * 1e3:.0f} ms | {ratio:.2f} |")
    sys.exit(worst > GOAL / 0.8)


main()
