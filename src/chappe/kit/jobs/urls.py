"""Addresses that the screens do not derive. Namespace: ``jobs``."""

from django.urls import path

from chappe.kit.jobs import views

app_name = "jobs"
urlpatterns = [
    path("jobs/job/<int:pk>/live", views.live, name="live"),
    path("jobs/job/<int:pk>/bar", views.bar, name="bar"),
    path("jobs/file/<int:pk>/download", views.file, name="file"),
]
