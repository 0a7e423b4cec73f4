"""Who acts, and by which way. Passed to every verb, written down by audit. Decides nothing: see door.py."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from chappe.kit.access.models import User

Via = Literal["page", "api", "job", "cli", "file"]


@dataclass(frozen=True)
class Actor:
    """``user`` is None when the house acts by itself; ``detail`` then says what it is (a schedule, a file name)."""

    user: "User | None" = None
    via: Via = "page"
    detail: str = ""
    said: Any = ""  # what people read in the place of the detail; may be a lazy translation

    @classmethod
    def system(cls, detail: str, via: Via = "job", said: Any = "") -> "Actor":
        """Nobody in particular: a schedule, a command of the operating system, a received file."""
        return cls(user=None, via=via, detail=detail, said=said)

    @classmethod
    def of(cls, request: Any, via: Via = "page", detail: str = "") -> "Actor":
        """The person behind a request. An anonymous visitor has no user."""
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return cls(user=None, via=via, detail=detail)
        # request.user is a lazy wrapper; a frozen actor that outlives the request must hold the row itself.
        user.pk  # noqa: B018 - forces the load
        return cls(user=getattr(user, "_wrapped", user), via=via, detail=detail)

    @property
    def label(self) -> str:
        """The name frozen in the journal: the person's, else what the system says it was doing."""
        return str(self.user) if self.user is not None else str(self.said) or self.detail

    @property
    def organisation_id(self) -> int | None:
        return self.user.organisation_id if self.user is not None else None
