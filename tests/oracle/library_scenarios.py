"""Scenarios of the library search. A row says how each loader ends, from its source; the run must show it."""

from typing import Final

from tests.oracle.cache_file import ld_so_cache
from tests.oracle.parts import Part, Scenario, lib, prog, rpath, runpath
from tests.oracle.targets import Make

A, B = "int a(void) { return 1; }", "int b(void) { return 2; }"
A_CALLS_B = "int b(void); int a(void) { return b(); }"
GONE: Final = "library liba.so"
GONE_B: Final = "library libb.so"
ELSEWHERE: Final = "opt/app/liba.so"


def calls_a(needs: str = "liba.so", *flags: str, path: str = "usr/bin/prog") -> Part:
    return prog("a();", needs, *flags, path=path, before="int a(void);")


def start(end: str) -> str:
    return f"start {end}" if end and not end.startswith("runs") else end


def row(kind: str, name: str, parts: tuple[Part, ...], glibc: str, musl: str, **more: object) -> Scenario:
    return Scenario(kind, name, parts, start(glibc), start(musl), **more)  # type: ignore[arg-type]


STUB_A = lib("liba.so", A, stub=True)
STUB_B = lib("libb.so", B, stub=True)

MISSING: Final = (
    row("missing library", "the library is there", (lib("usr/lib/liba.so", A), calls_a()), "runs", "runs"),
    row("missing library", "needed by the program", (STUB_A, calls_a()), GONE, GONE),
    row(
        "missing library",
        "needed by a library",
        (STUB_B, lib("usr/lib/liba.so", A_CALLS_B, "libb.so"), calls_a()),
        *(GONE_B, GONE_B),
    ),
    row(
        "missing library",
        "two: that of the program before that of its library",
        (
            lib("libz.so", "int z(void) { return 1; }", stub=True),
            *(lib("usr/lib/liba.so", A, "libz.so"), STUB_B, calls_a("liba.so libb.so")),
        ),
        *(GONE_B, GONE_B),
    ),
    row(
        "missing library",
        "a dangling link in its place",
        (STUB_A, calls_a()),
        *(GONE, GONE),
        links={"usr/lib/liba.so": "liba.so.7"},
    ),
    row(
        "missing library",
        "a link to it under the needed name",
        (lib("usr/lib/liba.so.7.1", A, soname="liba.so"), calls_a()),
        *("runs", "runs"),
        links={"usr/lib/liba.so": "liba.so.7.1"},
    ),
)

PLACES: Final = (
    row("not searched", "in /opt/app", (lib(ELSEWHERE, A), calls_a()), GONE, GONE),
    row("not searched", "in a folder below /usr/lib", (lib("usr/lib/app/liba.so", A), calls_a()), GONE, GONE),
    row("not searched", "in /usr/local/lib", (lib("usr/local/lib/liba.so", A), calls_a()), GONE, "runs"),
    row("not searched", "beside the program", (lib("usr/bin/liba.so", A), calls_a()), GONE, GONE),
    row(
        "not searched", "in Debian's multiarch directory", (lib("usr/lib/{triplet}/liba.so", A), calls_a()), "runs", ""
    ),
    row(
        "not searched",
        "in /lib64 of a loader that has no such directory",
        (lib("usr/lib64/liba.so", A), calls_a()),
        GONE,
        GONE,
    ),
    row(
        "LD_LIBRARY_PATH absent",
        "a script sets it, the program is started without",
        (lib(ELSEWHERE, A), calls_a()),
        GONE,
        GONE,
        files={"usr/bin/start": "#!/bin/sh\nLD_LIBRARY_PATH=/opt/app exec /usr/bin/prog\n"},
    ),
    row(
        "LD_LIBRARY_PATH absent",
        "the library has it in RPATH, the program only in a script",
        (STUB_B, lib("usr/lib/liba.so", A_CALLS_B, "libb.so", rpath("/opt/lib")), lib("opt/app/libb.so", B), calls_a()),
        GONE_B,
        GONE_B,
        files={"etc/profile": "export LD_LIBRARY_PATH=/opt/app\n"},
    ),
)

