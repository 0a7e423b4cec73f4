"""``chappe completion SHELL``: prints what makes a shell complete our commands. Changes no file of the user."""

from typing import Annotated

import typer

from chappe.cli.manners import fail, put, say

_ = say

SHELLS = ("bash", "zsh", "fish", "powershell")


def completion(
    shell: Annotated[str, typer.Argument(help=_("One of bash, zsh, fish, powershell."))],
) -> None:
    from typer.completion import get_completion_script

    if shell not in SHELLS:
        fail(
            _("no completion for the shell “{shell}”").format(shell=shell),
            _("Choose one of {shells}.").format(shells=", ".join(SHELLS)),
        )
    put(get_completion_script(prog_name="chappe", complete_var="_CHAPPE_COMPLETE", shell=shell))


completion.__doc__ = _(
    "Print the completion script of a shell.\n\nExample: chappe completion bash >> ~/.bash_completion"
)
