"""EK904 profile-mismatch."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts


def profile_mismatch(tree: TreeFacts) -> Iterable[Problem]:
    """The target that was named is not what the tree itself shows: its PID 1, or the loader that most programs ask for.

    Compared are machine, class, byte order, ABI variant, float ABI and C library. All other rules judge by the target
    that was named: one wrong word in a build script makes every file of the tree a stranger.
    """
    shown, primary = tree.platforms.shown, tree.platforms.primary
    if shown is None or primary is None:
        return ()
    member = tree.tree.by_path.get(shown.shown_by)
    proofs = (*member.facts.machine.evidence, *member.facts.interpreter.evidence) if member else ()
    problem = Problem(
        primary.describe(),
        f"{primary.why} is {primary.describe()}; the tree shows {shown.describe()} ({shown.why})",
        (*proofs, *shown.float_evidence),
        "name the target that the device has (elfkit targets lists them), or leave --target out",
        path=shown.shown_by or shown.loader,
    )
    return (problem,)


RULE = RuleSpec(
    "EK904",
    "profile-mismatch",
    Severity.ERROR,
    Scope.TREE,
    "one of the two is wrong: the image was built for another device, or the check looks for another one",
    profile_mismatch,
)
