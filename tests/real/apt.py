"""The machine's own apt sources, narrowed to one suite: what is fetched for tests comes from where the machine's does.

Without the suites of updates a root is the same until the next point release, and so are the findings in it.
"""

import re
import subprocess
from pathlib import Path


class NoSourceError(Exception):
    """No apt source of this machine serves the suite."""


def sources(folder: Path, suite: str, kind: str = "deb") -> list[Path]:
    """Write files of apt sources into the folder: the machine's entries for the suite, as `kind` (deb or deb-src)."""
    kept: dict[str, str] = {}
    for file in _files():
        if file.is_file():
            narrow = _narrow_stanzas if file.suffix == ".sources" else _narrow_lines
            suffix = file.suffix or ".list"
            kept[suffix] = kept.get(suffix, "") + narrow(file.read_text(), suite, kind)
    written = []
    for suffix, text in kept.items():
        if text:
            target = folder / f"apt{suffix}"
            target.write_text(text)
            written.append(target)
    if not written:
        msg = f"no apt source of this machine serves {suite} main"
        raise NoSourceError(msg)
    return written


def _files() -> list[Path]:
    command = ["apt-config", "shell", "PARTS", "Dir::Etc::SourceParts/d", "LIST", "Dir::Etc::SourceList/f"]
    shell = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    named = dict(re.findall(r"^(\w+)='(.*)'$", shell, re.MULTILINE))
    parts = Path(named["PARTS"])
    return [Path(named["LIST"]), *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]


def _narrow_lines(text: str, suite: str, kind: str) -> str:
    """The one-line entries (``deb [options] URI suite component...``) for the suite's main component."""
    entries = [line.split("#")[0] for line in text.splitlines() if line.startswith("deb ")]
    serving = [entry for entry in entries if {suite, "main"} <= set(entry.split())]
    return "".join(f"{kind} {entry.removeprefix('deb ')}\n" for entry in serving)


def _narrow_stanzas(text: str, suite: str, kind: str) -> str:
    """The deb822 stanzas that list the suite and the main component, with `Suites` cut down to the suite."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    stanzas = re.split(r"\n\s*\n", "\n".join(lines))
    serving = [stanza.strip("\n") for stanza in stanzas if {suite, "main"} <= set(stanza.split())]
    suites, types = re.compile(r"^Suites:.*$", re.MULTILINE), re.compile(r"^Types:.*$", re.MULTILINE)
    return "".join(types.sub(f"Types: {kind}", suites.sub(f"Suites: {suite}", stanza)) + "\n\n" for stanza in serving)
