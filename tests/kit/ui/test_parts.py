"""Tags, charts, the home page's registry, the language switch, the error pages and the front-end lock."""

import json
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

from chappe.kit.ui import dashboard
from chappe.kit.ui.charts import Chart, Series, Shape, Unit

ROOT = Path(__file__).resolve().parents[3]


def render(text: str, **context) -> str:
    return Template("{% load chappe_ui %}" + text).render(Context(context))


def test_a_state_has_its_word_and_a_known_tone():
    assert render("{% state label tone %}", label="<b>", tone="bad") == '<span class="ch-state s-bad">&lt;b&gt;</span>'
    assert 'class="ch-state s-new"' in render("{% state label tone %}", label="Reçue", tone='x" onclick="')


def test_an_icon_is_silent_unless_it_has_a_label():
    assert 'aria-hidden="true"' in render('{% icon "plus" %}')
    assert 'role="img" aria-label="Ajouter"' in render('{% icon "plus" "Ajouter" %}')


def test_a_refused_field_is_tied_to_its_error():
    class Form(forms.Form):
        name = forms.CharField(help_text="Aide", label="Nom")
        active = forms.BooleanField(required=False)

    with translation.override("en"):
        html = render('{% include "ui/form.html" %}', form=Form({"name": ""}))
    assert 'aria-invalid="true"' in html
    described = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()
    assert all(f'id="{name}"' in html for name in described)
    assert len(described) == 2
    assert "One value needs your attention." in html
    assert html.count("optional") == 0  # a tick box is never "optional"


def test_a_chart_lists_exact_figures_and_escapes_its_labels():
    chart = Chart(
        slug="c",
        title="T",
        labels=["<script>", "b"],
        series=[Series(label="€", values=[12_500_000, None], unit=Unit.MONEY)],
        shape=Shape.LINE,
    )
    with translation.override("en"):
        html = render("{% chart c %}", c=chart)
        drawn = json.loads(chart.as_json())
    assert "<script>" not in html
    assert "€0.0125" in html
    assert drawn["series"][0]["values"] == [0.0125, None]
    assert drawn["series"][0]["texts"] == ["€0.0125", "–"]
    assert chart.is_empty is False
    assert Chart(slug="e", title="", labels=[], series=[]).is_empty is True


@pytest.fixture
def card():
    made = []

    def register(**values):
        card = dashboard.DashboardCard(**values)
        made.append(card.slug)
        return dashboard.register(card)

    yield register
    for slug in made:
        dashboard.unregister(slug)


@pytest.mark.django_db
def test_the_home_page_shows_only_cards_of_readable_areas(card, chloe, alice):
    from chappe.kit.access.areas import areas

    area = next(iter(areas()))
    card(slug="t-mine", area="", order=-3, context=lambda user: {"rows": [{"title": user.username}]})
    card(slug="t-area", area=area, order=-2, context=lambda user: {"rows": []})
    card(slug="t-silent", area="", order=-1, context=lambda user: None)
    slugs = [one.card.slug for one in dashboard.board(alice)["cards"]]
    assert slugs[:2] == ["t-mine", "t-area"]
    assert "t-silent" not in slugs
    chloe.roles.clear()
    chloe.forget_rights()
    hers = [one.card.slug for one in dashboard.board(chloe)["cards"]]
    assert "t-mine" in hers
    assert "t-area" not in hers


def test_a_card_that_fails_says_so_and_the_others_stay(card, caplog):
    def fails(user):
        raise ZeroDivisionError

    broken = card(slug="t-broken", area="", context=fails)
    drawn = dashboard.drawn(broken, None)
    assert drawn.failed
    assert "t-broken" in caplog.text
    with pytest.raises(ValueError, match="t-broken"):
        dashboard.register(dashboard.DashboardCard(slug="t-broken", area="", context=len))


def test_a_slow_card_waits(card):
    slow = card(slug="t-slow", area="", lazy=True, context=lambda user: {"rows": []})
    assert dashboard.drawn(slow, None, wait=True).waiting is True
    assert dashboard.drawn(slow, None).waiting is False


@pytest.mark.django_db
@pytest.mark.urls("tests.kit.ui.kitchen")
class TestLanguage:
    def test_it_is_kept_in_a_cookie_and_on_the_account(self, client, bruno):
        client.force_login(bruno)
        answer = client.post("/language/", {"language": "fr", "next": "/kitchen-sink/?page=3"})
        assert (answer.status_code, answer["Location"]) == (302, "/kitchen-sink/?page=3")
        assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "fr"
        bruno.refresh_from_db()
        assert bruno.language == "fr"

    def test_an_unknown_language_changes_nothing(self, client, bruno):
        client.force_login(bruno)
        answer = client.post("/language/", {"language": "xx", "next": "https://elsewhere.example/"})
        assert answer["Location"] == "/"
        assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
        bruno.refresh_from_db()
        assert bruno.language == "en"

    def test_get_is_refused(self, client):
        assert client.get("/language/").status_code == 405


@pytest.mark.urls("tests.kit.ui.kitchen")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Il n’y a rien à cette adresse"), ("en", "Nothing stands at this address")]
)
def test_the_error_pages_speak_the_language(client, language, words):
    answer = client.get("/nowhere/", headers={"accept-language": language})
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert "script-src 'self';" in answer["Content-Security-Policy"]


@pytest.mark.urls("tests.kit.ui.kitchen")
@pytest.mark.django_db
def test_a_fault_of_ours_is_a_page(client):
    client.raise_request_exception = False
    answer = client.get("/kitchen-sink/broken/", headers={"accept-language": "en"})
    assert answer.status_code == 500
    assert "Chappe has stumbled" in answer.content.decode()


def test_no_template_of_ours_has_inline_script():
    faults = []
    for path in (ROOT / "src" / "chappe").rglob("templates/**/*.html"):
        text = path.read_text("utf-8")
        if re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+\s*=\s*[\"']|javascript:", text):
            faults.append(path.relative_to(ROOT).as_posix())
    assert faults == []


def test_the_lock_holds_hashes_and_no_address():
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert "http" not in text
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    asked = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    assert {name.removeprefix("node_modules/") for name in packages} >= asked.keys()
    assert len(packages) == 34  # a number that grows is a package somebody has to look at
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
