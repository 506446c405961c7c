"""What each toxic does to bytes, in both directions, on connections that exist and on those that come. Times are lower bounds where the
machine may be busy."""
import socket, time

from server import Server, Wire, ending, hear, is_silent, passes


def took(begin):
    return time.monotonic() - begin


def half_closes_are_kept(server):
    wire = Wire(server)
    client, service = wire.pair()
    client.sendall(b"all")
    client.shutdown(socket.SHUT_WR)
    assert hear(service, 10) == b"all"
    service.sendall(b"an answer after the end")
    service.close()
    assert hear(client, 100) == b"an answer after the end"
    wire.close()


def latency(server):
    wire = Wire(server)
    for stream in ("downstream", "upstream"):
        client, service = passes(wire)  # it was there before
        toxic = wire.add("latency", stream, latency=150, jitter=10)
        slow, quick = (client, service) if stream == "upstream" else (service, client)
        quick.sendall(b"now")
        begin = time.monotonic()
        assert hear(slow, 3) == b"now" and took(begin) < 0.1, "the other direction is as ever"
        slow.sendall(b"later")
        begin = time.monotonic()
        assert hear(quick, 5) == b"later" and took(begin) >= 0.13
        wire.change(toxic, latency=60000, jitter=0)
        slow.sendall(b"held")
        assert is_silent(quick)
        wire.change(toxic, latency=0)
        assert hear(quick, 4) == b"held", "what is held goes on when the toxic is changed"
        wire.drop(toxic)
        passes(wire, (client, service))
    wire.close()


def bandwidth(server):
    wire = Wire(server)
    client, service = wire.pair()
    toxic = wire.add("bandwidth", "upstream", rate=100)
    begin = time.monotonic()
    client.sendall(b"x" * 30000)
    assert len(hear(service, 30000)) == 30000 and took(begin) >= 0.25
    wire.change(toxic, rate=0)
    client.sendall(b"stalled")
    assert is_silent(service), "no rate: nothing goes on"
    wire.drop(toxic)
    assert hear(service, 7) == b"stalled"
    wire.close()


def slow_close(server):
    wire = Wire(server, {"type": "slow_close", "attributes": {"delay": 300}})
    client, service = passes(wire)
    service.close()
    begin = time.monotonic()
    assert ending(client) == "end" and took(begin) >= 0.25
    wire.change(wire.path("/toxics/slow_close_downstream"), delay=60000)
    client, service = passes(wire)
    service.close()
    assert is_silent(client)
    wire.drop(wire.path("/toxics/slow_close_downstream"))
    assert ending(client) == "end", "deleted, it closes at once"
    wire.close()


def timeout(server):
    wire = Wire(server)
    client, service = passes(wire)
    begin = time.monotonic()
    toxic = wire.add("timeout", "downstream", timeout=300)
    while took(begin) < 0.2:
        service.sendall(b"talk does not put it off")
        time.sleep(0.05)
    assert ending(client) == "end" and took(begin) >= 0.28
    wire.change(toxic, timeout=0)
    client, service = wire.pair()
    idle = wire.pair()
    service.sendall(b"swallowed")
    service.close()
    assert is_silent(client, 0.3), "0 never closes, and swallows ends too"
    wire.drop(toxic)
    assert ending(client) == "reset", "its stream has a hole"
    passes(wire, idle)
    wire.close()


def reset_peer(server):
    wire = Wire(server)
    client, service = passes(wire)  # existing: Toxiproxy ends those in order
    toxic = wire.add("reset_peer", "upstream", timeout=100)
    begin = time.monotonic()
    client.sendall(b"asked")
    assert ending(client) == "reset" and took(begin) >= 0.09
    assert ending(service) == "reset"
    wire.change(toxic, toxicity=0)
    client, service = passes(wire)
    client.close()
    assert ending(service) == "end", "spared: an ordinary close stays one"
    wire.close()


def slicer(server):
    wire = Wire(server, {"type": "slicer", "attributes": {"average_size": 10, "size_variation": 5, "delay": 10000}})
    client, service = wire.pair()
    service.sendall(bytes(range(200)))
    begin, pieces, got = time.monotonic(), 0, b""
    while len(got) < 200:
        got += client.recv(200)
        pieces += 1
    assert got == bytes(range(200)) and took(begin) >= 0.1 and pieces > 3, (took(begin), pieces)
    wire.close()


def limit_data(server):
    wire = Wire(server, {"type": "limit_data", "attributes": {"bytes": 10}})
    client, service = wire.pair()
    service.sendall(b"0123")
    assert hear(client, 4) == b"0123"
    service.sendall(b"456789")
    assert hear(client, 100) == b"456789", "the end comes with the last byte"
    wire.change(wire.path("/toxics/limit_data_downstream"), bytes=0)
    client, service = wire.pair()
    assert is_silent(client), "0 ends at the first byte, not before"
    service.sendall(b"x")
    assert ending(client) == "end"
    wire.close()


def noop(server):
    wire = Wire(server, {"type": "noop"}, {"type": "noop", "stream": "upstream"})
    passes(wire)
    wire.close()


