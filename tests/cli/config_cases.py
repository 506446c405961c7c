"""aot.yaml as a user meets it: what counts, who says so, and what is said of mistakes. `case` is run's."""

HEAD = 'recipe X1 "x"\nrules R0.1\n'
TAIL = 'run { wait 1ms }\nlet one = 1ms\nassert "a" rule R0.1: one == 1ms\n'
RECIPE = HEAD + "input length = 90s\ninput window: [version] = [N]\ninput place: path = ./r.aot\ninput greeting: string? = \"hi\"\n"
SECRET = HEAD + "secret token: string = env.TOK\n" + TAIL


def shows(name, words, yaml, arguments=(), env=None, recipe=RECIPE + TAIL):
    CASE("config show: " + name, 0, ["config", "show", "r.aot", *arguments], *words, recipe=recipe, files={"aot.yaml": yaml}, env=env)


def finds(name, yaml, *words, recipe=RECIPE + TAIL, status=1):
    CASE("aot.yaml: " + name, status, ["check", "r.aot"], *words, recipe=recipe, files={"aot.yaml": yaml})
    CASE("aot.yaml, run: " + name, 2, ["run", "r.aot"], *words, recipe=recipe, files={"aot.yaml": yaml})


def precedence():
    yaml = "inputs:\n  length: 5s\n  X1: { length: 4s }\n  X2: { length: 1s }\nprofiles:\n  quick:\n    inputs: { length: 3s }\n  slow: { limit: 9m }\n"
    shows("the recipe's default", ["length     1m30s", "default, r.aot:3"], "inputs: {}\n")
    shows("of this recipe", ["length     4s", "aot.yaml:3\n"], yaml)
    shows("a profile beats the rest", ["length     3s", "aot.yaml:7 profile quick"], yaml, ["-p", "quick"])
    shows("a profile that is silent", ["length     4s", "limit      9m", "aot.yaml:8 profile slow"], yaml, ["--profile", "slow"])
    shows("the profile of the environment", ["length     3s", "profile    quick", "AOT_PROFILE"], yaml, env={"AOT_PROFILE": "quick"})
    shows("the environment beats a profile", ["length     2s", "AOT_INPUT_LENGTH"], yaml, ["-p", "quick"], {"AOT_INPUT_LENGTH": "2s"})
    shows("--set beats all", ["length     1s", "--set"], yaml, ["-p", "quick", "--set", "length=1s"], {"AOT_INPUT_LENGTH": "2s"})
    shows("settings", ["backend    docker", "aot.yaml:1\n", "jobs       3", "AOT_JOBS", "keep-runs  20"], "backend: docker\njobs: 9\n", env={"AOT_JOBS": "3"})
    CASE("config: no such profile", 2, ["run", "r.aot", "-p", "quik"], "--profile quik: aot.yaml has no such profile; did you mean quick?", recipe=RECIPE + TAIL, files={"aot.yaml": yaml})
    CASE("config: a profile without a file", 2, ["run", "r.aot", "-p", "quick"], "there is no aot.yaml", recipe=RECIPE + TAIL)
    CASE("config: a wrong word in the environment", 2, ["run", "r.aot"], "AOT_LIMIT=5: a length of time", env={"AOT_LIMIT": "5"}, recipe=RECIPE + TAIL)
    CASE("config: the limit of a profile ends a run", 4, ["run", "r.aot", "-p", "quick"], "limit of 200ms", files={"aot.yaml": "profiles:\n  quick: { limit: 200ms }\n"},
         recipe=HEAD + "run { wait 20s\n let one = 1ms }\nassert \"a\" rule R0.1: one == 1ms\n", limit=15)
    CASE("config: as JSON", 0, ["config", "show", "r.aot", "--json"], '"recipe":"X1"', '{"name":"length","value":"4s","origin":"file","place":"aot.yaml:3"}', recipe=RECIPE + TAIL, files={"aot.yaml": yaml})
    CASE("config: of no recipe", 0, ["config", "show"], "there is no aot.yaml", "jobs")
    CASE("config: what else", 2, ["config", "shwo"], "aot config show [RECIPE], or aot config check")


