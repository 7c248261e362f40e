from elfkit.abi.names import names_of


def test_an_alias_never_hides_the_name_declared_first() -> None:
    assert names_of({"ET_EXEC": 2, "ET_PROGRAM": 2}, "ET_") == {2: "ET_EXEC"}


def test_only_integers_whose_name_begins_so_are_taken() -> None:
    namespace = {"PT_LOAD": 1, "PF_X": 1, "PT_NAMES": {1: "PT_LOAD"}, "PT_BOOL": True}
    assert names_of(namespace, "PT_") == {1: "PT_LOAD"}
