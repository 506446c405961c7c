"""Each third-party header is known to one folder only, so that a library can be replaced by changing one folder."""
import re

from tree import write

# header prefix -> the only folders whose files may include it
FOLDERS = {
    "utf8proc.h": ("base/",),
    "sqlite3.h": ("record/",),
    "uv.h": ("vm/",),
    "pcre2.h": ("vm/",),
    "curl/": ("stdlib/http/",),
    "ares.h": ("stdlib/dns/",),
    "libpq-fe.h": ("stdlib/sql/",),
    "pg_query": ("stdlib/sql/",),
    "protobuf-c/": ("stdlib/sql/",),
    "openssl/": ("stdlib/hash/",),
    "cjson/": ("stdlib/json/",),
    "yaml.h": ("config/", "stdlib/document/"),
    "criterion/": ("tests/unit/",),
    "tree_sitter/": ("editors/",),
}
LIBC = set("""assert ctype dirent dlfcn errno execinfo fcntl fenv float fnmatch fts ftw getopt glob grp ifaddrs inttypes libgen
limits link locale malloc math netdb poll pthread pwd sched semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool
stddef stdint stdio stdio_ext stdlib stdnoreturn string strings syslog termios threads time ucontext unistd utime wait wchar
wctype""".split())
LIBC_FOLDERS = ("sys/", "netinet/", "arpa/", "net/", "linux/")
INCLUDE = re.compile(r"^\s*#\s*include\s+<([^>]+)>")


def home_of(header):
    return next((folder for prefix, folder in FOLDERS.items() if header.startswith(prefix)), None)


def findings(tree):
    for path in tree.files(".c", ".h", ".re", ".y"):
        for line, text in tree.lines(path):
            match = INCLUDE.match(text)
            if not match:
                continue
            header = match[1]
            if header.startswith(LIBC_FOLDERS) or (header.endswith(".h") and header[:-2] in LIBC):
                continue
            home = home_of(header)
            if home is None:
                yield f"{path}:{line}: <{header}> is in no table of tests/lint/checks/third_party.py"
            elif not path.startswith((*home, *("tests/unit/" + one for one in home), "tests/servers/", "tests/specimen/", "bench/")) and not (home == ("tests/unit/",) and path.startswith("tests/")):
                yield f"{path}:{line}: <{header}> may be included in {', '.join(home)} and bench/ only"


def broken(root):
    write(root, {"vm/a.c": "#include <sqlite3.h>\n"})
