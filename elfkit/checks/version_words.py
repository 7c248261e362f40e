"""Needed versions that are not defined, in sentences: which is needed, which there are, and who asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import TreeFacts
from elfkit.checks.symbol_words import listed
from elfkit.firmware.bindings import VersionGap
from elfkit.firmware.tree import Member

NUMBERS = re.compile(r"\d+")


def newest(versions: Sequence[str]) -> str:
    """Return the version with the largest numbers; "" of none.

    >>> newest(["GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.17"])
    'GLIBC_2.34'
    """
    return max(versions, key=lambda name: [int(part) for part in NUMBERS.findall(name)], default="")


def version_problem(
    member: Member, tree: TreeFacts, gaps: Sequence[VersionGap], fix: str, severity: Severity | None = None
) -> Problem:
    """Return what is told of versions of one file: the newest that is missing stands for all of them."""
    wanted = newest([gap.version for gap in gaps])
    first = next(gap for gap in gaps if gap.version == wanted)
    stem = wanted.rpartition("_")[0]
    kin = [name for name in first.defined if name.rpartition("_")[0] == stem and NUMBERS.search(name)]
    here = f"defines no version newer than {newest(kin)}" if newest(kin) else "does not define it"
    symbols = sorted({symbol for gap in gaps for symbol in gap.symbols})
    used = f": {listed(symbols)}" if symbols else "; no symbol that is looked for asks for it"
    needed = [item for item in member.facts.needed.evidence if item.value == first.file]
    return Problem(
        f"{first.file} {wanted}",
        f"needs {wanted} of {first.file}, and {first.provider} {here}{used}",
        (first.evidence, *needed),
        fix,
        severity,
        group=f"{first.provider} {wanted}",
        needed_by=tree.resolution.needed_by(member.path),
    )
