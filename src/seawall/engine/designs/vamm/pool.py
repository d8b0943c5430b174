"""Who stands behind the trade: nobody but the other traders. The curve, its limits, its memory.

A block is the stretch between two advances. Equations

    band          [p0 * (1 - f), p0 * (1 + f)], p0 the price that the last block left behind
    trade limit   what is taken out of a reserve is at most that share of it
    flat point    Q0 = Q - moved: the quote reserve once everybody has left; ``moved`` is what
                  traders together have paid into the curve (their open notionals less what they
                  realised), so that the joint result of all open positions is moved - entries

A trade may begin only inside the band; one that is allowed to may end outside, and is then the
last of its block. Source: perpetual-protocol/perpetual-protocol, src/Amm.sol.
"""

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.vamm.history import (
    Gauge,
    InputGauge,
    SpotGauge,
    Steps,
    ValueGauge,
)
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pricing import (
    base_at,
    bought_for,
    check_reserves,
    closing_value,
    cost_of,
    proceeds_of,
    size_to,
    sold_for,
    spot,
)
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import (
    DAY,
    MAX_DOLLARS,
    MAX_PRICE,
    RATE,
    larger,
    magnitude,
    share,
    smaller,
)  # fmt: skip


@mypyc_attr(acyclic=True, free_list_len=1)  # one at a time: its memory is used again
class Deal:
    """What one command would do to one position and to the curve; nothing is done yet.

    ``quote``, ``base`` and ``price`` are reserves and mark after it, ``size``, ``entry`` and
    ``margin`` the position, ``brought`` what leaves the wallet for it and ``payout`` what returns,
    ``exchanged`` the quote that changed hands, ``realised`` and ``accrued`` the result and the
    funding settled.
    """

    def __init__(self, account: i64, quote: i64, base: i64, price: i64) -> None:
        self.account: i64 = account
        self.quote: i64 = quote
        self.base: i64 = base
        self.price: i64 = price
        self.size: i64 = 0
        self.entry: i64 = 0
        self.margin: i64 = 0
        self.index: i64 = 0
        self.traded: i64 = 0
        self.exchanged: i64 = 0
        self.realised: i64 = 0
        self.accrued: i64 = 0
        self.brought: i64 = 0
        self.payout: i64 = 0
        self.interest: i64 = 0
        self.toll: i64 = 0
        self.spread: i64 = 0
        self.unpaid: i64 = 0


