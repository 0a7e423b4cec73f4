"""Reads on mail: what was written about an object, what needs somebody, whether the server answers."""

from datetime import timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils import timezone

from chappe.kit.access.door import visible_to
from chappe.kit.mail.models import TROUBLED, Message, State

RECENT = timedelta(days=30)


def about(obj: Model, user: Any) -> QuerySet[Message]:
    """The mails about an object that ``user`` may see, newest first."""
    kind = ContentType.objects.get_for_model(type(obj))
    return visible_to(user, Message).filter(about_type=kind, about_pk=str(obj.pk)).order_by("-pk")


def troubled(user: Any) -> QuerySet[Message]:
    """Mails of the last month that were refused or came back, newest first."""
    return visible_to(user, Message).filter(state__in=TROUBLED, ended__gte=timezone.now() - RECENT).order_by("-pk")


def stuck(user: Any) -> QuerySet[Message]:
    """Mails that should have left a quarter of an hour ago or more: the server is away, or no worker runs."""
    late = timezone.now() - timedelta(minutes=15)
    return visible_to(user, Message).filter(state=State.QUEUED, wait_until__lt=late).order_by("pk")


def held(user: Any) -> QuerySet[Message]:
    """Mails kept for want of a server."""
    return visible_to(user, Message).filter(state=State.HELD).order_by("pk")
