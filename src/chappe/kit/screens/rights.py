"""What a reader may do on a screen, asked of the one door. It only puts the door's questions; it decides nothing."""

from typing import Any

from chappe.kit.access.door import EVERYONE, HOUSE, SELF, Access, Level, is_house, may, may_touch

from .declare import Action, Screen


def may_read(screen: Screen, user: Any) -> bool:
    """Whether the list may be opened at all."""
    return may(user, screen.area, Level.READ)


def worth_opening(screen: Screen, user: Any) -> bool:
    """Whether the list can hold anything for ``user``: what is the house's own is never a partner's, so its menu is not theirs."""
    access = getattr(screen.model, "access", None)
    return may_read(screen, user) and (is_house(user) or not (isinstance(access, Access) and access.owner == HOUSE))


def may_create(screen: Screen, user: Any) -> bool:
    """Whether ``user`` may add a row: partners only where a row can be theirs."""
    if screen.create is None or not may(user, screen.area, Level.WRITE):
        return False
    access = getattr(screen.model, "access", None)
    return is_house(user) or not (isinstance(access, Access) and access.owner in {EVERYONE, HOUSE, SELF})


def may_change(screen: Screen, user: Any, obj: Any) -> bool:
    """Whether ``user`` may edit this very row."""
    return screen.update is not None and _on(screen, user, obj, Level.WRITE)


def may_delete(screen: Screen, user: Any, obj: Any) -> bool:
    """Whether ``user`` may delete this very row."""
    return screen.delete is not None and _on(screen, user, obj, Level.ADMIN)


def may_perform(screen: Screen, action: Action, user: Any, obj: Any = None) -> bool:
    """Whether ``user`` holds the right that ``action`` asks, on ``obj`` when it is given."""
    if obj is None:
        return may(user, screen.area, action.level)
    return _on(screen, user, obj, action.level)


def may_reveal(screen: Screen, user: Any, obj: Any) -> bool:
    """Whether ``user`` may read a secret of this row: whoever may change it."""
    return _on(screen, user, obj, Level.WRITE)


def _on(screen: Screen, user: Any, obj: Any, level: int) -> bool:
    return may(user, screen.area, level) and may_touch(user, obj, level)


def may_change_any(screen: Screen, user: Any) -> bool:
    """Whether ``user`` may edit rows of this screen in general; each row is asked again when it is written."""
    if screen.update is None or not may(user, screen.area, Level.WRITE):
        return False
    access = getattr(screen.model, "access", None)
    return is_house(user) or not (isinstance(access, Access) and access.owner in {EVERYONE, HOUSE})
