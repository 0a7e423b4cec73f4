"""Two tariffs over the same calls: the difference per customer and destination, to the last unit."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from chappe.apps.usage import simulations
from chappe.apps.usage.models import Call, Simulation, SimulationRow
from chappe.kit.access.actor import Actor
from tests.support import people
from tests.support.calls import file_of, line, price_list, rated

pytestmark = pytest.mark.django_db
MARCH = "2015-03-04T10:00:00+00:00"


def simulate(user, first, second, month="2015-03") -> Simulation:
    made = simulations.create(actor=Actor(user=user), name="essai", month=month, first=first, second=second)
    simulations.run(simulation=made, progress=lambda _done, _total: None)
    made.refresh_from_db()
    return made


def told(simulation) -> dict:
    return {
        (row.subject, row.destination): (row.calls, row.first_total, row.second_total, row.difference)
        for row in simulation.rows.all()
    }


@pytest.fixture
def priced(bruno):
    """0.06 and 0.12 a minute to France, 0.30 to Germany; the second knows the United Kingdom instead."""
    mine = bruno.organisation
    first = price_list(mine, [("33", "France", "0,06"), ("49", "Allemagne", "0,30")])
    second = price_list(mine, [("33", "France", "0,12"), ("44", "Royaume-Uni", "0,60")])
    text = file_of(
        line("a", "33145678901", MARCH, 100, subject="bob"),
        line("b", "33145678902", MARCH, 20, subject="bob"),
        line("c", "33145678901", MARCH, 60, subject="eve"),
        line("d", "4930123456", MARCH, 30, subject="eve"),
        line("e", "441234567", MARCH, 10, subject="eve"),
    )
    return first, second, rated(text, first, mine)


def test_differences_are_exact(bruno, priced):
    first, second, _batch = priced
    made = simulate(bruno, first, second)
    assert told(made) == {
        ("bob", "France"): (2, 120_000_000, 240_000_000, 120_000_000),  # 120 s: 0.12 then 0.24
        ("eve", "France"): (1, 60_000_000, 120_000_000, 60_000_000),  # 60 s: 0.06 then 0.12
        ("eve", "Allemagne"): (1, 150_000_000, 0, -150_000_000),  # 30 s at 0.30, then no price
        ("eve", "Royaume-Uni"): (1, 0, 100_000_000, 100_000_000),  # no price, then 10 s at 0.60
    }
    assert (made.calls, made.first_total, made.second_total, made.difference) == (
        5,
        330_000_000,
        460_000_000,
        130_000_000,
    )
    gone = made.rows.get(destination="Allemagne")
    assert (gone.first_unrated, gone.second_unrated) == (0, 1)
    assert (made.state, made.problem) == ("ready", "")


def test_running_twice_and_changing_nothing(bruno, priced):
    first, second, batch = priced
    before = [(call.pk, call.total) for call in Call.objects.order_by("pk")]
    made = simulate(bruno, first, second)
    once = told(made)
    simulations.run(simulation=made, progress=lambda _done, _total: None)
    assert told(made) == once
    assert [(call.pk, call.total) for call in Call.objects.order_by("pk")] == before
    batch.refresh_from_db()
    assert batch.total == 330_000_000


def test_only_ones_own_calls_are_compared(bruno, chloe, alice, priced):
    first, second, _batch = priced
    rated(file_of(line("x", "33145678901", MARCH, 600, subject="zoe")), first, chloe.organisation)
    assert simulate(bruno, first, second).calls == 5
    assert simulate(alice, first, second).calls == 6
    assert SimulationRow.objects.visible_to(chloe).count() == 0
    assert Simulation.objects.visible_to(bruno).count() == 1


def test_another_month_holds_nothing(bruno, priced):
    made = simulate(bruno, priced[0], priced[1], month="2014-01")
    assert (made.calls, made.rows.count(), made.difference) == (0, 0, 0)


def test_refusals_leave_nothing(bruno, chloe, priced):
    with pytest.raises(ValidationError):
        simulate(bruno, priced[0], priced[0])
    chloe.roles.set([people.partner_role()])
    chloe.forget_rights()
    with pytest.raises(PermissionDenied):
        simulate(chloe, priced[0], priced[1])
    assert Simulation.objects.count() == 0


def test_a_tariff_without_zone_follows_the_calls_own_clock(bruno):
    """PEAK of v0.9.1 begins at 08:00. 08:30+02:00 is 06:30 UTC, night for a tariff on UTC, peak by the call's clock."""
    from tests.support import rows

    mine = bruno.organisation
    version = rows.version(mine, "v091")
    other = price_list(mine, [("33", "France", "0,06")])
    batch = rated(file_of(line("a", "33145678901", "2015-03-04T08:30:00+02:00", 25)), version, mine)
    made = simulate(bruno, version, other)
    assert [row.first_total for row in made.rows.all()] == [batch.total]
