"""The desk: what an order becomes, leg by leg, before anything is done.

Orders come by size (``place``) or by quote and leverage, as the protocol takes them
(``open_position``). Either way one of four things happens: a position grows, shrinks, closes, or
is closed and opened again on the other side. A plan is a :class:`Deal`; the caller commits it.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.pool import Deal, band_left
from seawall.engine.designs.vamm.refusals import bad_debt
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import BadOrder, Closed, LimitReached
from seawall.engine.fixed import (
    RATE,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    share,
    smaller,
)


class Desk:
    """Turns orders into deals."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.params = house.params

    def check_restriction(self, position: Holding | None) -> None:
        """One action per trader in a block that saw a liquidation (``restricted``)."""
        block: i64 = self.house.pool.block
        if position is None or self.house.restricted != block or position.block != block:
            return
        raise Closed(
            "restricted",
            f"account {position.account} has traded in this block, which saw a liquidation",
        )

    # by size

    def by_size(
        self, account: i64, position: Holding | None, size: i64, margin: i64, reduce_only: bool,
        partial: bool,
    ) -> Deal:  # fmt: skip
        """The deal of an order of ``size`` tokens (signed) that brings ``margin``."""
        house = self.house
        pool = house.pool
        self.check_restriction(position)
        held: i64 = 0 if position is None else position.size
        opposite: bool = held != 0 and (held > 0) != (size > 0)
        if reduce_only and not opposite:
            raise BadOrder("nothing-to-reduce", f"size {size} does not reduce {held}", size, held)
        asked: i64 = magnitude(size)
        wanted: i64 = asked
        if reduce_only:
            wanted = smaller(wanted, magnitude(held))
        if partial and (not opposite or wanted != magnitude(held)):
            wanted = smaller(wanted, pool.largest(size > 0))
            if wanted == 0:
                low, high = pool.band(pool.quote, pool.base)
                raise band_left(pool.mark(), low, high, "leaves no room in")
        brought: i64 = margin if wanted == asked else mul_div_up(margin, wanted, asked)
        deal = house.begin(account, position)
        if position is None or not opposite:
            self._grow(deal, size > 0, wanted, brought)
        elif wanted < magnitude(held):
            value: i64 = house.spot_value(held)
            exchanged: i64 = self._shrink(deal, size > 0, wanted, False)
            house.reduce(deal, value, wanted, exchanged)
        elif wanted == magnitude(held):
            self.close(deal, position, 0)
        else:
            self._close_whole(deal, held)
            rest: i64 = wanted - magnitude(held)
            before: i64 = deal.exchanged
            opened: i64 = self._swap(deal, size > 0, rest)
            part: i64 = mul_div_up(brought, opened, before + opened)
            house.increase(deal, size > 0, opened, rest, part)
        house.finish(deal, position)
        return deal

    def _swap(self, deal: Deal, is_buy: bool, wanted: i64) -> i64:
        pool = self.house.pool
        return pool.buy(deal, wanted, False) if is_buy else pool.sell(deal, wanted, False, True)

    def _grow(self, deal: Deal, is_buy: bool, wanted: i64, brought: i64) -> None:
        exchanged: i64 = self._swap(deal, is_buy, wanted)
        self.house.increase(deal, is_buy, exchanged, wanted, brought)

    def _shrink(self, deal: Deal, is_buy: bool, closed: i64, may_leave: bool) -> i64:
        pool = self.house.pool
        if is_buy:
            return pool.buy(deal, closed, may_leave)
        return pool.sell(deal, closed, may_leave, False)

    # by quote

    def by_quote(
        self, account: i64, position: Holding | None, is_long: bool, amount: i64, leverage: i64,
        base_limit: i64,
    ) -> Deal:  # fmt: skip
        """The deal of ``amount`` dollars at ``leverage`` (1e-12): notional = amount * leverage.

        ``base_limit`` is the least base a long takes, the most a short gives (1e-8; 0: any).
        """
        house = self.house
        self.check_restriction(position)
        if self.params.tiers is None and mul_div(RATE, RATE, leverage) < self.params.initial_ratio:
            raise LimitReached(
                "leverage",
                f"a leverage of {leverage} leaves less than {self.params.initial_ratio} of margin "
                "(1e-12)",
                leverage,
                mul_div(RATE, RATE, self.params.initial_ratio),
            )
        wanted: i64 = share(amount, leverage)
        deal = house.begin(account, position)
        if position is None or (position.size > 0) == is_long:
            self._grow_by_quote(deal, is_long, wanted, leverage, base_limit)
        else:
            value: i64 = house.spot_value(position.size)
            if value > wanted:
                closed: i64 = self._swap_quote(deal, is_long, wanted, base_limit, False)
                house.reduce(deal, value, closed, wanted)
            else:
                self._close_whole(deal, position.size)
                left: i64 = wanted - deal.exchanged
                if left > 0 and mul_div(left, RATE, leverage) > 0:
                    rest: i64 = larger(0, base_limit - position.quantity())
                    self._grow_by_quote(deal, is_long, left, leverage, rest)
        house.finish(deal, position)
        return deal

    def _grow_by_quote(
        self, deal: Deal, is_long: bool, wanted: i64, leverage: i64, base_limit: i64
    ) -> None:
        base: i64 = self._swap_quote(deal, is_long, wanted, base_limit, False)
        margin: i64 = mul_div_up(wanted, RATE, leverage)
        self.house.increase(deal, is_long, wanted, base, margin)

    def _swap_quote(
        self, deal: Deal, is_buy: bool, wanted: i64, base_limit: i64, may_leave: bool
    ) -> i64:
        pool = self.house.pool
        if is_buy:
            base: i64 = pool.buy_for(deal, wanted, may_leave)
        else:
            base = pool.sell_for(deal, wanted, may_leave)
        if base_limit > 0 and (base < base_limit if is_buy else base > base_limit):
            raise LimitReached(
                "acceptable-base",
                f"{wanted} exchanges {base}, past the limit {base_limit} (1e-8 token)",
                base,
                base_limit,
            )
        return base

    # closing

    def close(self, deal: Deal, position: Holding, quote_limit: i64) -> None:
        """Close everything, or the partial ratio of it where all of it would leave the band."""
        house = self.house
        pool = house.pool
        size: i64 = position.size
        ratio: i64 = self.params.partial_ratio
        if ratio < RATE and pool.leaves_band(deal, size):
            part: i64 = mul_div(magnitude(size), ratio, RATE)
            if part == 0:
                low, high = pool.band(deal.quote, deal.base)
                raise band_left(deal.price, low, high, "could not stay in")
            value: i64 = house.spot_value(size)
            wanted: i64 = house.spot_value(part if size > 0 else -part)
            closed: i64 = self._swap_quote(deal, size < 0, wanted, 0, True)
            house.reduce(deal, value, closed, wanted)
            return
        self._close_whole(deal, size)
        if quote_limit > 0 and (
            deal.exchanged < quote_limit if size > 0 else deal.exchanged > quote_limit
        ):
            raise LimitReached(
                "acceptable-quote",
                f"closing exchanges {deal.exchanged}, past the limit {quote_limit} (1e-6 dollar)",
                deal.exchanged,
                quote_limit,
            )

    def _close_whole(self, deal: Deal, size: i64) -> None:
        exchanged: i64 = self._shrink(deal, size < 0, magnitude(size), True)
        debt: i64 = self.house.close(deal, exchanged)
        if debt > 0:
            raise bad_debt(debt)


def check_acceptable(deal: Deal, acceptable: i64) -> None:
    """Refuse a deal whose all-in price per token is worse than ``acceptable`` (1e-10; 0: any)."""
    if acceptable == 0 or deal.traded == 0:
        return
    fees: i64 = deal.toll + deal.spread
    if deal.traded > 0:
        most: i64 = notional(deal.traded, acceptable)
        if deal.exchanged + fees > most:
            raise past_acceptable(deal.exchanged + fees, most)
    else:
        least: i64 = notional_up(-deal.traded, acceptable)
        if deal.exchanged - fees < least:
            raise past_acceptable(deal.exchanged - fees, least)


def past_acceptable(amount: i64, bound: i64) -> LimitReached:
    """The refusal of an all-in price that is worse than accepted."""
    return LimitReached(
        "acceptable-price",
        f"{amount} all in is past {bound}, what the acceptable price comes to (1e-6 dollar)",
        amount,
        bound,
    )
