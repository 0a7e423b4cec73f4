"""Who holds a line: given, moved in mid-month, closed, taken back; what others are told; attachments of calls day by day."""

import datetime as dt
import time

import numpy as np
import pyarrow as pa
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from chappe.apps.customers import attach, events, holding, services
from chappe.apps.customers.attach import Attachment, Attachments, canonical
from chappe.apps.customers.models import Assignment, Line
from chappe.apps.tariffs.models import TariffPlan
from chappe.kit import audit
from chappe.kit.access.actor import Actor
from tests.apps.customers.conftest import JANUARY, SYSTEM
from tests.support import people

pytestmark = pytest.mark.django_db
D = dt.date


def held(line):
    rows = line.assignments.order_by("starts_on")
    return [
        (row.customer.name.split()[0], row.starts_on.isoformat(), row.ends_on and row.ends_on.isoformat())
        for row in rows
    ]


@pytest.fixture
def told():
    heard = []

    def ended(*, line, customer, day, actor):
        heard.append(("ended", line.number, customer.name.split()[0], day.isoformat()))

    def changed(*, owner_id, since):
        heard.append(("changed", owner_id, since.isoformat()))

    events.on("line_ended", ended)
    events.on("assignments_changed", changed)
    yield heard
    events.off("line_ended", ended)
    events.off("assignments_changed", changed)


def test_a_move_in_mid_month_leaves_each_its_days(made, told, actor):
    holding.assign(actor=actor, line=made.line, customer=made.a, starts_on=JANUARY)
    holding.move(actor=actor, line=made.line, customer=made.b, day=D(2026, 3, 12))
    assert held(made.line) == [("Menuiserie", "2026-01-01", "2026-03-11"), ("Fromagerie", "2026-03-12", None)]
    assert told == [
        ("changed", None, "2026-01-01"),
        ("changed", None, "2026-03-12"),
        ("ended", "201", "Menuiserie", "2026-03-11"),
    ]
    assert holding.holder(made.line, D(2026, 3, 11)).customer == made.a
    assert holding.holder(made.line, D(2026, 3, 12)).customer == made.b
    assert holding.holder(made.line, D(2025, 12, 31)) is None
    assert audit.history(made.line).first().sentence("en") == (
        "Alice Martin moved line “201 · Anne Roussel” from Menuiserie Perret to Fromagerie Vautrin from 12 Mar 2026"
    )
    holding.take_back(actor=actor, line=made.line)
    assert held(made.line) == [("Menuiserie", "2026-01-01", None)]


def test_two_never_overlap(made):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY, ends_on=D(2026, 6, 30))
    for first, last in [
        (D(2026, 6, 30), None),
        (D(2025, 12, 1), D(2026, 1, 1)),
        (D(2025, 1, 1), None),
        (D(2026, 2, 1), D(2026, 3, 1)),
    ]:
        with pytest.raises(ValidationError, match="already held by Menuiserie Perret from 1 Jan 2026"):
            holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=first, ends_on=last)
    holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=D(2026, 7, 1))
    holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=D(2025, 1, 1), ends_on=D(2025, 12, 31))
    assert len(held(made.line)) == 3
    with pytest.raises(ValidationError, match="cannot end before it starts"):
        holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=D(2024, 3, 1), ends_on=D(2024, 2, 1))


def test_a_move_before_what_is_already_planned_is_refused(made):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    holding.move(actor=SYSTEM, line=made.line, customer=made.b, day=D(2026, 3, 12))
    with pytest.raises(ValidationError, match="already given to Fromagerie Vautrin from 12 Mar 2026"):
        holding.move(actor=SYSTEM, line=made.line, customer=made.a, day=D(2026, 3, 1))
    with pytest.raises(ValidationError, match="is already so"):
        holding.move(actor=SYSTEM, line=made.line, customer=made.b, day=D(2026, 4, 1))
    assert held(made.line) == [("Menuiserie", "2026-01-01", "2026-03-11"), ("Fromagerie", "2026-03-12", None)]


