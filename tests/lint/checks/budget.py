"""Each suite has its seconds in tests/budget, each row its suite, and all together stay within 35 minutes."""
from tree import write

MOST_SECONDS = 35 * 60
# Suites of tests/suites that have no folder of their own.
STEPS = {"build_dev", "build_clang", "build_fuzz", "tidy", "valgrind", "fuzz"}


def suites(tree):
    for path in tree.files("/run"):
        parts = path.split("/")
        if len(parts) == 3 and parts[0] == "tests" and parts[1] != "soak":
            yield parts[1]
    for path in tree.files("_test.c"):
        if path.startswith("tests/unit/"):
            yield "unit_" + path.split("/")[2]


def findings(tree):
    budget = {}
    for line, text in tree.lines("tests/budget"):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not words[1].isdigit() or words[0] in budget:
            yield f"tests/budget:{line}: a row is a suite, once, and its seconds"
            continue
        budget[words[0]] = int(words[1])
    present = set(suites(tree))
    for suite in sorted(present | STEPS - budget.keys()):
        if suite not in budget:
            yield f"tests/budget: has no row for {suite}"
    for suite in sorted(budget.keys() - present - STEPS):
        yield f"tests/budget: {suite} is no suite"
    total = sum(budget.values())
    if total > MOST_SECONDS:
        yield f"tests/budget: {total} seconds are more than {MOST_SECONDS}"


def broken(root):
    write(root, {"tests/budget": "lint 10\n", "tests/golden/run": ""})
