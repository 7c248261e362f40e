"""The README's console story of a vendor's library: its commands are run one by one, what they show is kept.

python -m docs.console           write it between its two marks; needs an x86-64 machine with gcc, libc6-dev and nm
python -m docs.console --check   change nothing, exit 1 if it is stale
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from docs.block import README, refresh, replaced
from docs.stories import vendor_library

BEGIN, END = "<!-- story: run by make story -->", "<!-- end of story -->"
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ |```).*\n)*)", re.MULTILINE)
LISTING = re.compile(r"cat ([a-z.]+)")  # what it shows is what the file is to hold
RUN = "import sys; from elfkit_cli.main import main; sys.exit(main())"


def renewed(text: str) -> str:
    """Return the README with what the story's commands show now."""
    return replaced(text, BEGIN, END, retold)


def retold(story: str) -> str:
    """Return the story with what each of its commands shows now."""
    with tempfile.TemporaryDirectory() as folder:
        place, tools = Path(folder, "nas"), Path(folder, "bin")
        vendor_library(place)
        tools.mkdir()
        command = tools / "elfkit"
        command.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{RUN}' \"$@\"\n", encoding="utf-8")
        command.chmod(0o755)
        return COMMAND.sub(lambda found: f"$ {found[1]}\n{shown(found[1], found[2], place, tools)}", story)


def shown(line: str, listed: str, place: Path, tools: Path) -> str:
    """Run one command in ``place`` and return what it writes, to either stream; a file that is listed is made first."""
    listing = LISTING.fullmatch(line)
    if listing:
        (place / listing[1]).write_text(listed, encoding="utf-8")
    path = os.pathsep.join([folder for folder in sys.path if folder])
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "PYTHONPATH": path}
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    """Write the story, or with --check exit 1 if it is stale."""
    return refresh(README, renewed, arguments, module="console", what="story", target="story")


if __name__ == "__main__":
    sys.exit(main())
