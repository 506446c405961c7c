"""Each folder introduces itself in a screenful."""
from tree import write

MOST_LINES = 80
# Folders whose content is introduced elsewhere, and where.
EXCEPT = {".ci": "CONTRIBUTING.md", "cmake": "CONTRIBUTING.md", "docs": "README.md"}


def findings(tree):
    present = set(tree.files())
    folders = {path.split("/")[0] for path in present if "/" in path}
    folders |= {"/".join(path.split("/")[:2]) for path in present if path.startswith("editors/") and path.count("/") > 1}
    for folder in sorted(folders - EXCEPT.keys()):
        readme = f"{folder}/README.md"
        if readme not in present:
            yield f"{readme}: is missing"
            continue
        count = len(tree.text(readme).splitlines())
        if not 5 <= count <= MOST_LINES:
            yield f"{readme}: {count} lines are not a screenful"


def broken(root):
    write(root, {"vm/a.c": ""})
