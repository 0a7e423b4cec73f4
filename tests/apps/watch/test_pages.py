"""Pages and files of the watch, as people use them."""

from decimal import Decimal

import pytest

from chappe.apps.exchange.models import State
from chappe.apps.watch import raising
from chappe.apps.watch.models import Alert, RiskyPrefix, Rule
from tests.support import rows_watch

from .conftest import MONDAY, at, call, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def test_trying_a_rule_shows_what_it_would_say_and_keeps_nothing(page, customer):
    rule = rows_watch.rule(None, "Étranger", counter="calls", warning=Decimal(5))
    put(*[call(at(MONDAY, 9, n), customer=customer.pk, cents=10) for n in range(3)])
    address = f"/watch/trial/?rule={rule.pk}&begin=2026-10-01&end=2026-10-31"
    assert "Nothing: no call of these days" in page.get(address).content.decode()
    body = page.get(f"{address}&warning=3").content.decode()
    assert "Perret" in body and "3 calls in the day, for €0.30 (threshold: 3 calls)." in body
    assert not Alert.objects.exists()
    assert Rule.objects.get().warning == 5
    assert "92 days" in page.get(f"/watch/trial/?rule={rule.pk}&begin=2026-01-01&end=2026-10-31").content.decode()


def test_packaged_rules_are_ticked_and_taken(page):
    assert "Premium numbers 089" in page.get("/watch/packaged/").content.decode()
    answer = page.post("/watch/packaged/", {"slug": ["premium", "satellite", "nothing-known"]})
    assert answer.status_code == 302
    assert sorted(Rule.objects.values_list("packaged", flat=True)) == ["premium", "satellite"]
    page.post("/watch/packaged/", {})
    assert Rule.objects.count() == 2


def test_an_alert_page_shows_its_sentence_and_is_closed_by_its_form(page, customer):
    rows_watch.rule(None, "Étranger", counter="calls", warning=Decimal(1))
    put(call(at(MONDAY, 9), customer=customer.pk, cents=10))
    raising.look_at(MONDAY, MONDAY, now=at(MONDAY, 18))
    alert = Alert.objects.get()
    body = page.get(f"/watch/alert/{alert.pk}/").content.decode()
    assert "1 call in the day, for €0.10 (threshold: 1 call)." in body and "4420300****" in body
    assert "44203000111" not in body
    listed = page.get("/watch/alert/").content.decode()
    assert "Perret" in listed and "1 call in the day" in listed


def test_a_stranger_sees_no_page_of_another(client, bruno, chloe):
    rule = rows_watch.rule(bruno.organisation, "À Bruno")
    client.force_login(chloe)
    assert client.get(f"/watch/rule/{rule.pk}/").status_code == 404
    assert "À Bruno" not in client.get(f"/watch/trial/?rule={rule.pk}").content.decode()
    client.force_login(bruno)
    assert client.get(f"/watch/rule/{rule.pk}/").status_code == 200


def test_a_file_of_prefixes_is_planned_applied_and_undone(client, alice, send, act):
    RiskyPrefix.objects.create(prefix="88213", label="Réseau", risk="low")
    data = "préfixe;libellé;risque\n+88213;Réseau;élevé\n00 1876;Jamaïque;\n12a;Faux;haut\n"
    client.force_login(alice)
    file = send(data, "irsf.csv")
    assert (file.kind, file.state, file.plan["create"], file.plan["update"]) == ("risky-prefixes", State.PLANNED, 1, 1)
    assert file.changes.filter(kind="refuse").count() == 1
    assert RiskyPrefix.objects.count() == 1  # nothing before it is applied
    act(file, "apply")
    assert list(RiskyPrefix.objects.values_list("prefix", "label", "risk")) == [
        ("1876", "Jamaïque", "high"),
        ("88213", "Réseau", "high"),
    ]
    act(file, "undo")
    assert list(RiskyPrefix.objects.values_list("prefix", "risk")) == [("88213", "low")]


def test_a_rule_says_in_words_what_it_takes_and_leaves_out_what_it_does_not_use(page):
    rule = rows_watch.rule(
        None, "Rafale", counter="short", warning=Decimal(30), critical=None, window=10, short_seconds=8, number_kinds="international",
        prefixes="3389", moments="outside", days="12345", hour_from=8, hour_to=19,
    )  # fmt: skip
    body = page.get(f"/watch/rule/{rule.pk}/").content.decode()
    assert "<dd>30 calls shorter than 8 s within 10 minutes</dd>" in body
    assert "<dd>International · those that begin with 3389</dd>" in body
    assert "<dd>Outside of Mon, Tue, Wed, Thu, Fri, 8:00 to 19:00; all day on holidays</dd>" in body
    assert "Critical from" not in body and "Compared with" not in body and "intl" not in body
    form = page.get(f"/watch/rule/{rule.pk}/edit/").content.decode()
    assert 'data-counters="short"' in form and "watch/rule.js" in form and "<legend>When</legend>" in form
