"""Who changes the depth: the operator by command, or a rule after every funding.

Each rule knows what the market has earned since its last turn (spread fees and funding) and what
it has cost (funding and earlier changes), and spends or wins back a part of the difference.

    adaptive   p towards the wanted depth; a rise is cut to ``revenue_part`` of what was earned
    drift      repeg to the index inside the fee pool, then p from half of funding's revenue or
               cost; fee pool = max(0, all earnings - half of all fees)
    tribe3     repeg at constant k after three calls 5 % away, then p from a quarter of the net
               revenue or 1/1.538 of the net cost; what that cannot win back shuts the market

Sources: see :mod:`~seawall.engine.designs.vamm.depth`; the adaptive rule is this project's.
"""

from typing import ClassVar

from mypy_extensions import i64

from seawall.engine.designs.vamm.depth import (
    Reshape,
    abs_cost,
    bounds,
    factor_for,
    kilo_step,
    mean_volume,
    peg_within,
    pegged,
    repegged,
    scaled,
    spread_target,
    wanted_factor,
)
from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.params import ADAPTIVE, DRIFT, OPERATOR, TRIBE3, Params
from seawall.engine.errors import LimitReached, NotEnough
from seawall.engine.events import Event
from seawall.engine.fixed import HOUR, RATE, larger, magnitude, mul_div, share


class DepthChanged(Event):
    """The reserves were changed other than by a trade; ``cost`` is what the fund paid (1e-6).

    ``cause`` is ``depth`` or ``repeg``; ``quote`` and ``base`` the reserves afterwards.
    """

    fields: ClassVar[list[str]] = ["time", "market", "cause", "quote", "base", "cost"]

    def __init__(
        self, time: i64, market: str, cause: str, quote: i64, base: i64, cost: i64
    ) -> None:
        super().__init__(time, market)
        self.cause = cause
        self.quote: i64 = quote
        self.base: i64 = base
        self.cost: i64 = cost


