"""``chappe ipe export`` and ``chappe cpn export``: files of the network in a folder, beside the archive that Chappe keeps."""

from pathlib import Path
from typing import Annotated

import typer

from chappe.cli.manners import FINE, fail, put_json, put_table, say, tell
from chappe.core.base.lang import N_

KINDS = ("full", "delta", "histo")


def add_export(app: typer.Typer, flow: str) -> None:
    """Add the command ``export`` to the group of a flow."""

    @app.command(
        "export",
        help=say(N_("Write what the network publishes: all of it, what a day changed, or the events of a month.")),
    )
    def export(
        out: Annotated[Path, typer.Option(help=say(N_("Folder to write in; made when it is not there.")))],
        kind: Annotated[str, typer.Option(help=say(N_("full, delta or histo.")))] = "full",
        version: Annotated[str, typer.Option(help=say(N_("Version of the protocol, such as 3.1.")))] = "3.1",
        day: Annotated[
            str,
            typer.Option(
                help=say(N_("Day told about, YYYY-MM-DD: yesterday for a delta or a histo, today for a full file."))
            ),
        ] = "",
        oi: Annotated[str, typer.Option(help=say(N_("Code of the OI whose rows these are.")))] = "",
        place: Annotated[str, typer.Option(help=say(N_("Territory in the names of the files, such as 39.")))] = "",
        as_json: Annotated[bool, typer.Option("--json", help=say(N_("Answer in JSON, for programs.")))] = False,
    ) -> None:
        _export(flow, out, kind, version, day, (oi, place), as_json=as_json)


def _export(flow: str, out: Path, kind: str, version: str, day: str, names: tuple[str, str], *, as_json: bool) -> None:
    import datetime as dt

    from chappe.cli.house import house

    if kind not in KINDS:
        fail(
            say(N_("there is no kind “{kind}”")).format(kind=kind),
            say(N_("Kinds: {names}.")).format(names=", ".join(KINDS)),
        )
    try:
        until = dt.date.fromisoformat(day) if day else None
    except ValueError:
        fail(say(N_("“{day}” is not a day")).format(day=day), say(N_("Such as 2026-11-21.")))
    standing = next((path for path in (out, *out.parents) if path.exists()), None)
    if standing is not None and not standing.is_dir():
        fail(
            say(N_("{path} is a file, not a folder")).format(path=standing), say(N_("Give another folder with --out."))
        )
    with house():
        from django.utils import timezone

        from chappe.apps.publication.exporting import export
        from chappe.apps.publication.sheets import period

        today = timezone.localdate()
        of = period(kind, until or (today if kind == "full" else today - dt.timedelta(days=1)))
        made = export(flow=flow, of=of, version=version, folder=out, oi_code=names[0].upper(), place=names[1])
    if as_json:
        put_json([{"file": str(file.path), "rows": file.rows, "bytes": file.size} for file in made])
    else:
        put_table([say(N_("File")), say(N_("Rows"))], [[str(file.path), str(file.rows)] for file in made])
        tell(say(N_("Files written: {count}.")).format(count=len(made)))
    raise typer.Exit(FINE)
