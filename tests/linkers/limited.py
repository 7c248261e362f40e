"""Other people's tools on files whose tables may be wrong: some of them loop for ever there, or ask for all memory.

gold 2.40 never ends at an sh_addralign of 0; nm and ld 2.40 ask for exabytes at a table of garbage.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 20
LIMITS: Final = (f"--cpu={SECONDS}", f"--as={8 << 30}", f"--fsize={64 << 20}", "--core=0")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a tool ended and what it said."""

    command: str
    status: int
    output: str
    errors: str

    def said(self) -> str:
        """What it printed; AssertionError with its complaint if it failed."""
        if self.status:
            raise AssertionError(
                f"{self.command}\nended with {self.status}\n{self.output[-2000:]}{self.errors[-2000:]}"
            )
        return self.output


def ran(*command: str | Path, environment: Mapping[str, str] | None = None) -> Ran:
    """Run a tool with limits of time, memory and output; a tool that takes longer has ended with status -1."""
    words = [str(word) for word in command]
    surroundings = {**os.environ, "LC_ALL": "C", **(environment or {})}
    # files, not pipes: the limit of size holds for them
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        try:
            status = subprocess.run(
                ["prlimit", *LIMITS, *words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env=surroundings,
                timeout=SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            status = -1
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode(errors="backslashreplace"))
    return Ran(" ".join(words), status, *texts)


def said(*command: str | Path, environment: Mapping[str, str] | None = None) -> str:
    """What a tool printed; AssertionError if it failed."""
    return ran(*command, environment=environment).said()