class Steering:
    """The depth rule of one market and its ledger.

    ``earned`` is all spread fees and funding less all costs so far (1e-6 dollar), ``spent`` the
    cost of all changes, ``volume`` the faded volume of an hour, ``strikes`` the calls in a row
    that found the mark too far from the index, ``ruined`` set where the rule gave up.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self.params: Params = house.params
        self.earned: i64 = 0
        self.spent: i64 = 0
        self.volume: i64 = 0
        self.strikes: i64 = 0
        self.ruined: bool = False
        self._fees_seen: i64 = 0
        self._volume_seen: i64 = 0

    def fee_pool(self) -> i64:
        """What may be given away: earnings beyond half of all fees (Drift's lower bound)."""
        house = self.house
        fresh: i64 = house.spread_income - self._fees_seen
        return larger(0, self.earned + fresh - house.spread_income // 2)

    def change(self, plan: Reshape, cause: str) -> None:
        """Carry a change out at the fund's cost.

        Raises :class:`NotEnough` (``depth-unpaid``) where the fund cannot pay it.
        """
        house = self.house
        pool = house.pool
        cost: i64 = i64(plan.cost)
        if cost > house.fund.amount:
            raise NotEnough(
                "depth-unpaid",
                f"the change costs {cost}, above {house.fund.amount}, what the fund holds",
                cost,
                house.fund.amount,
            )
        if cost > 0:
            house.draw(cost)
        elif cost < 0:
            house.store(-cost)
        pool.reshape(i64(plan.quote), i64(plan.base), cost)
        self.earned -= cost
        self.spent += cost
        house.watch_anew()
        if house.journal.listening:
            house.journal.events.append(
                DepthChanged(house.now, house.name, cause, pool.quote, pool.base, cost)
            )

    def _try(self, plan: Reshape, cause: str) -> bool:
        """Carry a change out if the fund can pay it."""
        try:
            self.change(plan, cause)
        except NotEnough:
            return False
        return True

    def turn(self, funding: i64) -> None:
        """Let the rule act after a funding that brought the fund ``funding`` (1e-6 dollar)."""
        house = self.house
        fresh: i64 = house.spread_income - self._fees_seen
        self._fees_seen = house.spread_income
        self.earned += fresh + funding
        traded: i64 = house.pool.volume - self._volume_seen
        self._volume_seen = house.pool.volume
        hourly: i64 = mul_div(traded, HOUR, self.params.funding_period)
        self.volume = mean_volume(self.volume, hourly, self.params.depth.volume_fade)
        name = self.params.depth.name
        if name == OPERATOR:
            return
        try:
            if name == ADAPTIVE:
                self._adapt(fresh + funding)
            elif name == DRIFT:
                self._drift(funding)
            elif name == TRIBE3:
                self._tribe3(fresh + funding)
        except LimitReached:
            return

    def _adapt(self, revenue: i64) -> None:
        rule = self.params.depth
        pool = self.house.pool
        low, high = bounds(rule.most_down, rule.most_up)
        wanted = wanted_factor(
            pool.quote, self.volume, pool.interest, self.house.funding.rate,
            rule.volume_depth, rule.interest_depth, rule.funding_stress,
        )  # fmt: skip
        factor = i64(low if wanted < low else high if wanted > high else wanted)
        if factor == RATE:
            return
        budget: i64 = share(larger(0, revenue), rule.revenue_part)
        plan = scaled(pool.quote, pool.base, pool.net(), factor)
        if plan.cost > budget and factor > RATE:
            factor = i64(factor_for(pool.quote, pool.base, pool.net(), budget, int(RATE), high))
            plan = scaled(pool.quote, pool.base, pool.net(), factor)
        self._try(plan, "depth")

    def _step(self, budget: i64) -> None:
        """Change depth by what ``budget`` buys, or by what wins back a budget below zero."""
        rule = self.params.depth
        pool = self.house.pool
        if pool.net() == 0 or budget == 0:
            return
        low, high = bounds(rule.most_down, rule.most_up)
        factor = factor_for(pool.quote, pool.base, pool.net(), budget, low, high)
        self._try(scaled(pool.quote, pool.base, pool.net(), i64(factor)), "depth")

    def _drift(self, funding: i64) -> None:
        rule = self.params.depth
        self._drift_repeg()
        part: i64 = rule.revenue_part if funding > 0 else rule.cost_part
        self._step(share(funding, part) if funding > 0 else -share(-funding, part))

    def _drift_repeg(self) -> None:
        house = self.house
        pool = house.pool
        rule = self.params.depth
        target = house.index_price
        price: i64 = pool.mark()
        if target == 0 or target == price:
            return
        net: i64 = pool.net()
        if abs_cost(pool.quote, pool.base, net, target) <= self.fee_pool():
            self._try(pegged(pool.quote, pool.base, net, target), "repeg")
            return
        near: i64 = i64(spread_target(price, target, rule.max_spread))
        if near != target:
            self._try(pegged(pool.quote, pool.base, net, near), "repeg")
            return
        thinner = scaled(pool.quote, pool.base, net, i64(kilo_step()))
        if thinner.cost < 0:
            self._try(thinner, "depth")
        reached: i64 = i64(peg_within(pool.quote, pool.base, net, target, self.fee_pool()))
        if reached != pool.mark():
            self._try(pegged(pool.quote, pool.base, net, reached), "repeg")

    def _tribe3(self, revenue: i64) -> None:
        house = self.house
        pool = house.pool
        rule = self.params.depth
        index: i64 = house.index_price
        cost: i64 = 0
        if index > 0:
            gap: i64 = magnitude(pool.mark() - index)
            far: bool = gap >= share(index, rule.repeg_spread)
            self.strikes = self.strikes + 1 if far else 0
            if far and (self.strikes >= rule.repeg_after or pool.net() == 0):
                plan = repegged(pool.quote, pool.base, pool.net(), index)
                if self._try(plan, "repeg"):
                    cost = i64(plan.cost)
                    self.strikes = 0
        net: i64 = revenue - cost
        if net >= 0:
            self._step(share(net, rule.revenue_part))
            return
        if pool.net() != 0:
            low, _ = bounds(rule.most_down, rule.most_up)
            most = scaled(pool.quote, pool.base, pool.net(), i64(low))
            if share(-net, rule.cost_part) > house.fund.amount - most.cost:
                self.ruined = True
                return
        self._step(-share(-net, rule.cost_part))

    def state(self) -> list[int]:
        """The ledger, for a digest."""
        return [
            self.earned, self.spent, self.volume, self.strikes, int(self.ruined),
            self._fees_seen, self._volume_seen,
        ]  # fmt: skip
