"""Whatever a premises holds, a file read back gives it again: values of every kind, drawn from one seed, on any database."""

import datetime as dt
import random

import polars as pl
import pytest

from chappe.apps.network.models import Building, Pm
from chappe.core.interop.layout import packaged
from tests.apps.ipe.conftest import send

from .conftest import recipient
from .reading import made, one, read

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 10, 12)
TEXTS = ("", "Été", "L’Hay «Ç»", "a\\b", "\\n", "100 %s", '"x"', "O'Brien", " fin ", "…", "%", "\\", "œuvre", "A" * 60)
CODES = {"insee": "39198", "postal_code": "01000", "manager_postal_code": "02100"}
#: typed otherwise by the reader: mended, bound to others, or unknown on purpose
ELSEWHERE = {"reference", "pm", "zone", "oi_code", "state", "kind", "projection", "x", "y", "modified_on", "number", "number_suffix", "manager_number", "manager_number_suffix"}  # fmt: skip


def drawn(column, chance: random.Random):
    if column.kind == "date":
        return chance.choice([None, dt.date(1999, 12, 31), dt.date(2026, 2, 28)])
    if column.kind == "bool":
        return chance.choice([None, True, False])
    if column.kind == "int":
        return chance.choice([None, 0, 7, 99_999])
    if column.kind == "decimal":
        return chance.choice([None, 0.5, 1234.125, -3.0])
    if column.field in CODES:
        return CODES[column.field]
    if column.kind == "enum":
        return chance.choice(["", *sorted(set(packaged("ipe").enums[column.enum].values()))])
    if column.kind == "code":
        return chance.choice(["", "0" * (column.length or 4)])
    return chance.choice(TEXTS)[: column.length or 60]


def test_every_value_of_every_column_comes_back(net):
    layout, chance = packaged("ipe"), random.Random(1794)
    fields = {field.name for field in Building._meta.concrete_fields}
    names = layout.names("3.1")
    columns = [c for c in map(layout.column, names) if c.of != "pm" and c.field in fields - ELSEWHERE]
    rows = [
        Building(reference=f"P-{n:03d}", oi_code="FIBJ", zone="3", state="DEPLOYE", **{c.field: drawn(c, chance) for c in columns})
        for n in range(60)
    ]  # fmt: skip
    Building.objects.bulk_create(rows)
    file = one(made("full", DAY, recipient("Altitel", "ALTI"), flows=["ipe"]), zone="zmd")
    back = {row["reference"]: row for row in read(file).iter_rows(named=True)}
    for row in rows:
        for column in columns:
            kept = getattr(row, column.field)
            expected = kept.strip() if isinstance(kept, str) else kept
            assert (back[row.reference][column.field] or None) == (expected or None), (row.reference, column.field)


def test_what_a_line_cannot_hold_becomes_a_space(net):
    Building.objects.filter(zone="3").update(manager="Régie;\t des\r\neaux\\;")
    rows = read(one(made("full", DAY, recipient("Altitel", "ALTI"), flows=["ipe"]), zone="zmd"))
    assert rows.select(pl.col("manager").unique()).to_series().to_list() == ["Régie  des eaux\\"]


def test_a_control_character_that_would_part_fields_stops_the_file(net):
    from django.core.exceptions import ValidationError

    Building.objects.filter(zone="3").update(manager="a\x1fb")
    of = recipient("Altitel", "ALTI")
    with pytest.raises(ValidationError, match="contrôle"):
        made("full", DAY, of, flows=["ipe"])
    assert not of.operator.published_files.exists()


def test_our_own_files_read_back_change_nothing(net, settings, tmp_path):
    """The PM changed after its premises: their rows carry its day, and yet have nothing new to say."""
    settings.DATA = tmp_path
    Pm.objects.update(modified_on=dt.date(2026, 10, 10))
    before = list(Building.objects.order_by("pk").values_list("pk", "state", "modified_on"))
    files = made("full", DAY, recipient("Altitel", "ALTI"), flows=["ipe"]).files
    assert sum(file.rows for file in files) == len(before)
    for file in files:
        assert set(read(file)["modified_on"]) == {dt.date(2026, 10, 10)}
        back = send(file.stored.path.read_bytes(), file.name)
        assert list(back.changes.values_list("kind", "label", "before", "after")) == []
        assert (back.state, back.verdict["code"], back.plan["changes"]) == ("applied", "nothing", 0)
        assert list(back.issues.filter(severity="error")) == []
    assert list(Building.objects.order_by("pk").values_list("pk", "state", "modified_on")) == before
