"""Ordinary views registered as pages: signed in and with their right before the view runs. And the way home."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from chappe.kit.access.door import require
from chappe.kit.screens import registry, rights
from chappe.kit.screens.declare import Page


def guarded(page: Page) -> Callable[..., HttpResponse]:
    """The view of ``page`` behind its door; a public page is left as it is."""
    if page.public:
        return page.view

    @wraps(page.view)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if page.area:
            require(request.user, page.area, page.level)
        return page.view(request, **kwargs)

    return view


def home(request: HttpRequest) -> HttpResponse:
    """Where no page is registered at the root: the first list that the reader may open."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    for screen in registry.screens():
        if screen.menu is not None and rights.may_read(screen, request.user):
            return HttpResponseRedirect(registry.url(screen.slug))
    return render(request, "screens/nothing.html")
