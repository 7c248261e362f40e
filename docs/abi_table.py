"""The table in the README of what is left of the ABI without section headers, written from the machines' rows.

python -m docs.abi_table           write it between its two marks
python -m docs.abi_table --check   change nothing, exit 1 if it is stale
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final, NamedTuple

from docs.block import README, refresh, replaced
from elfkit.abi.attributes import AEABI, CSKY, GNU
from elfkit.abi.machines import MACHINES, Machine
from elfkit.abi.segments import segment_name

BEGIN, END = "<!-- abi: written by make abi-table -->", "<!-- end of abi -->"
SECTIONS: Final = {AEABI: ".ARM.attributes", CSKY: ".csky.attributes", GNU: ".gnu.attributes"}
NOTHING = "-"


class Cells(NamedTuple):
    """What tells a machine's float ABI, ABI variant and instruction set where section headers are gone."""

    float_abi: str
    variant: str
    isa: str


def table() -> str:
    """Return the table, in Markdown; machines of which the same is to be told share a row."""
    titles: dict[Cells, list[str]] = {}
    for row in MACHINES:
        found = cells(row)
        if row.runs_linux and found != (NOTHING,) * 3:
            titles.setdefault(found, []).append(row.title)
    head = ["| machine | float ABI | ABI variant | instruction set |", "|---|---|---|---|"]
    lines = [f"| {_listed(names)} | {' | '.join(found)} |" for found, names in titles.items()]
    return "\n".join([*head, *lines])


def cells(row: Machine) -> Cells:
    """Return a machine's cells."""
    return Cells(_float(row), "`e_flags`" if row.variants else NOTHING, _isa(row))


def _float(row: Machine) -> str:
    if row.float_abi_none:
        return "one way"
    if row.abi_flags_segment:
        return _segment(row, row.abi_flags_segment)
    if row.float_flags:
        return "`e_flags`" if any(flag.float_abi == "soft" for flag in row.float_flags) else "`e_flags`: hard alone"
    return _lost(candidate.vendor for candidate in row.float_attributes) or NOTHING


def _isa(row: Machine) -> str:
    segment = row.abi_flags_segment or row.attribute_segment
    if segment:
        return _segment(row, segment)
    said = [
        "GNU property" if row.isa_properties else "",
        "`e_flags`" if any(flag.base and not flag.least for flag in row.isa_flags) else "",
        _lost_isa(row),
        _least(row),
    ]
    return "; ".join([part for part in said if part]) or NOTHING


def _lost_isa(row: Machine) -> str:
    """Return what attributes tell: the level, or a few extensions beside it."""
    lost = _lost(candidate.vendor for candidate in row.isa_attributes)
    if any(candidate.base for candidate in row.isa_attributes):
        return lost
    names = ", ".join(dict.fromkeys([f"`{candidate.extension}`" for candidate in row.isa_attributes]))
    return f"{names} {lost}" if lost else ""


def _least(row: Machine) -> str:
    """Return the lowest CPU that a file may be for; of ARM only a file with swapped code tells one."""
    least = [flag for flag in row.isa_flags if flag.least and flag.base]
    names = " or ".join(dict.fromkeys([f"`{flag.base}`" for flag in least]))
    if not least:
        return ""
    swapped = row.swapped_code_flag and all(flag.mask == row.swapped_code_flag for flag in least)
    return f"{'BE8: ' if swapped else ''}at least {names}"


def _segment(row: Machine, number: int) -> str:
    return f"`{segment_name(number, row.e_machine)}`"


def _lost(vendors: Iterable[str]) -> str:
    names = sorted({SECTIONS[vendor] for vendor in vendors})
    return f"**lost** with `{', '.join(names)}`" if names else ""


def _listed(titles: list[str]) -> str:
    return ", ".join(dict.fromkeys(titles))


def renewed(text: str) -> str:
    """Return the README with the table as it should be."""
    return replaced(text, BEGIN, END, lambda _: f"\n{table()}\n")


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or with --check exit 1 if it is stale."""
    return refresh(README, renewed, arguments, module="abi_table", what="table of ABIs", target="abi-table")


if __name__ == "__main__":
    sys.exit(main())
