"""The reason of a call, as a sentence in the reader's language."""

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from chappe.core.rating.contract import Reason

INCOMING, INTERNAL, FREE, UNANSWERED = "incoming", "internal", "free-number", "not-answered"
NO_TARIFF, NO_WAY, NO_NUMBER = "no-tariff", "no-way", "no-number"
#: Reasons of this app, beside those of the kernel.
SENTENCES = {
    INCOMING: _("Incoming call: the tariff has no price for calls that come in."),
    INTERNAL: _("Internal call: no trunk was used and the tariff does not price such calls."),
    FREE: _("Number that is free for the caller: emergency, helpline, freephone."),
    UNANSWERED: _("Nobody answered."),
    NO_TARIFF: _("No tariff sells this call: neither its customer nor its source has one in force that day."),
    NO_WAY: _("The ticket does not say whether the call came in or went out."),
    NO_NUMBER: _("The number called is not recognised: check the outside prefix of the source."),
}


def sentence_of(code: str) -> str:
    """``"no-destination"`` → why; "" for no reason, the code itself when a later version wrote it."""
    if code in SENTENCES:
        return str(SENTENCES[code])
    # The explanation pulls in the compiled kernel: only pages that show a reason pay for it.
    from chappe.core.rating.explain import reason_sentence

    try:
        reason = Reason[code.upper().replace("-", "_")] if code else Reason.NONE
    except KeyError:
        return code
    return reason_sentence(reason, (get_language() or "fr")[:2]) if reason else ""
