"""`owl user` and `owl token`: who may use the web GUI and its API."""

from __future__ import annotations

import getpass
import sys

import click

from owl.app import make_app
from owl.cli import output
from owl.cli.dpq import StateChoice
from owl.errors import InvalidPassword
from owl.model import Role
from owl.ops import Accounts

_ROLES = StateChoice([role.value for role in Role])
_STDIN = "Read the password from the first line of standard input."
_ACCOUNT = ("name", "role", "active", "created_at", "created_by", "last_login")
_TOKEN = ("id", "account", "label", "role", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at")


@click.group()
def user() -> None:
    """Accounts of the web GUI: viewers look, operators act, admins also manage accounts."""


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", help="viewer (default), operator or admin.")
@click.option("--stdin", "from_stdin", is_flag=True, help=_STDIN)
@click.option("--no-password", is_flag=True, help="For a trusted proxy's users and for programs with tokens.")
def add(name: str, role: str, from_stdin: bool, no_password: bool) -> None:
    """Make an account; its password is asked for."""
    password = None if no_password else _password(from_stdin)
    made = _accounts().create(name, Role(role), password, by=getpass.getuser())
    click.echo(f"{made.name} may log in as {made.role}")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """Show every account."""
    rows = [{name: getattr(one, name) for name in _ACCOUNT} for one in _accounts().list()]
    output.print_json(rows) if as_json else output.table(_ACCOUNT, [list(row.values()) for row in rows])


@user.command()
@click.argument("name")
@click.argument("role", type=_ROLES)
def role(name: str, role: str) -> None:
    """Give an account another role."""
    _accounts().set_role(name, Role(role), by=getpass.getuser())
    click.echo(f"{name} is {role} now")


@user.command()
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help=_STDIN)
def password(name: str, from_stdin: bool) -> None:
    """Give an account another password, which is asked for; its sessions end."""
    _accounts().set_password(name, _password(from_stdin), by=getpass.getuser())
    click.echo(f"{name} has another password")


@user.command()
@click.argument("name")
def disable(name: str) -> None:
    """Let nobody in under this name; its sessions and tokens end."""
    _accounts().disable(name, by=getpass.getuser())
    click.echo(f"{name} is disabled")


@user.command()
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled account in again."""
    _accounts().enable(name, by=getpass.getuser())
    click.echo(f"{name} is enabled")


@user.command()
@click.argument("name")
def delete(name: str) -> None:
    """Take an account away with its tokens and saved views."""
    _accounts().delete(name, by=getpass.getuser())
    click.echo(f"{name} is deleted")


@click.group()
def token() -> None:
    """Tokens with which programs use the web GUI's API."""


@token.command("create")
@click.argument("account")
@click.argument("label")
@click.option("--role", type=_ROLES, help="Less than the account's own, if need be.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, help="How long it is valid (default 90).")
@click.option("--never-expires", is_flag=True, help="It is valid until it is revoked.")
def create(account: str, label: str, role: str | None, days: int, never_expires: bool) -> None:
    """Make a token for a program; its text is shown this once."""
    wanted, valid = None if role is None else Role(role), None if never_expires else days
    made, text = _accounts().make_token(account, label, by=getpass.getuser(), role=wanted, days=valid)
    click.echo(f"token {made.id} of {made.account}, {made.role}; keep it, it isn't shown again:", err=True)
    click.echo(text)


@token.command("list")
@click.option("--account", help="Of one account alone.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_tokens(account: str | None, as_json: bool) -> None:
    """Show tokens, not their texts: nobody has those."""
    rows = [{name: getattr(one, name) for name in _TOKEN} for one in _accounts().tokens(account)]
    output.print_json(rows) if as_json else output.table(_TOKEN, [list(row.values()) for row in rows])


@token.command()
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End a token."""
    found = _accounts().revoke(number, by=getpass.getuser())
    click.echo(f"token {found.id} of {found.account} is revoked")


def _accounts() -> Accounts:
    return make_app().ops.accounts


def _password(from_stdin: bool) -> str:
    """A password that is typed twice without an echo, or a line of standard input; never an argument."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidPassword("there is no terminal to ask for a password on; give it by --stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
