"""Looking after an installation: migrate, settings, check, backup, restore, files, screens."""

from pathlib import Path
from typing import Annotated

import typer

from chappe.cli.house import as_json, command, group, house, out, refuse, say, single, table
from chappe.core.base.lang import N_, reader_language, translate

Json = Annotated[bool, typer.Option("--json", help=say(N_("For programs.")))]
Archive = Annotated[Path, typer.Argument(help=say(N_("File ending in .tar.zst or .tar.gz.")), dir_okay=False)]
FAULT_WORDS = {
    "missing": N_("missing"),
    "size": N_("of another size"),
    "altered": N_("altered"),
}
SEVERITIES = {"error": N_("error"), "warning": N_("warning"), "ok": N_("ok")}


def migrate() -> None:
    """Create the tables, or bring them up to date. Safe to repeat.

    Example: chappe migrate
    """
    with house():
        from django.core.management import call_command

        from chappe.kit.jobs import scheduler

        call_command("migrate", verbosity=0, interactive=False)
        scheduler.sync()
        out(say(N_("All tables are up to date.")))


def communes() -> None:
    """Load the communes of France that are not there yet; those present keep what people wrote.

    Example: chappe communes
    """
    with house():
        from chappe.apps.parties.communes import load_communes
        from chappe.kit.access.actor import Actor

        count = load_communes(actor=Actor.system("chappe communes", via="cli"))
        out(say(N_("{count} communes added."), count=count))


def settings(
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help=say(N_("The reference page, without values.")))] = False,
) -> None:
    """Show every setting, its value and where it comes from. Secrets are masked.

    Example: CHAPPE_WORKERS=4 chappe settings
    """
    from chappe.kit.ops import reference

    language = reader_language()
    if markdown:
        typer.echo(reference.settings_markdown(language), nl=False)
        return
    rows = reference.rows(language)
    if json:
        as_json(
            [
                {"name": r.name, "value": r.shown, "origin": r.origin, "purpose": r.purpose, "fault": r.fault}
                for r in rows
            ]
        )
    else:
        heads = [say(text) for text in (N_("Setting"), N_("Value"), N_("Comes from"), N_("What it is for"))]
        table([(r.name, r.fault or r.shown, r.origin_label, r.purpose) for r in rows], heads)
    if any(row.fault for row in rows):
        raise typer.Exit(1)


def check(json: Json = False) -> None:
    """Say whether this installation is fit for production. Exit code 1 when something is wrong.

    Example: chappe check
    """
    with house():
        from chappe.kit.ops import deploy

        found = deploy.findings()
    if json:
        as_json([{"severity": severity, "sentence": sentence} for severity, sentence in found])
    else:
        for severity, sentence in found:
            out(f"{say(SEVERITIES[severity])}: {sentence}")
    raise typer.Exit(1 if any(severity == "error" for severity, _sentence in found) else 0)


def _backup_refused(error) -> typer.Exit:
    from chappe.kit.ops import backup

    return refuse(translate(backup.SENTENCES[error.code], reader_language(), "kit/ops").format(name=error.name))


def backup(
    file: Archive,
    force: Annotated[bool, typer.Option("--force", help=say(N_("Replace the file if it exists.")))] = False,
) -> None:
    """Write the whole installation into one file: database, files, usage, keys. Chappe may run meanwhile.

    The file holds secrets: keep it as you keep them.
    Example: chappe backup /srv/backup/chappe-monday.tar.zst
    """
    from chappe.kit.ops import backup as room

    try:
        done = room.backup(file, force=force)
    except room.BackupError as error:
        raise _backup_refused(error) from error
    out(
        say(
            N_("{n} files, {size} MB of content, written to {file}."),
            n=done.files,
            size=_megabytes(done.size),
            file=file,
        )
    )


def restore(
    file: Archive,
    force: Annotated[
        bool, typer.Option("--force", help=say(N_("Replace an installation; the former one is kept beside.")))
    ] = False,
) -> None:
    """Put an installation back from its file, verified to the last byte; whole or not at all. Chappe must be stopped.

    Example: CHAPPE_DATA=/srv/chappe chappe restore chappe-monday.tar.zst
    """
    from chappe.kit.ops import backup as room

    if not file.is_file():
        raise refuse(say(N_("There is no file {file}."), file=file))
    try:
        done = room.restore(file, force=force)
    except room.BackupError as error:
        raise _backup_refused(error) from error
    out(
        say(
            N_("{n} files, {size} MB of content, restored as of {made}."),
            n=done.files,
            size=_megabytes(done.size),
            made=done.made,
        )
    )
    if done.kept:
        out(
            say(
                N_("The former installation is kept in {folder}; remove it when you no longer need it."),
                folder=done.kept,
            )
        )
    out(say(N_("If this Chappe is newer than the file, run: chappe migrate")))


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}"


screens = group(N_("Screens: what is derived from each declaration."))


@command(screens, "show")
def screens_show(slug: Annotated[str, typer.Argument(help=say(N_("Such as parties.operator.")))]) -> None:
    """Print what was derived from one declaration: columns, filters, rights, addresses, API.

    Example: chappe screens show parties.operator
    """
    with house():
        from chappe.kit.screens import describe

        try:
            out(describe.show(slug))
        except KeyError as error:
            raise refuse(say(N_("There is no screen “{slug}”. List them: chappe screens list"), slug=slug)) from error


@command(screens, "list")
def screens_list(json: Json = False) -> None:
    """List the screens and the right that guards each."""
    with house():
        from chappe.kit.screens import registry

        rows = [(screen.slug, str(screen.label), screen.area) for screen in registry.screens()]
    if json:
        as_json([{"slug": slug, "label": label, "area": area} for slug, label, area in rows])
    else:
        table(rows, [say(N_("Screen")), say(N_("Label")), say(N_("Right"))])


files = group(N_("Stored files: check, sweep."))


@command(files, "check")
def files_check(json: Json = False) -> None:
    """Read every stored file again and compare it with its fingerprint. Exit code 1 when one is not what it was."""
    with house():
        from chappe.kit.documents import services

        faults = list(services.check())
    if json:
        as_json([{"kind": fault.kind, "sha256": fault.sha256, "name": fault.name} for fault in faults])
    else:
        table(
            [(say(FAULT_WORDS[fault.kind]), fault.name, fault.sha256) for fault in faults],
            [say(N_("Fault")), say(N_("File")), "SHA-256"],
        )
        if not faults:
            typer.echo(say(N_("Every stored file is what it was.")), err=True)
    raise typer.Exit(1 if faults else 0)


@command(files, "sweep")
def files_sweep() -> None:
    """Remove bytes that no file names any more and that are older than a day."""
    with house():
        from chappe.kit.documents import services

        out(say(N_("Removed: {n}."), n=services.sweep()))


migrate_app, settings_app, check_app = single(migrate), single(settings), single(check)
communes_app = single(communes)
backup_app, restore_app = single(backup), single(restore)
