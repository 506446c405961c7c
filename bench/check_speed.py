#!/usr/bin/env python3
"""Claim: `aot check` reads 1,000,000 lines a second or more, and stays under 400 MiB, on a generated recipe of 100,000 lines."""
import os, statistics, subprocess, sys, tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from measure import once

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
lines = int(os.environ.get("LINES", "100000"))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "long.aot")
    with open(path, "w") as file:
        subprocess.run([sys.executable, os.path.join(root, "bench/generate_recipe.py"), str(lines)], stdout=file, check=True)
    real = sum(1 for _ in open(path))
    runs = [once([f"{build}/aot", "check", path]) for _ in range(15)]
if any(run[3] for run in runs):
    raise SystemExit("the generated recipe does not check")
wall, memory = statistics.median(r[0] for r in runs), max(r[2] for r in runs)
print(f"{real} lines in {wall * 1e3:.1f} ms: {real / wall / 1e6:.2f} million lines a second; peak {memory:.0f} MiB")
sys.exit(real / wall < 0.8e6 or memory > 400)
