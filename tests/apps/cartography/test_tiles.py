"""What stands in a tile, for whom, and when it is cut again."""

import pytest

from chappe.apps.cartography import cache, tallies, tiles, triggers
from chappe.apps.cartography.models import COARSE, LINKS, Stale, Stamp, Tally
from chappe.apps.network import cells as cells_
from chappe.apps.network import services
from chappe.apps.network.models import Building, Cable, Pm
from chappe.core.network.geo import tile_of
from tests.support import people, rows
from tests.support.rows_cartography import EAST, NORTH, placed

DEPLOYED, TARGET = 0, 4


def told(answer, layer):
    return {pk: values for pk, _kind, _points, values in answer.read_back.get(layer, [])}


def test_the_house_sees_every_layer_of_a_street(tile, alice, network):
    answer = tile(alice, 16)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")
    first, second, third = network["buildings"]
    pm, pbo = network["pm"].pk, network["pbo"].pk
    assert told(answer, "building") == {
        first.pk: {"state": DEPLOYED, "kind": 0, "n": 1, "pm": pm, "pbo": pbo},
        second.pk: {"state": DEPLOYED, "kind": 1, "n": 8, "pm": pm, "pbo": pbo},
        third.pk: {"state": TARGET, "kind": 0, "pm": pm},
    }
    assert told(answer, "pm") == {pm: {"ref": "FI-39198-0001", "state": "DEPLOYE", "kind": "PM"}}
    assert told(answer, "pbo") == {pbo: {"ref": "PB-39198-01", "kind": "PBO", "pm": pm}}
    assert told(answer, "link") == {network["link"].pk: {"state": "DEPLOYE", "pm": pm}}
    assert "count" not in answer.read_back


def test_below_their_zoom_buildings_are_counted_by_state(tile, alice, network):
    for zoom in (0, 4, 9, 12, 13):
        counts = list(told(tile(alice, zoom), "count").values())
        assert sum(row["n"] for row in counts) == 3
        assert sum(row.get(f"s{DEPLOYED}", 0) for row in counts) == 2
        assert sum(row.get(f"s{TARGET}", 0) for row in counts) == 1
    assert "building" not in tile(alice, 13).read_back
    assert set(tile(alice, 9).read_back) == {"count", "prdm", "link"}
    assert set(tile(alice, 11).read_back) == {"count", "pm", "prdm", "link"}


def test_figures_are_the_same_before_and_after_they_are_counted(tile, alice, network):
    before = {zoom: tile(alice, zoom).read_back["count"] for zoom in range(15)}
    assert Tally.objects.count() == 0
    assert tallies.refresh() == 3  # the square of the PM, that of the PRDM, the links
    assert Tally.objects.filter(level=COARSE).count() == 1
    assert {zoom: tile(alice, zoom).read_back["count"] for zoom in range(15)} == before
    assert tallies.totals() == (2, 0, 0, 0, 1, 0)
    again = list(Tally.objects.order_by("level", "cell").values())
    assert tallies.count_all() == 1
    assert [{**row, "id": 0} for row in Tally.objects.order_by("level", "cell").values()] == [
        {**row, "id": 0} for row in again
    ]


def test_a_stranger_sees_nothing_and_needs_the_right(tile, bruno, chloe, visitor, network):
    for reader in (bruno, chloe):
        for zoom in (0, 5, 9, 13, 16):
            read = tile(reader, zoom).read_back
            assert set(read) <= {"place"}
    assert tile(visitor, 16).status_code == 403
    tallies.refresh()
    assert tile(chloe, 9).read_back == {}


def test_a_stranger_never_gets_what_was_kept_for_the_house(tile, alice, chloe, network):
    assert "building" in tile(alice, 16).read_back
    etag = tile(alice, 16)["ETag"]
    answer = tile(chloe, 16, **{"If-None-Match": etag})
    assert answer.status_code in {200, 204}
    assert "building" not in answer.read_back
    assert answer["ETag"] != etag


