#!/usr/bin/env python3
"""What the recipes here start as a service: python3 _service.py PORT VERSION [HOW…]. It answers its version; /die ends it with code 3, /write
writes into the file of $DISK, 507 if it cannot.
HOW: crash, crash-at-N (the release), ignore (SIGTERM), never (ready), deaf (listens nowhere), fork (leaves children in sessions of their own), slow (300 ms to start), garbage (is no HTTP), silent (takes connections and says nothing), daemon (a child serves, in a session of its own and without the environment)."""
import http.server, os, signal, socket, sys, time

port, version, how = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
print("starting", version, flush=True)
if "crash" in how or f"crash-at-{version}" in how:
    print("no settings found", file=sys.stderr, flush=True)
    sys.exit(7)
if "ignore" in how:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: (print("stopping", flush=True), os._exit(0)))
if "fork" in how:
    for _ in range(20):
        if os.fork() == 0:
            os.setsid()
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            while True:
                time.sleep(60)
if "daemon" in how:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, __file__, str(port), version], {})
        os._exit(0)
    while True:
        time.sleep(60)
if "deaf" in how:
    while True:
        time.sleep(60)
if "garbage" in how or "silent" in how:
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    kept = []
    while True:
        kept.append(listener.accept()[0])
        try:
            if "garbage" in how:
                kept[-1].sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        except OSError:
            pass
if "slow" in how:
    time.sleep(0.3)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            print("out of luck", flush=True)
            os._exit(3)
        text = (f"{os.environ.get('GREETING')} {'set' if 'EMPTY' in os.environ else 'unset'}" if self.path == "/env" else version) + "\n"
        status = 503 if "never" in how else 200
        if self.path == "/write":
            try:
                with open(os.environ["DISK"], "w") as disk:
                    disk.write("more")
            except OSError:
                status = 507
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        print("asked for", getattr(self, "path", "what is no HTTP"), flush=True)


http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
