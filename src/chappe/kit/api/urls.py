"""Addresses of the API under ``/api/v1/``, made from the registry of screens: no list of names stands here."""

from django.urls import URLPattern, path, re_path

from chappe.kit.api import about, pages, views
from chappe.kit.screens import urls as _screens  # noqa: F401 - registers the converter "screen"

app_name = "api"

urlpatterns: list[URLPattern] = [
    path("", about.Root.as_view(), name="root"),
    path("me/", about.Me.as_view(), name="me"),
    path("schema/", about.Schema.as_view(), name="schema"),
    path("docs/", pages.documentation, name="docs"),
    path("<screen:slug>/", views.Rows.as_view(), name="rows"),
    path("<screen:slug>/<str:pk>/", views.Row.as_view(), name="row"),
    path("<screen:slug>/<str:pk>/do/<slug:name>/", views.Act.as_view(), name="act"),
    path("<screen:slug>/<str:pk>/history/", views.History.as_view(), name="history"),
    path("<screen:slug>/<str:pk>/related/<str:name>/", views.RelatedRows.as_view(), name="related"),
    re_path(r"^.*$", about.Nothing.as_view(), name="nothing"),
]
