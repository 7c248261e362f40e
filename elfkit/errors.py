"""The one family of exceptions that leaves elfkit's public functions."""

from __future__ import annotations

from typing import NamedTuple


class ElfkitError(Exception):
    """Anything elfkit refuses to do; catch this one to catch them all."""


class FormatError(ElfkitError):
    """The bytes are no ELF file, or too little of one to read on.

    ``offset`` is the file offset of the bytes at fault, ``record`` the structure they belong to
    (``e_ident``, ``Ehdr``...), ``detail`` one clause that says what is wrong.
    """

    def __init__(self, offset: int, record: str, detail: str) -> None:
        super().__init__(offset, record, detail)  # the raw arguments: so it survives pickling
        self.offset = offset
        self.record = record
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.record} at {self.offset:#x}: {self.detail}"


class ReadError(ElfkitError):
    """A file could not be opened or read; ``reason`` is the operating system's, in plain words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class LimitError(ElfkitError):
    """An answer takes more work than the limits allow, and half of it would be wrong.

    ``limit`` is the field of `Limits`, ``most`` what it allows, ``detail`` one clause that says what is not known.
    """

    def __init__(self, limit: str, most: int, detail: str) -> None:
        super().__init__(limit, most, detail)
        self.limit = limit
        self.most = most
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.detail}: that takes more work than {self.limit} allows ({self.most})"


class SelectionError(ElfkitError):
    """A rule was named that does not exist; ``name`` is what was asked for, ``hint`` the nearest that does."""

    def __init__(self, name: str, hint: str = "") -> None:
        super().__init__(name, hint)
        self.name = name
        self.hint = hint

    def __str__(self) -> str:
        suffix = f"; did you mean {self.hint}?" if self.hint else "; `elfkit rules` lists them all"
        return f"no rule is called {self.name!r}{suffix}"


class ArgumentError(ElfkitError):
    """An argument of a public function cannot be used; ``name`` is the parameter, ``problem`` a clause about it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name = name
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.name} {self.problem}"


class Option(NamedTuple):
    """An argument that changes an answer: the keyword of the function, its value, and what it does, as a predicate."""

    keyword: str
    value: str | bool
    effect: str

    def __str__(self) -> str:
        value = f'"{self.value}"' if isinstance(self.value, str) else self.value
        return f"{self.keyword}={value} {self.effect}"


class RefusedError(ElfkitError):
    """What was asked for would break the file; ``reason`` says how, ``options`` are arguments that allow it."""

    def __init__(self, path: str, reason: str, options: tuple[Option, ...] = ()) -> None:
        super().__init__(path, reason, options)
        self.path = path
        self.reason = reason
        self.options = options

    def __str__(self) -> str:
        said = f"{self.path}: {self.reason}"
        return f"{said}; {', '.join(map(str, self.options))}" if self.options else said


class WriteError(ElfkitError):
    """A file could not be written; ``reason`` is the operating system's, in plain words. What was there stays."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: cannot be written: {self.reason}"


class UnverifiedError(ElfkitError):
    """A result was read back and does not hold; ``detail`` is the first thing that does not. Nothing was written."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the result was not verified: {self.detail}; nothing was written"


class UsageError(ElfkitError):
    """The arguments contradict each other."""
