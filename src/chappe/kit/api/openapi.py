"""The description of the API (OpenAPI 3), made from the registry of screens by drf-spectacular.

The generator walks the screens, not the addresses: one address serves them all. Names of operations are stable,
since programs are generated from them: ``parties_operator_list``.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.views import APIView

from chappe.kit.api import shapes
from chappe.kit.screens import registry
from chappe.kit.screens.declare import Screen
from chappe.kit.screens.forms import asked_form

ERROR = {"$ref": "#/components/schemas/Error"}
BASE = "/api/v1/"


class ApiSchema(AutoSchema):
    """One operation. The view brings ``doc``: what :func:`operations` says of it; without it, it is not described."""

    @property
    def doc(self) -> dict[str, Any]:
        return getattr(self.view, "doc", {}).get(self.method, {})

    def is_excluded(self) -> bool:
        return not self.doc

    def get_operation_id(self) -> str:
        return self.doc["id"]

    def get_summary(self) -> str:
        return self.doc["summary"]

    def get_description(self) -> str:
        return self.doc.get("description", "")

    def get_tags(self) -> list[str]:
        return [self.doc["tag"]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"bearer": []}, {"key": []}, {"session": []}]

    def get_extensions(self) -> dict[str, Any]:
        return {"x-codeSamples": [{"lang": "Shell", "label": "curl", "source": self._curl()}]}

    def _curl(self) -> str:
        body = " -H 'Content-Type: application/json' -d '{…}'" if "body" in self.doc else ""
        method = "" if self.method == "GET" else f" -X {self.method}"
        return f"curl{method} -H 'Authorization: Bearer chp_…'{body} 'https://chappe.example{self.path}'"

    def _get_parameters(self) -> list[dict[str, Any]]:
        names = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        return [*path, *self.doc.get("parameters", [])]

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        schema = self.doc.get("body")
        return (
            None
            if schema is None
            else {"content": {"application/json": {"schema": schema}}, "required": self.doc.get("needs", True)}
        )

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        refusals = {
            "400": _("A value cannot be used."), "401": _("No key, or a key that does not open the door."),
            "403": _("The right is missing."), "404": _("There is nothing here, or it is not yours to see."),
            "405": _("This act does not exist here."), "406": _("This format is not offered here."),
            "409": _("It cannot be done now."), "412": _("Somebody changed it meanwhile (If-Match)."),
            "415": _("This kind of content is not read here."), "429": _("Too many requests: wait as Retry-After says."),
        }  # fmt: skip
        told = {code: {"description": text, "content": _json(ERROR)} for code, text in refusals.items()}
        return {**self.doc["answers"], **told}


class ScreenGenerator(SchemaGenerator):
    """Operations of every screen of the API, and of the few endpoints that are not a screen."""

    reader: Any  # whose choices the forms offer

    def _get_paths_and_endpoints(self) -> list[tuple[str, str, str, APIView]]:
        from chappe.kit.api import about, views

        found: list[tuple[str, str, str, APIView]] = []
        for path, view_class, methods in _own(about):
            found += self._entries(path, view_class, None, methods)
        for screen in registry.screens():
            if screen.api:
                for path, view_class, methods in operations(screen, views, self.reader):
                    found += self._entries(path, view_class, screen, methods)
        return found

    def _entries(self, path: str, view_class: Any, screen: Screen | None, docs: dict[str, Any]) -> Iterator[Any]:
        for method in docs:
            view = self.create_view(view_class.as_view(), method)
            view.doc = docs
            if screen is not None:
                view.screen = screen
            yield path, path, method, view

    def _initialise_endpoints(self) -> None:
        self.endpoints = []

    def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
        self.reader = getattr(request, "user", None) or get_user_model()(is_superuser=True)  # for a file: all of it
        schema = super().get_schema(request, public)
        schemas = schema.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(dict(sorted(_components(self.reader).items())))
        tags: dict[str, list[str]] = {"chappe": []}
        for screen in registry.screens():
            if screen.api:
                tags.setdefault(screen.slug.partition(".")[0], []).append(str(screen.label))
        schema["tags"] = [{"name": name, "description": ", ".join(labels)} for name, labels in sorted(tags.items())]
        return schema


def _components(user: Any) -> dict[str, Any]:
    found = {"Error": _error(), "Link": _link_schema(), "History": _history_schema()}
    for screen in registry.screens():
        if not screen.api:
            continue
        found[shapes.component(screen)] = shapes.row_schema(screen)
        found[shapes.component(screen, "Page")] = shapes.list_schema(screen)
        if screen.create or screen.update:
            found[shapes.component(screen, "Write")] = shapes.writable(screen, user)
            found[shapes.component(screen, "Patch")] = {
                name: value for name, value in shapes.writable(screen, user).items() if name != "required"
            }
    return found


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _ok(words: str, schema: dict[str, Any] | None = None, code: str = "200", csv: bool = False) -> dict[str, Any]:
    content = _json(schema) if schema else {}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {code: {"description": words, **({"content": content} if content else {})}}


def _own(about: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    anything = {"type": "object"}
    yield (
        BASE,
        about.Root,
        {"GET": _doc("root", _("Endpoints that you may use"), "chappe", _ok(_("The list."), anything))},
    )
    yield BASE + "me/", about.Me, {
        "GET": _doc("me", _("Who the key is: account, organisation, rights, limit"), "chappe", _ok(_("The caller."), anything))
    }  # fmt: skip


def _doc(name: str, summary: str, tag: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "summary": summary, "tag": tag, "answers": answers, **more}


def operations(screen: Screen, views: Any, reader: Any) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(path, view class, method → doc) for each address of a screen."""
    app, entity = screen.slug.split(".")
    base, stem = f"{BASE}{app}/{entity}/", f"{app}_{entity}".replace("-", "_")

    def doc(act: str, summary: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
        return _doc(
            f"{stem}_{act}", _("%(what)s: %(act)s") % {"what": screen.label, "act": summary}, app, answers, **more
        )

    yield base, views.Rows, _rows(screen, doc)
    yield base + "{pk}/", views.Row, _row(screen, doc)
    for act in screen.actions:
        if act.single:
            yield base + f"{{pk}}/do/{act.name}/", views.Act, _act(screen, act, doc, reader)
    if screen.history:
        history = {"$ref": "#/components/schemas/History"}
        yield (
            base + "{pk}/history/",
            views.History,
            {"GET": doc("history", _("what happened to one"), _ok(_("The lines, newest first."), history))},
        )
    for name, related in views.relations(screen).items():
        other = registry.get(related.screen)
        label = str(related.label or other.label)
        act = "related_" + name.replace(".", "_").replace("-", "_")
        yield base + f"{{pk}}/related/{name}/", views.RelatedRows, {
            "GET": doc(act, label, _ok(label, shapes.ref(other, "Page"), csv=True), parameters=_list_parameters(other))
        }  # fmt: skip


def _act(screen: Screen, act: Any, doc: Any, reader: Any) -> dict[str, Any]:
    """A verb on one row: what it asks, and its sentence with the row as it then is."""
    schema = shapes.form_schema(asked_form(act.form, reader)) if act.form else {"type": "object", "maxProperties": 0}
    told = {
        "type": "object",
        "properties": {
            "message": {"type": "string"},
            "object": {"allOf": [shapes.ref(screen)], "nullable": True},
        },
    }
    name, why = f"do_{act.name.replace('-', '_')}", str(act.confirm or "")
    answer = _ok(_("Done."), told)
    return {"POST": doc(name, str(act.label), answer, body=schema, needs=bool(act.form), description=why)}


def _rows(screen: Screen, doc: Any) -> dict[str, Any]:
    found = {
        "GET": doc(
            "list", _("list"), _ok(_("One page of rows, or all of them as CSV."), shapes.ref(screen, "Page"), csv=True),
            parameters=_list_parameters(screen), description=str(screen.intro or ""),
        )
    }  # fmt: skip
    if screen.create:
        found["POST"] = doc(
            "create", _("create"), _ok(_("The row made."), shapes.ref(screen), "201"), body=shapes.ref(screen, "Write")
        )
    return found


def _row(screen: Screen, doc: Any) -> dict[str, Any]:
    row = shapes.ref(screen)
    found = {"GET": doc("read", _("one row"), _ok(_("The row."), row))}
    match = [
        {
            "name": "If-Match",
            "in": "header",
            "description": _("The ETag that you read: refused when somebody wrote meanwhile."),
            "schema": {"type": "string"},
        }
    ]
    if screen.update:
        body = {"body": shapes.ref(screen, "Patch"), "parameters": match}
        found["PATCH"] = doc("patch", _("change some values"), _ok(_("The row as it is now."), row), **body)
        body = {"body": shapes.ref(screen, "Write"), "parameters": match}
        found["PUT"] = doc("replace", _("write all values"), _ok(_("The row as it is now."), row), **body)
    if screen.delete:
        found["DELETE"] = doc("delete", _("delete"), _ok(_("It is gone."), code="204"), parameters=match)
    return found


def _list_parameters(screen: Screen) -> list[dict[str, Any]]:
    from chappe.kit.api.asking import PAGE_SIZE, PAGE_SIZE_MAX

    def number(name: str, most: int, usual: int, words: str) -> dict[str, Any]:
        schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
        return {"name": name, "in": "query", "description": words, "schema": schema}

    return [
        *shapes.filter_parameters(screen),
        number("page", 10**9, 1, _("Page, from 1.")),
        number("page_size", PAGE_SIZE_MAX, PAGE_SIZE, _("Rows in a page.")),
        {
            "name": "format",
            "in": "query",
            "description": _("json, or csv for every row found."),
            "schema": {"type": "string", "enum": ["json", "csv"]},
        },
    ]


def _error() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    return {
        "type": "object",
        "required": ["code", "message", "fields"],
        "properties": {
            "code": {"type": "string", "description": _("A stable word for programs."), "example": "invalid"},
            "message": {"type": "string", "description": _("A sentence for people.")},
            "fields": {"type": "object", "additionalProperties": texts, "description": _("Sentences by value.")},
        },
    }


def _link_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "id": {"oneOf": [{"type": "integer"}, {"type": "string"}], "nullable": True},
            "label": {"type": "string"},
            "url": {"type": "string", "nullable": True},
        },
    }


def _history_schema() -> dict[str, Any]:
    text = {"type": "string"}
    line = {
        "at": {"type": "string", "format": "date-time"},
        "who": text,
        "via": text,
        "detail": text,
        "verb": text,
        "sentence": text,
        "changes": {"type": "object"},
    }
    return {
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "results": {"type": "array", "items": {"type": "object", "properties": line}},
        },
    }
