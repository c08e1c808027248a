"""Pieces of SQL that each database writes in its own way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Unicode, literal, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import NullType

from owl.db.forms import like_pattern

_LAST = "\U0010ffff"  # no text that UTF-8 can write sorts behind it


class begins(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """`begins(column, text)`: the column begins with the text, which holds no `*` and no `?`; an index is used.

    SQLite's LIKE ignores case and so no index serves it; a range does (sqlite.org/optoverview.html, "The LIKE
    Optimization"). PostgreSQL's LIKE is served where the column's collation is C: see `owl.db.types.Name`.
    """

    name = "begins"
    type = NullType()  # of a Boolean SQLAlchemy makes `… = 1` where a database has none, which no index serves
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], text: str) -> None:
        texts = (text, text + _LAST, like_pattern(text) + "%")
        super().__init__(column, *(literal(one, Unicode()) for one in texts))


@compiles(begins)
def _begins_like(element: Any, compiler: Any, **given: Any) -> str:
    column, _, _, pattern = element.clauses
    return f"{compiler.process(column, **given)} LIKE {compiler.process(pattern, **given)} ESCAPE '\\'"


@compiles(begins, "sqlite")
def _begins_range(element: Any, compiler: Any, **given: Any) -> str:
    column, low, high, _ = element.clauses
    name = compiler.process(column, **given)
    return f"({name} >= {compiler.process(low, **given)} AND {name} < {compiler.process(high, **given)})"


class holds(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """`holds(column, text)`: the text stands somewhere in the column, whatever the case of its letters."""

    name = "holds"
    type = NullType()  # see begins
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], text: str) -> None:
        plain = text.replace("*", "\0").replace("?", "\1")
        pattern = like_pattern(plain).replace("\0", "*").replace("\1", "?")
        super().__init__(column, literal(f"%{pattern}%", Unicode()))


@compiles(holds)
def _holds(element: Any, compiler: Any, **given: Any) -> str:
    column, pattern = (compiler.process(one, **given) for one in element.clauses)
    return f"lower({column}) LIKE lower({pattern}) ESCAPE '\\'"


@compiles(holds, "sqlite")
def _holds_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    # SQLite's LIKE ignores the case of ASCII letters by itself, in half the time.
    column, pattern = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} LIKE {pattern} ESCAPE '\\'"


@compiles(holds, "postgresql")
def _holds_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    column, pattern = (compiler.process(one, **given) for one in element.clauses)
    return f"{column} ILIKE {pattern} ESCAPE '\\'"


class walked(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """A column for which SQLite is to use no index (its optimizer overview, "Disqualifying WHERE Clause Terms").

    Without statistics of how often each value occurs it takes any index rather than the order that is asked for.
    """

    name = "walked"
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(walked)
def _as_it_is(element: Any, compiler: Any, **given: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **given))


@compiles(walked, "sqlite")
def _with_a_plus(element: Any, compiler: Any, **given: Any) -> str:
    return "+" + _as_it_is(element, compiler, **given)


class rare(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """A condition that SQLite is to believe few rows meet, so that it uses the condition's own index.

    The statistics that ANALYZE leaves say how many rows a value has on the average: of states, a fifth of all.
    SQLite's own function says better (sqlite.org/lang_corefunc.html, "likelihood").
    """

    name = "rare"
    type = NullType()  # see begins
    inherit_cache = True


@compiles(rare)
def _as_if_it_were_not_rare(element: Any, compiler: Any, **given: Any) -> str:
    return _as_it_is(element, compiler, **given)


@compiles(rare, "sqlite")
def _rare_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    return f"likelihood({_as_it_is(element, compiler, **given)}, 0.0001)"


def ordered(column: ColumnElement[Any], *, down: bool, nullable: bool) -> ColumnElement[Any]:
    """Order by a column as every database does but PostgreSQL: what is empty is the smallest."""
    if not nullable:
        return column.desc() if down else column.asc()
    return falling(column) if down else rising(column)


class rising(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """Order by a column, what is empty first: PostgreSQL alone takes it for the largest."""

    name = "rising"
    inherit_cache = True


class falling(FunctionElement[Any]):  # noqa: N801 - it is used as a function
    """Order by a column, the largest first and what is empty last."""

    name = "falling"
    inherit_cache = True


@compiles(rising)
def _rising(element: Any, compiler: Any, **given: Any) -> str:
    return _as_it_is(element, compiler, **given) + " ASC"


@compiles(rising, "postgresql")
def _rising_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    return _rising(element, compiler, **given) + " NULLS FIRST"


@compiles(falling)
def _falling(element: Any, compiler: Any, **given: Any) -> str:
    return _as_it_is(element, compiler, **given) + " DESC"


@compiles(falling, "postgresql")
def _falling_postgresql(element: Any, compiler: Any, **given: Any) -> str:
    return _falling(element, compiler, **given) + " NULLS LAST"


class bucket(FunctionElement[int]):  # noqa: N801 - it is used as a function
    """`bucket(column, seconds)`: the number of the stretch of so many seconds, since 1970, that a time is in."""

    name = "bucket"
    type = BigInteger()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], seconds: int) -> None:
        # No parameter: PostgreSQL takes GROUP BY's for another one than SELECT's.
        super().__init__(column, literal_column(str(int(seconds))))


@compiles(bucket)
def _bucket(element: Any, compiler: Any, **given: Any) -> str:
    column, seconds = (compiler.process(one, **given) for one in element.clauses)
    return f"FLOOR(EXTRACT(EPOCH FROM {column}) / {seconds})"


@compiles(bucket, "sqlite")
def _bucket_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    column, seconds = (compiler.process(one, **given) for one in element.clauses)
    return f"CAST(strftime('%s', {column}) AS INTEGER) / {seconds}"


@compiles(bucket, "mssql")
def _bucket_mssql(element: Any, compiler: Any, **given: Any) -> str:
    column, seconds = (compiler.process(one, **given) for one in element.clauses)
    return f"DATEDIFF_BIG(second, '1970-01-01', {column}) / {seconds}"


class json_value(FunctionElement[str]):  # noqa: N801 - it is used as a function
    """`json_value(column, name)`: one value of a JSON object that is kept as text; NULL where it has none."""

    name = "json_value"
    type = Unicode()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        if not (name.isidentifier() and name.isascii()):
            raise ValueError(f"{name!r} is no parameter's name")
        # No parameters: see bucket. A parameter's name is an identifier, which needs no quoting.
        super().__init__(column, literal_column(f"'{name}'"), literal_column(f"'$.{name}'"))


@compiles(json_value)
def _json_value(element: Any, compiler: Any, **given: Any) -> str:
    column, name, _ = element.clauses
    return f"(CAST({compiler.process(column, **given)} AS json) ->> {compiler.process(name, **given)})"


@compiles(json_value, "sqlite")
def _json_value_sqlite(element: Any, compiler: Any, **given: Any) -> str:
    column, _, path = element.clauses
    return f"json_extract({compiler.process(column, **given)}, {compiler.process(path, **given)})"


@compiles(json_value, "mssql")
def _json_value_mssql(element: Any, compiler: Any, **given: Any) -> str:
    column, _, path = element.clauses
    return f"JSON_VALUE({compiler.process(column, **given)}, {compiler.process(path, **given)})"
