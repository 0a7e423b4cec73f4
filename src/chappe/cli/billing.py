"""``chappe billing …``: read the journal of billing again and say whether its chain holds; name the fiscal module."""

from typing import Annotated

import typer

from chappe.cli.house import as_json, group, house, out, say
from chappe.core.base.lang import N_

app = group(N_("Billing: verify the journal."))
Json = Annotated[bool, typer.Option("--json", help=say(N_("For programs.")))]


@app.callback(help=say(N_("Billing: verify the journal.")))
def billing() -> None:
    """A group with one command stays a group."""


@app.command(
    help=say(N_("Read every entry of the journal again: exits with 1 when one was changed, removed or moved."))
)
def verify(json: Json = False) -> None:
    """Read every chain whole.

    Example: chappe billing verify
    """
    with house():
        from chappe.apps.billing import journal

        told = []
        for name in journal.chains():
            count, faults = journal.verify(name)
            told.append({"chain": name, "entries": count, "faults": [list(fault) for fault in faults]})
        module = {"version": journal.version(), "fiscal_module": journal.fiscal_fingerprint()}
    if json:
        as_json([{**row, **module} for row in told])
    else:
        for row in told:
            text = (
                N_("Chain {chain}: {entries} entries, it holds.")
                if not row["faults"]
                else N_("Chain {chain}: {entries} entries, BROKEN at {faults}")
            )
            places = ", ".join(f"{position} ({code})" for position, code in row["faults"])
            out(say(text, chain=row["chain"], entries=row["entries"], faults=places))
        if not told:
            out(say(N_("The journal is empty.")))
        out(
            say(
                N_("Chappe {version}, fiscal module {module}"),
                version=module["version"],
                module=module["fiscal_module"],
            )
        )
    if any(row["faults"] for row in told):
        raise typer.Exit(1)
