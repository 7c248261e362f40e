"""Each bomb, through every public accessor: an answer or one typed error, within bounds, in a child of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.bombs import BOMBS
from tests.hostile.confined import Outcome
from tests.hostile.workout import STEPS

SECONDS = 2
MEMORY = 256 << 20  # ru_maxrss


def through_every_accessor(path: Path) -> list[Outcome]:
    """What became of each step; a fresh process forks, so that its children hold nothing of this one."""
    command = [sys.executable, "-m", "tests.hostile.confined", str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=len(STEPS) * 30)
    return [Outcome(**json.loads(row)) for row in done.stdout.splitlines()]


def passing(outcome: Outcome) -> bool:
    kept = outcome.seconds < SECONDS and outcome.memory < MEMORY
    return outcome.outcome in ("ok", "refused") and kept


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.__name__)
def test_a_bomb_does_no_harm(bomb: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / bomb.__name__
    path.write_bytes(bomb())
    found = through_every_accessor(path)
    assert [outcome.step for outcome in found] == list(STEPS)
    assert [outcome for outcome in found if not passing(outcome)] == []


def test_each_of_the_reference_is_there_and_says_what_it_asks_for() -> None:
    assert len({bomb.__name__ for bomb in BOMBS}) == len(BOMBS) >= 24
    assert all(bomb.__doc__ for bomb in BOMBS)


def test_a_bomb_that_goes_off_is_seen(tmp_path: Path) -> None:
    """The bounds bind: a child that takes too much memory, or too long, is no answer."""
    path = tmp_path / "bomb"
    path.write_bytes(BOMBS[0]())
    script = (
        "import sys, tests.hostile.workout as w, tests.hostile.confined as c;"
        "w.STEPS.clear();"
        "w.STEPS['much'] = lambda _: bytearray(2 << 30);"
        "w.STEPS['wrong'] = lambda _: 1 // 0;"
        "w.STEPS['dead'] = lambda _: __import__('os').abort();"
        "w.STEPS['endless'] = lambda _: exec('while True: pass');"
        "c.SECONDS = 1;"
        "c.main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=True, timeout=60)
    found = [Outcome(**json.loads(row)) for row in done.stdout.splitlines()]
    assert [outcome.outcome for outcome in found] == ["oom", "untyped", "crash", "hang"]
