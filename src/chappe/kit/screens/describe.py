"""What was derived from a screen, as data and as text: ``chappe screens show parties.operator``. Nothing is magic."""

from typing import Any

from chappe.kit.access.door import Level

from . import registry
from .declare import Kind, Screen
from .filters import filter_kind, parameters
from .query import sortable
from .values import column_source

_KINDS_IN_API = {
    Kind.MONEY: "decimal string", Kind.NUMBER: "number", Kind.DURATION: "number (seconds)", Kind.SIZE: "integer (bytes)",
    Kind.DATE: "date", Kind.DATETIME: "date-time", Kind.BOOL: "boolean",
}  # fmt: skip


def describe(screen: Screen) -> dict[str, Any]:
    """Everything derived from ``screen``, ready for JSON."""
    path = "/" + screen.slug.replace(".", "/") + "/"
    urls = {"list": path, "detail": path + "{pk}/", "export": [path + "export.csv", path + "export.xlsx"]}
    if screen.create:
        urls["create"] = path + "new/"
    if screen.update:
        urls["update"] = path + "{pk}/edit/"
    if screen.delete:
        urls["delete"] = path + "{pk}/delete/"
    return {
        "slug": screen.slug,
        "label": str(screen.label),
        "model": screen.model._meta.label,
        "urls": urls,
        "api": f"/api/v1{path}" if screen.api else "",
        "rights": _rights(screen),
        "columns": [_column(screen, column) for column in screen.columns],
        "scopes": [scope.name for scope in screen.scopes],
        "chips": [chip.name for chip in screen.chips],
        "search": list(screen.search),
        "ordering": [*screen.ordering],
        "form": list(screen.fields) or ([screen.form.__name__] if screen.form else []),
        "bulk_fields": list(screen.bulk_fields),
        "actions": [
            {"name": action.name, "level": Level(action.level).name, "single": action.single, "bulk": action.bulk}
            for action in screen.actions
        ],
        "related": [f"{related.screen} ({related.path})" for related in screen.related],
        "menu": screen.menu.section if screen.menu else "",
    }


def _rights(screen: Screen) -> dict[str, str]:
    access = getattr(screen.model, "access", None)
    acts = {"see, search, export": "READ"}
    acts |= {"create": "WRITE"} if screen.create else {}
    acts |= {"update, show secrets": "WRITE"} if screen.update else {}
    acts |= {"delete": "ADMIN"} if screen.delete else {}
    return {"area": screen.area, "rows": getattr(access, "owner", "?"), **acts}


def _column(screen: Screen, column: Any) -> dict[str, Any]:
    source = column_source(screen, column)
    return {
        "name": column.name,
        "kind": str(column.kind),
        "source": column.source or column.name,
        "sortable": sortable(screen, column),
        "filter": str(filter_kind(screen, column)),
        "parameters": list(parameters(screen, column)),
        "joins": source.related or source.prefetch,
        "api": _KINDS_IN_API.get(column.kind, "string") if column.in_api and column.kind is not Kind.SECRET else "",
    }


def describe_text(screen: Screen) -> str:
    """The same for a person at a terminal."""
    told = describe(screen)
    lines = [f"{told['slug']} — {told['label']} ({told['model']})", ""]
    for title in (
        "urls",
        "api",
        "rights",
        "scopes",
        "chips",
        "search",
        "ordering",
        "form",
        "bulk_fields",
        "actions",
        "related",
        "menu",
    ):
        value = told[title]
        if isinstance(value, dict):
            value = "; ".join(f"{name}: {', '.join(v) if isinstance(v, list) else v}" for name, v in value.items())
        elif isinstance(value, list):
            value = ", ".join(
                f"{item['name']} ({item['level']})" if isinstance(item, dict) else str(item) for item in value
            )
        lines.append(f"{title:<12} {value or '–'}")
    lines += ["", f"{'column':<20} {'kind':<9} {'filter':<11} {'sort':<5} {'parameters':<32} source"]
    for column in told["columns"]:
        names = ", ".join(column["parameters"]) or "–"
        sort = "yes" if column["sortable"] else "no"
        lines.append(
            f"{column['name']:<20} {column['kind']:<9} {column['filter']:<11} {sort:<5} {names:<32} {column['source']}"
        )
    return "\n".join(lines)


def show(slug: str) -> str:
    """Text for ``chappe screens show SLUG``. Raises KeyError with the known slugs."""
    return describe_text(registry.get(slug))
