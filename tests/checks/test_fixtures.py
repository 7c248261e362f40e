"""Every rule on its two committed roots: the bad one shows it, the good one does not."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from elfkit.checks.check import check as check_paths
from elfkit.checks.finding import Severity
from elfkit.checks.registry import RULES
from elfkit.checks.report import Report
from elfkit.checks.rule import RuleSpec
from tests.checks.judging import ABOUT, proved, rules_of
from tests.firmware.plants import FIXTURES

ROOTS = FIXTURES / "rules"
MADE_BY_TESTS = {rule.id for rule in RULES if (ROOTS / rule.id / "README.txt").exists()}
COMMITTED = [rule for rule in RULES if rule.id not in MADE_BY_TESTS]

# Where each fault was planted: fixtures/recipes/rules.py, what `readelf` says of the two files, and why.
FAULTY = {
    "EK001": "usr/bin/tool",
    "EK002": "usr/bin/tool",
    "EK003": "usr/bin/tool",
    "EK004": "usr/lib/libplain.so",
    "EK005": "usr/bin/tool",
    "EK006": "usr/bin/tool",
    "EK008": "usr/bin/tool",
    "EK011": "usr/bin/tool",
    "EK101": "usr/bin/tool",
    "EK102": "usr/bin/tool",
    "EK103": "usr/lib/libplain.so",
    "EK104": "usr/lib/libplain.so",
    "EK105": "usr/lib/libplain.so",
    "EK106": "usr/lib/libplain.so",
    "EK107": "usr/bin/tool",
    "EK108": "usr/bin/tool",
    "EK109": "usr/lib/libplain.so",
    "EK110": "usr/lib/libplain.so",
    "EK111": "usr/lib/libplain.so",
    "EK112": "usr/bin/tool.exe",
    "EK113": "opt/host/tool",
    "EK114": "usr/lib64/libplain.so",
    "EK115": "lib/firmware/radio.elf",
    "EK117": "usr/lib/plain.o",
    "EK201": "usr/bin/tool",
    "EK205": "usr/bin/tool",
    "EK207": "usr/bin/tool",
    "EK208": "usr/bin/tool",
    "EK209": "usr/bin/tool",
    "EK210": "usr/bin/tool",
    "EK211": "usr/lib/libplain.so",
    "EK212": "usr/lib/libplain.so",
    "EK213": "usr/lib/libplain.so",
    "EK214": "usr/lib/plugins/threads.so",
    "EK301": "usr/bin/tool",
    "EK304": "usr/bin/tool",
    "EK305": "usr/bin/tool",
    "EK306": "usr/bin/tool",
    "EK307": "usr/lib/libplain.so",
    "EK308": "usr/bin/tool",
    "EK314": "usr/bin/tool",
    "EK315": "usr/bin/tool",
    "EK317": "lib/libplain.so",
    "EK318": "usr/bin/tool",
    "EK309": "usr/bin/tool",
    "EK319": "usr/lib/libbare.so",
    "EK401": "usr/bin/tool",
    "EK402": "usr/lib/plugins/module.so",
    "EK403": "usr/bin/tool",
    "EK404": "usr/bin/tool",
    "EK405": "usr/bin/tool",
    "EK406": "usr/bin/tool",
    "EK407": "usr/bin/tool",
    "EK408": "usr/bin/tool",
    "EK410": "usr/bin/tool",
    "EK411": "usr/bin/tool",
    "EK418": "usr/bin/tool",
    "EK501": "usr/bin/tool",
    "EK502": "usr/bin/tool",
    "EK503": "usr/lib/libplain.so",
    "EK504": "usr/lib/libplain.so",
    "EK505": "usr/bin/tool",
    "EK506": "usr/bin/tool",
    "EK507": "usr/bin/tool",
    "EK509": "usr/lib/libplain.so",
    "EK510": "usr/lib/libplain.so",
    "EK512": "usr/bin/tool",
    "EK601": "usr/bin/tool",
    "EK602": "usr/lib/libplain.so",
    "EK603": "usr/lib/libplain.so",
    "EK604": "usr/lib/libplain.so",
    "EK605": "usr/bin/tool",
    "EK606": "usr/bin/tool",
    "EK607": "usr/lib/libplain.so",
    "EK608": "usr/lib/libplain.so",
    "EK609": "usr/lib/libplain.so",
    "EK610": "usr/lib/libplain.so",
    "EK903": "usr/lib/libel.so",
    "EK905": "usr/bin/tool",
}
SEVERITY = {
    "EK407": Severity.ERROR,  # a library without DT_VERSYM
    "EK502": Severity.WARNING,  # the one file among those that state their stack
}

HAVE_NO_BYTES = {"EK316"}  # a link is no file
NEED_GLIBC = {"EK104"}  # only glibc's loader looks at EI_OSABI and EI_ABIVERSION


def check(root: Path, *, select: Iterable[str] = ("EK",), ignore: Iterable[str] = ()) -> Report:
    """elfkit's check by every rule, also those that are off unless selected."""
    return check_paths(root, select=select, ignore=ignore)


