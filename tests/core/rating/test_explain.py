"""Explanations: both clock changes, the seed's call in two languages, programs, and complete French."""

import ast
import gettext
import io
import json
import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from chappe.core.base import lang
from chappe.core.rating import narrate
from chappe.core.rating.contract import Reason
from chappe.core.rating.model import Tariff, Timing

from .build import call, destinations, entry, nano, profiles, rate, simple, slot

ROOM = Path(narrate.__file__).parent


def catalogue():
    with (ROOM / "fr.po").open("rb") as source:
        return read_po(source, locale="fr")


@pytest.fixture
def french(monkeypatch):
    """The sentences of this package, compiled in memory."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue())
    compiled.seek(0)
    words = gettext.GNUTranslations(compiled)
    monkeypatch.setattr(lang, "_catalogue", lambda language, room: words)


def night(timezone: str = "Europe/Paris") -> Tariff:
    """0.06 a minute, from 03:00 on 0.60 a minute, every day."""
    return Tariff(
        timezone=timezone,
        timings={"NIGHT": Timing("NIGHT"), "MORNING": Timing("MORNING", start=3 * 3600)},
        destinations=destinations({"DE": "49"}),
        plans={
            "P": [
                entry("DE", "NIGHT", rate("NIGHT", slot("0.06", 60))),
                entry("DE", "MORNING", rate("MORNING", slot("0.60", 60))),
            ]
        },
        profiles=profiles({"s": [("2000-01-01T00:00:00Z", "P", ())]}),
    )


def test_spring_change():
    """Paris, 2024-03-31: 01:59:59 is followed by 03:00:00; one minute on each side."""
    got = call(night(), "2024-03-31T01:59:00+01:00", 120)
    assert got.cost == nano("0.66")  # 60 × 0.06 / 60 + 60 × 0.60 / 60
    assert [p.begin.isoformat() for p in got.pieces] == ["2024-03-31T01:59:00+01:00", "2024-03-31T03:00:00+02:00"]
    assert got.pieces[-1].end.isoformat() == "2024-03-31T03:01:00+02:00"
    text = got.as_text("en")
    assert "2024-03-31 01:59:00 (UTC+01:00) to 2024-03-31 03:00:00 (UTC+02:00), 60 s billed" in text


def test_autumn_change():
    """Paris, 2024-10-27: the hour from 02:00 is lived twice, and is night both times."""
    got = call(night(), "2024-10-27T02:30:00+02:00", 2 * 3600)
    assert got.cost == nano("23.4")  # 90 min × 0.06 = 5.4, 30 min × 0.60 = 18
    assert [p.billed // 1_000_000 for p in got.pieces] == [5400, 1800]
    assert got.pieces[1].begin.isoformat() == "2024-10-27T03:00:00+01:00"
    assert "(UTC+02:00) to 2024-10-27 03:00:00 (UTC+01:00)" in got.as_text("en")


def test_the_calls_own_offset_when_the_tariff_has_no_zone():
    assert call(night(""), "2024-03-31T02:59:00+05:30", 120).cost == nano("0.66")
    assert call(night(""), "2024-03-31T02:59:00Z", 120).cost == nano("0.66")
    assert call(night(""), "2024-03-31T02:59:00-03:00", 60).cost == nano("0.06")


def test_steps_in_english():
    tariff = simple(slot("0.12", 60, 30, connect="0.1"), slot("0.06", 60, 6, 60))
    assert call(tariff, "2012-03-07T10:00:00Z", 100).as_text("en").splitlines() == [
        "1. Call of s (tenant T) to 4930123456, on 2012-03-07 10:00:00 (UTC+00:00), usage 100 s.",
        "2. s has its own rating profile.",
        "3. Level 1: plan P of s, in force since 2000-01-01 00:00:00 (UTC+00:00), has a price for this number.",
        (
            "4. Piece 1, 2012-03-07 10:00:00 (UTC+00:00) to 2012-03-07 10:01:00 (UTC+00:00), 60 s billed. "
            "Plan P, prefix 49 of destination DE, timing *any. Rate R. 0.12 EUR per 60 s, in steps of 30 s. "
            "Cost 0.12 EUR, not rounded."
        ),
        (
            "5. Piece 2, 2012-03-07 10:01:00 (UTC+00:00) to 2012-03-07 10:01:42 (UTC+00:00), 42 s billed. "
            "Plan P, prefix 49 of destination DE, timing *any. Rate R. "
            "From 60 s on: 0.06 EUR per 60 s, in steps of 6 s. Cost 0.042 EUR, not rounded."
        ),
        "6. Sum of the pieces: 0.162 EUR.",
        "7. Connect fee of the rate in force at the start: 0.1 EUR.",
        "8. Total: 0.262 EUR (102 s billed).",
    ]


def test_steps_in_french(french):
    lines = call(simple(slot("0.12", 60)), "2012-03-07T10:00:00Z", 50).as_text("fr").splitlines()
    assert lines[1] == "2. s a son propre profil tarifaire."
    assert lines[-1] == "5. Total\u00a0: 0,1\u00a0EUR (50\u00a0s facturées)."
    none = call(simple(slot("0.12", 60)), "2012-03-07T10:00:00Z", 50, "33").as_text("fr").splitlines()
    assert none[-1].startswith("4. Pas de prix (no-destination)\u00a0: Ni la grille du sujet")


def test_for_programs():
    got = json.loads(json.dumps(call(simple(slot("0.1", 60)), "2012-03-07T10:00:00Z", "10.5").as_dict()))
    assert (got["status"], got["reason"], got["total"], got["billed"]) == ("RATED", "", "0.018333333", "11")
    piece = got["pieces"][0]
    assert (piece["price"], piece["unit"], piece["exact_cost"]) == ("0.1", "60", "0.018333333333333333…")
    assert (piece["from"], piece["to"]) == ("2012-03-07T10:00:00+00:00", "2012-03-07T10:00:11+00:00")


def test_every_reason_has_a_sentence_and_a_code():
    assert set(narrate.REASONS) == set(Reason)
    assert narrate.reason_code(Reason.NO_RATE_NOW) == "no-rate-now"
    assert narrate.reason_code(Reason.NONE) == ""


def test_french_is_complete_and_keeps_the_holes():
    marked = set()
    for name in ("narrate.py", "steps.py"):
        for node in ast.walk(ast.parse((ROOM / name).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                marked.add(ast.literal_eval(node.args[0]))
    french = {message.id: message.string for message in catalogue() if message.id}
    assert set(french) == marked
    for english, text in french.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", text)), english
