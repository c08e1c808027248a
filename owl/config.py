"""Settings: one frozen dataclass, built once.

A setting has one name everywhere: `database_url` in owl.toml is `OWL_DATABASE_URL` in the environment.
Later wins: default, owl.toml, environment, the command line's own options.
owl.toml is the file that `OWL_CONFIG` names, else the one in the current directory, else /etc/owl/owl.toml.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from owl import names
from owl.errors import InvalidSetting

PREFIX = "OWL_"
_DISK_PATIENCE = 5.0  # seconds
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def _doc(text: str, **bounds: Any) -> dict[str, Any]:
    return {"doc": text, **bounds}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What this OWL was told. Paths are absolute; times are in seconds."""

    state_dir: Path = field(metadata=_doc("Where OWL keeps what it needs on this host (default: .owl/)."))
    database_url: str = field(metadata=_doc("SQLAlchemy URL of the database (default: SQLite in state_dir)."))
    template_root: Path = field(metadata=_doc("The folder that holds one folder for each workflow."))
    work_root: Path = field(metadata=_doc("Below it each run has its work directory (not in /tmp)."))
    spool_dir: Path = field(metadata=_doc("Where the job hook leaves its records on this host."))
    poller_dir: Path = field(metadata=_doc("Where the pollers' tables are, *.toml (default: below state_dir)."))
    selection_dir: Path = field(
        metadata=_doc("Queries on the catalogue that operators may reprocess by, *.sql (default: below state_dir).")
    )
    drmaa_library: Path = field(metadata=_doc("The DRMAA 1.0 library that submits workflows."))
    pool_htcondor: str = field(
        default="",
        metadata=_doc("HTCondor of the personal pool: 23 or 25 (default: what is on PATH, else 23)."),
    )
    pool_slots: int = field(default=24, metadata=_doc("Slots of the personal pool.", minimum=1, maximum=10_000))
    shoveler_period: float = field(
        default=1.0, metadata=_doc("Seconds between two looks at the queue.", minimum=0.05, maximum=3600)
    )
    shovel_size: int = field(default=25, metadata=_doc("Most entries taken at a time.", minimum=1, maximum=10_000))
    max_active_runs: int = field(
        default=200, metadata=_doc("Most runs in HTCondor at a time.", minimum=1, maximum=100_000)
    )
    submit_attempts: int = field(
        default=5,
        metadata=_doc("How often a submission is tried before its entry fails.", minimum=1, maximum=100),
    )
    drain_period: float = field(
        default=0.25, metadata=_doc("Seconds between two looks at the spool.", minimum=0.02, maximum=3600)
    )
    reconcile_period: float = field(
        default=5.0,
        metadata=_doc("Seconds between two comparisons with the schedd.", minimum=0.2, maximum=3600),
    )
    rescue_period: float = field(
        default=0.5,
        metadata=_doc("Seconds between two looks at what is to be rescued.", minimum=0.05, maximum=3600),
    )
    spool_limit: int = field(
        default=2**30,
        metadata=_doc(
            "Bytes of the spool above which its oldest update records are dropped.", minimum=2**20, maximum=2**50
        ),
    )
    memory_limit: int = field(
        default=2**29,
        metadata=_doc(
            "Bytes of memory above which a daemon ends, to be started again (0: never).", minimum=0, maximum=2**50
        ),
    )
    database_patience: float = field(
        default=10.0,
        metadata=_doc("Seconds for which a locked or lost database is tried again.", minimum=0, maximum=3600),
    )
    database_server: str = field(
        default="", metadata=_doc("Server of the database, HOST or HOST:PORT; then database_url is made of parts.")
    )
    database_dsn: str = field(default="", metadata=_doc("ODBC data source of the database, instead of a server."))
    database_name: str = field(default="owl", metadata=_doc("The database, where database_server is set."))
    database_user: str = field(default="", metadata=_doc("User of the database (default: this account)."))
    database_scheme: str = field(
        default="mssql+pyodbc",
        metadata=_doc("What database_server is: SQLAlchemy's dialect and driver, such as postgresql+psycopg."),
    )
    database_driver: str = field(
        default="", metadata=_doc("ODBC driver by its name (default: Microsoft's 18, else FreeTDS).")
    )
    database_password_file: str = field(
        default="",
        metadata=_doc("File that holds the database's password; OWL_DATABASE_PASSWORD, if set, comes first."),
    )
    database_keyring: str = field(
        default="", metadata=_doc("Service under which the keyring has the password of database_user.")
    )
    database_login_timeout: int = field(
        default=15, metadata=_doc("Seconds that the server has to let OWL in.", minimum=1, maximum=600)
    )
    database_query_timeout: int = field(
        default=120,
        metadata=_doc("Seconds that a statement may take (0: as long as it wants).", minimum=0, maximum=86_400),
    )
    catalog_url: str = field(
        default="", metadata=_doc("SQLAlchemy URL of the archive's catalogue, which reprocessing reads.")
    )
    log_level: str = field(default="INFO", metadata=_doc("DEBUG, INFO, WARNING or ERROR.", choices=LOG_LEVELS))
    log_file: str = field(default="", metadata=_doc("Where a daemon writes its log (default: standard error)."))
    log_format: str = field(default="text", metadata=_doc("text or json.", choices=("text", "json")))
    web_host: str = field(default="127.0.0.1", metadata=_doc("Address at which the web GUI listens."))
    web_port: int = field(default=8420, metadata=_doc("Port of the web GUI.", minimum=1, maximum=65_535))
    web_threads: int = field(
        default=8, metadata=_doc("Requests that the web GUI works on at a time.", minimum=1, maximum=256)
    )
    web_session_hours: float = field(
        default=12.0, metadata=_doc("Hours without a request after which a login ends.", minimum=0.1, maximum=720)
    )
    web_login_limit: int = field(
        default=10,
        metadata=_doc("Failed logins a minute from one address, and for one account.", minimum=1, maximum=10_000),
    )
    web_trusted_proxies: str = field(
        default="",
        metadata=_doc("Addresses or networks of reverse proxies whose headers are believed (default: none)."),
    )
    web_user_header: str = field(
        default="",
        metadata=_doc("Header in which a trusted proxy names the user who has logged in there (default: none)."),
    )
    notify_webhook: str = field(
        default="", metadata=_doc("Address that gets each alert as JSON (HTTP POST; default: none).")
    )
    notify_email: str = field(
        default="", metadata=_doc("Who gets each alert by e-mail, separated by commas (default: nobody).")
    )
    notify_from: str = field(default="", metadata=_doc("Sender of that e-mail (default: owl@HOST)."))
    smtp_server: str = field(default="localhost:25", metadata=_doc("Mail server, HOST or HOST:PORT."))
    notify_delay: float = field(
        default=30.0,
        metadata=_doc("Seconds without a daemon or database before it is told.", minimum=1, maximum=86_400),
    )
    metrics_dir: str = field(
        default="", metadata=_doc("Where shoveler and owld write owl_*.prom for Prometheus (default: nowhere).")
    )
    metrics_port: int = field(
        default=0,
        metadata=_doc(
            "Loopback port of the shoveler's /metrics; owld's is the next (0: none).", minimum=0, maximum=65_534
        ),
    )
    environment: Mapping[str, str] = field(
        default_factory=dict, metadata=_doc("Table of environment variables that every workflow gets.")
    )