def test_closing_and_retiring_tell_the_last_day(made, told):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    told.clear()
    holding.close(actor=SYSTEM, line=made.line, day=D(2026, 2, 28))
    assert told == [("ended", "201", "Menuiserie", "2026-02-28"), ("changed", None, "2026-01-01")]
    with pytest.raises(ValidationError, match="Nobody holds line 201"):
        holding.close(actor=SYSTEM, line=made.line, day=D(2026, 3, 1))
    holding.assign(actor=SYSTEM, line=made.line, customer=made.b, starts_on=D(2026, 3, 1))
    with pytest.raises(ValidationError, match="held by Fromagerie Vautrin"):
        services.update_line(actor=SYSTEM, object=made.line, data={"active": False})
    services.retire_line(actor=SYSTEM, line=made.line, day=D(2026, 3, 31))
    assert told[-2] == ("ended", "201", "Fromagerie", "2026-03-31")
    assert Line.objects.get(pk=made.line.pk).active is False
    with pytest.raises(ValidationError, match="out of use"):
        services.retire_line(actor=SYSTEM, line=Line.objects.get(pk=made.line.pk), day=D(2026, 4, 1))
    with pytest.raises(ValidationError, match="is used by 2 assignments"):
        services.delete_line(actor=SYSTEM, object=made.line)


def test_what_a_listener_refuses_changes_nothing(made):
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)

    def no(**_facts):
        raise ValidationError("non")

    events.on("line_ended", no)
    try:
        with pytest.raises(ValidationError, match="non"):
            holding.move(actor=SYSTEM, line=made.line, customer=made.b, day=D(2026, 3, 12))
    finally:
        events.off("line_ended", no)
    assert held(made.line) == [("Menuiserie", "2026-01-01", None)]


def test_lines_and_customers_of_two_operators_never_meet(made, bruno_writes):
    theirs = services.create_line(actor=Actor(bruno_writes), data={"number": "201"})
    assert theirs.owner == bruno_writes.organisation
    with pytest.raises(ValidationError, match="two operators"):
        holding.assign(actor=SYSTEM, line=theirs, customer=made.a, starts_on=JANUARY)
    with pytest.raises(PermissionDenied):
        holding.assign(actor=Actor(bruno_writes), line=made.line, customer=made.a, starts_on=JANUARY)
    assert Assignment.objects.count() == 0


def test_a_cost_centre_stays_with_its_customer(made):
    centre = services.create_cost_centre(actor=SYSTEM, data={"customer": made.a, "code": "ATELIER"})
    with pytest.raises(ValidationError, match="another customer"):
        holding.assign(actor=SYSTEM, line=made.line, customer=made.b, cost_centre=centre, starts_on=JANUARY)
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    row = holding.move(actor=SYSTEM, line=made.line, customer=made.a, cost_centre=centre, day=D(2026, 2, 1))
    assert (row.cost_centre, held(made.line)[0]) == (centre, ("Menuiserie", "2026-01-01", "2026-01-31"))


# -- attachment of calls -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "expected"),
    [("01 45 67 89 01", "33145678901"), ("+33145678901", "33145678901"), ("0033145678901", "33145678901"), ("0692123456", "262692123456"),
     ("0590 12 34 56", "590590123456"), ("201", "201"), ("", ""), ("Accueil", "")],
)  # fmt: skip
def test_numbers_are_compared_from_the_country_code(given, expected):
    assert canonical(given) == expected


@pytest.fixture
def calls(made):
    """201 is A's then B's; 210 has the alias 03 84 79 12 10; the DDI 03 84 79 12 99 is its own line; 201 of PBX2 is B's."""
    plan = TariffPlan.objects.create(code="PRO")
    services.update_customer(actor=SYSTEM, object=made.a, data={"sell_plan": plan})
    services.update_customer(actor=SYSTEM, object=made.b, data={"parent": type(made.a).objects.get(pk=made.a.pk)})
    line = services.create_line
    made.alias = line(actor=SYSTEM, data={"number": "210", "alias": "03 84 79 12 10"})
    made.did = line(actor=SYSTEM, data={"number": "0384791299", "kind": "did"})
    made.other = line(actor=SYSTEM, data={"number": "201", "source": "pbx2", "hide_detail": True})
    holding.assign(actor=SYSTEM, line=made.line, customer=made.a, starts_on=JANUARY)
    holding.move(actor=SYSTEM, line=made.line, customer=made.b, day=D(2026, 3, 12))
    holding.close(actor=SYSTEM, line=made.line, day=D(2026, 5, 31))
    for one, who in ((made.alias, made.a), (made.did, made.b), (made.other, made.b)):
        holding.assign(actor=SYSTEM, line=one, customer=who, starts_on=JANUARY)
    made.plan = plan
    return made


