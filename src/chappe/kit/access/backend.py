"""How a session finds its person again. Passwords are looked at in signing_in.py, which counts the tries."""

from typing import Any

from chappe.kit.access.models import User


class Backend:
    """The one entry of AUTHENTICATION_BACKENDS."""

    def authenticate(self, request: Any, **credentials: Any) -> None:
        """Never: a way in that counts no failures would be a way round the lock."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session; a closed one is nobody."""
        return User.objects.select_related("organisation").filter(pk=user_id, is_active=True).first()
