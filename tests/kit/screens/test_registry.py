"""The registry refuses what would mislead, and answers addresses."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chappe.kit.screens import registry
from chappe.kit.screens.declare import Column, Page
from chappe.kit.screens.describe import describe, show

from .conftest import contact_screen


@pytest.fixture
def store(monkeypatch):
    fresh = registry._Store()
    monkeypatch.setattr(registry, "_store", fresh)
    return fresh


def test_a_screen_is_registered_once(store):
    registry.register(contact_screen())
    with pytest.raises(ImproperlyConfigured, match="registered twice"):
        registry.register(contact_screen())
    assert [screen.slug for screen in registry.screens()] == ["test.contact"]


def test_a_page_may_not_take_a_path_that_is_taken(store):
    registry.page(Page(slug="a", path="x/", view=print, label="A", area=""))
    with pytest.raises(ImproperlyConfigured, match="path “x/” is taken"):
        registry.page(Page(slug="b", path="x/", view=print, label="B", area=""))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slug": "contact"}, "app.entity"),
        ({"columns": [Column(name="q", label="Q")]}, "“q” is reserved"),
        ({"columns": [Column(name="a", label="A"), Column(name="a", label="A")]}, "“a” is declared twice"),
        ({"state": "nowhere"}, "no column “nowhere”"),
        ({"update": None}, "bulk_fields need an update verb"),
        ({"fields": []}, "need fields or a form"),
    ],
)
def test_a_faulty_screen_is_refused(store, changes, sentence):
    with pytest.raises(ImproperlyConfigured, match=sentence):
        registry.register(contact_screen(**changes))
    assert registry.screens() == []


def test_a_frozen_registry_takes_nothing_more(store):
    registry.freeze()
    with pytest.raises(ImproperlyConfigured, match="too late"):
        registry.register(contact_screen())


def test_sections_shared_by_two_apps_must_agree(store):
    registry.menu_section("s", "Réseau", 10)
    registry.menu_section("s", "Réseau", 10)
    with pytest.raises(ImproperlyConfigured, match="differently"):
        registry.menu_section("s", "Autre", 10)


def test_addresses():
    assert registry.url("test.contact") == "/test/contact/"
    assert registry.url("test.contact", "create") == "/test/contact/new/"
    assert registry.url("test.contact", "detail", pk=7) == "/test/contact/7/"
    assert registry.url("test.contact", "export-csv") == "/test/contact/export.csv"
    with pytest.raises(KeyError, match=r"no screen “test\.nothing”"):
        registry.url("test.nothing")


def test_describe_says_what_was_derived():
    told = describe(registry.get("test.contact"))
    assert told["urls"]["detail"] == "/test/contact/{pk}/"
    assert told["api"] == "/api/v1/test/contact/"
    assert told["rights"]["delete"] == "ADMIN"
    columns = {column["name"]: column for column in told["columns"]}
    assert columns["amount"]["parameters"] == ["amount_min", "amount_max"]
    assert columns["joined"]["parameters"] == ["joined_from", "joined_to"]
    assert columns["shown"] == {
        "name": "shown", "kind": "text", "source": "__str__", "sortable": False, "filter": "none", "parameters": [],
        "joins": "", "api": "string",
    }  # fmt: skip
    assert columns["operator_tenant"]["joins"] == "operator"
    assert "amount_min, amount_max" in show("test.contact")
