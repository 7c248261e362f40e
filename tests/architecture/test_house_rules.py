"""Rules that hold for every file: who opens files, who prints, how long things are, how they are named."""

from pathlib import Path, PurePath

import pytest

from tests.architecture import syntax
from tests.architecture.sources import ROOT, line_count, project, python_files, tree_of

PRODUCT = python_files("elfkit", "cli")
LIBRARY = python_files("elfkit")
EVERYTHING = python_files("elfkit", "cli", "tests", "benchmarks", "docs", "fixtures")

FILE_LINES = 300
RULE_LINES = 120
FUNCTION_LINES = 60

# Each with its reason: the two that read what is examined, the one that writes what was rebuilt, a pipe, and the edge.
OPENS_FILES = (
    "elfkit/image/source.py",
    "elfkit/firmware/walk.py",
    "elfkit/rebuild/output.py",
    "elfkit/firmware/processes.py",
    "cli/*.py",
)
# A rule that crashes becomes a finding; the command ends with a sentence instead of a traceback.
CATCHES_ALL = ("elfkit/checks/engine.py", "cli/main.py")
# Named after the command it runs: elfkit info.
NAMED_BY_USERS = ("cli/info.py", "cli/info_text.py", "cli/info_table.py")

# What a package is called where its import name is another.
DISTRIBUTIONS = {"elftools": "pyelftools", "importlinter": "import-linter", "itanium_demangler": "itanium-demangler"}
FUZZ_IN = ROOT / "requirements" / "fuzz.in"
OWN = {"elfkit", "elfkit_cli", "tests", "benchmarks", "docs", "fixtures", "recipes"}


def allowed(path: Path, patterns: tuple[str, ...]) -> bool:
    return any(PurePath(path).match(pattern) for pattern in patterns)


def named(paths: tuple[Path, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=str)


@named(LIBRARY)
def test_only_the_doors_open_files(path: Path) -> None:
    assert allowed(path, OPENS_FILES) or syntax.openings(tree_of(path)) == []


@named(LIBRARY)
def test_only_the_command_prints(path: Path) -> None:
    assert syntax.printing(tree_of(path)) == []


@named(PRODUCT)
def test_only_the_engine_and_the_command_catch_everything(path: Path) -> None:
    assert allowed(path, CATCHES_ALL) or syntax.broad_excepts(tree_of(path)) == []


@named(PRODUCT)
def test_names_say_what_things_are(path: Path) -> None:
    assert allowed(path, NAMED_BY_USERS) or syntax.empty_words(tree_of(path), path.stem) == []


@named(EVERYTHING)
def test_a_file_fits_in_the_head(path: Path) -> None:
    limit = RULE_LINES if path.is_relative_to("elfkit/checks/rules") else FILE_LINES
    tables = path.is_relative_to("elfkit/abi") or path.match("tests/oracle/*_scenarios.py")
    data = syntax.table_lines(tree_of(path)) if tables else 0
    assert line_count(path) - data <= limit


@named(EVERYTHING)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    assert syntax.long_functions(tree_of(path), FUNCTION_LINES) == []


def declared(*extras: str) -> set[str]:
    """Names of the distributions that pyproject.toml asks for, with these extras; "fuzz" has a file of its own."""
    table = project()["project"]
    groups = table["optional-dependencies"] | {"fuzz": FUZZ_IN.read_text().splitlines()[1:]}
    asked = [*table["dependencies"], *(row for extra in extras for row in groups[extra])]
    return {syntax.distribution(row) for row in asked}


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        (("elfkit", "cli"), ("verify", "arrow", "demangle", "pandas")),
        (("tests", "benchmarks"), ("verify", "dev", "fuzz")),
    ],
    ids=["product", "tests"],
)
def test_every_import_is_a_declared_dependency(folders: tuple[str, ...], extras: tuple[str, ...]) -> None:
    imports = {name for path in python_files(*folders) for name in syntax.imported(tree_of(path))} - OWN
    assert {DISTRIBUTIONS.get(name, name) for name in imports} <= declared(*extras)


def test_the_doors_exist() -> None:
    """An exemption for a file that is gone would let its successor in unseen."""
    expected = {"elfkit/image/source.py", "elfkit/firmware/walk.py", *CATCHES_ALL, *NAMED_BY_USERS}
    assert expected <= {path.as_posix() for path in PRODUCT}
