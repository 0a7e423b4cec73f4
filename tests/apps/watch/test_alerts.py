"""From findings to alerts: once, graver when it gets worse, mailed once, handled by people, never acting by themselves."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone, translation

from chappe.apps.customers.models import Customer
from chappe.apps.usage.models import Call
from chappe.apps.watch import actions, counting, mailing, panels, raising, services
from chappe.apps.watch.models import Alert, Rule, WatchedDay
from chappe.kit.access.actor import Actor
from chappe.kit.access.door import visible_to
from chappe.kit.audit.services import history
from chappe.kit.mail.models import Message
from tests.support import rows_watch
from tests.support.people import UserFactory, agent_role
from tests.support.rows_customers import customer as make_customer

from .conftest import MONDAY, at, call, put

pytestmark = pytest.mark.django_db
NOW = at(MONDAY, 18)


def look(now=NOW) -> int:
    return raising.look_at_new(now=now)


@pytest.fixture
def premium(db) -> Rule:
    return rows_watch.rule(
        None,
        "Surtaxés",
        counter="calls",
        prefixes="3389",
        warning=Decimal(1),
        critical=Decimal(3),
        emails="noc@chappe.example",
    )


def sva(hour, customer, **fields):
    return call(at(MONDAY, hour), number="33899123456", kind="sva", customer=customer.pk, cents=300, **fields)


def test_the_same_facts_raise_one_alert_and_worse_ones_make_it_critical(premium, customer):
    put(sva(9, customer))
    assert look() == 1
    assert look() == 0 and raising.look_at(MONDAY, MONDAY, now=NOW) == 0
    alert = Alert.objects.get()
    assert (alert.severity, alert.value, alert.threshold, alert.customer, alert.state) == (
        "warning",
        1,
        1,
        customer,
        "new",
    )
    put(sva(10, customer))
    assert look() == 0  # worse, not graver: figures follow without a word
    alert.refresh_from_db()
    assert (alert.value, alert.calls, alert.total) == (2, 2, 6_000_000_000)
    services.close(actor=Actor.system("test"), alert=alert, outcome="use")
    put(sva(11, customer))
    assert look() == 1
    alert.refresh_from_db()
    assert (alert.severity, alert.state, alert.threshold, alert.closed_at) == ("critical", "new", 3, None)
    assert [entry.verb for entry in history(alert)] == ["watch.graver", "watch.closed", "watch.raised"]


def test_days_that_did_not_change_are_not_looked_at(premium, customer, monkeypatch):
    put(sva(9, customer))
    assert look() == 1
    assert WatchedDay.objects.get().day == MONDAY
    monkeypatch.setattr(raising, "look_at", lambda *args, **kwargs: pytest.fail("looked at again"))
    assert look() == 0


def test_a_look_that_dies_looks_again(premium, customer, monkeypatch):
    put(sva(9, customer))

    def dies(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(raising.counting, "findings_of", dies)
        with pytest.raises(RuntimeError):
            look()
    assert not WatchedDay.objects.exists()
    assert look() == 1


def test_stopped_rules_and_days_long_past_say_nothing(premium, customer):
    put(sva(9, customer))
    assert look(NOW + dt.timedelta(days=60)) == 0
    services.set_active(actor=Actor.system("test"), rule=premium, active=False)
    assert look() == 0
    assert not Alert.objects.exists()


def test_one_mail_for_all_then_none_within_the_cooldown(premium, customer):
    other = make_customer(None, "Vautrin")
    put(sva(9, customer), sva(9, other))
    look()
    assert mailing.mail() == 1
    message = Message.objects.get()
    assert message.to == ["noc@chappe.example"] if isinstance(message.to, list) else "noc@chappe.example" in message.to
    assert "2 alerts of the watch:" in message.text and "Perret" in message.text and "Vautrin" in message.text
    assert "33899123456" not in message.text  # no number leaves by mail
    assert mailing.mail() == 0
    put(sva(10, customer), sva(11, customer))
    look()
    assert mailing.mail() == 1  # critical: told at once
    tuesday = MONDAY + dt.timedelta(days=1)
    put(call(at(tuesday, 9), number="33899123456", kind="sva", customer=other.pk))
    look(NOW + dt.timedelta(days=1))
    assert Alert.objects.filter(mailed_at=None).count() == 1
    assert mailing.mail() == 0  # the same customer was told of less than a day ago
    assert Message.objects.count() == 2


def test_nothing_is_done_to_the_customer_even_when_a_suspension_is_proposed(premium, customer):
    Rule.objects.update(propose=True)
    before = Customer.objects.values().get(pk=customer.pk)
    put(sva(9, customer), sva(10, customer), sva(11, customer))
    look()
    alert = Alert.objects.get()
    assert alert.proposed and alert.severity == "critical"
    assert Customer.objects.values().get(pk=customer.pk) == before


def test_people_see_take_close_and_reopen(premium, customer, alice):
    put(sva(9, customer))
    look()
    alert, actor = Alert.objects.get(), Actor(user=alice, via="page")
    services.see(actor=actor, alert=alert)
    services.take(actor=actor, alert=alert)
    with pytest.raises(ValidationError, match="somebody was quicker"):
        services.take(actor=actor, alert=alert)
    with pytest.raises(ValidationError, match="Say what it was"):
        services.close(actor=actor, alert=alert, outcome="")
    services.propose(actor=actor, alert=alert, note="hacked PBX")
    services.close(actor=actor, alert=alert, outcome="fraud", comment=" PBX hacked ")
    alert.refresh_from_db()
    assert (alert.state, alert.outcome, alert.comment, alert.handled_by) == ("closed", "fraud", "PBX hacked", alice)
    with pytest.raises(ValidationError, match="somebody was quicker"):
        services.propose(actor=actor, alert=alert, note="again")
    services.reopen(actor=actor, alert=alert)
    alert.refresh_from_db()
    assert (alert.state, alert.closed_at) == ("seen", None)
    assert history(alert)[1].sentence("en").endswith("closed this alert: Fraud")


def test_a_muted_customer_is_heard_again_only_when_it_is_graver_or_later(premium, customer, alice):
    put(sva(9, customer))
    look()
    alert, actor = Alert.objects.get(), Actor(user=alice, via="page")
    services.mute(actor=actor, alert=alert, hours=720, reason="holiday cottage")
    alert.refresh_from_db()
    assert alert.is_muted and alert.state == "seen" and mailing.mail() == 0
    tuesday = MONDAY + dt.timedelta(days=1)
    put(call(at(tuesday, 9), number="33899123456", kind="sva", customer=customer.pk))
    look(NOW + dt.timedelta(days=1))
    held = Alert.objects.get(day=tuesday)
    assert held.muted_until == alert.muted_until and mailing.mail() == 0  # raised all the same, beside
    put(sva(10, customer), sva(11, customer))
    look()
    alert.refresh_from_db()
    assert (alert.severity, alert.state, alert.muted_until) == ("critical", "seen", None)
    assert mailing.mail() == 1  # critical: nobody muted that
    services.unmute(actor=actor, alert=held)
    held.refresh_from_db()
    assert held.muted_until is None
    assert [entry.verb for entry in history(held)][:1] == ["watch.heard"]


def test_a_muted_rule_counts_and_tells_nobody_until_it_is_heard(premium, customer, bruno):
    services.mute_rule(actor=Actor.system("test"), rule=premium, hours=24)
    put(sva(9, customer), sva(10, customer), sva(11, customer))
    assert look() == 1 and mailing.mail() == 0
    assert Alert.objects.get().is_muted
    premium.refresh_from_db()
    with pytest.raises(PermissionDenied):
        services.unmute_rule(actor=Actor(user=bruno, via="page"), rule=premium)
    assert Rule.objects.get().is_muted
    services.unmute_rule(actor=Actor.system("test"), rule=premium)
    assert not Alert.objects.get().is_muted and mailing.mail() == 1


def test_a_partner_does_not_silence_a_rule_of_the_house(bruno):
    its = make_customer(bruno.organisation, "Chez Bruno")
    rows_watch.rule(None, "Maison", counter="calls", warning=Decimal(1))
    put(call(at(MONDAY, 9), customer=its.pk), owner=bruno.organisation)
    look()
    alert = Alert.objects.get()
    with pytest.raises(PermissionDenied):
        services.mute(actor=Actor(user=bruno, via="page"), alert=alert, hours=4)
    alert.refresh_from_db()
    assert alert.muted_until is None and "not yours" in str(actions.why_not_mute(alert, bruno))


def test_an_alert_is_given_to_somebody_who_may_handle_it_and_who_is_told(premium, customer, alice, bruno):
    other = UserFactory(username="paule")
    other.roles.set([agent_role()])
    put(sva(9, customer))
    look()
    alert, actor = Alert.objects.get(), Actor(user=alice, via="page")
    with pytest.raises(ValidationError, match="may not handle"):
        services.give(actor=actor, alert=alert, to=bruno)
    assert not Message.objects.exists()
    services.give(actor=actor, alert=alert, to=other, note="call them first")
    alert.refresh_from_db()
    assert (alert.state, alert.handled_by) == ("progress", other)
    message = Message.objects.get()
    assert other.email in message.to and "call them first" in message.text and "33899123456" not in message.text
    its = rows_watch.alert(bruno.organisation, "Bruno")
    services.give(actor=actor, alert=its, to=other, note="inner matter")
    assert not Message.objects.exclude(owner=None).exists()  # a note of the house stays in the house


def test_a_rule_that_takes_too_long_is_stopped_and_the_others_go_on(premium, customer, monkeypatch):
    endless = "SELECT sum(a.range * b.range % 7) AS value FROM range(10000000) a, range(10000000) b"
    slow = rows_watch.rule(None, "Sans fin", counter="calls", warning=Decimal(1))
    plain = counting._sql
    monkeypatch.setattr(counting, "_sql", lambda look, listed: endless if look.rule == slow else plain(look, listed))
    monkeypatch.setattr(counting, "patience", lambda look: 0 if look.rule == slow else 600)
    put(sva(9, customer))
    said: list[str] = []
    assert raising.look_at_new(now=NOW, tell=said.append) == 1
    assert Alert.objects.get().rule == premium and said == [
        "“Sans fin” took too long and was stopped; the other rules went on."
    ]
    slow.refresh_from_db()
    assert slow.slow_at == NOW and Rule.objects.get(pk=premium.pk).slow_at is None
    monkeypatch.setattr(counting, "_sql", plain)
    monkeypatch.setattr(counting, "patience", lambda look: 600)
    raising.look_at(MONDAY, MONDAY, now=NOW)
    slow.refresh_from_db()
    assert slow.slow_at is None


def test_a_slow_rule_owes_its_days_until_they_were_looked_at(premium, customer, monkeypatch):
    """Days pass while it is stopped; once it is quick enough, none of them was missed."""
    put(sva(9, customer))
    patience = counting.patience
    plain = counting._sql
    endless = "SELECT sum(a.range * b.range % 7) AS value FROM range(10000000) a, range(10000000) b"
    monkeypatch.setattr(counting, "_sql", lambda _look, _listed: endless)
    monkeypatch.setattr(counting, "patience", lambda _look: 0)
    later = NOW + dt.timedelta(days=4)
    assert look() == 0 and raising.look_at_owed(now=later) == 0
    premium.refresh_from_db()
    assert (premium.owed_from, premium.slow_at) == (MONDAY, later) and not Alert.objects.exists()
    monkeypatch.setattr(counting, "_sql", plain)
    monkeypatch.setattr(counting, "patience", patience)
    assert look(later) == 0  # those days have not changed
    assert raising.look_at_owed(now=later) == 1 and Alert.objects.get().day == MONDAY
    premium.refresh_from_db()
    assert (premium.owed_from, premium.slow_at) == (None, None)
    assert raising.look_at_owed(now=later) == 0


def test_days_too_old_to_be_watched_are_not_owed_for_ever(premium, customer, monkeypatch):
    Rule.objects.update(owed_from=MONDAY - dt.timedelta(days=raising.MOST_BACK + 3))
    put(sva(9, customer))
    looked: list[dt.date] = []
    monkeypatch.setattr(raising, "MOST_BACK", 3)
    plain = counting.findings_of

    def seen(looks, **how):
        looked.extend(one.begin for one in looks)
        return plain(looks, **how)

    monkeypatch.setattr(counting, "findings_of", seen)
    raising.look_at_owed(now=NOW)
    assert looked == [MONDAY - dt.timedelta(days=back) for back in (3, 2, 1)]
    assert Rule.objects.get().owed_from is None


def test_an_alert_that_waited_is_not_mailed_of_a_customer_muted_meanwhile(premium, customer, alice):
    put(sva(9, customer))
    look()
    tuesday = MONDAY + dt.timedelta(days=1)
    put(call(at(tuesday, 9), number="33899123456", kind="sva", customer=customer.pk))
    look(NOW + dt.timedelta(days=1))
    services.mute(actor=Actor(user=alice, via="page"), alert=Alert.objects.get(day=MONDAY), hours=24)
    waiting = Alert.objects.get(day=tuesday)
    assert waiting.muted_until is None and mailing.mail() == 0


def test_what_a_silence_held_for_long_is_told_when_it_ends(premium, customer):
    put(sva(9, customer))
    look()
    now = timezone.now()
    Alert.objects.update(raised_at=now - dt.timedelta(days=5), muted_until=now - dt.timedelta(hours=1))
    assert mailing.mail(now) == 1


def test_a_silence_of_a_rule_that_is_made_shorter_frees_what_it_holds(premium, customer):
    services.mute_rule(actor=Actor.system("test"), rule=premium, hours=720)
    put(sva(9, customer))
    raising.look_at_new(now=NOW)
    assert Alert.objects.get().is_muted
    services.mute_rule(actor=Actor.system("test"), rule=premium, hours=4)
    premium.refresh_from_db()
    assert Alert.objects.get().muted_until == premium.muted_until < timezone.now() + dt.timedelta(hours=5)


def test_a_look_that_is_cancelled_stops_in_the_middle_of_a_rule(premium, customer, monkeypatch):
    endless = "SELECT sum(a.range * b.range % 7) AS value FROM range(10000000) a, range(10000000) b"
    put(sva(9, customer))

    def ask(_look, _listed):
        orders.append("cancel")
        return endless

    orders: list[str] = []
    monkeypatch.setattr(counting, "_sql", ask)

    def check():
        if orders:
            raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        raising.look_at_new(now=NOW, check=check)
    assert not WatchedDay.objects.exists()


def test_a_partner_handles_its_own_alerts_only(bruno, chloe):
    its = make_customer(bruno.organisation, "Chez Bruno")
    rows_watch.rule(None, "Maison", counter="calls", warning=Decimal(1))
    put(call(at(MONDAY, 9), customer=its.pk), owner=bruno.organisation)
    look()
    alert = Alert.objects.get()
    assert alert.owner == bruno.organisation
    assert list(visible_to(bruno, Alert)) == [alert] and not visible_to(chloe, Alert).exists()
    assert not visible_to(bruno, Rule).exists()  # the house's rule stays the house's
    with pytest.raises(PermissionDenied):
        services.take(actor=Actor(user=chloe, via="page"), alert=alert)
    services.take(actor=Actor(user=bruno, via="page"), alert=alert)
    assert panels.said(alert, bruno)["rule_url"] == ""
    assert len(panels.evidence(alert, bruno)["rows"]) == 1 and panels.evidence(alert, chloe)["rows"] == []


def test_evidence_is_masked_like_any_list_and_the_link_finds_the_calls(premium, customer, alice):
    put(sva(9, customer), call(at(MONDAY, 9), number="33612345678", kind="mobile", customer=customer.pk))
    rows_watch.rule(None, "Mobile", counter="calls", prefixes="336", warning=Decimal(1))
    look()
    alert = Alert.objects.get(rule__name="Mobile")
    (shown,) = panels.evidence(alert, alice)["rows"]
    assert isinstance(shown, Call) and shown.destination == "3361234****"
    assert panels.calls_url(alert, alice) == (
        f"/usage/call/?scope=all&start_from=2026-10-05&start_to=2026-10-05&customer=%3D{customer.pk}&destination=336"
    )


def test_sentences_are_whole_in_both_languages(customer, db):
    params = {"window": 60, "extra": "JM", "usual": 2_000_000_000, "amount": 5_000_000_000, "short_seconds": 10}
    for counter, unit in (
        ("minutes", "minutes"),
        ("country", "calls"),
        ("cost", "times"),
        ("spend", "percent"),
        ("spread", "customers"),
    ):
        alert = rows_watch.alert(
            None, counter, counter=counter, unit=unit, value=3600, threshold=1800, customer=customer, params=params
        )
        english = alert.sentence()
        with translation.override("fr"):
            french = alert.sentence()
        assert "%" not in english.replace("% of", "") and "(s" not in english
        assert french and french != english
    assert (
        Alert.objects.get(counter="country").sentence()
        == "First calls to this country: Jamaica, 3,600 calls in the day, for €1.50."
    )


def test_a_rule_that_cannot_speak_is_refused(bruno, customer):
    bad = [
        {"warning": None}, {"warning": Decimal(2), "critical": Decimal(1)}, {"counter": "cost", "amount": None}, {"window": 1441},
        {"prefixes": "33a"}, {"number_kinds": "martian"}, {"emails": "nobody"}, {"hour_from": 8, "hour_to": 8}, {"days": "8"},
        {"warning": Decimal("0.001")}, {"owner": bruno.organisation, "customer": customer},
    ]  # fmt: skip
    for fields in bad:
        with pytest.raises(ValidationError):
            services.create(
                actor=Actor.system("test"), data={"name": "x", "counter": "calls", "warning": Decimal(1)} | fields
            )
    assert not Rule.objects.exists()


def test_a_rule_with_alerts_is_stopped_not_deleted(premium, customer, alice):
    put(sva(9, customer))
    look()
    with pytest.raises(ValidationError, match="Stop it instead"):
        services.delete(actor=Actor.system("test"), object=premium)
    assert Rule.objects.count() == 1


def test_packaged_rules_are_taken_once(alice, bruno):
    slugs = {row["slug"] for row in services.packaged()}
    actor = Actor(user=alice, via="page")
    assert services.install(actor=actor, owner=None, slugs=slugs) == len(slugs) == 13
    assert services.install(actor=actor, owner=None, slugs=slugs) == 0
    assert services.install(actor=Actor(user=bruno, via="page"), owner=bruno.organisation, slugs={"premium"}) == 1
    assert not Rule.objects.exclude(emails="").exists()  # they tell nobody before somebody says whom
