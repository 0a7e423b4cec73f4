"""The outbox as a list, its mails, what came back; and the pages beside them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.kit.access.door import Level
from chappe.kit.mail import forgotten, pages, services
from chappe.kit.mail.access import AREA
from chappe.kit.mail.models import TROUBLED, WAITING, Message, Report, State
from chappe.kit.screens import registry
from chappe.kit.screens.declare import (
    Action,
    Chip,
    Column,
    Done,
    Kind,
    Menu,
    Page,
    Panel,
    Related,
    Scope,
    Screen,
    Tone,
)

SECTION = "administration"
registry.menu_section(SECTION, _("Administration"), 900)

TONES = {
    State.HELD: Tone.WAIT, State.QUEUED: Tone.WAIT, State.SENDING: Tone.RUN, State.SENT: Tone.OK, State.FAILED: Tone.BAD,
    State.BOUNCED: Tone.BAD, State.CANCELLED: Tone.WARN,
}  # fmt: skip
OUTCOMES = {
    "failed": Tone.BAD, "delayed": Tone.WARN, "delivered": Tone.OK, "relayed": Tone.OK, "other": Tone.NEW,
}  # fmt: skip


def _each(verb: Any, objects: list[Message], actor: Any) -> tuple[int, str]:
    """Apply ``verb`` to each; how many went through, and the first refusal when some did not."""
    done, refusal = 0, ""
    for message in objects:
        try:
            verb(message, actor=actor)
            done += 1
        except ValidationError as error:
            refusal = refusal or " ".join(error.messages)
    if not done and refusal:
        raise ValidationError(refusal)
    return done, refusal


def _again(*, actor: Any, objects: list[Message]) -> Done:
    done, refusal = _each(services.again, objects, actor)
    told = _g("Mails to be sent again: %(n)s.") % {"n": done}
    return Done(f"{told} {refusal}".strip())


def _release(*, actor: Any, objects: list[Message]) -> Done:
    done, refusal = _each(services.release, objects, actor)
    told = _g("Mails that leave now: %(n)s.") % {"n": done}
    return Done(f"{told} {refusal}".strip())


def _cancel(*, actor: Any, objects: list[Message]) -> Done:
    done, refusal = _each(services.cancel, objects, actor)
    told = _g("Mails cancelled: %(n)s.") % {"n": done}
    return Done(f"{told} {refusal}".strip())


def _content(message: Message, user: Any) -> dict[str, Any]:
    about = message.about()
    seen = about is not None and pages.may_see(user, about)
    return {
        "files": message.files.select_related("stored"),
        "about_url": registry.object_url(about) if seen else "",
        "refused": message.refused.items(),
        "forgotten": message.confidential,
    }


def _people(rows: QuerySet, _user: Any) -> QuerySet:
    return rows.select_related("created_by", "owner")


ACTIONS = (
    Action(
        name="cancel", label=_("Cancel"), perform=_cancel, icon="ban", bulk=True, danger=True,
        why_not=lambda message, _user: services.why_not_cancel(message),
        offered=lambda message, _user: message.state in {State.HELD, State.QUEUED},
    ),
    Action(
        name="release", label=_("Let go"), perform=_release, icon="send", bulk=True, primary=True,
        why_not=lambda message, _user: services.why_not_release(message),
        offered=lambda message, _user: message.state == State.HELD,
    ),
    Action(
        name="again", label=_("Send again"), perform=_again, icon="refresh", bulk=True, primary=True,
        why_not=lambda message, _user: services.why_not_again(message),
        offered=lambda message, _user: message.state in {State.FAILED, State.BOUNCED, State.CANCELLED},
    ),
)  # fmt: skip

registry.register(
    Screen(
        slug="mail.message",
        model=Message,
        label=_("Mails"),
        label_one=_("Mail"),
        area=AREA,
        menu=Menu(section=SECTION, icon="mail", order=65),
        intro=_("Every mail that Chappe writes: what waits, what left, what was refused or came back."),
        empty=_("No mail yet. Invoices, reminders and alerts appear here as soon as they are written."),
        rows=_people,
        columns=(
            Column(name="subject", label=_("Subject"), second="about_label"),
            Column(name="to_text", label=pgettext_lazy("mail", "To")),
            Column(name="state", label=_("State"), kind=Kind.STATE, choices=State.choices, tones=TONES),
            Column(name="created", label=pgettext_lazy("mail", "Written"), kind=Kind.DATETIME),
            Column(name="sent", label=pgettext_lazy("mail", "Sent"), kind=Kind.DATETIME),
            Column(name="attempts", label=_("Attempts"), kind=Kind.NUMBER),
            Column(name="answer", label=_("Answer of the server"), sortable=False),
            Column(name="wait_until", label=_("Next attempt"), kind=Kind.DATETIME, shown=False),
            Column(name="sender", label=pgettext_lazy("mail", "From"), shown=False),
            Column(name="message_id", label=_("Message-ID"), shown=False),
            Column(name="owner", label=_("Operator"), source="owner__name", shown=False),
            Column(name="created_by", label=_("By"), source="created_by__username", shown=False),
        ),
        scopes=(
            Scope(name="all", label=_("All")),
            Scope(name="waiting", label=_("To leave"), where=Q(state__in=WAITING)),
            Scope(name="sent", label=pgettext_lazy("mails", "Sent"), where=Q(state=State.SENT)),
            Scope(name="trouble", label=_("Not arrived"), where=Q(state__in=TROUBLED)),
        ),
        chips=(Chip(name="mine", label=_("Mine"), where=lambda user: Q(created_by=user)),),
        search=("subject", "to_text", "about_label", "message_id"),
        state="state",
        panels=(
            Panel(title=_("What it says"), icon="mail-opened", template="mail/content.html", context=_content),
            Panel(
                title=_("Course"), icon="clock", aside=True,
                columns=("to_text", "sender", "created", "created_by", "owner", "attempts", "wait_until", "sent", "answer",
                         "message_id"),
            ),
        ),
        related=(Related(screen="mail.report", path="message", label=_("What came back"), limit=5),),
        actions=ACTIONS,
        page_links=(pages.test_link, pages.bounce_link),
    )
)  # fmt: skip

registry.register(
    Screen(
        slug="mail.report",
        model=Report,
        label=_("Delivery reports"),
        label_one=_("Delivery report"),
        area=AREA,
        columns=(
            Column(name="recipient", label=_("Recipient"), kind=Kind.REF),
            Column(name="action", label=_("Outcome"), kind=Kind.STATE, choices=Report.Action.choices, tones=OUTCOMES),
            Column(name="status", label=_("Code")),
            Column(name="told", label=_("Answer of the server"), sortable=False),
            Column(name="at", label=pgettext_lazy("mail", "Read"), kind=Kind.DATETIME),
            Column(name="message", label=_("Mail"), kind=Kind.LINK),
        ),
        scopes=(
            Scope(name="all", label=_("All")),
            Scope(name="unknown", label=_("Of no mail of ours"), where=Q(message=None)),
        ),
        search=("recipient", "told", "message__subject"),
        state="action",
        rows=lambda rows, _user: rows.select_related("message"),
        empty=_("Nothing came back. Reports are read from the mailbox of the settings, or sent in by hand."),
        history=False,
    )
)

_PAGES = (
    ("mail.eml", "mail/message/<int:pk>/mail.eml", pages.eml, _("Download a mail"), Level.READ),
    ("mail.file", "mail/file/<int:pk>/download/", pages.attachment, _("Download an attachment"), Level.READ),
    ("mail.test", "mail/test/", pages.test, _("Test mail"), Level.ADMIN),
    ("mail.bounce", "mail/returned/", pages.bounce, _("Send a returned mail in"), Level.ADMIN),
)
for _slug, _path, _view, _label, _level in _PAGES:
    registry.page(Page(slug=_slug, path=_path, view=_view, label=_label, area=AREA, level=_level))
registry.page(
    Page(
        slug="mail.forgotten", path="sign-in/forgotten/", view=forgotten.forgotten, label=_("Password forgotten"), area="",
        public=True,  # whoever forgot a password cannot sign in
    )
)  # fmt: skip
