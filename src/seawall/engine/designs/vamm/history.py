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
    """A value that changes in steps; ``keep`` ms of it are remembered."""

    def __init__(self, keep: i64) -> None:
        self.keep: i64 = keep
        self.first: list[int] = []
        self.second: list[int] = []
        self.times: list[int] = []
        self.head: i64 = 0

    def count(self) -> i64:
        """How many steps are remembered."""
        return len(self.times) - self.head

    def push(self, first: i64, second: i64, now: i64) -> None:
        """A new step at ``now``; forget what no window can reach any more."""
        self.first.append(first)
        self.second.append(second)
        self.times.append(now)
        oldest: i64 = now - self.keep
        while self.head + 2 < len(self.times) and self.times[self.head + 1] <= oldest:
            self.head += 1
        if self.head > 1024 and self.head * 2 > len(self.times):
            del self.first[: self.head]
            del self.second[: self.head]
            del self.times[: self.head]
            self.head = 0

    def replace(self, first: i64, second: i64) -> None:
        """Overwrite the newest step; its time stays."""
        self.first[-1] = first
        self.second[-1] = second

    def average(self, gauge: "Gauge", now: i64, window: i64) -> i64:
        """The time-weighted average of ``gauge`` over ``window`` ms; see the module."""
        place: i64 = len(self.times) - 1
        start: i64 = now - window
        newest: i64 = i64(self.times[place])
        if window == 0 or place == self.head or newest <= start:
            return gauge.at(i64(self.first[place]), i64(self.second[place]))
        total: int = 0
        until: i64 = now
        while place >= self.head and until > start:
            since: i64 = i64(self.times[place])
            weight: i64 = until - (since if since > start else start)
            if weight > 0:
                total += int(gauge.at(i64(self.first[place]), i64(self.second[place]))) * int(
                    weight
                )
            until = since
            place -= 1
        covered: i64 = now - (until if until > start else start)
        if covered == 0:
            return gauge.at(i64(self.first[-1]), i64(self.second[-1]))
        return i64(total // int(covered))

    def state(self) -> list[int]:
        """Every number the future depends on, for a digest."""
        return [
            *self.first[self.head :],
            *self.second[self.head :],
            *self.times[self.head :],
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
