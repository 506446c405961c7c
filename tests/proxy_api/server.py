"""`aot proxy` as a child, a service behind it, and sockets between the two."""
import json, os, re, signal, socket, struct, subprocess, time

import golden

AOT = os.path.join(os.environ["AOT_BUILD"], "aot")
PATIENCE = 20  # seconds: the machine may be busy


class Server:
    def __init__(self, *arguments, environment=None):
        self.process = subprocess.Popen([AOT, "proxy", "--listen", "127.0.0.1:0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env={**os.environ, **(environment or {})})
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", line := self.process.stdout.readline())):
            if not line:
                raise AssertionError(f"aot proxy ended with status {self.process.wait()}: {self.process.stderr.read()}")
        self.port = int(found[1])

    def ask(self, method, path, body=None):
        """(status, JSON or text)"""
        first, _, content = golden.ask(self.port, method, path, None if body is None else json.dumps(body))
        status = int(first.split(" ")[1])
        return status, json.loads(content) if content[:1] in "{[" and content else content

    def make(self, method, path, body=None):
        """What must go well."""
        status, content = self.ask(method, path, body)
        assert status in (200, 201, 204), f"{method} {path} {body}: {status} {content}"
        return content

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """KiB that are resident, and the most that were."""
        with open(f"/proc/{self.process.pid}/status") as file:
            text = file.read()
        return tuple(int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("VmRSS", "VmHWM"))

    def end(self, how=signal.SIGINT):
        """Ends it, and everything must be well until then."""
        begin = time.monotonic()
        self.process.send_signal(how)
        try:
            _, words = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("aot proxy did not end")
        assert self.process.returncode == 128 + how, f"status {self.process.returncode}: {words}"
        assert not words, words
        return time.monotonic() - begin


class Wire:
    """A proxy of the server, and the service behind it, which is this test."""
    names = 0

    def __init__(self, server, *toxics, **fields):
        Wire.names += 1
        self.server, self.name = server, f"wire{Wire.names}"
        self.service = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.service.settimeout(PATIENCE)
        self.upstream = "127.0.0.1:%d" % self.service.getsockname()[1]
        made = server.make("POST", "/proxies", {"name": self.name, "upstream": self.upstream, "listen": "127.0.0.1:0", "toxics": list(toxics), **fields})
        self.port = int(made["listen"].rpartition(":")[2])

    def path(self, more=""):
        return f"/proxies/{self.name}{more}"

    def call(self, patience=PATIENCE):
        return socket.create_connection(("127.0.0.1", self.port), patience)

    def pair(self):
        """A client and the service's end of its connection."""
        client = self.call()
        service, _ = self.service.accept()
        service.settimeout(PATIENCE)
        return client, service

    def add(self, kind, stream="downstream", toxicity=1, **attributes):
        made = self.server.make("POST", self.path("/toxics"), {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes})
        return self.path(f"/toxics/{made['name']}")

    def change(self, toxic, toxicity=None, **attributes):
        self.server.make("PATCH", toxic, {"attributes": attributes, **({} if toxicity is None else {"toxicity": toxicity})})

    def drop(self, toxic):
        self.server.make("DELETE", toxic)

    def close(self):
        self.drop(self.path())
        self.service.close()


def hear(line, length):
    """So many bytes, or what came before the end."""
    got = b""
    while len(got) < length and (part := line.recv(length - len(got))):
        got += part
    return got


def passes(wire, pair=None):
    """Both directions go on."""
    client, service = pair or wire.pair()
    client.sendall(b"to the service")
    assert hear(service, 14) == b"to the service"
    service.sendall(b"to the client")
    assert hear(client, 13) == b"to the client"
    return client, service


def is_silent(line, seconds=0.1):
    before = line.gettimeout()
    line.settimeout(seconds)
    try:
        line.recv(1)
        return False
    except TimeoutError:
        return True
    finally:
        line.settimeout(before)


def ending(line):
    """What comes at last: "end" or "reset"."""
    try:
        while line.recv(65536):
            pass
        return "end"
    except ConnectionResetError:
        return "reset"


def reset(line):
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
