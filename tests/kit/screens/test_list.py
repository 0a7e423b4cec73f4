"""The list: rights, tabs, filters, order, pages, cost, empty states, words of the reader."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from chappe.apps.parties.models import Commune, Contact
from chappe.kit.screens import paging, registry
from chappe.kit.screens.filters import filterset_for
from chappe.kit.screens.listing import Listing
from chappe.kit.screens.paging import page_of
from chappe.kit.screens.query import Count, apply_order, apply_search, counted, queryset_for
from tests.support.people import ContactFactory, OperatorFactory

from .conftest import contact_screen

URL = "/test/contact/"


@pytest.fixture
def rows(bruno, chloe):
    mine = [ContactFactory(operator=bruno.organisation, last_name=f"Durand {n}") for n in (1, 2, 3)]
    mine.append(ContactFactory(operator=bruno.organisation, last_name="Vieux", active=False))
    theirs = [ContactFactory(operator=chloe.organisation, last_name=f"Boréal {n}") for n in (1, 2)]
    return mine, theirs


def names(response):
    return [row.last_name for row in response.context["page"].rows]


def test_the_visitor_signs_in_first(client):
    response = client.get(URL)
    assert response.status_code == 302
    assert response["Location"].endswith("?next=/test/contact/")


def test_each_sees_their_own_rows(client, rows, alice, bruno, chloe):
    client.force_login(alice)
    assert len(names(client.get(URL))) == 5
    client.force_login(bruno)
    assert names(client.get(URL)) == ["Durand 1", "Durand 2", "Durand 3"]
    client.force_login(chloe)
    assert names(client.get(URL)) == ["Boréal 1", "Boréal 2"]


def test_without_the_right_a_sentence_and_no_menu_entry(client, rows, bruno):
    bruno.roles.clear()
    client.force_login(bruno)
    response = client.get(URL)
    assert response.status_code == 403
    assert "Durand" not in response.content.decode()
    with pytest.raises(PermissionDenied):
        from chappe.kit.access.door import require

        require(bruno, "lexique")


def test_tabs_and_their_counts(client, rows, bruno):
    client.force_login(bruno)
    response = client.get(URL)
    assert [(tab["scope"].name, tab["count"], tab["on"]) for tab in response.context["scopes"]] == [
        ("active", "3", True),
        ("all", "4", False),
    ]
    assert names(client.get(URL, {"scope": "all"})) == ["Durand 1", "Durand 2", "Durand 3", "Vieux"]


def test_chips_narrow_and_count(client, rows, alice, bruno):
    Contact.objects.filter(last_name="Durand 1").update(email="")
    client.force_login(bruno)
    response = client.get(URL, {"chip": "mail"})
    assert names(response) == ["Durand 2", "Durand 3"]
    assert [(item["chip"].name, item["on"], item["count"]) for item in response.context["chips"]] == [
        ("mine", False, "3"),
        ("mail", True, "2"),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("last_name=durand 2", ["Durand 2"]),
        ("q=altitel 3", ["Durand 3"]),
        ("scope=all&active=False", ["Vieux"]),
        ("q=durand 1&active=&operator=&amount_min=&joined_from=&last_name=", ["Durand 1"]),
        ("operator_tenant=ALTI", ["Durand 1", "Durand 2", "Durand 3"]),
        ("operator=Bor", ["Boréal 1", "Boréal 2"]),
        ("amount_min=9,87&q=durand", ["Durand 1", "Durand 2", "Durand 3"]),
        ("amount_min=9,877&q=durand", []),
        ("scope=all&amount_max=6.172835", ["Vieux"]),
        ("joined_from=2000-01-01&q=durand 1", ["Durand 1"]),
        ("joined_to=2000-01-01", []),
        ("sort=-last_name&q=durand", ["Durand 3", "Durand 2", "Durand 1"]),
        ("sort=shown&q=durand", ["Durand 1", "Durand 2", "Durand 3"]),
    ],
)
def test_filters_search_and_order(client, rows, alice, query, expected):
    client.force_login(alice)
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    assert names(response) == expected


def test_filter_by_the_key_of_a_related_object(client, rows, alice, bruno):
    client.force_login(alice)
    response = client.get(URL, {"operator": bruno.organisation.pk})
    assert names(response) == ["Durand 1", "Durand 2", "Durand 3"]
    assert [(a.label, a.value) for a in response.context["listing"].asked] == [("Opérateur", "Altitel")]


def test_a_wrong_value_shows_nothing_and_says_why(client, rows, alice):
    alice.language = "fr"
    alice.save()
    client.force_login(alice)
    response = client.get(URL, {"amount_min": "beaucoup"})
    assert names(response) == []
    assert "beaucoup" in response.context["listing"].errors[0]
    assert "Durand" not in response.content.decode()


def test_another_operators_choice_gives_nothing(client, rows, bruno, chloe):
    client.force_login(bruno)
    assert names(client.get(URL, {"operator": chloe.organisation.pk})) == []
    assert "Boréal 1" not in client.get(URL).content.decode()


def test_an_undeclared_path_is_not_a_way_in(client, rows, alice, bruno):
    client.force_login(alice)
    assert names(client.get(URL, {"of": f"operator:{bruno.organisation.pk}"})) == ["Durand 1", "Durand 2", "Durand 3"]
    assert names(client.get(URL, {"of": "operator__ftp_password:x"})) == []
    assert names(client.get(URL, {"of": "operator:x"})) == []


def test_the_cost_is_the_same_for_one_row_and_for_many(client, alice):
    client.force_login(alice)
    ContactFactory()
    client.get(URL)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(URL)
    for _ in range(5):
        ContactFactory()
    with CaptureQueriesContext(connection) as many:
        response = client.get(URL)
    assert len(response.context["page"].rows) == 6
    assert len(many) == len(one)


def test_counting_stops_at_the_estimate(client, alice):
    Commune.objects.bulk_create(Commune(insee=f"{n:05d}", name=f"C{n:04d}", postal_codes="39100") for n in range(120))
    screen = contact_screen(slug="test.commune", model=Commune, columns=registry.get("test.commune").columns, estimate=100, scopes=[],
                            chips=[], search=["name"], ordering=["name"], state="", rows=None, fields=["name"], bulk_fields=[], actions=[])  # fmt: skip
    assert counted(Commune.objects.all(), 100) == Count(100, capped=True)
    with CaptureQueriesContext(connection) as queries:
        assert counted(Commune.objects.all(), 100).capped
    assert "LIMIT 101" in queries[0]["sql"]
    with registry.amended(screen):
        client.force_login(alice)
        alice.language = "fr"
        alice.save()
        page = client.get("/test/commune/").content.decode()
        assert "plus de 100" in page.replace("\u202f", " ")
        last = client.get("/test/commune/", {"page": "99", "per": "25"})
    assert last.context["page"].number == 4
    assert last.context["page"].at_limit is True
    assert last.context["page"].more is False


def test_deep_pages_skip_keys_only_and_never_count_all(alice):
    Commune.objects.bulk_create(Commune(insee=f"{n:05d}", name=f"C{n % 7}", postal_codes="39100") for n in range(300))
    screen = registry.get("test.commune")
    qs = apply_order(screen, queryset_for(screen, alice), "name")
    with CaptureQueriesContext(connection) as queries:
        page = page_of(qs, 10, 25, 1_000)
    assert len(queries) == 3
    skipping = next(q["sql"] for q in queries if "OFFSET 225" in q["sql"])
    assert "postal_codes" not in skipping
    assert (page.first, page.last, page.pages, page.more) == (226, 250, 12, True)
    seen = [row.pk for number in range(1, 13) for row in page_of(qs, number, 25, 1_000).rows]
    assert len(seen) == len(set(seen)) == 300


@pytest.mark.parametrize(
    ("limit", "named", "asked"), [(1_000, 1_000, 1), (1_000, 5, 2), (100, 1_000, 2), (20_000, 1_000, 2)]
)
def test_a_filtered_list_asks_its_filter_once_where_it_finds_few(alice, monkeypatch, limit, named, asked):
    """The same page whichever way it was read: keys named, keys asked again, a count that stops, a count to the end."""
    monkeypatch.setattr(paging, "LISTED", named)
    Commune.objects.bulk_create(
        Commune(insee=f"{n:05d}", name=f"C{n % 7}", postal_codes="39100" if n % 2 else "25000") for n in range(600)
    )
    screen = registry.get("test.commune")
    qs = apply_order(screen, queryset_for(screen, alice).filter(postal_codes="39100"), "-name")
    with CaptureQueriesContext(connection) as queries:
        page = page_of(qs, 3, 25, limit)
    assert sum("39100" in query["sql"] for query in queries) == asked
    expected = sorted(Commune.objects.filter(postal_codes="39100"), key=lambda row: (row.name, row.pk), reverse=True)
    assert [row.pk for row in page.rows] == [row.pk for row in expected[50:75]]
    assert (page.count.number, page.count.capped) == ((100, True) if limit == 100 else (300, False))


def test_every_order_ends_with_the_key():
    screen = registry.get("test.contact")
    for sort in ("", "last_name", "-operator_tenant", "joined,-active", "nonsense"):
        order = apply_order(screen, Contact.objects.all(), sort).query.order_by
        assert order[-1] in {"pk", "-pk"}, sort


def test_search_needs_every_word(alice, rows):
    screen = registry.get("test.contact")
    found = apply_search(screen, queryset_for(screen, alice), "durand altitel")
    assert found.count() == 3
    assert apply_search(screen, queryset_for(screen, alice), "durand boréal").count() == 0
    assert apply_search(screen, queryset_for(screen, alice), "dur\x00and 1").count() == 1


def test_no_row_at_all_says_what_to_do(client, alice):
    client.force_login(alice)
    page = client.get(URL).content.decode()
    assert "Ajoutez la première personne à appeler." in page
    assert 'href="/test/contact/new/"' in page


def test_nothing_matches_offers_to_clear(client, rows, alice):
    alice.language = "fr"
    alice.save()
    client.force_login(alice)
    page = client.get(URL, {"last_name": "personne"}).content.decode()
    assert "Aucune ligne ne correspond à ces filtres." in page
    assert "Effacer les filtres" in page


def test_htmx_gets_the_list_alone_and_a_short_address(client, rows, alice):
    client.force_login(alice)
    response = client.get(f"{URL}?q=durand&active=&page=1", HTTP_HX_REQUEST="true")
    page = response.content.decode()
    assert page.lstrip().startswith('<div id="ch-list"')
    assert "<html" not in page
    assert 'id="ch-list-sub" hx-swap-oob="true"' in page
    assert response["HX-Push-Url"] == "/test/contact/?q=durand"
    assert "HX-Request" in response["Vary"]


def test_the_page_speaks_french_and_writes_amounts_so(client, rows, alice):
    alice.language = "fr"
    alice.save()
    client.force_login(alice)
    page = client.get(URL, {"q": "durand 1"}).content.decode()
    for words in ("Exporter", "Colonnes", "Vues", "contient…", "1–1 sur 1"):
        assert words in page, words
    assert "9,876536\u00a0€" in page
    assert '<html lang="fr">' in page
    alice.language = "en"
    alice.save()
    assert "€9.876536" in client.get(URL, {"q": "durand 1"}).content.decode()


def test_states_order_and_labels_are_told_to_everyone(client, rows, alice):
    client.force_login(alice)
    page = client.get(URL, {"sort": "-last_name"}).content.decode()
    assert 'aria-sort="descending"' in page
    assert '<span class="ch-state s-ok">actif</span>' in page
    assert 'aria-label="Nom contains"' in page or 'aria-label="Nom contient"' in page


def test_values_are_escaped(client, bruno, alice):
    ContactFactory(operator=bruno.organisation, last_name="<script>alert(1)</script>", email='x"@y.example')
    client.force_login(alice)
    page = client.get(URL).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_filter_set_is_built_once_and_usable_alone(rows, alice):
    screen = registry.get("test.contact")
    assert filterset_for(screen) is filterset_for(screen)
    found = filterset_for(screen)({"last_name": "durand"}, queryset=queryset_for(screen, alice))
    assert found.is_valid()
    assert found.qs.count() == 3


def test_many_choices_are_typed_not_picked(alice):
    for n in range(201):
        OperatorFactory(name=f"Op {n}")
    listing = Listing(registry.get("test.contact"), alice, QueryDict())
    assert listing.options(listing.columns[1]) == []


def test_the_language_of_the_reader_does_not_leak():
    with translation.override("fr"):
        from chappe.kit.screens import words

        assert words.rows(1) == "1 ligne"
        assert words.rows(1234).replace("\u202f", " ") == "1 234 lignes"
        assert words.rows(200_000, capped=True).replace("\u202f", " ") == "plus de 200 000 lignes"
