"""EK406 verneed-file-not-needed."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.checks.symbol_words import checks_versions
from elfkit.facts.facts import LINKAGE
from elfkit.firmware.tree import Member


def verneed_file_not_needed(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """A file asks for versions (DT_VERNEED) of a library that it does not name as needed (DT_NEEDED).

    Linkers write both together, so a tool has taken the name out, or renamed it in one place alone. Where something
    else brings the library the file still runs. Where nothing does, glibc ends the start with a failed assertion, and
    bionic refuses the file in any case: there it is an error. musl and uClibc do not look at the table, and the rule
    says nothing.
    """
    strayed = tree.bindings.strayed.get(member.path, ())
    for gap in strayed if strayed and checks_versions(member, tree) else ():
        brought = f"{gap.provider} is mapped all the same" if gap.provider else "nothing brings it in"
        yield Problem(
            gap.file,
            f"asks for {gap.version} of {gap.file}, which is not among the libraries it needs; {brought}",
            (gap.evidence,),
            "give DT_NEEDED and DT_VERNEED the same names: patchelf --replace-needed changes both",
            None if gap.provider and not _refused(member, tree) else Severity.ERROR,
        )


def _refused(member: Member, tree: TreeFacts) -> bool:
    platform = tree.resolution.platform(member)
    return platform is not None and platform.libc == "bionic"


RULE = RuleSpec(
    "EK406",
    "verneed-file-not-needed",
    Severity.WARNING,
    Scope.LINK,
    "the loader looks for the versions in a library that nobody told it to map",
    verneed_file_not_needed,
    needs=frozenset({LINKAGE}),
    severities=(
        (Severity.WARNING, "something else maps the library"),
        (Severity.ERROR, "nothing maps it, or the loader is bionic's"),
    ),
)
