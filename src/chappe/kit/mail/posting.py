"""The outbox emptied: claims mails that are due, hands them over, writes what became of each. Called by the job alone.

A mail is claimed by one conditional UPDATE and released by another that must still hold the claim. Whoever is killed
between the server's "250" and our UPDATE leaves a claim that lapses: the mail leaves again under the same Message-ID.
A server that cannot be reached is nobody's refusal: mails wait, and none gives up for it.
"""

import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chappe.kit.mail import addresses, events, server
from chappe.kit.mail.compose import compose
from chappe.kit.mail.models import Message, State

log = structlog.get_logger("chappe.mail")

MINUTE = timedelta(minutes=1)
#: How long a mail that the server put off waits, after each attempt; then it is given up: about four days in all.
BACK_OFF: Sequence[timedelta] = (
    1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 720 * MINUTE, 1440 * MINUTE, 1440 * MINUTE,
)  # fmt: skip
#: How long to wait for a server that cannot be reached, by how often it could not.
PROBES: Sequence[timedelta] = (1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE)
CLAIM = timedelta(minutes=10)
PER_CONVERSATION = 100


@dataclass
class Round:
    """What one emptying did. ``unreachable`` is the reason why it stopped early."""

    sent: int = 0
    put_off: int = 0
    refused: int = 0
    unreachable: str = ""


def due(now: datetime) -> Q:
    """Mails to hand over now: waiting long enough, or claimed by somebody who died."""
    waiting = Q(state=State.QUEUED) & (Q(wait_until__isnull=True) | Q(wait_until__lte=now))
    return waiting | Q(state=State.SENDING, claimed_until__lt=now)


def post(*, check: Callable[[], None] = lambda: None) -> Round:
    """Hand over every mail that is due. ``check`` is called between two mails and may raise to stop."""
    done = Round()
    to = server.server()
    if to is None or not server.sender():
        return done
    while not done.unreachable and Message.objects.filter(due(timezone.now())).exists():
        try:
            with server.conversation(to) as smtp:
                for _turn in range(PER_CONVERSATION):
                    check()
                    message = _claim()
                    if message is None:
                        break
                    _hand_over(smtp, message, done)
        except server.Unreachable as error:
            done.unreachable = str(error)
            _note_unreachable(done.unreachable)
    return done


def _claim() -> Message | None:
    """The oldest mail that is due, now ours; None when there is none."""
    for _turn in range(20):  # another worker may take it first, but hardly twenty times
        now = timezone.now()
        pk = Message.objects.filter(due(now)).order_by("pk").values_list("pk", flat=True).first()
        if pk is None:
            return None
        claim = uuid4().hex
        taken = Message.objects.filter(due(now), pk=pk).update(
            state=State.SENDING, claim=claim, claimed_until=now + CLAIM, attempts=F("attempts") + 1
        )
        if taken:
            return Message.objects.get(pk=pk)
    return None


def _hand_over(smtp: smtplib.SMTP, message: Message, done: Round) -> None:
    pending = message.pending or message.recipients
    try:
        outcome = server.hand_over(smtp, envelope=server.return_path(message.uid), to=pending, data=compose(message))
    except server.Unreachable as error:
        _write(message, state=State.QUEUED, attempts=message.attempts - 1, answer=str(error))
        raise
    except OSError:  # an attachment that is gone from the store, not the server: that one was Unreachable
        outcome = server.Outcome(refused=dict.fromkeys(pending, _("An attachment is missing from the store.")))
        outcome = server.Outcome(refused=outcome.refused, answer=_("An attachment is missing from the store."))
    _settle(message, outcome, done)


def _settle(message: Message, outcome: server.Outcome, done: Round) -> None:
    """Write the outcome: some recipients may be served, others refused, others still to serve."""
    now = timezone.now()
    refused = message.refused | outcome.refused
    if outcome.later and message.attempts <= len(BACK_OFF):
        done.put_off += 1
        _write(
            message, state=State.QUEUED, pending=list(outcome.later), refused=refused,
            answer=next(iter(outcome.later.values())), wait_until=now + BACK_OFF[message.attempts - 1],
        )  # fmt: skip
        return
    refused |= outcome.later
    served = [address for address in message.recipients if address not in refused]
    answer = next(iter(refused.values()), outcome.answer)
    common = {"pending": list(refused), "refused": refused, "answer": answer, "ended": now, "wait_until": None}
    if served:
        done.sent += 1
        _write(message, state=State.SENT, sent=now, sealed="", **common)
        events.tell("sent", message)
    else:
        done.refused += 1
        _write(message, state=State.FAILED, **common)
        events.tell("failed", message)
    log.info(
        "mail", mail=message.pk, state=str(message.state), attempt=message.attempts,
        to=[addresses.hidden(address) for address in message.recipients],
    )  # fmt: skip


def _write(message: Message, **values: object) -> None:
    """Write the outcome unless the claim was lost; then the other holder's word stands."""
    changed = Message.objects.filter(pk=message.pk, state=State.SENDING, claim=message.claim)
    fresh = values | {"claim": "", "claimed_until": None}
    for name, value in fresh.items():
        setattr(message, name, value)
    changed.update(**{name: getattr(message, name) for name in fresh})


def _note_unreachable(why: str) -> None:
    log.warning("mail server unreachable", why=why)
    Message.objects.filter(due(timezone.now()), state=State.QUEUED).update(
        answer=_("The mail server cannot be reached: %(why)s") % {"why": why}
    )


def next_due() -> datetime | None:
    """When the next mail may leave; None when none waits."""
    row = Message.objects.filter(state__in=[State.QUEUED, State.SENDING]).order_by("wait_until").first()
    return None if row is None else (row.wait_until or timezone.now())
