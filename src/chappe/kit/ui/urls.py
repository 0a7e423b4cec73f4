"""Addresses of the face: home, its slow cards, the language switch."""

from django.urls import URLPattern, path

from chappe.kit.ui import views

app_name = "ui"

urlpatterns: list[URLPattern] = [
    path("language/", views.language, name="language"),
    path("home/<slug:slug>/", views.card, name="card"),
]
