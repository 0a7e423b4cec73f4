"""Mail in the background: empty the outbox, read what came back. Thin, safe to repeat."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.actor import Actor
from chappe.kit.jobs.context import JobContext, PermanentError
from chappe.kit.jobs.registry import job, schedule
from chappe.kit.jobs.services import enqueue
from chappe.kit.mail import bounces, forgotten, posting
from chappe.kit.mail.access import AREA
from chappe.kit.mail.server import Misconfigured

SOON = timedelta(minutes=10)  # the schedule comes by as often as that


@schedule("*/10 * * * *")
@job("mail.send", label=_("Send the mail that waits"), area=AREA)
def send(ctx: JobContext, failures: int = 0) -> None:
    """Hand over every mail that is due; come back soon when one waits or the server is away."""
    done = posting.post(check=ctx.check)
    ctx.result(sent=done.sent, put_off=done.put_off, refused=done.refused, unreachable=done.unreachable)
    if done.unreachable:
        ctx.log(_g("The mail server cannot be reached: %(why)s") % {"why": done.unreachable}, level="warning")
        wait = posting.PROBES[min(failures, len(posting.PROBES) - 1)]
        later(wait, failures + 1)
        return
    if done.sent or done.put_off or done.refused:
        ctx.log(
            _g("Mail: %(sent)s sent, %(later)s put off, %(refused)s refused.")
            % {"sent": done.sent, "later": done.put_off, "refused": done.refused}
        )
    moment = posting.next_due()
    if moment is not None and moment - timezone.now() < SOON:
        later(max(moment - timezone.now(), timedelta(seconds=5)), 0)


def later(wait: timedelta, failures: int) -> None:
    """One more round, after ``wait``; a key of its own, so that it never holds back a mail written meanwhile."""
    enqueue("mail.send", actor=Actor.system("mail"), unique="mail.send.later", not_before=wait, failures=failures)


@schedule("5,35 * * * *")
@job("mail.bounces", label=_("Read the mail that came back"), area=AREA)
def bounces_job(ctx: JobContext) -> None:
    """Look into the mailbox of returned mail, where one is set."""
    try:
        count = bounces.fetch(actor=ctx.actor, check=ctx.check)
    except Misconfigured as error:
        raise PermanentError(str(error)) from error
    ctx.result(reports=count.reports, returned=count.returned, unknown=count.unknown)
    if count.reports:
        ctx.log(
            _g("Returned mail: %(reports)s reports read, %(returned)s mails marked.")
            % {"reports": count.reports, "returned": count.returned}
        )


@job("mail.forgotten", label=_("Write a password link"), area="utilisateurs")
def forgotten_job(_ctx: JobContext, user: int, origin: str) -> None:
    """The mail of “password forgotten”; 0 is nobody, so that a job tells nothing either."""
    forgotten.write(user, origin)
