"""The HTTP server of the behaviour suite: each recipe talks below a path of its own (/NAME/…), so that its counters are its own."""
import http.server, json, socket, struct, threading, time

STATE = {}                                              # (recipe, endpoint) -> [count, time of the first request]
LOCK = threading.Lock()
BAD = {
    "empty": b"",
    "reset": b"",
    "never": b"",
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "half": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n",
    "huge": b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nx",
    "head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "big-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "minus-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "no-last-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
    "long-length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
    "status": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "zero": b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n",
}
ENDLESS = {                                             # how it begins, what follows until nobody listens any more
    "flood": (b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", b"x" * 65536),
    "chunks-flood": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Filler: many\r\n" * 1000),
    "header": (b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x" * 65536),
    "interim": (b"", b"HTTP/1.1 103 Early\r\nX-A: b\r\n\r\n" * 1000),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", (b"a:" + b"b" * 60 + b"\r\n") * 1000),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", kind="text/plain", **headers):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tick(self, key):
        """How often this endpoint was asked before, and how many ms ago first."""
        with LOCK:
            state = STATE.setdefault(key, [0, time.monotonic()])
            state[0] += 1
            return state[0] - 1, (time.monotonic() - state[1]) * 1000

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        recipe, *parts = path.strip("/").split("/")
        what, rest = (parts[0], parts[1:]) if parts else ("", [])
        if what == "":
            self.answer(200, "hello")
        elif what == "status":
            self.answer(int(rest[0]), "status " + rest[0])
        elif what == "slow":                            # /slow/MS
            time.sleep(int(rest[0]) / 1000)
            self.answer(200, "slow")
        elif what == "echo":
            shown = {"method": self.command, "path": "/" + "/".join(parts), "query": query, "headers": dict(self.headers), "body": body.decode("utf-8", "replace")}
            self.answer(200, json.dumps(shown), "application/json", X_Method=self.command)
        elif what == "count":                           # /count/NAME: 1, 2, 3, …
            self.answer(200, json.dumps({"n": self.tick((recipe, *parts))[0] + 1}), "application/json")
        elif what == "flaky":                           # /flaky/NAME/N: 503 N times, then 200
            self.answer(503 if self.tick((recipe, *parts))[0] < int(rest[1]) else 200, "flaky")
        elif what == "down":                            # /down/NAME/FROM/TO: 503 between two ms after the first request
            since = self.tick((recipe, *parts))[1]
            self.answer(503 if int(rest[1]) <= since < int(rest[2]) else 200, "down")
        elif what == "stall":                           # /stall/NAME/FROM/TO: what comes between two ms after the first waits for the second, then 503
            since = self.tick((recipe, *parts))[1]
            if int(rest[1]) <= since < int(rest[2]):
                time.sleep((int(rest[2]) - since) / 1000)
            self.answer(503 if int(rest[1]) <= since < int(rest[2]) else 200, "stall")
        elif what == "json":                            # /json: one of everything
            self.answer(200, json.dumps({"name": "Ada", "n": 3, "half": 0.5, "yes": True, "nothing": None, "list": [1, 2, 3],
                                         "items": [{"id": "a", "size": 1}, {"id": "b", "size": 2}], "a": {"b": [{"c": "deep"}]}}), "application/json")
        elif what == "deep":                            # /deep/N: N nested lists
            self.answer(200, "[" * int(rest[0]) + "]" * int(rest[0]), "application/json")
        elif what == "big":                             # /big/N
            self.answer(200, b"x" * int(rest[0]))
        elif what == "escape":                          # what a terminal would obey
            self.answer(200, b"\x1b[2J\x1b]0;owned\x07\x1b[31mred\x08\r\nnext\x9b5n\x00end")
        elif what == "garbage":
            self.answer(200, bytes(range(256)) * 4)
        elif what == "unicode":
            self.answer(200, "grüße 世界 🎉 e\u0301 \u202eabc")
        elif what == "redirect":
            self.answer(302, "", Location="/" + recipe + "/")
        elif what == "drop":
            self.close_connection = True
        elif what == "bad":                             # /bad/KIND: what no server should send
            self.close_connection = True
            beginning, more = ENDLESS.get(rest[0], (BAD.get(rest[0]), b""))
            self.wfile.write(beginning)
            while more:
                self.wfile.write(more)
                time.sleep(0.001)                       # the other answers of this process must not wait for a flood
            self.wfile.flush()
            if rest[0] == "reset":                      # closing with unread time on the clock sends RST
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            elif rest[0] == "never":
                time.sleep(3)
        elif what == "stale":                           # answers as if it kept the connection, and closes it
            self.answer(200, "stale")
            self.close_connection = True
        else:
            self.answer(404, "no such page")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, address):
        pass                                            # a client that went away is no news


def start():
    """The server on a free port of 127.0.0.1, in a thread; gives its address."""
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
