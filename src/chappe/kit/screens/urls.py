"""Addresses of every screen and page, made from the registry. No list of names stands here.

A screen answers at ``/<app>/<entity>/``: the converter knows a slug only when it is registered, so that what
nobody declared is not found. ``reverse("screens:list", kwargs={"slug": "parties.operator"})``.
"""

from django.urls import URLPattern, path, register_converter

from . import registry
from .views import act, bulk, detail, edit, export, pages, rows, saved, search

app_name = "screens"


class ScreenConverter:
    """``parties/operator`` in the address, ``parties.operator`` in Python."""

    regex = r"[a-z0-9_-]+/[a-z0-9_-]+"

    def to_python(self, value: str) -> str:
        slug = value.replace("/", ".")
        if not registry.has(slug):
            raise ValueError(slug)
        return slug

    def to_url(self, value: str) -> str:
        return value.replace(".", "/")


register_converter(ScreenConverter, "screen")

_pages = [path(page.path, pages.guarded(page), name=page.slug) for page in registry.pages()]
_home = [] if any(page.path == "" for page in registry.pages()) else [path("", pages.home, name="home")]

urlpatterns: list[URLPattern] = [
    *_home,
    *_pages,
    path("search/", search.search, name="search"),
    path("<screen:slug>/", rows.list_view, name="list"),
    path("<screen:slug>/new/", edit.create, name="create"),
    path("<screen:slug>/export.csv", export.export, {"kind": "csv"}, name="export-csv"),
    path("<screen:slug>/export.xlsx", export.export, {"kind": "xlsx"}, name="export-xlsx"),
    path("<screen:slug>/views/", saved.views, name="views"),
    path("<screen:slug>/columns/", saved.columns, name="columns"),
    path("<screen:slug>/bulk/<slug:name>/", bulk.bulk, name="bulk"),
    path("<screen:slug>/<str:pk>/", detail.detail, name="detail"),
    path("<screen:slug>/<str:pk>/edit/", edit.update, name="update"),
    path("<screen:slug>/<str:pk>/delete/", edit.delete, name="delete"),
    path("<screen:slug>/<str:pk>/history/", detail.full_history, name="history"),
    path("<screen:slug>/<str:pk>/do/<slug:name>/", act.action, name="action"),
    path("<screen:slug>/<str:pk>/reveal/<slug:name>/", detail.reveal, name="reveal"),
]
