"""The reason of a call, as a sentence in the reader's language."""

from django.utils.translation import get_language

from chappe.core.rating.contract import Reason


def sentence_of(code: str) -> str:
    """``"no-destination"`` → why; "" for no reason, the code itself when a later version wrote it."""
    # The explanation pulls in the compiled kernel: only pages that show a reason pay for it.
    from chappe.core.rating.explain import reason_sentence

    try:
        reason = Reason[code.upper().replace("-", "_")] if code else Reason.NONE
    except KeyError:
        return code
    return reason_sentence(reason, (get_language() or "fr")[:2]) if reason else ""
