"""A large plan costs the pages no more queries than a small one."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chappe.apps.tariffs import services

from .conftest import HEAD, loaded

pytestmark = pytest.mark.django_db


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def content(code, count):
    return HEAD + "".join(f"{code};;{10_000 + n};Zone {n % 50};;0;0,0{n % 9 + 1};MIN;1;1\n" for n in range(count))


def test_pages_cost_the_same_whatever_the_size(client, alice, actor):
    versions = []
    for code, count in (("PETITE", 60), ("GRANDE", 2_000)):
        plan = services.create_plan(actor=actor, data={"code": code, "owner": None})
        versions.append(loaded(actor, plan, content(code, count), f"{code}.csv"))
    small, large = versions
    assert (small.rows.count(), large.rows.count()) == (60, 2_000)
    client.force_login(alice)
    queries(client, f"/tariffs/row/?version={small.pk}")  # the first page of a session also remembers it
    for address in (
        "/tariffs/row/?sort=-price_nano&version={pk}",
        "/tariffs/version/{pk}/",
        "/tariffs/search/?q=10001&version={pk}",
    ):
        assert queries(client, address.format(pk=large.pk)) == queries(client, address.format(pk=small.pk))
