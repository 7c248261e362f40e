import json
import pickle

from elfkit.evidence import Anomaly, Certainty, Damage, Evidence, Fact

PROOF = Evidence("e_flags", 0x24, b"\x05\x00\x02\x00", 0x05000200)


def test_evidence_is_published_with_its_bytes_in_hexadecimal() -> None:
    assert PROOF.to_dict() == {"source": "e_flags", "offset": 36, "raw": "05000200", "value": 83886592}


def test_evidence_of_an_absence_has_no_offset() -> None:
    assert Evidence("PT_GNU_STACK", None, b"", None).to_dict()["offset"] is None


def test_a_fact_is_published_with_its_proof() -> None:
    fact = Fact("soft", Certainty.STATED, (PROOF,), "softfp")
    assert fact.to_dict() == {
        "value": "soft",
        "detail": "softfp",
        "certainty": "stated",
        "evidence": [PROOF.to_dict()],
    }


def test_an_anomaly_is_published_with_what_was_assumed() -> None:
    anomaly = Anomaly(Damage.DYNAMIC, PROOF, "no DT_NULL", "the entries that are there")
    assert json.loads(json.dumps(anomaly.to_dict())) == {
        "damage": "dynamic",
        "evidence": PROOF.to_dict(),
        "detail": "no DT_NULL",
        "assumed": "the entries that are there",
    }


def test_certainty_runs_from_stated_to_unknown() -> None:
    assert [item.value for item in Certainty] == ["stated", "derived", "bounded", "guessed", "unknown"]


def test_all_of_it_survives_pickling() -> None:
    nouns = (
        Fact((1, 2), Certainty.BOUNDED, (PROOF,)),
        Anomaly(Damage.LIMIT, PROOF, "a", "b"),
        Fact(None, Certainty.UNKNOWN),
    )
    assert pickle.loads(pickle.dumps(nouns)) == nouns  # noqa: S301 - our own bytes
