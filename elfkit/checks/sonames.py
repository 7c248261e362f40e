"""What images call themselves (DT_SONAME), and under which names others find them."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import libc_of_name
from elfkit.checks.rule import TreeFacts
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.roles import is_loader
from elfkit.firmware.tree import Member

MARK = ".so"


def providers(member: Member, tree: TreeFacts) -> Iterator[tuple[Need, Member]]:
    """Yield each needed name with the library of the tree that the loader takes for it; C libraries left out.

    A C library has other names on purpose: Alpine's libc.musl-*, uClibc's libc.so.0, the loader itself.
    """
    for need in tree.resolution.of(member):
        provider = tree.tree.by_path.get(need.path) if need.outcome is Outcome.FOUND and need.path else None
        if provider is None or libc_of_name(provider.facts.soname.value or "") or libc_of_name(need.name):
            continue
        if not is_loader(provider, tree.platforms):
            yield need, provider


def is_linker_name(name: str, soname: str) -> bool:
    """Return whether ``name`` is what linkers call the library ``soname``: the same without its version.

    >>> is_linker_name("libz.so", "libz.so.1"), is_linker_name("libz.so.1", "libz.so.1.2")
    (True, False)
    """
    return name.endswith(MARK) and soname.startswith(f"{name}.")
