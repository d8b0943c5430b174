"""Caps of ``seawall.engine.guards`` and halts of ``breakers`` that LAY-GRD-1 names."""

from fractions import Fraction
from math import ceil, floor

from .money import ratio

FREE = 1000  # leverage that no step binds


class Guards:
    def __init__(self, guards, facts) -> None:
        self.guards = guards
        self.facts = facts
        self.seen: list[tuple[int, int]] = []  # prices since the window, or the last halt, began
        self.price_halt = 0
        self.funding_halt = False

    def forbids(self, interest: int, notional: int, equity: int) -> str:
        """The first cap that an order which adds would pass."""
        for name, held, bound in (
            ("adaptive-open-interest-cap", interest, self.interest_bound()),
            ("position-cap", notional, self.position_bound()),
        ):
            if bound is not None and held > bound:
                return name
        return "adaptive-leverage" if equity < self.least_margin(notional) else ""

    def least_margin(self, notional: int) -> int:
        leverage = self.leverage()
        return ceil(Fraction(notional, leverage)) if leverage < FREE else -(10**30)

    def interest_bound(self) -> int | None:
        cap, facts = self.guards.open_interest, self.facts
        if cap is None:
            return None
        bounds = [
            floor(fact * ratio(share))
            for share, fact in (
                (cap.value_share, facts.market_value),
                (cap.volume_share, facts.volume),
                (cap.depth_share, facts.depth),
            )
            if share > 0 and fact > 0
        ]
        return min(bounds, default=None)

    def position_bound(self) -> int | None:
        cap = self.guards.position
        if cap is None or self.facts.market_value == 0:
            return None
        return floor(self.facts.market_value * ratio(cap.share))

    def leverage(self) -> int:
        guard = self.guards.leverage
        if guard is None:
            return FREE
        bounds = [FREE]
        for steps, fact in (
            (guard.value_steps, self.facts.market_value),
            (guard.volume_steps, self.facts.volume),
        ):
            bounds += [step.leverage for step in steps if 0 < fact < step.below]
        return min(bounds)

    def watch(self, price: int, funding: int, now: int) -> list[str]:
        """Show price and funding to the breakers; those that trip."""
        tripped = []
        breaker = self.guards.price_breaker
        if breaker is not None:
            self.seen = [(t, p) for t, p in self.seen if t >= now - breaker.window]
            if any(abs(price - p) >= ratio(breaker.move) * p for _, p in self.seen):
                self.price_halt = now + breaker.pause
                self.seen = []
                tripped.append("price-breaker")
            self.seen.append((now, price))
        funds = self.guards.funding_breaker
        if funds is not None:
            if self.funding_halt:
                self.funding_halt = abs(funding) >= funds.bound
            elif abs(funding) > funds.bound:
                self.funding_halt = True
                tripped.append("funding-breaker")
        return tripped

    def halted_by(self, now: int) -> str:
        if now < self.price_halt:
            return "price-breaker"
        return "funding-breaker" if self.funding_halt else ""
