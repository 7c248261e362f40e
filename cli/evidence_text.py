"""Evidence for people: the bytes, where they are, and what they say."""

from __future__ import annotations

from elfkit.evidence import Evidence

SHOWN_BYTES = 12


def evidence_text(proof: Evidence) -> str:
    """Return one phrase: ``e_flags at 0x24: 05 00 04 00 = 0x5000400``."""
    source = f"{proof.path}: {proof.source}" if proof.path else proof.source
    place = f" at {proof.offset:#x}" if proof.offset is not None else ""
    raw = proof.raw[:SHOWN_BYTES].hex(" ") + (" ..." if len(proof.raw) > SHOWN_BYTES else "")
    value = proof.value
    if isinstance(value, str):
        # text is its own bytes: both would say the same twice
        return f'{source}{place}: "{value}"'
    meaning = "" if value is None else f"= {value}" if value < 10 else f"= {value:#x}"
    said = " ".join([part for part in (raw, meaning) if part])
    return f"{source}{place}: {said}" if said else f"{source}{place}"
