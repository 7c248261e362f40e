"""What a start imports: --version and --help must be instant, and a check pays for nothing that it does not use."""

import json
import sys
from pathlib import Path

import pytest

from elfkit.checks.registry import RULES
from elfkit.facts.facts import LINKAGE
from tests.cli.command import CLEAN, HELLO, ROUTER, python

# Of elfkit itself, before a command is chosen.
FIRST = {
    "elfkit",
    "elfkit.errors",
    "elfkit.version",
    "elfkit_cli",
    "elfkit_cli.arguments",
    "elfkit_cli.deps_arguments",
    "elfkit_cli.help_texts",
    "elfkit_cli.job_arguments",
    "elfkit_cli.limit_arguments",
    "elfkit_cli.exit_codes",
    "elfkit_cli.main",
    "elfkit_cli.rebuild_arguments",
}
# 5 to 100 ms each. The rest of the standard library that argparse brings (re, gettext, shutil) is the price of options.
DEAR = {
    "asyncio",
    "concurrent.futures",
    "construct",
    "dataclasses",
    "difflib",
    "hashlib",
    "importlib.metadata",
    "inspect",
    "json",
    "logging",
    "numpy",
    "rich",
    "tempfile",
    "tomllib",
}
PROGRAM = """
import sys
before = set(sys.modules)
{body}
import json
print("\\n" + json.dumps(sorted(set(sys.modules) - before)))
"""
COMMAND = """
from elfkit_cli.main import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
seen = set(sys.modules)
"""


def imported(body: str, *arguments: str | Path) -> set[str]:
    """What the body imports, less what the interpreter had at its start."""
    ran = python("-c", PROGRAM.format(body=body).replace("set(sys.modules) - before", "seen - before"), *arguments)
    assert ran.code == 0, ran.err
    return set(json.loads(ran.text.splitlines()[-1]))


def own(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] in {"elfkit", "elfkit_cli"}}


def foreign(modules: set[str]) -> set[str]:
    tops = {name.partition(".")[0] for name in modules if not name.startswith("__")}
    return tops - sys.stdlib_module_names - {"elfkit", "elfkit_cli"}


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["check", "--help"], ["info", "--help"]], ids=str)
def test_version_and_help_import_next_to_nothing(arguments: list[str]) -> None:
    modules = imported(COMMAND, *arguments)
    assert own(modules) == FIRST
    assert foreign(modules) == set()
    assert modules & DEAR == set()


def test_the_library_alone_imports_next_to_nothing() -> None:
    modules = imported("import elfkit\nseen = set(sys.modules)")
    assert own(modules) == {"elfkit", "elfkit.version"}
    assert foreign(modules) == set()
    assert modules & DEAR == set()


WITHOUT_SYMBOLS = ("--ignore", ",".join([rule.id for rule in RULES if LINKAGE in rule.needs]))


def test_binding_symbols_imports_arrays() -> None:
    assert "numpy" in imported(COMMAND, "check", CLEAN, "--select", "EK401")


@pytest.mark.parametrize(
    "arguments",
    [[HELLO], [ROUTER, *WITHOUT_SYMBOLS], [CLEAN, "--json", *WITHOUT_SYMBOLS]],
    ids=lambda arguments: arguments[0].name,
)
def test_a_check_that_binds_no_symbols_imports_no_arrays_and_no_colours(arguments: list[str | Path]) -> None:
    modules = imported(COMMAND, "check", *arguments)
    assert foreign(modules) <= {"construct"}
    assert modules & {"importlib.metadata", "logging", "asyncio", "concurrent.futures"} == set()


@pytest.mark.parametrize("arguments", [["rules"], ["explain", "EK106"], ["info", HELLO]], ids=str)
def test_no_command_imports_colours_where_nobody_sees_them(arguments: list[str | Path]) -> None:
    assert "rich" not in imported(COMMAND, *arguments)


def test_colours_are_imported_where_they_are_shown() -> None:
    assert "rich" in imported(COMMAND, "rules", "--color", "always")


def test_the_command_alone_tames_the_threads_of_arrays() -> None:
    """It sets the variable for its own process; a program that uses the library keeps what it has."""
    said = "import os; print(os.environ.get('OPENBLAS_NUM_THREADS'))"
    unset = "import os; os.environ.pop('OPENBLAS_NUM_THREADS', None); "
    assert python("-c", f"{unset}import elfkit; elfkit.check('{CLEAN}'); {said}").text == "None\n"
    assert (
        python("-c", f"{unset}from elfkit_cli.main import main; main(['rules', '-o', '/dev/null']); {said}").text
        == "1\n"
    )


AT_EXIT = (
    "import atexit, sys; atexit.register(print, 'freed'); from elfkit_cli.main import main; {trace}sys.exit(main())"
)


def test_the_command_ends_without_freeing_what_it_holds_and_all_is_written() -> None:
    plain = python("-c", AT_EXIT.format(trace=""), "check", ROUTER, "-q")
    traced = python("-c", AT_EXIT.format(trace="sys.setprofile(lambda *seen: None); "), "check", ROUTER, "-q")
    assert plain.out + b"freed\n" == traced.out
    assert plain.code == traced.code == 1
