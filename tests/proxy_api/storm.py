"""Many connections through each toxic in turn, from addresses of all of 127.0.0.0/24, closed by resets. After each toxic the server has
as many descriptors as before, and it answers."""
import errno, os, selectors, socket, time

from server import PATIENCE, Wire, reset

# toxic, attributes, what each connection sees at last: the echo, so many bytes of it and an end, an end, a reset, or nothing
TOXICS = [("noop", {}, 32), ("latency", {"latency": 30, "jitter": 20}, 32), ("bandwidth", {"rate": 1}, 32), ("slow_close", {"delay": 30}, 32),
          ("slicer", {"average_size": 8, "size_variation": 4, "delay": 1000}, 32), ("limit_data", {"bytes": 5}, (5, "end")),
          ("timeout", {"timeout": 500}, (0, "end")), ("timeout", {"timeout": 0}, "nothing"), ("limit_time", {"time": 700}, (32, "end")),
          ("reset_peer", {"timeout": 10}, (0, "reset")), ("drop_first", {"connections": 1 << 40}, (0, "reset")), ("blackhole", {}, "nothing"),
          ("no_accept", {}, "hangs"), ("disabled", {}, (32, "end"))]


def echo(listener):
    """The service, in a process of its own until it is killed."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    listener.setblocking(False)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                try:
                    while True:
                        line, _ = listener.accept()
                        line.setblocking(False)
                        selector.register(line, selectors.EVENT_READ)
                except BlockingIOError:
                    continue
            try:
                got = key.fileobj.recv(4096)
                if got:
                    key.fileobj.send(got)
                    continue
            except BlockingIOError:
                continue
            except OSError:
                pass
            selector.unregister(key.fileobj)
            key.fileobj.close()


class Line:
    """One connection of the storm: what it heard, how it ended."""
    def __init__(self, port, number):
        self.heard, self.ended, self.is_connected = 0, None, False
        self.socket = socket.socket()
        self.socket.setblocking(False)
        # Without a port of its own the kernel looks for one when it connects: 254 addresses have room for all.
        self.socket.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        self.socket.bind((f"127.0.0.{1 + number % 254}", 0))
        self.socket.connect_ex(("127.0.0.1", port))

    def turn(self):
        """True when there is nothing to wait for any more."""
        if not self.is_connected:
            problem = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem:
                self.ended = "reset" if problem == errno.ECONNRESET else os.strerror(problem)
                return True
            self.is_connected = True
        try:
            if self.heard is not None and not getattr(self, "said", False):
                self.said = True
                self.socket.send(b"s" * 32)
            got = self.socket.recv(4096)
            self.heard += len(got)
            self.ended = self.ended if got else "end"
        except BlockingIOError:
            return False
        except ConnectionResetError:
            self.ended = "reset"
        except OSError as problem:
            self.ended = "reset" if problem.errno == errno.EPIPE else os.strerror(problem.errno)
        return self.ended is not None


def watch(lines, until, seconds):
    """Until `until` of them have nothing to wait for, or are as far as is wished, or the time is over."""
    selector = selectors.DefaultSelector()
    for line in lines:
        selector.register(line.socket, selectors.EVENT_READ if line.is_connected else selectors.EVENT_WRITE, line)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit and not until():
        for key, _ in selector.select(0.05):
            line = key.data
            was = line.is_connected
            if line.turn():
                selector.unregister(line.socket)
            elif not was:
                selector.modify(line.socket, selectors.EVENT_READ, line)
    selector.close()


def through(server, wire, count, kind, attributes, wanted):
    if max(attributes.values(), default=0) in (500, 700):  # ms: all must have come and said something by then
        attributes = {name: value * max(1, count // 1000) for name, value in attributes.items()}
    toxic = wire.add(kind, "downstream", **attributes) if kind != "disabled" else None
    lines = [Line(wire.port, i) for i in range(count)]
    name = f"{kind} {attributes}"
    if wanted == "hangs":
        watch(lines, lambda: False, 0.3)
        assert not any(line.is_connected for line in lines), f"{name}: calls were taken"
    elif wanted == "nothing":
        watch(lines, lambda: all(line.is_connected for line in lines), PATIENCE)
        watch(lines, lambda: False, 0.2)
        assert all(line.is_connected and not line.heard and not line.ended for line in lines), f"{name}: something came through"
    else:
        heard, end = wanted if isinstance(wanted, tuple) else (wanted, None)
        if kind == "disabled":
            watch(lines, lambda: all(line.heard == 32 for line in lines), PATIENCE)
            server.make("PATCH", wire.path(), {"enabled": False})
        watch(lines, lambda: all(line.heard == heard and line.ended == end for line in lines), PATIENCE)
        wrong = [(line.heard, line.ended) for line in lines if (line.heard, line.ended) != (heard, end)]
        assert not wrong, f"{name}: {len(wrong)} of {count} are otherwise than {wanted}: {wrong[:5]}"
    for i, line in enumerate(lines):  # half of them while the toxic is there, half of them without it
        if i % 2:
            reset(line.socket)
    if toxic:
        wire.drop(toxic)
    else:
        server.make("PATCH", wire.path(), {"enabled": True})
    for line in lines[::2]:
        reset(line.socket)


def through_every_toxic(server, count):
    wire = Wire(server)
    service = os.fork()
    if service == 0:
        try:
            echo(wire.service)
        finally:
            os._exit(1)
    try:
        time.sleep(0.1)  # the connection that made the proxy is gone
        before = server.descriptors()
        for kind, attributes, wanted in TOXICS:
            begin = time.monotonic()
            through(server, wire, count, kind, attributes, wanted)
            limit = time.monotonic() + 10
            while (now := server.descriptors()) > before and time.monotonic() < limit:
                time.sleep(0.05)
            assert now <= before, f"{kind}: {now} descriptors, {before} before"
            print(f"  {count} through {kind} {attributes}: {time.monotonic() - begin:.1f} s", flush=True)
        through(server, wire, 10, "noop", {}, 32)
    finally:
        os.kill(service, 9)
        os.waitpid(service, 0)
    wire.close()
