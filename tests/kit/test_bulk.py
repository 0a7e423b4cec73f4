"""Many rows at once come out of the table as they went in, whether a column varies or says one thing throughout."""

import datetime as dt

import polars as pl
import pytest
from django.db import IntegrityError, connection, transaction

from chappe.apps.network.models import Building, Change
from chappe.kit import bulk

pytestmark = pytest.mark.django_db
COUNT = 300  # above the rows from which constants are looked for


def rows(**more: object) -> pl.DataFrame:
    """``COUNT`` buildings; a value is repeated, a list taken as it is."""
    told = {"oi_code": "TELE", "reference": [f"IMB/39000/X/{n:04d}" for n in range(COUNT)], **more}
    return pl.DataFrame({name: v if isinstance(v, list) else [v] * COUNT for name, v in told.items()})


@pytest.mark.parametrize(
    "value", ["l’Étoile", "rue d'Arbois", "a;b\nc", "%s %% ?", "", '"x"', "--", "'; DROP TABLE network_building; --"]
)  # fmt: skip
def test_a_text_that_is_the_same_everywhere_is_kept_to_the_letter(value: str) -> None:
    bulk.insert(Building, rows(city=value))
    assert set(Building.objects.values_list("city", flat=True)) == {value}
    assert Building.objects.count() == COUNT


def test_nothing_yes_no_numbers_and_days_that_are_the_same_everywhere() -> None:
    bulk.insert(
        Building,
        rows(number=None, is_new=True, on_demand=False, dwellings=12, line_length=1.5, opened_on=dt.date(2026, 2, 28)),
    )
    told = set(Building.objects.values_list("number", "is_new", "on_demand", "dwellings", "line_length", "opened_on"))
    assert told == {(None, True, False, 12, 1.5, dt.date(2026, 2, 28))}


def test_nothing_stands_among_values_of_every_kind() -> None:
    """What the driver is given in the place of “none” never comes out, nor is a value taken for it."""
    number, short = [None, 0, 7], ["", None, "x"]
    told = {
        "number": number,
        "dwellings": [0, None, 3],
        "line_length": [None, -1.0, 0.0],
        "x": [1e300, None, -1e300],
        "is_new": [True, None, False],
        "cell": [-(2**63), None, 2**63 - 1],
        "opened_on": [dt.date(2026, 2, 28), None, dt.date(1, 1, 1)],
    }
    bulk.insert(Building, rows(**{name: values * (COUNT // 3) for name, values in told.items()}))
    got = Building.objects.order_by("pk").values_list(*told)
    assert list(got) == list(zip(*told.values(), strict=True)) * (COUNT // 3)
    with pytest.raises(IntegrityError), transaction.atomic():  # a column that is never empty is not made so
        bulk.insert(Building, rows(oi_code="MERI", city=short * (COUNT // 3)))


def test_a_part_where_a_column_varies_follows_one_where_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PART", 150)
    cities = ["Arbois"] * 150 + [f"Dole {n}" for n in range(150)]
    bulk.insert(Building, rows(city=cities, number=[None] * 150 + list(range(150))))
    told = Building.objects.order_by("pk").values_list("city", "number")
    assert list(told) == list(zip(cities, [None] * 150 + list(range(150)), strict=True))


def test_rows_that_are_all_alike_are_all_there() -> None:
    one = {
        "thing": "pm",
        "reference": "R",
        "day": "2026-11-22",
        "event": "creation",
        "field": "",
        "old": "",
        "new": "",
        "by": "x",
    }
    bulk.insert(Change, pl.DataFrame([one] * COUNT))
    assert Change.objects.filter(reference="R", by="x").count() == COUNT


def test_a_fault_in_the_last_row_leaves_none() -> None:
    frame = rows(reference=[f"IMB/39000/X/{n:04d}" for n in range(COUNT - 1)] + ["IMB/39000/X/0000"])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Building, frame)
    assert not Building.objects.exists()


def test_postgresql_counts_again_what_a_large_load_wrote_and_sqlite_is_left_alone() -> None:
    bulk.insert(Building, rows())
    bulk.analyse([Building], after=bulk.ENOUGH - 1)
    assert counted() in {None, -1, 0}
    bulk.analyse([Building], after=bulk.ENOUGH)
    assert counted() in {None, COUNT}


def counted() -> int | None:
    """What PostgreSQL believes the table of buildings holds; -1 when it never looked. None on SQLite."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            assert "sqlite_stat1" not in connection.introspection.table_names(cursor)
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [Building._meta.db_table])
        return int(cursor.fetchone()[0])
