"""What the exit code says, for every command and format: 2 over 1 over 3 over 0."""

import os
import shutil
import socket
from pathlib import Path

import pytest

from elfkit.checks.registry import RULES
from elfkit.checks.rule import RuleSpec
from elfkit_cli.main import main
from tests.cli.command import CLEAN, HELLO, ROUTER, as_nobody, elfkit
from tests.needs import needs

FORMATS = pytest.mark.parametrize("form", ["text", "json"])
WARNING = ROUTER / "usr/bin/scripthost"  # an executable stack, and nothing worse
NOTE = HELLO.with_name("hello.noshdr")  # no section headers, and nothing worse

# arguments, exit code
CHECKS = {
    "errors": ([ROUTER], 1),
    "a clean tree": ([CLEAN], 0),
    "a clean tree at the strictest": ([CLEAN, "--fail-on", "warning"], 0),
    "firmware for another processor is a note": ([CLEAN, "--fail-on", "note"], 1),
    "a note": ([NOTE], 0),
    "a note fails where asked": ([NOTE, "--fail-on", "note"], 1),
    "a warning is no error": ([WARNING], 0),
    "a warning fails where asked": ([WARNING, "--fail-on", "warning"], 1),
    "a note is no warning": ([NOTE, "--fail-on", "warning"], 0),
    "never": ([ROUTER, "--fail-on", "never"], 0),
    "exit zero": ([ROUTER, "--exit-zero"], 0),
    "quiet": ([ROUTER, "-q"], 1),
    "verbose": ([ROUTER, "-v"], 1),
    "errors deselected": ([ROUTER, "--select", "EK5,EK005"], 0),
    "errors ignored": ([ROUTER, "--ignore", "EK0,EK1", "--ignore", "EK2,needed-missing"], 0),
    "a file alone": ([HELLO], 0),
    "a file in a tree": ([ROUTER / "usr/sbin/vpnd", "--root", ROUTER], 1),
    "errors and a missing path": ([ROUTER, "missing"], 2),
    "exit zero does not hide a missing path": ([ROUTER, "missing", "--exit-zero"], 2),
    "never does not hide a missing path": ([ROUTER, "missing", "--fail-on", "never"], 2),
    "errors and no ELF": ([ROUTER, "pyproject.toml"], 1),
    "clean and no ELF": ([CLEAN, "pyproject.toml"], 0),
    "no ELF": (["pyproject.toml"], 3),
    "exit zero does not hide that there is no ELF": (["pyproject.toml", "--exit-zero"], 3),
    "no ELF and a missing path": (["pyproject.toml", "missing"], 2),
    "a directory and a root": ([CLEAN, "--root", CLEAN], 2),
    "a root that is missing": ([HELLO, "--root", "missing"], 2),
    "a root that is a file": ([HELLO, "--root", HELLO], 2),
    "an unknown rule": ([CLEAN, "--select", "EK999"], 2),
}


@FORMATS
@pytest.mark.parametrize(("arguments", "code"), CHECKS.values(), ids=CHECKS)
def test_check_says_by_its_exit_code(arguments: list[str | Path], code: int, form: str) -> None:
    ran = elfkit("check", *arguments, "--format", form)
    assert ran.code == code
    assert b"Traceback" not in ran.err


OTHERS = {
    "info": (["info", HELLO], 0),
    "info of several": (["info", HELLO, WARNING], 0),
    "info of a file that is no ELF": (["info", "pyproject.toml"], 3),
    "info of one that is and one that is not": (["info", HELLO, "pyproject.toml"], 0),
    "info of a missing file": (["info", HELLO, "missing"], 2),
    "info of a directory": (["info", CLEAN], 0),
    "info of a directory without one": (["info", "elfkit/schemas"], 3),
    "info of a damaged header": (["info", ROUTER / "usr/bin/badclass"], 2),
    "info of damage behind the header": (["info", ROUTER / "usr/bin/nophdrs"], 0),
    "rules": (["rules"], 0),
    "explain": (["explain", "EK106", "exec-stack", "EK00"], 0),
    "explain an unknown rule": (["explain", "EK106", "EK999"], 2),
}


