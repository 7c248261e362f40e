"""`--jobs N`, for the commands that read whole trees. Nothing heavy is imported, as in arguments.py."""

from __future__ import annotations

import argparse
import os

MOST = 64
USUAL = 8  # processes at most where nobody says: beyond them the one that judges is what takes time


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add --jobs."""
    parser.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        help=f"processes that read the files of a large tree (default: one for each CPU, {USUAL} at most)",
    )


def jobs_of(arguments: argparse.Namespace) -> int:
    """Return the number of processes: what the arguments say, or as many as there are CPUs to run them."""
    stated: int | None = arguments.jobs
    if stated is not None:
        return stated
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return min(usable, USUAL)


def _jobs(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    if not 0 < number <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST}")
    return number
