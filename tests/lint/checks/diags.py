"""Each row of diags.def is reported somewhere: a message that nobody can meet does not stand in `aot explain`."""
import re

from tree import write

ROW = re.compile(r"^\s*DIAG\((\w+)", re.MULTILINE)


def findings(tree):
    sources = "".join(tree.text(path) for path in tree.files(".c", ".h", ".re", ".y") if not path.startswith("tests/"))
    used = set(re.findall(r"\bDIAG_([EW]\d+)\b", sources))
    for code in ROW.findall(tree.text("base/diags.def")):
        if code not in used:
            yield f"base/diags.def: {code} is never reported"


def broken(root):
    write(root, {"base/diags.def": 'DIAG(E999, "a", SEVERITY_ERROR, "b", "c")\n'})
