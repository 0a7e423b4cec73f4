"""Pages and cards of customers: what is wrong with one, the tree of all of them, who has held a line."""

import datetime as dt
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.apps.customers import checks, queries
from chappe.apps.customers.models import Assignment, Brand, Customer, Line
from chappe.core.base.issue import Severity
from chappe.kit.access.door import Level, may, visible_to
from chappe.kit.screens import registry

TREE_MOST = 2_000


def remarks(customer: Customer, user: Any) -> dict[str, Any]:
    """What keeps its invoices from leaving, and what is only missing."""
    found = checks.remarks(customer)
    return {
        "remarks": [(issue.severity is Severity.ERROR, checks.sentence(issue)) for issue in found],
        "blocked": any(issue.severity is Severity.ERROR for issue in found),
        "edit_url": registry.url("customers.customer", "update", pk=customer.pk)
        if may(user, "clients", Level.WRITE)
        else "",
    }


def brand_remarks(brand: Brand, user: Any) -> dict[str, Any]:
    """The same for the seller."""
    found = checks.brand_remarks(brand)
    return {
        "remarks": [(issue.severity is Severity.ERROR, checks.sentence(issue)) for issue in found],
        "blocked": any(issue.severity is Severity.ERROR for issue in found),
        "edit_url": registry.url("customers.brand", "update", pk=brand.pk) if may(user, "clients", Level.WRITE) else "",
    }


def holders(line: Line, user: Any) -> dict[str, Any]:
    """Who has held a line, latest first, as a timeline."""
    rows = visible_to(user, line.assignments.all()).select_related("customer", "cost_centre").order_by("-starts_on")
    today = timezone.localdate()
    return {
        "holders": [
            {
                "row": row,
                "url": registry.object_url(row.customer),
                "now": row.starts_on <= today and (row.ends_on is None or row.ends_on >= today),
                "coming": row.starts_on > today,
            }
            for row in rows
        ]
    }


def logo(brand: Brand, _user: Any) -> dict[str, Any]:
    """The logo as a picture, and the two colours."""
    return {"logo_url": brand.logo.download_url() if brand.logo_id else "", "brand": brand}


def family(customer: Customer, user: Any) -> dict[str, Any]:
    """What stands above and below a customer."""
    above, row, seen = [], customer.parent, {customer.pk}
    while row is not None and row.pk not in seen:
        above.insert(0, row)
        seen.add(row.pk)
        row = row.parent
    below = list(visible_to(user, customer.children.all()).order_by("name"))
    return {
        "above": [(row, registry.object_url(row)) for row in above],
        "below": [(row, registry.object_url(row)) for row in below],
        "lines": queries.lines_on(customer, timezone.localdate()).count(),
    }


def tree(request: HttpRequest) -> HttpResponse:
    """Every customer under the one it belongs to, with the lines it holds today, its own and with its family."""
    day = timezone.localdate()
    text = request.GET.get("q", "").strip()
    rows = visible_to(request.user, Customer).filter(active=True)
    total = rows.count()
    nodes = _nodes(request.user, rows, day) if total <= TREE_MOST or text else []
    if text:
        nodes = _matching(nodes, text)
    context = {
        "nodes": nodes, "total": total, "too_many": total > TREE_MOST and not text, "q": text, "most": TREE_MOST,
        "list_url": registry.url("customers.customer"),
        "create_url": registry.url("customers.customer", "create") if may(request.user, "clients", Level.WRITE) else "",
        "title": _("Hierarchy of customers"),
    }  # fmt: skip
    return render(request, "customers/tree.html", context)


def _nodes(user: Any, rows: Any, day: dt.date) -> list[dict[str, Any]]:
    """Customers in the order of the tree, each with its depth; an endless family is cut where it closes."""
    customers = {row.pk: row for row in rows.order_by("name", "number")}
    held = Assignment.objects.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))
    own = dict(visible_to(user, held).order_by().values_list("customer").annotate(n=Count("pk")))
    children: dict[int | None, list[int]] = {}
    for pk, row in customers.items():
        children.setdefault(row.parent_id if row.parent_id in customers else None, []).append(pk)
    nodes: list[dict[str, Any]] = []
    stack = [(pk, 0, ()) for pk in reversed(children.get(None, []))]
    while stack:
        pk, depth, above = stack.pop()
        row = customers[pk]
        nodes.append({"row": row, "depth": depth, "above": above, "own": own.get(pk, 0), "all": own.get(pk, 0),
                      "url": registry.object_url(row), "children": len(children.get(pk, []))})  # fmt: skip
        stack += [(child, depth + 1, (*above, len(nodes) - 1)) for child in reversed(children.get(pk, []))]
    for node in nodes:
        for place in node["above"]:
            nodes[place]["all"] += node["own"]
    return nodes


def _matching(nodes: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """Nodes whose name or number holds the text, with everything above them."""
    wanted: set[int] = set()
    for place, node in enumerate(nodes):
        if text.casefold() in f"{node['row'].number} {node['row'].name} {node['row'].city}".casefold():
            wanted |= {place, *node["above"]}
    return [nodes[place] for place in sorted(wanted)]


def tree_link(_user: Any) -> tuple[str, str, str]:
    return _("Hierarchy"), registry.url("customers.tree"), "sitemap"


def import_link(user: Any) -> tuple[str, str, str] | None:
    """The way to the page that takes files, for who may send them."""
    if not may(user, "fichiers", Level.WRITE) or not may(user, "clients", Level.WRITE):
        return None
    return _("Import"), registry.url("exchange.upload"), "file-import"
