"""Column types that mean the same on every database."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import DateTime, LargeBinary, Unicode, UnicodeText
from sqlalchemy.dialects import mssql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator

NAME_LENGTH = 200  # of a dataset or workflow: two of them and a date fit SQL Server's 1,700-byte index key
ZLIB_LEVEL = 1  # level 6 takes a sixth longer for a sixth less


# Names are compared letter by letter, as SQLite and PostgreSQL do: SQL Server's usual collations take DS1 for ds1.
_BY_LETTER = "Latin1_General_100_BIN2"


@compiles(Unicode, "mssql")
def _by_letter(type_: Unicode, compiler: Any, **given: Any) -> str:
    return f"{compiler.visit_NVARCHAR(type_, **given)} COLLATE {_BY_LETTER}"


class Name(TypeDecorator[str]):
    """A name that people look for by its beginning, which an index finds: compared byte by byte.

    SQLite compares so anyway; PostgreSQL's other collations give LIKE no index (its manual, "Operator Classes");
    SQL Server's columns are compared letter by letter all the same.
    """

    impl = Unicode(NAME_LENGTH)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(Unicode(NAME_LENGTH, collation=collation))

    @property
    def length(self) -> int:
        """The longest that it may be, in characters."""
        return NAME_LENGTH


class empty_first(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """A column of an index with what is empty first: PostgreSQL alone has to be told."""

    name = "empty_first"
    inherit_cache = True


@compiles(empty_first)
def _empty_first(element: Any, compiler: Any, **given: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **given))


@compiles(empty_first, "postgresql")
def _empty_first_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    return _empty_first(element, compiler, **given) + " NULLS FIRST"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept as naive UTC (`datetime2` on SQL Server)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "mssql":
            return dialect.type_descriptor(mssql.DATETIME2(precision=6))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class StateText(TypeDecorator[StrEnum]):
    """A member of a state enum, kept as its value."""

    impl = Unicode(16)
    cache_ok = True

    def __init__(self, states: type[StrEnum]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.states(value)


class JsonText(TypeDecorator[dict[str, Any]]):
    """A JSON object as text, which every database has."""

    impl = UnicodeText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


@cache
def _dictionary() -> bytes:
    """What nearly every ad holds. It is part of the format: what was written with it needs it for ever."""
    return (files("owl.db") / "classad-1.zdict").read_bytes()


@cache
def _compressor() -> Any:
    """One that has read the dictionary already: a copy of it costs less than a new one."""
    return zlib.compressobj(ZLIB_LEVEL, zdict=_dictionary())


_to_json = json.JSONEncoder(separators=(",", ":")).encode


def _packed(value: Any) -> bytes:
    press = _compressor().copy()
    try:
        text = to_json(value, inf_nan_mode="constants")  # in a third of the time that Python's own takes
    except PydanticSerializationError:  # half a surrogate pair, which UTF-8 can't hold and JSON's escapes can
        text = _to_json(value).encode()
    return bytes(press.compress(text) + press.flush())


def _unpacked(stored: bytes) -> Any:
    # The stream says whether it was made with the dictionary; the first version of OWL made some without.
    press = zlib.decompressobj(zdict=_dictionary())
    text = press.decompress(stored) + press.flush()
    try:
        return from_json(text)
    except ValueError:
        return json.loads(text)


class Packed(Mapping[str, Any]):
    """A JSON object as it is kept: unpacked when somebody looks into it, and written back as it stands."""

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    @cached_property
    def _whole(self) -> dict[str, Any]:
        return dict(_unpacked(self.stored))

    def __getitem__(self, name: str) -> Any:
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole)

    def __len__(self) -> int:
        return len(self._whole)


class CompressedJson(TypeDecorator[dict[str, Any]]):
    """A JSON object, compressed by zlib (RFC 1950) with a preset dictionary: most of what OWL keeps is ClassAds."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        return value.stored if type(value) is Packed else _packed(value)  # an ABC makes isinstance slow

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else _unpacked(value)


class PackedJson(CompressedJson):
    """The same column, read as `Packed`: for whoever takes a row over and seldom looks into its ad."""

    cache_ok = True

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else Packed(value)
