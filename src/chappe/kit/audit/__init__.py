"""Who changed what, before and after, as sentences. ``from chappe.kit import audit; audit.created(actor, obj)``.

The verbs are fetched on first use, because models cannot be imported while the apps are still loading.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chappe.kit.audit.sentences import register_sentence
    from chappe.kit.audit.services import (
        bulk_changed,
        changed,
        created,
        deleted,
        event,
        forget,
        history,
        saved,
        snapshot,
    )  # fmt: skip

__all__ = [
    "bulk_changed", "changed", "created", "deleted", "event", "forget", "history", "register_sentence", "saved", "snapshot",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from chappe.kit.audit import sentences, services

    return sentences.register_sentence if name == "register_sentence" else getattr(services, name)
