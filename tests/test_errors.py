import pickle

import pytest

from elfkit.errors import (
    ArgumentError,
    ElfkitError,
    FormatError,
    LimitError,
    Option,
    ReadError,
    RefusedError,
    SelectionError,
    UnverifiedError,
    UsageError,
    WriteError,
)

SENTENCES = (
    (FormatError(4, "e_ident", "EI_CLASS is 9"), "e_ident at 0x4: EI_CLASS is 9"),
    (ReadError("/bin/sh", "permission denied"), "/bin/sh: permission denied"),
    (LimitError("lookup_steps", 9, "who has x"), "who has x: that takes more work than lookup_steps allows (9)"),
    (SelectionError("EK999", "EK009"), "no rule is called 'EK999'; did you mean EK009?"),
    (SelectionError("nonsense"), "no rule is called 'nonsense'; `elfkit rules` lists them all"),
    (RefusedError("a.o", "it is an object file"), "a.o: it is an object file"),
    (
        RefusedError("a.so", "data follows it", (Option("overlay", value=True, effect="allows it"),)),
        "a.so: data follows it; overlay=True allows it",
    ),
    (ArgumentError("symbols", "is negative"), "symbols is negative"),
    (UsageError("leave --root out"), "leave --root out"),
    (WriteError("a.so", "is a directory"), "a.so: cannot be written: is a directory"),
    (UnverifiedError("a row is lost"), "the result was not verified: a row is lost; nothing was written"),
)


@pytest.mark.parametrize(("error", "sentence"), SENTENCES)
def test_an_error_is_one_sentence(error: ElfkitError, sentence: str) -> None:
    assert str(error) == sentence


@pytest.mark.parametrize("error", [error for error, _ in SENTENCES], ids=str)
def test_an_error_survives_pickling(error: ElfkitError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(again), again.args, str(again), vars(again)) == (type(error), error.args, str(error), vars(error))


def test_one_name_catches_every_error_there_is() -> None:
    import elfkit.errors

    kinds = [kind for kind in vars(elfkit.errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert {error.__class__ for error, _ in SENTENCES} | {ElfkitError} == set(kinds)
    assert all(issubclass(kind, ElfkitError) for kind in kinds)
