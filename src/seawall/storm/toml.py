"""TOML files as typed records: what is not known is named with what is."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.inspect import ListType, StructType, Type, UnionType, type_info

Record = TypeVar("Record", bound=msgspec.Struct)


def read(text: bytes | str, kind: type[Record], **defaults: Any) -> Record:
    """The ``kind`` that the TOML ``text`` describes; ``defaults`` stand where it says nothing.

    Raises :class:`msgspec.DecodeError`, for an unknown name with the list of those that are known,
    and :class:`UnicodeDecodeError`.

    Example::

        read('scenario = "crash"', SweepFile).scenario
    """
    table = {**defaults, **msgspec.toml.decode(text)}
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError:
        _check(table, type_info(kind), "")
        raise


def _check(value: Any, kind: Type, where: str) -> None:
    if isinstance(kind, UnionType):
        for one in kind.types:
            _check(value, one, where)
    elif isinstance(kind, ListType) and isinstance(value, list):
        for one in value:
            _check(one, kind.item_type, where)
    elif isinstance(kind, StructType) and isinstance(value, Mapping):
        fields = {field.encode_name: field.type for field in kind.fields}
        for name, one in value.items():
            if name not in fields:
                place = f" in {where}" if where else ""
                raise msgspec.ValidationError(
                    f"there is no {name!r}{place}; there are {', '.join(fields)}"
                )
            _check(one, fields[name], f"{where}.{name}" if where else name)
