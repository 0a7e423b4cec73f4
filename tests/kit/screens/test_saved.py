"""What a reader keeps of a list: views and columns; sharing stops at colleagues."""

import pytest

from chappe.kit.screens.models import ColumnChoice, SavedView
from tests.support.people import ContactFactory, UserFactory, partner_role

URL = "/test/contact/"


@pytest.fixture
def colleague(bruno):
    user = UserFactory(username="benoit", organisation=bruno.organisation)
    user.roles.set([partner_role()])
    return user


def keep(client, **data):
    return client.post(URL + "views/", {"query": "q=durand&scope=all&page=4", "name": "Équipe Dole", **data})


def test_a_view_keeps_the_query_and_opens_it(client, bruno):
    client.force_login(bruno)
    response = keep(client)
    view = SavedView.objects.get()
    assert (view.name, view.user, view.query, view.shared) == ("Équipe Dole", bruno, "q=durand&scope=all", False)
    assert response["Location"] == f"{URL}?q=durand&scope=all&view={view.pk}"
    assert client.get(URL, {"view": view.pk})["Location"] == response["Location"]
    assert "Équipe Dole" in client.get(response["Location"]).content.decode()


def test_the_default_view_is_shown_first(client, bruno):
    client.force_login(bruno)
    keep(client, is_default="on")
    keep(client, name="Autre", is_default="on")
    assert SavedView.objects.get(is_default=True).name == "Autre"
    assert client.get(URL).status_code == 302
    assert client.get(URL, {"q": "x"}).status_code == 200


def test_a_shared_view_reaches_colleagues_only(client, bruno, colleague, chloe, alice):
    client.force_login(bruno)
    keep(client, shared="on", is_default="on")
    keep(client, name="Pour moi")
    for user, seen in ((colleague, ["Équipe Dole"]), (chloe, []), (alice, [])):
        client.force_login(user)
        response = client.get(URL)
        assert response.status_code == 200  # the default of one is not that of the others
        assert [view.name for view in response.context["views"]] == seen


def test_a_view_is_forgotten_by_its_owner_only(client, bruno, colleague):
    client.force_login(bruno)
    keep(client, shared="on")
    pk = SavedView.objects.get().pk
    client.force_login(colleague)
    client.post(URL + "views/", {"forget": pk, "query": ""})
    assert SavedView.objects.count() == 1
    client.force_login(bruno)
    client.post(URL + "views/", {"forget": pk, "query": ""})
    assert SavedView.objects.count() == 0


def test_a_view_needs_a_name(client, bruno):
    client.force_login(bruno)
    assert "name" in keep(client, name="  ").wsgi_request.POST
    assert SavedView.objects.count() == 0


def test_columns_and_their_order_are_remembered(client, bruno, chloe):
    client.force_login(bruno)
    data = {
        "query": "q=x",
        "column": ["last_name", "description", "intrus"],
        "order-last_name": "2",
        "order-description": "1",
    }
    assert client.post(URL + "columns/", data)["Location"] == URL + "?q=x"
    assert ColumnChoice.objects.get().columns == ["description", "last_name"]
    assert [column.name for column in client.get(URL).context["listing"].columns] == ["description", "last_name"]
    client.force_login(chloe)
    assert len(client.get(URL).context["listing"].columns) == 7
    client.force_login(bruno)
    client.post(URL + "columns/", {"query": "", "reset": "1"})
    assert len(client.get(URL).context["listing"].columns) == 7


def test_rows_on_a_page_are_remembered_within_bounds(client, bruno):
    client.force_login(bruno)
    assert client.get(URL, {"per": "100"}).context["listing"].per_page == 100
    assert client.get(URL).context["listing"].per_page == 100
    assert client.get(URL, {"per": "100000"}).context["listing"].per_page == 50
    assert ColumnChoice.objects.get().per_page == 100


def test_a_view_is_renamed_by_its_owner_with_its_filters(client, bruno, colleague):
    ContactFactory(operator=bruno.organisation, last_name="Durand")
    client.force_login(bruno)
    keep(client, shared="on")
    keep(client, name="Autre")
    view = SavedView.objects.get(name="Équipe Dole")
    client.post(URL + "views/", {"rename": view.pk, "name": "Autre", "query": ""})  # taken
    client.force_login(colleague)
    client.post(URL + "views/", {"rename": view.pk, "name": "À moi", "query": ""})  # not theirs
    view.refresh_from_db()
    assert (view.name, view.shared) == ("Équipe Dole", True)
    client.force_login(bruno)
    answer = client.post(URL + "views/", {"rename": view.pk, "name": "Dole", "is_default": "on", "query": "q=x"})
    view.refresh_from_db()
    assert (view.name, view.query, view.shared, view.is_default) == ("Dole", "q=durand&scope=all", False, True)
    assert answer["Location"] == f"{URL}?{view.query}&view={view.pk}" and SavedView.objects.count() == 2
    shown = client.get(answer["Location"]).content.decode()
    assert "Rename this view" in shown
