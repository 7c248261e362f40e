import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks import check as check_module
from elfkit.checks.check import Interrupted
from elfkit.checks.engine import judge_members, judge_tree
from elfkit.checks.exemptions import Exemptions
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.registry import RULES, select_rules
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.checks.run import Options, Run
from elfkit.facts.facts import Facts
from tests.checks.judging import check, only, rules_of, told
from tests.firmware.plants import FIXTURES, grow, library, program, router

CRASHING = FIXTURES / "rules/EK907/bad"


def crash(*_: object) -> Iterator[Problem]:
    yield from [Problem("", "") for _ in [1 // 0]]


def crash_late(*_: object) -> Iterator[Problem]:
    yield Problem("first", "told before the crash")
    msg = "no such luck"
    raise KeyError(msg)


def with_rule(monkeypatch: pytest.MonkeyPatch, rule: RuleSpec) -> None:
    """The run gets one rule more."""
    monkeypatch.setattr(check_module, "select_rules", lambda *names: (*select_rules(*names), rule))


def crashing(scope: Scope) -> RuleSpec:
    return RuleSpec("EK999", "crashing", Severity.NOTE, scope, "it is a test", crash)


@pytest.mark.parametrize("scope", [Scope.FILE, Scope.LINK, Scope.TREE])
def test_a_crash_of_a_rule_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scope: Scope
) -> None:
    with_rule(monkeypatch, crashing(scope))
    report = check(grow(tmp_path, router({"bin/x": program("libnot.so")})))
    assert report.internal_error
    assert told(report)[("EK301", "bin/x")] == "error"
    crashes = [finding for finding in report.findings if finding.rule == "EK907"]
    assert {finding.subject for finding in crashes} == {"EK999"}
    for finding in crashes:
        assert finding.severity is Severity.ERROR
        assert "EK999" in finding.message
        assert "ZeroDivisionError: " in finding.message


def test_a_crash_is_told_of_every_file_it_happened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rule(monkeypatch, crashing(Scope.FILE))
    report = check(CRASHING)
    assert {path for finding in report.findings if finding.rule == "EK907" for path in finding.paths} == {
        "lib/libc.so",
        "sbin/init",
    }


def test_the_same_root_without_the_crash_is_silent() -> None:
    report = check(CRASHING)
    assert (report.findings, report.internal_error) == ((), False)


def test_a_rule_that_crashes_half_way_is_told_as_crashed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rule(monkeypatch, replace(crashing(Scope.TREE), evaluate=crash_late))
    finding = only(check(CRASHING), "EK907")
    assert "KeyError" in finding.message


def test_a_crash_is_told_though_ek907_was_not_selected(monkeypatch: pytest.MonkeyPatch) -> None:
    with_rule(monkeypatch, crashing(Scope.FILE))
    assert check(CRASHING, select=["EK101"]).internal_error
    assert check(CRASHING, ignore=["EK907"]).internal_error


def test_ctrl_c_is_no_crash_and_hands_over_what_was_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def interrupt(_: Facts) -> Iterator[Problem]:
        signal.raise_signal(signal.SIGINT)
        yield from ()

    grow(tmp_path / "first", router({"lib/libx.so": library("libnot.so", soname="libx.so")}))
    grow(tmp_path / "second", router())
    progressed: list[str] = []

    def progress(_: int, path: str) -> None:
        progressed.append(path)
        if len(progressed) == 5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        check(tmp_path / "first", tmp_path / "second", progress=progress)
    assert rules_of(caught.value.report) == ["EK301"]
    assert [root.interrupted for root in caught.value.report.roots] == [False, True]
    with_rule(monkeypatch, replace(crashing(Scope.FILE), evaluate=interrupt))
    with pytest.raises(Interrupted):
        check(tmp_path / "first")


def test_without_a_tree_only_rules_of_scope_file_are_asked(tmp_path: Path) -> None:
    asked: list[str] = []

    def listening(rule: RuleSpec) -> RuleSpec:
        def evaluate(*arguments: object) -> list[Problem]:
            asked.append(f"{rule.scope.value} {len(arguments)}")
            return []

        return replace(rule, evaluate=evaluate)

    rules = [listening(rule) for rule in RULES if rule.id in {"EK501", "EK106", "EK009", "EK907"}]
    run = Run(tuple(rules), Exemptions(()), Options())
    tree = run.read_root(str(grow(tmp_path, router())))
    member = tree.tree.members[0]
    assert [*judge_members(rules, [member], None)] == []
    assert asked == ["file 1"]
    asked.clear()
    assert [*judge_members(rules, [member], tree), *judge_tree(rules, tree)] == []
    assert asked == ["file 1", "link 2", "tree 1"]


def test_crashes_of_one_rule_and_kind_are_one_finding_whatever_they_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash_by_file(facts: Facts) -> Iterator[Problem]:
        yield from ()
        if facts.interpreter.value is None:
            raise ValueError(facts.sizes)
        raise KeyError(facts.needed.value)

    with_rule(monkeypatch, replace(crashing(Scope.FILE), evaluate=crash_by_file))
    plan = router({f"bin/x{number}": program(f"lib{number}.so") for number in range(40)})
    crashes = [finding for finding in check(grow(tmp_path, plan)).findings if finding.rule == "EK907"]
    assert sorted(len(finding.paths) for finding in crashes) == [1, 41]
