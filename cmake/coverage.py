"""Prints how many lines the tests have executed, by folder and for the files with the most lines left out.

    cmake --preset coverage && cmake --build build/coverage && ctest --preset coverage
    cmake --build build/coverage --target coverage_report
"""
import collections
import json
import pathlib
import subprocess
import sys

source, build = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
lines = collections.defaultdict(dict)  # file -> line -> times executed
if not any(build.rglob("*.gcda")):
    sys.exit("no counters: run the tests of the coverage preset first")
for notes in build.rglob("*.gcno"):
    report = subprocess.run(["gcov", "--json-format", "--stdout", str(notes)], cwd=build, capture_output=True, check=True)
    for text in report.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = (source / file["file"]).resolve()  # paths are recorded relative to the root
            if not path.is_relative_to(source) or path.is_relative_to(build) or "tests" in path.relative_to(source).parts:
                continue
            counts = lines[str(path.relative_to(source))]
            for line in file["lines"]:
                counts[line["line_number"]] = counts.get(line["line_number"], 0) + line["count"]


def show(name, parts):
    total = sum(len(part) for part in parts)
    hit = sum(1 for part in parts for count in part.values() if count)
    print(f"{name:32} {hit:6} of {total:6} lines {100 * hit / total:5.1f}%")


folders = collections.defaultdict(list)
for path, counts in lines.items():
    folders[path.split("/")[0]].append(counts)
for folder in sorted(folders):
    show(folder + "/", folders[folder])
show("all", list(lines.values()))
print("\nmost lines never executed:")
missed = sorted(lines, key=lambda path: -sum(1 for count in lines[path].values() if not count))
for path in missed[:10]:
    show(path, [lines[path]])
