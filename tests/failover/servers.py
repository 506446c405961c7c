"""Real DNS servers with configurations of their own, on high ports of 127.0.0.1, by whoever runs this: none of Debian's folders is touched. For tests/failover/run and
bench/dns/run.py. `stop` ends what was started and removes `root`."""
import glob, os, pwd, shutil, socket, subprocess, sys, tempfile, time

root = tempfile.mkdtemp(prefix="aotdns-")
os.chmod(root, 0o755)
running = []
given = set()
ZONE = """$ORIGIN test.
$TTL 60
@ SOA ns.test. admin.test. 1 3600 600 86400 5
@ NS ns.test.
ns A 127.0.0.1
app 2 A 127.0.0.1
six AAAA ::1
www 30 CNAME mid.test.
mid 90 CNAME app.test.
only TXT "no address"
""" + "".join(f"many A 127.1.0.{host}\n" for host in range(1, 91))


def free_port():
    """Below the range that the kernel gives to clients, free for both kinds of socket."""
    for port in range(20000 + os.getpid() % 8000, 32000):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as streams:
                datagrams.bind(("127.0.0.1", port))
                streams.bind(("127.0.0.1", port))
            if port not in given:
                given.add(port)
                return port
        except OSError:
            continue
    sys.exit("no free port")


def write(name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def start(*words):
    log = open(os.path.join(root, os.path.basename(words[0]) + ".log"), "w")
    running.append(subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL))


def answers(port):
    """Whether somebody answers a question for app.test's address."""
    question = b"\x12\x34\x01\x00\0\1\0\0\0\0\0\0\3app\4test\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        try:
            client.sendto(question, ("127.0.0.1", port))
            return client.recv(512)[3] & 15 == 0
        except OSError:
            return False


def wait_for(name, port):
    end = time.monotonic() + 20
    while not answers(port):
        if time.monotonic() > end or running[-1].poll() is not None:
            sys.exit(f"{name} does not answer:\n" + "".join(open(log).read()[-2000:] for log in glob.glob(f"{root}/*.log")))
        time.sleep(0.02)


def start_knot(port):
    write("knot/test.zone", ZONE)
    configuration = write("knot/knot.conf", f"""server:
    listen: 127.0.0.1@{port}
    rundir: {root}/knot
database:
    storage: {root}/knot
zone:
  - domain: test
    file: {root}/knot/test.zone
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
""")
    start("/usr/sbin/knotd", "--config", configuration)
    wait_for("knot", port)
    command = f"/usr/sbin/knotc --config {configuration} --blocking"
    return write("knot/flip", "#!/bin/sh\nset -e\n" + "".join(f"{command} {line} >/dev/null\n" for line in (
        "zone-begin test", "zone-unset test app A", "zone-set test app 2 A $1", "zone-commit test")))


def start_bind(port):
    write("bind/test.zone", ZONE)
    configuration = write("bind/named.conf", f"""options {{
    directory "{root}/bind"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
}};
controls {{ }};
zone "test" {{ type primary; file "{root}/bind/test.zone"; allow-update {{ 127.0.0.1; }}; }};
""")
    start("/usr/sbin/named", "-g", "-4", "-n", "1", "-c", configuration)
    wait_for("BIND", port)
    return write("bind/flip", f"""#!/bin/sh
printf 'server 127.0.0.1 {port}\\nzone test\\nupdate delete app.test A\\nupdate add app.test 2 A %s\\nsend\\n' "$1" | nsupdate -t 5
""")


def start_cache(port, behind):
    start("/usr/sbin/dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
          "--no-hosts", f"--server=/test/127.0.0.1#{behind}", "--pid-file=", f"--user={pwd.getpwuid(os.getuid()).pw_name}", "--log-facility=-")
    wait_for("dnsmasq", port)


def start_pages():
    """The same port on two addresses, and what each answers is its own."""
    port = free_port()
    for address in ("127.0.0.1", "127.0.0.2"):
        folder = os.path.join(root, address)
        os.makedirs(folder)
        start(sys.executable, "-m", "http.server", "--bind", address, "--directory", folder, str(port))
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((address, port), 1).close()
                break
            except OSError:
                if time.monotonic() > end:
                    sys.exit("the pages are not served")
                time.sleep(0.05)
    return port


def stop():
    for process in reversed(running):
        process.terminate()
    for process in running:
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    shutil.rmtree(root, ignore_errors=True)
