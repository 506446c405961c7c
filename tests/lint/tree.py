"""The files that the checks look at."""
import os
import pathlib

# Made by tools, not by people.
SKIPPED = {"build", ".git", ".aot", ".cache", "__pycache__", "node_modules"}
GENERATED = {"editors/tree-sitter-aot/src"}


class Tree:
    def __init__(self, root, build):
        self.root = pathlib.Path(root)
        self.build = pathlib.Path(build)
        self._files = None

    @classmethod
    def of_repository(cls, root):
        return cls(root, os.environ.get("AOT_BUILD", root / "build" / "dev"))

    def files(self, *endings):
        """Paths relative to the root, as strings, sorted; all files without an argument."""
        if self._files is None:
            self._files = sorted(self._walk())
        return [path for path in self._files if not endings or path.endswith(endings)]

    def _walk(self):
        for folder, folders, names in os.walk(self.root):
            relative = pathlib.Path(folder).relative_to(self.root)
            folders[:] = [f for f in folders if f not in SKIPPED and str(relative / f) not in GENERATED]
            for name in names:
                yield str(relative / name)

    def text(self, path):
        return (self.root / path).read_text(errors="replace")

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)


def write(root, files):
    """For broken examples: {path: content}."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)
