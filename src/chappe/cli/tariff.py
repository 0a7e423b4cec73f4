"""``chappe tariff …``: tariff plans on the command line, without a database."""

from pathlib import Path
from typing import Annotated

import typer

from chappe.cli.manners import (
    FINE,
    NOT_RUN,
    SOME_REJECTED,
    fail,
    language,
    put,
    put_issues,
    put_json,
    put_table,
    read_tariff,
    say,
    tell,
)

_ = say

app = typer.Typer(
    help=_("Check, show, search, compare and convert tariff plans."), no_args_is_help=True, add_completion=False
)

PLAN = typer.Argument(help=_("Folder or file of the tariff plan."))
JSON = typer.Option("--json", help=_("Answer in JSON, for programs."))
FORMATS = {"price-list": "to_price_list", "v0.9.1": "to_v091"}
MOST = 200  # rows on the screen


@app.command(help=_("Report every fault of a tariff plan at once.\n\nExample: chappe tariff check plan --previous old"))
def check(
    plan: Annotated[Path, PLAN],
    previous: Annotated[Path | None, typer.Option(help=_("The version before: price jumps are reported."))] = None,
    jump: Annotated[int, typer.Option(help=_("Price change, in percent, above which it is a jump."))] = 30,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    from chappe.core.base.issue import Severity
    from chappe.core.tariff.door import check as check_whole
    from chappe.core.tariff.door import read_folder

    if not plan.exists():
        fail(_("there is no tariff at {path}").format(path=plan), _("Give the folder of a tariff plan."))
    result = read_folder(plan)
    issues = list(result.issues)
    if result.tariff is not None:
        before = read_tariff(previous, quiet=True) if previous else None
        issues += check_whole(result.tariff, previous=before, jump_percent=jump)
    issues.sort(key=lambda issue: (issue.file, issue.line, issue.column))
    errors = sum(issue.severity is Severity.ERROR for issue in issues)
    if as_json:
        listed = [issue.as_dict(language()) for issue in issues]
        put_json({"format": result.format, "readable": result.tariff is not None, "errors": errors, "issues": listed})
    else:
        put_issues(issues)
        text = _("{errors} errors, {others} remarks. Format: {format}.")
        tell(text.format(errors=errors, others=len(issues) - errors, format=result.format or "?"))
    raise typer.Exit(NOT_RUN if result.tariff is None else SOME_REJECTED if errors else FINE)


@app.command(help=_("Show what a tariff plan holds, price by price.\n\nExample: chappe tariff show plan"))
def show(plan: Annotated[Path, PLAN], as_json: Annotated[bool, JSON] = False) -> None:
    from chappe.core.tariff.door import flat_rows

    tariff = read_tariff(plan)
    names = ("plan", "destination", "prefixes", "timing", "connect_fee", "price", "unit", "increment", "start")
    rows = [
        (r.plan, r.destination, r.prefixes, r.timing, r.connect_fee, r.price, _units(r.unit), _units(r.increment),
         _units(r.start))
        for r in flat_rows(tariff)
    ]  # fmt: skip
    if as_json:
        put_json(
            {
                "name": tariff.name,
                "version": tariff.version,
                "format": tariff.format,
                "currency": tariff.currency,
                "timezone": tariff.timezone,
                "profiles": len(tariff.profiles),
                "prices": [dict(zip(names, row, strict=True)) for row in rows],
            }
        )
        return
    headers = (_("Plan"), _("Destination"), _("Prefixes"), _("Timing"), _("Connect fee"), _("Price"), _("Unit"))
    put_table((*headers, _("Step"), _("From")), [tuple(map(str, row)) for row in rows])
    text = _("{name}, version {version}, format {format}: {plans} plans, {profiles} profiles, {prices} prices.")
    tell(
        text.format(
            name=tariff.name,
            version=tariff.version,
            format=tariff.format,
            plans=len(tariff.plans),
            profiles=len(tariff.profiles),
            prices=len(rows),
        )
    )


@app.command(help=_("Find what a number costs in every plan.\n\nExample: chappe tariff search plan 33612345678"))
def search(
    plan: Annotated[Path, PLAN],
    number: Annotated[str, typer.Argument(help=_("A number, with or without +."))],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    from chappe.core.tariff.compare import said
    from chappe.core.tariff.door import search as search_in

    matches = search_in(read_tariff(plan), number)
    rows = [
        (m.plan, m.prefix, m.destination, entry.timing, said(entry.rate), m.first)
        for m in matches
        for entry in m.entries
    ]
    if as_json:
        names = ("plan", "prefix", "destination", "timing", "price", "used")
        put_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    if not rows:
        tell(_("No plan prices the number {number}.").format(number=number))
        return
    headers = (_("Plan"), _("Prefix"), _("Destination"), _("Timing"), _("Price"), _("Used"))
    put_table(headers, [(*row[:-1], _("yes") if row[-1] else "") for row in rows])


@app.command(help=_("Tell what changes from one version to another.\n\nExample: chappe tariff compare old new"))
def compare(
    before: Annotated[Path, typer.Argument(help=_("The earlier tariff plan."))],
    after: Annotated[Path, typer.Argument(help=_("The later tariff plan."))],
    as_json: Annotated[bool, JSON] = False,
) -> None:
    from dataclasses import asdict

    from chappe.core.tariff.door import compare as compare_two

    changes = compare_two(read_tariff(before), read_tariff(after))
    if as_json:
        put_json([asdict(change) for change in changes])
        return
    if not changes:
        put(_("No difference."))
        return
    kinds = {"added": _("added"), "removed": _("removed"), "changed": _("changed")}
    headers = (_("Change"), _("Plan"), _("Prefix"), _("Destination"), _("Timing"), _("Before"), _("After"), "%")
    put_table(
        headers,
        [
            (kinds[c.kind], c.plan, c.prefix, c.destination, c.timing, c.before, c.after,
             "" if c.percent is None else f"{c.percent:+d}")
            for c in changes
        ],
    )  # fmt: skip
    tell(_("{count} differences.").format(count=len(changes)))


@app.command(
    help=_("Write a tariff plan in another format.\n\nExample: chappe tariff export plan --to v0.9.1 --out new")
)
def export(
    plan: Annotated[Path, PLAN],
    to: Annotated[str, typer.Option(help=_("price-list or v0.9.1."))],
    out: Annotated[Path, typer.Option(help=_("Folder to write into; it may not hold these files yet."))],
) -> None:
    from chappe.core.tariff import door

    if to not in FORMATS:
        fail(_("no such format: {format}").format(format=to), _("Choose one of {all}.").format(all=", ".join(FORMATS)))
    result = getattr(door, FORMATS[to])(read_tariff(plan))
    taken = [name for name in result.files if (out / name).exists()]
    if taken:
        fail(
            _("{files} already there in {path}").format(files=", ".join(taken), path=out),
            _("Choose another folder with --out: nothing is overwritten."),
        )
    out.mkdir(parents=True, exist_ok=True)
    for name, content in result.files.items():
        (out / name).write_bytes(content)
        put(str(out / name))
    put_issues(result.issues)
    if result.issues:
        tell(_("{count} things could not be said in this format.").format(count=len(result.issues)))


def _units(millionths: int) -> str:
    whole, part = divmod(millionths, 1_000_000)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")
