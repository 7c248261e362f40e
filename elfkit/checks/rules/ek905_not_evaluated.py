"""EK905 not-evaluated."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.asked_interpreter import other_family
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Anomaly, Certainty, Damage
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit.firmware.resolve import Outcome
from elfkit.firmware.tree import Member


def not_evaluated(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Rules could not be judged on this file; the message names them and says why. Each cause is one note.

    Causes are a loader whose search rules elfkit does not know (which libraries are found is then unknown), a library
    that is missing and may define what the file refers to, a missing interpreter of another C library than the tree's
    (EK201: what its programs need only that loader would find), relocations that are packed, and damage that hides what
    rules look at: an ELF header or program headers that cannot be read, a dynamic section that is cut off or cannot be
    used. Where EK001 to EK004 tell of the damage, that is enough: this note stands where they are left out.

    For single files without --root the summary lists the rules that need a tree.
    """
    facts = member.facts
    if facts.needed.value:
        yield from _unknown_search(member, tree)
        yield from _other_libc(member, tree)
    if member.path in tree.bindings.unjudged:
        yield from _unknown_symbols(member, tree)
    sound = facts.kind.value is Kind.DEBUG_ONLY or (facts.elf_class.value and not facts.anomalies)
    hidden = None if sound else _hidden(facts)
    count = facts.text_relocation_count
    if hidden is not None:
        cause, rules = hidden
        yield Problem(
            cause.damage.value,
            f"not judged: {rules}, because {cause.detail}",
            (cause.evidence,),
            "repair what EK001 to EK004 tell of this file and check again",
            group=f"{cause.damage.value} {rules}",
        )
    elif count is not None and count.certainty is Certainty.BOUNDED:
        yield Problem(
            "relocations",
            "not judged: EK504 on relocations packed as Android packs them, or in a table that is not in the file",
            facts.kind.evidence,
            "readelf -d names the tables",
            group="relocations",
        )


def _unknown_search(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    unknown = {need.name for need in tree.resolution.of(member) if need.outcome is Outcome.UNKNOWN}
    platform = tree.resolution.platform(member) if unknown else None
    if platform is None:
        return
    loader = platform.interpreter or platform.why
    yield Problem(
        "search rules",
        f"not judged: where {loader} looks for libraries is not known, so EK302 and EK303 say nothing, "
        "and EK301 tells only of names that are nowhere",
        tuple([proof for proof in member.facts.needed.evidence if proof.value in unknown]),
        "look whether the device finds its libraries; elfkit needs a row for this loader to tell",
        group=f"search rules {loader}",
    )


def _other_libc(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    libc = other_family(member, tree)
    if libc:
        yield Problem(
            "interpreter",
            f"not judged: EK301, EK302 and EK303, because {libc} would look for its libraries, whose loader is missing",
            member.facts.interpreter.evidence,
            "see EK201 of this file, and check again when its loader is there",
            group=f"interpreter of {libc}",
        )


def _unknown_symbols(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """Yield the symbols that nothing defines as far as is known: whoever is missing may define them."""
    left = tree.bindings.unjudged[member.path]
    gap = left.gap
    lacking = f"{gap.path} needs {gap.need.name}" if gap.need else gap.path
    noun = "1 symbol" if left.total == 1 else f"{left.total} symbols"
    yield Problem(
        gap.need.name if gap.need else "symbols",
        f"not judged: {noun} that nothing it runs with defines, because {lacking}: {gap.detail}",
        member.facts.kind.evidence,
        "repair what the rules about libraries tell and check again",
        group=f"symbols {gap.need.name if gap.need else gap.path}",
    )


def _hidden(facts: Facts) -> tuple[Anomaly, str] | None:
    """Return the anomaly that hides most of a file, and the rules that it keeps from judging."""
    first = {anomaly.damage: anomaly for anomaly in reversed(facts.anomalies)}
    if not facts.elf_class.value:
        return facts.anomalies[0], "all rules but EK001 and EK002"
    if Damage.PROGRAM_HEADERS in first:
        return first[Damage.PROGRAM_HEADERS], "EK2xx, EK3xx and EK5xx"
    cut = [a for a in facts.anomalies if a.damage is Damage.TRUNCATED and a.evidence.source.startswith("PT_DYNAMIC")]
    if cut or Damage.DYNAMIC in first:
        return (cut or [first[Damage.DYNAMIC]])[0], "EK3xx and EK504 as far as the dynamic section tells"
    return None


RULE = RuleSpec(
    "EK905",
    "not-evaluated",
    Severity.NOTE,
    Scope.LINK,
    "a report that is silent of these files says nothing of them",
    not_evaluated,
    yields_to=frozenset({"EK001", "EK002", "EK003", "EK004"}),
)