def test_names_of_communes_help_where_there_is_no_base_map(tile, alice, visitor):
    commune = people.CommuneFactory(name="Dole", insee="39198", population=23_000, longitude=EAST, latitude=NORTH)
    assert told(tile(alice, 8), "place") == {commune.pk: {"name": "Dole", "n": 23_000}}
    assert "place" not in tile(alice, 7).read_back
    visitor.roles.set([people.make_role("Carte", {"reseau": 1})])
    visitor = type(visitor).objects.get(pk=visitor.pk)
    assert tile(visitor, 8).status_code == 204


def test_kept_until_something_changes(tile, alice, network):
    first = tile(alice, 16)
    assert tile(alice, 16, **{"If-None-Match": first["ETag"]}).status_code == 304
    assert len(list(cache.folder().rglob("*.gz"))) == 1
    far = tile(alice, 16, 0, 0)
    assert far.status_code == 204
    services.update(actor=rows.SYSTEM, object=network["buildings"][2], data={"state": "DEPLOYE"})
    second = tile(alice, 16, **{"If-None-Match": first["ETag"]})
    assert second.status_code == 200
    assert told(second, "building")[network["buildings"][2].pk]["state"] == DEPLOYED
    assert tile(alice, 16, 0, 0)["ETag"] == far["ETag"]
    assert len(list(cache.folder().rglob("*.gz"))) == 2


@pytest.mark.parametrize("write", ["queryset", "raw", "bulk", "delete"])
def test_whoever_writes_the_map_knows(write, tile, alice, network):
    tallies.refresh()
    before = tile(alice, 13)["ETag"]
    row = Building.objects.order_by("pk").first()
    match write:
        case "queryset":
            Building.objects.filter(pk=row.pk).update(state="SIGNE")
        case "raw":
            from django.db import connection

            with connection.cursor() as cursor:
                cursor.execute("UPDATE network_building SET state = 'SIGNE' WHERE id = %s", [row.pk])
        case "bulk":
            row.pk, row.reference = None, "IMB/9"
            Building.objects.bulk_create([row])
        case "delete":
            Building.objects.filter(pk=row.pk).delete()
    assert tile(alice, 13)["ETag"] != before
    tallies.refresh()
    counted = {
        "queryset": (1, 0, 0, 1, 1, 0),
        "raw": (1, 0, 0, 1, 1, 0),
        "bulk": (3, 0, 0, 0, 1, 0),
        "delete": (1, 0, 0, 0, 1, 0),
    }
    assert tallies.totals() == counted[write]
    assert not Stale.objects.exists()


def test_what_moves_is_taken_from_where_it_was(tile, alice, network):
    tallies.refresh()
    row = network["buildings"][0]
    Building.objects.filter(pk=row.pk).update(
        longitude=2.0, latitude=48.0, cell=placed(Pm, 2.0, 48.0, reference="X").cell
    )
    assert set(Stale.objects.values_list("cell", flat=True)) == {
        row.cell >> 16,
        Pm.objects.get(reference="X").cell >> 16,
    }
    tallies.refresh()
    assert Tally.objects.filter(level=COARSE).count() == 2
    assert tallies.totals() == (2, 0, 0, 0, 1, 0)


def test_a_pm_that_moves_takes_its_link_along(tile, alice, network):
    tallies.refresh()
    row, column = tile_of(EAST - 0.01, NORTH + 0.005, 16), 16
    assert told(tile(alice, column, *row), "link")
    Pm.objects.filter(pk=network["pm"].pk).update(
        longitude=EAST + 1, cell=placed(Pm, EAST + 1, NORTH, reference="X").cell
    )
    assert LINKS in Stale.objects.values_list("cell", flat=True)
    assert not told(tile(alice, column, *row), "link")


def test_a_change_that_no_tile_shows_is_no_news(network):
    if triggers.names() and Building.objects.db and network:
        from django.db import connection

        tallies.refresh()
        Building.objects.update(manager="Syndic")
        assert Stale.objects.exists() is (connection.vendor == "postgresql")


