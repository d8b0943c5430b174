"""Lower and higher price of a token, from reference rounds and a keeper's fast price.

1. reference: the least and the greatest of the last rounds, each with its confidence;
2. fast price, where there is one: silent for ``max_delay`` the reference widened by ``failure``;
   silent for ``duration`` widened by ``inactive``; near the reference the fast price on both sides;
   too far from it, or not favoured, the greater of the two above and the lesser below;
3. a strict stable token is a dollar within its deviation, else never better than a dollar;
   every other token gets its spread;
4. the adjustment, for every token.

Source: gmx-io/gmx-contracts, VaultPriceFeed.sol and FastPriceFeed.sol. The reference there is
Chainlink's; here it is the house's oracle.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.glp.params import FastPrices, PoolParams, TokenTerms
from seawall.engine.designs.glp.pricing import BPS
from seawall.engine.fixed import MAX_PRICE, PRICE, clamp, larger, magnitude, mul_div, smaller

DELTA_STEP: Final[i64] = 10_000_000


class Feed:
    """The prices of one token: ``low`` and ``high`` are what the pool trades at (1e-10)."""

    def __init__(self, terms: TokenTerms, params: PoolParams) -> None:
        self.terms = terms
        self.params = params
        self.low: i64 = 0
        self.high: i64 = 0
        self.time: i64 = -1
        self.lows: list[int] = []
        self.highs: list[int] = []
        self.reference: i64 = 0
        self.fast: i64 = 0
        self.fast_time: i64 = 0
        self.fast_reference: i64 = 0
        self.wander_reference: i64 = 0
        self.wander_fast: i64 = 0
        self.opposed: bool = False

    def round(self, low: i64, price: i64, high: i64, time: i64, now: i64) -> None:
        """Take a reference round; a round not later than the last one changes nothing."""
        if time <= self.time:
            return
        self.time = time
        self.reference = price
        if self.params.price_samples == 1:
            if len(self.lows) == 1:
                self.lows[0] = low
                self.highs[0] = high
            else:
                self.lows = [low]
                self.highs = [high]
        else:
            self.lows.append(low)
            self.highs.append(high)
            if len(self.lows) > self.params.price_samples:
                self.lows.pop(0)
                self.highs.pop(0)
        self.form(now)

    def set_fast(self, price: i64, now: i64) -> None:
        """Take a fast price, and count how far it and the reference have wandered."""
        rules = self.params.fast
        assert rules is not None
        if self.fast > 0 and self.fast_reference > 0:
            if now // rules.data_interval != self.fast_time // rules.data_interval:
                self.wander_reference = 0
                self.wander_fast = 0
            self.wander_reference += mul_div(
                magnitude(self.reference - self.fast_reference), DELTA_STEP, self.fast_reference
            )
            self.wander_fast += mul_div(magnitude(price - self.fast), DELTA_STEP, self.fast)
        self.fast_reference = self.reference
        self.fast = price
        self.fast_time = now
        self.form(now)

    def form(self, now: i64) -> None:
        """Work both prices out anew."""
        if len(self.lows) == 0:
            return
        least: i64 = self.lows[0]
        most: i64 = self.highs[0]
        place: i64 = 1
        while place < len(self.lows):
            least = smaller(least, self.lows[place])
            most = larger(most, self.highs[place])
            place += 1
        rules = self.params.fast
        if rules is not None:
            low: i64 = self._with_fast(rules, least, False, now)
            most = self._with_fast(rules, most, True, now)
            least = low
        self.low = clamp(self._quoted(least, False), 1, MAX_PRICE)
        self.high = clamp(self._quoted(most, True), 1, MAX_PRICE)

    def _with_fast(self, rules: FastPrices, reference: i64, maximise: bool, now: i64) -> i64:
        if now > self.fast_time + rules.max_delay:
            return _widened(reference, rules.failure, maximise)
        if now > self.fast_time + rules.duration:
            return _widened(reference, rules.inactive, maximise)
        if self.fast == 0:
            return reference
        apart: i64 = mul_div(magnitude(reference - self.fast), BPS, reference)
        if self._favoured(rules) and apart <= rules.max_deviation:
            return self.fast
        return larger(reference, self.fast) if maximise else smaller(reference, self.fast)

    def _favoured(self, rules: FastPrices) -> bool:
        if not rules.favoured or self.opposed:
            return False
        return self.wander_fast - self.wander_reference <= self.terms.fast_delta

    def _quoted(self, price: i64, maximise: bool) -> i64:
        terms = self.terms
        if terms.strict:
            if magnitude(price - PRICE) <= self.params.strict_deviation:
                price = PRICE
            else:
                price = larger(price, PRICE) if maximise else smaller(price, PRICE)
        elif terms.spread > 0:
            price = _widened(price, terms.spread, maximise)
        if terms.adjustment != 0:
            price = mul_div(price, BPS + terms.adjustment, BPS)
        return price

    def state(self) -> list[int]:
        """For a digest."""
        numbers: list[int] = [
            self.low, self.high, self.time, self.reference, self.fast, self.fast_time,
            self.fast_reference, self.wander_reference, self.wander_fast, int(self.opposed),
        ]  # fmt: skip
        numbers.extend(self.lows)
        numbers.extend(self.highs)
        return numbers


def _widened(price: i64, points: i64, maximise: bool) -> i64:
    return mul_div(price, BPS + points if maximise else BPS - points, BPS)
