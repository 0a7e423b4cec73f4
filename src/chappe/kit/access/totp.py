"""The second factor: codes of six digits from a phone (RFC 6238), and recovery codes for when the phone is lost."""

import hmac
import secrets
import time
from io import BytesIO

import pyotp
import segno
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from chappe.kit.access.models import RecoveryCode, User

STEP_SECONDS = 30
DRIFT_STEPS = 1  # a phone half a minute early or late
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another


def new_secret() -> str:
    return pyotp.random_base32()


def uri(user: User, secret: str) -> str:
    """What the phone reads from the square."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name="Chappe")


def square(text: str) -> str:
    """The QR code as an SVG element, black on white, to be written into the page."""
    out = BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=5, border=2, light="#fff", xmldecl=False, svgns=True)
    return out.getvalue().decode()


def matching_step(secret: str, code: str) -> int | None:
    """The half-minute for which ``code`` is right, or None."""
    code = "".join(code.split())
    if not secret or not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    now = int(time.time()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


def verify(user: User, code: str) -> bool:
    """Whether ``code`` opens the door now. It serves once: the same code, or an older one, is refused afterwards."""
    step = matching_step(user.totp_secret, code)
    if step is None:
        return False
    return bool(User.objects.filter(pk=user.pk, totp_last_step__lt=step).update(totp_last_step=step))


def fingerprint(user: User, code: str, key: str = "") -> str:
    """What is kept of a recovery code: 80 random bits need no slow hash."""
    tidy = "".join(letter for letter in code.lower() if letter.isalnum())
    made = salted_hmac(f"chappe recovery {user.pk}", tidy, secret=key or settings.SECRET_KEY, algorithm="sha256")
    return made.hexdigest()


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes; the texts are answered here once and kept nowhere."""
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY_CODES)
    ]
    user.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, fingerprint=fingerprint(user, code)) for code in codes])
    return codes


def use_recovery_code(user: User, code: str) -> bool:
    """Spend a recovery code. Two people with the same code at the same moment: one passes."""
    if not code.strip():
        return False
    known = [fingerprint(user, code, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    codes = user.recovery_codes.filter(fingerprint__in=known, used_at=None)
    return bool(codes.update(used_at=timezone.now()))
