"""Two pages that no Screen gives: making a key, which is shown once, and the documentation of the API."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, may
from chappe.kit.api.forms import NewKeyForm
from chappe.kit.api.limits import limit_of
from chappe.kit.api.models import ApiKey
from chappe.kit.api.services import create_key
from chappe.kit.screens import registry
from chappe.kit.screens.forms import add_refusal


@never_cache
def new_key(request: HttpRequest) -> HttpResponse:
    """Ask for the name and the rest, make the key, show it: this answer is the only one that ever holds it.

    It is shown in the answer to the form, not after a redirect: nothing keeps the key meanwhile. Sending the form
    again is refused, the name being taken.
    """
    form = NewKeyForm(request.POST or None, maker=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            key, text = create_key(actor=Actor.of(request), data=form.values())
        except ValidationError as error:
            add_refusal(form, error)
        else:
            context = {
                "key": key, "text": text, "title": _("The key “%(name)s” is made") % {"name": key},
                "detail_url": registry.url("api.key", "detail", pk=key.pk), "list_url": registry.url("api.key"),
                "limit": limit_of(key), "base": request.build_absolute_uri(reverse("api:me")),
            }  # fmt: skip
            return render(request, "api/key_made.html", context, status=201)
    context = {"form": form, "title": _("New API key"), "back_url": registry.url("api.key")}
    return render(request, "api/new_key.html", context, status=422 if request.method == "POST" else 200)


@ensure_csrf_cookie
def documentation(request: HttpRequest) -> HttpResponse:
    """Every endpoint, with its filters and answers, and a way to try it. All its files are ours: it needs no internet."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    language = (get_language() or settings.LANGUAGE_CODE)[:2]
    context = {
        "schema_url": f"{reverse('api:schema')}?format=json&lang={language}",
        "yaml_url": f"{reverse('api:schema')}?lang={language}",
        "me_url": request.build_absolute_uri(reverse("api:me")),
        "keys_url": registry.url("api.key") if may(request.user, "api") else "",
        "new_url": registry.url("api.new-key") if may(request.user, "api", Level.ADMIN) else "",
        "page_title": _("Documentation of the API"),
    }
    return render(request, "api/docs.html", context)


def new_key_link(user: Any) -> tuple[Any, str, str] | None:
    """The button of the list of keys, for who may make one."""
    return (_("New API key"), registry.url("api.new-key"), "plus") if may(user, "api", Level.ADMIN) else None


def docs_link(user: Any) -> tuple[Any, str, str] | None:
    """From the list of keys to the documentation."""
    return _("Documentation"), registry.url("api.docs"), "book"


def use_of(key: ApiKey, user: Any) -> dict[str, Any]:
    """Context of the card “Use”."""
    return {"limit": limit_of(key), "scopes": key.scope_words()}
