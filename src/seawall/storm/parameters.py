"""A design with other shares of capital or other parameters, by their names.

    run_storm("jelly", [changed(DESIGNS["layered"], {"junior": 0.5, "order_delay": 5000})])

A number with a point is a rate (0.05 is 5 %), a whole number is in the engine's unit (rates 1e-12,
dollars 1e-6, times ms).
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any

from seawall import designs as registry
from seawall.engine.errors import BadParameters, SeawallError
from seawall.engine.venue import Market
from seawall.storm.guarding import as_units

Value = Any
"""A number, a text, a truth value or a list of these, as TOML has them."""

_DENOMINATOR = 10**12
_GIVEN = ("tiers", "oracle", "guards")
"""What a design's parameters hold that a storm sets by other names."""


def changed(design: registry.Design, changes: Mapping[str, Value]) -> registry.Design:
    """A design with other shares of capital or other parameters, by their names.

    Raises :class:`BadParameters` for a name, a share or a value that cannot be.
    """
    if not changes:
        return design
    known = design_settings(design)
    shares = {name: value for name, value in changes.items() if name in design.capital}
    parameters: dict[str, Value] = {}
    for name, value in changes.items():
        if name in shares:
            continue
        if name not in known:
            raise unknown(f"{design.name}.{name}", (f"{design.name}.{one}" for one in known))
        parameters[name] = _like(f"{design.name}.{name}", known[name], value)
    if shares:
        design = replace(design, capital=_shared(design, shares))
    if not parameters:
        return design
    build = design.build
    plain, inner = _by_part(parameters)

    def build_changed(market: str, listing: registry.Listing) -> Market:
        changes = {**listing.changes, **plain}
        try:
            if inner:
                before = build(market, replace(listing, changes=changes, beside=None))
                changes |= {
                    part: _with(getattr(getattr(before, "params", None), part), fields)
                    for part, fields in inner.items()
                }
            made = build(market, replace(listing, changes=changes))
        except (TypeError, OverflowError) as error:
            raise BadParameters(f"{design.name}: {error}") from None
        for name, value in parameters.items():
            found = attrgetter(name)(getattr(made, "params", None))
            if found != value:
                raise BadParameters(
                    f"{design.name}.{name}: this design does not take it; it is {found}"
                )
        return made

    return replace(design, build=build_changed)


def design_settings(design: registry.Design) -> dict[str, Value]:
    """Shares of capital and plain parameters of a design by name, each as it stands by itself."""
    whole = sum(design.capital.values())
    found: dict[str, Value] = {name: part / whole for name, part in design.capital.items()}
    params = getattr(design("probe"), "params", None)
    if params is None:
        return found
    for name, value in _fields(params).items():
        if name in _GIVEN:
            continue
        if _is_plain(value):
            found[name] = value
        elif type(value).__module__.startswith("seawall."):
            inner = _fields(value).items()
            found |= {f"{name}.{one}": part for one, part in inner if _is_plain(part)}
    return found


def _is_plain(value: Value) -> bool:
    return isinstance(value, (bool, int, str)) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, int) for one in value)
    )


def _fields(params: object) -> dict[str, Value]:
    """What an object of parameters was made of, by name."""
    return {
        name: getattr(params, name, None) for name in inspect.signature(type(params)).parameters
    }


def _by_part(
    parameters: Mapping[str, Value],
) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """Parameters of a design, and those of the objects among them by the object's name."""
    plain: dict[str, Value] = {}
    inner: dict[str, dict[str, Value]] = {}
    for name, value in parameters.items():
        part, point, field_name = name.partition(".")
        if point:
            inner.setdefault(part, {})[field_name] = value
        else:
            plain[name] = value
    return plain, inner


def _with(params: object, changes: Mapping[str, Value]) -> object:
    """A new object of parameters with some of them changed."""
    return type(params)(**{**_fields(params), **changes})


def unknown(name: str, known: Iterable[str]) -> SeawallError:
    """The refusal of a name, with those that are known."""
    return BadParameters(f"no parameter {name!r}; there are {', '.join(known)}")


def _shared(design: registry.Design, shares: Mapping[str, Value]) -> dict[str, int]:
    """The parts of the capital: the shares given, and the rest in the proportions it had."""
    for name, value in shares.items():
        if not 0 < number(f"{design.name}.{name}", value) <= 1:
            raise BadParameters(
                f"{design.name}.{name} {value}: a share of the capital, above 0 and at most 1"
            )
    others = {name: part for name, part in design.capital.items() if name not in shares}
    left = _DENOMINATOR - sum(round(value * _DENOMINATOR) for value in shares.values())
    if left < 0 or (left > 0) != bool(others):
        raise BadParameters(
            f"{design.name}: shares of {', '.join(shares)} come to "
            f"{1 - left / _DENOMINATOR:g}; all vaults together must come to 1"
        )
    rest = sum(others.values())
    return {
        name: round(shares[name] * _DENOMINATOR)
        if name in shares
        else left * design.capital[name] // rest
        for name in design.capital
    }


def _like(name: str, example: Value, value: Value) -> Value:
    """``value`` in the kind of ``example``, a rate in the engine's units."""
    if isinstance(example, (bool, str)):
        if type(value) is not type(example):
            kind = "true or false" if isinstance(example, bool) else "text"
            raise BadParameters(f"{name} {value!r}: must be {kind}")
        return value
    if isinstance(example, list):
        if not isinstance(value, list):
            raise BadParameters(f"{name} {value!r}: must be a list of numbers")
        return [_like(name, 0, one) for one in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadParameters(f"{name} {value!r}: must be a number")
    return as_units(value)


def number(name: str, value: Value) -> float:
    """``value`` where it is a number; raises :class:`BadParameters` naming it."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadParameters(f"{name} {value!r}: must be a number")
    return value
