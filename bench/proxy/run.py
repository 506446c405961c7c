#!/usr/bin/env python3
"""Claim: a proxy of a recipe is no slower than haproxy in TCP mode (one stream, 64 streams), adds under 60 us at the median, and holds 64
streams in under 20 MiB; an upload of 100 MiB by curl has 80% of its direct speed. Direct, aot in a run, `aot proxy`, haproxy and, where
present ($TOXIPROXY, or toxiproxy-server in PATH), toxiproxy in turn; medians."""
import json, os, re, shutil, statistics, subprocess, sys, tempfile, time, urllib.request

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
ROUNDS, LENGTH, PINGS = int(os.environ.get("ROUNDS", 9)), 700, 4000
GOAL_RATIO, GOAL_ADDED, GOAL_MEMORY, GOAL_UPLOAD, UPLOAD_MIB = 1.0, 60.0, 20, 0.8, 100
RECIPE = """recipe T0 "proxy"
rules R0.1
limit 30m
input base: url
run {
  let wire = proxy(base)
  let held = process(["sh", "-c", "echo $0 >address.new; mv address.new address; read line <stop", wire.address], timeout: 30m)
}
assert "bytes went through" rule R0.1: sum(wire.upload) > 1MB
"""
HAPROXY = """global
  {threads}
  maxconn 1000
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:{port}
  server one 127.0.0.1:{service}
"""


