"""What `elfkit deps` tells people: the tree of a start, a tree's libraries, why one is there, what its removal does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from elfkit.firmware.dependencies import Chain, Dependencies, Removal
from elfkit.firmware.needs import FAILURES, Need, Outcome
from elfkit.firmware.startup import PRELOADED, Start
from elfkit.firmware.tree import Member
from elfkit_cli.check_text import plural
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.tables import table_lines

if TYPE_CHECKING:
    from elfkit_cli.deps import Started

BRANCH, LAST, TRUNK, BLANK = "├── ", "└── ", "│   ", "    "
MOST_SHOWN = 20  # of a list, without -v
MOST_INDENT = 50 * len(BRANCH)  # libraries that need each other in a row would be indented by their square
FAILED, AGAIN = "bold red", "dim"


def in_root(path: str) -> str:
    """Return a path as programs in the root spell it."""
    return f"/{path}"


def start_lines(item: Started, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield the tree of one start; with ``quiet`` the libraries that are not found alone."""
    facts = item.member.facts
    platform = item.within.platform(item.member)
    if item.start is None or platform is None:
        wanted = facts.interpreter.value
        asked = f"wants {wanted}, and " if wanted else ""
        root = item.within.tree.root
        yield line(Span(item.shown, "bold"), f": {asked}nothing in {root} runs it; --root DIR names its own tree")
        return
    if quiet:
        for needer, needs in item.start.needs.items():
            for need in needs:
                if need.outcome in FAILURES:
                    yield line(f"{in_root(needer)}: ", Span(need.name, FAILED), f" {_outcome(need)}")
        return
    yield line(Span(item.shown, "bold"), Span(f"  {platform.describe()}", AGAIN))
    if facts.interpreter.value is not None:
        found = item.within.tree.paths.follow(facts.interpreter.value).path
        leads = "not in the tree" if found is None else in_root(found)
        yield line("  interpreter ", facts.interpreter.value, Span(f" => {leads}", AGAIN if found else FAILED))
    if not facts.needed.value:
        yield line("  needs no library")
    yield from _branches(item.start, item.member.path, verbose=verbose)


def _branches(start: Start, program: str, *, verbose: bool) -> Iterator[Line]:
    """Yield the needs below each image, each image's own at its first appearance alone."""
    shown: set[str] = set()
    ahead = tuple([need for need in start.preloaded if need.loads])
    pending: list[tuple[str, Need, bool]] = _children((*ahead, *start.needs.get(program, ())), "")
    while pending:
        before, need, last = pending.pop()
        again = need.path is not None and need.path in shown
        yield line(before, LAST if last else BRANCH, *_need_spans(need, again=again))
        below = before + (BLANK if last else TRUNK) if len(before) < MOST_INDENT else before
        if need.outcome in FAILURES or verbose:
            yield from [line(below, Span(f"  {step.path}: {step.outcome}", AGAIN)) for step in need.tried]
        if need.path is not None and need.outcome is Outcome.FOUND and not again:
            shown.add(need.path)
            pending += _children(start.needs.get(need.path, ()), below)


def _children(needs: tuple[Need, ...], before: str) -> list[tuple[str, Need, bool]]:
    return [(before, need, number == len(needs) - 1) for number, need in enumerate(needs)][::-1]


def _need_spans(need: Need, *, again: bool) -> tuple[Span, ...]:
    if need.outcome in FAILURES:
        return (Span(need.name, FAILED), Span(f"  {_outcome(need)}", FAILED))
    if need.outcome is not Outcome.FOUND or need.path is None:
        return (Span(need.name), Span(f"  {need.outcome.value}", AGAIN))
    if again:
        return (Span(need.name, AGAIN), Span(f" => {in_root(need.path)}", AGAIN))
    return (Span(need.name), Span(f" => {in_root(need.path)}"), Span(f"  {need.why}" if need.why else "", AGAIN))


def _outcome(need: Need) -> str:
    if need.outcome is Outcome.MISSING:
        return "not found"
    return f"not found: {need.outcome.value}"


