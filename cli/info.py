"""`elfkit info`."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from elfkit.errors import FormatError, ReadError
from elfkit.facts.facts import Facts, conclude
from elfkit.image.image import load
from elfkit_cli import exit_codes
from elfkit_cli.info_text import info_lines
from elfkit_cli.lines import Line, line, show
from elfkit_cli.output import write_json, write_text

SCHEMA = "elfkit.info/1"


def run(arguments: Namespace) -> int:
    """Show the facts of each file, return the exit code: 2 for what cannot be read, 3 if nothing is ELF."""
    found: list[tuple[str, Facts]] = []
    complaints: list[Line] = []
    unreadable = False
    for path in arguments.paths:
        try:
            with load(path) as image:
                found.append((path, conclude(image)))
        except FormatError as error:
            complaints.append(line(f"elfkit: {path}: {error.detail}"))
        except ReadError as error:
            unreadable = True
            complaints.append(line(f"elfkit: {path}: {error.reason}"))
    if arguments.format == "json":
        write_json([document(path, facts) for path, facts in found], path=arguments.output)
    else:
        lines = [row for path, facts in found for row in info_lines(path, facts, verbose=arguments.verbose)]
        write_text(lines, path=arguments.output, colour=arguments.color)
    show(complaints, stream=sys.stderr, colour="never")
    if unreadable:
        return exit_codes.UNUSABLE
    return exit_codes.CLEAN if found else exit_codes.NO_ELF


def document(path: str, facts: Facts) -> dict[str, Any]:
    """Return one file's object of elfkit.info/1; ``path_hex`` is added where the path is no UTF-8."""
    shape: dict[str, Any] = {"schema": SCHEMA, "path": path}
    raw = path.encode("utf-8", "surrogateescape")
    if raw.decode("utf-8", "replace") != path:
        shape["path_hex"] = raw.hex()
    return shape | facts.to_dict()
