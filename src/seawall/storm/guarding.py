"""Guards by a name, or by a name with settings: ``open-interest-cap(value_share=0.05)``.

The names are those of :data:`seawall.engine.guards.PRESETS`, several joined by ``+``
(``position-cap+auction``); a setting is a parameter of the guard, written ``guard.parameter`` where
the name is ``hybrid``. Two more names stand for others: ``defaults`` for what a design ships with,
``each`` for every set that there is. A number with a point is a rate (0.05 is
5 %), a whole number is in the engine's unit (rates 1e-12, times ms).
"""

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from seawall.engine import guards as guarding
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import RATE

_RATE = int(RATE)
_SETTING = re.compile(r"(?:(?P<guard>[\w-]+)\.)?(?P<field>\w+)=(?P<value>-?\d+(?:\.\d+)?)")
_ALL = "hybrid"
_JOIN = re.compile(r"\+(?![^(]*\))")
DEFAULTS = "defaults"
EACH = "each"


def guards_of(text: str) -> guarding.Guards:
    """New guards by ``text``.

    Raises :class:`BadParameters` for a name, a setting or a value that is not there, with the list
    of those that are.

    Example::

        guards_of("hybrid(open-interest-cap.value_share=0.2, price-breaker.pause=300000)")
    """
    made = guarding.Guards()
    for part in _JOIN.split(text):
        for place, guard in vars_of(_part(part)).items():
            if guard is None:
                continue
            if getattr(made, place) is not None:
                raise BadParameters(f"guards {text}: {part.strip()} is there already")
            setattr(made, place, guard)
    return made


def names_of(text: str) -> list[str]:
    """The guards that stand in a text, each by its name. Raises as :func:`guards_of`."""
    there = {place for place, guard in vars_of(guards_of(text)).items() if guard is not None}
    return [name for name in settings() if _single(name)[0] in there]


def sets(names: Sequence[str]) -> list[str]:
    """``names`` with ``each`` spelled out: none, every guard alone, the defaults, all together."""
    every = [*guarding.PRESETS[:-1], DEFAULTS, guarding.PRESETS[-1]]
    found = [one for name in names for one in (every if name == EACH else [name])]
    return list(dict.fromkeys(found)) if EACH in names else found


def for_design(text: str, shipped: str) -> str:
    """``text``, or what a design ships with where that is asked for."""
    return shipped if text == DEFAULTS else text


def _part(text: str) -> guarding.Guards:
    name, bracket, inside = text.partition("(")
    name = name.strip()
    if name in (DEFAULTS, EACH):
        raise BadParameters(f"guards {text}: {name} stands for guards of its own; name it alone")
    if name not in guarding.PRESETS:
        known = ", ".join((*guarding.PRESETS, DEFAULTS, EACH))
        raise BadParameters(f"guards {name}: must be one of {known}")
    guards = guarding.preset(name)
    if not bracket:
        return guards
    if not inside.endswith(")"):
        raise BadParameters(f"guards {text}: the bracket does not close")
    changes: dict[str, dict[str, int]] = {}
    for part in (part.strip() for part in inside[:-1].split(",")):
        found = _SETTING.fullmatch(part.replace(" ", ""))
        if found is None:
            raise BadParameters(
                f"guards {text}: {part!r} is not a setting; write it like value_share=0.05"
            )
        guard = found["guard"] or name
        if guard != name and name != _ALL:
            raise BadParameters(f"guards {text}: {guard} is not {name}")
        changes.setdefault(guard, {})[found["field"]] = as_units(_value(found["value"]))
    for guard, fields in changes.items():
        _change(guards, guard, fields, text)
    return guards


def settings() -> dict[str, list[str]]:
    """The settings of every guard that stands alone, by its name."""
    return {
        name: _names(_single(name)[1])
        for name in guarding.PRESETS
        if name != _ALL and any(vars_of(guarding.preset(name)).values())
    }


def with_settings(text: str, changes: dict[str, dict[str, Any]]) -> str:
    """``text`` with more settings by guard, as :func:`guards_of` reads it.

    Raises :class:`BadParameters` where ``text`` names another guard.
    """
    if not changes:
        return text
    name = text.partition("(")[0]
    if name == "none" and len(changes) == 1:
        name = text = next(iter(changes))
    if name != _ALL and set(changes) != {name}:
        raise BadParameters(
            f"guards {name}: settings of {', '.join(changes)} need these guards; "
            f"name one of them or {_ALL}"
        )
    before = text.partition("(")[2].removesuffix(")")
    more = [
        f"{field}={value}" if guard == name else f"{guard}.{field}={value}"
        for guard, fields in changes.items()
        for field, value in fields.items()
    ]
    return f"{name}({', '.join([before, *more] if before else more)})"


def as_units(value: float) -> int:
    """A number as people write it in the engine's units: with a point it is a rate (1e-12)."""
    return round(value * _RATE) if isinstance(value, float) else value


def vars_of(guards: guarding.Guards) -> dict[str, object]:
    """The guards of a market by their field; None where there is none."""
    return {name: getattr(guards, name) for name in _parameters(guards)}


def _value(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _single(name: str) -> tuple[str, object]:
    """Field and object of a guard that a preset has alone."""
    found = [(field, guard) for field, guard in vars_of(guarding.preset(name)).items() if guard]
    return found[0]


def _names(guard: object) -> list[str]:
    """The whole-number parameters of a guard."""
    names = _parameters(guard)
    return [name for name in names if isinstance(getattr(guard, name, None), int)]


def _parameters(guard: object) -> tuple[str, ...]:
    """What a guard is made with, by name."""
    kind: Any = type(guard)
    return _signature(kind)


@cache
def _signature(kind: Any) -> tuple[str, ...]:
    """Read once: of a compiled class it has to be parsed from text."""
    return tuple(inspect.signature(kind).parameters)


def _change(guards: guarding.Guards, guard: str, fields: dict[str, int], text: str) -> None:
    known = settings()
    if guard not in known:
        raise BadParameters(f"guards {text}: no guard {guard!r}; there are {', '.join(known)}")
    for field in fields:
        if field not in known[guard]:
            raise BadParameters(
                f"guards {text}: {guard} has no {field!r}; there are {', '.join(known[guard])}"
            )
    place, _ = _single(guard)
    old = getattr(guards, place)
    kept = {field: int(getattr(old, field)) for field in known[guard]}
    setattr(guards, place, type(old)(**{**kept, **fields}))
