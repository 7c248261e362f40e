"""Ctrl-C inside one tree: what had been read of it is judged as far as it goes, and nothing is claimed of the rest."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import ROOT, ROUTER, Ran, environment
from tests.cli.test_json import valid

WAIT = """
import sys, time

def wait():
    sys.stderr.write("waiting\\n")
    sys.stderr.flush()
    time.sleep(60)
"""
# Stops before a file is read that comes late: usr/sbin/vpnd is the last program of the tree.
READING = """
from elfkit.firmware import reader
read = reader.Reader.read

def slow(self, path):
    if path == "usr/sbin/vpnd":
        wait()
    read(self, path)

reader.Reader.read = slow
"""
# Stops when half of the files have been judged.
JUDGING = """
from elfkit.checks import run
noted = run._noted

def slow(members, judged):
    for member in noted(members, judged):
        if len(judged) == 14:
            wait()
        yield member

run._noted = slow
"""
# Stops when all files were read, before anything of the tree as a whole is known.
RELATING = """
from elfkit.checks import run
run.find_platforms = lambda tree, **limits: wait()
"""
MAIN = """
from elfkit_cli import main
sys.exit(main.main(sys.argv[1:]))
"""


def interrupted(slow: str, *arguments: str | Path) -> Ran:
    """Run a check of the router and send it SIGINT when it waits."""
    child = subprocess.Popen(
        [sys.executable, "-c", WAIT + slow + MAIN, "check", ROUTER, *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    assert child.stderr.readline() == b"waiting\n"
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    return Ran(child.returncode, out, err)


@pytest.mark.parametrize("slow", [READING, RELATING], ids=["reading", "relating"])
def test_what_was_read_is_judged_by_the_rules_that_need_no_tree(slow: str) -> None:
    ran = interrupted(slow, "--json")
    assert ran.code == 130
    document = valid("elfkit.check/1", ran.out)
    assert document["summary"]["interrupted"] is True
    (root,) = document["roots"]
    assert root["summary"]["interrupted"] is True
    assert root["summary"]["elf_files"] == (27 if slow is READING else 28)
    rules = {finding["rule"] for finding in document["findings"]}
    assert rules >= {"EK001", "EK002", "EK501", "EK503"}
    assert not rules & {*root["summary"]["not_evaluated"]}
    assert {"EK005", "EK106", "EK201", "EK301"} <= {*root["summary"]["not_evaluated"]}


def test_what_was_judged_is_told_by_all_rules() -> None:
    ran = interrupted(JUDGING, "--json")
    assert ran.code == 130
    document = valid("elfkit.check/1", ran.out)
    (root,) = document["roots"]
    assert root["summary"]["elf_files"] == 14
    assert [platform["libc"] for platform in root["platforms"]] == ["musl"]
    found = {(finding["rule"], finding["path"]) for finding in document["findings"]}
    assert ("EK201", "usr/bin/clangtool") in found
    assert not any(path.startswith(("usr/lib", "usr/sbin")) for _, path in found)
    assert "EK005" not in {rule for rule, _ in found}


def test_the_text_says_how_far_it_came() -> None:
    shown = interrupted(JUDGING).text.splitlines()
    assert f"{ROUTER}: 14 ELF files among 39 files, as far as it was judged" in shown
    assert shown[-1].startswith("Interrupted; until then: found ")
    shown = interrupted(READING).text.splitlines()
    assert [line for line in shown if line.endswith(": the tree was not read to its end")]
    assert not [line for line in shown if line.startswith("  platform")]
