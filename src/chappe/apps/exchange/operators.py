"""The format “operators”: the table of ``parties/files.py`` bound to the exchange.

It stands here because parties are the one domain below the exchange; every other domain binds its own in its ``files.py``.
"""

from django.utils.translation import gettext_lazy as _

from chappe.apps.exchange import text
from chappe.apps.exchange.formats import Format, register_format
from chappe.apps.exchange.rows import BadWord, RowTable, TableColumn
from chappe.apps.parties import files, services
from chappe.apps.parties.models import Operator

_KINDS = {text.plain(word): kind for kind, words in files.KINDS.items() for word in (kind, *words)}


def _kind(cell: str) -> str:
    try:
        return _KINDS[text.plain(cell)]
    except KeyError:
        raise BadWord(", ".join(kind.upper() for kind in files.KINDS)) from None


def _active(cell: str) -> bool:
    word = text.plain(cell)
    if word in files.YES:
        return True
    if word in files.NO:
        return False
    raise BadWord("oui, non, yes, no")


def _tenant(cell: str) -> str | None:
    return cell or None


_PARSE = {"kind": _kind, "active": _active, "tenant": _tenant}
_KEEP = {"kind", "active", "colour", "name", "code_interop"}

TABLE = RowTable(
    model=Operator,
    columns=[
        TableColumn(name=name, aliases=aliases, parse=_PARSE.get(name), keeps_empty=name in _KEEP)
        for name, aliases in files.COLUMNS.items()
    ],
    keys=files.KEYS,
    unique=("tenant",),
    tidy={"code_interop": str.upper},
    create=services.create_operator,
    update=services.update_operator,
    delete=services.delete_operator,
)


def _sniff(name: str, head: bytes) -> int:
    seen = text.look_at(head)
    return TABLE.score(seen.header) if seen is not None else 0


register_format(
    Format(
        slug="operators",
        label=_("Operators"),
        description=_("One operator a line, found by its Interop’Fibre code, else by its name. Nobody is deleted."),
        icon="building-broadcast-tower",
        area="lexique",
        sniff=_sniff,
        read=TABLE.read,
        plan=TABLE.plan,
        apply=TABLE.apply,
        undo=TABLE.undo,
        fields=TABLE.labels(),
        says=TABLE.says(),
        columns=(
            ("nom", _("the name; needed for a new operator")),
            ("type", _("OC, OI, VNO or supplier")),
            ("code interop, code arcep", _("four capital letters or digits")),
            ("siren", _("nine digits, the last one checks the others")),
            ("tenant", _("the name that tariffs and calls give to it")),
            ("actif, serveur ftp, url sav, notes…", _("optional; a column that is not there changes nothing")),
        ),
        sample=files.SAMPLE,
        existing=lambda owner: Operator.objects.count(),
        partners=False,
    )
)
