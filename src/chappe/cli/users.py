"""``chappe user …``: accounts from the terminal, for the first administrator and for the day nobody can sign in."""

import sys
from typing import Annotated

import typer

from chappe.cli.house import as_json, command, group, house, out, refuse, say, table
from chappe.core.base.lang import N_

app = group(N_("Accounts: create, list, new password."))
Name = Annotated[str, typer.Argument(help=say(N_("User name.")))]
FromInput = Annotated[bool, typer.Option("--password-stdin", help=say(N_("Read the password from standard input.")))]


def _password(from_input: bool) -> str:
    """Never an argument: a command line is read by everybody on the machine."""
    if from_input or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt(say(N_("Password")), hide_input=True, confirmation_prompt=say(N_("Once more")))


@command(app, "create")
def create(
    username: Name,
    email: Annotated[str, typer.Option(help=say(N_("Address for invitations and lost passwords.")))] = "",
    admin: Annotated[bool, typer.Option("--admin", help=say(N_("With every right.")))] = False,
    role: Annotated[list[str] | None, typer.Option(help=say(N_("Name of a role; may be repeated.")))] = None,
    operator: Annotated[str, typer.Option(help=say(N_("Name of the operator it belongs to; none: the house.")))] = "",
    password_stdin: FromInput = False,
) -> None:
    """Create an account. The password is asked, or read from standard input.

    Example: chappe user create alice --email alice@chappe.example --admin
    """
    with house():
        from chappe.kit.access import services
        from chappe.kit.access.actor import Actor
        from chappe.kit.access.models import Role, User

        roles = [_named(Role, "name", name, N_("There is no role “{name}”.")) for name in role or []]
        model = User._meta.get_field("organisation").related_model
        owner = _named(model, "name", operator, N_("There is no operator “{name}”.")) if operator else None
        data = {
            "username": username, "email": email, "is_superuser": admin, "roles": roles, "organisation": owner,
            "password": _password(password_stdin),
        }  # fmt: skip
        services.create_user(actor=Actor.system("chappe user create", via="cli"), data=data)
        out(say(N_("The account “{name}” is open."), name=username))


def _named(model, field: str, name: str, sentence: str):
    found = model.objects.filter(**{field: name}).first()
    if found is None:
        raise refuse(say(sentence, name=name))
    return found


@command(app, "password")
def password(username: Name, password_stdin: FromInput = False) -> None:
    """Give an account a new password; its sessions are closed."""
    with house():
        from chappe.kit.access import services
        from chappe.kit.access.actor import Actor
        from chappe.kit.access.models import User

        user = _named(User, "username", username, N_("There is no account “{name}”. List them: chappe user list"))
        actor = Actor.system("chappe user password", via="cli")
        services.set_password(actor=actor, user=user, password=_password(password_stdin))
        out(say(N_("The password of “{name}” is changed."), name=username))


@command(app, "list")
def list_users(json: Annotated[bool, typer.Option("--json", help=say(N_("For programs.")))] = False) -> None:
    """List the accounts."""
    with house():
        from chappe.kit.access.models import User

        rows = [
            {
                "username": user.username,
                "email": user.email,
                "active": user.is_active,
                "admin": user.is_superuser,
                "operator": str(user.organisation or ""),
                "roles": [role.name for role in user.roles.all()],
                "last_login": user.last_login,
            }
            for user in User.objects.select_related("organisation").prefetch_related("roles").order_by("username")
        ]
        if json:
            as_json(rows)
            return
        heads = [say(text) for text in (N_("User"), N_("E-mail"), N_("Operator"), N_("Roles"))]
        closed = say(N_("(closed)"))
        table(
            [
                (
                    row["username"] + ("" if row["active"] else f" {closed}"),
                    row["email"],
                    row["operator"],
                    say(N_("every right")) if row["admin"] else ", ".join(row["roles"]),
                )
                for row in rows
            ],
            heads,
        )
