"""Whether the program that runs is another than the one the headers describe: packed files hold a stub."""

from __future__ import annotations

from elfkit.abi.header import ET_DYN, ET_EXEC
from elfkit.evidence import Certainty, Evidence, Fact
from elfkit.image.image import Image

UPX_MAGIC = b"UPX!"
UPX_REACH = 256  # l_info follows the program headers; notes may stand between (upx src/stub/src/include/linux.h)

NOT_PACKED: Fact[str | None] = Fact(None, Certainty.DERIVED)


def packer_fact(image: Image) -> Fact[str | None]:
    """The packer that made the file, "UPX"; None where nothing shows one.

    UPX leaves a static stub, whose l_info with its magic follows the program headers. A file with a dynamic section
    shows what it needs, packed or not.
    """
    header = image.header
    if image.dynamic is not None or header.type not in (ET_EXEC, ET_DYN):
        return NOT_PACKED
    start = header.phoff + len(image.segments) * image.layout.phdr.size
    place = image.source.view(start, UPX_REACH).find(UPX_MAGIC)
    if place < 0:
        return NOT_PACKED
    return Fact("UPX", Certainty.DERIVED, (Evidence("l_info magic", start + place, UPX_MAGIC, "UPX!"),))
