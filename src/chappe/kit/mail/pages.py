"""Pages beside the outbox: a mail as a file, its attachments, a test mail, a returned mail sent in by hand."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Access, Level, is_house, may, visible_to
from chappe.kit.documents.views import download_response
from chappe.kit.mail import bounces, dsn, server, services
from chappe.kit.mail.access import AREA
from chappe.kit.mail.compose import compose
from chappe.kit.mail.models import Message, MessageFile
from chappe.kit.screens import registry


class TestForm(forms.Form):
    """Where the test mail goes."""

    __test__ = False  # a form, whatever its name says to the test runner
    to = forms.EmailField(label=gettext_lazy("Address"))


class BounceForm(forms.Form):
    """The returned mail, as saved by a mail program."""

    file = forms.FileField(
        label=gettext_lazy("Returned mail"),
        help_text=gettext_lazy("The report of the mail server, saved as .eml."),
    )


def may_see(user: Any, obj: Any) -> bool:
    """Whether ``user`` may see the object that a mail is about."""
    return (
        isinstance(getattr(type(obj), "access", None), Access)
        and visible_to(user, type(obj)).filter(pk=obj.pk).exists()
    )


def test_link(user: Any) -> tuple[Any, str, str] | None:
    if not is_house(user) or not may(user, AREA, Level.ADMIN):
        return None
    return _("Test mail"), registry.url("mail.test"), "mail-fast"


def bounce_link(user: Any) -> tuple[Any, str, str] | None:
    if not is_house(user) or not may(user, AREA, Level.ADMIN):
        return None
    return _("Send a returned mail in"), registry.url("mail.bounce"), "mail-down"


@require_safe
def eml(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as a file that any mail program opens. A confidential one is given to nobody."""
    message = get_object_or_404(visible_to(request.user, Message), pk=pk)
    if message.confidential:
        raise PermissionDenied(_("The text of this mail is confidential."))
    try:
        data = compose(message)
    except FileNotFoundError as error:
        raise Http404(_("An attachment is missing from the store. Tell your administrator.")) from error
    response = HttpResponse(data, content_type="message/rfc822")
    name = f"{slugify(message.subject)[:60] or 'mail'}-{message.pk}.eml"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An attachment, to whoever may see its mail."""
    file = get_object_or_404(visible_to(request.user, MessageFile).select_related("stored"), pk=pk)
    return download_response(request.user, file.stored, through=file)


def test(request: HttpRequest) -> HttpResponse:
    """Write a test mail, then show its row: what the server answers stands there."""
    if not is_house(request.user):
        raise PermissionDenied(_("Only staff of the house may do this."))
    form = TestForm(request.POST or None, initial={"to": getattr(request.user, "email", "")})
    if request.method == "POST" and form.is_valid():
        try:
            message = services.send_test(actor=Actor.of(request), to=form.cleaned_data["to"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The test mail is on its way: the answer of the server appears here."))
            return redirect(registry.object_url(message))
    context = {"form": form, "sender": server.sender(), **_server_words()}
    return render(request, "mail/test.html", context, status=422 if form.errors else 200)


def _server_words() -> dict[str, Any]:
    try:
        to = server.server()
    except server.Misconfigured as error:
        return {"fault": str(error), "server": None}
    return {"fault": "", "server": to}


def bounce(request: HttpRequest) -> HttpResponse:
    """Read a returned mail that somebody saved, and mark the mail it speaks of."""
    if not is_house(request.user):
        raise PermissionDenied(_("Only staff of the house may do this."))
    form = BounceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            if given.size > dsn.MAX_BYTES:
                raise ValidationError(_("A returned mail weighs less than 10 MB."))
            count = bounces.upload(actor=Actor.of(request), data=given.read(), name=given.name)
        except ValidationError as error:
            form.add_error("file", error)
        else:
            messages.success(request, _told(count))
            return redirect(registry.url("mail.report", "list"))
    return render(request, "mail/bounce.html", {"form": form}, status=422 if form.errors else 200)


def _told(count: bounces.Count) -> str:
    if count.again and not count.reports:
        return _("This report was read already: nothing changes.")
    if count.unknown:
        return _("Read, but it speaks of no mail of ours: it is kept here.")
    if count.returned:
        return _("Read: the mail is marked as returned.")
    return _("Read: the report changes nothing for its mail.")