BOTH_ELSEWHERE = (lib("opt/app/libb.so", B), lib(ELSEWHERE, A_CALLS_B, "libb.so"))
PATHS: Final = (
    row(
        "RPATH and RUNPATH",
        "RPATH of the program",
        (lib(ELSEWHERE, A), calls_a("liba.so", rpath("/opt/app"))),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RUNPATH of the program",
        (lib(ELSEWHERE, A), calls_a("liba.so", runpath("/opt/app"))),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RPATH is inherited",
        (*BOTH_ELSEWHERE, calls_a("liba.so", rpath("/opt/app"))),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RUNPATH is not inherited in glibc",
        (*BOTH_ELSEWHERE, calls_a("liba.so", runpath("/opt/app"))),
        GONE_B,
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RUNPATH of the library silences the program's RPATH in glibc",
        (
            lib("opt/app/libb.so", B),
            lib(ELSEWHERE, A_CALLS_B, "libb.so", runpath("/opt/other")),
            calls_a("liba.so", rpath("/opt/app")),
        ),
        GONE_B,
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RUNPATH of the library serves itself",
        (lib("opt/app/libb.so", B), lib("usr/lib/liba.so", A_CALLS_B, "libb.so", runpath("/opt/app")), calls_a()),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RPATH of a library does not serve its sibling",
        (lib("usr/lib/liba.so", A, "", rpath("/opt/app")), lib("opt/app/libb.so", B), calls_a("liba.so libb.so")),
        GONE_B,
        GONE_B,
    ),
    row(
        "RPATH and RUNPATH",
        "what a sibling loaded before is taken again",
        (
            lib("opt/app/libb.so", B),
            lib("usr/lib/liba.so", A_CALLS_B, "libb.so", runpath("/opt/app")),
            lib("usr/lib/libc1.so", "int b(void); int c(void) { return b(); }", "libb.so"),
            lib("usr/lib/libd.so", "int c(void); int d(void) { return c(); }", "libc1.so"),
            calls_a("liba.so libd.so"),
        ),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "an element that is not there is passed over",
        (lib("usr/lib/liba.so", A), calls_a("liba.so", runpath("/nowhere:/opt"))),
        "runs",
        "runs",
    ),
    row(
        "RPATH and RUNPATH",
        "RPATH through two generations",
        (
            lib("opt/app/libz.so", "int z(void) { return 1; }"),
            lib("opt/app/libb.so", "int z(void); int b(void) { return z(); }", "libz.so"),
            lib(ELSEWHERE, A_CALLS_B, "libb.so"),
            calls_a("liba.so", rpath("/opt/app")),
        ),
        "runs",
        "runs",
    ),
)

APP: Final = "opt/app/bin/prog"
ORIGIN: Final = (
    row(
        "$ORIGIN",
        "beside the program's folder",
        (lib("opt/app/lib/liba.so", A), calls_a("liba.so", runpath("$ORIGIN/../lib"), path=APP)),
        "runs",
        "runs",
        run=f"/{APP}",
    ),
    row(
        "$ORIGIN",
        "in braces",
        (lib("opt/app/lib/liba.so", A), calls_a("liba.so", runpath("${ORIGIN}/../lib"), path=APP)),
        "runs",
        "runs",
        run=f"/{APP}",
    ),
    row(
        "$ORIGIN",
        "the program through a link",
        (lib("opt/app/lib/liba.so", A), calls_a("liba.so", runpath("$ORIGIN/../lib"), path=APP)),
        "runs",
        "runs",
        run="/usr/bin/prog",
        links={"usr/bin/prog": f"/{APP}"},
    ),
    row(
        "$ORIGIN",
        "a library through a link: its origin is the link's folder",
        (
            lib("opt/app/lib/libb.so", B),
            lib("opt/app/lib/liba.so", A_CALLS_B, "libb.so", runpath("$ORIGIN")),
            calls_a(),
        ),
        GONE_B,
        GONE_B,
        links={"usr/lib/liba.so": "/opt/app/lib/liba.so"},
    ),
    row(
        "$ORIGIN",
        "a library through a link, what it needs below the link's folder",
        (
            lib("usr/lib/app/libb.so", B),
            lib("opt/app/lib/liba.so", A_CALLS_B, "libb.so", runpath("$ORIGIN/app")),
            calls_a(),
        ),
        "runs",
        "runs",
        links={"usr/lib/liba.so": "/opt/app/lib/liba.so"},
    ),
    row(
        "$ORIGIN",
        "the folder itself is a link",
        (
            lib("opt/app-2/lib/libb.so", B),
            lib("opt/app-2/lib/liba.so", A_CALLS_B, "libb.so", runpath("$ORIGIN")),
            calls_a("liba.so", runpath("/opt/app/lib")),
        ),
        "runs",
        "runs",
        links={"opt/app": "app-2"},
    ),
    row(
        "$ORIGIN",
        "a token that musl does not know makes it ignore the whole path",
        (lib(ELSEWHERE, A), calls_a("liba.so", runpath("/opt/app:/opt/$PLATFORM"))),
        "runs",
        GONE,
    ),
)

