"""``chappe rate``: a file of calls in, the same calls with their prices out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chappe.cli.manners import NOT_RUN, fail, language, put_issues, read_tariff, say, tell

if TYPE_CHECKING:
    from chappe.core.rating.compile import CompiledTariff
    from chappe.core.usage.file import Progress
    from chappe.core.usage.summary import Summary

_ = say

SHOWN = 20  # issues on the screen; --issues writes them all


def rate(
    tariff: Annotated[Path, typer.Option(help=_("Folder or file of the tariff plan."))],
    calls: Annotated[str, typer.Option(help=_("File of calls, CSV or Parquet; - is standard input."))],
    out: Annotated[
        str, typer.Option(help=_("Where to write, CSV or Parquet by extension; - is standard output."))
    ] = "",
    explain: Annotated[str, typer.Option(help=_("Print the steps of the call with this id."))] = "",
    rejects: Annotated[str, typer.Option(help=_("Write the refused rows there, to be mended and sent again."))] = "",
    issues: Annotated[str, typer.Option(help=_("Write every issue there, as CSV."))] = "",
    timezone: Annotated[str, typer.Option(help=_("Time zone of the tariff, when it names none."))] = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the summary in JSON."))] = False,
) -> None:
    from chappe.core.rating.compile import compile_tariff
    from chappe.core.usage.file import rate_file

    _check(calls, out, explain)
    compiled = compile_tariff(read_tariff(tariff, timezone))
    if explain:
        _explain(compiled, calls, explain, as_json=as_json and not out)
        if not out:
            return
    with _progress() as progress:
        summary = rate_file(
            compiled,
            calls,
            out,
            progress=progress,
            rejects=rejects or None,
            issues=issues or None,
            language=language(),
        )
    _report(summary, as_json=as_json, to_stdout=out == "-", rejects=rejects)
    raise typer.Exit(summary.exit_code)


rate.__doc__ = _(
    "Price a file of calls with a tariff plan.\n\n"
    "Columns are found by name: id, tenant, tor, category, direction, subject, account, destination, start, and "
    "end or usage. The output has the same columns plus status, reason and the price.\n\n"
    "Ends with 0, with 1 when some rows were refused, with 2 when it could not run.\n\n"
    "Examples:\n\n"
    "chappe rate --tariff plan --calls calls.csv --out rated.csv --rejects refused.csv\n\n"
    "chappe rate --tariff plan --calls calls.csv --explain 4711\n\n"
    "cat calls.csv | chappe rate --tariff plan --calls - --out - > rated.csv"
)


def _check(calls: str, out: str, explain: str) -> None:
    if not out and not explain:
        fail(_("nowhere to write"), _("Add --out FILE, or --explain ID to see one call."))
    if calls == "-" and explain:
        fail(_("--explain needs a file"), _("Save the calls first: it reads them once more."))
    if calls != "-" and not Path(calls).is_file():
        fail(_("there is no file {path}").format(path=calls), _("Give the file of calls with --calls."))
    if out not in {"", "-"} and not Path(out).resolve().parent.is_dir():
        fail(_("there is no folder for {path}").format(path=out), _("Create it first, or choose another --out."))


def _explain(compiled: "CompiledTariff", calls: str, wanted: str, *, as_json: bool) -> None:
    from chappe.cli.explain import explain_found, put_explanation
    from chappe.core.usage.look import find_call

    found = find_call(compiled, Path(calls), wanted)
    if found is None:
        fail(
            _("no call with the id “{id}” in {path}").format(id=wanted, path=calls),
            _("Ids are compared exactly, capitals and zeros included."),
        )
    if found.issue is not None:
        put_issues([found.issue], stream=sys.stderr)
        raise typer.Exit(NOT_RUN)
    put_explanation(explain_found(compiled, found.fields), as_json)


@contextmanager
def _progress() -> "Iterator[Progress | None]":
    """A bar on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_("Rating"), total=None)

        def move(done: int, size: int, rows: int) -> None:
            text = _("Rating: {rows} calls").format(rows=f"{rows:,}".replace(",", "\N{NARROW NO-BREAK SPACE}"))
            bar.update(task, completed=done, total=size, description=text)

        yield move


def _report(summary: "Summary", *, as_json: bool, to_stdout: bool, rejects: str) -> None:
    """The summary: on standard output, or on standard error when that carries the calls."""
    from chappe.core.base.money import plain

    stream = sys.stderr if to_stdout else sys.stdout
    if as_json:
        import json

        stream.write(json.dumps(summary.as_dict(language()), ensure_ascii=False, indent=2) + "\n")
        return
    put_issues(summary.issues[:SHOWN], stream=sys.stderr)
    if summary.issue_count > SHOWN:
        tell(_("… and {more} more; --issues FILE writes them all.").format(more=summary.issue_count - SHOWN))
    if not summary.ran:
        fail(_("the calls could not be read; nothing was written"), _("Mend what is named above and run again."))
    lines = [
        _("{rows} calls: {rated} rated, {unrated} unrated, {rejected} rejected."),
        _("Total {total} {currency} (usage {cost}, connect fees {fees}). {seconds} s."),
    ]
    values = {
        "rows": summary.rows,
        "rated": summary.rated,
        "unrated": summary.unrated,
        "rejected": summary.rejected,
        "total": plain(summary.total),
        "currency": summary.currency,
        "cost": plain(summary.cost),
        "fees": plain(summary.connect_fee),
        "seconds": f"{summary.seconds:.1f}",
    }
    for line in lines:
        stream.write(line.format(**values) + "\n")
    if summary.rejected and not rejects:
        tell(_("Add --rejects FILE to get the refused rows, mend them and send them again."))
