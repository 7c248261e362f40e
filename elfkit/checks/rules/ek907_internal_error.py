"""EK907 internal-error."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope


def internal_error(rule: str, error: Exception) -> Iterator[Problem]:
    """A rule of elfkit crashed on this file: a defect of elfkit, not of the file.

    The other rules and files are still judged, and the command ends with exit code 2, so that the gap cannot be
    taken for a clean report. Crashes of one rule with one kind of exception are one finding. Please report it with
    the file, or with the first 4 KiB of it.
    """
    yield Problem(
        rule,
        f"rule {rule} crashed: {type(error).__name__}: {error}",
        (),
        f"report this defect of elfkit; --ignore {rule} checks without the rule until then",
        group=f"{rule} {type(error).__name__}",
    )


RULE = RuleSpec(
    "EK907",
    "internal-error",
    Severity.ERROR,
    Scope.ENGINE,
    "what this rule would have said of the file is unknown",
    internal_error,
)
