"""Keys of the API, how much each was used, and the reader that a key makes of its account.

A revoked key never comes back: the database itself refuses (``triggers.py``). The secret is not here.
"""

from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chappe.kit.access.areas import LEVEL_LABELS, Level, area_label, areas
from chappe.kit.access.door import Access, ScopedManager, ScopedModel, ScopedQuerySet
from chappe.kit.access.models import User, UserManager

ACTIVE, EXPIRED, REVOKED = "active", "expired", "revoked"
STATES = [
    (ACTIVE, pgettext_lazy("key", "active")),
    (EXPIRED, pgettext_lazy("key", "expired")),
    (REVOKED, pgettext_lazy("key", "revoked")),
]
IS_REVOKED = Q(revoked_at__isnull=False)
IS_EXPIRED = Q(revoked_at__isnull=True, expires_at__lte=Now())
IS_ACTIVE = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=Now()))


class KeyQuerySet(ScopedQuerySet):
    def with_state(self) -> "KeyQuerySet":
        """Rows with ``state`` (active, expired, revoked), ``revoked`` (bool) and ``uses``, as the screen shows them."""
        return self.annotate(
            state=Case(When(IS_REVOKED, Value(REVOKED)), When(IS_EXPIRED, Value(EXPIRED)), default=Value(ACTIVE)),
            revoked=Case(
                When(IS_REVOKED, Value(True)), default=Value(False), output_field=models.BooleanField(_("revoked"))
            ),
            uses=models.functions.Coalesce(models.F("meter__total"), 0, output_field=models.BigIntegerField()),
        )


