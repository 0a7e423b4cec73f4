"""Addresses for machines. Namespace: ``ops``."""

from django.urls import path

from chappe.kit.ops import views

app_name = "ops"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.prometheus, name="metrics"),
]
