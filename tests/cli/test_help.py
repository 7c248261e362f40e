"""The help of each command, and the versions."""

import re
import shlex

import pytest

from elfkit.version import VERSION
from elfkit_cli.arguments import build_parser
from tests.cli.command import elfkit, python

COMMANDS = (
    *("check", "info", "symbols", "lookup", "deps", "rebuild-sections", "limits", "explain", "targets", "rules"),
)
SCREENS = [(), *[(command,) for command in COMMANDS]]


def examples(screen: str) -> list[list[str]]:
    """The command lines below "examples:", without what is said of them."""
    below = screen.partition("\nexamples:\n")[2].split("\n\n")[0]
    lines = [re.split(r"\s{3,}", line.strip())[0] for line in below.splitlines()]
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("command", SCREENS, ids=str)
def test_help_fits_a_terminal_and_its_examples_can_be_parsed(command: tuple[str, ...]) -> None:
    ran = elfkit(*command, "--help", env={"COLUMNS": "80"})
    assert (ran.code, ran.err) == (0, b"")
    assert max(map(len, ran.text.splitlines())) <= 80
    shown = examples(ran.text)
    assert shown
    for program, *arguments in shown:
        assert program == "elfkit"
        assert not command or arguments[0] == command[0]
        build_parser().parse_args(arguments)


def test_the_first_help_lists_every_command_and_exit_code() -> None:
    shown = elfkit("--help").text
    for command in COMMANDS:
        assert re.search(rf"^    {command} +\w", shown, re.MULTILINE)
    for code in (0, 1, 2, 3, 130):
        assert re.search(rf"^  {code} +\w", shown, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_same_options_for_its_output(command: str) -> None:
    shown = elfkit(command, "--help").text
    for option in ("--format", "--json", "-o FILE, --output FILE", "--color", "-h, --help"):
        assert f"  {option}" in shown


# -v where there is more to show than the text has: an explanation is whole already
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_quiet_and_verbose_where_there_is_more_to_show(command: str) -> None:
    shown = elfkit(command, "--help").text
    assert "  -q, --quiet " in shown
    assert ("  -v, --verbose " in shown) is (command not in ("explain", "limits"))


def test_every_option_is_explained() -> None:
    for command in COMMANDS:
        shown = elfkit(command, "--help", env={"COLUMNS": "80"}).text
        options = re.findall(r"^  (-.*?)(?:  +(\S.*))?\n( {20,}\S)?", shown, re.MULTILINE)
        assert options
        assert all(beside or below for _, beside, below in options), options


def test_the_version_is_told_in_one_line() -> None:
    assert elfkit("--version").text == f"elfkit {VERSION}\n"


def test_the_module_and_the_entry_point_are_one_command() -> None:
    entry = "import sys; from elfkit_cli.main import main; sys.exit(main())"
    for arguments in (["--version"], ["rules"], ["chek"]):
        assert python("-c", entry, *arguments) == elfkit(*arguments)
