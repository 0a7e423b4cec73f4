"""Texts that come packaged as data and that the house corrects: a copy is a draft, then in force, then retired.

The one state machine of them all. An app says what its copies are of (a model made from :class:`CorrectedCopy`) and what is
wrong in one; the verbs of :class:`Copies` are the only writers. What was once in force is never changed again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.kit.access.actor import Actor
from chappe.kit.access.door import Level, ScopedModel, house_only, require
from chappe.kit.audit.services import created, deleted, event, saved


class CorrectedCopy(ScopedModel):
    """A packaged text as somebody corrected it. One of those that stand for each other is in force; without one the package is."""

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("a layout", "draft")
        ACTIVE = "active", pgettext_lazy("a layout", "active")
        RETIRED = "retired", pgettext_lazy("a layout", "retired")

    note = models.CharField(_("what was corrected"), max_length=200)
    text = models.TextField(_("layout (TOML)"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DRAFT, editable=False)
    created_at = models.DateTimeField(_("written"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"), editable=False,
    )  # fmt: skip
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


State = CorrectedCopy.State


@dataclass(frozen=True, kw_only=True)
class Copies:
    """The copies of one app. ``check`` raises ValidationError, under "text", with what is wrong in one; ``same``: fields by which
    copies are of the same packaged text; ``activated``, ``retired``: sentences of the journal."""

    model: type[CorrectedCopy]
    check: Callable[[Any], Any]
    activated: str
    retired: str
    same: Sequence[str] = ()

    def text(self, **of: Any) -> str:
        """The text in force, "" where it is the packaged one."""
        found = self.model._default_manager.filter(state=State.ACTIVE, **of)
        return found.values_list("text", flat=True).first() or ""

    def create(self, *, actor: Actor, data: dict[str, Any]) -> Any:
        """Keep a corrected copy as a draft."""
        self._may(actor)
        copy = self.model(created_by=actor.user, **data)
        self.check(copy)
        copy.full_clean()
        with transaction.atomic():
            copy.save()
            created(actor, copy)
        return copy

    def update(self, *, actor: Actor, object: Any, data: dict[str, Any]) -> Any:
        """Correct a draft. What was in force stays as it was: write another copy."""
        self._may(actor)
        with transaction.atomic():
            held = self._held(object)
            if held.state != State.DRAFT:
                raise ValidationError(
                    _g("This layout was in force: write a new copy instead, so that what was made with it can be seen.")
                )
            for name, value in data.items():
                setattr(held, name, value)
            self.check(held)
            saved(actor, object, data)
        return object

    def delete(self, *, actor: Actor, object: Any) -> None:
        """Throw a draft away."""
        self._may(actor)
        with transaction.atomic():
            if self._held(object).state != State.DRAFT:
                raise ValidationError(_g("A layout that was in force is kept for the history."))
            deleted(actor, object)
            object.delete()

    def activate(self, *, actor: Actor, copy: Any) -> Any:
        """From now on this copy counts; the one before is retired."""
        self._may(actor)
        self.check(copy)
        with transaction.atomic():
            same = {name: getattr(copy, name) for name in self.same}
            before = self.model._default_manager.filter(state=State.ACTIVE, **same).exclude(pk=copy.pk)
            before.update(state=State.RETIRED)
            copy.state, copy.activated_at = State.ACTIVE, timezone.now()
            copy.save(update_fields=["state", "activated_at"])
            event(actor, copy, self.activated)
        return copy

    def retire(self, *, actor: Actor, copy: Any) -> Any:
        """Back to the packaged text."""
        self._may(actor)
        with transaction.atomic():
            copy.state = State.RETIRED
            copy.save(update_fields=["state"])
            event(actor, copy, self.retired)
        return copy

    def why_not_activate(self, copy: Any, _user: Any) -> Any:
        """What keeps a copy from being put in force; None for nothing."""
        if copy.state == State.ACTIVE:
            return _g("It is in force already.")
        try:
            self.check(copy)
        except ValidationError as error:
            return " ".join(error.messages)
        return None

    def why_not_retire(self, copy: Any, _user: Any) -> Any:
        """Why there is nothing to go back from."""
        return None if copy.state == State.ACTIVE else _g("It is not in force.")

    def _held(self, copy: Any) -> Any:
        return self.model._default_manager.select_for_update(of=("self",)).get(pk=copy.pk)

    def _may(self, actor: Actor) -> None:
        house_only(actor.user)
        if actor.user is not None:
            require(actor.user, self.model.access.area, Level.ADMIN)
