"""A table of requests and answers (golden.txt, deviations.txt), asked of a server as raw bytes, row by row.

    > METHOD /path {"body": …}          # FREE: a free port, API: that of the API, EMPTY: no byte
    ! the User-Agent, if it has one
    < status content-type
    the body, where PORT, <version> and <decoder text> stand for what differs from run to run
"""
import re, socket

PATTERNS = {"PORT": r"\d+", "<version>": r'[^"]+', "<decoder text>": r'(?:[^"\\]|\\.)+'}


def rows(path):
    row = None
    for line in open(path):
        line = line.rstrip("\n")
        if line.startswith("> "):
            method, target, *body = line[2:].split(" ", 2)
            row = {"method": method, "target": target, "body": body[0].replace("EMPTY", "") if body else None, "agent": None, "want": []}
        elif line.startswith("! "):
            row["agent"] = line[2:]
        elif line.startswith("< "):
            row["status"], _, row["type"] = line[2:].partition(" ")
        elif row and not line:
            yield row
            row = None
        elif row:
            row["want"].append(line)
    if row:
        yield row


def ask(port, method, target, body=None, agent=None):
    """(status line, headers, body) of one request on a connection of its own."""
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    head += f"User-Agent: {agent}\r\n" if agent else ""
    content = (body or "").encode()
    head += f"Content-Length: {len(content)}\r\n" if body is not None else ""
    with socket.create_connection(("127.0.0.1", port), 20) as line:
        line.sendall(head.encode() + b"\r\n" + content)
        got = b""
        while part := line.recv(65536):
            got += part
    head, _, content = got.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}, content.decode()


def expression(text):
    parts = re.split("(" + "|".join(map(re.escape, PATTERNS)) + ")", text)
    return "".join(PATTERNS.get(part, re.escape(part)) for part in parts)


def differences(port, free, path):
    """Yields what of the table is not so."""
    for row in rows(path):
        def filled(text):
            return text.replace("FREE", str(free)).replace("API", str(port))
        first, headers, content = ask(port, row["method"], row["target"], filled(row["body"]) if row["body"] is not None else None, row["agent"])
        name = f'{row["method"]} {row["target"]} {row["body"] or ""}'
        wanted = filled("\n".join(row["want"]))
        # A body of errors and versions ends with a line break, one of JSON does not.
        if row["type"].startswith("text/plain") or "charset=utf-8" in row["type"]:
            wanted += "\n"
        if first.split(" ")[1] != row["status"] or not first.startswith("HTTP/1.1 "):
            yield f"{name}: {first}, not {row['status']}"
        if headers.get("content-type", "") != row["type"]:
            yield f"{name}: type {headers.get('content-type', '')!r}, not {row['type']!r}"
        if (headers.get("x-content-type-options") == "nosniff") != row["type"].startswith("text/plain"):
            yield f"{name}: nosniff is for text alone"
        if row["status"] not in ("404", "405") and not headers.get("x-toxiproxy-request-id"):
            yield f"{name}: no X-Toxiproxy-Request-Id"
        if not re.fullmatch(expression(wanted), content, re.S):
            yield f"{name}:\n    {content!r}\n  not\n    {wanted!r}"
        if row["status"] != "204" and headers.get("content-length") != str(len(content.encode())):
            yield f"{name}: Content-Length {headers.get('content-length')} for {len(content)} bytes"