def test_a_call_finds_its_line_its_customer_of_the_day_and_the_plan(calls):
    m, of = calls, Attachments.load().of
    assert of("pbx1", "201", "", D(2026, 3, 11)) == Attachment(m.line.pk, m.a.pk, None, m.plan.pk, False)
    assert of("pbx1", "201", "", D(2026, 3, 12)) == Attachment(m.line.pk, m.b.pk, None, m.plan.pk, False), (
        "plan of its parent"
    )
    assert of("pbx1", "201", "", D(2026, 6, 1)) == Attachment(m.line.pk), "nobody any more"
    assert of("pbx1", "201", "+33384791299", D(2026, 6, 1)).line_id == m.did.pk, "its DDI is somebody's"
    assert of("pbx2", "201", "", D(2026, 2, 1)) == Attachment(m.other.pk, m.b.pk, None, m.plan.pk, True)
    assert of("pbx1", "", "0384791210", D(2026, 2, 1)).line_id == m.alias.pk
    assert of("pbx1", "", "33384791299", D(2026, 2, 1)).line_id == m.did.pk
    assert of("pbx1", "0384791299", "", D(2026, 2, 1)).line_id == m.did.pk, "a Centrex gives the number as extension"
    assert of("pbx1", "299", "0145678901", D(2026, 2, 1)) is None
    assert of("pbx1", "201", "", D(2025, 12, 31)) == Attachment(m.line.pk)


def test_many_calls_give_what_one_gives(calls):
    found = Attachments.load()
    rows = [
        (source, extension, did, day)
        for source in ("pbx1", "pbx2", None)
        for extension in ("201", "210", "", "999", None)
        for did in ("", "0384791210", "+33384791299")
        for day in (D(2025, 12, 31), D(2026, 1, 1), D(2026, 3, 11), D(2026, 3, 12), D(2026, 5, 31), D(2026, 6, 1))
    ]
    many = found.many(
        *(pa.array([row[n] for row in rows], type=pa.string()) for n in range(3)), [row[3] for row in rows]
    )
    one = [found.of(*row) or Attachment(0) for row in rows]
    for column, name in zip(many, Attachment._fields, strict=True):
        assert column.tolist() == [int(getattr(row, name) or 0) for row in one], name
    assert [len(column) for column in found.many("pbx1", pa.array([], pa.string()), pa.array([], pa.string()), [])] == [
        0
    ] * 5


def test_each_owner_has_its_own_lines(calls, bruno):
    assert Attachments.load(bruno.organisation).of("pbx1", "201", "", D(2026, 2, 1)) is None


def test_a_million_calls_are_attached_in_a_second_or_two(calls):
    found = Attachments.load()
    n = 1_000_000
    extensions = pa.array(np.array(["201", "210", "999", ""])[np.arange(n) % 4])
    days = np.datetime64("2026-01-01") + (np.arange(n) % 180).astype("timedelta64[D]")
    began = time.perf_counter()
    got = found.many("pbx1", extensions, pa.array([""] * n), days)
    assert time.perf_counter() - began < 5, "1 s alone on this kind of machine"
    assert (np.count_nonzero(got.line), len(got.line)) == (n // 2, n)
    assert attach.DAY_BITS == 20


def test_people_of_an_operator_see_only_their_lines(client, bruno_writes, chloe):
    services.create_line(actor=Actor(bruno_writes), data={"number": "0384000001"})
    client.force_login(bruno_writes)
    assert "0384000001" in client.get("/customers/line/").content.decode()
    client.force_login(chloe)
    assert "0384000001" not in client.get("/customers/line/").content.decode()
    assert people.PASSWORD


def test_a_filter_by_a_key_reads_as_the_name_of_what_its_reader_may_see(client, made, alice, bruno):
    """An address proves nothing: another operator's reader gets the number that he gave."""
    url = f"/usage/call/?scope=all&customer=%3D{made.a.pk}&customer_line=%3D{made.line.pk}&source=%3D{10**20}&cost_centre=%3D"

    def chips(user) -> list[str]:
        client.force_login(user)
        return [one.value for one in client.get(url).context["listing"].asked]

    assert sorted(chips(alice)) == sorted([str(made.a), str(made.line), f"={10**20}", "–"])
    assert "Perret" in str(made.a)
    bruno.roles.set([people.partner_role(communications=1)])
    bruno.forget_rights()
    told = chips(bruno)
    assert f"n° {made.a.pk}" in told and f"n° {made.line.pk}" in told and not any("Perret" in one for one in told)


def test_the_policy_of_digits_knows_the_lines_that_asked_and_those_never_detailed(calls):
    from chappe.apps.usage import policies

    today = timezone.localdate()
    services.record_consent(actor=SYSTEM, data={"customer": calls.b, "asked_by": "M. Vautrin", "asked_on": JANUARY})
    masks = policies.current(with_lines=True)
    assert masks.no_detail == {calls.other.pk}
    assert masks.consents == {calls.did.pk, calls.other.pk}, "all the lines that B holds today"
    holding.close(actor=SYSTEM, line=calls.did, day=today - dt.timedelta(days=1))
    assert policies.current(with_lines=True).consents == {calls.other.pk}
