"""What tests of images and facts share: evidence held against the file's bytes, and a bound on time."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import elfkit
from elfkit.evidence import Anomaly, Evidence
from elfkit.facts.facts import Facts

FIXTURES = Path(__file__).parents[2] / "fixtures" / "machines"


def fixtures(pattern: str) -> list[Path]:
    """The fixtures of every machine whose name fits; an error where there are none."""
    found = sorted(path for path in FIXTURES.glob(f"*/{pattern}") if path.parent.name != "src")
    if not found:
        raise FileNotFoundError(pattern)
    return found


def evidence_of(subject: object) -> Iterator[Evidence]:
    """Every Evidence inside a fact, an anomaly, or whatever holds some."""
    if isinstance(subject, Evidence):
        yield subject
    elif isinstance(subject, tuple | list):
        for item in subject:
            yield from evidence_of(item)


def unproven(content: bytes, subject: object) -> list[Evidence]:
    """The evidence whose bytes do not stand in the file at its offset."""
    placed = [proof for proof in evidence_of(subject) if proof.offset is not None]
    return [proof for proof in placed if content[proof.offset :][: len(proof.raw)] != proof.raw or len(proof.raw) > 64]


def concluded(content: bytes) -> Facts:
    """All facts of a file in memory."""
    with elfkit.load(content) as image:
        return elfkit.inspect(image)


def anomalies(content: bytes) -> tuple[Anomaly, ...]:
    """All anomalies of a file in memory, their evidence held against its bytes."""
    facts = concluded(content)
    wrong = unproven(content, facts)
    if wrong:
        raise AssertionError(wrong)
    return facts.anomalies


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail what takes more seconds of CPU, instead of waiting for it; on a busy machine they last longer."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        message = f"not done after {seconds} s of CPU"
        raise AssertionError(message)

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