FOREIGN_FIRST = runpath("/opt/app")
UNFIT: Final = (
    row(
        "wrong float ABI",
        "no other of that name",
        (STUB_A, lib("usr/lib/liba.so", A, make=Make.OTHER_FLOAT), calls_a()),
        GONE,
        "runs",
    ),
    row(
        "wrong float ABI",
        "before the right one",
        (lib("usr/lib/liba.so", A), lib(ELSEWHERE, A, make=Make.OTHER_FLOAT), calls_a("liba.so", FOREIGN_FIRST)),
        "runs",
        "runs",
    ),
    row(
        "wrong class",
        "no other of that name",
        (STUB_A, lib("usr/lib/liba.so", A, make=Make.OTHER_CLASS), calls_a()),
        GONE,
        "unusable liba.so",
    ),
    row(
        "wrong class",
        "needed by a library",
        (
            STUB_B,
            lib("usr/lib/liba.so", A_CALLS_B, "libb.so"),
            lib("usr/lib/libb.so", B, make=Make.OTHER_CLASS),
            calls_a(),
        ),
        GONE_B,
        "unusable libb.so",
    ),
    row(
        "wrong machine",
        "no other of that name",
        (STUB_A, lib("usr/lib/liba.so", A, make=Make.OTHER_MACHINE), calls_a()),
        GONE,
        "unusable liba.so",
    ),
    row(
        "shadowing",
        "of another class before the right one",
        (lib("usr/lib/liba.so", A), lib(ELSEWHERE, A, make=Make.OTHER_CLASS), calls_a("liba.so", FOREIGN_FIRST)),
        "runs",
        "unusable liba.so",
    ),
    row(
        "shadowing",
        "of another machine before the right one",
        (lib("usr/lib/liba.so", A), lib(ELSEWHERE, A, make=Make.OTHER_MACHINE), calls_a("liba.so", FOREIGN_FIRST)),
        "runs",
        "unusable liba.so",
    ),
    row(
        "shadowing",
        "a text before the right one in RUNPATH",
        (lib("usr/lib/liba.so", A), calls_a("liba.so", FOREIGN_FIRST)),
        GONE,
        GONE,
        files={ELSEWHERE: "INPUT(-la)" * 20},
    ),
    row(
        "shadowing",
        "an empty file before the right one in RUNPATH",
        (lib("usr/lib/liba.so", A), calls_a("liba.so", FOREIGN_FIRST)),
        GONE,
        GONE,
        files={ELSEWHERE: ""},
    ),
    row(
        "shadowing",
        "a directory before the right one in RUNPATH",
        (lib("usr/lib/liba.so", A), calls_a("liba.so", FOREIGN_FIRST)),
        GONE,
        GONE,
        files={ELSEWHERE: "directory"},
    ),
    row(
        "shadowing",
        "a text in /lib, the right one in /usr/lib",
        (lib("usr/lib/liba.so", A), calls_a()),
        GONE,
        GONE,
        files={"lib/liba.so": "INPUT(-la)" * 20},
    ),
)

SLASH: Final = "/opt/app/liba.so"
NAMES: Final = (
    row("needed with a slash", "the file is there", (lib(ELSEWHERE, A, soname=SLASH), calls_a(SLASH)), "runs", "runs"),
    row(
        "needed with a slash",
        "no such file",
        (lib("liba.so", A, soname=SLASH, stub=True), calls_a(SLASH)),
        f"library {SLASH}",
        f"library {SLASH}",
    ),
    row(
        "needed with a slash",
        "one of that name in /usr/lib is no help",
        (lib("stub/liba.so", A, soname=SLASH, stub=True), lib("usr/lib/liba.so", A), calls_a(SLASH)),
        f"library {SLASH}",
        f"library {SLASH}",
    ),
    row(
        "built-in names",
        "libm under a name of another system",
        (lib("libm.so.99", A, stub=True), prog("", "libm.so.99")),
        "library libm.so.99",
        "runs",
    ),
    row(
        "built-in names",
        "libpthread of uClibc",
        (lib("libpthread.so.9", A, stub=True), prog("", "libpthread.so.9")),
        "library libpthread.so.9",
        "runs",
    ),
    row(
        "built-in names",
        "libcrypt is not one of them",
        (lib("libcrypt.so.9", A, stub=True), prog("", "libcrypt.so.9")),
        "library libcrypt.so.9",
        "library libcrypt.so.9",
    ),
    row(
        "built-in names",
        "a library of that name is there and never read",
        (lib("usr/lib/librt.so.9", A), calls_a("librt.so.9")),
        "runs",
        "symbol a",
    ),
)

