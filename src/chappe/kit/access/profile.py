"""Pages where a person looks after their own account: name, password, second factor, open sessions."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chappe.kit.access import services, totp
from chappe.kit.access.actor import Actor
from chappe.kit.access.forms import ChangePasswordForm, CodeForm, PasswordProofForm, ProfileForm
from chappe.kit.access.lockout import Kind, account_key, give_back, reserve
from chappe.kit.access.models import OpenSession, User
from chappe.kit.access.secrets import decrypt, encrypt
from chappe.kit.access.signing_in import close_sessions, live_sessions, register_session

ENROL = "access_totp_secret"


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and language; what the roles give; the state of the second factor; open sessions."""
    user = request.user
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        services.update_own_profile(actor=Actor.of(request), user=Actor.of(request).user, data=form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("access:profile")
    context = {
        "form": form,
        "roles": user.roles.all(),
        "sessions": live_sessions(user),
        "session_key": request.session.session_key,
        "codes_left": user.recovery_codes.filter(used_at=None).count() if user.has_totp else 0,
    }
    return render(request, "access/profile.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's password. Other sessions are closed; this one goes on under a new key."""
    user = Actor.of(request).user
    form = ChangePasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_own_password(
                actor=Actor.of(request),
                user=user,
                old=form.cleaned_data["old"],
                new=form.cleaned_data["new"],
                session_key=request.session.session_key,
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _renew_session(request, user)
            messages.success(request, _("Your password is changed. Your other sessions are closed."))
            return redirect("access:profile")
    context = {"form": form, "forced": user.must_change_password}
    return render(request, "access/password.html", context, status=422 if form.errors else 200)


def _renew_session(request: HttpRequest, user: User) -> None:
    OpenSession.objects.filter(session_key=request.session.session_key).delete()
    update_session_auth_hash(request, user)
    register_session(request, user)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Turn on the second factor: show the square, take a first code, show the recovery codes once."""
    user = Actor.of(request).user
    if user.has_totp:
        return redirect("access:profile")
    if ENROL not in request.session:
        request.session[ENROL] = encrypt(totp.new_secret())
    secret = decrypt(request.session[ENROL])
    form = CodeForm(request.POST or None)
    form.fields["code"].help_text = _("Six digits shown by your phone.")
    if request.method == "POST" and form.is_valid():
        try:
            codes = services.enrol_totp(
                actor=Actor.of(request), user=user, secret=secret, code=form.cleaned_data["code"]
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            request.session.pop(ENROL, None)
            return render(request, "access/recovery_codes.html", {"codes": codes, "fresh": True})
    square = mark_safe(totp.square(totp.uri(user, secret)))  # noqa: S308 - made by segno from our own text
    context = {"form": form, "square": square, "secret": " ".join(_fours(secret)), "forced": user.needs_totp}
    return render(request, "access/totp.html", context, status=422 if form.errors else 200)


def _fours(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def _proof(request: HttpRequest, form: PasswordProofForm) -> bool:
    """Whether the person has just given their password; tries are counted like those of sign-in."""
    if request.method != "POST" or not form.is_valid():
        return False
    key = account_key("", request.user)
    if not reserve(Kind.ACCOUNT, key):
        form.add_error("password", _("Too many tries. Wait a few minutes."))
        return False
    if not request.user.check_password(form.cleaned_data["password"]):
        form.add_error("password", _("This is not your password."))
        return False
    give_back(Kind.ACCOUNT, key)
    return True


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def totp_off(request: HttpRequest) -> HttpResponse:
    """Turn off the second factor, proving who asks with the password."""
    form = PasswordProofForm(request.POST or None)
    if _proof(request, form):
        services.disable_totp(actor=Actor.of(request), user=Actor.of(request).user)
        request.session.pop("access_seen", None)  # a role may oblige to turn it on again: ask at the next page
        messages.success(request, _("The second factor is off."))
        return redirect("access:profile")
    context = {
        "form": form,
        "title": _("Turn off the second factor"),
        "sentence": _("Your password alone will open the door. The recovery codes stop working too."),
        "action_label": _("Turn off"),
        "danger": True,
    }
    return render(request, "access/proof.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown once."""
    user = Actor.of(request).user
    if not user.has_totp:
        return redirect("access:profile")
    form = PasswordProofForm(request.POST or None)
    if _proof(request, form):
        codes = services.new_recovery_codes(actor=Actor.of(request), user=user)
        return render(request, "access/recovery_codes.html", {"codes": codes})
    context = {
        "form": form,
        "title": _("New recovery codes"),
        "sentence": _("The former codes stop working."),
        "action_label": _("Make new codes"),
    }
    return render(request, "access/proof.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def close_session(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Close one of one's sessions, or (no key) all the others."""
    user = Actor.of(request).user
    if pk:
        get_object_or_404(OpenSession, pk=pk, user=user)
    count = close_sessions(actor=Actor.of(request), user=user, keep=request.session.session_key or "", only=pk or None)
    messages.success(request, ngettext("%(n)d session is closed.", "%(n)d sessions are closed.", count) % {"n": count})
    return redirect("access:profile")
