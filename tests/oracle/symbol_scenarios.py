"""Scenarios of binding: symbols, versions, copies, thread-local storage, and images opened at run time."""

from typing import Final

from tests.oracle.library_scenarios import row
from tests.oracle.parts import Part, Scenario, lib, prog, runpath

A, B = "int a(void) { return 1; }", "int b(void) { return 2; }"
OLD, NEW = A, A + B
NOW: Final = "-Wl,-z,now"
A_CALLS_B = "int b(void); int a(void) { return b(); }"
AB = "int a(void); int b(void);"


def old_a(new: str = NEW, old: str = OLD, script: str = "", old_script: str = "") -> tuple[Part, Part]:
    """The program was linked against a newer liba.so than the root has."""
    return lib("liba.so", new, stub=True, script=script), lib("usr/lib/liba.so", old, script=old_script)


LAZY: Final = (
    Scenario(
        "missing symbol, lazy",
        "of the program, called in one case",
        (*old_a(), prog("a(); if (argc > 1) b();", "liba.so", before=AB)),
        "call symbol b",
        "start symbol b",
        called=True,
    ),
    Scenario(
        "missing symbol, lazy",
        "in a library, called in one case",
        (
            lib("libb.so", B, stub=True),
            lib("usr/lib/libb.so", "int other;"),
            lib("usr/lib/liba.so", "int b(void); int a(int x) { return x > 1 ? b() : 0; }", "libb.so"),
            prog("a(argc);", "liba.so", before="int a(int);"),
        ),
        "call symbol b",
        "start symbol b",
        called=True,
    ),
    row(
        "missing symbol, lazy",
        "another library of the start has it",
        (*old_a(), lib("usr/lib/libb.so", B), prog("a(); b();", "liba.so libb.so", before=AB)),
        "runs",
        "runs",
    ),
    row(
        "missing symbol, lazy",
        "nobody needs the library that has it",
        (*old_a(), lib("usr/lib/libb.so", B), prog("a(); b();", "liba.so", NOW, before=AB)),
        "symbol b",
        "symbol b",
    ),
)

NOWS: Final = (
    row(
        "missing symbol, now",
        "of the program",
        (*old_a(), prog("a(); if (argc > 1) b();", "liba.so", NOW, before=AB)),
        "symbol b",
        "symbol b",
    ),
    row(
        "missing symbol, now",
        "of a library",
        (
            lib("libb.so", B, stub=True),
            lib("usr/lib/libb.so", "int other;"),
            lib("usr/lib/liba.so", A_CALLS_B, "libb.so", NOW),
            prog("a();", "liba.so", before=AB),
        ),
        "symbol b",
        "symbol b",
    ),
    row(
        "missing symbol, now",
        "a variable, though functions are lazy",
        (*old_a("int v;" + A, A), prog('say(v ? "" : "0");', "liba.so", before="extern int v;")),
        "symbol v",
        "symbol v",
    ),
    row(
        "missing symbol, now",
        "a function whose address is taken",
        (*old_a(), prog("table[0]();", "liba.so", before=AB + "int (*volatile table[1])(void) = {b};")),
        "symbol b",
        "symbol b",
    ),
    row(
        "missing symbol, now",
        "hidden in the library that is there",
        (*old_a(NEW, A + '__attribute__((visibility("hidden"))) ' + B), prog("a(); b();", "liba.so", NOW, before=AB)),
        "symbol b",
        "symbol b",
    ),
    row(
        "missing symbol, now",
        "protected is found",
        (
            lib("usr/lib/liba.so", A + '__attribute__((visibility("protected"))) ' + B),
            prog("a(); b();", "liba.so", NOW, before=AB),
        ),
        "runs",
        "runs",
    ),
)

WEAK_B: Final = "int a(void); int b(void) __attribute__((weak));"
WEAK: Final = (
    row(
        "weak missing symbol",
        "of the program",
        (*old_a(), prog("a(); if (b) b();", "liba.so", before=WEAK_B)),
        "runs",
        "runs",
    ),
    row(
        "weak missing symbol",
        "of a library, bound now",
        (
            lib("libb.so", B, stub=True),
            lib("usr/lib/libb.so", "int other;"),
            lib(
                "usr/lib/liba.so",
                "int b(void) __attribute__((weak)); int a(void) { return b ? b() : 0; }",
                "libb.so",
                NOW,
            ),
            prog("a();", "liba.so", before=AB),
        ),
        "runs",
        "runs",
    ),
    row(
        "weak missing symbol",
        "weak in a library, strong in the program",
        (
            *old_a(),
            lib("usr/lib/libw.so", "int b(void) __attribute__((weak)); int w(void) { return b ? b() : 0; }"),
            prog("w(); b();", "liba.so libw.so", NOW, before="int w(void); int b(void);"),
        ),
        "symbol b",
        "symbol b",
    ),
    row(
        "weak missing symbol",
        "a weak definition serves",
        (*old_a(NEW, A + "__attribute__((weak)) " + B), prog("a(); b();", "liba.so", NOW, before=AB)),
        "runs",
        "runs",
    ),
)

