"""`toxiproxy(…)` in recipes: the server under test plays the Toxiproxy elsewhere. What a fault does, that it is gone on every end, and that
nothing is proven where nobody saw it bite."""
import http.server, os, signal, subprocess, tempfile, threading, time

from server import AOT, PATIENCE

HEAD = """recipe R1 "a Toxiproxy elsewhere"
rules R0.1
input api: url
input there: url
"""
BITES = HEAD + """
matrix { toxic in ["latency", "limit_data", "down", "blackhole"] }
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run {
  phase calm { let works = http.get(road.url, fresh: true) }
  phase dead with far.fault(toxic, bytes: 100B, rate: 1KB/s) { let broken = http.get(road.url, timeout: 400ms, fresh: true) }
  phase healed { let healthy = http.get(road.url, fresh: true) }
}
assert "it works, then not, then again" rule R0.1 {
  far.url == there
  works.ok and broken.failed and healthy.ok
  never during dead: road.responses.ok
}
"""
SETTINGS = HEAD + """
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run {
  phase one with far.fault("slicer", bytes: 10B, delay: 1ms) { let sliced = http.get(road.url, fresh: true) }
  phase both with far.fault("latency", delay: 50ms, towards: "both") { let slow = http.get(road.url, fresh: true) }
  phase control with far.fault("noop") { let as_ever = http.get(road.url, fresh: true) }
}
assert "as they say" rule R0.1 {
  sliced.ok and slow.ok and as_ever.ok
  slow.latency >= 100ms
}
"""
UNSEEN = HEAD + """
let far = toxiproxy(api, "far")
run {
  watch answer every 50ms: http.get(far.url, timeout: 1s, fresh: true)
  phase dead with far.fault("down") { wait 300ms }
}
assert "nobody saw it" rule R0.1: never during dead: answer.ok
"""
PASSED_BY = HEAD + """
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run {
  watch answer every 50ms: http.get("${there}/", timeout: 1s, fresh: true)
  phase slow with far.fault("latency", delay: 1ms) { wait 300ms }
}
assert "it stands the fault" rule R0.1: always during slow: answer.ok
"""
ATTEMPTS = HEAD + """
let far = toxiproxy(api, "far")
run { let one = http.get(far.url, fresh: true) }
assert "silence is no evidence" rule R0.1: count(far.attempts) == 0
assert "nor is this" rule R0.1: never: far.responses.failed
"""
LASTS = HEAD + """
limit 5m
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run { phase dead with far.fault("latency", towards: "both") { wait 4m } }
assert "never judged" rule R0.1: count(road.attempts) == 0
"""
ELSEWHERE = HEAD + """
let far = toxiproxy(api, "far", seen_by: proxy("http://127.0.0.1:1"))
run { wait 1ms }
assert "never judged" rule R0.1: far.url == there
"""
IDLE = HEAD + """
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run { phase dead with far.fault(TOXIC) { let one = http.get(road.url, fresh: true) } }
assert "lives through it" rule R0.1: always during dead: road.responses.ok
"""
# The API takes its time, and the one sample is from before its toxic was there.
LATE = HEAD + """
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run {
  watch answer every 600ms: http.get(road.url, timeout: 1s)
  wait 300ms
  phase dead with far.fault("blackhole") { wait 1ms }
}
assert "lives through it" rule R0.1: always during dead: answer.ok
"""
HANGS = HEAD + """
let far = toxiproxy(api, "far")
run { phase dead with far.fault("timeout"ONE) { wait 20ms } }
assert "it was broken" rule R0.1: dead.end > dead.start
"""
DOWN = HEAD + """
let far = toxiproxy(api, "far")
run { phase dead with far.fault("down") { wait 20ms } }
assert "it was down" rule R0.1: dead.end > dead.start
"""
NAMED = HEAD + """
let road = proxy(there)
let far = toxiproxy(api, "far", seen_by: road)
run { wait 1ms }
assert "it is the same place" rule R0.1: count(road.attempts) == 0
"""


