"""Nothing may hold up the loop: the objects of vm/ and stdlib/ must not call what waits without a bound."""
import pathlib
import subprocess

from tree import write

BLOCKING = set("""getaddrinfo getnameinfo gethostbyname gethostbyname_r gethostbyaddr
PQexec PQexecParams PQprepare PQexecPrepared PQconnectdb PQconnectdbParams PQsetdbLogin PQping PQpingParams PQreset
PQgetCopyData curl_easy_perform curl_multi_poll curl_multi_wait
system popen pclose sleep usleep nanosleep clock_nanosleep thrd_sleep pause sigwait sigsuspend
wait waitpid wait3 wait4 waitid lockf flock""".split())

# (source file, symbol): why it cannot hold up the loop. A row that is not needed any more is a finding.
ALLOWED = {
    ("vm/guard.c", "waitpid"): "WNOHANG, at the end of everything, for the guard alone; bounded by END_LIMIT",
    ("vm/guard.c", "nanosleep"): "0.2 ms between those, when no loop runs any more",
    ("vm/guard_undo.c", "waitpid"): "WNOHANG, in the guard or at the end of everything; bounded by COMMAND_LIMIT",
    ("vm/guard_undo.c", "nanosleep"): "2 ms between looks at what is being undone, when no loop runs any more",
    ("vm/loop.c", "waitpid"): "WNOHANG, after the child's descriptor said that it is gone",
    ("vm/loop.c", "waitid"): "WNOHANG, to see which orphan died",
    ("vm/loop.c", "clock_nanosleep"): "0.25 ms at most, on the thread of a busy load that lets answers gather",
    ("stdlib/process/enter.c", "waitpid"): "of a child that has just said that it could not exec, and ends",
    ("stdlib/http/lone.c", "curl_multi_poll"): "in the process of an upload, which has no loop; 500 ms at most",
    ("stdlib/sql/cluster_files.c", "flock"): "LOCK_NB, on a work thread",
    ("vm/guard_descendants.c", "nanosleep"): "2 ms between looks, in the guard or when no loop runs any more",
}
LIBRARIES = ("aot_vm", "aot_stdlib", "aot_catalogue")


def objects(tree):
    for library in LIBRARIES:
        folder = tree.build / "CMakeFiles" / f"{library}.dir"
        for path in sorted(folder.rglob("*.o")):
            source = str(path.relative_to(folder))[:-2]
            if (tree.root / source).exists():  # an object of a file that was deleted since stays in the build folder
                yield source, path


def undefined(path):
    listing = subprocess.run(["nm", "-u", str(path)], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1].split("@")[0] for line in listing.splitlines() if line.strip()}


def findings(tree):
    built = list(objects(tree))
    if not built:
        yield f"{tree.build}: nothing of vm/ and stdlib/ is built there ($AOT_BUILD names the build folder)"
    used = set()
    for source, path in built:
        for symbol in sorted(undefined(path) & BLOCKING):
            used.add((source, symbol))
            if (source, symbol) not in ALLOWED:
                yield f"{source}: calls {symbol}, which blocks (tests/lint/checks/blocking.py may allow it, with a reason)"
    for source, symbol in sorted(set(ALLOWED) - used):
        if built and (tree.root / source).exists():
            yield f"tests/lint/checks/blocking.py: {source} does not call {symbol}: the row can go"


def broken(root):
    write(root, {"vm/a.c": "unsigned sleep(unsigned);\nunsigned a(void);\nunsigned a(void) { return sleep(1); }\n"})
    folder = pathlib.Path(root) / "CMakeFiles" / "aot_vm.dir" / "vm"
    folder.mkdir(parents=True)
    subprocess.run(["gcc", "-c", str(root / "vm/a.c"), "-o", str(folder / "a.c.o")], check=True)
