"""The command line: ``chappe <command>``. A table of commands, each loaded only when it is called.

``chappe rate`` must start in a blink and needs no database: nothing here may import the web framework, nor any
command's module, before that command is asked for.
"""

import importlib
import sys
from typing import Any

from chappe.core.base.stack import with_room

#: command → (where it stands: "module:object" of a Typer app or a command function, one line of help)
COMMANDS: dict[str, tuple[str, str]] = {
    "rate": ("chappe.cli.rate:rate", "Price a file of calls with a tariff plan."),
    "explain": ("chappe.cli.explain:explain", "Price one call and tell every step."),
    "tariff": ("chappe.cli.tariff:app", "Check, show, search, compare and convert tariff plans."),
    "invoice": ("chappe.cli.invoice:app", "Check an electronic invoice, draw one from its data."),
    "ipe": ("chappe.cli.ipe:ipe", "IPE files: check, compare, take in, publish."),
    "cpn": ("chappe.cli.ipe:cpn", "CPN files: check, compare, take in, publish."),
    "demo": ("chappe.cli.demo:demo", "Fill an empty house with a demonstration and start it."),
    "serve": ("chappe.cli.serve:serve_app", "Run Chappe: the web server, the job workers and the collector."),
    "collect": ("chappe.cli.collect:collect_app", "Hold the connections of every PBX and keep what they send."),
    "simulate": ("chappe.cli.simulate:simulate", "Send made-up tickets as a PBX would."),
    "worker": ("chappe.cli.serve:worker_app", "Run job workers alone."),
    "migrate": ("chappe.cli.ops:migrate_app", "Create the tables, or bring them up to date."),
    "communes": ("chappe.cli.ops:communes_app", "Load the communes of France."),
    "jobs": ("chappe.cli.jobs:app", "Background jobs: list, watch, run again, cancel."),
    "user": ("chappe.cli.users:app", "Accounts: create, list, new password."),
    "backup": ("chappe.cli.ops:backup_app", "Write the whole installation into one file."),
    "restore": ("chappe.cli.ops:restore_app", "Put an installation back from its file."),
    "settings": ("chappe.cli.ops:settings_app", "Show every setting and where it comes from."),
    "check": ("chappe.cli.ops:check_app", "Say whether this installation is fit for production."),
    "files": ("chappe.cli.ops:files", "Stored files: check, sweep."),
    "screens": ("chappe.cli.ops:screens", "Show what is derived from each declaration."),
    "billing": ("chappe.cli.billing:app", "Billing: verify the journal."),
    "completion": ("chappe.cli.completion:completion", "Print the completion script of a shell."),
}

EPILOG = "chappe <command> --help"


def load(name: str) -> Any:
    """The command behind a name of the table, as Typer's command object."""
    import typer

    where, short = COMMANDS[name]
    module, _, attribute = where.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=_markup())
        single.command(name=name)(found)
        found = single
    else:
        found.rich_markup_mode = _markup()
    command = typer.main.get_command(found)
    command.name, command.short_help = name, short
    return command


def _markup() -> Any:
    """Boxes and colours in help on a terminal only."""
    return "rich" if sys.stdout.isatty() else None


def group() -> Any:
    """The top command: lists the table without loading it."""
    from typer.core import TyperCommand, TyperGroup

    from chappe.cli.manners import say

    class Table(TyperGroup):
        """Shows short helps from the table; loads a command when it is run or completed."""

        def list_commands(self, _ctx: Any) -> list[str]:
            return list(COMMANDS)

        def get_command(self, _ctx: Any, name: str) -> Any:
            if name not in COMMANDS:
                return None
            text = say(COMMANDS[name][1])
            return TyperCommand(name, help=text, short_help=text)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name, command, rest = super().resolve_command(ctx, args)
            return name, load(name) if name in COMMANDS else command, rest

    return Table(
        name="chappe",
        help=say("Operations and billing for fibre, wholesale and virtual operators."),
        epilog=say("More on a command: {command}").format(command=EPILOG),
        rich_markup_mode=_markup(),
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


@with_room
def main(args: list[str] | None = None) -> None:
    """Entry point of the ``chappe`` script. Ends the process with 0, 1 (some rows rejected) or 2 (could not run)."""
    from chappe.cli.manners import polite

    with polite():
        group().main(args=args, prog_name="chappe")
