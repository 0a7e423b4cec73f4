"""Calls are masked by SQL, a million at a time; it must hide exactly what the one rule hides."""

import itertools

import duckdb
import pytest

from chappe.apps.billing.due import sql
from chappe.core.calls.kinds import NumberKind
from chappe.core.calls.masking import shown

NUMBERS = (
    "33612345678",
    "0612345678",
    "3949",
    "116006",
    "12",
    "",
    "15",
    "33 6 12-34-56",
    "alice@voix.example",
    "+4412",
    "1234567890123456",
)


@pytest.mark.parametrize("digits", [0, 1, 2, 3, 4])
def test_the_sql_hides_what_the_rule_hides(digits):
    cases = list(itertools.product(NUMBERS, [str(kind.value) for kind in NumberKind]))
    with duckdb.connect(":memory:") as db:
        db.execute("CREATE TABLE c (place INT, number VARCHAR, kind VARCHAR)")
        db.executemany("INSERT INTO c VALUES (?, ?, ?)", [(place, *case) for place, case in enumerate(cases)])
        hidden = f"SELECT {sql.masked(digits)} FROM c, (SELECT NULL AS customer) n ORDER BY c.place"
        asked = f"SELECT {sql.masked(digits)} FROM c, (SELECT 1 AS customer) n ORDER BY c.place"
        found = [row[0] for row in db.execute(hidden).fetchall()]
        whole = [row[0] for row in db.execute(asked).fetchall()]
    assert found == [shown(number, kind, digits) for number, kind in cases]
    assert whole == [number for number, _kind in cases], "who asked for the digits sees them"
