"""What lies around the pool's daemons: directories, the job hook, the settings of OWL's own daemons."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from owl import config, names
from owl.errors import PoolError, StorageError
from owl.pool.configuration import DIRECTORIES, HOOK_DIRECTORY
from owl.pool.record import write_private

SPOOL_LINK = "spool"
SPOOL_MODE = 0o3733
SETTINGS_FILE = "owl.toml"
STALE_PATTERNS = (
    *("lock/*", "run/*", "execute/dir_*", "log/.*_address*", "spool/.*_address*", "spool/.*_classad*"),
    *("log/InstanceLock", "log/.pgpass"),
)


def make_directories(directory: Path) -> None:
    """The pool's directories, closed to other users.

    Raises:
        StorageError: one can't be made.
    """
    try:
        for path in (directory, *(directory / name for name in DIRECTORIES)):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700 if path in (directory, directory / "tokens") else 0o755)
    except OSError as error:
        raise StorageError(f"{error.filename}: {error.strerror}; set OWL_STATE_DIR to a writable place") from error


def install_hook(directory: Path, source: Path) -> Path:
    """Copy the job hook to where neither jobs nor others can change it; return the copy's path."""
    target = directory / HOOK_DIRECTORY / names.HOOK_PROGRAM
    if not source.is_file():
        raise PoolError(f"{source} is missing: the job hook is part of OWL, install OWL again")
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(source, temporary)
    temporary.chmod(0o755)
    temporary.replace(target)
    return target


def make_spool(spool: Path) -> None:
    """The spool directory: everybody's jobs may leave files there, only its owner may list them."""
    spool.mkdir(parents=True, exist_ok=True)
    spool.chmod(SPOOL_MODE)


def point_spool(directory: Path, spool: Path) -> None:
    """Let the hook's link lead to `spool`, at once: a hook meanwhile sees the old or the new one."""
    link = directory / HOOK_DIRECTORY / SPOOL_LINK
    temporary = link.with_name(f".{SPOOL_LINK}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(spool)
    temporary.replace(link)


def write_settings(directory: Path, settings: config.Settings) -> Path:
    """All of `settings` as an owl.toml of the pool's own, for its daemons, whose directory is another.

    Only the owner may read it: a database URL can hold a password.
    """
    values = {name: getattr(settings, name) for name in config.fields()}
    plain = [f"{name} = {_toml(value)}" for name, value in values.items() if not isinstance(value, Mapping)]
    for name, table in values.items():
        if isinstance(table, Mapping):
            plain += ["", f"[{name}]", *(f"{_toml(key)} = {_toml(value)}" for key, value in table.items())]
    path = directory / SETTINGS_FILE
    write_private(path, "\n".join(plain) + "\n")
    return path


def remove_stale(directory: Path) -> None:
    """Remove what a pool that isn't running left behind; its queue, history and logs stay."""
    for pattern in STALE_PATTERNS:
        for path in directory.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    path.unlink()


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # TOML's basic strings are JSON's, but for DEL, which TOML wants escaped.
    return json.dumps(str(value)).replace("\x7f", "\\u007f")
