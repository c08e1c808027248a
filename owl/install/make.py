"""Make what `owl.install.plan` lists. What is there already stays, unless it is to be made anew."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from owl.errors import NotAllowed, StorageError
from owl.install.plan import Piece


@dataclass(frozen=True, kw_only=True)
class Made:
    """What became of a piece."""

    path: Path
    what: str


def make(
    pieces: Iterable[Piece], *, root: Path = Path("/"), user: str = "owl", force: bool = False
) -> Iterator[Made]:
    """Make every piece below `root`; `force`: files that are there and differ are kept as NAME.old and made anew.

    Raises:
        NotAllowed: as root, without an account of that name.
        StorageError: a directory or a file can't be made.
    """
    account = _account(user) if os.geteuid() == 0 and root == Path("/") else None
    for piece in pieces:
        path = root / piece.path.relative_to("/")
        try:
            what = _directory(path) if piece.text is None else _file(path, piece.text, force=force)
            if what in ("made", "made anew"):
                path.chmod(piece.mode)
                if account is not None and piece.owned:
                    os.chown(path, account.pw_uid, account.pw_gid)
        except OSError as error:
            mend = "run it as root, or with --root DIRECTORY"
            raise StorageError(f"{path}: can't be made ({error.strerror}); {mend}") from error
        yield Made(path=path, what=what)


def _directory(path: Path) -> str:
    if path.is_dir():
        return "is there"
    path.mkdir(parents=True)
    return "made"


def _file(path: Path, text: str, *, force: bool) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    there = path.exists()
    if there and path.read_text(encoding="utf-8", errors="replace") == text:
        return "is there"
    if there and not force:
        return "is there and differs, kept"
    if there:
        shutil.copy2(path, path.with_name(path.name + ".old"))
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
    return "made anew" if there else "made"


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise NotAllowed(
            f"there is no account {user!r}: make it first (useradd --system --create-home {user}), or name another "
            "with --user"
        ) from None
