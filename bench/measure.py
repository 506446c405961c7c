"""Pairs of commands run in turn, A B A B …; medians and the ratio pair by pair, so that a machine whose speed drifts does not matter."""
import os, resource, statistics, subprocess, time


def once(command):
    """Seconds of wall clock, of processor, and the peak memory in MiB of one run."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def compare(name, ours, other, rounds=21):
    """Prints one row; returns the median ratio of wall time, ours / other."""
    once(ours), once(other)
    pairs = [(once(ours), once(other)) for _ in range(rounds)]
    wrong = [p for p in pairs if p[0][3] != 0]
    if wrong:
        raise SystemExit(f"{name}: {' '.join(ours)} ended with status {wrong[0][0][3]}")
    ratio = statistics.median(a[0] / b[0] for a, b in pairs)
    mine, theirs = (statistics.median(p[i][0] for p in pairs) * 1e3 for i in (0, 1))
    memory = statistics.median(a[2] for a, _ in pairs)
    print(f"| {name} | {mine:.2f} ms | {theirs:.2f} ms | {ratio:.2f} | {memory:.0f} MiB |")
    return ratio
