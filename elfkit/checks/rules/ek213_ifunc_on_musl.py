"""EK213 ifunc-on-musl."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import MUSL
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loading import loaded_by_tree
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import INDIRECT_FUNCTIONS
from elfkit.firmware.tree import Member

MOST_SHOWN = 3


def ifunc_on_musl(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file has dynamic symbols of type STT_GNU_IFUNC, and musl's loader does not look at such symbols.

    Compilers make them of functions with the attribute ifunc or target_clones: a resolver chooses the code at start.
    Names that only such a symbol defines are undefined under musl. Static programs call their resolvers themselves.
    Where the file has relocations for them too, EK212 tells of it.
    """
    abilities, found = loaded_by_tree(member, tree), member.facts.indirect_functions
    if abilities is None or found is None or not found.value or abilities.platform.libc != MUSL:
        return
    shown = ", ".join(found.value[:MOST_SHOWN])
    count = int(found.detail)
    more = f" and {count - MOST_SHOWN:,} more" if count > MOST_SHOWN else ""
    yield Problem(
        "STT_GNU_IFUNC",
        f"{shown}{more} {'is an indirect function' if count == 1 else 'are indirect functions'}, unknown to musl",
        found.evidence,
        "build it for musl: without the attributes ifunc and target_clones",
    )


RULE = RuleSpec(
    "EK213",
    "ifunc-on-musl",
    Severity.ERROR,
    Scope.LINK,
    "musl finds no symbol of this type: whoever needs one of these functions does not start",
    ifunc_on_musl,
    needs=frozenset({INDIRECT_FUNCTIONS}),
    yields_to=frozenset({"EK212"}),
    given=frozenset({"indirect_functions"}),
)
