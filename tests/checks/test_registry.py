import inspect
import re
from pathlib import Path

import pytest

from elfkit.checks.finding import Severity
from elfkit.checks.registry import RULES, rules_named, select_rules
from elfkit.checks.rule import RuleSpec, Scope
from elfkit.errors import ElfkitError, SelectionError
from tests.checks.judging import ABOUT
from tests.firmware.plants import FIXTURES

each = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
RULE_FILES = Path(inspect.getfile(RuleSpec)).parent / "rules"

PARAMETERS = {Scope.FILE: 1, Scope.LINK: 2, Scope.TREE: 1, Scope.ENGINE: 2}


def ids(rules: tuple[RuleSpec, ...]) -> list[str]:
    return [rule.id for rule in rules]


def test_the_promised_rules_are_there() -> None:
    assert {*ids(RULES)} >= {*ABOUT}


def test_ids_and_names_are_unique_and_the_table_is_sorted() -> None:
    assert ids(RULES) == sorted({rule.id for rule in RULES})
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_every_rule_file_is_registered() -> None:
    files = {path.stem for path in RULE_FILES.glob("ek*.py")}
    assert files == {inspect.getmodule(rule.evaluate).__name__.rpartition(".")[2] for rule in RULES}  # type: ignore[union-attr]


@each
def test_a_rule_is_named_like_its_file_and_its_function(rule: RuleSpec) -> None:
    words = rule.name.replace("-", "_")
    assert re.fullmatch(r"EK\d{3}", rule.id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert Path(inspect.getfile(rule.evaluate)).name == f"{rule.id.lower()}_{words}.py"
    assert rule.evaluate.__name__ == words


@each
def test_a_rule_is_documented_by_one_line_and_a_body(rule: RuleSpec) -> None:
    summary, blank, *body = rule.documentation.splitlines()
    assert 20 <= len(summary) <= 120
    assert summary.endswith(".")
    assert blank == ""
    assert " ".join(body).strip()
    assert max(map(len, body)) <= 120


@each
def test_a_rule_says_in_one_clause_why_it_matters(rule: RuleSpec) -> None:
    assert rule.why
    assert "\n" not in rule.why
    assert not rule.why.endswith(".")


@each
def test_severity_and_scope_are_of_their_kinds(rule: RuleSpec) -> None:
    assert isinstance(rule.severity, Severity)
    assert isinstance(rule.scope, Scope)
    assert isinstance(rule.needs, frozenset)


@each
def test_a_rule_is_given_what_its_scope_says(rule: RuleSpec) -> None:
    parameters = inspect.signature(rule.evaluate).parameters.values()
    assert len(parameters) == PARAMETERS[rule.scope]
    assert all(parameter.kind is parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)
    assert all(parameter.default is parameter.empty for parameter in parameters)


@each
def test_a_rule_has_a_bad_and_a_good_fixture(rule: RuleSpec) -> None:
    folder = FIXTURES / "rules" / rule.id
    for name in ("bad", "good"):
        assert any(path.is_file() for path in (folder / name).rglob("*"))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@each
def test_bad_and_good_differ_unless_the_fault_is_made_by_the_test(rule: RuleSpec) -> None:
    folder = FIXTURES / "rules" / rule.id
    bad, good = [
        {
            str(path.relative_to(folder / name)): path.read_bytes()
            for path in (folder / name).rglob("*")
            if path.is_file()
        }
        for name in ("bad", "good")
    ]
    note = folder / "README.txt"
    assert (bad != good) != note.exists()
    assert not note.exists() or "test" in note.read_text("utf-8")


@each
def test_id_and_name_find_the_rule_in_any_case(rule: RuleSpec) -> None:
    for name in (rule.id, rule.id.lower(), rule.name, rule.name.upper(), f" {rule.id} "):
        assert rules_named(name) == (rule,)


def test_the_beginning_of_an_id_stands_for_all_that_begin_so() -> None:
    assert ids(rules_named("EK1")) == [rule.id for rule in RULES if rule.id.startswith("EK1")]
    assert rules_named("ek") == RULES


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("exec-stak", "exec-stack"),
        ("truncate", "truncated"),
        ("zzzzzzzz", ""),
        ("", ""),
        ("E", ""),
        ("501", ""),
        ("exec_stack", "exec-stack"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name: str, hint: str) -> None:
    with pytest.raises(SelectionError) as caught:
        rules_named(name)
    assert isinstance(caught.value, ElfkitError)
    assert caught.value.name == name
    if hint:
        assert caught.value.hint == hint
        assert str(caught.value).endswith(f"did you mean {hint}?")
    elif not caught.value.hint:
        assert "elfkit rules" in str(caught.value)


def test_everything_is_selected_unless_something_is_named() -> None:
    assert select_rules() == tuple(rule for rule in RULES if not rule.opt_in)
    assert select_rules(["EK501"]) == rules_named("exec-stack")


def test_ignore_goes_over_select_and_order_does_not_matter() -> None:
    assert ids(select_rules(["EK501", "EK503", "EK10"], ["wx-segment", "EK10"])) == ["EK501"]
    assert select_rules(["EK503", "EK501"]) == select_rules(["EK501", "EK503"])
    assert select_rules(ignore=["EK"]) == ()


@pytest.mark.parametrize("wrong", [{"select": ["nope"]}, {"ignore": ["nope"]}])
def test_a_wrong_name_is_refused_wherever_it_stands(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(SelectionError):
        select_rules(**wrong)


@each
def test_the_json_of_a_rule_holds_all_that_explains_it(rule: RuleSpec) -> None:
    shape = rule.to_dict()
    assert shape["id"] == rule.id
    assert shape["severity"] in {"error", "warning", "note"}
    assert shape["scope"] in {"file", "link", "tree", "engine"}
    assert shape["why"] == rule.why
    assert shape["documentation"].startswith(inspect.getdoc(rule.evaluate)[:20])  # type: ignore[index]
