"""The offline client without aot: its network is a server that is there or not. Each defect is seen to do what its name says."""
import json
import os
import signal
import subprocess
import tempfile
import time

from fleet import PROGRAMS, Notes, ask, free_port, wait_until

TITLES = ["one", "two", "three"]


def same(what, seen, wanted):
    if seen != wanted:
        raise AssertionError(f"{what}: {seen!r}, not {wanted!r}")


class Client:
    """A client of the server at this port, with its outbox in this folder."""

    def __init__(self, folder, server, defect=None):
        self.port = free_port()
        command = [os.path.join(PROGRAMS, "notes-N"), "client", "--server", f"http://127.0.0.1:{server}", "--control", f"127.0.0.1:{self.port}",
                   "--outbox", os.path.join(folder, "outbox.sqlite")] + (["--defect", defect] if defect else [])
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.count() >= 0, "the client's control port")

    def create(self, title):
        return ask(self.port, "/items", "POST", json.dumps({"title": title}))[0]

    def count(self):
        status, text = ask(self.port, "/outbox")
        return json.loads(text)["count"] if status == 200 else -1

    def states(self):
        return [json.loads(ask(self.port, f"/items/{title}")[1])["state"] for title in TITLES]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def titles(server):
    return sorted(item["title"] for item in json.loads(ask(server.port, "/items")[1])["items"])


def story(defect=None, wait=0):
    """Three items without a server, then a server: states and outbox before and after, and what the server has."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, Client(folder, port, defect) as client:
        seen = {"created": [client.create(title) for title in TITLES]}
        time.sleep(0.5)
        seen["offline"] = client.states(), client.count()
        with Notes(port=port) as server:
            try:
                wait_until(lambda: client.count() == 0, "drained", 8)
            except AssertionError:
                pass
            seen["left"] = client.count()
            seen["at first"] = titles(server)
            time.sleep(wait)
            seen["server"] = titles(server)
        return seen


def the_outbox_outlives_its_process():
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        with Client(folder, port) as client:
            same("created", [client.create(title) for title in TITLES], [201] * 3)
            same("offline", (client.states(), client.count()), (["pending"] * 3, 3))
        with Client(folder, port) as client, Notes(port=port) as server:
            wait_until(lambda: client.count() == 0, "drained")
            same("synced", client.states(), ["synced"] * 3)
            same("server", titles(server), sorted(TITLES))
            client.create("four")
            wait_until(lambda: client.count() == 0, "the fourth")
            with Client(folder, port):
                time.sleep(0.5)
            same("server", titles(server), sorted(TITLES + ["four"]))


def an_item_is_known_by_its_id():
    with Notes() as server:
        def put(body):
            return ask(server.port, "/items", "POST", body)[0]
        same("first, again", (put('{"id":"a","title":"x"}'), put('{"id":"a","title":"x"}'), put('{"id":"b","title":"x"}')), (201, 200, 201))
        same("server", titles(server), ["x", "x"])
        for body in ("", "[]", '{"id":"a"}', '{"id":"","title":"x"}', '{"id":7,"title":"x"}', '{"id":"' + "a" * 65 + '","title":"x"}', '{"id":"c","title":"' + "x" * 81 + '"}'):
            same(body, put(body), 400)


def bad_input_to_the_control_is_refused():
    with tempfile.TemporaryDirectory() as folder, Client(folder, 1) as client:
        for method, path, body, wanted in (("POST", "/items", "", 400), ("POST", "/items", '{"title":7}', 400), ("POST", "/items", '{"title":"' + "x" * 81 + '"}', 400),
                                           ("GET", "/items/nothing", None, 404), ("GET", "/", None, 404), ("PUT", "/items", None, 405), ("POST", "/outbox", "", 405)):
            same(f"{method} {path} {body}", ask(client.port, path, method, body)[0], wanted)
    for arguments in (["client"], ["client", "--server", "ftp://x", "--control", "127.0.0.1:0"], ["client", "--server", "http://127.0.0.1:1"]):
        done = subprocess.run([os.path.join(PROGRAMS, "notes-N")] + arguments, capture_output=True, text=True, timeout=10)
        same(" ".join(arguments), (done.returncode, bool(done.stderr)), (2, True))


HEALTHY = {"created": [201] * 3, "offline": (["pending"] * 3, 3), "left": 0, "at first": sorted(TITLES), "server": sorted(TITLES)}
DIFFERS = {  # from the healthy client, and how long it takes
    None: ({}, 0),
    "loses-outbox": ({"at first": ["one", "three"], "server": ["one", "three"]}, 0),
    "duplicates-on-reconnect": ({"at first": sorted(TITLES * 2), "server": sorted(TITLES * 2)}, 0.3),
    "late-duplicate": ({"server": sorted(TITLES + ["one"])}, 4.5),
    "claims-synced-offline": ({"offline": (["synced"] * 3, 3)}, 0),
    "never-drains": ({"left": 3, "at first": [], "server": []}, 0),
    "sleeps-through-the-cut": ({}, 0),
}


def client_is(defect):
    differs, wait = DIFFERS[defect]
    seen = story(defect, wait)
    if defect == "duplicates-on-reconnect":  # the last one may still be on its way when the outbox is empty
        seen["at first"] = seen["server"]
    same(defect or "healthy", seen, {**HEALTHY, **differs})


def a_client_goes_past_what_stands_before_the_server():
    """The real server says where it is; the wall in front of it is then left alone."""
    import http.server
    import threading
    import urllib.request
    asked = []
    with Notes() as server:
        class Front(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked.append(self.path)
                body = urllib.request.urlopen(f"http://127.0.0.1:{server.port}{self.path}").read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                asked.append("POST")
                self.send_error(500)

            def log_message(self, *_):
                pass
        front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front)
        threading.Thread(target=front.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder, Client(folder, front.server_port, "bypasses-the-cut") as client:
            wait_until(lambda: asked, "it asks once")
            client.create("one")
            wait_until(lambda: client.count() == 0, "drained")
            same("server", titles(server), ["one"])
            same("asked of the front", asked, ["/items"])
        front.shutdown()
        front.server_close()


def tests():
    named = [(test.__name__.replace("_", " "), test) for test in (the_outbox_outlives_its_process, an_item_is_known_by_its_id, bad_input_to_the_control_is_refused,
                                                                   a_client_goes_past_what_stands_before_the_server)]
    return named + [(f"offline, {defect or 'healthy'}", lambda defect=defect: client_is(defect)) for defect in DIFFERS]
