"""Upload servers for the suite: one that speaks IETF resumable uploads (interop version 8; there is no ready one), one that speaks the
session protocol, and many that misbehave, each by its path. Sockets by hand, so that what goes over the wire is what stands here."""
import hashlib
import socket
import ssl
import struct
import threading
import time


class Message:
    """A request's head, and its body as it comes."""

    def __init__(self, connection, stream):
        self.connection, self.stream = connection, stream
        words = stream.readline().split()
        if len(words) < 3:
            raise EOFError
        self.method, self.path = words[0].decode(), words[1].decode()
        self.headers = {}
        for line in iter(stream.readline, b"\r\n"):
            if not line:
                raise EOFError
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.left = int(self.headers.get("content-length", 0))

    def number(self, name):
        return int(self.headers.get(name, -1))

    def take(self, most=1 << 20):
        """Bytes of the body; none at its end."""
        got = self.stream.read1(min(self.left, most)) if self.left else b""
        if self.left and not got:
            raise EOFError
        self.left -= len(got)
        return got

    def body(self):
        return b"".join(iter(self.take, b""))

    def say(self, status, headers=(), body=b"", close=False):
        lines = [f"HTTP/1.1 {status} X"] + [f"{name}: {value}" for name, value in dict(headers).items()]
        if status >= 200:
            lines.append(f"Content-Length: {len(body)}")
        if close:
            lines.append("Connection: close")
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        if close:    # politely: what is not read any more when a socket is closed resets it, and the answer may be lost
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1)
            while self.stream.read1(1 << 20):
                pass
            raise EOFError

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise EOFError


class Upload:
    """What is stored of one; the lock is held while it is written."""

    def __init__(self, length):
        self.length, self.bytes, self.lock = length, bytearray(), threading.Lock()

    def complete(self):
        return len(self.bytes) == self.length


uploads, requests, count = {}, [], 0   # by path; every (method, path, headers)


# ---- IETF, interop version 8 ----

VERSION = {"Upload-Draft-Interop-Version": "8"}


def ietf_body(message, upload, interim):
    """Stores the body as it comes; a 104 tells the progress, as the draft allows."""
    told = 0
    while message.left:
        upload.bytes += message.take()
        if interim and len(upload.bytes) - told >= 1 << 20:
            told = len(upload.bytes)
            message.say(104, {**VERSION, "Upload-Offset": told})


def ietf_create(message):
    global count
    count += 1
    place = f"/ietf/{count}"
    upload = uploads[place] = Upload(message.number("upload-length"))
    if message.headers.get("upload-draft-interop-version") != "8":
        return message.say(400)
    where = {"Location": place}    # relative, as it may be
    message.say(104, {**VERSION, **where, "Upload-Limit": "max-age=3600"})
    with upload.lock:
        ietf_body(message, upload, True)
    whole = message.headers.get("upload-complete") == "?1"
    return message.say(201 if not whole else 200, {**where, **VERSION, "Upload-Offset": len(upload.bytes), "Upload-Complete": message.headers["upload-complete"]})


def ietf(message):
    if message.method == "POST":
        return ietf_create(message)
    upload = uploads.get(message.path)
    if not upload:
        return message.say(404)
    state = {**VERSION, "Upload-Offset": len(upload.bytes), "Upload-Length": upload.length, "Cache-Control": "no-store"}
    if message.method == "GET":
        return message.say(200, {}, bytes(upload.bytes))
    if message.method == "HEAD":
        return message.say(204, {**state, "Upload-Complete": "?1" if upload.complete() else "?0"})
    if message.headers.get("content-type") != "application/partial-upload":
        return message.say(415)
    with upload.lock:
        if message.number("upload-offset") != len(upload.bytes):
            return message.say(409, {**VERSION, "Upload-Offset": len(upload.bytes), "Upload-Complete": "?0"}, close=True)
        ietf_body(message, upload, False)
    return message.say(204, {**VERSION, "Upload-Offset": len(upload.bytes), "Upload-Complete": message.headers.get("upload-complete")})


# ---- sessions, and what can be wrong with them ----

def good(message):
    upload = uploads.setdefault(message.path, Upload(message.number("upload-length")))
    if message.method == "GET":
        return message.say(200, {}, bytes(upload.bytes))
    if message.method == "HEAD":
        return message.say(200, {"Upload-Offset": len(upload.bytes)})
    if message.number("upload-offset") != len(upload.bytes):
        return message.say(409, {"Upload-Offset": len(upload.bytes)}, b"no", close=True)
    upload.bytes += message.body()
    return message.say(204, {"Upload-Offset": len(upload.bytes)})


