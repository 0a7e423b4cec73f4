"""The description of the API: valid, without a warning, stable; its page; and no answer 5xx to any request it allows."""

import contextlib
import io
import re
from copy import deepcopy
from functools import cache
from urllib.parse import urlencode

import pytest
import schemathesis
from django.contrib.staticfiles import finders
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chappe.kit.api.openapi import ScreenGenerator
from chappe.kit.screens import registry
from chappe.kit.ui.middleware import POLICY
from tests.support.people import ContactFactory, OperatorFactory

from .conftest import CONTACTS, Api, make_key

pytestmark = pytest.mark.django_db
EXAMPLES = 3  # requests to each operation
PARTS = 4  # of the operations, each a test: one of them alone would take minutes on a slow machine


@cache
def schema_of():
    """Made once: the tests read it, none writes to it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        GENERATOR_STATS.reset()
        schema = ScreenGenerator().get_schema(public=True)
    assert (said.getvalue(), bool(GENERATOR_STATS)) == ("", False)
    return schema


def test_the_description_is_valid_and_gives_no_warning():
    schema = schema_of()
    validate_schema(schema)
    for screen in registry.screens():
        path = f"/api/v1/{screen.slug.replace('.', '/')}/"
        assert (path in schema["paths"]) is screen.api


def test_operations_have_stable_names_and_say_what_they_do():
    schema = schema_of()
    operations = [(path, method, op) for path, ways in schema["paths"].items() for method, op in ways.items()]
    names = [op["operationId"] for _path, _method, op in operations]
    assert len(names) == len(set(names))
    assert {"test_contact_list", "test_contact_create", "test_contact_read", "test_contact_patch", "test_contact_replace",
            "test_contact_delete", "test_contact_do_shout", "test_contact_history", "test_operator_related_test_contact", "me"} <= set(names)  # fmt: skip
    for path, _method, op in operations:
        assert op["summary"] and op["security"] == [{"bearer": []}, {"key": []}, {"session": []}]
        assert f"https://chappe.example{path}" in op["x-codeSamples"][0]["source"]
        assert {"401", "403", "404", "429"} <= set(op["responses"])
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "key", "session"}


def test_filters_kinds_and_secrets_are_described():
    schema = schema_of()
    parameters = {p["name"]: p for p in schema["paths"][CONTACTS]["get"]["parameters"]}
    assert {
        "q",
        "scope",
        "chip",
        "sort",
        "cols",
        "last_name",
        "active",
        "amount_min",
        "joined_from",
        "page",
        "page_size",
        "format",
    } <= set(parameters)
    assert parameters["scope"]["schema"]["enum"] == ["active", "all"]
    assert "`all`: Tout voir" in parameters["scope"]["description"]
    row = schema["components"]["schemas"]["TestContact"]["properties"]
    assert (row["amount"]["type"], row["active"]["type"], row["joined"]["format"]) == ("string", "boolean", "date-time")
    assert "`true`: actif" in row["active"]["description"]
    assert "ftp_password" not in schema["components"]["schemas"]["TestOperator"]["properties"]
    assert schema["components"]["schemas"]["TestOperatorWrite"]["properties"]["ftp_password"]["writeOnly"] is True
    assert schema["components"]["schemas"]["TestContactWrite"]["required"] == ["operator", "last_name"]


def test_what_a_verb_lacks_is_not_described():
    paths = schema_of()["paths"]
    assert set(paths["/api/v1/test/commune/"]) == {"get", "post"}
    assert set(paths["/api/v1/test/commune/{pk}/"]) == {"get", "put", "patch"}


@pytest.mark.parametrize(
    ("query", "kind"), [("", "application/vnd.oai.openapi"), ("?format=json", "application/vnd.oai.openapi+json")]
)
def test_the_schema_is_served_in_yaml_and_json_in_both_languages(as_alice, query, kind):
    response = as_alice.get(f"/api/v1/schema/{query}")
    assert (response.status_code, response["Content-Type"].split(";")[0]) == (200, kind)
    sign = "&" if query else "?"
    french = as_alice.get(f"/api/v1/schema/{query}{sign}lang=fr").content.decode()
    assert "Vos droits" not in french and "Tout ce que les pages" in french
    assert "Everything that the pages" in response.content.decode()
    assert Api().get("/api/v1/schema/").status_code == 401


def test_the_page_of_the_documentation_needs_no_internet(client, bruno):
    assert client.get("/api/v1/docs/")["Location"].startswith("/sign-in/")
    client.force_login(bruno)
    response = client.get("/api/v1/docs/", headers={"Accept-Language": "fr"})
    page = response.content.decode()
    assert response["Content-Security-Policy"] == POLICY
    assert "unsafe-eval" not in POLICY and "<script>" not in page
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert all(not address.startswith(("http", "//")) for address in addresses)
    for address in addresses:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
    assert "/api/v1/schema/?format=json&amp;lang=en" in page  # Bruno reads English
    assert "/api/key/new/" not in page  # he may not make keys


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_that_the_description_allows_gives_5xx(part, admin, bruno):
    """Schemathesis draws requests from the description; whatever it sends, the answer is no fault of ours."""
    ContactFactory(operator=OperatorFactory(name="Altitel"))
    api = Api(make_key(admin, rate_per_minute=10**6)[1])
    api.client.raise_request_exception = False
    schema = schemathesis.openapi.from_dict(deepcopy(schema_of()))
    seen: dict[int, int] = {}
    faults: list[str] = []

    def send(case):
        query = {name: value for name, value in (case.query or {}).items() if value is not None}
        path = case.formatted_path
        body = case.body if isinstance(case.body, dict | list | str | int | float | bool | None) else None

        with contextlib.suppress(UnicodeEncodeError):
            address = f"{path}?{urlencode(query, doseq=True)}"
            response = api(case.method.lower(), address, body)
            if response.streaming:
                b"".join(response)
            seen[response.status_code] = seen.get(response.status_code, 0) + 1
            if response.status_code >= 500:
                faults.append(f"{case.method} {address} {body!r}: {response.status_code}")

    for result in list(schema.get_all_operations())[part::PARTS]:
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def run(case):
            send(case)

        run()
    assert faults == []
    assert seen.get(200, 0) > 20 // PARTS and seen.get(400, 0) > 10 // PARTS, seen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=60))
def test_any_text_in_the_header_is_401(text):
    line = text.replace("\r", "").replace("\n", "")
    response = Api().client.get("/api/v1/me/", headers={"X-API-Key": line})
    assert response.status_code == 401