class ApiKey(ScopedModel):
    """One program's way in. It acts as ``user``, never with more than that account's rights at that moment.

    ``scopes``: area → level that the key may use; empty: all that the account may. ``rate_per_minute`` empty: the
    setting API_RATE_PER_MINUTE.
    """

    access = Access(area="api", owner="organisation")
    audit_secret = ("digest",)
    audit_ignore = ("last_used_at", "last_used_from")

    name = models.CharField(
        _("name"), max_length=80, help_text=_("The software that will use it, so that you know it again.")
    )
    prefix = models.CharField(_("prefix"), max_length=8, unique=True, editable=False)
    digest = models.CharField(_("fingerprint"), max_length=64, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_keys", verbose_name=_("account"),
        help_text=_("The key acts as this account, with its rights at that moment, never more."),
    )  # fmt: skip
    organisation = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL, models.PROTECT, null=True, blank=True, editable=False,
        related_name="+", verbose_name=_("organisation"),
    )  # fmt: skip
    scopes = models.JSONField(_("scopes"), default=dict, blank=True)
    read_only = models.BooleanField(
        _("read only"), default=False, help_text=_("The key changes nothing, whatever its rights.")
    )
    networks = models.CharField(
        _("allowed addresses"), max_length=500, blank=True,
        help_text=_("Addresses or networks that may use the key, with commas: 192.0.2.7, 2001:db8::/32. Empty: any."),
    )  # fmt: skip
    rate_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, help_text=_("Empty: the house’s usual limit.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True, help_text=_("Empty: never."))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(_("last use"), null=True, editable=False)
    last_used_from = models.GenericIPAddressField(_("last used from"), null=True, editable=False)

    objects = ScopedManager.from_queryset(KeyQuerySet)()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        for part in self.allowed():
            try:
                ip_network(part, strict=False)
            except ValueError:
                raise ValidationError(
                    {"networks": _g("“%(text)s” is neither an address nor a network.") % {"text": part}}
                ) from None
        if self.rate_per_minute is not None and self.rate_per_minute < 1:
            raise ValidationError({"rate_per_minute": _g("At least one request a minute: to stop a key, revoke it.")})

    def allowed(self) -> list[str]:
        """The addresses and networks, as they were written."""
        return [part for part in self.networks.replace(",", " ").split() if part]

    def lets_in(self, address: str | None) -> bool:
        """Whether the key may be used from ``address``."""
        if not self.networks:
            return True
        try:
            given = ip_address(address or "")
        except ValueError:
            return False
        networks = [ip_network(part, strict=False) for part in self.allowed()]
        return any(given in network for network in networks if network.version == given.version)

    def state_at(self, moment: datetime) -> str:
        """active, expired or revoked at ``moment``."""
        if self.revoked_at is not None:
            return REVOKED
        return EXPIRED if self.expires_at is not None and self.expires_at <= moment else ACTIVE

    @property
    def shown_prefix(self) -> str:
        """How the key looks once its secret is hidden."""
        return f"chp_{self.prefix}_…"

    @property
    def limited(self) -> bool:
        """Whether it may less than its account."""
        return bool(self.scopes) or self.read_only

    def narrowed(self, rights: dict[str, int]) -> dict[str, int]:
        """The rights of the account, cut down to those of the key."""
        most = int(Level.READ if self.read_only else Level.ADMIN)
        wanted = self.scopes or rights
        levels = {area: min(rights.get(area, 0), int(level), most) for area, level in wanted.items()}
        return {area: level for area, level in levels.items() if level > 0}

    def scope_words(self) -> str:
        """The scopes in one line, in the reader's language."""
        if not self.scopes:
            return (
                _g("All the rights of the account, reading only")
                if self.read_only
                else _g("All the rights of the account")
            )
        most = int(Level.READ if self.read_only else Level.ADMIN)
        return ", ".join(
            f"{area_label(area)} | {LEVEL_LABELS[min(int(level), most)]}" for area, level in self.scopes.items()
        )


class KeyMeter(ScopedModel):
    """Requests of one key in the present minute, and ever. Written by limits.py with conditional updates."""

    access = Access(area="api", owner="key__organisation")

    key = models.OneToOneField(
        ApiKey, models.CASCADE, primary_key=True, related_name="meter", verbose_name=_("API key")
    )
    minute = models.BigIntegerField(_("minute"), default=0)
    count = models.PositiveIntegerField(_("requests in the minute"), default=0)
    total = models.BigIntegerField(_("requests"), default=0)

    class Meta:
        verbose_name = _("use of a key")
        verbose_name_plural = _("uses of keys")


class KeyHolder(User):
    """The account as one key lets it act: the same person at the one door, with fewer rights.

    It is what ``request.user`` is behind a key. It is never saved.
    """

    objects = UserManager()

    class Meta:
        proxy = True
        verbose_name = _("account behind a key")
        verbose_name_plural = _("accounts behind keys")

    @classmethod
    def of(cls, key: ApiKey) -> "KeyHolder":
        """The account of ``key``, narrowed."""
        holder = cls.__new__(cls)
        holder.__dict__ = {**key.user.__dict__, "_key": key}
        holder.forget_rights()
        return holder

    @property
    def rights(self) -> dict[str, int]:
        """area → level, cut down by the key."""
        if "_narrowed" not in self.__dict__:
            everything = self.__dict__.get("is_superuser") and self.organisation_id is None
            whole = dict.fromkeys(areas(), int(Level.ADMIN)) if everything else super().rights
            self.__dict__["_narrowed"] = self.__dict__["_key"].narrowed(whole)
        return self.__dict__["_narrowed"]

    def forget_rights(self) -> None:
        self.__dict__.pop("_narrowed", None)
        super().forget_rights()

    @property
    def is_superuser(self) -> bool:  # type: ignore[override]
        """“Holds every right” is true of a key only when nothing limits it."""
        key = self.__dict__.get("_key")
        return bool(self.__dict__.get("is_superuser")) and key is not None and not key.limited

    @is_superuser.setter
    def is_superuser(self, value: bool) -> None:
        self.__dict__["is_superuser"] = value

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the account again; the key still narrows it."""
        self.__dict__.update(User.objects.get(pk=self.pk).__dict__)
        self.forget_rights()

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the account behind a key is never saved: read the account itself")

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the account behind a key is never deleted: read the account itself")


def with_state(rows: QuerySet, user: Any) -> QuerySet:
    """``Screen.rows`` of keys."""
    return rows.with_state()