def library_lines(within: Dependencies, *, quiet: bool) -> Iterator[Line]:
    """Yield each library of a tree with how many files need it, then what is not found; with ``quiet`` that alone."""
    resolution, tree = within.resolution, within.tree
    needers, users = Counter[str](), Counter[str]()
    lost: dict[str, list[str]] = {}
    for path, needs in resolution.needs.items():
        needers.update({need.path for need in needs if need.path is not None and need.met})
        for need in needs:
            if need.outcome in FAILURES:
                lost.setdefault(need.name, []).append(path)
    programs = [member for member in tree.members if member.facts.interpreter.value and member.path in resolution.needs]
    for member in programs:
        platform = within.platform(member)
        loader = {platform.loader} if platform else set()
        users.update({*resolution.closure(member.path), *loader} - {member.path})
    if not quiet:
        yield from _counted(within, needers, users, len(programs))
    for name, paths in sorted(lost.items()):
        more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
        yield line("  not found  ", Span(name, FAILED), f"  needed by {in_root(paths[0])}{more}")


def _counted(within: Dependencies, needers: Counter[str], users: Counter[str], programs: int) -> Iterator[Line]:
    paths = sorted({*needers, *users}, key=lambda path: (-needers[path], path))  # nothing may need what is preloaded
    libraries = f"{len(paths):,} {'library' if len(paths) == 1 else 'libraries'}"
    needing = plural(len(within.resolution.needs), "file")
    said = f"{libraries}, needed by {needing}, among them {plural(programs, 'program')}"
    yield line(Span(within.tree.root, "bold"), f": {said}")
    rows = [(in_root(path), needers[path], users[path]) for path in paths]
    if rows:
        yield from table_lines(("library", "needed by", "programs"), rows, indent="  ")


def uses_of(start: Start, library: str, found: tuple[Member, ...]) -> list[str]:
    """Return the images of a start that ``library`` stands for: bearers of the name, or what it is needed by."""
    paths = {member.path for member in found}
    paths |= {need.path for needs in start.needs.values() for need in needs if need.path and need.name == library}
    paths |= {path for path in start.order if path.rpartition("/")[2] == library}
    loaders = {need.path: None for found in start.needs.values() for need in found if need.outcome is Outcome.BUILT_IN}
    return [path for path in (*start.order[1:], *loaders) if path in paths]


def chain_lines(program: str, path: str, found: Chain) -> Iterator[Line]:
    """Yield one line: the program, and through whom it comes to need the library."""
    spans = [Span(program, "bold")]
    for _, need in found.links:
        spans += [Span(" preloads " if need.why == PRELOADED else " needs ", AGAIN), Span(need.name)]
    yield line(*spans, Span(f" => {in_root(path)}", AGAIN))


def removal_lines(item: Removal, *, verbose: bool) -> Iterator[Line]:
    """Yield what the removal of a file does: who fails, who stops for that, who finds another."""
    count = len(item.fails) + len(item.stops) + len(item.loader_of)
    said = f"{plural(count, 'file')} would fail" if count else "nothing would fail"
    yield line(Span(in_root(item.path), "bold"), f": without it {said}")
    rows = [(Span("starts not  ", FAILED), path, "it is its interpreter") for path in item.loader_of]
    rows += [
        (Span("fails       ", FAILED), path, f"needs {', '.join([need.name for need in needs])}")
        for path, needs in item.fails.items()
    ]
    rows += [(Span("stops       ", FAILED), path, f"through {in_root(image)}") for path, image in item.stops.items()]
    rows += [
        (Span("goes on     "), path, f"finds {', '.join([in_root(need.path or '') for need in needs])}")
        for path, needs in item.instead.items()
    ]
    shown = rows if verbose else rows[:MOST_SHOWN]
    for mark, path, words in shown:
        yield line("  ", mark, in_root(path), Span(f"  {words}", AGAIN))
    if len(rows) > len(shown):
        yield line(f"  ... and {len(rows) - len(shown):,} more: -v shows them")


def dot_lines(starts: list[Start]) -> Iterator[Line]:
    """Yield a graph in the language of dot(1): an edge for each need, red where nothing is found."""
    edges: dict[str, None] = {}
    for start in starts:
        for need in start.preloaded:
            edges[_edge(start.order[0], need)] = None
        for path, needs in start.needs.items():
            for need in needs:
                edges[_edge(path, need)] = None
    yield line("digraph dependencies {")
    yield line("  rankdir=LR; node [shape=box];")
    yield from [line("  ", edge) for edge in edges]
    yield line("}")


def _edge(path: str, need: Need) -> str:
    missing = need.outcome in FAILURES
    target = need.name if missing or need.path is None else in_root(need.path)
    colour = " [color=red]" if missing else ""
    return f"{_quoted(in_root(path))} -> {_quoted(target)}{colour};"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
