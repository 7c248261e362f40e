"""The libraries that an ld.so.preload makes every program load before its own (glibc elf/rtld.c, do_preload)."""

from __future__ import annotations

import re

from elfkit.abi.loaders import Loader
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search_places import system_file
from elfkit.firmware.tree import Tree

COMMENT = re.compile(r"#[^\n]*")
SEPARATORS = re.compile(r"[: \t\n]+")


def preloaded_names(tree: Tree, platform: Platform, row: Loader) -> tuple[str, ...]:
    """Return the names in the file, in its order, each once; none where the loader reads no such file."""
    text = tree.read_text(system_file(tree, platform, row.preload)) if row.preload else None
    return tuple(dict.fromkeys(filter(None, SEPARATORS.split(COMMENT.sub("", text))))) if text else ()
