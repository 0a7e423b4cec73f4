"""People, roles and the traces of their coming and going. Rules of what they may do stand in door.py."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chappe.kit.access.areas import LEVEL_LABELS, area_label, areas
from chappe.kit.access.door import EVERYONE, HOUSE, Access, ScopedModel, ScopedQuerySet
from chappe.kit.access.secrets import EncryptedTextField

LANGUAGES = [("fr", "Français"), ("en", "English")]


class Role(ScopedModel):
    """A named set of rights, the same for every organisation."""

    access = Access(area="utilisateurs", owner=EVERYONE)

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.TextField(_("description"), blank=True)
    requires_totp = models.BooleanField(
        _("requires a second factor"),
        default=False,
        help_text=_("Who holds this role must confirm each sign-in with a code from their phone."),
    )

    def audit_extra(self) -> dict[str, Any]:
        """The matrix, so that the journal tells which right was given or taken."""
        levels = dict(self.rights.values_list("area", "level"))
        return {f"right:{area}": levels.get(area) for area in areas()}

    @staticmethod
    def audit_words(name: str, before: Any, after: Any) -> tuple[str, str, str]:
        """A cell of the matrix in the reader's words."""
        told = [str(LEVEL_LABELS.get(level, _("none"))) for level in (before, after)]
        return area_label(name.removeprefix("right:")), told[0], told[1]

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RoleRight(ScopedModel):
    """One cell of the matrix: this role reaches this level in this area."""

    access = Access(area="utilisateurs", owner=EVERYONE)

    role = models.ForeignKey(Role, models.CASCADE, related_name="rights", verbose_name=_("role"))
    area = models.CharField(_("area"), max_length=60)
    level = models.PositiveSmallIntegerField(
        _("level"), choices=[(int(level), label) for level, label in LEVEL_LABELS.items()]
    )

    class Meta:
        verbose_name = _("right")
        verbose_name_plural = _("rights")
        ordering = ["role", "area"]
        constraints = [models.UniqueConstraint(fields=["role", "area"], name="access_one_level_per_area")]

    def __str__(self) -> str:
        return f"{self.area} | {self.get_level_display()}"


