"""``chappe ipe …`` and ``chappe cpn …``: check a file, compare two, take one in. Checking and comparing need no database.

``export`` stands with what is published (publication.py). Remarks are lines ``file:line:column severity code sentence``.
"""

import importlib.util
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    say,
    tell,
)
from chappe.core.base.lang import N_

if TYPE_CHECKING:
    from chappe.core.base.issue import Issue
    from chappe.core.interop.layout import Layout
    from chappe.core.interop.spool import Spool

MOST = 200  # differences on the screen
READY = "planned"
ONLY_CHANGES = N_(
    "One of these files tells only what changed: what it leaves out has not gone, and what it alone holds need not be new."
)

File = Annotated[Path, typer.Argument(help=say(N_("An IPE or CPN file: CSV, or ZIP of several.")))]
Json = Annotated[bool, typer.Option("--json", help=say(N_("Answer in JSON, for programs.")))]
LayoutFile = Annotated[
    Path | None, typer.Option("--layout", help=say(N_("A corrected layout (TOML) instead of the packaged one.")))
]


def _layout(flow: str, path: Path | None) -> "Layout":
    from chappe.core.interop.layout import layout_from_toml, packaged

    if path is None:
        return packaged(flow)
    try:
        return layout_from_toml(path.read_text("utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        fail(say(N_("{path} is no layout: {why}")).format(path=path, why=error))


def _need_file(path: Path) -> None:
    """Fail, saying why, unless ``path`` is a file."""
    if path.is_file():
        return
    text = N_("{path} is a folder, not a file") if path.is_dir() else N_("there is no file {path}")
    fail(say(text).format(path=path), say(N_("Give the path of a CSV or ZIP file.")))


def _count(number: int, one: str, more: str) -> str:
    """“1 error”, “2 errors”. French says none as it says one."""
    single = number < 2 if language() == "fr" else number == 1
    return say(one if single else more).format(count=number)


def _summary(made: "Spool", errors: int, warnings: int) -> str:
    """What a check found, in a sentence or two."""
    if not made.usable:
        return say(N_("The file cannot be read."))
    lines = _count(made.lines, N_("{count} line"), N_("{count} lines"))
    refused = _count(made.refused, N_("{count} line refused"), N_("{count} lines refused"))
    wrong = _count(errors, N_("{count} error"), N_("{count} errors"))
    odd = _count(warnings, N_("{count} warning"), N_("{count} warnings"))
    told = say(N_("{lines}, {refused}; {errors}, {warnings}.")).format(
        lines=lines, refused=refused, errors=wrong, warnings=odd
    )
    if made.versions:
        return f"{told} " + say(N_("Version: {version}.")).format(version=", ".join(made.versions))
    return f"{told} " + say(N_("Its columns are those of no known version."))


def _spooled(layout: "Layout", path: Path, folder: Path) -> "Spool":
    import datetime as dt

    from chappe.core.interop.spool import spool

    _need_file(path)
    folder.mkdir(parents=True, exist_ok=True)
    return spool(layout, path, folder, name=path.name, today=dt.datetime.now().astimezone().date())


def _issues(made: "Spool", name: str) -> Iterator["Issue"]:
    """First what is said of the file, then every remark in the order of the file."""
    import polars as pl

    from chappe.core.interop.reader import as_issues
    from chappe.core.interop.spool import INNER

    for inner, issue in made.head:
        yield issue if not inner else _named(issue, f"{name}/{inner}")
    if made.issues is None:
        return
    found = pl.read_parquet(made.issues.close()).sort(INNER, "line", "column", maintain_order=True)
    for (inner,), part in found.group_by(INNER, maintain_order=True):
        yield from as_issues(part, f"{name}/{inner}" if inner else name)


def _named(issue: "Issue", file: str) -> "Issue":
    from dataclasses import replace

    return replace(issue, file=file)


def _check(flow: str, file: Path, as_json: bool, layout: Path | None) -> None:
    from chappe.core.base.issue import Severity

    with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        made = _spooled(_layout(flow, layout), file, Path(folder))
        counts = dict.fromkeys((str(severity) for severity in Severity), 0)

        def counted() -> Iterator["Issue"]:
            for issue in _issues(made, file.name):
                counts[str(issue.severity)] += 1
                yield issue

        if as_json:
            listed = [issue.as_dict(language()) for issue in counted()]
            told = {
                "readable": made.usable,
                "version": ", ".join(made.versions),
                "lines": made.lines,
                "refused": made.refused,
                "issues": listed,
            }
            put_json({**told, **{f"{name}s" if name != "info" else "infos": number for name, number in counts.items()}})
        else:
            put_issues(counted())
            tell(_summary(made, counts["error"], counts["warning"]))
    raise typer.Exit(NOT_RUN if not made.usable else SOME_REJECTED if counts["error"] else FINE)


def _diff(flow: str, before: Path, after: Path, as_json: bool, layout: Path | None) -> None:
    from chappe.core.interop.differ import compare_piles
    from chappe.core.interop.names import PARTIAL, read_name

    with tempfile.TemporaryDirectory(prefix="chappe-") as folder:
        sides = []
        for rank, path in enumerate((before, after)):
            made = _spooled(_layout(flow, layout), path, Path(folder) / str(rank))
            if made.issues is not None:
                made.issues.close()
            if not made.usable:
                put_issues([issue for _inner, issue in made.head])
                fail(
                    say(N_("{path} cannot be read")).format(path=path),
                    say(N_("See why with: chappe {flow} check {path}")).format(flow=flow, path=path),
                )
            sides.append(made.rows)
        found = compare_piles(sides[0], sides[1], flow)
    if as_json:
        put_json([{**row, "modified_on": str(row["modified_on"] or "")} for row in found.iter_rows(named=True)])
    elif not len(found):
        put(say(N_("No difference.")))
    else:
        heads = [say(text) for text in (N_("Identifier"), N_("Event"), N_("Field"), N_("Before"), N_("After"))]
        shown = found.drop("modified_on").iter_rows()
        put_table(heads, ([str(cell) if cell is not None else "" for cell in row] for row in shown))
        tell(_count(len(found), N_("{count} difference."), N_("{count} differences.")))
        if {read_name(before.name).kind, read_name(after.name).kind} & PARTIAL:
            tell(say(ONLY_CHANGES))
    raise typer.Exit(SOME_REJECTED if len(found) else FINE)


def _import(flow: str, file: Path, options: dict[str, str], *, apply: bool, force: bool, as_json: bool) -> None:
    from chappe.cli.house import house, refuse

    _need_file(file)
    with house(least=logging.WARNING):  # the verdict says enough
        from chappe.apps.exchange import services
        from chappe.kit.access.actor import Actor

        actor = Actor.system("chappe import", via="cli")
        row = services.receive(actor=actor, source=file, name=file.name, kind=flow, options=options, channel="cli")
        _run(row)
        if apply and row.state == READY:
            row = services.apply(actor=actor, file=row, force=force)
            _run(row)
        _told(row, as_json)
        if row.state not in {READY, "applied"}:
            raise refuse(_verdict(row))
        raise typer.Exit(SOME_REJECTED if row.errors else FINE)


def _run(row: Any) -> None:
    """The job of a file, here and now, unless a worker was quicker."""
    import time

    from chappe.kit.jobs.runner import run_pending

    while row.is_open:
        if not run_pending(limit=1):
            time.sleep(0.2)
        row.refresh_from_db()


def _verdict(row: Any) -> str:
    from chappe.apps.exchange.words import verdict

    return verdict(row)


def _told(row: Any, as_json: bool) -> None:
    from chappe.core.base.issue import Issue, Severity

    kept = [
        Issue(issue.code, Severity(issue.severity), row.name, issue.line, issue.column, issue.field, issue.params)
        for issue in row.issues.order_by("line", "column")
    ]
    if as_json:
        put_json({
            "file": row.pk, "name": row.name, "state": row.state, "verdict": _verdict(row), "lines": row.lines, "errors": row.errors,
            "warnings": row.warnings, "plan": row.plan, "issues": [issue.as_dict(language()) for issue in kept],
        })  # fmt: skip
        return
    put_issues(kept)
    tell(_verdict(row))
    if row.errors + row.warnings > len([issue for issue in kept if issue.severity is not Severity.INFO]):
        tell(say(N_("Of each anomaly the first ones are shown; all of them are on the page of the file.")))
    if row.state == READY:
        tell(say(N_("Nothing was changed yet. Look at the plan on its page, or run again with --apply.")))


def _add_import(app: typer.Typer, flow: str) -> None:
    @app.command("import", help=say(N_("Plan what a file would change in the network; with --apply, change it.")))
    def take(
        file: File,
        apply: Annotated[bool, typer.Option("--apply", help=say(N_("Make the changes of the plan.")))] = False,
        force: Annotated[
            bool, typer.Option("--force", help=say(N_("Also when the plan is over the threshold.")))
        ] = False,
        oi: Annotated[str, typer.Option(help=say(N_("Code of the OI whose rows these are.")))] = "",
        kind: Annotated[str, typer.Option(help=say(N_("full or delta, when the name does not say so.")))] = "",
        absent: Annotated[
            str, typer.Option(help=say(N_("Buildings that a full file lacks: keep, abandon or delete.")))
        ] = "keep",
        as_json: Json = False,
    ) -> None:
        if kind not in {"", "full", "delta"} or absent not in {"keep", "abandon", "delete"}:
            fail(
                say(N_("unknown choice: {value}")).format(value=f"{kind} {absent}".strip()), "chappe ipe import --help"
            )
        _import(
            flow,
            file,
            {"form": kind, "oi_code": oi.upper(), "absent": absent},
            apply=apply,
            force=force,
            as_json=as_json,
        )


def _group(flow: str, help_text: str) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=say(help_text))

    @app.command("check", help=say(N_("Read a file and tell every anomaly, line by line. Needs no database.")))
    def check(file: File, as_json: Json = False, layout: LayoutFile = None) -> None:
        _check(flow, file, as_json, layout)

    @app.command("diff", help=say(N_("Tell what changes from one file to another, field by field. Needs no database.")))
    def diff(
        before: Annotated[Path, typer.Argument(help=say(N_("The earlier file.")))],
        after: Annotated[Path, typer.Argument(help=say(N_("The later file.")))],
        as_json: Json = False,
        layout: LayoutFile = None,
    ) -> None:
        _diff(flow, before, after, as_json, layout)

    _add_import(app, flow)
    if importlib.util.find_spec("chappe.cli.publication"):
        from chappe.cli import publication

        publication.add_export(app, flow)  # add_export(app: typer.Typer, flow: str) adds the command “export”
    return app


ipe = _group("ipe", N_("IPE files: check, compare, take in, publish."))
cpn = _group("cpn", N_("CPN files: check, compare, take in, publish."))