def test_triggers_come_back_when_a_table_is_made_anew(network):
    from django.db import connection

    name = "cartography_network_building_insert"
    with connection.cursor() as cursor:
        on = ' ON "network_building"' if connection.vendor == "postgresql" else ""
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    assert triggers.ensure(connection) is True
    assert triggers.ensure(connection) is False
    tallies.refresh()
    placed(Building, reference="IMB/7")
    assert Stale.objects.count() == 1


def test_tiles_that_do_not_exist_are_not_found(tile, alice):
    assert tile(alice, 3, 8, 0).status_code == 404
    assert tile(alice, 17, 0, 0).status_code == 404


def test_the_folder_stays_small(tmp_path):
    for number in range(10):
        cache.write("house", (3, number, 0), "1", b"x" * 1000)
    assert cache.sweep(20_000) == 0
    assert cache.sweep(6_000) >= 5
    assert sum(path.stat().st_size for path in cache.folder().rglob("*.gz")) <= 6_000
    assert cache.read("house", (3, 9, 0), "2") is None


def test_squares_that_many_changed_are_shown_as_counted_last(tile, alice, network):
    tallies.refresh()
    for step in range(6):
        placed(Building, EAST + step * 0.2, NORTH, reference=f"IMB/F{step}")
    assert sum(row["n"] for row in told(tile(alice, 5), "count").values()) == 3
    assert tallies.refresh() == 6
    assert sum(row["n"] for row in told(tile(alice, 5), "count").values()) == 9
    assert Stamp.objects.count() >= 6


def test_a_cable_is_drawn_along_its_course_and_straight_without_one(tile, alice, chloe, network):
    pbo, pm = network["pbo"], network["pm"]
    assert told(tile(alice, 16), "cable") == {pbo.pk: {"kind": "PBO", "drawn": 1}}
    assert "cable" not in tile(alice, 13).read_back
    cable = services.create(
        Cable,
        actor=rows.SYSTEM,
        data={"reference": "CDI", "pm": pm, "capacity": 12, "start": pm.reference, "end": pbo.reference},
    )
    first = tile(alice, 16)
    assert told(first, "cable") == {cable.pk: {"kind": "DI", "drawn": 1}}
    [(_pk, kind, points, _told)] = first.read_back["cable"]
    assert (kind, len(points)) == ("line", 2)
    cable.path = f"{EAST},{NORTH} {EAST + 0.0002},{NORTH} {EAST + 0.0003},{NORTH + 0.0002};{EAST + 1},{NORTH} {EAST + 1.1},{NORTH}"
    cable.place()
    cable.save()
    second = tile(alice, 16, **{"If-None-Match": first["ETag"]})
    assert told(second, "cable") == {cable.pk: {"kind": "DI", "drawn": 0}}
    [(_pk, kind, points, _told)] = second.read_back["cable"]
    assert (kind, len(points)) == ("line", 3)
    assert "cable" not in tile(chloe, 16).read_back
    tallies.refresh()
    assert not Stale.objects.exists()
    Cable.objects.filter(pk=cable.pk).update(kind="RA")
    assert told(tile(alice, 15), "cable") == {pbo.pk: {"kind": "PBO", "drawn": 1}}
    drops = {(values["kind"], values["drawn"]) for _pk, _line, _points, values in tile(alice, 16).read_back["cable"]}
    assert drops == {("RA", 0), ("PBO", 1)}


def test_squares_are_told_by_their_lowest_cell():
    cells = [cells_.cell_of(EAST, NORTH), cells_.cell_of(EAST + 0.01, NORTH + 0.01)]
    lowest = cells_.around(cells)
    assert lowest is not None
    column, row = tile_of(EAST, NORTH, 16)
    assert lowest in [*cells_.above(16, column, row), cells_.cell_range(16, column, row)[0]]
    assert cells_.around(cells[:1]) == cells[0]
    assert cells_.around([]) is None
    assert len(cells_.above(16, column, row)) <= 16
    assert cells_.apart(cells_.interleave(column, row)) == (column, row)
    square = cells_.interleave(*tile_of(EAST, NORTH, COARSE))
    assert len(set(tiles.around(square))) == 9
    assert square in tiles.around(square)
