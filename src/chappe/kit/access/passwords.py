"""Rules of a password: long rather than strange, not a common one, not made of the person's own name."""

from typing import TYPE_CHECKING

from django.contrib.auth.password_validation import get_password_validators, validate_password

if TYPE_CHECKING:
    from chappe.kit.access.models import User

MINIMUM_CHARACTERS = 12
_PACKAGE = "django.contrib.auth.password_validation"
_RULES = get_password_validators(
    [
        {"NAME": f"{_PACKAGE}.MinimumLengthValidator", "OPTIONS": {"min_length": MINIMUM_CHARACTERS}},
        {"NAME": f"{_PACKAGE}.CommonPasswordValidator"},
        {"NAME": f"{_PACKAGE}.NumericPasswordValidator"},
        {
            "NAME": f"{_PACKAGE}.UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("username", "first_name", "last_name", "email")},
        },
    ]
)


def check_password_rules(password: str, user: "User | None" = None) -> None:
    """Raise ValidationError with one sentence for each broken rule."""
    validate_password(password, user, password_validators=_RULES)


def rules() -> list[str]:
    """The rules as sentences, for the page where a password is chosen."""
    return [str(rule.get_help_text()) for rule in _RULES]
