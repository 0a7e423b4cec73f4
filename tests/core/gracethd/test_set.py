"""A GraceTHD set: what is read of it, and each fault at its line and column. Nothing it holds makes the reader stop."""

import io
import random
import zipfile
import zlib

import pytest

from chappe.core.gracethd import source
from chappe.core.gracethd.source import packaged, read_source, spec_from_toml
from chappe.core.gracethd.things import gather
from chappe.core.network.lines import read_path
from tests.support.gracethd import archive, edit, tables


def read(**changed):
    """(things by (kind, key), faults as lines)"""
    found = gather(read_source(archive(changed)))
    return {(thing.kind, thing.key): thing.fields for thing in found.things}, [
        issue.as_line() for issue in found.issues
    ]


def test_the_example_is_read_whole_and_without_a_fault():
    things, faults = read()
    assert faults == []
    kinds = [kind for kind, _key in things]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "pm": 1, "box": 3, "building": 5, "socket": 4, "cable": 8, "module": 2, "position": 36, "splice": 32,
    }  # fmt: skip
    pm = things["pm", "FI-39198-0900"]
    assert (pm["state"], pm["location_type"], pm["capacity"], pm["installed_on"], pm["active_space"]) == (
        "DEPLOYE", "PME-Armoire de rue", 250, "2024-09-12", True,
    )  # fmt: skip
    assert (pm["street_type"], pm["street"], pm["number"], pm["insee"]) == ("RUE", "DU TELEGRAPHE", 1, "39198")
    block = things["building", "IMB/39198/X/GT03"]
    assert (block["dwellings"], block["kind"], block["number_suffix"], block["pm"], block["pbo"], block["agreement_on"]) == (
        7, "IMMEUBLE", "B", "FI-39198-0900", "PBO-0900-01", "2024-11-20",
    )  # fmt: skip
    assert things["socket", "FI-0900-0004"] == {
        "building": "IMB/39198/X/GT03", "pbo": "PBO-0900-01", "stairs": "A", "floor": "2", "place": "201",
    }  # fmt: skip
    assert things["position", "FI-39198-0900|DISTRI-1|7"]["fibre"] == "DI-0900-01/7"
    assert things["splice", "DI-0900-01-B/5=DI-0900-01/17"] == {
        "a": "DI-0900-01-B/5", "b": "DI-0900-01/17", "box": "BPE-0900-01", "cassette": "2", "place": 5,
    }  # fmt: skip
    assert things["splice", "RA-0900-02/1>FI-0900-0002"] == {
        "a": "RA-0900-02/1", "pto": "FI-0900-0002", "connector": 1, "cassette": "1",
    }  # fmt: skip
    assert things["cable", "RA-0900-02"]["pm"] == things["box", "BPE-0900-01"]["pm"] == "FI-39198-0900"


LINES = "cl_code;cl_cb_code;geom\nCL1;CB001;LINESTRING (889095 6668746, 889150 6668760, 889215 6668786)\n"
WAYS = {
    "t_cab_cond": "cc_cb_code;cc_cd_code\nCB002;CD1\nCB002;CD2\n",
    "t_cond_chem": "dm_cd_code;dm_cm_code\nCD1;CM1\nCD2;CM2\nCD2;CM1\n",
    "t_cheminement": "cm_code;geom\nCM1;LINESTRING (889215 6668786, 889240 6668790)\nCM2;LINESTRING (889240 6668790, 889275 6668806)\n",
}


def test_cables_run_along_their_line_else_along_the_ways_of_their_conduits():
    things, faults = read(t_cableline=LINES, **WAYS)
    assert faults == []
    [part] = read_path(things["cable", "DI-0900-01"]["path"])
    assert (len(part), part[0]) == (3, pytest.approx((5.49, 47.09), abs=0.02))
    parts = read_path(things["cable", "DI-0900-01-A"]["path"])
    assert [len(part) for part in parts] == [2, 2]
    assert parts[0][1] == parts[1][0]
    assert "path" not in things["cable", "DI-0900-01-B"]
    things, faults = read(t_cableline=LINES.replace("889150 6668760", "nulle part"))
    assert ([fault.split(" “")[0] for fault in faults], "path" in things["cable", "DI-0900-01"]) == (
        ["t_cableline.csv:2:3 warning gracethd.line"],
        False,
    )
    _things, faults = read(t_cableline=LINES.replace("889150 6668760", "5.4 47.1"))
    assert [fault.split(" The")[0] for fault in faults] == ["t_cableline.csv:2:3 warning gracethd.line-outside"]