@FORMATS
@pytest.mark.parametrize(("arguments", "code"), OTHERS.values(), ids=OTHERS)
def test_the_other_commands_say_by_their_exit_code(arguments: list[str | Path], code: int, form: str) -> None:
    ran = elfkit(*arguments, "--format", form)
    assert ran.code == code
    assert b"Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chek"],
        ["check"],
        ["info"],
        ["explain"],
        ["rules", "EK001"],
        ["check", ".", "--fail-on", "fatal"],
        ["check", ".", "--format", "yaml"],
        ["check", ".", "--format", "text", "--json"],
        ["check", ".", "-q", "-v"],
        ["check", ".", "--fail", "never"],  # an abbreviation would change its meaning with the next option
        ["check", ".", "--no-such-option"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_2_with_one_sentence(arguments: list[str]) -> None:
    ran = elfkit(*arguments)
    assert (ran.code, ran.out) == (2, b"")
    assert len(ran.sentences) == 1
    assert ran.sentences[0].startswith("elfkit")
    assert "--help" in ran.sentences[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "missing"], "missing: no such file or directory"),
        (["check", "missing/\n\x1b"], r"missing/\n\x1b: no such file or directory"),
        (["check", "x" * 300], "the name is too long"),
        (["check", CLEAN, "--root", CLEAN], "is a directory and a root of its own"),
        (["check", HELLO, "--root", "missing"], "missing: no such file or directory"),
        (["check", HELLO, "--root", HELLO], "not a directory"),
        (["check", CLEAN, "--select", "exec-stak"], "did you mean exec-stack?"),
        (["check", CLEAN, "--ignore", "EK106,EK010"], "'EK010'; did you mean EK"),
        (["check", CLEAN, "--select", "zzzz"], "`elfkit rules` lists them all"),
        (["explain", "exec-stak"], "did you mean exec-stack?"),
        (["check", "pyproject.toml"], "pyproject.toml: not an ELF file: it does not begin with 7f 45 4c 46"),
        (["info", "pyproject.toml"], "pyproject.toml: not an ELF file"),
        (["info", "elfkit/schemas"], "no ELF file in "),
        (["info", ROUTER / "usr/bin/badclass"], "EI_CLASS is 9"),
    ],
    ids=str,
)
def test_what_cannot_be_used_gets_one_sentence(arguments: list[str | Path], words: str) -> None:
    ran = elfkit(*arguments)
    assert len(ran.sentences) == 1
    assert words in ran.sentences[0]


def odd_files(folder: Path) -> dict[str, str]:
    """Make files that cannot be checked; return the words that say why of each."""
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
    (folder / "text").write_text("#!/bin/sh\n")
    (folder / "empty").write_bytes(b"")
    (folder / "loop").symlink_to("loop")
    return {
        "fifo": "is a FIFO",
        "socket": "socket",
        "text": "not an ELF file",
        "empty": "not an ELF file",
        "loop": "loop",
        "missing": "no such file",
    }


@pytest.mark.parametrize("command", ["check", "info"])
def test_each_bad_argument_gets_its_sentence_and_the_others_are_done(tmp_path: Path, command: str) -> None:
    words = odd_files(tmp_path)
    shutil.copy(HELLO, tmp_path / "good")
    shutil.copy(HELLO, tmp_path / "fine")
    ran = elfkit(command, "good", *words, "fine", cwd=tmp_path)
    assert ran.code == 2
    assert len(ran.sentences) == len(words)
    for name, said in words.items():
        (sentence,) = [line for line in ran.sentences if line.startswith(f"elfkit: {name}: ")]
        assert said in sentence
    if command == "check":
        assert "No problem found in 2 ELF files." in ran.text
    else:
        assert [line for line in ran.text.splitlines() if line in {"good", "fine"}] == ["good", "fine"]


def test_one_odd_file_alone_says_which_kind_of_failure_it_is(tmp_path: Path) -> None:
    codes = {name: elfkit("check", name, cwd=tmp_path).code for name in odd_files(tmp_path)}
    assert codes == {"fifo": 2, "socket": 2, "text": 3, "empty": 3, "loop": 2, "missing": 2}


