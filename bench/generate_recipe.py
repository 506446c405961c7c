#!/usr/bin/env python3
"""Writes a realistic and valid recipe of N lines to standard output: bench/generate_recipe.py 100000 > big.aot

A header, inputs, values, functions, a run of many phases with requests, expectations, branches and loops, and hundreds
of assertions with time words. Deterministic: the same N gives the same text."""
import sys


class Writer:
    def __init__(self, wanted):
        self.lines = []
        self.wanted = wanted

    def write(self, *lines):
        self.lines.extend(lines)

    def left(self, share):
        """Whether this part, which may fill the file up to `share` of its lines, has room for one more piece."""
        return len(self.lines) < self.wanted * share


def header(out):
    out.write('recipe T0 "A large service: many requests, many claims"',
              "rules R1.1, R1.2, R2.1, R2.2",
              "limit 20h",
              "",
              "## Where the service is.",
              'input base: url = env.BASE_URL ?? "http://localhost:8080"',
              "input patience = 2s                      # how long one request may take",
              "input steps    = 3",
              "")


def values(out):
    n = 0
    while out.left(0.04):
        out.write(f"let weight{n} = {n + 2} * steps + {n % 7}")
        n += 1
    out.write("")
    return n


def functions(out):
    n = 0
    while out.left(0.14):
        out.write(f"## Item {n}, fetched with the usual patience.",
                  f"fn item{n}(id: int, within: duration = 500ms) -> response =",
                  f'  http.get("${{base}}/items/{n}/${{id}}", timeout: within)',
                  f"fn score{n}(answers: [response], floor: int) -> int {{",
                  "  let good = [a for a in answers if a.ok and a.status == 200]",
                  "  if len(good) < floor { return 0 }",
                  f"  return len(good) * {n % 9 + 1} + floor mod {n % 5 + 2}",
                  "}",
                  "")
        n += 1
    return n


def run(out, value_count, function_count):
    out.write("run {",
              "  load traffic at 50/s { http.get(base, timeout: patience) }",
              '  watch health every 250ms: http.get("${base}/healthz", timeout: 1s)',
              "")
    n = 0
    while out.left(0.74):
        f, v = n % function_count, n % value_count
        out.write(f"  phase part{n} {{",
                  f"    let home{n} = http.get(\"${{base}}/pages/{n}?size=${{weight{v}}}\", timeout: patience)",
                  f"    expect home{n}.ok because \"page {n} is public\"",
                  f"    expect home{n}.latency < {n % 200 + 300}ms and len(home{n}.text) >= {n % 50}",
                  f"    let first{n} = item{f}({n}, within: 750ms)",
                  f"    if first{n}.status == 404 {{",
                  f"      expect home{n}.status != 200 or weight{v} > {n}",
                  "    } else {",
                  f"      expect first{n}.ok and not first{n}.failed",
                  "    }",
                  f"    let score_of{n} = score{f}([home{n}, first{n}], 1)",
                  f"    let share{n} = if score_of{n} > {n % 11} then score_of{n} * 2",
                  f"      else (score_of{n} + weight{v}) * 3 - 1",
                  f"    for id in [1, 2, {n % 90 + 3}] {{",
                  f"      let again = item{f}(id * share{n})",
                  "      expect again.latency <= 2 * patience   # a slow one may take twice as long",
                  "    }",
                  f"    wait {n % 20 + 1}ms",
                  "  }")
        n += 1
    out.write("}", "")
    return n


def assertions(out, phase_count):
    n = 0
    while out.left(1.0):
        p, q = n % phase_count, (n * 7 + 3) % phase_count
        out.write(f"assert \"part {n}: the service stays healthy\" rule R1.1:",
                  f"  always during part{p}: health.ok and health.latency <= {n % 300 + 700}ms",
                  f"assert \"part {n}: nobody is refused\" rule R1.2, R2.1",
                  f"  because \"{n % 100} of them asked for it\" {{",
                  f"  never during part{p}: traffic.failed",
                  f"  eventually during part{q} within {n % 50 + 1}ms: health.status == 200",
                  f"  settles during part{q} within 1m{n % 60}s for 5ms: health.ok",
                  f"  p99(traffic.latency during part{p}) < {n % 400 + 100}ms",
                  f"  count(traffic where .status == 200 during part{p}) >= {n % 3}",
                  "}",
                  f"assert \"part {n}: what fails comes back\" rule R2.2:",
                  f"  whenever health.failed during part{p}: eventually within {n % 9 + 1}s: health.ok",
                  "")
        n += 1


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdigit() or int(sys.argv[1]) < 200:
        sys.exit("usage: generate_recipe.py LINES   (200 or more)")
    out = Writer(int(sys.argv[1]))
    header(out)
    value_count = values(out)
    function_count = functions(out)
    phase_count = run(out, value_count, function_count)
    assertions(out, phase_count)
    print("\n".join(out.lines))


main()
