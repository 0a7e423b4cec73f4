"""Addresses: everything comes from the registries, so this file does not grow."""

from django.urls import include, path

urlpatterns = [
    path("", include("chappe.kit.access.urls")),
    path("api/v1/", include("chappe.kit.api.urls")),
    path("", include("chappe.kit.ops.urls")),
    path("", include("chappe.kit.jobs.urls")),
    path("", include("chappe.kit.screens.urls")),
]
