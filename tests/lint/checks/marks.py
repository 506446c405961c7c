"""What is unfinished is finished or said in an issue, not marked in the source."""
import re

from tree import write

MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b|\bnot " + r"implemented\b")
ENDINGS = (".c", ".h", ".def", ".re", ".y", ".py", ".js", ".sh", ".cmake", ".txt", ".aot", ".sql", ".md", "/run", "bootstrap")


def findings(tree):
    for path in tree.files(*ENDINGS):
        for line, text in tree.lines(path):
            if match := MARKS.search(text):
                yield f"{path}:{line}: {match[0]}"


def broken(root):
    write(root, {"vm/a.c": "/* TO" + "DO: the rest */\n"})
