#!/usr/bin/env python3
"""squawk (npm squawk-cli) on T4's migrations: what it says of each, beside the truth that the file's first line tells. Its rules of style and its demand for
timeouts do not count: they speak of every file, good or bad. AOT's own verdicts come from tests/defects/run. $SQUAWK names the program."""
import glob, os, re, subprocess, sys

STYLE = re.compile(r"prefer-|require-(lock|statement)-timeout|syntax-error")
root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
squawk = os.environ.get("SQUAWK", "squawk")
right = missed = alarms = 0
for path in sorted(glob.glob(f"{root}/recipes.d/migrations/*-up.sql")) + sorted(glob.glob(f"{root}/tests/defects/migrations/*-up.sql")):
    bad = open(path, encoding="utf-8").readline().startswith("-- expect: fail")
    said = subprocess.run([squawk, "--pg-version", "15.0", "--reporter", "gcc", path], capture_output=True, text=True, timeout=60).stdout
    rules = sorted({rule for rule in re.findall(r": (?:warning|error): ([a-z-]+)", said) if not STYLE.match(rule)})
    right, missed, alarms = right + (bad == bool(rules)), missed + (bad and not rules), alarms + (not bad and bool(rules))
    print(f"{'bad ' if bad else 'good'}  {'misses' if bad and not rules else 'ALARM ' if rules and not bad else 'right '}  {os.path.basename(path):44}  {' '.join(rules)}")
print(f"squawk: {right} right, {missed} bad ones missed, {alarms} false alarms")
sys.exit(right == 0)
