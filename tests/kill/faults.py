"""A process that is none of aot's is paused by a fault of commands; whichever way aot ends, it goes on. Also when aot ends while the fault is still
being applied, and when the guard is killed as well (then `aot clean` does it)."""
import os, shutil, signal, subprocess, tempfile, time

RECIPE = '''recipe K2 "a process stands still"
rules R0.1
input process: int
input slow: duration
run {
  phase still with fault(apply: sh"kill -STOP ${process}; exec sleep ${slow / 1s}", undo: sh"kill -CONT ${process}", evidence: ["true"], timeout: 20s) { wait 20s }
}
assert "it came to its end" rule R0.1: process > 0
'''


def state(process):
    return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0]


def wait_for(truth, patience):
    end = time.monotonic() + patience
    while not truth() and time.monotonic() < end:
        time.sleep(0.01)
    return truth()


def children(process):
    return [int(child) for child in open(f"/proc/{process}/task/{process}/children").read().split()]


def end(process, way, aot, folder):
    if way == "SIGKILL of aot and its guard":
        for child in children(process.pid):
            if os.readlink(f"/proc/{child}/exe").endswith("/aot"):
                os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait(20)
        subprocess.run([aot, "clean"], cwd=folder, stdout=subprocess.DEVNULL, timeout=60)
        return
    for word in way.split(" and "):
        process.send_signal(getattr(signal, word))


def once(aot, way, slow):
    victim = subprocess.Popen(["sleep", "300"])
    folder = tempfile.mkdtemp(prefix="aotkill-")
    try:
        with open(f"{folder}/k.aot", "w") as file:
            file.write(RECIPE)
        process = subprocess.Popen([aot, "run", "k.aot", "--set", f"process={victim.pid}", "--set", f"slow={slow}"], cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True)
        if not wait_for(lambda: state(victim.pid) == "T", 10):
            return "the fault was not applied"
        time.sleep(0.1)
        end(process, way, aot, folder)
        if not wait_for(lambda: state(victim.pid) != "T", 10):
            return "it still stands still"
        process.wait(20)
        journals = f"{folder}/.aot/guard"
        return "" if wait_for(lambda: not os.listdir(journals), 10) else f"left {os.listdir(journals)}"
    finally:
        victim.kill()
        victim.wait()
        shutil.rmtree(folder, ignore_errors=True)


def check(aot):
    """How many passed, and how many failed."""
    good = bad = 0
    for way in ("SIGKILL", "SIGINT", "SIGTERM", "SIGINT and SIGINT", "SIGKILL of aot and its guard"):
        for slow in ("0s", "15s"):
            problem = once(aot, way, slow)
            good, bad = good + (not problem), bad + bool(problem)
            if problem:
                print(f"fault, {way}, {'applied' if slow == '0s' else 'being applied'}: {problem}")
    return good, bad
