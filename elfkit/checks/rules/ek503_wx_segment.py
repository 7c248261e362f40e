"""EK503 wx-segment."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind

NOT_STARTED = frozenset({Kind.CORE, Kind.DEBUG_ONLY, Kind.RELOCATABLE, Kind.MODULE, Kind.UNKNOWN})


def wx_segment(facts: Facts) -> Iterator[Problem]:
    """A segment is mapped writable and executable at once (PT_LOAD with PF_W and PF_X).

    It comes from linking with -N or --omagic, from linker scripts of old SDKs, from packers and from patched files.

    Machines whose ABI has the loader write into the PLT (PowerPC 32-bit, SPARC, HPPA) are passed over, as are
    files for processors that do not run Linux.
    """
    row = machine(facts.e_machine)
    if not facts.writable_code.value or facts.kind.value in NOT_STARTED:
        return
    if row is None or not row.runs_linux or row.wx_plt_tolerated:
        return
    yield Problem(
        "PT_LOAD",
        "a segment is writable and executable at once",
        facts.writable_code.evidence,
        "link without -N/--omagic and with the toolchain's own linker script; elfkit explain EK503 tells more",
    )


RULE = RuleSpec(
    "EK503",
    "wx-segment",
    Severity.WARNING,
    Scope.FILE,
    "whoever can write to this memory can run what was written; hardened kernels (SELinux, PaX) refuse the mapping",
    wx_segment,
    given=frozenset({"writable_code"}),
)
