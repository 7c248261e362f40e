"""Many measured files in few figures, each with its denominator, and the bars they must reach."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from benchmarks.fidelity_compare import Verdict
from benchmarks.fidelity_measure import WITNESSES, Measured
from benchmarks.fidelity_rows import KINDS, STATED
from benchmarks.fidelity_witnesses import cause
from benchmarks.figures import table

EXACT_BAR: Final = 0.995
NM_BAR: Final = 0.99

HEAD: Final = (
    "section",
    "there",
    "all fields",
    "share",
    "missing",
    "place",
    "type, flags",
    "entsize",
    "link",
    "info",
    "old index",
    "how sure",
)


def verdicts(measured: Sequence[Measured]) -> Iterator[tuple[Measured, Verdict]]:
    for file in measured:
        for verdict in file.comparison.verdicts:
            yield file, verdict


def share(part: int, whole: int) -> str:
    """In percent, rounded down: 100 only where all are."""
    return f"{part * 1000 // whole / 10:.1f} %" if whole else "none"


def of(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}, {share(part, whole)}" if whole else "none"


def by_kind(measured: Sequence[Measured]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {kind.label: [] for kind in KINDS}
    for _, verdict in verdicts(measured):
        found[verdict.kind.label].append(verdict)
    return {label: held for label, held in found.items() if held}


def rows(measured: Sequence[Measured]) -> str:
    """A line for each kind of section: how many there are, how many of those are right, and in which fields not."""
    return table(HEAD, [_row(label, held) for label, held in by_kind(measured).items()])


def _row(label: str, held: Sequence[Verdict]) -> list[str]:
    def differing(*fields: str) -> str:
        return f"{sum(1 for verdict in held if set(fields) & set(verdict.wrong)):,}"

    right = sum(1 for verdict in held if verdict.right)
    missing = sum(1 for verdict in held if verdict.ours is None)
    sure = Counter(verdict.certainty for verdict in held if verdict.certainty)
    return [
        f"`{label}`" if label.startswith(".") else label,
        f"{len(held):,}",
        f"{right:,}",
        share(right, len(held)),
        f"{missing:,}",
        differing("addr", "offset", "size"),
        differing("type", "flags"),
        differing("entsize"),
        differing("link"),
        differing("info"),
        f"{sum(1 for verdict in held if verdict.indexed):,}",
        ", ".join(f"{word} {count:,}" for word, count in sure.most_common()),
    ]


def whole_files(measured: Sequence[Measured]) -> str:
    """What holds of whole files."""
    done = [file for file in measured if not file.refused]
    named = sum(file.anchors[1] for file in done)

    def holding(test: Callable[[Measured], bool], among: Sequence[Measured] = done) -> str:
        return of(sum(1 for file in among if test(file)), len(among))

    lines = [
        ["rebuilt, of all files", of(len(done), len(measured))],
        ["number of dynamic symbols right", holding(lambda file: file.counted)],
        ["indices named by symbols that name the section they named", of(sum(f.anchors[0] for f in done), named)],
        ["bytes of the program unchanged", holding(lambda file: file.kept)],
        ["every byte that is loaded and not zero in a section", holding(lambda file: not file.bare[0])],
        ["the same in the original", holding(lambda file: not file.bare[1])],
        ["wiped header alone: the original again, byte for byte", holding(lambda file: bool(file.revived))],
    ]
    titles = ("`nm -D` prints the same", "`eu-elflint` finds nothing new", "`readelf -a` warns of nothing new")
    for title, name in zip(titles, WITNESSES, strict=True):
        known = judged(done, name)
        silent = sum(1 for file in known if not file.judged[name].fresh)
        lines.append([f"{title}, where it knows the machine", of(silent, len(known))])
    return table(("whole files", "hold"), lines)


def judged(measured: Sequence[Measured], name: str) -> list[Measured]:
    """The files of which a witness knows something."""
    return [file for file in measured if name in file.judged and file.judged[name].measured]


def missed(measured: Sequence[Measured]) -> list[str]:
    """The bars that are missed, in words; empty where all hold."""
    done = [file for file in measured if not file.refused]
    lines = [f"{len(measured) - len(done)} files were not rebuilt"] if len(done) < len(measured) else []
    lines += ["no file was measured"] if not measured else []
    for label, held in by_kind(measured).items():
        bar = 1.0 if label in STATED else EXACT_BAR if held[0].kind.exact else 0.0
        right = sum(1 for verdict in held if verdict.right)
        if right < bar * len(held):
            lines.append(f"{label}: {of(right, len(held))}, the bar is {bar:.1%}")
    held_by_all: tuple[tuple[str, Callable[[Measured], bool]], ...] = (
        ("the number of symbols is wrong", lambda file: not file.counted),
        ("bytes of the program changed", lambda file: not file.kept),
        ("loaded bytes lie in no section", lambda file: bool(file.bare[0])),
        ("the wiped header did not come back", lambda file: not file.revived),
    )
    for words, fails in held_by_all:
        count = sum(1 for file in done if fails(file))
        lines += [f"{words}: {count} of {len(done)} files"] if count else []
    return lines + _missed_by_witnesses(done)


def _missed_by_witnesses(done: Sequence[Measured]) -> list[str]:
    lines = []
    for name, bar in zip(WITNESSES, (NM_BAR, 1.0, 1.0), strict=True):
        known = judged(done, name)
        silent = sum(1 for file in known if not file.judged[name].fresh)
        if silent < bar * len(known):
            lines.append(f"{name}: {of(silent, len(known))}, the bar is {bar:.1%}")
    return lines


def complaints(measured: Sequence[Measured], name: str) -> Counter[str]:
    """How many files have which new complaint of a witness."""
    fresh = [file.judged[name].fresh for file in judged(measured, name)]
    return Counter(found for lines in fresh for found in {cause(line) for line in lines})
