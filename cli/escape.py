"""Strings out of files, made safe to show: the one place that does it.

A name in a firmware image may hold terminal commands, newlines, bidirectional overrides or bytes that are no
UTF-8. What cannot be printed is shown as an escape; what can be is left alone.
"""

from __future__ import annotations

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    r"""Return ``text`` with everything that no terminal should get spelled out.

    >>> print(escape("\x1b[31mred\x1b[0m\n\udcff\u202e"))
    \x1b[31mred\x1b[0m\n\xff\u202e
    """
    if text.isprintable():
        return text
    return "".join([character if character.isprintable() else _spelled(character) for character in text])


def _spelled(character: str) -> str:
    code = ord(character)
    if character in SHORT:
        return SHORT[character]
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escape_json(value: object) -> object:
    """Return a JSON document with lone surrogates in its strings spelled out, which no JSON reader accepts.

    An object whose ``path`` is no UTF-8 gets ``path_hex`` beside it, the bytes of the name.
    """
    if isinstance(value, str):
        return value if value.isprintable() else "".join([_joined(character) for character in value])
    if isinstance(value, dict):
        return {key: escape_json(item) for key, item in (value | path_hex(value.get("path"))).items()}
    if isinstance(value, list):
        return [escape_json(item) for item in value]
    return value


def path_hex(path: object) -> dict[str, str]:
    """Return ``{"path_hex": ...}`` of a path that is no UTF-8, nothing of any other."""
    if not isinstance(path, str) or path.isascii():
        return {}
    raw = path.encode("utf-8", "surrogateescape")
    return {} if raw.decode("utf-8", "replace") == path else {"path_hex": raw.hex()}


def _joined(character: str) -> str:
    return _spelled(character) if 0xD800 <= ord(character) <= 0xDFFF else character
