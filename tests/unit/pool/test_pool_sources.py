"""Where packages come from: apt's own words, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from owl.errors import PoolError
from owl.pool.sources import (
    COMPONENTS,
    KEYRING_DIRECTORY,
    Target,
    choose_source,
    parse_release_uris,
    parse_targets,
)

TARGETS = """\
Packages|http://mirror.invalid/debian|Debian|Debian|bookworm
Packages|http://mirror.invalid/debian-security|Debian|Debian-Security|bookworm-security
Translations|http://mirror.invalid/debian|Debian|Debian|bookworm
Packages|http://other.invalid/node|Node Source|Node Source|nodistro
Packages|http://bad.invalid/de bian|Debian|Debian|bookworm
Packages|cdrom:[Debian]/|Debian|Debian|bookworm
"""
URIS = """\
'http://mirror.invalid/debian/dists/bookworm/InRelease' mirror.invalid_debian_dists_bookworm_InRelease 0
'http://mirror.invalid/debian/dists/bookworm-updates/InRelease' mirror.invalid_u_InRelease 0
'http://mirror.invalid/debian-security/dists/bookworm-security/InRelease' mirror.invalid_s_InRelease 0
"""
DEBIAN = Target(site="http://mirror.invalid/debian", origin="Debian", codename="bookworm")
UBUNTU = Target(site="http://mirror.invalid/ubuntu", origin="Ubuntu", codename="noble")


def everything_exists(_path: Path) -> bool:
    return True


def nothing_exists(_path: Path) -> bool:
    return False


def test_only_main_archives_of_known_distributions_are_taken() -> None:
    assert parse_targets(TARGETS) == [DEBIAN]


def test_without_package_lists_the_archive_is_found_in_what_apt_would_fetch() -> None:
    assert parse_release_uris(URIS, "Debian") == [DEBIAN]
    assert parse_release_uris(URIS, "Gentoo") == []


@pytest.mark.parametrize(("major", "suite"), [("23", "trixie"), ("25", "unstable")])
def test_debian_gives_each_major_version_from_its_suite_with_debians_keyring(major: str, suite: str) -> None:
    source = choose_source([UBUNTU, DEBIAN], major, everything_exists)

    keyring = KEYRING_DIRECTORY / "debian-archive-keyring.gpg"
    assert source.line() == f"deb [signed-by={keyring}] {DEBIAN.site} {suite} main\n"


def test_ubuntu_gives_what_its_own_release_has() -> None:
    source = choose_source([UBUNTU], "23", everything_exists)

    assert (source.suite, source.components) == ("noble", COMPONENTS["Ubuntu"])


def test_the_other_name_of_a_keyring_is_found() -> None:
    source = choose_source([DEBIAN], "23", lambda path: path.suffix == ".pgp")

    assert source.keyring.name == "debian-archive-keyring.pgp"


def test_a_missing_keyring_is_one_line_that_says_what_to_install() -> None:
    with pytest.raises(PoolError, match=r"install debian-archive-keyring$"):
        choose_source([DEBIAN], "23", nothing_exists)


def test_no_archive_is_one_line_that_says_what_to_do() -> None:
    with pytest.raises(PoolError, match=r"^HTCondor 23 isn't on PATH .*install HTCondor"):
        choose_source([], "23", everything_exists)
