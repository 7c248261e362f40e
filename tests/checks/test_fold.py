import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.finding import Confidence, Finding, Problem, Severity, fingerprint
from elfkit.checks.fold import Sighting, count_by_severity, fold
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.evidence import Evidence
from tests.checks.judging import check, checked_about
from tests.elfwriter import Elf
from tests.firmware.plants import HARD, HARD_MUSL, Content, leaked, library, program, router


def rule(number: int = 1, severity: Severity = Severity.WARNING) -> RuleSpec:
    return RuleSpec(f"EK{number:03}", "some-rule", severity, Scope.FILE, "it is a test", lambda _: [])


RULE = rule()


def seen(path: str, problem: Problem, spec: RuleSpec = RULE, *, size: int = 1) -> Sighting:
    return Sighting(spec, path, (), size, problem)


def grouped(subject: str = "s", severity: Severity | None = None, confidence: Confidence = Confidence.HIGH) -> Problem:
    return Problem(subject, "message", severity=severity, confidence=confidence, group="cause")


def test_problems_of_one_group_are_one_finding_with_all_paths() -> None:
    (finding,) = fold([seen(path, grouped()) for path in ("c", "a", "b", "a")], "root")
    assert (finding.path, finding.paths, finding.root) == ("a", ("a", "b", "c"), "root")
    assert finding.size == 3


def test_without_a_group_each_file_and_subject_is_its_own() -> None:
    problems = [seen("a", Problem("x", "")), seen("a", Problem("y", "")), seen("b", Problem("x", ""))]
    assert [(finding.path, finding.subject) for finding in fold(problems, "")] == [("a", "x"), ("a", "y"), ("b", "x")]


def test_groups_of_two_rules_stay_apart() -> None:
    assert len(fold([seen("a", grouped()), seen("a", grouped(), rule(2))], "")) == 2


def test_a_group_is_as_bad_as_its_worst_and_as_sure_as_its_surest() -> None:
    problems = [
        seen("a", grouped(severity=Severity.NOTE, confidence=Confidence.LOW)),
        seen("b", grouped(severity=Severity.ERROR, confidence=Confidence.MEDIUM)),
        seen("c", grouped(confidence=Confidence.LOW)),
    ]
    (finding,) = fold(problems, "")
    assert (finding.severity, finding.confidence) == (Severity.ERROR, Confidence.MEDIUM)


def test_each_file_keeps_its_own_proof() -> None:
    proofs = {path: (Evidence("field", number, b"\0", 0),) for number, path in enumerate("abc")}
    (finding,) = fold([seen(path, grouped()._replace(evidence=proofs[path])) for path in "cba"], "")
    assert finding.evidence == proofs["a"]
    assert {other.path: other.evidence for other in finding.others} == {"b": proofs["b"], "c": proofs["c"]}


def test_the_worst_comes_first_then_rule_then_path() -> None:
    problems = [
        seen("z", Problem("", ""), rule(3, Severity.ERROR)),
        seen("b", Problem("", ""), rule(1)),
        seen("a", Problem("", ""), rule(2)),
        seen("a", Problem("", ""), rule(1)),
        seen("a", Problem("", "", severity=Severity.NOTE), rule(1, Severity.ERROR)),
    ]
    order = [(finding.severity.word, finding.rule, finding.path) for finding in fold(problems, "")]
    assert order[0] == ("error", "EK003", "z")
    assert order[1:3] == [("warning", "EK001", "a"), ("warning", "EK001", "b")]


def test_the_order_of_sightings_changes_nothing() -> None:
    problems = [seen(path, grouped(path.upper())) for path in "abcd"]
    problems += [seen(path, Problem(subject, "")) for path in "abcd" for subject in "uv"]
    expected = fold(problems, "")
    for seed in range(20):
        shuffled = problems.copy()
        random.Random(seed).shuffle(shuffled)  # noqa: S311  # no secret, an order
        assert fold(shuffled, "") == expected


def test_counts_name_every_severity() -> None:
    assert count_by_severity(()) == {"error": 0, "warning": 0, "note": 0}
    assert [*count_by_severity(fold([seen("a", grouped())], "")).items()] == [("error", 0), ("warning", 1), ("note", 0)]


# fingerprints


def test_a_fingerprint_is_of_rule_path_and_subject_alone() -> None:
    prints = {
        fingerprint(*key) for key in [("EK001", "a", "b"), ("EK002", "a", "b"), ("EK001", "ab", ""), ("EK001", "a", "")]
    }
    assert len(prints) == 4
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in prints)


def faulty(padding: int) -> dict[str, Content]:
    """A root with a fault for most rules; every file longer by `padding` bytes, and laid out otherwise."""
    plan = router(
        {
            "bin/jq": leaked("libc.so.6"),
            "bin/hard": program("libc.so", interpreter=HARD_MUSL, fp_abi=HARD),
            "bin/missing": program("libz.so", "liba.so", runpath="/opt/lib"),
            "bin/also": program("liba.so"),
            "lib/libx.so": replace(library(soname="libx.so"), stack=7, code_flags=7),
        }
    )
    return {path: padded(what, padding) for path, what in plan.items()}


def padded(what: Content, padding: int) -> Content:
    return replace(what, extra=(("padding", bytes(padding)),)) if isinstance(what, Elf) and padding else what


def test_fingerprints_outlive_a_rebuild_that_moves_every_offset(tmp_path: Path) -> None:
    one, two = checked_about(tmp_path / "1", faulty(0)), checked_about(tmp_path / "2", faulty(4096))
    assert len(one.findings) > 5
    assert {finding.rule: finding.size for finding in one.findings} != {f.rule: f.size for f in two.findings}
    assert prints(one.findings) == prints(two.findings)
    assert len(prints(one.findings)) == len(one.findings)


def test_a_finding_s_fingerprint_outlives_another_finding(tmp_path: Path) -> None:
    plan: Mapping[str, Content] = faulty(0)
    more = {**plan, "a/first": program("libz.so", "liba.so", "libmore.so"), "a/jq": leaked()}
    one, two = checked_about(tmp_path / "1", plan), checked_about(tmp_path / "2", more)
    assert prints(one.findings) < prints(two.findings)


def test_the_place_of_the_root_is_not_in_the_fingerprint(tmp_path: Path) -> None:
    one, two = checked_about(tmp_path / "here", faulty(0)), checked_about(tmp_path / "there/deeper", faulty(0))
    assert prints(one.findings) == prints(two.findings)


def prints(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.fingerprint for finding in findings}


@pytest.mark.parametrize("number", [2, 9])
def test_an_occurrence_has_the_fingerprint_it_would_have_alone(tmp_path: Path, number: int) -> None:
    plan = router({f"bin/x{place}": program("liba.so") for place in range(number)})
    (finding,) = check_one(tmp_path, plan)
    own = {other.path: other.fingerprint for other in finding.others}
    assert own == {path: fingerprint("EK301", path, "liba.so") for path in finding.paths[1:]}


def check_one(root: Path, plan: dict[str, Content]) -> list[Finding]:
    checked_about(root, plan)
    return [finding for finding in check(root).findings if finding.rule == "EK301"]


def test_what_a_rule_says_alike_of_more_than_twenty_files_is_one_finding() -> None:
    few = fold([seen(f"bin/{number}", Problem("x", "the same")) for number in range(20)], "")
    many = fold([seen(f"bin/{number}", Problem("x", "the same")) for number in range(21)], "")
    apart = fold([seen(f"bin/{number}", Problem("x", f"{number}")) for number in range(21)], "")
    assert (len(few), len(many), len(apart)) == (20, 1, 21)
    assert len(many[0].paths) == 21
