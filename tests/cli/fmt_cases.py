"""aot fmt as a user meets it. `case` is run's."""
import os, stat

UGLY = 'recipe X1 "x"\nrules R0.1\nrun{\nlet one=1 # why\n}\nassert "a" rule R0.1: one==1\n'
NEAT = 'recipe X1 "x"\nrules R0.1\nrun {\n  let one = 1  # why\n}\nassert "a" rule R0.1: one == 1\n'


def words(case):
    case("fmt: standard input", 0, ["fmt", "-"], NEAT, text=UGLY)
    case("fmt: --check of standard input", 1, ["fmt", "--check", "-"], "<stdin>", text=UGLY)
    case("fmt: --check of what is neat", 0, ["fmt", "--check", "r.aot"], recipe=NEAT)
    case("fmt: --check names the file", 1, ["fmt", "--check", "."], "./r.aot\n", recipe=UGLY)
    case("fmt: --diff", 1, ["fmt", "--diff", "r.aot"], "--- r.aot\n+++ r.aot\n@@ -1,6 +1,6 @@\n", "-run{\n-let one=1 # why\n+run {\n+  let one = 1  # why\n", recipe=UGLY)
    case("fmt: does not parse", 2, ["fmt", "r.aot"], "r.aot:3", "error", recipe="recipe X1 \"x\"\nrules R0.1\nrun }\n")
    case("fmt: no file", 2, ["fmt"], "wants a file or a folder")
    case("fmt: no such file", 2, ["fmt", "absent.aot"], "o such file")
    case("fmt: a folder without recipes", 2, ["fmt", "tmp"], "no recipe")
    case("fmt: what is no text", 2, ["fmt", "r.aot"], "r.aot", files={"r.aot": b"\xff\xfe\x00" * 100})


def prepare(folder):
    for name, text in (("real.txt", UGLY), ("bad.aot", "run {\n"), ("one.aot", UGLY)):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)
    os.chmod(os.path.join(folder, "real.txt"), 0o640)
    os.link(os.path.join(folder, "one.aot"), os.path.join(folder, "one.txt"))
    os.symlink("real.txt", os.path.join(folder, "link.aot"))
    os.utime(os.path.join(folder, "r.aot"), ns=(1, 1))


def look(folder):
    """Permissions and links are as before, what is neat or does not parse was not written, and nothing stands beside them."""
    found = {name: open(os.path.join(folder, name)).read() for name in sorted(os.listdir(folder)) if name != "tmp"}
    mode = stat.S_IMODE(os.stat(os.path.join(folder, "real.txt")).st_mode)
    if found != {"bad.aot": "run {\n", "link.aot": NEAT, "one.aot": NEAT, "one.txt": NEAT, "r.aot": NEAT, "real.txt": NEAT}:
        return f"the files are {found}"
    if mode != 0o640 or not os.path.islink(os.path.join(folder, "link.aot")):
        return f"mode {mode:o}, or no link"
    return None if os.stat(os.path.join(folder, "r.aot")).st_mtime_ns == 1 else "a neat file was written"


def all_cases(case, several):
    words(case)
    several("fmt: in place", NEAT, (None, prepare), (2, ["fmt", "."], "bad.aot:1", "./link.aot\n"), (None, look), (0, ["fmt", "--check", "r.aot", "link.aot"]))
