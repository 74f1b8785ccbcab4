"""A row written by one bare statement, for what each submission writes.

The ORM puts the same statement together anew each time, and takes longer for it than
the database takes to carry it out. No signals are sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model


def insert(row: Model) -> None:
    """Write a new row, which gets its key; raises `IntegrityError`."""
    fields = _fields(type(row))
    values = [_stored(getattr(row, field.attname)) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insertion(type(row)), values)
        (row.pk,) = cursor.fetchone()


def update(
    model: type[Model], changes: Mapping[str, object], where: str, values: Sequence[Any]
) -> bool:
    """Change the rows that are as `where` says; False where none is.

    `changes` are by field; `where` has a "%s" for each of the values.
    """
    stored = map(_stored, changes.values())
    with connection.cursor() as cursor:
        cursor.execute(f"{_change(model, tuple(changes))} {where}", [*stored, *values])
        return bool(cursor.rowcount)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


@cache
def _fields(model: type[Model]) -> Sequence[Field[Any, Any]]:
    return [
        field for field in model._meta.local_fields if not isinstance(field, AutoField)
    ]


@cache
def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return next(field for field in _fields(model) if field.name == name)


@cache
def _insertion(model: type[Model]) -> str:
    fields = _fields(model)
    columns = ", ".join(map(_column, fields))
    places = ", ".join(["%s"] * len(fields))
    table, key = _table(model), _column(model._meta.pk)
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {key}"  # noqa: S608 - the names are the model's


@cache
def _change(model: type[Model], names: tuple[str, ...]) -> str:
    changes = ", ".join(f"{_column(_field(model, name))} = %s" for name in names)
    return f"UPDATE {_table(model)} SET {changes} WHERE"  # noqa: S608 - the names are the model's


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(field: Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))
