"""EK117 unexpected-etype."""

from __future__ import annotations

import re
from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import Kind
from elfkit.firmware.fit import is_blob
from elfkit.firmware.tree import Member

STRAY = frozenset({Kind.CORE, Kind.RELOCATABLE})
# What a compiler on the device links every program with: the C library's own (glibc, musl, uClibc, bionic, newlib),
# then those of libgcc and compiler-rt.
START_FILES = re.compile(
    r"(S|g|r|gr|M|e|n)?crt[01in]\.o|crt(begin|end)(S|T|_so|_static|_dynamic|_android)?\.o"
    r"|crt(fastmath|prec(32|64|80)|savres|reloc)\.o|crtoffload(begin|end|table)[ST]?\.o"
    r"|clang_rt\.crt(begin|end)(-\w+)?\.o"
)
KERNEL_SIDE = ("lib/modules/", "usr/lib/modules/", "usr/src/")
LINKERS = ("usr/bin/ld", "usr/bin/ld.lld", "bin/ld", "opt/bin/ld")


def unexpected_etype(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """A core dump, or an object file that nothing on the device can use (e_type ET_CORE, ET_REL).

    A core dump holds a process's memory, passwords and keys with it, and comes from a crash before the image was
    made. Object files are left by a build that installed too much.

    Passed over: kernel modules and what lies with them, eBPF, firmware and boot loaders, the C library's start files
    (crt1.o), and every object file of a tree that has a linker. A file of a foreign machine is EK101's.
    """
    kind = member.facts.kind.value
    if kind not in STRAY:
        return ()
    core = kind is Kind.CORE
    if not core and (_has_use(member, tree) or tree.misfit(member)):
        return ()
    problem = Problem(
        "ET_CORE" if core else "ET_REL",
        "a core dump: the memory of a crashed process" if core else "an object file, and this tree has no linker",
        member.facts.type.evidence,
        "delete it" if core else "leave it out of the image: install the program that is linked from it",
        group="ET_CORE" if core else "ET_REL",
    )
    return (problem,)


def _has_use(member: Member, tree: TreeFacts) -> bool:
    path = member.path
    if path.startswith(KERNEL_SIDE) or path.endswith(".ko") or is_blob(member):
        return True
    if START_FILES.fullmatch(path.rpartition("/")[2]):
        return True
    return any(tree.tree.paths.follow(linker).path is not None for linker in LINKERS)


RULE = RuleSpec(
    "EK117",
    "unexpected-etype",
    Severity.WARNING,
    Scope.LINK,
    "nothing can run it: it only takes room, and a core dump gives away what the process knew",
    unexpected_etype,
    kinds=STRAY,
)
