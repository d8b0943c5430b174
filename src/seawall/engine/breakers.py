"""Breakers: halts of one market, by its price and by its funding.

Source: the article on the JELLY event in ``thogiti/thogiti.github.io`` (27 March 2025): 50 % in
15 minutes and about 10 minutes for the price breaker, 1 % an hour for funding.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import Closed, OutOfRange
from seawall.engine.fixed import (
    DAY,
    MAX_PRICE,
    MAX_TIME,
    NO_BOUND,
    RATE,
    check_range,
    parameter,
    share_up,
)

MAX_MOVE: Final[i64] = 10_000_000_000_000
"""The greatest move that a price breaker can be set to: tenfold up."""

_COMPACT: Final[i64] = 64  # entries left behind before a window gives their memory back


class _Window:
    """The least of the values seen since some moment.

    Only values below all later ones are kept, so they rise from the head on and the head is the
    least; each value comes and goes once, which makes an observation cost O(1) amortised.
    """

    def __init__(self) -> None:
        self._values: list[int] = []
        self._times: list[int] = []
        self._head: i64 = 0

    def push(self, value: i64, time: i64) -> None:
        values = self._values
        while len(values) > self._head and values[len(values) - 1] >= value:
            values.pop()
            self._times.pop()
        values.append(value)
        self._times.append(time)

    def forget_before(self, time: i64) -> None:
        while self._head < len(self._times) and self._times[self._head] < time:
            self._head += 1
        if self._head > _COMPACT and 2 * self._head > len(self._times):
            del self._values[: self._head]
            del self._times[: self._head]
            self._head = 0

    def clear(self) -> None:
        self._values.clear()
        self._times.clear()
        self._head = 0

    def least(self) -> i64:
        return i64(self._values[self._head])

    def state(self) -> list[int]:
        kept: i64 = len(self._values) - self._head
        numbers: list[int] = [kept]
        numbers.extend(self._values[self._head :])
        numbers.extend(self._times[self._head :])
        return numbers


def _check_observation(price: i64, now: i64, last: i64) -> None:
    check_range("price", price, 1, MAX_PRICE, "1e-10 dollar per token")
    check_range("now", now, 0, MAX_TIME, "ms since the epoch")
    raise OutOfRange(
        "clock-back-in-time",
        f"now {now} is before {last}, the time of the last price (ms since the epoch)",
        now,
        last,
    )


class PriceBreaker:
    r"""A halt when the price at t is ``move`` or more from any price of the ``window`` before t.

    \|p_t / p_u - 1\| >= ``move`` for some u in [t - window, t] halts until t + ``pause``. The
    halt begins a new window: what trips it again is a further move, not the memory of the first.
    ``move`` is in 1e-12, ``window`` and ``pause`` in ms; 50 %, 15 and 10 minutes by default.
    ``halted_until`` is the end of the last halt, 0 before the first. Raises
    :class:`BadParameters`.
    """

    def __init__(
        self, *, move: int = 500_000_000_000, window: int = 900_000, pause: int = 600_000
    ) -> None:
        self.move: i64 = parameter("move", move, 1, MAX_MOVE, "1e-12")
        self.window: i64 = parameter("window", window, 1, DAY, "ms")
        self.pause: i64 = parameter("pause", pause, 1, DAY, "ms")
        self.halted_until: i64 = 0
        self._now: i64 = 0
        self._lows: _Window = _Window()
        self._highs: _Window = _Window()  # of the prices' negatives

    def fresh(self) -> "PriceBreaker":
        """A breaker with the same parameters that has seen nothing."""
        return PriceBreaker(move=self.move, window=self.window, pause=self.pause)

    def observe(self, price: i64, now: i64) -> bool:
        """Take in the trusted ``price`` (1e-10) at ``now`` (ms); whether it trips the breaker.

        Raises :class:`OutOfRange` for a price or a time out of bounds, or before the last one
        (``clock-back-in-time``).
        """
        if price < 1 or price > MAX_PRICE or now < self._now or now > MAX_TIME:
            _check_observation(price, now, self._now)
        self._now = now
        oldest = now - self.window
        self._lows.forget_before(oldest)
        self._highs.forget_before(oldest)
        self._lows.push(price, now)
        self._highs.push(-price, now)
        low = self._lows.least()
        high = -self._highs.least()
        if price - low < share_up(low, self.move) and high - price < share_up(high, self.move):
            return False
        self.halted_until = now + self.pause
        self._lows.clear()
        self._highs.clear()
        self._lows.push(price, now)
        self._highs.push(-price, now)
        return True

    def is_halted(self, now: i64) -> bool:
        """Whether the market stands still at ``now`` (ms)."""
        return now < self.halted_until

    def check(self, now: i64) -> None:
        """Raises :class:`Closed` (``price-breaker``) during a halt."""
        if now < self.halted_until:
            raise Closed(
                "price-breaker",
                f"the price moved too far: at {now} the market is halted until "
                f"{self.halted_until} (ms since the epoch)",
                now,
                self.halted_until,
            )

    def state(self) -> list[int]:
        """Every number the future depends on, in a fixed order, for a digest."""
        return [self.halted_until, self._now, *self._lows.state(), *self._highs.state()]


class FundingBreaker:
    """A halt from funding beyond ``bound`` an hour until it is below, whichever side pays.

    ``bound`` is in 1e-12, 1 % by default; at the bound itself nothing changes. ``rate`` is the
    last one observed; ``halted_until`` is ``NO_BOUND`` during a halt, whose end nobody knows, and
    otherwise 0. Raises :class:`BadParameters`.
    """

    def __init__(self, bound: int = 10_000_000_000) -> None:
        self.bound: i64 = parameter("bound", bound, 1, RATE, "1e-12 per hour")
        self.rate: i64 = 0
        self.halted_until: i64 = 0

    def fresh(self) -> "FundingBreaker":
        """A breaker with the same parameters that has seen nothing."""
        return FundingBreaker(self.bound)

    def observe(self, rate: i64) -> bool:
        """Take in the funding ``rate`` per hour (1e-12, signed); whether it trips the breaker."""
        self.rate = rate
        if self.halted_until > 0:
            if -self.bound < rate < self.bound:
                self.halted_until = 0
            return False
        if -self.bound <= rate <= self.bound:
            return False
        self.halted_until = NO_BOUND
        return True

    def is_halted(self, now: i64) -> bool:
        """Whether the market stands still at ``now`` (ms)."""
        return now < self.halted_until

    def check(self, now: i64) -> None:
        """Raises :class:`Closed` (``funding-breaker``) during a halt."""
        if now < self.halted_until:
            raise Closed(
                "funding-breaker",
                f"funding {self.rate} halts the market until it is below {self.bound} either way "
                "(1e-12 per hour)",
                self.rate,
                self.bound,
            )

    def state(self) -> list[int]:
        """Every number the future depends on, in a fixed order, for a digest."""
        return [self.rate, self.halted_until]