FAULTS = {
    "a word nobody knows": ({"t_zsro": edit(";DP;", ";ZZ;")}, "t_zsro.csv:2:5 warning gracethd.word"),
    "a date": ({"t_zsro": edit("2024-09-12", "2024-02-30")}, "t_zsro.csv:2:6 warning gracethd.date"),
    "a number": ({"t_zsro": edit(";250;", ";beaucoup;")}, "t_zsro.csv:2:8 warning gracethd.number"),
    "a code that leads nowhere": ({"t_fibre": edit("CB001-F01;CB001", "CB001-F01;CB999")}, "t_fibre.csv:14:2 warning gracethd.dangling"),
    "a fibre beyond its cable": ({"t_fibre": edit("CB002-F12;CB002;12;2;6", "CB002-F12;CB002;13;2;6")}, "t_fibre.csv:49:3 error gracethd.beyond"),
    "tubes that do not follow": ({"t_fibre": edit("CB002-F07;CB002;7;2;1", "CB002-F07;CB002;7;1;7")}, "t_fibre.csv:44:4 warning gracethd.tube"),
    "a row too short": ({"t_baie": edit("BA001;LT001;ARMOIRE", "BA001;LT001")}, "t_baie.csv:2:0 error gracethd.row-width"),
    "a code twice": ({"t_baie": edit("BA000;", "BA001;")}, "t_baie.csv:3:1 warning gracethd.code-twice"),
    "no code": ({"t_baie": edit("BA000;", ";")}, "t_baie.csv:3:1 error gracethd.no-code"),
    "degrees": ({"t_noeud": edit("POINT (889215.11 6668786.03)", "POINT (5.495 47.092)")}, "t_noeud.csv:3:3 warning gracethd.degrees"),
    "another projection": ({"t_noeud": edit("POINT (889215.11 6668786.03)", "POINT (840000.00 2237000.00)")}, "t_noeud.csv:3:3 warning gracethd.projection"),
    "no point": ({"t_noeud": edit("POINT (889215.11 6668786.03)", "LIGNE")}, "t_noeud.csv:3:3 warning gracethd.point"),
    "a socket without an address": ({"t_suf": edit("SF001;;AD010", "SF001;;")}, "t_ebp.csv:5:5 error gracethd.no-building"),
    "a drawer elsewhere": ({"t_tiroir": edit("TI002;BA001", "TI002;BA000")}, "t_tiroir.csv:3:2 warning gracethd.no-pm"),
    "a position twice": ({"t_position": edit("PS0002;2;", "PS0002;1;")}, "t_position.csv:3:2 warning gracethd.position-twice"),
    "no fibres": ({"t_cable": edit("RA-0900-01;C;RA;1;1;15", "RA-0900-01;C;RA;;;15"), "t_fibre": edit("CB101-F01;CB101;1;1;1", "CB101-F01;;;;")}, "t_cable.csv:6:7 error gracethd.capacity"),
    "another separator": ({"t_baie": lambda text: text.replace(";", ",")}, "t_baie.csv:1:0 warning gracethd.separator"),
    "another encoding": ({"t_adresse": lambda text: text.replace("Dole", "Dôle").encode("cp1252")}, "t_adresse.csv:0:0 warning gracethd.encoding"),
    "a header alone is missing": ({"t_baie": ""}, "t_baie.csv:0:0 error gracethd.empty-table"),
    "a column that is needed": ({"t_cable": edit("cb_code", "cb_kode")}, "t_cable.csv:1:0 error gracethd.missing-column"),
    "a table that is needed": ({"t_fibre": None}, "t_fibre.csv:0:0 error gracethd.missing-table"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_stands_at_its_line_and_column(name):
    changed, expected = FAULTS[name]
    _things, faults = read(**changed)
    assert [fault.split(" ", 3)[:3] for fault in faults][:1] == [expected.split(" ")], faults


def test_wide_spellings_of_the_same_set_read_the_same():
    plain, _ = read()
    quoted = {
        "t_noeud": lambda text: "\ufeff" + text.replace("POINT (", '"POINT (').replace(")", ')"').replace("\n", "\r\n")
    }
    assert read(**quoted) == (plain, [])
    as_xy = {
        "t_noeud": lambda text: (
            text.replace(";geom", ";x;y")
            .replace("POINT (", "")
            .replace(")", "")
            .replace(".11 ", ".11;")
            .replace(".03", ",03")
        )
    }
    assert read(**as_xy)[0] == plain
    nulls = {"t_zsro": edit("MONO;11;;", "MONO;11;NULL;")}
    assert read(**nulls) == (plain, [])


def test_a_binary_point_and_one_of_the_islands():
    things, faults = read(
        t_noeud=edit("POINT (889095.11 6668746.03)", "0101000000" + "3d0ad7a34e222b41" + "e17a14ae1d715941")
    )
    assert faults == []
    assert things["pm", "FI-39198-0900"]["x"] == pytest.approx(889127.32)
    moved = edit("POINT (889095.11 6668746.03)", "POINT (340000 7690000)")
    things, faults = read(t_noeud=moved, t_adresse=edit("39198;39100;Dole", "97411;97400;Saint-Denis"))
    assert things["pm", "FI-39198-0900"]["projection"] == "RGR92"
    assert all("gracethd.projection" in fault for fault in faults)


def test_what_swells_is_stopped(monkeypatch):
    spec = packaged()
    small = {**spec.limits, "bytes": 2000}
    monkeypatch.setattr(
        source, "packaged", lambda: source.Spec(spec.separator, spec.empty, small, spec.names, spec.tables, spec.words)
    )
    found = read_source(archive())
    assert (found.usable, found.issues[-1].code) == (False, "gracethd.too-large")
    assert len(found.issues) == 1
    monkeypatch.setattr(
        source,
        "packaged",
        lambda: source.Spec(
            spec.separator, spec.empty, {**spec.limits, "rows": 20}, spec.names, spec.tables, spec.words
        ),
    )
    found = read_source(archive())
    assert (found.usable, found.issues[-1].code) == (False, "gracethd.too-many-rows")


def test_names_that_lead_out_of_the_archive_are_left_aside(tmp_path):
    data = archive(folder="../../")
    found = read_source(data)
    assert found.usable is False
    assert {issue.code for issue in found.issues} == {"gracethd.path", "gracethd.no-table"}
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_archive_no_set_or_locked():
    assert [issue.code for issue in read_source(io.BytesIO(b"t_cable;t_fibre")).issues] == ["gracethd.not-zip"]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as target:
        target.writestr("readme.txt", "nothing")
    assert [issue.code for issue in read_source(data).issues] == ["gracethd.no-table"]
    locked = bytearray(archive().getvalue())
    at = locked.find(b"PK\x01\x02")
    locked[at + 8] |= 1  # the flag of a password in the central directory, of the first table
    found = read_source(io.BytesIO(bytes(locked)))
    assert "gracethd.encrypted" in {issue.code for issue in found.issues}


def test_damage_never_stops_the_reader():
    """Bytes turned at random in the archive, and cells shuffled in its tables: always an answer, never an exception."""
    chance = random.Random(1794)
    whole = archive().getvalue()
    for _ in range(60):
        damaged = bytearray(whole)
        for _turn in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        gather(
            read_source(
                io.BytesIO(bytes(damaged[: chance.randint(1, len(damaged))] if chance.random() < 0.3 else damaged))
            )
        )
    texts = tables()
    cells = [cell for text in texts.values() for line in text.splitlines() for cell in line.split(";")]
    cells += ["", "-1", "1e9", "NaN", "inf", "é" * 300, "\x00", "POINT (nan nan)", "9999-99-99", "²"]
    for _ in range(25):
        mixed = {}
        for name, text in texts.items():
            lines = text.splitlines()
            for _turn in range(chance.randint(0, 6)):
                at = chance.randrange(1, len(lines))
                row = lines[at].split(";")
                row[chance.randrange(len(row))] = chance.choice(cells)
                lines[at] = ";".join(row)
            mixed[name] = "\n".join(lines)
        found = gather(read_source(archive(mixed)))
        assert len({(thing.kind, thing.key) for thing in found.things}) == len(found.things)


def test_the_format_is_data_that_says_what_is_wrong_with_it():
    with pytest.raises(ValueError, match="t_x: no column “code”"):
        spec_from_toml("[tables.t_x]\ncolumns = {}")
    with pytest.raises(ValueError, match="a → t_y"):
        spec_from_toml('[tables.t_x]\ncolumns = { code = ["c"], a = ["a"] }\npoints = { a = "t_y" }')
    assert zlib.error in source.BROKEN
