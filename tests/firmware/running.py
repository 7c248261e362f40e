"""Starts a program of the clean router root under the real musl: the witness of what its loader finds."""

import shutil
from collections.abc import Mapping
from enum import Enum, unique
from pathlib import Path

from fixtures.run_tree import run_in_tree
from tests.firmware.plants import FIXTURES


@unique
class Verdict(Enum):
    STARTED = "ran to its end"
    NOT_FOUND = "Error loading shared library"
    BROKEN = "a library was taken that does not fit"


def start(folder: Path, path: str, changes: Mapping[str, bytes | None]) -> tuple[Verdict, Path]:
    """What became of the program at `path` in a changed copy of the root, and the copy.

    None for a path removes it; a directory that is not there becomes the new name of usr/lib/agent.
    """
    root = folder / "root"
    shutil.copytree(FIXTURES / "trees/router-clean", root, symlinks=True)
    for name, content in changes.items():
        place = root / name
        if content is not None:
            mode = place.stat().st_mode if place.exists() else 0o644
            place.write_bytes(content)
            place.chmod(mode)
        elif place.exists():
            place.unlink()
        else:
            (root / "usr/lib/agent").rename(place)
    done = run_in_tree(root, [f"/{path}"])
    if done.returncode == 0 and done.stdout:
        return Verdict.STARTED, root
    missing = "Error loading shared library" in done.stderr and "Exec format error" not in done.stderr
    return (Verdict.NOT_FOUND if missing else Verdict.BROKEN), root
