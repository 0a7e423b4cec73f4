"""``chappe explain``: one call, its price and every step that led to it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chappe.cli.manners import FINE, SOME_REJECTED, fail, language, put, put_json, read_tariff, say

if TYPE_CHECKING:
    from chappe.core.rating.compile import CompiledTariff
    from chappe.core.rating.explain import Explanation

_ = say


def explain(
    tariff: Annotated[Path, typer.Option(help=_("Folder or file of the tariff plan."))],
    subject: Annotated[str, typer.Option(help=_("Who calls, as the rating profiles name them."))],
    destination: Annotated[str, typer.Option(help=_("The number called."))],
    start: Annotated[str, typer.Option(help=_("When, in RFC 3339: 2026-03-07T10:00:00Z."))],
    usage: Annotated[str, typer.Option(help=_("How much: seconds, bytes or a count."))],
    tenant: Annotated[str, typer.Option(help=_("Whose tariff; may be left out when there is only one."))] = "",
    tor: Annotated[str, typer.Option(help=_("Type of record: 0 or *voice is time, others are volumes."))] = "0",
    category: Annotated[str, typer.Option(help=_("Category of the call."))] = "call",
    direction: Annotated[str, typer.Option(help=_("OUT or IN."))] = "OUT",
    timezone: Annotated[str, typer.Option(help=_("Time zone of the tariff, when it names none."))] = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("Answer in JSON, for programs."))] = False,
) -> None:
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.rating.explain import price_one

    compiled = compile_tariff(read_tariff(tariff, timezone))
    answer = price_one(
        compiled,
        tenant=tenant or only_tenant(compiled),
        subject=subject,
        destination=destination.removeprefix("+"),
        start=start,
        usage=usage,
        tor=tor,
        category=category,
        direction=direction,
    )
    put_explanation(answer, as_json)
    raise typer.Exit(SOME_REJECTED if answer.status.name == "REJECTED" else FINE)


explain.__doc__ = _(
    "Price one call and tell every step: which profile, which plan, which prefix, which rate, each piece.\n\n"
    "Example: chappe explain --tariff plan --subject alice --destination 33612345678 "
    "--start 2026-03-07T10:00:00Z --usage 90"
)


def only_tenant(compiled: "CompiledTariff") -> str:
    """The tenant of a tariff that has but one."""
    if len(compiled.tenants) != 1:
        known = ", ".join(sorted(compiled.tenants)[:10])
        fail(
            _("the tariff has several tenants: whose call is it?"),
            _("Add --tenant with one of: {known}").format(known=known),
        )
    return next(iter(compiled.tenants))


def put_explanation(answer: "Explanation", as_json: bool) -> None:
    """The steps on standard output."""
    if as_json:
        put_json(answer.as_dict(language()))
    else:
        put(answer.as_text(language()))


def explain_found(compiled: "CompiledTariff", fields: dict[str, str]) -> "Explanation":
    """Explain a call found in a file. ``fields`` as core/usage/look.py gives them."""
    from chappe.core.rating.explain import price_one

    wanted: dict[str, Any] = {
        name: fields[name]
        for name in ("tenant", "subject", "destination", "start", "usage", "tor", "category", "direction")
    }
    return price_one(compiled, **wanted)
