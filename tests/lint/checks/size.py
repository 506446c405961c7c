"""Files stay small enough to read in one sitting."""
from tree import write

MOST_LINES = 800
ENDINGS = (".c", ".h", ".re", ".y", ".py", ".js", ".sh")


def findings(tree):
    for path in tree.files(*ENDINGS):
        count = len(tree.text(path).splitlines())
        if count > MOST_LINES:
            yield f"{path}: {count} lines; over {MOST_LINES} there is a second noun to be found"
    for path in tree.files("util.c", "utils.c", "common.h", "misc.c", "helpers.c"):
        yield f"{path}: a file is named by its noun"


def broken(root):
    write(root, {"base/a.c": "\n" * (MOST_LINES + 1)})
