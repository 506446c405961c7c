"""Processes of the specimen for tests: one, or a fleet behind haproxy that is rolled under load. Everything started is stopped."""
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

SOURCE = os.environ.get("AOT_SOURCE", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PROGRAMS = os.path.join(os.environ.get("AOT_BUILD", os.path.join(SOURCE, "build/dev")), "specimen")
RATE = 50  # requests a second while a fleet is rolled


def free_port():
    """Below those that the kernel gives to outgoing connections, which would take it again before it is used."""
    while True:
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def ask(port, path, method="GET", body=None, headers=None, timeout=5):
    """(status, text) of one request over a connection of its own; status 0 if no answer came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Notes:
    """A server of one release, or the AI gateway."""

    def __init__(self, release="N", defect=None, port=None, env=None, ready=True, command="serve"):
        self.port = port or free_port()
        command = [os.path.join(PROGRAMS, f"notes-{release}"), command, "--listen", f"127.0.0.1:{self.port}"]
        command += ["--defect", defect] if defect else []
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
        if ready:
            wait_until(lambda: ask(self.port, "/readyz")[0] == 200, f"notes-{release} ready")

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def terminate(self, limit=20):
        """SIGTERM, and the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def smoke(release, port, defect=None):
    """Exit status and output of a client's smoke test."""
    command = [os.path.join(PROGRAMS, f"notes-{release}"), "smoke", f"http://127.0.0.1:{port}"] + (["--defect", defect] if defect else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def haproxy_file(listen, servers):
    """The configuration that recipes.d/component.aot ships."""
    text = open(os.path.join(SOURCE, "recipes.d/component.aot"), encoding="utf-8").read()
    template = re.search(r'^fn haproxy\(.*?"""\n(.*?)"""', text, re.S | re.M)[1]
    rows = re.search(r'^ *\$\{join\(\["(.*?)" for i in .*\n', template, re.M)
    lines = "".join(rows[1].replace("${i}", str(i)).replace("${servers[i]}", server) + "\n" for i, server in enumerate(servers))
    return template.replace(rows[0], lines).replace("${listen}", listen).rstrip(" ")


class Load:
    """Requests through the balancer at RATE, each in a thread of its own: (status, latency in s) in `seen`."""

    def __init__(self, port):
        self.port, self.seen, self.ended = port, [], threading.Event()
        self.thread = threading.Thread(target=self.generate)
        self.thread.start()

    def one(self):
        began = time.monotonic()
        status = ask(self.port, "/notes/1", timeout=5)[0]
        self.seen.append((status, time.monotonic() - began))

    def generate(self):
        began, threads = time.monotonic(), []
        while not self.ended.is_set():
            threads.append(threading.Thread(target=self.one))
            threads[-1].start()
            self.ended.wait(max(0, began + len(threads) / RATE - time.monotonic()))
        for thread in threads:
            thread.join()

    def stop(self):
        self.ended.set()
        self.thread.join()


def rolled(defect=None, replicas=2, rolls=1, pause=0.8, old="N-1", new="N"):
    """Rolls `rolls` of the replicas from one release to the next under load: what the clients saw, and the fleet's versions."""
    fleet = [Notes(old, defect) for _ in range(replicas)]
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
        file.write(haproxy_file(f"127.0.0.1:{port}", [f"127.0.0.1:{notes.port}" for notes in fleet]))
        file.flush()
        balancer = subprocess.Popen(["haproxy", "-db", "-f", file.name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_until(lambda: ask(port, "/healthz")[0] == 200, "haproxy")
            load = Load(port)
            time.sleep(1)
            for i in range(rolls):
                fleet[i].terminate()
                fleet[i].__exit__()
                fleet[i] = Notes(new, defect, port=fleet[i].port)
                time.sleep(pause)
            load.stop()
            return load.seen, [ask(notes.port, "/version")[1] for notes in fleet]
        finally:
            balancer.terminate()
            balancer.communicate()
            for notes in fleet:
                notes.__exit__()
