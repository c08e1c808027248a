"""Under whose name root runs the pool."""

from __future__ import annotations

import pwd

import pytest

from owl.errors import PoolError
from owl.pool.identity import choose_account


def account(name: str, uid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/sh"))


ROOT, DAEMON, NOBODY = account("root", 0), account("daemon", 1), account("nobody", 65534)


def test_the_first_ordinary_account_is_taken() -> None:
    accounts = [ROOT, DAEMON, account("second", 1001), account("first", 1000), NOBODY]

    assert choose_account(accounts).pw_name == "first"


def test_without_an_ordinary_account_one_of_the_systems_serves_but_not_nobody() -> None:
    assert choose_account([ROOT, NOBODY, account("games", 5), DAEMON]).pw_name == "daemon"


def test_no_account_but_roots_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(PoolError, match="useradd"):
        choose_account([ROOT, NOBODY])