GONE = HEAD + """
let far = toxiproxy(api, "far")
run {
  let gone = http.delete("${api}/proxies/far")
  phase dead with far.fault("latency") { wait 1ms }
}
assert "never judged" rule R0.1: gone.status == 204
"""


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"x" * 2000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class Api(http.server.BaseHTTPRequestHandler):
    """A Toxiproxy of nothing but words; `server.slow` are the seconds that a method takes."""
    def answer(self, status, body):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(self.server.slow.get(self.command, 0))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, b'{"listen": "%s", "enabled": true}' % self.server.listens.encode())

    def do_POST(self):
        self.answer(200, b"{}")

    def do_DELETE(self):
        self.server.deleted.set()
        self.answer(204, b"")

    def log_message(self, *words):
        pass


def own_api(listens, **slow):
    api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    api.daemon_threads, api.handle_error = True, lambda *_: None
    api.listens, api.slow, api.deleted = listens, slow, threading.Event()
    threading.Thread(target=api.serve_forever, daemon=True).start()
    api.url = "http://127.0.0.1:%d" % api.server_port
    return api


class Stage:
    """A service, a proxy of the server before it, and a folder for runs."""
    def __init__(self, server):
        self.server = server
        self.service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.service.daemon_threads = True
        self.service.handle_error = lambda *_: None  # faults cut what it says
        threading.Thread(target=self.service.serve_forever, daemon=True).start()
        server.ask("DELETE", "/proxies/far")  # of a case that failed
        made = server.make("POST", "/proxies", {"name": "far", "upstream": "127.0.0.1:%d" % self.service.server_port, "listen": "127.0.0.1:0"})
        self.there = "http://" + made["listen"]
        self.api = f"http://127.0.0.1:{server.port}"
        self.folder, self.count = tempfile.TemporaryDirectory(), 0

    def begin(self, recipe, *words, api=None):
        self.count += 1
        path = os.path.join(self.folder.name, name := f"r{self.count}.aot")
        with open(path, "w") as file:
            file.write(recipe)
        return subprocess.Popen([AOT, "run", name, "--set", f"api={api or self.api}", "--set", f"there={self.there}", *words], cwd=self.folder.name,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "NO_COLOR": "1"})

    def run(self, recipe, status, *prints, words=(), api=None):
        process = self.begin(recipe, *words, api=api)
        output, _ = process.communicate(timeout=3 * PATIENCE)
        assert process.returncode == status, f"status {process.returncode}, not {status}:\n{output}"
        for word in prints:
            assert word in output, f"does not print {word!r}:\n{output}"
        assert self.is_healed(), self.server.ask("GET", "/proxies/far")

    def is_healed(self):
        now = self.server.make("GET", "/proxies/far")
        return now["enabled"] and not now["toxics"]

    def await_toxics(self, count):
        limit = time.monotonic() + PATIENCE
        while len(self.server.make("GET", "/proxies/far")["toxics"]) != count:
            assert time.monotonic() < limit, f"not {count} toxics: {self.server.ask('GET', '/proxies/far')}"
            time.sleep(0.02)

    def end(self):
        self.service.shutdown()
        self.service.server_close()
        self.folder.cleanup()
        self.server.make("DELETE", "/proxies/far")


def far_faults_bite_and_heal(server):
    stage = Stage(server)
    stage.run(BITES, 0, "4 cells: 4 pass", words=["--matrix", "--jobs", "1"])
    stage.run(SETTINGS, 0)
    stage.end()


def what_nobody_saw_is_not_proven(server):
    stage = Stage(server)
    stage.run(UNSEEN, 3, "does not tell what met its toxics")
    stage.run(PASSED_BY, 3, "0 connections touched")
    stage.run(ATTEMPTS, 3, "a Toxiproxy elsewhere does not tell")
    for toxic in ('"limit_data", bytes: 1GB', '"blackhole", share: 0%', '"latency", delay: 0s', '"slicer", bytes: 100KB', '"limit_time", delay: 1m', '"slow_close", delay: 10ms'):
        stage.run(IDLE.replace("TOXIC", toxic), 3, "it cannot be told that")
    stage.run(IDLE.replace("TOXIC", '"latency", delay: 2ms'), 0)
    stage.run(LATE, 3, "0 connections touched", api=own_api(stage.there[7:], POST=0.6).url)
    stage.end()


