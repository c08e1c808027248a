"""What all tables share: where they are registered, how constraints are named, what counts rows up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateColumn

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows up by itself only where the key is plainly INTEGER.
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def with_named_default(text: str, column: Column[Any], table: str) -> str:
    """T-SQL that makes a column, its default's constraint named `df_<table>_<column>`.

    SQL Server keeps a default as a constraint and makes a name up for it, another in each database, which a later
    change of the column has to know (its manual, ALTER TABLE, "DEFAULT").
    """
    if column.server_default is None:
        return text
    return text.replace(" DEFAULT ", f" CONSTRAINT df_{table}_{column.name} DEFAULT ", 1)


@compiles(CreateColumn, "mssql")
def _create_column(element: CreateColumn, compiler: Any, **given: Any) -> Any:
    text = compiler.visit_create_column(element, **given)
    return text and with_named_default(text, element.element, element.element.table.name)
