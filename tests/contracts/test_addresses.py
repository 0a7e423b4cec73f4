"""Every address of the house: without signing in it leads to the sign-in page or is refused, unless a reason says why not."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from chappe.kit.screens import registry

#: Route → why whoever knows the address may have an answer. Each must really answer: a stale line fails.
PUBLIC = {
    "sign-in/": "the door itself",
    "sign-in/forgotten/": "whoever forgot a password cannot sign in; the answer says nothing of the account",
    "welcome/<str:uid>/<str:token>/": "an invited person has no password yet; the token in the address is the right",
    "healthz": "asked by supervisors that have no account; says only that the process answers",
    "readyz": "asked by supervisors; sentences are for this machine or the token alone",
    "metrics": "answered to this machine itself, which the test is, or to the token; others get 403",
}
#: Pages that show something named in their address, and answer 404 without it.
ABOUT_SOMETHING = {"tariffs.inside": "a part of a version, asked by the page of that version"}
#: What stands for a converter in an address.
SAMPLES = {
    "int": "1",
    "str": "x",
    "slug": "x",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "path": "x",
    "screen": "parties/contact",
}
REFUSED = {401, 403, 404, 405}


def walk(resolver, prefix=""):
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from walk(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def address(route: str) -> str:
    filled = re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES[m[1] or "str"], route)
    return "/" + filled.replace("^.*$", "anything").replace("^", "").replace("$", "")


ROUTES = sorted(set(walk(get_resolver())))


def test_there_are_addresses():
    assert len(ROUTES) > 30
    assert len({address(route) for route in ROUTES}) == len(ROUTES)


@pytest.mark.django_db
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in PUBLIC])
def test_nothing_answers_before_sign_in(route, client):
    for answer in (client.get(address(route)), client.post(address(route))):
        if answer.status_code in {301, 302}:
            assert answer["Location"].split("?")[0] in {reverse("access:sign-in"), "/"}, route
        else:
            assert answer.status_code in REFUSED, (route, answer.status_code)


@pytest.mark.django_db
@pytest.mark.parametrize("route", PUBLIC)
def test_what_is_said_public_answers(route, client):
    assert route in ROUTES
    assert client.get(address(route)).status_code in {200, 410, 503}, PUBLIC[route]


def test_only_pages_with_a_reason_are_public():
    assert [page.path for page in registry.pages() if page.public and page.path not in PUBLIC] == []


@pytest.mark.parametrize("page", registry.pages(), ids=lambda page: page.slug)
def test_a_page_asks_for_its_right(page, client, alice, visitor):
    if page.area and not page.public and "<" not in page.path:
        client.force_login(visitor)
        assert client.get(registry.url(page.slug)).status_code == 403
        client.force_login(alice)
        expected = {404} if page.slug in ABOUT_SOMETHING else {200, 302}
        assert client.get(registry.url(page.slug)).status_code in expected


@pytest.mark.django_db
@pytest.mark.parametrize("metrics", ["/metrics"])
def test_metrics_are_not_for_the_world(metrics, client):
    assert client.get(metrics, REMOTE_ADDR="192.0.2.7").status_code == 403
    assert client.get(metrics, headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
