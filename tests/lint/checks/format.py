"""clang-format has the last word on blanks (.clang-format)."""
import os
import re
import shutil
import subprocess

from tree import write


def findings(tree):
    files = [str(tree.root / path) for path in tree.files(".c", ".h")]
    if not shutil.which("clang-format"):
        yield "clang-format: is not installed"
        return
    workers = os.cpu_count() or 1
    started = [
        subprocess.Popen(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *part],
                         stderr=subprocess.PIPE, text=True)
        for part in (files[index::workers] for index in range(workers)) if part
    ]
    for process in started:
        errors = process.communicate()[1]
        for path, line in re.findall(r"^(.+?):(\d+):\d+: error:", errors, re.MULTILINE):
            yield f"{os.path.relpath(path, tree.root)}:{line}: clang-format -i would change this"
        if process.returncode and "error:" not in errors:
            yield f"clang-format: {errors.strip()}"


def broken(root):
    write(root, {"vm/a.c": "int  a  ( void ) ;\n"})