@FORMATS
def test_an_empty_directory_holds_no_elf_file(tmp_path: Path, form: str) -> None:
    ran = elfkit("check", tmp_path, "--format", form)
    assert ran.code == 3
    assert ran.sentences == [f"elfkit: no ELF file in {tmp_path}"]


@pytest.mark.parametrize("length", [4, 15, 16, 20, 51])
def test_a_truncated_header_is_a_finding_of_check_and_unusable_to_info(tmp_path: Path, length: int) -> None:
    (tmp_path / "cut").write_bytes(HELLO.read_bytes()[:length])
    checked = elfkit("check", "cut", cwd=tmp_path)
    assert checked.code == 1
    assert checked.text.startswith("error[EK001 truncated] cut\n")
    asked = elfkit("info", "cut", cwd=tmp_path)
    assert asked.code == 2
    assert len(asked.sentences) == 1
    assert f"the file ends after {length} " in asked.sentences[0]


def test_a_tree_of_special_files_blocks_nothing_and_notes_them(tmp_path: Path) -> None:
    odd_files(tmp_path)
    shutil.copy(HELLO, tmp_path / "good")
    ran = elfkit("check", tmp_path, "--select", "EK009", "-v")
    assert ran.code == 0
    assert ran.sentences == []
    assert "note[EK009 unreadable]" in ran.text
    assert "fifo" in ran.text


@needs("root")
def test_an_unreadable_argument_exits_2_and_one_inside_a_tree_is_a_note(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "closed").mkdir(parents=True)
    shutil.copy(HELLO, tree / "good")
    shutil.copy(HELLO, tree / "secret")
    shutil.copy(HELLO, tree / "closed" / "inside")
    (tree / "secret").chmod(0)
    (tree / "closed").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # the way to the tree, which pytest keeps to its user

    whole = as_nobody("check", ".", "--select", "EK009", "-v", cwd=tree)
    assert (whole.code, whole.sentences) == (0, [])
    assert "note[EK009 unreadable]" in whole.text
    assert "permission denied" in whole.text
    assert "closed" in whole.text
    assert "secret" in whole.text

    for arguments in (["check", "secret"], ["check", "closed"], ["info", "secret"], ["check", "closed/inside"]):
        ran = as_nobody(*arguments, cwd=tree)
        assert (ran.code, ran.sentences) == (2, [f"elfkit: {arguments[1]}: permission denied"])
    mixed = as_nobody("check", "good", "secret", cwd=tree)
    assert mixed.code == 2
    assert "No problem found in 1 ELF file." in mixed.text


@FORMATS
def test_a_rule_that_crashes_exits_2_and_the_others_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    def crash(*_: object) -> None:
        raise ValueError("a defect")

    def spoiled(rule: RuleSpec) -> RuleSpec:
        row = {name: getattr(rule, name) for name in RuleSpec.__dataclass_fields__}
        return RuleSpec(**(row | {"evaluate": crash})) if rule.id == "EK501" else rule

    monkeypatch.setattr("elfkit.checks.registry.RULES", tuple(spoiled(rule) for rule in RULES))
    assert main(["check", str(ROUTER), "--format", form]) == 2
    shown = capsys.readouterr().out
    assert "EK907" in shown
    assert "a defect" in shown
    assert "EK503" in shown


def test_a_defect_of_the_command_is_one_sentence_and_never_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("\x1b[31mwhat was not foreseen")

    monkeypatch.delenv("ELFKIT_DEBUG", raising=False)
    monkeypatch.setattr("elfkit_cli.check.check", crash)
    assert main(["check", str(CLEAN)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("elfkit: internal error, a defect of elfkit: RuntimeError: \\x1b[31mwhat was not foreseen")
    assert said.count("\n") == 1

    monkeypatch.setenv("ELFKIT_DEBUG", "1")
    with pytest.raises(RuntimeError, match="foreseen"):
        main(["check", str(CLEAN)])
