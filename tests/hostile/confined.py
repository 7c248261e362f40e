"""One file, one step, one child: forked, with a bound on memory and time, and its memory measured.

    python -m tests.hostile.confined FILE...

prints one JSON object for each file and step. A process of its own, since a child's ru_maxrss begins at what its
parent holds.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from elfkit.errors import ElfkitError
from tests.hostile.workout import STEPS, BoundPassedError, Subject

ADDRESS_SPACE: Final = 1 << 30
SECONDS: Final = 10
SAID: Final = 4000  # bytes that a child may say of itself
DIED: Final = {-signal.SIGXCPU: "hang", -signal.SIGALRM: "hang", -signal.SIGKILL: "hang"}


class Outcome(NamedTuple):
    """What became of one step (ok, refused, untyped, output, crash, hang, oom), its seconds of CPU, its memory."""

    name: str
    step: str
    outcome: str
    detail: str
    seconds: float
    memory: int


def outcome_of(step: str, subject: Subject) -> tuple[str, str]:
    """Run a step here and say what came of it."""
    try:
        STEPS[step](subject)
    except ElfkitError as error:
        return "refused", str(error)
    except MemoryError:
        return "oom", ""
    except BoundPassedError as error:
        return "output", str(error)
    except Exception as error:  # noqa: BLE001 - what must not come out of elfkit is what is looked for
        return "untyped", f"{type(error).__name__} at {_place(error)}: {str(error)[:300]}"
    return "ok", ""


def _place(error: Exception) -> str:
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append(f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(places[-4:])


def bound() -> None:
    """Take this process the means to do harm to the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def confined(step: str, subject: Subject) -> Outcome:
    """Run a step in a child and measure it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _child(step, subject, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read(SAID)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    word, _, detail = said.decode().partition(" ")
    if code:
        word, detail = DIED.get(code, "crash"), f"ended with {code}"
    return Outcome(
        subject.path.name,
        step,
        word or "crash",
        detail,
        round(usage.ru_utime + usage.ru_stime, 3),
        usage.ru_maxrss * 1024,
    )


def _child(step: str, subject: Subject, writing: int) -> None:
    try:
        bound()
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        signal.alarm(2 * SECONDS)
        os.write(writing, " ".join(outcome_of(step, subject)).encode("utf-8", "backslashreplace")[:SAID])
    finally:
        os._exit(0)


def main(paths: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="elfkit-") as folder:
        for path in map(Path, paths):
            subject = Subject(path.read_bytes(), path, Path(folder))
            for step in STEPS:
                print(json.dumps(confined(step, subject)._asdict()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
