"""Names, writing and comparing: what is written is read back equal."""

import datetime as dt

import polars as pl
import pytest

from chappe.core.interop.compare import changes
from chappe.core.interop.layout import layout_from_toml, packaged
from chappe.core.interop.names import make_name, read_name
from chappe.core.interop.reader import Reader
from chappe.core.interop.writer import Style, write
from tests.core.interop.support import IPE, line, read, text_of


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
@pytest.mark.parametrize("style", [Style(), Style("cp1252", ",", "_NA_", "\n")])
def test_what_is_written_is_read_back_equal(tmp_path, version, style):
    lines = [
        line(),
        line(IdentifiantImmeuble="IMB-2", CommuneImmeuble="Besançon", ImmeubleNeuf="O", DateCablageAdresse="20260105"),
    ]
    _, rows, _, _ = read(tmp_path, text_of(*lines))
    frame = pl.DataFrame(rows, infer_schema_length=None)
    path = tmp_path / "b.csv"
    path.write_bytes(b"".join(write(IPE, IPE.names(version), [frame[:1], frame[1:]], style=style)))
    reader = Reader(IPE, path)
    assert reader.open()
    again = pl.concat([part.rows for part in reader.parts()])
    assert reader.header.names == IPE.names(version)
    shared = [name for name in frame.columns if name in again.columns]
    assert "opened_on" not in shared or version == "3.1"
    assert again.select(shared).rows() == frame.select(shared).rows()


def test_a_value_may_not_hold_a_separator(tmp_path):
    frame = pl.DataFrame(
        {"reference": ["IMB-1"], "insee": ["39198"], "state": ["CIBLE"], "pm_comment": ["un;deux\ntrois"]}
    )
    path = tmp_path / "b.csv"
    path.write_bytes(b"".join(write(IPE, IPE.names("3.0"), [frame])))
    reader = Reader(IPE, path)
    reader.open()
    part = next(reader.parts())
    assert part.rows["pm_comment"].to_list() == ["un deux trois"]
    assert len(part.refused) == 0


@pytest.mark.parametrize(
    ("name", "operation", "version", "day", "sequence", "parties"),
    [
        ("IPE_Forbach_FIBA_PM_IPEZMD_V30_20210419.csv", "IPE", "3.0", dt.date(2021, 4, 19), "", ("FIBA",)),
        ("LIAIN_01_SIEA_PM_IPEZMD_V20_20220620_00_PBOOK.csv", "IPEZMD", "2.0", dt.date(2022, 6, 20), "00", ("LIAIN", "SIEA", "PBOOK")),
        ("n’importe quoi.csv", "", "", None, "", ()),
        ("FIBJ_39_PM_CPN_V31_20261399.csv", "CPN", "3.1", None, "", ("FIBJ",)),
    ],
)  # fmt: skip
def test_names_are_read_by_the_shape_of_their_parts(name, operation, version, day, sequence, parties):
    told = read_name(name)
    assert (told.operation, told.version, told.day, told.sequence, told.parties) == (
        operation,
        version,
        day,
        sequence,
        parties,
    )


def test_a_name_we_give_is_read_back():
    name = make_name(
        operation="IPEZMD",
        oi="FIBJ",
        zone="39",
        version="3.1",
        day=dt.date(2026, 11, 22),
        sequence=3,
        oc="ALTI",
        kind="delta",
    )
    assert name == "FIBJ_39_PM_IPEZMD_DELTA_V31_20261122_03_ALTI.csv"
    told = read_name(name)
    assert (told.operation, told.kind, told.version, told.day, told.sequence) == (
        "IPEZMD",
        "delta",
        "3.1",
        dt.date(2026, 11, 22),
        "03",
    )


def test_changes_between_two_states():
    before = pl.DataFrame(
        {"line": [2, 3, 4], "reference": ["a", "b", "c"], "state": ["CIBLE", "CIBLE", None], "x": [1.0, 2.0, 3.0]}
    )
    after = pl.DataFrame(
        {"line": [9, 8, 7], "reference": ["b", "c", "d"], "state": ["CIBLE", "DEPLOYE", "CIBLE"], "x": [2.5, 3.0, 4.0]}
    )
    assert changes(before, after, "reference").rows() == [
        ("a", "SUPPRESSION", "", None, None),
        ("b", "MODIFICATION", "x", "2.0", "2.5"),
        ("c", "MODIFICATION", "state", None, "DEPLOYE"),
        ("d", "CREATION", "", None, None),
    ]


def test_a_corrected_layout_is_checked():
    with pytest.raises(ValueError, match="'Numero' is not a column"):
        layout_from_toml('key = "Numero"\n[[columns]]\nname = "A"\nfield = "a"\n')
    with pytest.raises(ValueError, match="colour"):
        layout_from_toml('[[columns]]\nname = "A"\nfield = "a"\ncolour = "red"\n')
    with pytest.raises(ValueError, match="written twice: A"):
        layout_from_toml('[[columns]]\nname = "A"\nfield = "a"\n[[columns]]\nname = "A"\nfield = "b"\n')


def test_the_packaged_headers_have_the_widths_of_the_protocol():
    assert {version: len(names) for version, names in packaged("ipe").versions.items()} == {"2.0": 60, "2.1": 60, "2.2": 63, "3.0": 63, "3.1": 69}  # fmt: skip
    assert len(packaged("cpn").names("3.0")) == 22