def blackhole(server):
    wire = Wire(server)
    there = passes(wire)
    idle = passes(wire)
    toxic = wire.add("blackhole")
    there[0].sendall(b"lost")
    there[1].sendall(b"lost, too")
    late = wire.call()
    late.sendall(b"lost as well")
    assert is_silent(there[0]) and is_silent(there[1]) and is_silent(late)
    wire.drop(toxic)
    assert ending(there[0]) == "reset" and ending(late) == "reset"
    passes(wire, idle)
    wire.close()


def limit_time(server):
    wire = Wire(server, {"type": "limit_time", "attributes": {"time": 300}})
    begin = time.monotonic()
    client, service = wire.pair()
    while took(begin) < 0.2:
        passes(wire, (client, service))
        time.sleep(0.05)
    assert ending(client) == "end" and took(begin) >= 0.28
    wire.close()


def drop_first(server):
    wire = Wire(server)
    there = passes(wire)
    wire.add("drop_first", connections=2)
    for _ in range(2):
        try:
            assert ending(wire.call()) == "reset"
        except ConnectionResetError:
            pass  # that was even before connect() had returned
    passes(wire)
    passes(wire, there)
    wire.close()


def no_accept(server):
    wire = Wire(server)
    there = passes(wire)
    toxic = wire.add("no_accept")
    for _ in range(3):
        try:
            wire.call(0.2)
            raise AssertionError("a call was taken")
        except TimeoutError:
            pass  # it hangs, as it should
    passes(wire, there)
    wire.drop(toxic)
    passes(wire)
    wire.close()


def down(server):
    wire = Wire(server)
    client, service = passes(wire)
    wire.server.make("PATCH", wire.path(), {"enabled": False})
    assert ending(client) == "end" and ending(service) == "end"
    try:
        wire.call()
        raise AssertionError("it listens though it is disabled")
    except ConnectionRefusedError:
        pass
    wire.server.make("POST", wire.path(), {"enabled": True})
    passes(wire)
    wire.close()


def chains(server):
    wire = Wire(server, {"type": "latency", "attributes": {"latency": 100}},
                {"type": "latency", "name": "more", "attributes": {"latency": 100}},
                {"type": "limit_data", "attributes": {"bytes": 5}}, {"type": "latency", "stream": "upstream", "attributes": {"latency": 50}})
    client, service = wire.pair()
    begin = time.monotonic()
    client.sendall(b"up")
    assert hear(service, 2) == b"up" and took(begin) >= 0.045
    begin = time.monotonic()
    service.sendall(b"0123456789")
    assert hear(client, 100) == b"01234" and took(begin) >= 0.19
    wire.close()


def raised_in_its_place(server):
    """A toxic whose coin spared a connection takes its place in the chain when its toxicity rises: before the limit, not behind it."""
    wire = Wire(server)
    first = wire.add("bandwidth", toxicity=0, rate=0)
    wire.add("limit_data", bytes=4)
    client, service = wire.pair()
    wire.change(first, toxicity=1)
    service.sendall(b"0123456789")
    assert is_silent(client)
    wire.drop(wire.path("/toxics/limit_data_downstream"))
    wire.drop(first)
    assert hear(client, 10) == b"0123456789", "what the first one held never met the second"
    wire.close()


def another_upstream(server):
    wire, other = Wire(server), Wire(server)
    client, service = passes(wire)
    wire.server.make("PATCH", wire.path(), {"upstream": other.upstream})
    assert ending(client) == "end" and ending(service) == "end", "a restart drops all connections"
    again = wire.call()
    again.sendall(b"there?")
    line, _ = other.service.accept()
    assert hear(line, 6) == b"there?"
    wire.close()
    other.close()


def dead_upstream(server):
    wire = Wire(server)
    wire.service.close()
    for _ in range(20):  # always, also right after connect()
        assert ending(wire.call()) == "end"
    wire.drop(wire.path())


def reset_of_all(server):
    wire = Wire(server, {"type": "timeout"}, {"type": "no_accept"}, enabled=False)
    wire.server.make("POST", "/reset")
    wire.port = int(wire.server.make("GET", wire.path())["listen"].rpartition(":")[2])
    passes(wire)
    wire.close()


def pattern(seed):
    """Which of 40 connections a coin of one half takes."""
    server = Server("--seed", str(seed))
    wire = Wire(server, {"type": "limit_data", "toxicity": 0.5, "attributes": {"bytes": 1}})
    taken = ""
    for _ in range(40):
        client, service = wire.pair()
        service.sendall(b"ab")
        service.close()
        taken += str(len(hear(client, 2)))
        client.close()
    server.end()
    wire.service.close()
    return taken


def coins_fall_by_the_seed(server):
    del server
    first, again, other = pattern(7), pattern(7), pattern(8)
    assert first == again and first != other, (first, again, other)
    assert 5 < first.count("1") < 35, first


CASES = [half_closes_are_kept, latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, noop, blackhole, limit_time, drop_first, no_accept,
         down, chains, raised_in_its_place, another_upstream, dead_upstream, reset_of_all, coins_fall_by_the_seed]
