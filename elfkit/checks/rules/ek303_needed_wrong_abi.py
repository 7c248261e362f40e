"""EK303 needed-wrong-abi."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.asked_interpreter import told_with_interpreter
from elfkit.checks.belonging import origin
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.firmware.needs import SHADOWED
from elfkit.firmware.platforms import Platform
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.tree import Member


def needed_wrong_abi(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A library that the file needs is in the tree only with an ABI that its process cannot use, or is hidden by one.

    Compared are machine, class, byte order, ABI variant and float ABI with the platform's. glibc passes over files
    that do not fit and goes on; musl takes the first file of the name without a look at it, so there a foreign file
    early on the path hides the right one. Typical causes: libraries of two architectures installed into one
    directory, a package of the wrong float variant, 32-bit programs beside 64-bit libraries alone.

    Where EK105, EK106 or EK107 tells of the library itself, the file is named there as one that needs it. Unknown and
    guessed float ABIs keep nothing out. For an image that no program's start maps it is a warning.
    """
    platform = tree.resolution.platform(member)
    for need in tree.resolution.of(member):
        library = tree.tree.by_path.get(need.path or "") if need.outcome is Outcome.WRONG_ABI else None
        if library is None or platform is None:
            continue
        yield Problem(
            need.name,
            _message(need, library, platform),
            (*[item for item in member.facts.needed.evidence if item.value == need.name], *_proofs(library)),
            f"install {need.name} for {platform.describe()}, and move {library.path} out of its way",
            None if member.path in tree.resolution.started else Severity.WARNING,
            group=f"{need.name} {library.path}",
            trace=need.tried,
            needed_by=tree.resolution.needed_by(member.path),
            blamed=library.path,
            unless=told_with_interpreter(member, tree),
        )


def _message(need: Need, library: Member, platform: Platform) -> str:
    own = library.facts.float_abi.value
    made_for = f"{origin(library.facts)}{f' {own}-float' if own in ('soft', 'hard', 'single') else ''}"
    hidden = [step.path for step in need.tried if step.outcome == SHADOWED]
    if hidden:
        taken = f"its loader takes {library.path}, {made_for}, before {hidden[0].lstrip('/')}"
    else:
        taken = f"in this tree it is {library.path}, {made_for}"
    return f"needs {need.name}; {taken}; the platform is {platform.describe()}"


def _proofs(library: Member) -> list[Evidence]:
    facts = library.facts
    proofs = (*facts.machine.evidence[:1], *facts.elf_class.evidence[:1], *facts.data.evidence[:1])
    shown = (*proofs, *facts.abi_variant.evidence[:1], *facts.float_abi.evidence[:1])
    return [proof.of(library.path) for proof in dict.fromkeys(shown)]


RULE = RuleSpec(
    "EK303",
    "needed-wrong-abi",
    Severity.ERROR,
    Scope.LINK,
    "glibc reports the library as missing; musl maps it and the program crashes, or passes numbers the wrong way",
    needed_wrong_abi,
    severities=(
        (Severity.ERROR, "the start of a program fails on it"),
        (Severity.WARNING, "the image that needs it is opened at run time"),
    ),
    hands_to=frozenset({"EK105", "EK106", "EK107"}),
    about_unmet=True,
)
