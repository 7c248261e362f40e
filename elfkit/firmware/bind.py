"""From symbol references to the definitions that serve them, for a whole tree at once.

First every image asks its own scope: what it finds there, every start that maps it brings. What is left of images that
programs map is asked in each of those programs' scopes; of others it is theirs to bring who open them.
"""

from __future__ import annotations

from collections.abc import Iterable

from elfkit.firmware import clashes
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.bound import Bound
from elfkit.firmware.lacks import Lacks, failures, leftovers, unbacked, unjudged
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.version_gaps import version_gaps
from elfkit.limits import DEFAULT_LIMITS, Limits


def bind(
    tree: Tree,
    resolution: Resolution,
    *,
    guests: Iterable[Member] = (),
    preload: tuple[str, ...] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Bindings:
    """Bind every symbol reference of every image of ``tree``, whose facts hold their LINKAGE.

    ``guests`` are images from elsewhere, as in `resolve`; ``preload`` the paths of what every start maps behind its
    program (/etc/ld.so.preload).
    """
    bound = Bound((*tree.members, *guests), resolution, preload=preload, limits=limits)
    lost = leftovers(bound)
    found = failures(bound, lost)
    if bound.walk.exhausted:
        return Bindings(cuts=bound.work.cuts)
    lacks = Lacks(bound, found)
    gaps = version_gaps(bound)
    return Bindings(
        unresolved=lacks.unresolved(),
        unjudged=unjudged(bound, found),
        plugins=lacks.plugins(),
        missing_versions=gaps.missing,
        unversioned=gaps.unversioned,
        strayed=gaps.strayed,
        types=clashes.type_clashes(bound),
        copies=clashes.size_clashes(bound),
        hidden=clashes.hidden_references(bound),
        private=clashes.private_references(bound),
        used=clashes.used_images(bound),
        unbacked=unbacked(bound, lost),
        musl=bound.scopes.musl_releases(),
        cuts=bound.work.cuts,
    )
