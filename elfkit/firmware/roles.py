"""What part an image plays in its tree: what its own bytes cannot tell."""

from __future__ import annotations

from enum import Enum, unique

from elfkit.facts.kind import PROGRAMS, Kind
from elfkit.firmware.fit import is_blob
from elfkit.firmware.platforms import Platforms
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.tree import Member


@unique
class Role(Enum):
    """The part an image plays."""

    PROGRAM = "program"
    LIBRARY = "library"
    LOADER = "loader"
    PLUGIN = "plugin"  # a shared object without DT_SONAME whose name nobody needs: it is opened by name at run time
    BLOB = "blob"
    OTHER = "other"


def is_loader(member: Member, platforms: Platforms) -> bool:
    """Return whether ``member`` is the loader of a platform: its role, told without looking at the rest of it."""
    for platform in platforms.rows:  # noqa: SIM110  # asked for each image by several rules: any() costs four times as much
        if platform.loader == member.path:
            return True
    return False


def role(member: Member, platforms: Platforms, resolution: Resolution) -> Role:
    """Return the role of ``member``."""
    facts = member.facts
    if is_loader(member, platforms):
        return Role.LOADER
    if is_blob(member):
        return Role.BLOB
    if facts.kind.value in PROGRAMS:
        return Role.PROGRAM
    if facts.kind.value is not Kind.SHARED:
        return Role.OTHER
    names = {path.rpartition("/")[2] for path in (member.path, *member.aliases)}
    if facts.soname.value is None and resolution.needed_names.isdisjoint(names):
        return Role.PLUGIN
    return Role.LIBRARY
