"""What is committed: the packages of pyproject.toml, versions pinned by hash, and nothing of the author's machine."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture import syntax
from tests.architecture.sources import ROOT, project, python_files
from tests.needs import needs

# Package registries, and folders of one machine alone. In pieces, so that this file is free of them.
REGISTRIES = re.compile(
    rb"(?:pypi|pythonhosted|npmjs)\." + rb"(?:org|com)|(?:deb|ftp|security|archive|snapshot)\.debian\." + rb"org"
)
PLACES = re.compile(rb"(?<![\w.-])/(?:work|root|home/\w+)/|\.\./" + rb"shared\b")

PINNED = sorted((ROOT / "requirements").glob("*.txt"))


@needs("git")
def test_no_registry_and_no_place_is_named() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    assert paths
    naming = {
        str(path.relative_to(ROOT)): found.group()
        for path in paths
        if path.is_file() and not path.is_symlink() and (found := unwanted(path.read_bytes()))
    }
    assert naming == {}


def unwanted(content: bytes) -> re.Match[bytes] | None:
    return REGISTRIES.search(content) or PLACES.search(content)


@pytest.mark.parametrize("name", ["pypi.", "files.pythonhosted.", "registry.npmjs.", "deb.debian."])
def test_a_registry_is_recognised(name: str) -> None:
    assert unwanted(f"from {name}org/simple".encode())


@pytest.mark.parametrize("place", ["work/main", "root/.cache", "home/me/elfkit"])
def test_a_place_is_recognised(place: str) -> None:
    assert unwanted(f'open("/{place}")'.encode())


@pytest.mark.parametrize("text", ["root:x:0:0:root:/root:/bin/sh", "a/work/b", "the elfkit.org example", "usr/root/x"])
def test_what_names_neither_is_let_be(text: str) -> None:
    assert unwanted(text.encode()) is None


def test_pyproject_lists_every_package() -> None:
    folders = {path.parent for path in python_files("elfkit", "cli")}
    installed = {".".join(["elfkit_cli" if part == "cli" else part for part in folder.parts]) for folder in folders}
    assert sorted(project()["tool"]["setuptools"]["packages"]) == sorted(installed)


def test_both_packages_say_that_they_are_typed() -> None:
    for package in ("elfkit", "cli"):
        assert (ROOT / package / "py.typed").is_file()
    data = project()["tool"]["setuptools"]["package-data"]
    assert "py.typed" in data["elfkit"]
    assert "py.typed" in data["elfkit_cli"]


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_pin_has_a_hash_and_no_address(path: Path) -> None:
    entries = [entry for entry in re.split(r"\n(?=\S)", path.read_text()) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
        assert "://" not in entry, entry


def test_every_dependency_is_pinned() -> None:
    table = project()["project"]
    extras = table["optional-dependencies"]
    runtime = {syntax.distribution(row) for row in table["dependencies"]} | {"setuptools"}
    wanted = runtime | {syntax.distribution(row) for row in extras["dev"] + extras["verify"]} - {"elfkit"}
    assert runtime <= pins("runtime.txt")
    assert wanted <= pins("test.txt")


def pins(name: str) -> set[str]:
    return set(re.findall(r"^[\w.-]+(?===)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