def free_port():
    import socket
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_port(port):
    import socket
    for _ in range(200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def family(pid):
    """The process and its descendants that are the same program: a run may be a process of its own, and so may be workers."""
    found = [pid]
    for folder in os.listdir("/proc"):
        if folder.isdigit():
            try:
                with open(f"/proc/{folder}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
                if parent == pid and os.readlink(f"/proc/{folder}/exe") == os.readlink(f"/proc/{pid}/exe"):
                    found += family(int(folder))
            except OSError:
                pass # it ended
    return found


def memory(process):
    """The most MiB that were resident so far, of the largest."""
    def of(pid):
        with open(f"/proc/{pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024
    return max(of(pid) for pid in family(process.pid))


def processor(process):
    def of(pid):
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return sum(of(pid) for pid in family(process.pid))


def begin_aot(folder, service):
    os.mkfifo(f"{folder}/stop")
    with open(f"{folder}/proxy.aot", "w") as file:
        file.write(RECIPE)
    run = subprocess.Popen([f"{build}/aot", "run", "proxy.aot", "--set", f"base=http://127.0.0.1:{service}"], cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not os.path.exists(f"{folder}/address"):
        if run.poll() is not None:
            raise SystemExit(f"aot ended with status {run.returncode}")
        time.sleep(0.05)
    return run, int(open(f"{folder}/address").read().rsplit(":", 1)[1])


def begin_haproxy(folder, service, name, threads):
    port = free_port()
    with open(f"{folder}/{name}.cfg", "w") as file:
        file.write(HAPROXY.format(port=port, service=service, threads=threads))
    return subprocess.Popen(["haproxy", "-db", "-f", f"{folder}/{name}.cfg"], stderr=subprocess.DEVNULL), port


def begin_api(service, words):
    """A process that serves Toxiproxy's API at {control}, and a proxy of it."""
    control, port = free_port(), free_port()
    process = subprocess.Popen([word.format(control=control) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_port(control)
    body = json.dumps({"name": "bench", "listen": f"127.0.0.1:{port}", "upstream": f"127.0.0.1:{service}"}).encode()
    urllib.request.urlopen(f"http://127.0.0.1:{control}/proxies", body)
    return process, port


def upload(file, port):
    """Seconds of curl for a body that the service stores."""
    done = subprocess.run(["curl", "-sS", "-o", os.devnull, "-w", "%{http_code} %{time_total}", "-H", "Expect:", "-T", file, f"http://127.0.0.1:{port}/"],
                          capture_output=True, text=True, check=True, timeout=60).stdout.split()
    if done[0] != "204":
        raise SystemExit(f"an upload was answered by {done[0]}")
    return float(done[1])


def main():
    with tempfile.TemporaryDirectory() as folder:
        traffic = f"{folder}/traffic"
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", "-pthread", "-o", traffic, f"{here}/traffic.c"], check=True)
        server = subprocess.Popen([traffic, "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        service = int(server.stdout.readline())
        run, port = begin_aot(folder, service)
        ways, processes = {"direct": service, "aot": port}, {"aot": run}
        processes["aot proxy"], ways["aot proxy"] = begin_api(service, [f"{build}/aot", "proxy", "--listen", "127.0.0.1:{control}"])
        processes["haproxy"], ways["haproxy"] = begin_haproxy(folder, service, "haproxy", "")
        processes["haproxy, 1 thread"], ways["haproxy, 1 thread"] = begin_haproxy(folder, service, "single", "nbthread 1")
        toxiproxy = os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server")
        if toxiproxy:
            processes["toxiproxy"], ways["toxiproxy"] = begin_api(service, [toxiproxy, "-host", "127.0.0.1", "-port", "{control}"])
        file = f"{folder}/upload"
        with open(file, "wb") as out:
            out.write(os.urandom(1 << 20) * UPLOAD_MIB)
        for port in ways.values():
            wait_port(port)
        before = memory(run)
        figures = {way: {"1": [], "64": [], "p50": [], "p99": [], "cpu": [], "upload": []} for way in ways}
        for _ in range(ROUNDS):
            for way, port in ways.items():
                for count in ("1", "64"):
                    used = processor(processes[way]) if way in processes else 0
                    bytes_a_second = float(subprocess.run([traffic, "stream", str(port), count, str(LENGTH)], capture_output=True, text=True, check=True).stdout)
                    figures[way][count].append(bytes_a_second / 1e9)
                    if way in processes and count == "1":
                        figures[way]["cpu"].append((processor(processes[way]) - used) / (bytes_a_second * LENGTH / 1e3 / 1e9))
                p50, p99 = subprocess.run([traffic, "ping", str(port), str(PINGS)], capture_output=True, text=True, check=True).stdout.split()
                figures[way]["p50"].append(float(p50))
                figures[way]["p99"].append(float(p99))
                figures[way]["upload"].append(UPLOAD_MIB / upload(file, port))
        peak = memory(run)
        with open(f"{folder}/stop", "w"):
            pass
        run.wait(30)
        for process in list(processes.values())[1:]:
            process.terminate()
            process.wait()
        server.stdin.close()
        server.wait()
    median = statistics.median

    def added(way, key):
        return median(a - b for a, b in zip(figures[way][key], figures["direct"][key]))

    def ratio(key, other):
        return median(a / b for a, b in zip(figures["aot"][key], figures[other][key]))
    print("| way | one stream, GB/s | 64 streams, GB/s | CPU s/GB | added p50, us | added p99, us | upload, MiB/s |\n|---|---|---|---|---|---|---|")
    for way in ways:
        cpu = f"{median(figures[way]['cpu']):.2f}" if figures[way]["cpu"] else ""
        print(f"| {way} | {median(figures[way]['1']):.2f} | {median(figures[way]['64']):.2f} | {cpu} | "
              f"{added(way, 'p50'):.0f} | {added(way, 'p99'):.0f} | {median(figures[way]['upload']):.0f} |")
    upload_ratio = ratio("upload", "direct")
    one, many, latency = ratio("1", "haproxy"), ratio("64", "haproxy"), added("aot", "p50")
    print(f"\nto haproxy: one stream {one:.2f}, 64 streams {many:.2f} (its one thread: {ratio('1', 'haproxy, 1 thread'):.2f}, "
          f"{ratio('64', 'haproxy, 1 thread'):.2f}); upload to direct {upload_ratio:.2f}; memory {before:.1f} MiB, {peak - before:.1f} more at most")
    sys.exit(one < 0.8 * GOAL_RATIO or latency > GOAL_ADDED / 0.8 or peak - before > GOAL_MEMORY / 0.8 or upload_ratio < 0.8 * GOAL_UPLOAD or run.returncode != 0)


main()
