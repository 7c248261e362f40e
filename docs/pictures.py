"""Terminal pictures of the README: each story's tree is checked on a terminal of its own, and what it shows is kept.

python -m docs.pictures           write docs/*.svg
python -m docs.pictures --check   change nothing, name each picture that is not what a run shows now
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from contextlib import suppress
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from docs.stories import ROOT, STORIES, Story

COLUMNS = 112
PICTURES = ROOT / "docs"
# No address of a font, no name of the maker's site: a picture asks nothing of the network.
FORMAT = re.sub(r"@font-face \{\{.*?\n    \}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
FORMAT = re.sub(r" *<!--.*?-->\n", "", FORMAT).replace("Fira Code, monospace", "ui-monospace, monospace")


def shown(folder: Path, arguments: tuple[str, ...]) -> str:
    """Run elfkit in ``folder`` on a terminal and return everything that it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    path = os.pathsep.join([place for place in sys.path if place])
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "PYTHONPATH": path}
    child = subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments], cwd=folder, env=environment, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    written = b""
    with suppress(OSError):  # EIO: nobody has the other end open any more
        while more := os.read(ours, 65536):
            written += more
    os.close(ours)
    child.wait()
    return written.decode().replace("\r\n", "\n")


RUN = "import sys; from elfkit_cli.main import main; sys.exit(main())"


def picture(story: Story) -> str:
    """Return one story's picture: SVG, the same bytes for the same output."""
    with tempfile.TemporaryDirectory() as folder:
        story.grow(Path(folder))
        output = shown(Path(folder), story.arguments)
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ elfkit {' '.join(story.arguments)}", style="bold"))
    console.print(Text.from_ansi(output.rstrip("\n")), soft_wrap=True)
    drawn = console.export_svg(title="elfkit", code_format=FORMAT, unique_id=story.name)
    return "".join([line.rstrip() + "\n" for line in drawn.splitlines()])


def main(arguments: list[str] | None = None) -> int:
    """Write the pictures, or with --check exit 1 if one is stale."""
    parser = argparse.ArgumentParser(prog="python -m docs.pictures")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if a picture is stale")
    check = parser.parse_args(arguments).check
    stale = []
    for story in STORIES:
        place, drawn = PICTURES / f"{story.name}.svg", picture(story)
        if place.exists() and place.read_text(encoding="utf-8") == drawn:
            continue
        stale.append(f"docs/{place.name}")
        if not check:
            place.write_text(drawn, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'stale, make pictures draws it again' if check else 'drawn'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
