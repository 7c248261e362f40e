"""What is wrong with the tables that a loader binds symbols by: hashes, versions, relocations."""

from __future__ import annotations

from elfkit.evidence import Anomaly
from elfkit.image.image import Image


def table_anomalies(image: Image) -> tuple[Anomaly, ...]:
    """Return an anomaly for each table and sort of damage; every symbol and every relocation is looked at."""
    if image.dynamic is None:
        return ()
    from elfkit.tables.relocation_verification import verify_relocations  # here: who does not ask has no numpy
    from elfkit.tables.symbols import read_symbols
    from elfkit.tables.verification import verify_hashes
    from elfkit.tables.version_verification import verify_versions

    symbols = read_symbols(image)
    hashes, versions = verify_hashes(image, symbols), verify_versions(image, symbols)
    return (*hashes, *versions, *verify_relocations(image, symbols.count))