class UserManager(BaseUserManager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Finds people; they are made by services.py alone."""

    def by_login(self, login: str) -> "User | None":
        """The account with this user name, or else with this e-mail address, whatever the capitals."""
        login = login.strip().lower()
        if not login:
            return None
        found = list(self.filter(Q(username__iexact=login) | Q(email__iexact=login))[:2])
        return next((user for user in found if user.username.lower() == login), found[0] if found else None)


class User(AbstractBaseUser, ScopedModel):
    """A person with an account. No organisation: staff of the house."""

    access = Access(area="utilisateurs", owner="organisation")
    audit_ignore = ("last_login", "last_seen", "totp_last_step", "password_changed_at")
    audit_secret = ("password", "totp_secret")
    audit_m2m = ("roles",)

    username = models.CharField(
        _("user name"),
        max_length=150,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9._@+-]+\Z", _("Letters without accents, digits and . _ @ + - only."))],
        error_messages={"unique": _("This user name is taken.")},
    )
    email = models.EmailField(_("e-mail"), blank=True)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="fr")
    organisation = models.ForeignKey(
        settings.CHAPPE_ORGANISATION_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("organisation"),
        help_text=_("Empty for staff of the house. Others see only the rows of their organisation."),
    )
    roles = models.ManyToManyField(Role, blank=True, related_name="users", verbose_name=_("roles"))
    is_active = models.BooleanField(_("active"), default=True)
    is_superuser = models.BooleanField(
        _("administers the whole house"),
        default=False,
        help_text=_("Holds every right, with no role needed."),
    )
    must_change_password = models.BooleanField(_("must change their password"), default=False)
    password_changed_at = models.DateTimeField(_("password changed"), null=True, blank=True, editable=False)
    totp_secret = EncryptedTextField(_("second factor"), blank=True, default="", editable=False)
    totp_since = models.DateTimeField(_("second factor since"), null=True, blank=True, editable=False)
    totp_last_step = models.BigIntegerField(default=0, editable=False)  # a code serves once
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_seen = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~Q(email=""),
                name="access_email_unique",
                violation_error_message=_("Another account has this e-mail address."),
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False) | Q(organisation__isnull=True),
                name="access_superuser_is_of_the_house",
                violation_error_message=_("Only staff of the house can administer the whole house."),
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def clean_fields(self, exclude: Any = None) -> None:
        self.normalise()  # before the validators, which expect the tidy form
        super().clean_fields(exclude=exclude)

    def normalise(self) -> None:
        """Capitals make no difference in a user name, nor in practice in an e-mail address."""
        self.username = self.username.strip().lower()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalise()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.username

    @property
    def initials(self) -> str:
        """Two letters for the round picture."""
        words = self.get_full_name().split() or [self.username]
        return "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else words[0][:2].upper()

    @property
    def rights(self) -> dict[str, int]:
        """area → highest level given by the roles. Read once per instance, that is once per request."""
        if "_rights" not in self.__dict__:
            pairs = RoleRight.objects.filter(role__users=self).values_list("area").annotate(models.Max("level"))
            self.__dict__["_rights"] = dict(pairs.order_by()) if self.pk else {}
        return self.__dict__["_rights"]

    def forget_rights(self) -> None:
        """Read the rights anew at the next question: to call when roles have just changed."""
        self.__dict__.pop("_rights", None)

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        self.forget_rights()
        super().refresh_from_db(*args, **kwargs)

    def roles_giving(self, area: str, level: int) -> list[str]:
        """Names of the roles that give at least ``level`` on ``area``."""
        rows = self.roles.filter(rights__area=area, rights__level__gte=level)
        return list(rows.values_list("name", flat=True))

    @property
    def has_totp(self) -> bool:
        return self.totp_since is not None

    @property
    def needs_totp(self) -> bool:
        """Whether a role obliges this person to have a second factor."""
        return self.roles.filter(requires_totp=True).exists()

    def state(self) -> str:
        """Word shown on the page: active, closed."""
        return "active" if self.is_active else "closed"


class RecoveryCode(ScopedModel):
    """Opens the door once when the phone is lost. Only its fingerprint is kept."""

    access = Access(area="utilisateurs", owner="user__organisation")

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    fingerprint = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(fields=["user", "fingerprint"], name="access_recovery_unique")]


class OpenSession(ScopedModel):
    """A browser that is signed in, so that its owner can see it and close it."""

    access = Access(area="utilisateurs", owner="user__organisation")

    user = models.ForeignKey(User, models.CASCADE, related_name="open_sessions", verbose_name=_("user"))
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    address = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_seen = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("open session")
        verbose_name_plural = _("open sessions")
        ordering = ["-last_seen"]

    def __str__(self) -> str:
        return f"{self.user} · {self.address or '?'}"


class LoginAttempt(ScopedModel):
    """One try at the sign-in page, kept for whoever looks into an incident."""

    access = Access(area="utilisateurs", owner="user__organisation")

    class Outcome(models.TextChoices):
        OK = "ok", _("signed in")
        BAD_PASSWORD = "bad_password", _("wrong password")
        BAD_CODE = "bad_code", _("wrong code")
        UNKNOWN = "unknown", _("unknown account")
        CLOSED = "closed", _("closed account")
        LOCKED = "locked", _("locked out")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    login = models.CharField(
        _("user name given"),
        max_length=150,
        help_text=_("Masked when no account has it: people type their password there by mistake."),
    )
    user = models.ForeignKey(User, models.SET_NULL, null=True, verbose_name=_("user"), related_name="login_attempts")
    address = models.GenericIPAddressField(_("address"), null=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)

    class Meta:
        verbose_name = _("sign-in attempt")
        verbose_name_plural = _("sign-in attempts")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.login} · {self.get_outcome_display()}"


class SignInCounter(ScopedModel):
    """Failures in a row for one account or one address, and until when it is locked."""

    access = Access(area="utilisateurs", owner=HOUSE)

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("account")
        ADDRESS = "address", _("address")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=200)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    last_at = models.DateTimeField(_("last failure"), default=timezone.now)
    locked_until = models.DateTimeField(_("locked until"), null=True)

    class Meta:
        verbose_name = _("lock")
        verbose_name_plural = _("locks")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="access_counter_unique")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
