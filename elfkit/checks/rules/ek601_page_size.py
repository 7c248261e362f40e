"""EK601 page-size."""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.abi.libc import BIONIC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.cpu import PAGE_SIZES
from elfkit.facts.kind import LOADED
from elfkit.firmware.tree import Member


def page_size(member: Member, tree: TreeFacts) -> Iterable[Problem]:
    """The file cannot be mapped by a kernel with larger pages, for which the tree's C library is prepared.

    Every PT_LOAD must be aligned to the page (p_align), and lie at an address that leaves the same remainder as its
    place in the file. Compared are 4K, 16K and 64K with what the C library of the platform is aligned for: no file
    says which pages the device's kernel has, so it is a note, and an error on 64-bit Android alone, which has kernels
    with pages of 16K and refuses such files there. 32-bit files are passed over on Android.
    """
    platform = tree.resolution.platform(member)
    custom = tree.customs.of.get(platform) if platform else None
    libc = custom.libc if custom else None
    mine = member.facts.page_sizes
    if platform is None or libc is None or mine is None or libc.facts.page_sizes is None:
        return ()
    if member.facts.kind.value not in LOADED or not mine.value or mine.value == libc.facts.page_sizes.value:
        return ()
    larger = [size for size in libc.facts.page_sizes.value if size > mine.value[-1]]
    on_android = platform.libc == BIONIC
    if not larger or (on_android and platform.elf_class != 64):
        return ()
    said, wanted = f"{mine.value[-1] >> 10}K", " and ".join([f"{size >> 10}K" for size in larger])
    problem = Problem(
        wanted,
        f"is aligned for pages of {said} at most; the C library, {libc.path}, runs on kernels with {wanted} too",
        (*mine.evidence, *[proof.of(libc.path) for proof in libc.facts.page_sizes.evidence]),
        f"link it with -z max-page-size={larger[-1]:#x}, if the device's kernel may have such pages",
        Severity.ERROR if on_android else None,
        group=f"{said} not {wanted}",
    )
    return (problem,)


RULE = RuleSpec(
    "EK601",
    "page-size",
    Severity.NOTE,
    Scope.LINK,
    "on a kernel with larger pages it does not start: its segments would share pages that they must not share",
    page_size,
    needs=frozenset({PAGE_SIZES}),
    severities=(
        (Severity.ERROR, "64-bit Android, whose C library is aligned for 16K"),
        (Severity.NOTE, "everywhere else: nothing in a tree tells the kernel's page size"),
    ),
)