PATH_FILE: Final = "etc/ld-musl-{arch}.path"
CONF: Final = "etc/ld.so.conf"
CONFIGURED: Final = (
    row(
        "ld-musl path file",
        "names the directory",
        (lib(ELSEWHERE, A), calls_a()),
        GONE,
        "runs",
        files={PATH_FILE: "/lib\n/opt/app\n"},
    ),
    row(
        "ld-musl path file",
        "with colons",
        (lib(ELSEWHERE, A), calls_a()),
        GONE,
        "runs",
        files={PATH_FILE: "/lib:/opt/app"},
    ),
    row(
        "ld-musl path file",
        "takes the place of the default directories",
        (lib("usr/lib/liba.so", A), calls_a()),
        "runs",
        GONE,
        files={PATH_FILE: "/opt/app\n"},
    ),
    row(
        "ld-musl path file",
        "empty: nothing is searched",
        (lib("usr/lib/liba.so", A), calls_a()),
        "runs",
        GONE,
        files={PATH_FILE: ""},
    ),
    row(
        "ld-musl path file",
        "for another machine",
        (lib(ELSEWHERE, A), calls_a()),
        GONE,
        GONE,
        files={"etc/ld-musl-i486.path": "/opt/app\n"},
    ),
    row(
        "ld.so.conf include",
        "compiled into the cache",
        (lib(ELSEWHERE, A), calls_a()),
        "runs",
        GONE,
        files={
            CONF: "include /etc/ld.so.conf.d/*.conf\n",
            "etc/ld.so.conf.d/app.conf": "/opt/app\n",
            "etc/ld.so.cache": ld_so_cache("liba.so", "/opt/app/liba.so"),
        },
    ),
    row(
        "ld.so.conf include",
        "the included file has another ending",
        (lib(ELSEWHERE, A), calls_a()),
        GONE,
        GONE,
        files={CONF: "include /etc/ld.so.conf.d/*.conf\n", "etc/ld.so.conf.d/app.cfg": "/opt/app\n"},
    ),
    row(
        "ld.so.conf include",
        "the cache names a file that is gone",
        (STUB_A, calls_a()),
        GONE,
        GONE,
        files={"etc/ld.so.cache": ld_so_cache("liba.so", "/opt/app/liba.so")},
    ),
    row(
        "ld.so.conf include",
        "the cache goes before the default directories",
        (
            STUB_A,
            lib("libz.so", "int z(void) { return 1; }", stub=True),
            lib("usr/lib/liba.so", A),
            lib(ELSEWHERE, A, "libz.so"),
            calls_a(),
        ),
        "library libz.so",
        "runs",
        files={"etc/ld.so.cache": ld_so_cache("liba.so", "/opt/app/liba.so")},
    ),
    row(
        "ld.so.conf include",
        "names the directory of the library's links",
        (lib("opt/app/liba.so.1", A, soname="liba.so"), calls_a()),
        "runs",
        GONE,
        files={CONF: "/opt/app\n", "etc/ld.so.cache": ld_so_cache("liba.so", "/opt/app/liba.so")},
        links={"opt/app/liba.so": "liba.so.1"},
    ),
)

CIRCLE: Final = (
    row(
        "circular needed",
        "two libraries need each other",
        (
            lib("libb.so", B, stub=True),
            lib("usr/lib/liba.so", A_CALLS_B, "libb.so"),
            lib("usr/lib/libb.so", "int a(void);" + B, "liba.so"),
            calls_a(),
        ),
        "runs",
        "runs",
    ),
    row(
        "circular needed",
        "a library needs itself",
        (lib("liba.so", A, stub=True), lib("usr/lib/liba.so", A, "liba.so"), calls_a()),
        "runs",
        "runs",
    ),
    row(
        "circular needed",
        "and one of the circle is missing",
        (
            STUB_B,
            lib("libz.so", "int z(void) { return 1; }", stub=True),
            lib("usr/lib/liba.so", A_CALLS_B, "libb.so"),
            lib("usr/lib/libb.so", "int a(void);" + B, "liba.so libz.so"),
            calls_a(),
        ),
        "library libz.so",
        "library libz.so",
    ),
)

LIBRARIES: Final = (*MISSING, *PLACES, *PATHS, *ORIGIN, *UNFIT, *NAMES, *CONFIGURED, *CIRCLE)
