"""What really comes in IPE files: every oddity known, one test each, with what is read and what is said of it."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chappe.core.interop.reader import Reader
from tests.core.interop.support import IPE, line, read, text_of


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"\xef\xbb\xbf" + text_of(line(CommuneImmeuble="Besançon")).encode(), "utf-8-sig"),
        (text_of(line(CommuneImmeuble="Besançon")).encode(), "utf-8-sig"),
        (text_of(line(CommuneImmeuble="Besançon")).encode("cp1252"), "cp1252"),
        (text_of(line(CommuneImmeuble="Besançon", CommentairePM="\x81")).encode("latin-1"), "latin-1"),
    ],
)
def test_encodings_are_found_out(tmp_path, raw, encoding):
    reader, rows, remarks, _ = read(tmp_path, raw)
    assert reader.encoding == encoding
    assert rows[0]["city"] == "Besançon"
    assert remarks == []


def test_a_separator_inside_a_value_refuses_the_line_and_keeps_its_text(tmp_path):
    shifted = line(IdentifiantImmeuble="IMB-2", CommentairePM="près du pont ; portail vert")
    _, rows, remarks, refused = read(tmp_path, text_of(line(), shifted, line(IdentifiantImmeuble="IMB-3")))
    assert [row["reference"] for row in rows] == ["IMB-1", "IMB-3"]
    assert remarks == [(3, "interop.long-row", "error")]
    assert refused == [(3, shifted)]


def test_a_line_end_inside_a_value_refuses_both_halves(tmp_path):
    whole = line(IdentifiantImmeuble="IMB-2", CommentairePM="un\ndeux")
    _, rows, remarks, refused = read(tmp_path, text_of(whole, line()))
    assert [row["reference"] for row in rows] == ["IMB-1"]
    assert remarks == [(2, "interop.short-row", "error"), (3, "interop.short-row", "error")]
    assert "\n".join(text for _line, text in refused) == whole


def test_a_line_that_needs_its_quotes_is_read_with_a_remark(tmp_path):
    quoted = line(CommentairePM='"près du pont ; portail"')
    _, rows, remarks, refused = read(tmp_path, text_of(quoted))
    assert rows[0]["pm_comment"] == "près du pont ; portail"
    assert remarks == [(2, "interop.quoted", "warning")]
    assert refused == []


def test_empty_fields_that_every_line_ends_with_are_nothing(tmp_path):
    lines = [line(IdentifiantImmeuble=f"IMB-{n}") + ";;" for n in range(3)]
    shifted = line(IdentifiantImmeuble="IMB-9", CommentairePM="un;deux") + ";;"
    _, rows, remarks, _ = read(tmp_path, text_of(*lines, shifted))
    assert (len(rows), remarks) == (3, [(5, "interop.long-row", "error")])


def test_header_spellings_of_real_files_are_bound_by_name(tmp_path):
    names = [
        "ReferencePm",
        "LibelleVoie",
        "Batiment",
        "IdentifiantImmeuble",
        "CodeInseeImmeuble",
        "EtatImmeuble",
        "Hexaclé",
        "ComplementVoiePM",
    ]
    content = ";".join(names) + "\nPM-1;DES TANNEURS;A;IMB-9;39198;CIBLE;3919800042;B\n"
    reader, rows, _, _ = read(tmp_path, content)
    row = rows[0]
    assert (row["pm"], row["street"], row["building"], row["hexacle"]) == ("PM-1", "DES TANNEURS", "A", "3919800042")
    assert row["pm_number_suffix"] == "B"
    codes = [issue.code for issue in reader.head]
    assert codes.count("interop.alias") == 4  # ReferencePm differs by its case alone
    assert "interop.missing-column" in codes


def test_mojibake_in_a_header_is_mended(tmp_path):
    content = "IdentifiantImmeuble;CodeInseeImmeuble;EtatImmeuble;HexaclÃ©\nIMB-9;39198;CIBLE;3919800042\n"
    _, rows, _, _ = read(tmp_path, content)
    assert rows[0]["hexacle"] == "3919800042"


def test_unknown_columns_are_kept_and_the_width_proves_nothing(tmp_path):
    names = (*IPE.names("3.0"), "Code_Maison", "Couleur")
    reader, rows, _, _ = read(tmp_path, text_of(line() + ";X1;vert", names=names))
    assert reader.header.version == "3.0"
    assert (rows[0]["?Code_Maison"], rows[0]["?Couleur"]) == ("X1", "vert")


def test_a_file_without_its_key_is_not_read_and_says_why(tmp_path):
    reader, rows, _, _ = read(tmp_path, "Ville;Rue\nDole;des Tanneurs\n")
    assert (reader.header, rows) == (None, [])
    assert [issue.code for issue in reader.head if issue.severity == "error"] == ["interop.no-key"]


def test_an_empty_file_says_so(tmp_path):
    reader, rows, _, _ = read(tmp_path, "")
    assert ([issue.code for issue in reader.head], rows) == (["interop.empty"], [])


@pytest.mark.parametrize(
    ("written", "read_as", "code"),
    [
        ("20261031", dt.date(2026, 10, 31), None),
        ("31/10/2026", dt.date(2026, 10, 31), "interop.date-form"),
        ("2026-10-31", dt.date(2026, 10, 31), "interop.date-form"),
        ("0", None, None),
        ("00000000", None, None),
        ("", None, None),
        ("311026", None, "interop.date"),
        ("31/10/26", None, "interop.date"),
        ("20260231", None, "interop.date"),
    ],
)
def test_dates(tmp_path, written, read_as, code):
    _, rows, remarks, _ = read(tmp_path, text_of(line(DateCablageAdresse=written)))
    assert rows[0]["cabled_on"] == read_as
    assert [c for _line, c, _severity in remarks] == ([code] if code else [])


@pytest.mark.parametrize(("insee", "read_as"), [("1004", "01004"), ("2a004", "2A004"), ("97105", "97105")])
def test_codes_are_text_and_a_lost_zero_comes_back(tmp_path, insee, read_as):
    _, rows, remarks, _ = read(tmp_path, text_of(line(CodeInseeImmeuble=insee)))
    assert rows[0]["insee"] == read_as
    assert ("interop.zero-lost" in {code for _l, code, _s in remarks}) is (len(insee) == 4)
    assert rows[0]["rivoli"] == "0042"


@pytest.mark.parametrize(("x", "want"), [("890000,50", 890000.5), ("890000.50", 890000.5), ("890 000,5", 890000.5)])
def test_decimal_comma_or_point(tmp_path, x, want):
    _, rows, remarks, _ = read(tmp_path, text_of(line(CoordonneeImmeubleX=x)))
    assert (rows[0]["x"], remarks) == (want, [])


def test_zero_coordinates_are_unknown(tmp_path):
    _, rows, remarks, _ = read(tmp_path, text_of(line(CoordonneeImmeubleX="0,0000", CoordonneeImmeubleY="0")))
    assert (rows[0]["x"], rows[0]["y"], remarks) == (None, None, [])


def test_exchanged_coordinates_are_put_right(tmp_path):
    _, rows, remarks, _ = read(tmp_path, text_of(line(CoordonneeImmeubleX="6650000", CoordonneeImmeubleY="890000")))
    assert (rows[0]["x"], rows[0]["y"]) == (890000.0, 6650000.0)
    assert remarks == [(2, "interop.xy-swapped", "warning")]


@pytest.mark.parametrize(
    ("projection", "x", "y", "fits"),
    [
        ("RFG93", "890000", "6650000", True),
        ("WGS84", "5.49", "47.09", True),
        ("WGS84", "611143", "5958400", True),  # the same point in the metres of the web's maps
        ("RGR92", "340000", "7680000", True),
        ("RGFG95", "340000", "540000", True),
        ("RGF93", "10", "10", False),
        ("", "890000", "6650000", True),
    ],
)
def test_projections(tmp_path, projection, x, y, fits):
    fields = {"TypeProjectionGeographique": projection, "CoordonneeImmeubleX": x, "CoordonneeImmeubleY": y}
    _, rows, remarks, _ = read(tmp_path, text_of(line(**fields)))
    assert (rows[0]["x"] is not None) is fits
    assert ([code for _l, code, _s in remarks] == ["interop.xy-outside"]) is not fits


@pytest.mark.parametrize(
    ("written", "number", "suffix", "code"),
    [
        ("0", 0, None, None),
        ("", None, None, "interop.missing"),
        ("12B", 12, "B", "interop.number-suffix"),
        ("12 bis", 12, "B", "interop.number-suffix"),
        ("12 ter", 12, "T", "interop.number-suffix"),
        ("166170", 166170, None, "interop.grouped-number"),
        ("douze", None, None, "interop.number"),
    ],
)
def test_street_numbers(tmp_path, written, number, suffix, code):
    _, rows, remarks, _ = read(tmp_path, text_of(line(NumeroVoieImmeuble=written)))
    assert (rows[0]["number"], rows[0]["number_suffix"]) == (number, suffix)
    assert [c for _l, c, _s in remarks] == ([code] if code else [])


@pytest.mark.parametrize("filler", ["_NA_", "NA", "n/a", "UNKNOWN", " ", " Inconnu\u00a0"])
def test_words_for_unknown_are_nothing(tmp_path, filler):
    _, rows, remarks, _ = read(tmp_path, text_of(line(), line(BatimentImmeuble=filler)))
    assert (rows[1]["building"], remarks) == (None, [])


def test_words_for_unknown_are_nothing_in_quotes_and_words_that_hold_them_are_kept(tmp_path):
    quoted = line(BatimentImmeuble='"A;B"', CommuneImmeuble='"NA"')
    _, rows, _remarks, _ = read(tmp_path, text_of(line(BatimentImmeuble="NANA"), quoted))
    assert [(row["building"], row["city"]) for row in rows] == [("NANA", rows[0]["city"]), ("A;B", None)]
    assert rows[0]["city"]


def test_values_are_compared_without_case_or_accents(tmp_path):
    fields = {"EtatImmeuble": "En cours de déploiement", "TypeEmplacementPM": "pme-armoire de rue"}
    _, rows, remarks, _ = read(tmp_path, text_of(line(**fields)))
    assert (rows[0]["state"], rows[0]["pm_location_type"]) == ("EN COURS DE DEPLOIEMENT", "PME-Armoire de rue")
    assert remarks == []


def test_a_row_without_what_it_needs_is_refused_and_kept(tmp_path):
    bad = line(IdentifiantImmeuble="", EtatImmeuble="DETRUIT")
    _, rows, remarks, refused = read(tmp_path, text_of(bad, line()))
    assert [row["reference"] for row in rows] == ["IMB-1"]
    assert remarks == [(2, "interop.missing", "error"), (2, "interop.value", "error")]
    assert refused == [(2, bad)]


def test_an_open_list_keeps_what_it_does_not_know(tmp_path):
    names = IPE.names("3.1")
    _, rows, remarks, _ = read(tmp_path, text_of(line(names, TypePBO="SUR TOIT"), names=names))
    assert rows[0]["pbo_type"] == "SUR TOIT"
    assert remarks == [(2, "interop.open-value", "info")]


def test_small_blocks_give_the_same_rows_and_line_numbers(tmp_path):
    lines = [line(IdentifiantImmeuble=f"IMB-{n}", EtatImmeuble="?" if n % 7 == 0 else "CIBLE") for n in range(1, 60)]
    whole = read(tmp_path, text_of(*lines))
    cut = read(tmp_path, text_of(*lines), size=701)
    assert cut[1:] == whole[1:]
    assert len(whole[1]) == 59 - 8  # 7, 14 … 56


@settings(max_examples=60, deadline=None)
@given(junk=st.binary(max_size=400), at=st.integers(0, 900))
def test_nothing_a_file_holds_makes_the_reader_fail(tmp_path_factory, junk, at):
    raw = text_of(line(), line(IdentifiantImmeuble="IMB-2")).encode()
    path = tmp_path_factory.mktemp("fuzz") / "a.csv"
    path.write_bytes(raw[:at] + junk + raw[at:])
    reader = Reader(IPE, path)
    if reader.open():
        for part in reader.parts(size=300):
            kept = set(part.rows["line"].to_list())
            assert kept.isdisjoint(part.refused["line"].to_list())
