"""Pages of sign-in and sign-out. Everything that decides stands in signing_in.py and services.py."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.encoding import force_str
from django.utils.http import url_has_allowed_host_and_scheme, urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from chappe.kit.access import services
from chappe.kit.access.actor import Actor
from chappe.kit.access.forms import CodeForm, NewPasswordForm, SignInForm
from chappe.kit.access.lockout import LOCK
from chappe.kit.access.models import User
from chappe.kit.access.signing_in import (
    Outcome,
    Where,
    enter,
    leave,
    pending_user,
    remember_pending,
    try_code,
    try_password,
)

NEXT = "access_next"


def _refusal(outcome: str) -> str:
    """The same words whether the account exists or not, is closed or not."""
    if outcome == Outcome.LOCKED:
        return _("Too many tries. Wait %(minutes)d minutes, or ask your administrator to unlock the account.") % {
            "minutes": LOCK.total_seconds() // 60
        }
    if outcome == Outcome.BAD_CODE:
        return _("This code is not right.")
    return _("This user name and this password do not go together.")


def _safe_next(request: HttpRequest, address: str) -> str:
    here = {request.get_host()}
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=here, require_https=request.is_secure())
    return address if address and safe else settings.LOGIN_REDIRECT_URL


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """User name and password; then straight in, or on to the code."""
    wanted = _safe_next(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(wanted)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome, user = try_password(form.cleaned_data["login"], form.cleaned_data["password"], Where.of(request))
        if user is None:
            form.add_error(None, _refusal(outcome))
        elif user.has_totp:
            remember_pending(request, user)
            request.session[NEXT] = wanted
            return redirect("access:code")
        else:
            enter(request, user)
            return redirect(wanted)
    status = 422 if form.errors else 200
    return render(request, "access/sign_in.html", {"form": form, "next": wanted}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second factor, within five minutes of the password."""
    user = pending_user(request)
    if user is None:
        messages.info(request, _("Give your user name and password again."))
        return redirect("access:sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = try_code(user, form.cleaned_data["code"], Where.of(request))
        if outcome == Outcome.OK:
            wanted = _safe_next(request, request.session.pop(NEXT, ""))
            enter(request, user)
            return redirect(wanted)
        form.add_error("code", _refusal(outcome))
    return render(request, "access/code.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out: by POST only, so that no picture in a page can do it."""
    leave(request)
    messages.info(request, _("You are signed out."))
    return redirect("access:sign-in")


@login_not_required
@never_cache
@sensitive_post_parameters("new", "again")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """A person with a sign-in link chooses a password. The link serves once and dies after three days."""
    user = _invited(uid, token)
    if user is None:
        return render(request, "access/welcome.html", {"form": None}, status=410)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_password(actor=Actor(user, "page"), user=user, password=form.cleaned_data["new"])
        except ValidationError as error:
            form.add_error("new", error)
        else:
            messages.success(request, _("Your password is set: sign in with it."))
            return redirect("access:sign-in")
    context = {"form": form, "account": user}
    return render(request, "access/welcome.html", context, status=422 if form.errors else 200)


def _invited(uid: str, token: str) -> User | None:
    try:
        key = int(force_str(urlsafe_base64_decode(uid)))
    except (ValueError, OverflowError):
        return None
    user = User.objects.filter(pk=key, is_active=True).first()
    return user if user is not None and default_token_generator.check_token(user, token) else None