V1, V2 = "V1 { global: a; local: *; };\n", "V1 { global: a; local: *; };\nV2 { global: b; } V1;\n"
BOTH_V1: Final = "V1 { global: a; b; local: *; };\n"
HIDDEN_A: Final = '__asm__(".symver old_a,a@V1"); int old_a(void) { return 1; }'
NEW_A: Final = '__asm__(".symver new_a,a@@V2"); int new_a(void) { return 2; }'
EMPTY_V: Final = "V1 { };\nV2 { } V1;\n"
VERSIONS: Final = (
    row(
        "missing version",
        "all there",
        (lib("usr/lib/liba.so", NEW, script=V2), prog("a(); b();", "liba.so", before=AB)),
        "runs",
        "runs",
    ),
    row(
        "missing version",
        "an older library, without the symbol",
        (*old_a(script=V2, old_script=V1), prog("a(); b();", "liba.so", before=AB)),
        "version V2",
        "symbol b",
    ),
    row(
        "missing version",
        "the symbol is there under another version",
        (*old_a(NEW, NEW, V2, BOTH_V1), prog("a(); b();", "liba.so", before=AB)),
        "version V2",
        "runs",
    ),
    row(
        "missing version",
        "the library defines no versions, and uses one",
        (
            lib("liba.so", NEW, stub=True, script=V2),
            lib("usr/lib/libv.so", "int v(void) { return 1; }", script="V9 { global: v; };\n"),
            lib("usr/lib/liba.so", "int v(void); int a(void) { return v(); }" + B, "libv.so"),
            prog("a(); b();", "liba.so", before=AB),
        ),
        "runs",
        "runs",
    ),
    row(
        "missing version",
        "the library has no DT_VERSYM",
        (*old_a(NEW, NEW, V2), prog("a(); b();", "liba.so", NOW, before=AB)),
        "assertion ld",
        "runs",
    ),
    row(
        "missing version",
        "the version is there, the symbol is not",
        (*old_a(NEW, A, BOTH_V1, V1), prog("a(); b();", "liba.so", NOW, before=AB)),
        "symbol b",
        "symbol b",
    ),
    row(
        "missing version",
        "the library got versions later",
        (*old_a(NEW, NEW, "", V2), prog("a(); b();", "liba.so", before=AB)),
        "runs",
        "runs",
    ),
    row(
        "missing version",
        "an old version beside the default one",
        (*old_a(A, HIDDEN_A + NEW_A, V1, EMPTY_V), prog("a();", "liba.so", before=AB)),
        "runs",
        "runs",
    ),
    row(
        "missing version",
        "the old version alone, not the default: musl does not take it",
        (*old_a(A, HIDDEN_A, V1, EMPTY_V), prog("a();", "liba.so", NOW, before=AB)),
        "runs",
        "symbol a",
    ),
    row(
        "missing version",
        "needed by a library",
        (
            lib("libb.so", "int a(void) { return 1; }" + B, stub=True, script=V2),
            lib("usr/lib/libb.so", "int a(void) { return 1; }" + B, script=BOTH_V1),
            lib("usr/lib/libc1.so", "int b(void); int c(void) { return b(); }", "libb.so"),
            prog("c();", "libc1.so", before="int c(void);"),
        ),
        "version V2",
        "runs",
    ),
)

LIBC_NEW: Final = "int libc_of_tomorrow(void) { return 1; }"
NEWER: Final = (
    row(
        "needs newer libc",
        "a version of glibc that the root does not have",
        (
            lib("libc.so.6", LIBC_NEW, stub=True, script="GLIBC_2.99 { global: libc_of_tomorrow; };\n"),
            lib(
                "usr/lib/liba.so", "int libc_of_tomorrow(void); int a(void) { return libc_of_tomorrow(); }", "libc.so.6"
            ),
            prog("a();", "liba.so", before=AB),
        ),
        "version GLIBC_2.99",
        "",
    ),
    row(
        "needs newer libc",
        "a symbol that the root's musl does not have",
        (
            lib("libc.so", LIBC_NEW, stub=True),
            lib("usr/lib/liba.so", "int libc_of_tomorrow(void); int a(void) { return libc_of_tomorrow(); }", "libc.so"),
            prog("a();", "liba.so", before=AB),
        ),
        "",
        "symbol libc_of_tomorrow",
    ),
)

