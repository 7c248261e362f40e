"""Android's APEX packages: archives and directories below /system/apex that a device mounts below /apex."""

from __future__ import annotations

from elfkit.firmware.assumed import Assumptions

APEX, PACKAGES = "apex", "system/apex/"


def mount_apexes(directories: set[str], links: dict[str, str], assumed: Assumptions | None) -> Assumptions:
    """Add /apex as it is at run time: a link to each package that is a directory; of the archives nothing is known.

    Returns the assumptions with all else below /apex among them.
    """
    flat = [path for path in directories if path.startswith(PACKAGES) and path.count("/") == PACKAGES.count("/")]
    directories.add(APEX)
    for path in flat:
        name = path.removeprefix(PACKAGES).removesuffix(".release").removesuffix(".debug")
        if f"{APEX}/{name}" not in directories:
            links.setdefault(f"{APEX}/{name}", f"/{path}")
    return Assumptions((f"/{APEX}",), beside=assumed)
