"""Bank XML read safely, whatever its version: by local names, no entity, no outside file, no network."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lxml import etree

from chappe.core.base.issue import declare
from chappe.core.base.lang import N_

declare(
    {
        "bank-xml": N_("This is not readable XML: {why}."),
        "bank-doctype": N_("The file declares a document type, which no bank writes: it was not read."),
        "bank-kind": N_("This is {found}, where {expected} was expected."),
        "bank-large": N_("The file is larger than {limit} MB."),
    }
)

MAX_BYTES = 100_000_000


class Unreadable(ValueError):  # noqa: N818 - says what happened
    """The file cannot be read at all. ``code`` and ``params`` make an Issue."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def parse(data: bytes) -> Any:
    """The root element. Raises :class:`Unreadable`."""
    if len(data) > MAX_BYTES:
        raise Unreadable("bank-large", limit=MAX_BYTES // 1_000_000)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable("bank-xml", why=str(error)[:200]) from error
    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        raise Unreadable("bank-doctype")
    return root


def name(node: Any) -> str:
    return str(etree.QName(node).localname)


def kids(node: Any, *path: str) -> Iterator[Any]:
    """Descendants along ``path`` of local names, in order; the node itself for an empty path."""
    if not path:
        yield node
        return
    for child in node:
        if isinstance(child.tag, str) and name(child) == path[0]:
            yield from kids(child, *path[1:])


def first(node: Any, *path: str) -> Any:
    return next(kids(node, *path), None)


def text(node: Any, *path: str) -> str:
    """The trimmed text at ``path``, "" when it is not there."""
    found = first(node, *path) if node is not None else None
    return " ".join((found.text or "").split()) if found is not None else ""


def day(node: Any, *path: str) -> dt.date | None:
    """A date or the day of a moment at ``path``/Dt or /DtTm, or at ``path`` itself; None when it cannot be read."""
    for written in (text(node, *path, "Dt"), text(node, *path, "DtTm"), text(node, *path)):
        try:
            return dt.date.fromisoformat(written[:10])
        except ValueError:
            continue
    return None


def version(root: Any) -> str:
    """``camt.053.001.08`` from the namespace; "" when the file declares none."""
    return str(etree.QName(root).namespace or "").rpartition(":")[2]


def kind(root: Any) -> str:
    """What the file is, by its first element: BkToCstmrStmt, CstmrPmtStsRpt…"""
    for child in root:
        if isinstance(child.tag, str):
            return name(child)
    return name(root)
