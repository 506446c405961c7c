"""Generated documents say what the executable would write today: `aot docs --check` compares and lists what differs."""
import subprocess

from tree import write

GENERATED = ("docs/builtins.md", "docs/diagnostics.md", "docs/opcodes.md")


def findings(tree):
    present = set(tree.files())
    if not any(path in present for path in GENERATED):
        return
    aot = tree.build / "aot"
    if not aot.exists():
        yield f"{aot}: is not built, so the generated documents cannot be compared"
        return
    checked = subprocess.run([str(aot), "docs", "--check"], cwd=tree.root, capture_output=True, text=True, timeout=30)
    if checked.returncode:
        said = (checked.stdout + checked.stderr).strip().splitlines()
        yield f"docs/: `aot docs --check` ended with {checked.returncode}: {' / '.join(said[:5])}"


def broken(root):
    write(root, {"docs/builtins.md": "old\n", "aot": "#!/bin/sh\nexit 1\n"})
    (root / "aot").chmod(0o755)
