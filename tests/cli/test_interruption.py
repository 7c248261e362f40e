"""Ctrl-C: exit code 130, what was judged until then is told, and it says that it is not all."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import CLEAN, ROOT, ROUTER, Ran, environment
from tests.cli.test_json import valid

# Stops at the first file of the tree named first on its command line, says so, and waits for what will come.
SLOW = """
import sys, time
from elfkit_cli import check, main
from elfkit.checks import run as checking

read_tree = checking.read_tree

def slow(root, **options):
    if root == sys.argv[1]:
        sys.stderr.write("waiting\\n")
        sys.stderr.flush()
        time.sleep(60)
    return read_tree(root, **options)

checking.read_tree = slow
sys.exit(main.main(sys.argv[2:]))
"""


def interrupted(slow: Path, *arguments: str | Path) -> Ran:
    """Run a check and send it SIGINT when it comes to the tree ``slow``."""
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, slow, *arguments],
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


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_was_judged_until_then_is_told(form: str) -> None:
    ran = interrupted(CLEAN, "check", ROUTER, CLEAN, "--format", form)
    assert ran.code == 130
    assert ran.sentences == ["elfkit: interrupted; the report is of what was checked until then"]
    if form == "text":
        assert "error[EK106 float-abi-mismatch]" in ran.text
        assert ran.text.splitlines()[-1].startswith("Interrupted; until then: found 1")
    else:
        document = valid("elfkit.check/1", ran.out)
        assert [root["path"] for root in document["roots"]] == [str(ROUTER)]
        assert document["summary"]["interrupted"] is True
        assert document["findings"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_before_anything_was_judged_nobody_is_told_that_all_is_well(form: str) -> None:
    ran = interrupted(ROUTER, "check", ROUTER, "--format", form)
    assert ran.code == 130
    assert len(ran.sentences) == 1
    if form == "text":
        assert ran.text == "Interrupted before anything was judged.\n"
    else:
        assert json.loads(ran.out)["summary"]["interrupted"] is True


def test_a_partial_report_is_written_to_its_file(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ran = interrupted(CLEAN, "check", ROUTER, CLEAN, "--json", "-o", report)
    assert (ran.code, ran.out) == (130, b"")
    assert valid("elfkit.check/1", report.read_bytes())["summary"]["interrupted"] is True
    assert list(tmp_path.iterdir()) == [report]
