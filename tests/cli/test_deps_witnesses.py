"""`elfkit deps` beside ldd, lddtree and libtree, on programs of this machine."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.cli.command import elfkit
from tests.needs import needs

PROGRAMS = ("/usr/bin/readelf", "/usr/bin/git", "/bin/sh", "/usr/bin/make", "/usr/bin/gdb", "/usr/bin/apt")


def ldd(path: str) -> dict[str, str | None]:
    """Name -> file, as the machine's own loader finds it."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True, check=True)
    found = re.findall(r"^\s+(\S+) => (not found|/\S+)", done.stdout, re.MULTILINE)
    return {name: None if where == "not found" else os.path.realpath(where) for name, where in found}


def found_by_elfkit(path: str) -> dict[str, str | None]:
    (document,) = json.loads(elfkit("deps", path, "--json").out)
    needs = [need for image in document["images"] for need in image["needs"] if need["outcome"] != "built-in"]
    return {need["name"]: os.path.realpath(need["found"]) if need["outcome"] == "found" else None for need in needs}


@needs("ldd", "readelf", "git", "gdb")
@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_of_this_machine_get_what_ldd_says(path: str) -> None:
    assert found_by_elfkit(path) == ldd(path)


@needs("lddtree", "readelf", "git", "gdb")
@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_of_this_machine_get_what_lddtree_says(path: str) -> None:
    done = subprocess.run(
        [sys.executable, str(shutil.which("lddtree")), "-l", path], capture_output=True, text=True, check=True
    )
    listed = {os.path.realpath(line) for line in done.stdout.splitlines()[1:]}
    interpreter = {place for place in listed if "/ld-linux" in place}
    assert {place for place in found_by_elfkit(path).values() if place} == listed - interpreter


@needs("libtree", "readelf", "git", "gdb")
@pytest.mark.parametrize("path", PROGRAMS)
def test_programs_of_this_machine_get_what_libtree_says(path: str) -> None:
    done = subprocess.run(["libtree", "-vvv", "-p", path], capture_output=True, text=True, check=True)
    listed = {os.path.realpath(place) for place in re.findall(r"(/\S+\.so\S*)", done.stdout)}
    assert {place for place in found_by_elfkit(path).values() if place} == listed - {
        place for place in listed if "/ld-linux" in place
    }
