"""Under whose name the pool runs.

HTCondor refuses jobs that root submits, and looks every owner up in the password file. So root runs the
pool, and everything that talks to it, inside a user namespace in which root's files belong to an ordinary
account (unshare(1), util-linux 2.36 or newer); everybody else runs it as they are.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from owl.errors import PoolError

FIRST_ORDINARY_UID = 1000
LAST_ORDINARY_UID = 59999


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An account and the command prefix under which a process runs as that account."""

    uid: int
    gid: int
    name: str
    prefix: tuple[str, ...] = ()


def find_identity() -> Identity:
    """The identity of everything that touches the pool.

    Raises:
        PoolError: the user id has no name, or root can't make a user namespace here.
    """
    uid = os.geteuid()
    if uid == 0:
        return _mapped(choose_account(pwd.getpwall()))
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        raise PoolError(
            f"user id {uid} has no name in the password file, and HTCondor needs one: add an account"
        ) from None
    return Identity(uid=uid, gid=os.getegid(), name=account.pw_name)


def choose_account(accounts: Iterable[pwd.struct_passwd]) -> pwd.struct_passwd:
    """The first ordinary account, else the first of the system's that isn't root or nobody.

    `nobody` won't do: inside a user namespace every user id that isn't mapped looks like nobody's.

    Raises:
        PoolError: there is no such account.
    """
    usable = [account for account in accounts if account.pw_uid != 0 and account.pw_name != "nobody"]
    ordinary = [a for a in usable if FIRST_ORDINARY_UID <= a.pw_uid <= LAST_ORDINARY_UID]
    candidates = ordinary or usable
    if not candidates:
        raise PoolError("the password file has no account but root's: add one (for example `useradd owl`)")
    return min(candidates, key=lambda account: account.pw_uid)


def _mapped(account: pwd.struct_passwd) -> Identity:
    prefix = ("unshare", "-U", f"--map-user={account.pw_uid}", f"--map-group={account.pw_gid}", "--")
    try:
        trial = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
        problem = trial.stderr.strip() if trial.returncode else ""
    except OSError as error:
        problem = f"unshare: {error.strerror}"
    if problem:
        raise PoolError(
            f"HTCondor runs no jobs of root's, and root can't make a user namespace here ({problem}): "
            "run this as an ordinary user, or allow user namespaces"
        )
    return Identity(uid=account.pw_uid, gid=account.pw_gid, name=account.pw_name, prefix=prefix)