TWO: Final = "int a(void) { return 2; }"
SAY_WHO: Final = 'say(a() == 1 ? "with liba.so" : "with libb.so");'
ORDER: Final = (
    row(
        "interposition",
        "the first of two definitions is taken",
        (lib("usr/lib/liba.so", A), lib("usr/lib/libb.so", TWO), prog(SAY_WHO, "liba.so libb.so", before=AB)),
        "runs with liba.so",
        "runs with liba.so",
        tells=True,
    ),
    row(
        "interposition",
        "the other order",
        (lib("usr/lib/liba.so", A), lib("usr/lib/libb.so", TWO), prog(SAY_WHO, "libb.so liba.so", before=AB)),
        "runs with libb.so",
        "runs with libb.so",
        tells=True,
    ),
    row(
        "interposition",
        "a weak definition before a strong one",
        (
            lib("usr/lib/liba.so", "__attribute__((weak)) " + A),
            lib("usr/lib/libb.so", TWO),
            prog(SAY_WHO, "liba.so libb.so", before=AB),
        ),
        "runs with liba.so",
        "runs with liba.so",
        tells=True,
    ),
    row(
        "interposition",
        "breadth first: the library of a library comes last",
        (
            lib("usr/lib/libb.so", TWO),
            lib("usr/lib/libc1.so", "int c(void) { return 1; }", "libb.so"),
            lib("usr/lib/liba.so", A),
            prog(SAY_WHO, "libc1.so liba.so", before=AB),
        ),
        "runs with liba.so",
        "runs with liba.so",
        tells=True,
    ),
    row(
        "interposition",
        "the program's definition serves its library",
        (
            lib("usr/lib/liba.so", A_CALLS_B),
            prog("a();", "liba.so", NOW, "-rdynamic", before="int a(void); int b(void) { return 3; }"),
        ),
        "runs",
        "runs",
    ),
    row(
        "interposition",
        "the program does not export it",
        (
            lib("usr/lib/liba.so", A_CALLS_B, "", NOW),
            lib("liba.so", A, stub=True),
            prog(
                "a();", "liba.so", before='int a(void); __attribute__((visibility("hidden"))) int b(void) { return 3; }'
            ),
        ),
        "symbol b",
        "symbol b",
    ),
    row(
        "interposition",
        "a library binds to itself",
        (lib("usr/lib/liba.so", A_CALLS_B + B, "", "-Wl,-Bsymbolic"), prog("a();", "liba.so", before=AB)),
        "runs",
        "runs",
    ),
    row(
        "interposition",
        "preloaded by file",
        (*old_a(), lib("usr/lib/libp.so", B), prog("a(); b();", "liba.so", NOW, before=AB)),
        "runs",
        "symbol b",
        files={"etc/ld.so.preload": "/usr/lib/libp.so\n"},
    ),
    row(
        "interposition",
        "the file to preload is missing",
        (lib("usr/lib/liba.so", A), prog("a();", "liba.so", before=AB)),
        "runs",
        "runs",
        files={"etc/ld.so.preload": "/usr/lib/libp.so\n"},
    ),
)

FIXED: Final = ("-fno-pic", "-no-pie")
# An address in a read-only section: the linker can only copy the variable into the program.
V: Final = """
#if __SIZEOF_POINTER__ == 8
#define WORD ".8byte"
#else
#define WORD ".4byte"
#endif
__asm__(".pushsection .rodata.place,\\"a\\"\\n.balign 8\\n.globl place\\n.hidden place\\nplace: " WORD " v\\n.popsection");
extern int *const place __attribute__((visibility("hidden")));
int a(void);
"""
COPY: Final = (
    row(
        "copy relocation",
        "the variable is there",
        (
            lib("usr/lib/liba.so", "int v = 1;" + A),
            prog("a(); if (*place != 1) return 9;", "liba.so", *FIXED, before=V),
        ),
        "runs",
        "runs",
    ),
    row(
        "copy relocation",
        "the variable is gone",
        (*old_a("int v = 1;" + A, A), prog("a(); if (*place != 1) return 9;", "liba.so", *FIXED, before=V)),
        "symbol v",
        "symbol v",
    ),
    row(
        "copy relocation",
        "the variable has grown",
        (
            *old_a("int v = 1;" + A, "int v[4] = {1};" + A),
            prog("a(); if (*place != 1) return 9;", "liba.so", *FIXED, before=V),
        ),
        "runs",
        "runs",
    ),
)

