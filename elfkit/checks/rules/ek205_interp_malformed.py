"""EK205 interp-malformed."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.damage import damage_of, has_damage
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Damage
from elfkit.facts.facts import Facts
from elfkit.facts.kind import DYNAMIC_PROGRAMS

FIX = "link it again with -Wl,--dynamic-linker= and the absolute path of the device's loader"


def interp_malformed(facts: Facts) -> Iterator[Problem]:
    """The path of the program interpreter (PT_INTERP) is none that the kernel can use.

    Told are a path that is empty, not ended by NUL, longer than PATH_MAX, or relative: the kernel begins a relative
    one at the directory of whoever starts the program. Typical causes: a tool that edited the path in place, a
    build script whose variable was empty.

    A library may have a PT_INTERP that nobody reads, and of a truncated file (EK001) the cause is told already.
    """
    if facts.kind.value not in DYNAMIC_PROGRAMS or has_damage(facts, Damage.TRUNCATED):
        return
    yield from damage_of(facts, Damage.INTERPRETER, FIX)
    path = facts.interpreter.value
    if path is not None and not path.startswith("/"):
        evidence = facts.interpreter.evidence
        yield Problem(path, f"asks for the interpreter {path}, a path that begins nowhere", evidence, FIX)


RULE = RuleSpec(
    "EK205",
    "interp-malformed",
    Severity.ERROR,
    Scope.FILE,
    "execve fails with ENOEXEC, or with ENOENT unless the current directory happens to be the right one",
    interp_malformed,
    kinds=DYNAMIC_PROGRAMS,
)