def partial(message):
    """Takes a half of each chunk and says so, which is allowed."""
    if message.method != "PATCH":
        return good(message)
    upload = uploads.setdefault(message.path, Upload(-1))
    body = message.body()
    upload.bytes += body[:(len(body) + 1) // 2]
    return message.say(204, {"Upload-Offset": len(upload.bytes)})


def answers(status, **headers):
    """Reads the chunk and answers the same to everything; {begin} and {end} are those of the chunk."""
    def one(message):
        begin = message.number("upload-offset")
        end = begin + message.left
        message.body()
        message.say(status, {name.replace("_", "-"): str(value).format(begin=begin, end=end, beyond=end + 1, before=begin - 1) for name, value in headers.items()})
    return one


def early(message):
    time.sleep(0.03)    # all that comes before a cut is under way by then
    message.say(413, {}, b"too\nlarge", close=True)


def rude(message):
    """Refuses in the middle of a chunk and closes with the rest unread, which resets the connection behind the answer."""
    while message.left > 12 << 20:
        message.take(1 << 16)
    message.connection.sendall(b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone")
    raise EOFError


def closes(message):
    message.take()
    raise EOFError


def resets(message):
    message.take()
    message.reset()


def never_answers(message):
    message.body()
    time.sleep(30)


def never_reads(message):
    time.sleep(30)


def garbage(message):
    message.body()
    message.connection.sendall(b"\x00\x01 what\r\n\r\n")
    raise EOFError


def floods(message):
    while True:
        message.connection.sendall(b"HTTP/1.1 104 X\r\nUpload-Draft-Interop-Version: 8\r\nUpload-Offset: 1\r\n\r\n" * 100)


def talks(message):
    """Interim answers of every kind, one of another version of the draft, then the real one."""
    message.say(100)
    message.say(102)
    message.say(104, {"Upload-Draft-Interop-Version": "7", "Location": "/elsewhere"})
    message.say(104, {**VERSION, "Upload-Offset": 5})
    good(message)


def older(message):
    """Speaks another version of the draft; what its 104 says must not be acted on."""
    message.say(104, {"Upload-Draft-Interop-Version": "7", "Location": "/elsewhere"})
    message.body()
    message.say(204)


def elsewhere(message):
    """Says that the upload is on another host, or on another port of this one; /elsewhere/early says so in a 104."""
    there = "http://127.0.0.2:%d/taken" % message.connection.getsockname()[1]
    if message.path.endswith("early"):
        message.say(104, {**VERSION, "Location": there})
    message.body()
    return message.say(201, {"Location": there, "Upload-Offset": 10})


def slow(message):
    body_before = time.monotonic()
    good(message)
    time.sleep(max(0, 0.1 - (time.monotonic() - body_before)))


def gone(message):
    message.say(410, {"Content-Type": "application/json"}, b'{"error":"session_expired","retryable":false}', close=True)


moving = {}


def moves(steps, then=None):
    """A cursor that moves for so many questions; `then` gives the answer after that."""
    def one(message):
        moving[message.path] = moving.get(message.path, 0) + 1
        asked = moving[message.path]
        if asked > steps and then:
            return then(message)
        return message.say(200, {"Upload-Offset": min(asked, steps) * 1000, "Upload-Length": 1 << 40})
    return one


def busy_first(message):
    moving[message.path] = moving.get(message.path, 0) + 1
    return message.say(423) if moving[message.path] < 3 else message.say(200, {"Upload-Offset": 77})


ROUTES = {
    "ietf": ietf, "good": good, "partial": partial, "early": early, "rude": rude, "closes": closes, "resets": resets, "never-answers": never_answers,
    "never-reads": never_reads, "garbage": garbage, "floods": floods, "talks": talks, "older": older, "slow": slow, "elsewhere": elsewhere, "taken": good, "gone": gone,
    "beyond": answers(204, Upload_Offset="{beyond}"), "before": answers(204, Upload_Offset="{before}"), "nothing": answers(204, Upload_Offset="{begin}"),
    "no-number": answers(204, Upload_Offset="lots"), "silent": answers(204), "conflict": answers(409, Upload_Offset="12"), "expects": answers(417),
    "moves": moves(3), "moves-on": moves(1 << 30), "busy": busy_first,
    "no-offset": answers(200), "past-the-end": lambda message: message.say(200, {"Upload-Offset": 9, "Upload-Length": 8}), "missing": answers(404),
}


def serve(connection):
    with connection, connection.makefile("rb") as stream:
        try:
            while True:
                message = Message(connection, stream)
                requests.append((message.method, message.path, message.headers))
                if "expect" in message.headers:
                    message.say(400, {}, b"Expect was sent", close=True)
                ROUTES[message.path.split("/")[1]](message)
        except (OSError, EOFError):
            pass


def serve_securely(connection, context):
    try:
        serve(context.wrap_socket(connection, server_side=True))
    except OSError:
        pass


def start(certificate=None):
    """The base of its URLs. With a certificate (a file with its key, too) it speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if context:
        context.load_cert_chain(certificate)
    listener = socket.create_server(("", 0), backlog=64)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve_securely if context else serve, args=(connection, context)[:2 if context else 1], daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    return f"http{'s' if context else ''}://127.0.0.1:{listener.getsockname()[1]}"


def digest(path):
    return hashlib.sha256(bytes(uploads[path].bytes)).hexdigest()