TLS_V: Final = "__thread int t = 1;"
USE_T: Final = "extern __thread int t; int a(void);"
TLS: Final = (
    row(
        "TLS",
        "the variable is there",
        (lib("usr/lib/liba.so", TLS_V + A), prog("a(); if (t != 1) return 9;", "liba.so", before=USE_T)),
        "runs",
        "runs",
    ),
    row(
        "TLS",
        "the variable is gone",
        (*old_a(TLS_V + A, A), prog("a(); if (t != 1) return 9;", "liba.so", before=USE_T)),
        "symbol t",
        "symbol t",
    ),
    row(
        "TLS",
        "of a library, gone from another",
        (
            lib("libb.so", TLS_V, stub=True),
            lib("usr/lib/libb.so", "int other;"),
            lib("usr/lib/liba.so", "extern __thread int t; int a(void) { return t; }", "libb.so"),
            prog("a();", "liba.so", before=AB),
        ),
        "symbol t",
        "symbol t",
    ),
    row(
        "TLS",
        "the library's own",
        (
            lib("usr/lib/liba.so", "static __thread int t = 1; int a(void) { return t++; }"),
            prog("a();", "liba.so", before=AB),
        ),
        "runs",
        "runs",
    ),
)

DL: Final = """
void *dlopen(const char *, int);
char *dlerror(void);
void *dlsym(void *, const char *);
static void complain(void) { write(1, "plugin: ", 8); say(dlerror()); }
int host_api(void);
"""
HOST_API: Final = "int host_api(void) { return 7; }"


def host(name: str, *flags: str, mode: int = 2, api: str = "", needs: str = "") -> Part:
    """A program that opens a plugin and calls its `plug`; mode 1 is RTLD_LAZY, 2 RTLD_NOW."""
    code = (
        f'void *h = dlopen("{name}", {mode}); if (!h) {{ complain(); return 1; }}'
        ' int (*plug)(int) = (int (*)(int))dlsym(h, "plug"); plug(argc);'
    )
    return prog(code, needs, *flags, before=DL + api)


PLUG: Final = "usr/lib/app/plug.so"
CALLS_HOST: Final = "int host_api(void); int plug(int x) { return x > 1 ? host_api() : 0; }"


def plugin(
    name: str,
    parts: tuple[Part, ...],
    glibc: str,
    musl: str,
    *,
    called: bool = False,
    opens: str = f"/{PLUG}",
    lazily: bool = False,
) -> Scenario:
    return Scenario("plugin", name, parts, glibc, musl, called=called, opens=opens, lazily=lazily)


PLUGINS: Final = (
    plugin("opens", (lib(PLUG, "int plug(int x) { return x; }"), host(f"/{PLUG}")), "runs", "runs"),
    plugin("is not there", (host(f"/{PLUG}"),), f"plugin library /{PLUG}", f"plugin library /{PLUG}"),
    plugin(
        "needs a library that is missing",
        (
            lib("liba.so", A, stub=True),
            lib(PLUG, "int a(void); int plug(int x) { return a(); }", "liba.so"),
            host(f"/{PLUG}"),
        ),
        "plugin library liba.so",
        "plugin library liba.so",
    ),
    plugin(
        "uses what the program exports",
        (lib(PLUG, CALLS_HOST), host(f"/{PLUG}", "-rdynamic", api=HOST_API)),
        "runs",
        "runs",
        called=True,
    ),
    plugin(
        "uses what the program does not export",
        (lib(PLUG, CALLS_HOST), host(f"/{PLUG}", api='__attribute__((visibility("hidden"))) ' + HOST_API)),
        "plugin symbol host_api",
        "plugin symbol host_api",
    ),
    plugin(
        "uses a library of the program",
        (lib("usr/lib/liba.so", HOST_API), lib(PLUG, CALLS_HOST), host(f"/{PLUG}", needs="liba.so")),
        "runs",
        "runs",
        called=True,
    ),
    plugin(
        "found by the program's RUNPATH",
        (lib(PLUG, "int plug(int x) { return x; }"), host("plug.so", runpath("/usr/lib/app"))),
        "runs",
        "runs",
        opens="plug.so",
    ),
    plugin(
        "found nowhere",
        (lib(PLUG, "int plug(int x) { return x; }"), host("plug.so")),
        "plugin library plug.so",
        "plugin library plug.so",
        opens="plug.so",
    ),
    plugin(
        "lazy: until the missing symbol is called",
        (lib(PLUG, CALLS_HOST), host(f"/{PLUG}", mode=1)),
        "call symbol host_api",
        "",
        called=True,
        lazily=True,
    ),
)

SYMBOLS: Final = (*LAZY, *NOWS, *WEAK, *VERSIONS, *NEWER, *ORDER, *COPY, *TLS, *PLUGINS)
