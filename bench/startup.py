#!/usr/bin/env python3
"""Claim: `aot check recipes.d/t4.aot` starts and ends no slower than `curl --version`. Ratio of medians in one run."""
import os, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from measure import compare

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
build = os.environ.get("AOT_BUILD", os.path.join(root, "build/release"))
print("| what | aot | curl --version | ratio | peak memory |\n|---|---|---|---|---|")
ratio = compare("check recipes.d/t4.aot", [f"{build}/aot", "check", f"{root}/recipes.d/t4.aot"], ["curl", "--version"], 41)
sys.exit(ratio > 1 / 0.8)
