"""Addresses: everything comes from the registries, so this file does not grow."""

from django.urls import include, path

from chappe.kit.ui.views import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("chappe.kit.ui.urls")),
    path("", include("chappe.kit.access.urls")),
    path("api/v1/", include("chappe.kit.api.urls")),
    path("", include("chappe.kit.ops.urls")),
    path("", include("chappe.kit.documents.urls")),
    path("", include("chappe.kit.jobs.urls")),
    path("", include("chappe.kit.screens.urls")),
]