def load_settings(
    environ: Mapping[str, str] | None = None, *, directory: Path | None = None, **options: Any
) -> Settings:
    """Read owl.toml and the environment; `options` (those not None) win over both.

    Raises:
        InvalidSetting: a name that doesn't exist or a value of the wrong kind, with its place.
    """
    environ = os.environ if environ is None else environ
    directory = Path.cwd() if directory is None else directory
    given, base = _from_file(environ, directory)
    given |= _from_environment(environ)
    given |= {name: (value, "the command line") for name, value in options.items() if value is not None}
    values = {name: _convert(name, value, where, base) for name, (value, where) in given.items()}
    if values.get("database_url") and (values.get("database_server") or values.get("database_dsn")):
        raise InvalidSetting(
            f"{given['database_url'][1]}: give database_url or database_server/database_dsn, not both"
        )
    return Settings(**(_defaults(values, base) | values))


def fields() -> dict[str, dataclasses.Field[Any]]:
    """Every setting by name: documentation and tests are made from this."""
    return {setting.name: setting for setting in dataclasses.fields(Settings)}


def _from_file(environ: Mapping[str, str], directory: Path) -> tuple[dict[str, tuple[Any, str]], Path]:
    path = _config_file(environ, directory)
    if path is None:
        return {}, directory
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise InvalidSetting(f"{path}: can't be read ({error.strerror}); give a readable file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSetting(f"{path}: not valid TOML: {error}") from error
    return {name: (value, str(path)) for name, value in table.items()}, path.resolve().parent


def _config_file(environ: Mapping[str, str], directory: Path) -> Path | None:
    if environ.get("OWL_CONFIG"):
        return Path(environ["OWL_CONFIG"])
    for path in (directory / names.CONFIG_FILE, names.SYSTEM_CONFIG):
        if path.is_file():
            return path
    return None


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found = {}
    for name in fields():
        variable = PREFIX + name.upper()
        if environ.get(variable):
            found[name] = (environ[variable], f"the environment ({variable})")
    return found


def _convert(name: str, value: Any, where: str, base: Path) -> Any:
    converted: Any
    setting = fields().get(name)
    if setting is None:
        raise InvalidSetting(f"{where}: there is no setting {name!r}; `owl config` lists them all")
    converted = _CONVERTERS[str(setting.type)](name, value, where, base)
    minimum, maximum = setting.metadata.get("minimum"), setting.metadata.get("maximum")
    if minimum is not None and maximum is not None and not minimum <= converted <= maximum:
        raise InvalidSetting(f"{where}: {name} = {value} is out of range; give {minimum} to {maximum}")
    choices = setting.metadata.get("choices")
    if choices is not None and converted not in choices:
        raise InvalidSetting(f"{where}: {name} = {value!r}; give one of {', '.join(choices)}")
    return converted


def _path(name: str, value: Any, where: str, base: Path) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise InvalidSetting(f"{where}: {name} must be a path, not {value!r}")
    return _real(base / Path(value).expanduser())


def _real(path: Path) -> Path:
    """A path without links in it; where its disk hangs, as it is written: `owl status` must tell of it."""
    found = [Path(os.path.abspath(path))]  # noqa: PTH100 - it looks at no disk

    def look() -> None:
        with contextlib.suppress(OSError, RuntimeError):  # of links that lead in a circle
            found.append(path.resolve())

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(_DISK_PATIENCE)
    return found[-1]


def _text(name: str, value: Any, where: str, base: Path) -> str:
    if not isinstance(value, str):
        raise InvalidSetting(f"{where}: {name} must be text in quotes, not {value!r}")
    return value


def _integer(name: str, value: Any, where: str, base: Path) -> int:
    try:
        if isinstance(value, bool | float):
            raise ValueError
        return int(value)
    except (TypeError, ValueError):
        raise InvalidSetting(f"{where}: {name} must be a whole number, not {value!r}") from None


def _number(name: str, value: Any, where: str, base: Path) -> float:
    try:
        if isinstance(value, bool):
            raise ValueError
        return float(value)
    except (TypeError, ValueError):
        raise InvalidSetting(f"{where}: {name} must be a number, not {value!r}") from None


def _variables(name: str, value: Any, where: str, base: Path) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise InvalidSetting(f"{where}: {name} must be a table of texts in owl.toml")
    return dict(value)


_CONVERTERS = {
    "Path": _path,
    "str": _text,
    "int": _integer,
    "float": _number,
    "Mapping[str, str]": _variables,
}


def _defaults(values: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """What isn't set follows from the state directory and from where OWL is installed."""
    state = values.get("state_dir", (base / names.STATE_DIRECTORY).resolve())
    return {
        "state_dir": state,
        "database_url": _url_of_parts(values) or f"sqlite:///{state / names.DATABASE_FILE}",
        "template_root": names.resource("templates"),
        "work_root": state / "work",
        "spool_dir": state / "spool",
        "poller_dir": state / "pollers",
        "selection_dir": state / "selections",
        "drmaa_library": Path(__file__).resolve().parent / "drmaa" / "libdrmaa.so",
    }


def _url_of_parts(values: Mapping[str, Any]) -> str:
    """The URL that server or data source, user, database and driver make; the password isn't in it."""
    server, dsn = values.get("database_server", ""), values.get("database_dsn", "")
    if not server and not dsn:
        return ""
    defaults = {name: setting.default for name, setting in fields().items()}
    part = {**defaults, **values}
    user = quote(part["database_user"], safe="")
    url = f"{part['database_scheme']}://{user + '@' if user else ''}{server or quote(dsn, safe='')}"
    if dsn and not server:
        return url
    query = {"driver": part["database_driver"]} if part["database_driver"] else {}
    if not user and part["database_scheme"].startswith("mssql"):
        query["Trusted_Connection"] = "yes"  # Kerberos
    name = quote(part["database_name"], safe="")
    return f"{url}/{name}?{urlencode(query)}" if query else f"{url}/{name}"
