"""Prices, amounts and times as people write them, in the engine's integers and back.

Units are the engine's: times in milliseconds since the epoch, prices in 1e-10 dollar per token,
dollars in 1e-6.
"""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext

from seawall.engine import fixed
from seawall.engine.errors import BadScenario

Moment = int | str | datetime
"""Milliseconds since the epoch, ISO 8601 text or a datetime; without a zone it is UTC."""

Number = str | int | float | Decimal
"""A number whose text and decimal forms are exact."""

_DIGITS = 40
_UNITS = {"d": fixed.DAY, "h": fixed.HOUR, "min": fixed.MINUTE, "s": fixed.SECOND}
_PRICE, _DOLLAR = int(fixed.PRICE), int(fixed.DOLLAR)
_MAX_PRICE, _MAX_TIME, _LIMIT = int(fixed.MAX_PRICE), int(fixed.MAX_TIME), int(fixed.LIMIT)


def to_price(dollars: Number) -> int:
    """A price in dollars per token as an engine integer (1e-10), rounded half to even.

    Text and decimals are taken as they stand, a float as the shortest text that means it, so that
    101516.5 is that number and not its binary neighbour.

    Raises :class:`BadScenario` for what is not a number or not a price the engine can carry.

    Example::

        assert to_price("101516.5") == 1_015_165_000_000_000
    """
    number = _decimal(dollars)
    if number is None or not number.is_finite():
        raise BadScenario(f"price {dollars!r} is not a number; write it like 101516.5")
    if number <= 0:
        raise BadScenario(f"price {dollars!r} is not above zero")
    if number > _MAX_PRICE // _PRICE:
        raise BadScenario(
            f"price {dollars!r} is above {_MAX_PRICE // _PRICE} dollars, the engine's highest"
        )
    price = steps(number)
    if price < 1:
        raise BadScenario(
            f"price {dollars!r} is below 1e-10 dollar, the engine's smallest; "
            "quote the market in thousands of tokens"
        )
    return price


def to_dollars(dollars: Number) -> int:
    """An amount in dollars as an engine integer (1e-6), rounded half to even.

    Raises :class:`BadScenario` for what is not a number, is negative or is 2**62 or more.

    Example::

        assert to_dollars("10e6") == 10_000_000_000_000
    """
    number = _decimal(dollars)
    if number is None or not number.is_finite() or number < 0:
        raise BadScenario(f"{dollars!r} is not an amount of dollars; write it like 10000000")
    if number >= _LIMIT // _DOLLAR:
        raise BadScenario(
            f"{dollars!r} dollars is too much: it must stay below {_LIMIT // _DOLLAR}"
        )
    return steps(number, _DOLLAR)


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return None


def steps(number: Decimal, scale: int = _PRICE) -> int:
    """``number * scale`` as an integer, rounded half to even.

    Example::

        assert steps(Decimal("0.00000000005")) == 0
    """
    with localcontext(prec=_DIGITS):
        return int((number * scale).to_integral_value(ROUND_HALF_EVEN))


def parse_time(moment: Moment) -> int:
    """``moment`` in milliseconds since the epoch; text and datetimes without a zone are UTC.

    Raises :class:`BadScenario` for text that is no ISO 8601 time and for times the engine cannot
    carry.

    Example::

        assert parse_time("2025-10-10T21:20:00Z") == 1_760_131_200_000
    """
    if isinstance(moment, int):
        milliseconds = moment
    else:
        try:
            at = datetime.fromisoformat(moment.strip()) if isinstance(moment, str) else moment
        except ValueError:
            raise BadScenario(
                f"time {moment!r} is not understood; write it like 2025-10-10T21:20:00Z"
            ) from None
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        milliseconds = round(at.timestamp() * 1000)
    if not 0 <= milliseconds <= _MAX_TIME:
        raise BadScenario(f"time {moment!r} lies outside {iso(0)} to {iso(_MAX_TIME)}")
    return milliseconds


def iso(time: int) -> str:
    """``time`` (ms since the epoch) as ISO 8601 text in UTC.

    Example::

        assert iso(1_760_131_200_000) == "2025-10-10T21:20:00Z"
    """
    at = datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{at}.{time % 1000:03d}Z" if time % 1000 else f"{at}Z"


def span(milliseconds: int) -> str:
    """A duration in the largest unit that divides it.

    Example::

        assert span(300_000) == "5 min"
    """
    for name, unit in _UNITS.items():
        if milliseconds % int(unit) == 0:
            return f"{milliseconds // int(unit)} {name}"
    return f"{milliseconds} ms"
