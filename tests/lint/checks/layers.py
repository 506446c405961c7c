"""Who may include whom. The table is the architecture; docs/architecture.md draws it."""
import re

from tree import write

LAYERS = {
    "base": {"base"},
    "config": {"config", "base"},
    "grammar": {"grammar", "base"},
    "bytecode": {"bytecode", "base"},
    "compiler": {"compiler", "grammar", "bytecode", "base"},
    "record": {"record", "base"},
    "vm": {"vm", "bytecode", "record", "base"},
    "judge": {"judge", "vm", "bytecode", "record", "base"},
    "stdlib": {"stdlib", "vm", "bytecode", "record", "base"},
    "report": {"report", "record", "base"},
    "cli": {"cli", "config", "report", "judge", "stdlib", "vm", "record", "compiler", "bytecode", "grammar", "base"},
    "editors": {"editors", "compiler", "grammar", "bytecode", "base"},
}
# The natives are a module that the executable opens when a recipe runs: their headers would tie it to the executable.
# review.h and serve.h are what `aot sql` and `aot proxy` get through that module, remote_exit.h is a number: no function to link.
ONLY_FROM_STDLIB = {"cli": {"stdlib/catalogue.h", "stdlib/proxy/remote_exit.h", "stdlib/proxy/serve.h", "stdlib/sql/review.h"}}
GENERATED = {"grammar/parser.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def findings(tree):
    present = set(tree.files())
    for path in tree.files(".c", ".h", ".re", ".y"):
        folder = path.split("/")[0]
        allowed = LAYERS.get(folder)
        includes = [(line, match[1]) for line, text in tree.lines(path) if (match := INCLUDE.match(text))]
        for line, name in includes:
            beside = f"{path.rsplit('/', 1)[0]}/{name}" # helpers of a test stand beside it
            if name not in present | GENERATED and not (folder == "tests" and beside in present):
                yield f'{path}:{line}: "{name}" is no file of the project (paths start at the root)'
            elif path.startswith("tests/specimen/") and beside not in present:
                yield f'{path}:{line}: the specimen shares no code with aot ("{name}")'
            elif allowed is not None and name.split("/")[0] not in allowed:
                yield f'{path}:{line}: {folder}/ must not include {name.split("/")[0]}/ ("{name}")'
            elif name.startswith("stdlib/") and name not in ONLY_FROM_STDLIB.get(folder, {name}):
                few = ", ".join(sorted(ONLY_FROM_STDLIB[folder]))
                yield f'{path}:{line}: {folder}/ may include of stdlib/ only {few}, not "{name}"'
        own = path[:-2] + ".h"
        if path.endswith(".c") and allowed and own in present and (not includes or includes[0][1] != own):
            yield f'{path}:1: the first include must be its own header "{own}"'


def broken(root):
    write(root, {"base/a.h": "", "base/a.c": '#include "base/a.h"\n', "vm/b.h": "", "vm/b.c": '#include "vm/b.h"\n',
                 "base/wrong.c": '#include "vm/b.h"\n'})
