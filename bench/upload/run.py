#!/usr/bin/env python3
"""Claims: 100 MiB go up through a recording proxy at 80% of curl's direct speed or better, each with the start of its process; the process of an upload
never holds the file; sha256 takes no more than 1/1.2 of the time of `openssl dgst`. All in turn in one run, times from its record; medians of pairs.
ROUNDS, MIB, and SINK=specimen for a server that stores what comes instead of one that throws it away."""
import glob, os, socket, sqlite3, statistics, subprocess, sys, tempfile, threading

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
ROUNDS, MIB = int(os.environ.get("ROUNDS", 15)), int(os.environ.get("MIB", 100))
GOAL_PROXIED, GOAL_DIGEST, GOAL_MEMORY = 0.8, 1.2, 32
HEAD = f"""recipe T0 "uploads"
rules R0.1
limit 30m
input base: url
fn make(base: url, key: string) -> string =
  "/uploads/${{http.post("${{base}}/uploads", headers: {{ "Idempotency-Key": key }}, json: {{ size: {MIB}MiB }}).json.session as string}}"
run {{
  let wire   = proxy(base)
  let source = random_file({MIB}MiB)
  let warm   = sha256(source)
"""
ROUND = """
  let a{n} = make(base, "a{n}")
  let b{n} = make(base, "b{n}")
  let c{n} = make(base, "c{n}")
  let d{n} = make(base, "d{n}")
  phase curl_{n} {{ expect process(["curl", "-sSf", "-o", "/dev/null", "-X", "PATCH", "-H", "Expect:", "-H", "Upload-Offset: 0", "-T", source, "${{base}}${{a{n}}}"]).code == 0 }}
  phase proxied_{n} {{ expect upload(source, "${{wire.url}}${{b{n}}}", chunk: {mib}MiB).ok }}
  phase direct_{n} {{
    let plain{n} = upload(source, "${{base}}${{c{n}}}", chunk: {mib}MiB)
    expect plain{n}.ok and plain{n}.memory <= {memory}MiB
  }}
  phase chunks_{n} {{ expect upload(source, "${{wire.url}}${{d{n}}}", chunk: 8MiB).ok }}
  phase openssl_{n} {{ expect process(["openssl", "dgst", "-sha256", source]).code == 0 }}
  phase sha256_{n} {{ expect sha256(source) == warm }}
"""
FOOT = """}
assert "bytes went through" rule R0.1: sum(wire.upload) > 1MB
"""


class Sink:
    """Takes PATCH and POST, and throws what comes away."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.base = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, connection):
        room, rest = bytearray(1 << 20), b""
        while True:
            while b"\r\n\r\n" not in rest:
                got = connection.recv(65536)
                if not got:
                    return connection.close()
                rest += got
            head, _, rest = rest.partition(b"\r\n\r\n")
            fields = {line.partition(b":")[0].strip().lower(): line.partition(b":")[2].strip() for line in head.split(b"\r\n")[1:]}
            left = int(fields.get(b"content-length", 0)) - len(rest)
            while left > 0:
                left -= connection.recv_into(room, min(left, len(room)))
            rest = b""
            if head.startswith(b"POST"):
                connection.sendall(b'HTTP/1.1 201 Created\r\nContent-Length: 15\r\n\r\n{"session":"s"}')
            else:
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def specimen(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([f"{build}/specimen/notes-N", "serve", "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        store, base = specimen(folder) if os.environ.get("SINK") == "specimen" else (None, Sink().base)
        if store:
            subprocess.run(["sh", "-c", f"until curl -sf {base}/readyz >/dev/null; do sleep 0.1; done"], timeout=20, check=True)
        with open(f"{folder}/upload.aot", "w") as file:
            file.write(HEAD + "".join(ROUND.format(n=n, mib=MIB, memory=GOAL_MEMORY) for n in range(ROUNDS)) + FOOT)
        done = subprocess.run([f"{build}/aot", "run", "upload.aot", "--set", f"base={base}"], cwd=folder, capture_output=True, text=True)
        if store:
            store.terminate()
            store.wait()
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        record = sqlite3.connect(glob.glob(f"{folder}/.aot/runs/*/*/run.aotrec")[0])
        lengths = {}
        for name, length in record.execute("select name, length_s from phases order by start_s"):
            lengths.setdefault(name.partition("_")[0], []).append(length)

    def ratio(ours, other):
        return statistics.median(b / a for a, b in zip(lengths[ours], lengths[other]))
    print(f"| {MIB} MiB, {ROUNDS} rounds | median, s | MiB/s |\n|---|---|---|")
    for name, seconds in lengths.items():
        print(f"| {name} | {statistics.median(seconds):.3f} | {MIB / statistics.median(seconds):.0f} |")
    print(f"\nspeed to curl's, direct: proxied {ratio('proxied', 'curl'):.2f}, proxied in chunks of 8 MiB {ratio('chunks', 'curl'):.2f}, direct {ratio('direct', 'curl'):.2f}; "
          f"sha256 to openssl dgst {ratio('sha256', 'openssl'):.2f}; memory of an upload under {GOAL_MEMORY} MiB")
    sys.exit(ratio("proxied", "curl") < 0.8 * GOAL_PROXIED or ratio("sha256", "openssl") < 0.8 * GOAL_DIGEST)


main()
