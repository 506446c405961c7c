#!/usr/bin/env python3
"""A client for a sandbox: asks URL all the time and says at CONTROL what came of the last time, as a word."""
import errno, http.server, sys, threading, time, urllib.error, urllib.request
url, control = sys.argv[1:3]
last = ["nothing yet"]


class Control(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = last[0].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask():
    while True:
        try:
            with urllib.request.urlopen(url, timeout=0.3) as answer:
                last[0] = str(answer.status)
        except OSError as problem:
            number = getattr(getattr(problem, "reason", problem), "errno", None)
            last[0] = errno.errorcode.get(number, "timeout")
        time.sleep(0.05)


threading.Thread(target=ask, daemon=True).start()
http.server.ThreadingHTTPServer(("127.0.0.1", int(control.rsplit(":", 1)[1])), Control).serve_forever()