def values():
    yaml = "inputs:\n  window: [N-1, \"v1.2\"]\n  place: data/x\n  greeting: ~\n"
    shows("values of every kind", ["[N-1, v1.2]", "/data/x\"", "greeting   none"], yaml)
    for name, text in (("plain", "none"), ("null", "~")):
        shows(f"an optional text that is none, {name}", ["greeting   none"], f"inputs: {{ greeting: {text} }}\n")
    shows("a text that is the word none", ['greeting   "none"'], "inputs: { greeting: \"none\" }\n")
    shows("a text that is the word none, by --set", ['greeting   "none"', "--set"], "inputs: {}\n", ["--set", 'greeting="none"'])
    shows("none by --set", ["greeting   none", "--set"], "inputs: {}\n", ["--set", "greeting=none"])
    shows("a quoted text by --set keeps its quotes", ['greeting   "\\"hi\\""'], "inputs: {}\n", ["--set", 'greeting="hi"'])
    listed = HEAD + "input many: [string?] = []\n" + TAIL
    shows("a list of texts and none", ['[none, "none", none, "a"]'], "inputs: { many: [none, \"none\", ~, a] }\n", recipe=listed)
    shows("a list of texts and none, by --set", ['[none, "none", "a"]'], "inputs: {}\n", ["--set", 'many=[none, "none", a]'], recipe=listed)
    shows("a text that looks like a bool", ['greeting   "yes"'], "inputs: { greeting: yes }\n")
    typed = HEAD + 'input a: int = 1\ninput b: bool = false\ninput c: {n: int, s: [string]} = { n: 1, s: [] }\ninput d: json = json\'{}\'\ninput e: {string: duration} = {}\n' + TAIL
    shows("numbers, records, json, maps", ["a          31", "b          true", '{ n: 5, s: ["true", "7"] }', '{ x: [1, 0.5, true, none, "no", "1.10"] }', "{ slow: 2s }"],
          'inputs:\n  a: 0x1F\n  b: True\n  c: { n: 5, s: [true, "7"] }\n  d: { x: [1, 0.5, true, null, no, "1.10"] }\n  e: { slow: 2s }\n', recipe=typed)
    CASE("config: an input without default from the file", 0, ["run", "r.aot"], "pass", recipe=HEAD + "input n: int\n" + TAIL, files={"aot.yaml": "inputs: { n: 5 }\n"})
    CASE("config: secrets are not shown", 0, ["config", "show", "r.aot", "--set", "token=hunter22-abc"], "token      ***", "--set", recipe=SECRET)
    CASE("config: named by option", 0, ["config", "show", "r.aot", "--config", "other.yaml"], "length     7s", "other.yaml:1", recipe=RECIPE + TAIL, files={"other.yaml": "inputs: { length: 7s }\n", "aot.yaml": "inputs: { length: 8s }\n"})
    CASE("config: named by a variable", 0, ["config", "show", "r.aot"], "length     7s", "other.yaml:1", recipe=RECIPE + TAIL, env={"AOT_CONFIG": "other.yaml"}, files={"other.yaml": "inputs: { length: 7s }\n"})
    CASE("config: the named one is not there", 2, ["run", "r.aot", "--config", "absent.yaml"], "--config absent.yaml: no such file", recipe=RECIPE + TAIL)