each = pytest.mark.parametrize("rule", COMMITTED, ids=lambda rule: rule.id)


def checked(rule: RuleSpec, root: str) -> Report:
    """One of a rule's two roots, by every rule that is not opt-in, and by the rule itself."""
    return check(ROOTS / rule.id / root, select=[row.id for row in RULES if row is rule or not row.opt_in])


def test_only_rules_that_git_cannot_hold_have_their_fault_made_by_tests() -> None:
    assert MADE_BY_TESTS & {*ABOUT} == {"EK009", "EK907"}


@each
def test_the_bad_root_shows_the_rule_once_at_the_file_at_fault(rule: RuleSpec) -> None:
    findings = [finding for finding in checked(rule, "bad").findings if finding.rule == rule.id]
    assert len(findings) == 1
    assert findings[0].paths == (FAULTY.get(rule.id, findings[0].path),)
    assert findings[0].severity is SEVERITY.get(rule.id, rule.severity)
    assert findings[0].name == rule.name
    assert findings[0].why == rule.why


@each
def test_the_bytes_that_prove_it_are_in_the_file(rule: RuleSpec) -> None:
    root = ROOTS / rule.id / "bad"
    (finding,) = [finding for finding in checked(rule, "bad").findings if finding.rule == rule.id]
    shown = any(proof.offset is not None and proof.raw for proof in finding.evidence)
    assert shown or rule.id in HAVE_NO_BYTES
    assert proved(root, finding.path, finding.evidence)


@each
def test_the_bad_root_shows_no_other_error(rule: RuleSpec) -> None:
    assert {*rules_of(check_paths(ROOTS / rule.id / "bad"), Severity.ERROR)} <= {rule.id}


@each
def test_message_and_fix_are_clauses_without_a_full_stop(rule: RuleSpec) -> None:
    (finding,) = [finding for finding in checked(rule, "bad").findings if finding.rule == rule.id]
    for text in (finding.message, finding.fix):
        assert text
        assert "\n" not in text
        assert not text.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_good_root_does_not_show_the_rule_nor_any_error(rule: RuleSpec) -> None:
    report = checked(rule, "good")
    assert rule.id not in rules_of(report)
    assert report.at_least(Severity.ERROR) == ()
    assert report.elf_files > 0


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.id in ABOUT], ids=lambda rule: rule.id)
@pytest.mark.parametrize("name", ["bad", "good"])
def test_every_root_is_a_soft_float_router(rule: RuleSpec, name: str) -> None:
    (summary,) = check(ROOTS / rule.id / name).roots
    libc = "glibc" if rule.id in NEED_GLIBC else "musl"
    assert [platform.describe() for platform in summary.platforms] == [f"MIPS 32-bit big-endian o32 soft-float {libc}"]


@each
def test_a_rule_that_is_not_selected_says_nothing(rule: RuleSpec) -> None:
    root: Path = ROOTS / rule.id / "bad"
    assert rule.id not in rules_of(check(root, ignore=[rule.id]))
    assert rules_of(check(root, select=[rule.name])) == [rule.id]
