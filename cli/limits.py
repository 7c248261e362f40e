"""`elfkit limits`."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from elfkit.limits import DEFAULT_LIMITS, MEANINGS
from elfkit_cli import exit_codes
from elfkit_cli.lines import Span, line
from elfkit_cli.output import write_json, write_text
from elfkit_cli.tables import table_lines

SCHEMA = "elfkit.limits/1"


def run(arguments: Namespace) -> int:
    """List all limits."""
    values = asdict(DEFAULT_LIMITS)
    if arguments.format == "json":
        rows = [{"name": name, "value": value, "meaning": MEANINGS[name]} for name, value in values.items()]
        write_json({"schema": SCHEMA, "limits": rows}, path=arguments.output)
    elif arguments.quiet:
        write_text([line(f"{name}={value}") for name, value in values.items()], path=arguments.output, colour="never")
    else:
        table = [(Span(name, "bold"), value, MEANINGS[name]) for name, value in values.items()]
        write_text(table_lines(("limit", "value", "of"), table), path=arguments.output, colour=arguments.color)
    return exit_codes.CLEAN
