"""Names are declared once, as constants spelt like the specification; number-to-name tables are derived here."""

from collections.abc import Mapping


def names_of(namespace: Mapping[str, object], *prefixes: str) -> dict[int, str]:
    """Number -> name of the integer constants of a module whose names begin with one of `prefixes`.

    Of two names of one number the first declared wins, so that an alias never hides the name it stands for.
    """
    names: dict[int, str] = {}
    for name, value in namespace.items():
        if type(value) is int and name.startswith(prefixes):
            names.setdefault(value, name)
    return names