class Pool:
    """The virtual reserves of one market."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.quote: i64 = 0
        self.base: i64 = 0
        self.price: i64 = 0
        self.moved: i64 = 0
        self.longs: i64 = 0
        self.shorts: i64 = 0
        self.long_entry: i64 = 0
        self.short_entry: i64 = 0
        self.interest: i64 = 0
        self.volume: i64 = 0
        self.block: i64 = 0
        self.snapped: i64 = -1
        self.now: i64 = 0
        self.last_quote: i64 = 0
        self.last_base: i64 = 0
        self.last_net: i64 = 0
        self.steps = Steps(larger(DAY // 24, larger(params.mark_twap, params.value_twap)))
        self._banded: i64 = -1
        self._low: i64 = 0
        self._high: i64 = 0

    def open(self, quote: i64, base: i64) -> None:
        """Set the reserves up; the first snapshot."""
        check_reserves(quote, base)
        self._set(quote, base)
        self.note_liquidity()
        self.snap()

    def _set(self, quote: i64, base: i64) -> None:
        self.quote = quote
        self.base = base
        self.price = spot(quote, base)

    def mark(self) -> i64:
        """The spot price (1e-10); 0 before the opening."""
        return self.price

    def net(self) -> i64:
        """N: sum of all sizes (1e-8 token)."""
        return self.longs - self.shorts

    def joint_result(self) -> i64:
        """What all open positions together would realise if everybody left (1e-6 dollar)."""
        return self.moved - self.long_entry + self.short_entry

    # memory

    def snap(self) -> None:
        """Remember the reserves; the last ones of a block are what is held of it."""
        if self.snapped == self.block:
            self.steps.replace(self.quote, self.base)
        else:
            self.steps.push(self.quote, self.base, self.now)
            self.snapped = self.block

    def note_liquidity(self) -> None:
        """Remember reserves and net position for the settlement price."""
        self.last_quote = self.quote
        self.last_base = self.base
        self.last_net = self.net()

    def mark_average(self) -> i64:
        """Time-weighted mark for funding (1e-10)."""
        return self.steps.average(SpotGauge(), self.now, self.params.mark_twap)

    def input_average(self, quote: i64) -> i64:
        """Time-weighted base for ``quote`` (below zero: a sell for it), over the value window."""
        return self.steps.average(InputGauge(quote), self.now, self.params.value_twap)

    def value_average(self, size: i64, quote: i64, base: i64) -> i64:
        """Time-weighted closing value of ``size``; the reserves given stand for this block's.

        The newest reserves of a block have stood for no time yet: they count only where there
        are no others.
        """
        if self.steps.count() == 1 and self.snapped == self.block:
            return closing_value(quote, base, size)
        gauge: Gauge = ValueGauge(size)
        return self.steps.average(gauge, self.now, self.params.value_twap)

    # limits

    def reference(self, quote: i64, base: i64) -> i64:
        """p0 (1e-10): of the newest snapshot that is not of this block.

        Where there is only one snapshot it is taken whatever its block, so that right after the
        opening every trade centres the band anew.
        """
        steps = self.steps
        if self.snapped != self.block:
            return spot(steps.newest_first, steps.newest_second)
        if steps.count() == 1:
            return spot(quote, base)
        return spot(i64(steps.first[-1]), i64(steps.second[-1]))

    def band(self, quote: i64, base: i64) -> tuple[i64, i64]:
        """Lowest and highest mark of this block; everything where the band is off.

        With a snapshot older than the block the band stays the same throughout it, and is worked
        out once.
        """
        f: i64 = self.params.fluctuation
        if f == 0:
            return 0, MAX_PRICE
        if self._banded == self.block:
            return self._low, self._high
        p0: i64 = self.reference(quote, base)
        self._low = share(p0, RATE - f)
        self._high = smaller(MAX_PRICE, share(p0, RATE + f))
        if self.snapped != self.block or self.steps.count() > 1:
            self._banded = self.block
        return self._low, self._high

    def leaves_band(self, deal: Deal, size: i64) -> bool:
        """Whether closing ``size`` after ``deal`` would end outside the band."""
        if self.params.fluctuation == 0:
            return False
        quote: i64 = deal.quote
        base: i64 = deal.base
        low, high = self.band(quote, base)
        if magnitude(size) < base >> 12:  # moves the mark by less than 1/1024
            step: i64 = (deal.price >> 10) + 1
            if low + step <= deal.price <= high - step:
                return False
        value: i64 = closing_value(quote, base, size)
        if size < 0 and (-size >= base or value >= MAX_DOLLARS):
            return True
        after_quote: i64 = quote - value if size > 0 else quote + value
        after: i64 = spot(after_quote, base + size)
        return after < low or after > high

    def _move(self, deal: Deal, quote: i64, base: i64, may_leave: bool) -> None:
        """Check the band and carry the deal's reserves to (quote, base)."""
        check_reserves(quote, base)
        after: i64 = spot(quote, base)
        if self.params.fluctuation > 0:
            low, high = self.band(deal.quote, deal.base)
            before: i64 = deal.price
            if before < low or before > high:
                raise band_left(before, low, high, "is already outside")
            if not may_leave and (after < low or after > high):
                raise band_left(after, low, high, "would be outside")
        deal.quote = quote
        deal.base = base
        deal.price = after

    # trades

    def buy_for(self, deal: Deal, paid: i64, may_leave: bool) -> i64:
        """Pay ``paid`` quote in; the base it buys."""
        bought: i64 = bought_for(deal.quote, deal.base, paid)
        self._move(deal, deal.quote + paid, deal.base - bought, may_leave)
        deal.exchanged += paid
        deal.traded += bought
        return bought

    def sell_for(self, deal: Deal, received: i64, may_leave: bool) -> i64:
        """Take ``received`` quote out; the base it costs."""
        self._check_limit(received, deal.quote, "quote", "1e-6 dollar")
        sold: i64 = sold_for(deal.quote, deal.base, received)
        self._move(deal, deal.quote - received, deal.base + sold, may_leave)
        deal.exchanged += received
        deal.traded -= sold
        return sold

    def buy(self, deal: Deal, bought: i64, may_leave: bool) -> i64:
        """Take ``bought`` base out; the quote it costs."""
        self._check_limit(bought, deal.base, "base", "1e-8 token")
        cost: i64 = cost_of(deal.quote, deal.base, bought)
        self._move(deal, deal.quote + cost, deal.base - bought, may_leave)
        deal.exchanged += cost
        deal.traded += bought
        return cost

    def sell(self, deal: Deal, sold: i64, may_leave: bool, opens: bool) -> i64:
        """Put ``sold`` base in; the quote it yields. Only an opening sale meets the limit."""
        received: i64 = proceeds_of(deal.quote, deal.base, sold)
        if opens:
            self._check_limit(received, deal.quote, "quote", "1e-6 dollar")
        self._move(deal, deal.quote - received, deal.base + sold, may_leave)
        deal.exchanged += received
        deal.traded -= sold
        return received

    def _check_limit(self, taken: i64, reserve: i64, name: str, unit: str) -> None:
        limit: i64 = self.params.trade_limit
        if taken <= reserve >> 1 and limit > RATE >> 1:
            return
        most: i64 = share(reserve, limit)
        if taken > most:
            raise LimitReached(
                "trade-limit",
                f"{taken} would be taken out of the {name} reserve, above {most} ({unit})",
                taken,
                most,
            )

    def largest(self, is_buy: bool) -> i64:
        """Tokens (1e-8) that can be bought or sold now inside band and trade limit."""
        low, high = self.band(self.quote, self.base)
        limit: i64 = self.params.trade_limit
        if is_buy:
            room: i64 = share(self.base, limit)
            if high < MAX_PRICE:
                room = smaller(room, larger(0, size_to(self.quote, self.base, high)))
            return room
        most: i64 = share(self.quote, limit)
        room = sold_for(self.quote, self.base, most)
        if low > 0:
            room = smaller(room, larger(0, base_at(self.quote, self.base, low) - self.base - 1))
        return room

    def quote_to(self, price: i64) -> i64:
        """Quote (1e-6) that carries the mark to ``price`` on the curve alone."""
        size: i64 = size_to(self.quote, self.base, price)
        if size >= 0:
            return 0 if size == 0 else cost_of(self.quote, self.base, size)
        return proceeds_of(self.quote, self.base, -size)

    def apply(self, deal: Deal, size: i64, entry: i64) -> None:
        """Take a deal over; ``size`` and ``entry`` are those of the position before it."""
        if size > 0:
            self.longs -= size
            self.long_entry -= entry
        else:
            self.shorts += size
            self.short_entry -= entry
        if deal.size > 0:
            self.longs += deal.size
            self.long_entry += deal.entry
        else:
            self.shorts -= deal.size
            self.short_entry += deal.entry
        self.moved += deal.quote - self.quote
        self.quote = deal.quote
        self.base = deal.base
        self.price = deal.price
        self.interest = deal.interest
        self.volume += deal.exchanged
        self.snap()

    def reshape(self, quote: i64, base: i64, cost: i64) -> None:
        """Change the reserves at a ``cost`` that has been paid; the settlement's new origin."""
        self._set(quote, base)
        self.moved += cost
        self.note_liquidity()
        self.snap()

    def state(self) -> list[int]:
        """Every number of the curve, for a digest."""
        return [
            self.quote, self.base, self.moved, self.longs, self.shorts, self.long_entry,
            self.short_entry, self.interest, self.volume, self.block, self.snapped, self.now,
            self.last_quote, self.last_base, self.last_net, *self.steps.state(),
        ]  # fmt: skip


def band_left(price: i64, low: i64, high: i64, how: str) -> LimitReached:
    """The refusal of a trade that the block's band forbids."""
    bound: i64 = high if price > high else low
    return LimitReached(
        "fluctuation-band",
        f"the mark {price} {how} the block's band {low} to {high} (1e-10)",
        price,
        bound,
    )