def mistakes():
    finds("an unknown key", "input: {}\n", "E603", "aot.yaml:1:1", "did you mean `inputs`?")
    finds("an unknown input of the recipe", "inputs:\n  X1: { lenght: 3s }\n", "E606", "aot.yaml:2:9", "X1 has no input `lenght`", "did you mean `length`?")
    finds("a wrong type, in a profile too", "inputs: { length: 30 }\nprofiles:\n  quick:\n    inputs:\n      window: [N, M]\n", "aot.yaml:1:19", '"30" is no duration, such as 30s', "aot.yaml:5:19", '"M" is no version', "r.aot:4")
    finds("a secret", "inputs: { token: hunter22 }\n", "E608", "the secret `token` has its value in a file", "********", recipe=SECRET)
    finds("a secret, misspelt", "inputs: { X1: { tokne: hunter22 } }\n", "E606", "did you mean `token`?", recipe=SECRET)
    finds("a record's field", "inputs:\n  c: { n: 5, t: 1 }\n", "aot.yaml:2:14", "no field `t`", "the field `s` is missing", recipe=HEAD + "input c: {n: int, s: [string]} = { n: 1, s: [] }\n" + TAIL)
    finds("no YAML", "inputs:\n\tlength: 3s\n", "E600", "aot.yaml:2:1", "blanks, not by tabs")
    finds("all at once", "backend: podman\nbackend: docker\nreleases: { N: { tga: v1 } }\nlimit: soon\n", "E602", "E603", "did you mean `tag`?", "aot.yaml:1:10", "aot.yaml:4:8")
    for name, yaml in (("no YAML", "inputs:\n  db_password: hunter22: def\n"), ("no mapping", "inputs: hunter22\n"), ("twice", "inputs: { T4: { a: hunter22, a: hunter22 } }\n"),
                       ("of a profile", "profiles:\n  p:\n    inputs:\n      password: hunter22: def\n"), ("an anchor", "inputs:\n  password: &a hunter22\n"),
                       ("of many lines", "inputs: {\npassword: hunter22,\npassword: hunter22 }\n"), ("after a tab", "inputs:\n\tpassword: hunter22\n")):
        finds(f"a value in an excerpt, {name}", yaml, "aot.yaml:")
    CASE("config check: clean", 0, ["config", "check", "r.aot"], "aot.yaml for r.aot: no findings", recipe=RECIPE + TAIL, files={"aot.yaml": "inputs: { length: 3s }\n"})
    CASE("config check: not clean", 1, ["config", "check", "r.aot"], "E607", recipe=RECIPE + TAIL, files={"aot.yaml": "inputs: { length: 3 }\n"})
    CASE("config check: none there", 2, ["config", "check"], "there is no aot.yaml")
    CASE("check: gcc form of aot.yaml", 1, ["check", "--format", "gcc", "."], "aot.yaml:1:19: error: ", "[E607]", recipe=RECIPE + TAIL, files={"aot.yaml": "inputs: { length: 3 }\n"})
    CASE("aot.yaml that is a device", 2, ["run", "r.aot", "--config", "/dev/zero"], "it is not a regular file", recipe=RECIPE + TAIL)
    CASE("aot.yaml of a megabyte", 2, ["run", "r.aot"], "E609", "larger than 256 KiB", recipe=RECIPE + TAIL, files={"aot.yaml": "a: b\n" * 200_000})
    CASE("aot.yaml of brackets", 2, ["run", "r.aot"], "E609", "nested more than 32 deep", recipe=RECIPE + TAIL, files={"aot.yaml": "[" * 200_000})
    CASE("aot.yaml of anchors", 2, ["run", "r.aot"], "E601", recipe=RECIPE + TAIL, files={"aot.yaml": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"})


def recipes_that_are_not_there():
    misspelt = "inputs:\n  X1: { length: 3s }\n  Xl: { token: hunter22 }\nprofiles:\n  quick:\n    inputs: { Xl: { token: hunter22 } }\n"
    words = ["W610", "aot.yaml:3:3", "there is no recipe `Xl`", "did you mean `X1`?", "aot.yaml:6:15"]
    for status, *arguments in ((0, "check", "."), (0, "run", "r.aot"), (0, "config", "show", "r.aot"), (0, "config", "show"), (0, "config", "check"), (0, "doctor", "."), (1, "check", "--strict", ".")):
        CASE(f"aot.yaml: a recipe that is not there, {' '.join(arguments)}", status, arguments, *words, recipe=RECIPE + TAIL, files={"aot.yaml": misspelt, "s.aot": (RECIPE + TAIL).replace("X1", "X2")})
    CASE("config check: with a warning", 0, ["config", "check"], "aot.yaml: 2 warnings", recipe=RECIPE + TAIL, files={"aot.yaml": misspelt})
    other = "inputs: { T9: { a: 1 } }\n"
    for name, files, arguments in (("in a folder below", {"tmp.d/deep/s.aot": (RECIPE + TAIL).replace("X1", "T9")}, []), ("behind comments", {"s.aot": "# a\n#\n\n  recipe T9\n"}, []),
                                   ("perhaps, as the file was named", {"other.yaml": other}, ["--config", "other.yaml"])):
        CASE(f"aot.yaml: a recipe that is there, {name}", 0, ["config", "check", *arguments], "no findings", recipe=RECIPE + TAIL, files={"aot.yaml": other, **files})
    CASE("aot.yaml: a recipe that comes by standard input", 0, ["config", "check", "-"], "aot.yaml for -: no findings", text=(RECIPE + TAIL).replace("X1", "T9"), files={"aot.yaml": "inputs: { T9: { length: 3s } }\n"})


def releases():
    recipe = HEAD + 'run { let a = N-1.bin\n let b = "${N}" }\nassert "a" rule R0.1 { a == "x"\n b == "v2" }\n'
    yaml = "releases:\n  N: { tag: v2 }\n  N-1: { tag: v1, bin: no/such }\n"
    CASE("releases: a program that is not there", 1, ["run", "r.aot"], "the program of release N-1 does not exist: /", "no/such (aot.yaml:3)", 'b == "v2" (b = "v2")', recipe=recipe, files={"aot.yaml": yaml})
    CASE("releases: no bin", 1, ["run", "r.aot", "--versions", "N-1=v0"], "release N-1 has no bin: --versions gives tag", recipe=recipe, files={"aot.yaml": yaml})
    CASE("releases: nobody says", 1, ["run", "r.aot"], "release N-1 has no bin: aot.yaml says what a release is", "release N has no tag", recipe=recipe)
    CASE("releases: misspelt on the command line", 2, ["run", "r.aot", "--versions", "v1"], "--versions v1: write --versions N=v2.0.0,N-1=v1.1.0", recipe=recipe)
    CASE("releases: no repository", 2, ["run", "r.aot"], "E605", "aot.yaml:1:11", "git says: fatal: not a git repository", recipe=recipe, files={"aot.yaml": "releases: from-tags\n"}, env={"GIT_CEILING_DIRECTORIES": "/tmp"})
    CASE("releases: no git", 2, ["run", "r.aot"], "git cannot be asked: PATH has no such program", recipe=recipe, files={"aot.yaml": "releases: from-tags\n"}, env={"PATH": "/nonexistent"})


    profiled = yaml + "profiles:\n  candidate:\n    releases:\n      bin: rc/{tag}\n      N: { tag: v3-rc1 }\n"
    CASE("releases: of a profile", 0, ["config", "show", "r.aot", "-p", "candidate"], "tag v3-rc1, bin /", "/rc/v3-rc1", "aot.yaml:8 profile candidate", "tag v1, bin /", "no/such", recipe=recipe, files={"aot.yaml": profiled})
    CASE("releases: of a profile, run", 1, ["run", "r.aot", "-p", "candidate"], 'b = "v3-rc1"', recipe=recipe, files={"aot.yaml": profiled})
    finds("a release of a profile", "profiles:\n  p:\n    releases: { N: { tga: v1 } }\n", "E603", "aot.yaml:3:22", "did you mean `tag`?")


REDIRECTS = """import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        away = {"/away": "http://192.0.2.7:81/x", "/same": "/", "/twice": "/away"}.get(self.path)
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", away)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def redirects():
    recipe = HEAD + """service api {
  command: ["python3", "s.py", "${self.port}"]
  ready within 30s every 50ms: http.get(self.url).ok
}
run { load l with 1 workers for 100ms { http.get("${api.url}/PATH", redirects: 3, timeout: 2s) } }
assert "all arrive" rule R0.1: always: l.ok
"""
    for path in ("away", "twice"):
        CASE(f"targets: a redirect of a load to another machine, /{path}", 1, ["run", "r.aot"], "redirect to 192.0.2.7:81, which is not this machine", "--allow-target name it", recipe=recipe.replace("PATH", path), files={"s.py": REDIRECTS})
    CASE("targets: a redirect of a load to this machine", 0, ["run", "r.aot"], "pass", recipe=recipe.replace("PATH", "same"), files={"s.py": REDIRECTS})
    CASE("targets: an allowed redirect", 1, ["run", "r.aot", "--allow-target", "192.0.2.7:81"], "l.ok", recipe=recipe.replace("PATH", "away").replace("timeout: 2s", "timeout: 100ms"),
         files={"s.py": REDIRECTS, "aot.yaml": 'allow targets: ["192.0.2.7"]\n'})


def targets():
    recipe, yaml = RECIPE + TAIL, "allow targets: [staging.example, \"10.0.0.7:5432\"]\n"
    CASE("targets: both name it", 0, ["run", "r.aot", "--allow-target", "staging.example:443", "--allow-target", "10.0.0.7:5432"], "pass", recipe=recipe, files={"aot.yaml": yaml})
    CASE("targets: the file does not list it", 2, ["run", "r.aot", "--allow-target", "10.0.0.7"], "--allow-target 10.0.0.7: `allow targets` of aot.yaml does not list it", recipe=recipe, files={"aot.yaml": yaml})
    CASE("targets: another host that begins alike", 2, ["run", "r.aot", "--allow-target", "staging.example.com"], "does not list it", recipe=recipe, files={"aot.yaml": yaml})
    foreign, both = "allow targets: [192.0.2.7]\n", ["--allow-target", "192.0.2.7"]
    words = ("192.0.2.7:80 is not this machine", "allow targets: [\"192.0.2.7\"]", "--allow-target 192.0.2.7 on the command line")
    for name, body in (("a load", 'load l with 1 workers for 20ms { http.get("http://192.0.2.7/", timeout: 1ms) }'),
                       ("a load by libcurl", 'load l with 1 workers for 20ms { http.get("http://192.0.2.7/", timeout: 1ms, fresh: true, redirects: 1) }'),
                       ("a load's task", 'load l with 1 workers for 20ms {\n parallel {\n http.post("http://192.0.2.7/", timeout: 1ms)\n wait 1ms\n }\n }'),
                       ("a proxy", 'let p = proxy("http://192.0.2.7/")')):
        there = HEAD + "run {\n " + body + "\n wait 100ms }\n" + TAIL.split("}\n", 1)[1]
        CASE(f"targets: {name} to another machine", 4, ["run", "r.aot"], *words, recipe=there)
        CASE(f"targets: {name}, allowed by the file alone", 4, ["run", "r.aot"], *words, recipe=there, files={"aot.yaml": foreign})
        CASE(f"targets: {name}, allowed by both", 0, ["run", "r.aot", *both], "pass", recipe=there, files={"aot.yaml": foreign})
    CASE("targets: a request of the user's own needs no leave", 0, ["run", "r.aot"], "pass",
         recipe=HEAD + 'run { let a = http.post("http://192.0.2.7/", timeout: 1ms)\n wait 1ms }\n' + TAIL.split("}\n", 1)[1])
    CASE("targets: no file", 2, ["run", "r.aot", "--allow-target", "staging.example"], "of an aot.yaml does not list it", recipe=recipe)


def doctor():
    CASE("doctor: this machine", 0, ["doctor"], "this machine", "natives", "PostgreSQL", "docker", "namespaces", "git version")
    CASE("doctor: a recipe that lacks nothing", 0, ["doctor", "r.aot"], "ready   X1", recipe=RECIPE + TAIL)
    CASE("doctor: a recipe that lacks much", 4, ["doctor", "."], "lacks   X1", "needs no-such-program", "input n has no value", "PostgreSQL: PATH has no such program", "AOT_POSTGRES_BIN names its folder",
         recipe=HEAD + "needs \"no-such-program\"\ninput n: int\nlet db = postgres()\n" + TAIL, env={"AOT_POSTGRES_BIN": "/nonexistent"})
    CASE("doctor: releases that are not there", 4, ["doctor", "r.aot", "--json"], '"recipes":[{"name":"r.aot","good":false', "the program of release N: /", "no/notes (aot.yaml:3)", files={"aot.yaml": "releases:\n  bin: no/notes\n  N: { tag: v1 }\n"},
         recipe=HEAD + 'service api(app: version) {\n command: [app.bin]\n}\nlet a = api(app: N)\n' + TAIL)
    CASE("doctor: a recipe that does not compile", 2, ["doctor", "r.aot"], "E2", recipe=HEAD + "run { let a = b }\n")


def all_cases(case):
    global CASE
    CASE = case
    precedence()
    values()
    mistakes()
    recipes_that_are_not_there()
    releases()
    targets()
    redirects()
    doctor()
