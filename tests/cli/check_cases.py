"""aot check's forms for other programs, and which warnings are told. `case` and `several` are run's."""
import json, os, subprocess, xml.etree.ElementTree as tree

HEAD = 'recipe X1 "x"\nrules R0.1\n'
WARNS = HEAD + 'input unused = 1\nmatrix { way in ["é<&>"] }\nrun { let one = 1 }\nassert "a" rule R0.1: one == 1\n'
FAILS = HEAD + 'run { let one = 1 }\nassert "a" rule R0.1: 1 == 1\nassert "b" rule R0.1: one == one\n'
LIBRARY = "fn broken() -> int = missing\n"
USES = '%suse ./library.aot as l\nrun { let one = l.broken() }\nassert "a" rule R0.1: one == 1\n'


def invoke(aot, folder, *arguments):
    done = subprocess.run([aot, "check", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, env={**os.environ, "NO_COLOR": "1"})
    return done.returncode, done.stdout


def expect(what, wanted, got):
    return None if wanted == got else f"{what}: {got!r}, wanted {wanted!r}"


def sarif(aot, folder):
    status, output = invoke(aot, folder, "-f", "sarif", ".")
    run = json.loads(output)["runs"][0]
    results, rules = run["results"], {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    prints = [result["partialFingerprints"]["aotFinding/v1"] for result in results]
    with open(f"{folder}/fails.aot", "w") as file:
        file.write(FAILS.replace("run {", "# a line above\n\nrun {"))
    moved = json.loads(invoke(aot, folder, "-f", "sarif", "fails.aot")[1])["runs"][0]["results"]
    region = next(result for result in moved if result["ruleId"] == "E401")["locations"][0]["physicalLocation"]["region"]
    kept = [result["partialFingerprints"]["aotFinding/v1"] for result in moved]
    return (expect("status", 1, status) or expect("rules", True, {"W484", "W489", "E401", "E200"} <= rules)
            or expect("findings", ["E401", "E401", "E200", "W489", "W484"], [result["ruleId"] for result in results])
            or expect("fingerprints", len(prints), len(set(prints)))
            or expect("region", {"startLine": 6, "startColumn": 23, "endLine": 6, "endColumn": 29}, region)
            or expect("fingerprints of moved lines", prints[:2], kept) or expect("levels", {"error", "warning"}, {result["level"] for result in results})
            or expect("success", True, run["invocations"][0]["executionSuccessful"]))


def gitlab(aot, folder):
    found = json.loads(invoke(aot, folder, "-f", "gitlab", ".")[1])
    return (expect("paths", {"fails.aot", "library.aot", "warns.aot"}, {item["location"]["path"] for item in found})
            or expect("severities", {"major", "minor"}, {item["severity"] for item in found})
            or expect("fingerprints", len(found), len({item["fingerprint"] for item in found})))


def checkstyle(aot, folder):
    root = tree.fromstring(invoke(aot, folder, "-f", "checkstyle", ".")[1])
    errors = root.findall("./file/error")
    return expect("files", 3, len(root.findall("file"))) or expect("sources", 5, len(errors)) or expect("source", "aot.E401", errors[0].get("source"))


def rdjson(aot, folder):
    found = json.loads(invoke(aot, folder, "-f", "rdjson", ".")[1])["diagnostics"]
    return expect("count", 5, len(found)) or expect("range", {"start": {"line": 4, "column": 23}, "end": {"line": 4, "column": 29}}, found[0]["location"]["range"])


def github(aot, folder):
    many = "".join(f"input unused{i} = 1\n" for i in range(30))
    with open(f"{folder}/many.aot", "w") as file:
        file.write(HEAD + many + 'run { let one = 1 }\nassert "a" rule R0.1: one == 1\n')
    lines = invoke(aot, folder, "-f", "github", "many.aot", ".")[1].splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    return expect("worst first", ["::error"] * 3 + ["::warning"] * 10, kinds) or expect("title", True, "title=E401 constant-claim::" in lines[0])


def below_the_checkout(aot, folder):
    """Paths lead from the root of the checkout, whoever calls it what."""
    os.makedirs(f"{folder}/sub dir")
    with open(f"{folder}/sub dir/a.aot", "w") as file:
        file.write(FAILS)
    found = []
    for form, variable in (("sarif", "GITHUB_WORKSPACE"), ("gitlab", "CI_PROJECT_DIR"), ("checkstyle", "CI_PROJECT_DIR"), ("github", "GITHUB_WORKSPACE")):
        done = subprocess.run([aot, "check", "-f", form, "a.aot"], cwd=f"{folder}/sub dir", capture_output=True, text=True, timeout=60, env={**os.environ, variable: folder})
        found.append(("sub%20dir/a.aot" if form == "sarif" else "sub dir/a.aot") in done.stdout)
    return expect("prefixes", [True] * 4, found)


def columns_in_bytes(aot, folder):
    with open(f"{folder}/b.aot", "w") as file:
        file.write(FAILS.replace('assert "a"', 'assert "\U0001F600"'))
    found = json.loads(invoke(aot, folder, "-f", "rdjson", "b.aot")[1])["diagnostics"][0]
    return expect("column", 26, found["location"]["range"]["start"]["column"])


def all_cases(case, several, aot):
    for look in (below_the_checkout, columns_in_bytes):
        several(f"check: forms, {look.__name__}", FAILS, (None, lambda folder, look=look: look(aot, folder)))
    case("check: an empty --select", 2, ["check", "--select", "", "r.aot"], "this one is empty", recipe=WARNS)
    files = {"fails.aot": FAILS, "warns.aot": WARNS, "library.aot": LIBRARY, "one.aot": USES % HEAD, "two.aot": USES % HEAD.replace("X1", "X2")}
    for form in (sarif, gitlab, checkstyle, rdjson, github):
        several(f"check: -f {form.__name__}", USES % HEAD, (None, lambda folder, form=form: form(aot, folder)), files=files)
    case("check: no such form", 2, ["check", "-f", "xml", "r.aot"], "--format xml is unknown", "sarif", "or rdjson", recipe=WARNS)
    case("check: --ignore", 0, ["check", "--strict", "--ignore", "W484,unused-name", "r.aot"], "no findings", recipe=WARNS)
    case("check: --ignore of a beginning", 0, ["check", "--strict", "--ignore", "W48", "r.aot"], "no findings", recipe=WARNS)
    case("check: --select", 1, ["check", "--strict", "--select", "W484", "r.aot"], "W484", "1 warning", recipe=WARNS)
    case("check: --select leaves errors", 1, ["check", "--select", "W484", "r.aot"], "E401", "2 errors", recipe=FAILS)
    case("check: an error cannot be ignored", 2, ["check", "--ignore", "E401", "r.aot"], "that is an error", recipe=FAILS)
    case("check: nothing of that name", 2, ["check", "--ignore", "unused-nam", "r.aot"], "did you mean unused-name?", recipe=WARNS)
    case("run: warnings are counted", 0, ["run", "r.aot"], "aot: r.aot: 2 warnings; `aot check r.aot` shows them", "pass", recipe=WARNS)
