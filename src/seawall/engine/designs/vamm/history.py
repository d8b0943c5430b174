"""What the market remembers of its prices, and the time-weighted averages over it.

Equation, for a value g that stood from t_i until t_(i+1), over a window T ending now
    average = sum of g_i * (time that g_i stood inside the window) / (time covered)

truncated once at the end. The newest value alone counts where T is 0, where it is the only one,
or where it stood through the whole window; where the history begins inside the window, the time
covered is what there is. Source: perpetual-protocol/perpetual-protocol, src/Amm.sol
(calcTwap) and src/L2PriceFeed.sol (getTwapPrice).
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.pricing import bought_for, closing_value, sold_for, spot


class Steps:
    """A value that changes in steps; ``keep`` ms of it are remembered.

    ``newest_first``, ``newest_second`` and ``newest_time`` are the newest step, which every trade
    of a block overwrites; the lists hold those before it, from ``head`` on.
    """

    def __init__(self, keep: i64) -> None:
        self.keep: i64 = keep
        self.first: list[int] = []
        self.second: list[int] = []
        self.times: list[int] = []
        self.head: i64 = 0
        self.newest_first: i64 = 0
        self.newest_second: i64 = 0
        self.newest_time: i64 = -1

    def count(self) -> i64:
        """How many steps are remembered."""
        return 0 if self.newest_time < 0 else len(self.times) - self.head + 1

    def push(self, first: i64, second: i64, now: i64) -> None:
        """A new step at ``now``; forget what no window can reach any more."""
        if self.newest_time >= 0:
            self.first.append(self.newest_first)
            self.second.append(self.newest_second)
            self.times.append(self.newest_time)
        self.newest_first = first
        self.newest_second = second
        self.newest_time = now
        oldest: i64 = now - self.keep
        while self.head + 1 < len(self.times) and self.times[self.head + 1] <= oldest:
            self.head += 1
        if self.head > 1024 and self.head * 2 > len(self.times):
            del self.first[: self.head]
            del self.second[: self.head]
            del self.times[: self.head]
            self.head = 0

    def replace(self, first: i64, second: i64) -> None:
        """Overwrite the newest step; its time stays."""
        self.newest_first = first
        self.newest_second = second

    def average(self, gauge: "Gauge", now: i64, window: i64) -> i64:
        """The time-weighted average of ``gauge`` over ``window`` ms; see the module."""
        place: i64 = len(self.times) - 1
        start: i64 = now - window
        since: i64 = self.newest_time
        if window == 0 or place < self.head or since <= start:
            return gauge.at(self.newest_first, self.newest_second)
        total: int = 0
        if now > since:
            total = int(gauge.at(self.newest_first, self.newest_second)) * int(now - since)
        until: i64 = since
        while place >= self.head and until > start:
            since = i64(self.times[place])
            weight: i64 = until - (since if since > start else start)
            if weight > 0:
                value: int = gauge.at(i64(self.first[place]), i64(self.second[place]))
                total += value * int(weight)
            until = since
            place -= 1
        covered: i64 = now - (until if until > start else start)
        if covered == 0:
            return gauge.at(self.newest_first, self.newest_second)
        return i64(total // int(covered))

    def state(self) -> list[int]:
        """Every number the future depends on, for a digest."""
        return [
            *self.first[self.head :],
            *self.second[self.head :],
            *self.times[self.head :],
            self.newest_first,
            self.newest_second,
            self.newest_time,
        ]


class Gauge:
    """What is read off one step."""

    def at(self, first: i64, second: i64) -> i64:
        """The value at a step."""
        raise NotImplementedError


class PriceGauge(Gauge):
    """The price itself (steps of an index)."""

    def at(self, first: i64, second: i64) -> i64:
        """See the class."""
        return first


class SpotGauge(Gauge):
    """The mark of the reserves (steps of quote and base reserve)."""

    def at(self, first: i64, second: i64) -> i64:
        """See the class."""
        return spot(first, second)


class ValueGauge(Gauge):
    """What closing a position of ``size`` would have yielded or cost on those reserves."""

    def __init__(self, size: i64) -> None:
        self.size: i64 = size

    def at(self, first: i64, second: i64) -> i64:
        """See the class."""
        return closing_value(first, second, self.size)


class InputGauge(Gauge):
    """Base that ``quote`` would have bought (or, below zero, made one sell)."""

    def __init__(self, quote: i64) -> None:
        self.quote: i64 = quote

    def at(self, first: i64, second: i64) -> i64:
        """See the class."""
        if self.quote >= 0:
            return bought_for(first, second, self.quote)
        return sold_for(first, second, -self.quote)
