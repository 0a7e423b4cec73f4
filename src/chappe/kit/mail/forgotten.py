"""“Password forgotten”: a link by mail, once, for three days. The page answers the same whether the account exists or not.

Whoever asks learns nothing: the same rows are written for a known and an unknown name, and the mail is written by a job. An
address asks thirty times at most before it is locked for a quarter of an hour; an account gets one mail in ten minutes.
The second factor is still asked at sign-in.
"""

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from chappe.kit.access import lockout
from chappe.kit.access.actor import Actor
from chappe.kit.access.models import User
from chappe.kit.access.services import invitation_link
from chappe.kit.access.signing_in import client_address
from chappe.kit.jobs.services import enqueue
from chappe.kit.mail import services

SLOT_S = 600


class ForgottenForm(forms.Form):
    """Who forgot."""

    login = forms.CharField(
        label=gettext_lazy("User name or e-mail"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}),
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer says nothing of the account."""
    form = ForgottenForm(request.POST or None)
    asked = request.method == "POST" and form.is_valid() and services.is_ready()
    if asked:
        _ask(request, form.cleaned_data["login"])
    context = {"form": form, "asked": asked, "ready": services.is_ready()}
    return render(request, "mail/forgotten.html", context, status=422 if form.errors else 200)


def _ask(request: HttpRequest, login: str) -> None:
    if not lockout.reserve(lockout.Kind.ADDRESS, f"forgotten:{client_address(request)}"):
        return
    user = User.objects.by_login(login)
    known = user is not None and user.is_active and bool(user.email)
    origin = (
        settings.CSRF_TRUSTED_ORIGINS[0]
        if settings.CSRF_TRUSTED_ORIGINS
        else request.build_absolute_uri("/").rstrip("/")
    )
    enqueue(
        "mail.forgotten",
        actor=Actor.system("password forgotten"),
        user=user.pk if known and user is not None else 0,
        origin=origin,
    )


def write(user_pk: int, origin: str) -> None:
    """The mail itself, by the job; nothing for nobody. One in ten minutes."""
    user = User.objects.filter(pk=user_pk, is_active=True).exclude(email="").first()
    if user is None:
        return
    actor = Actor.system("password forgotten")
    slot = int(timezone.now().timestamp()) // SLOT_S
    with translation.override(user.language):
        link = invitation_link(actor=actor, user=user)
        address = link if link.startswith(("http://", "https://")) else f"{origin}{link}"
        services.send(
            actor=actor,
            to=user.email,
            subject=_("Choose a new password"),
            text=_(
                "Hello,\n\nSomebody asked for a new password for your account %(name)s. If it was you, open this link within three "
                "days; it serves once:\n\n%(link)s\n\nIf it was not you, do nothing: your password has not changed.\n"
            )
            % {"name": user.username, "link": address},
            owner=user.organisation,
            key=f"forgotten:{user.pk}:{slot}",
            confidential=True,
        )
