"""Job categories: names for native specifications, from a configuration file.

The file is TOML, one table ``[categories]`` with a native specification for each name. It is
the file that ``DRMAA_HTCONDOR_CATEGORIES`` names, else ``~/.config/drmaa-htcondor.toml``, else
``/etc/drmaa-htcondor.toml``; without one there are no categories.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from owl.drmaa.errors import DrmaaError, Errno

VARIABLE = "DRMAA_HTCONDOR_CATEGORIES"


def _candidates() -> list[Path]:
    named = os.environ.get(VARIABLE)
    if named:
        return [Path(named)]
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    return [home / ".config" / "drmaa-htcondor.toml", Path("/etc/drmaa-htcondor.toml")]


def load_categories() -> Mapping[str, str]:
    """Category → native specification.

    Raises:
        DrmaaError: DRMS_INIT_FAILED for a file that is named but missing, or that can't be read.
    """
    for path in _candidates():
        try:
            with path.open("rb") as file:
                table = tomllib.load(file).get("categories", {})
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            if os.environ.get(VARIABLE):
                raise DrmaaError(Errno.DRMS_INIT_FAILED, f"job categories: {error}") from error
            continue
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DrmaaError(Errno.DRMS_INIT_FAILED, f"job categories: {path}: {error}") from error
        if not isinstance(table, dict) or not all(isinstance(one, str) for one in table.values()):
            raise DrmaaError(Errno.DRMS_INIT_FAILED, f"job categories: {path}: [categories] must hold texts only")
        return table
    return {}
