"""What the database says of the map after many rows at once: the same as after each of them."""

import polars as pl
import pytest
from django.db import connection
from django.db.models import Count, Sum

from chappe.apps.cartography import triggers
from chappe.apps.cartography.models import Stale
from chappe.apps.network.models import Building, Pbo
from chappe.kit import bulk

pytestmark = pytest.mark.django_db
CELLS = [5 << triggers.SHIFT, (5 << triggers.SHIFT) + 3, 9 << triggers.SHIFT, None]


def said() -> dict[int, int]:
    return dict(Stale.objects.values("cell").annotate(n=Sum("hits")).values_list("cell", "n"))


def frame(prefix: str) -> pl.DataFrame:
    names = [f"{prefix}{n}" for n in range(len(CELLS))]
    return pl.DataFrame({"oi_code": "TELE", "reference": names, "cell": CELLS}, schema_overrides={"cell": pl.Int64})


def test_many_buildings_say_what_each_would(monkeypatch):
    Stale.objects.all().delete()
    bulk.insert(Building, frame("A"))
    one_by_one = said()
    # two of the four stand in square 5, one in square 9, one has no place
    assert set(one_by_one) == {5, 9}
    if connection.vendor == "sqlite":
        assert one_by_one == {5: 2, 9: 1}
    monkeypatch.setattr(bulk, "MANY", 2)
    Stale.objects.all().delete()
    bulk.insert(Building, frame("B"))
    assert said() == one_by_one, "rows that stood before are not told again"
    with connection.cursor() as cursor:
        assert not triggers.ensure(connection), "every trigger stands again"
        cursor.execute("SELECT count(*) FROM network_building")
        assert cursor.fetchone() == (8,)


def test_rows_with_their_own_keys_are_left_to_the_trigger(monkeypatch):
    monkeypatch.setattr(bulk, "MANY", 1)
    pbo = Pbo.objects.create(reference="P9")
    Stale.objects.all().delete()
    bulk.insert(Pbo, pl.DataFrame({"id": [pbo.pk - 1000], "reference": ["P1"], "cell": [7 << triggers.SHIFT]}))
    assert list(Stale.objects.values("cell").annotate(n=Count("pk")).values_list("cell", "n")) == [(7, 1)]
