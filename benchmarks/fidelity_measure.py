"""One file: take its section table away, have it rebuilt, compare with the real one and ask the witnesses."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import elfkit
from benchmarks.fidelity_compare import Certainties, Comparison, anchors_kept, compare
from benchmarks.fidelity_tables import Form, Table, UnreadableError, named_indices, read_table, uncovered, without_table
from benchmarks.fidelity_witnesses import Judgement, elflint, nm, readelf

SECONDS: Final = 60  # one rebuild takes milliseconds: what takes this long does not end

Rebuild = Callable[[Path, Path], Certainties]
"""Rebuild the first file into the second; how sure it is of which section."""

Witness = Callable[[Path, Path], Judgement]
WITNESSES: Final[Mapping[str, Witness]] = {"nm": nm, "eu-elflint": elflint, "readelf": readelf}

NOTHING: Final = Comparison((), ())


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out for one file. `refused` says why nothing did; the rest is then empty.

    `symbols` are the counts of the real and the rebuilt table; `anchors` how many indices that symbols name stand for
    the same section, and how many there are; `kept` whether every byte the loader maps is as it was, the section
    fields of the ELF header aside; `bare` how many ranges that are not zero lie in no section, here and in the
    original; `revived` whether the wiped form came back as the original, byte for byte.
    """

    path: Path
    machine: str
    refused: str = ""
    comparison: Comparison = NOTHING
    symbols: tuple[int | None, int | None] = (None, None)
    anchors: tuple[int, int] = (0, 0)
    kept: bool = False
    bare: tuple[int, int] = (0, 0)
    revived: bool | None = None
    judged: Mapping[str, Judgement] = field(default_factory=dict)

    @property
    def counted(self) -> bool:
        return self.symbols[0] == self.symbols[1]


def by_elfkit(source: Path, target: Path) -> Certainties:
    """What is measured."""
    report = elfkit.rebuild_sections(source, target)
    planned = report.plan.sections if report.plan else ()
    return {(section.name, section.addr): section.certainty.value for section in planned}


def measure(
    path: Path, folder: Path, rebuild: Rebuild = by_elfkit, witnesses: Mapping[str, Witness] = WITNESSES
) -> Measured | None:
    """Measure one file; None where it has no section table or no dynamic section to lose."""
    try:
        real = read_table(path)
    except UnreadableError:
        return None
    if not real.dynamic or len(real.rows) < 2:
        return None
    raw = path.read_bytes()
    cut = without_table(raw, real, Form.STRIPPED)
    rebuilt = folder / path.name
    try:
        certainties = attempted(rebuild, cut, rebuilt)
        ours = read_table(rebuilt)
    except (RefusedError, UnreadableError) as error:
        return Measured(path, real.machine, str(error))
    written = rebuilt.read_bytes()
    indices = named_indices(raw, real)
    measured = Measured(
        path=path,
        machine=real.machine,
        comparison=compare(real, ours, certainties),
        symbols=(real.symbol_count(), ours.symbol_count()),
        anchors=(anchors_kept(real, ours, indices), len(indices)),
        kept=without_table(written, ours, Form.WIPED)[: len(cut)] == cut,
        bare=(len(uncovered(written, ours)), len(uncovered(raw, real))),
        revived=revived(rebuilt, raw, real, rebuild),
        judged={name: witness(path, rebuilt) for name, witness in witnesses.items()},
    )
    rebuilt.unlink()
    return measured


class RefusedError(Exception):
    """A rebuild that ended in an error, or did not end."""


def attempted(rebuild: Rebuild, content: bytes, target: Path) -> Certainties:
    """Rebuild these bytes into the target."""
    source = target.with_name(target.name + ".cut")
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    try:
        with limited():
            certainties = rebuild(source, target)
    except Exception as error:
        msg = f"{type(error).__name__}: {error}".replace(str(source), "FILE")
        raise RefusedError(msg) from error
    finally:
        source.unlink()
    if not target.is_file():
        msg = "nothing was written"
        raise RefusedError(msg)
    return certainties


def revived(rebuilt: Path, raw: bytes, real: Table, rebuild: Rebuild) -> bool:
    """Whether the file comes back byte for byte where its header alone was wiped."""
    target = rebuilt.with_name(f"{rebuilt.name}.revived")
    try:
        attempted(rebuild, without_table(raw, real, Form.WIPED), target)
    except RefusedError:
        return False
    same = target.read_bytes() == raw
    target.unlink()
    return same


@contextmanager
def limited() -> Iterator[None]:
    def late(_signal: int, _frame: FrameType | None) -> None:
        msg = f"it takes more than {SECONDS} s"
        raise TimeoutError(msg)

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
