"""Which drivers of databases are there on this host, for `owl doctor`."""

from __future__ import annotations

import ctypes.util
import importlib.util
from dataclasses import dataclass

from sqlalchemy.engine import URL

from owl.db.connect import FREETDS, MICROSOFT

_MODULES = {"pyodbc": "pyodbc", "pymssql": "pymssql", "psycopg": "psycopg", "psycopg2": "psycopg2"}


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """What was found for a URL; `mend` is empty where nothing is missing."""

    detail: str
    mend: str = ""


def look(url: URL) -> Drivers:
    """The drivers that a URL needs: the Python module, ODBC's manager, and an ODBC driver for SQL Server."""
    name = url.get_driver_name()
    if url.get_backend_name() == "sqlite":
        return Drivers(detail="SQLite comes with Python")
    module = _MODULES.get(name, name)
    if importlib.util.find_spec(module) is None:
        extra = " (OWL's extra postgresql)" if url.get_backend_name() == "postgresql" else ""
        return Drivers(detail=f"no Python module {module}", mend=f"install {module} with pip{extra}")
    return _odbc(url) if name == "pyodbc" else Drivers(detail=f"{module} is there")


def odbc_drivers() -> list[str]:
    """The ODBC drivers that odbcinst.ini names; `ImportError` where ODBC's manager is missing."""
    import pyodbc

    return list(pyodbc.drivers())


def _odbc(url: URL) -> Drivers:
    if ctypes.util.find_library("odbc") is None:
        return Drivers(
            detail="no libodbc.so.2",
            mend="install ODBC's driver manager (Debian, Ubuntu: apt-get install unixodbc)",
        )
    try:
        found = odbc_drivers()
    except ImportError as error:
        return Drivers(detail=str(error), mend="install ODBC's driver manager (Debian, Ubuntu: unixodbc)")
    wanted = str(next((text for name, text in url.query.items() if name.lower() == "driver"), ""))
    usable = [one for one in found if wanted in ("", one) and ("SQL Server" in one or FREETDS in one.lower())]
    listed = ", ".join(found) or "none"
    if usable:
        return Drivers(detail=f"ODBC drivers: {listed}")
    missing = wanted or f"{MICROSOFT} nor FreeTDS"
    return Drivers(
        detail=f"no ODBC driver {missing}; there are: {listed}",
        mend=f"install Microsoft's {MICROSOFT} (msodbcsql18), or FreeTDS (Debian, Ubuntu: tdsodbc)",
    )