def far_faults_are_undone_on_every_end(server):
    stage = Stage(server)
    for how in (signal.SIGKILL, signal.SIGINT):
        process = stage.begin(LASTS)
        stage.await_toxics(2)
        process.send_signal(how)
        process.communicate(timeout=PATIENCE)
        stage.await_toxics(0)
    stage.end()


def an_api_that_hangs_is_an_error(_):
    """Beside the other cases: three runs wait for aot's patience with it, one of them is stopped twice."""
    with tempfile.TemporaryDirectory() as folder:
        def begin(one="", **slow):
            api = own_api("127.0.0.1:1", **slow)
            path = os.path.join(folder, f"r{api.server_port}.aot")
            with open(path, "w") as file:
                file.write(HANGS.replace("ONE", one))
            return api, subprocess.Popen([AOT, "run", path, "--set", f"api={api.url}", "--set", "there=http://127.0.0.1:1"], cwd=folder, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, text=True)
        (twice, stopped), (_, undone), (_, made) = begin(DELETE=60), begin(', towards: "client"', DELETE=60), begin(GET=60)
        assert twice.deleted.wait(PATIENCE), "no undo began"
        start = time.monotonic()
        stopped.send_signal(signal.SIGINT)
        time.sleep(0.1)
        stopped.send_signal(signal.SIGINT)
        stopped.communicate(timeout=2 * PATIENCE)
        assert time.monotonic() - start < 12, f"a second Ctrl-C waits {time.monotonic() - start} s"
        for process, words in ((undone, "the Toxiproxy did not undo it: no answer in time"), (made, "/proxies/far: no answer in time")):
            output, _ = process.communicate(timeout=2 * PATIENCE)
            assert process.returncode == 4 and words in output, (process.returncode, output)


def a_proxy_that_was_down_stays_so(server):
    stage = Stage(server)
    stage.run(DOWN, 0)
    server.make("POST", "/proxies/far", {"enabled": False})
    process = stage.begin(DOWN)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4 and "that proxy is disabled already" in output, output
    assert not server.make("GET", "/proxies/far")["enabled"], "it was enabled"
    stage.end()


def localhost_is_a_name_of_it(server):
    stage = Stage(server)
    port = stage.there.rpartition(":")[2]
    there, stage.there = stage.there, f"http://localhost:{port}"
    stage.run(NAMED, 0, api=own_api(f"0.0.0.0:{port}").url.replace("127.0.0.1", "localhost"))
    stage.run(NAMED, 4, "`seen_by` does not lead to", api=own_api(f"127.0.0.2:{port}").url)
    stage.there = there
    stage.end()


def far_proxies_that_are_none(server):
    stage = Stage(server)
    stage.run(ELSEWHERE, 4, "`seen_by` does not lead to")
    stage.run(UNSEEN.replace('"far"', '"nowhere"'), 4, "404", "proxy not found")
    stage.run(UNSEEN.replace('"far"', '"a/b"'), 4, "one word of a path")
    stage.run(UNSEEN, 4, "the API's URL is http://host:port", api=stage.api + "/proxies/far")
    stage.run(UNSEEN, 4, "Connection refused", api="http://127.0.0.1:1")
    stage.run(UNSEEN, 4, "is this the URL of its API?", api=stage.there)
    process = stage.begin(GONE)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4 and "the Toxiproxy refused: 404" in output, output
    stage.service.shutdown()


CASES = [far_faults_bite_and_heal, what_nobody_saw_is_not_proven, far_faults_are_undone_on_every_end, a_proxy_that_was_down_stays_so, localhost_is_a_name_of_it, far_proxies_that_are_none]
