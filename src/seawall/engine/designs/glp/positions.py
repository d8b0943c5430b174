"""The book of positions on one index token: what an order does to them, worked out, then done.

Closing price p: lower for a long, higher for a short; opening price the other one. Fees of a
change D: margin fee ceil(D * bps) and borrowing floor(S * (c - c0)) on the whole size. Collateral
is a number of dollars: tokens come in at p- and go out at p+.

A :class:`Deal` is one increase or decrease with every number it will change; nothing is changed
before it is whole. Source: gmx-io/gmx-contracts, Vault.sol (increasePosition, _decreasePosition,
_reduceCollateral), VaultUtils.sol (validateLiquidation).
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.glp.params import Params
from seawall.engine.designs.glp.pool import GlpPool, PoolToken
from seawall.engine.designs.glp.pricing import (
    BPS,
    RATE_STEP,
    fee_of,
    next_average,
    result_of,
    scaled,
)
from seawall.engine.designs.glp.refusals import (
    collateral_exceeded,
    fees_exceed,
    leverage_exceeded,
    losses_exceed,
    reserve_exceeded,
    size_below_collateral,
    token_not_allowed,
)
from seawall.engine.designs.glp.watch import Holding, number_of
from seawall.engine.errors import BadOrder, BrokenBooks, LimitReached, NotEnough
from seawall.engine.fixed import NO_BOUND, NOTIONAL_STEP, larger, mul_div, share_up
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot

SAFE: Final[i64] = 0
SPENT: Final[i64] = 1
OVER_LEVERAGED: Final[i64] = 2


@mypyc_attr(acyclic=True, free_list_len=1)  # one at a time: its memory is used again
class Deal:
    """An increase or a decrease, worked out.

    Dollars in 1e-6, tokens in the unit of the collateral token. ``brought`` comes in, ``out`` is
    paid (``paid`` in dollars, fees off), ``adjusted`` is the signed result that is realised,
    ``fee_tokens`` go to the fees.
    """

    def __init__(self, holding: Holding, fresh: bool, backing: PoolToken) -> None:
        self.holding = holding
        self.fresh: bool = fresh
        self.backing = backing
        self.delta: i64 = 0
        self.price: i64 = 0
        self.margin_fee: i64 = 0
        self.funding_fee: i64 = 0
        self.fee_tokens: i64 = 0
        self.brought: i64 = 0
        self.brought_dollars: i64 = 0
        self.size: i64 = 0
        self.collateral: i64 = 0
        self.average: i64 = 0
        self.reserve: i64 = 0
        self.adjusted: i64 = 0
        self.profit_tokens: i64 = 0
        self.loss_tokens: i64 = 0
        self.paid: i64 = 0
        self.out: i64 = 0


class Book:
    """Positions of one market, by account, collateral token and side."""

    def __init__(self, name: str, params: Params, pool: GlpPool) -> None:
        self.name = name
        self.params = params
        self.pool = pool
        self.index: PoolToken = PoolToken(0, 0, pool.terms[0], pool.params)
        self.positions: dict[int, Holding] = {}
        self.facts = MarketFacts()
        self.guards = params.guards.fresh()
        self.now: i64 = 0
        self.long_size: i64 = 0
        self.short_size: i64 = 0
        self.long_tokens: i64 = 0
        self.short_tokens: i64 = 0
        self.borrowed: i64 = 0
        self.left: i64 = 0

    # prices and results

    def opening_price(self, is_long: bool) -> i64:
        """Price at which a side opens (1e-10)."""
        return self.index.feed.high if is_long else self.index.feed.low

    def closing_price(self, is_long: bool) -> i64:
        """Price at which a side closes and is valued (1e-10)."""
        return self.index.feed.low if is_long else self.index.feed.high

    def least_profit(self, increased_at: i64) -> i64:
        """The profit (bps) that does not count as one, for who last increased then."""
        if self.now <= increased_at + self.pool.params.min_profit_time:
            return self.index.terms.min_profit
        return 0

    def result(self, holding: Holding) -> i64:
        """Signed result (1e-6) of a position at the closing price."""
        is_long: bool = holding.side_long
        return result_of(
            holding.quantity(), holding.average, self.closing_price(is_long), is_long,
            self.least_profit(holding.increased_at),
        )  # fmt: skip

    def funding_fee(self, size: i64, entry_rate: i64, backing: PoolToken) -> i64:
        """Borrowing (1e-6) that ``size`` owes since ``entry_rate``, rounded down."""
        if size == 0 or backing.cumulative == entry_rate:
            return 0
        return mul_div(size, backing.cumulative - entry_rate, RATE_STEP)

    def owed(self, holding: Holding) -> i64:
        """Borrowing (1e-6) that a position owes now."""
        backing = self.pool.tokens[holding.backing]
        return self.funding_fee(holding.quantity(), holding.entry_rate, backing)

    def least(self, size: i64) -> i64:
        """Equity before fees (1e-6) below which ``size`` is over its leverage."""
        tiers = self.params.tiers
        if tiers is not None:
            return share_up(size, tiers.rate(tiers.index_of(size)))
        return -scaled(-size, BPS, self.pool.params.max_leverage)

    def state_of(self, holding: Holding) -> tuple[i64, i64, i64]:
        """Liquidation state, the fees it may be charged, and what is left (1e-6, signed)."""
        size: i64 = holding.quantity()
        fees: i64 = self.owed(holding) + fee_of(size, self.pool.params.margin)
        left: i64 = holding.collateral + self.result(holding)
        if left < 0:
            return SPENT, fees, left
        if left < fees:
            return SPENT, left, left
        if left < fees + self.pool.params.liquidation_fee:
            return SPENT, fees, left
        if left < self.least(size):
            return OVER_LEVERAGED, fees, left
        return SAFE, fees, left

    def spent_at(self, size: i64) -> i64:
        """Margin fee and liquidation fee of a position of ``size`` (1e-6)."""
        rules = self.pool.params
        return fee_of(size, rules.margin) + rules.liquidation_fee

    def need(self, size: i64, rates: i64) -> i64:
        """What a position of ``size`` must be worth after borrowing ``rates`` (1e-6 each)."""
        borrowed: i64 = 0 if rates == 0 else mul_div(size, rates, RATE_STEP)
        return larger(borrowed + self.spent_at(size), self.least(size))

    def _validate(self, deal: Deal, entry_rate: i64, increased_at: i64) -> None:
        """Refuse a position that could be liquidated as it is left."""
        is_long: bool = deal.holding.side_long
        size: i64 = deal.size
        result: i64 = result_of(
            size, deal.average, self.closing_price(is_long), is_long,
            self.least_profit(increased_at),
        )  # fmt: skip
        left: i64 = deal.collateral
        if result < 0:
            if left < -result:
                raise losses_exceed(left, -result)
            left += result
        fees: i64 = self.funding_fee(size, entry_rate, deal.backing)
        fees += fee_of(size, self.pool.params.margin)
        if left < fees:
            raise fees_exceed(left, fees)
        if left < fees + self.pool.params.liquidation_fee:
            raise NotEnough(
                "liquidation-fee-exceeds",
                f"{left} does not cover fees and liquidation fee, "
                f"{fees + self.pool.params.liquidation_fee} (1e-6 dollar)",
                left,
                fees + self.pool.params.liquidation_fee,
            )
        least: i64 = self.least(size)
        if deal.delta > 0 and deal.size > deal.holding.quantity():
            tiers = self.params.tiers
            if tiers is not None:
                least = larger(least, tiers.initial(size))
        if left < least:
            raise leverage_exceeded(left, least)

    # increase

    def backing_for(self, place: i64, is_long: bool) -> PoolToken:
        """The collateral token of a side; raises :class:`BadOrder` (``token-not-allowed``)."""
        backing = self.pool.tokens[place]
        if is_long:
            if place != self.index.place:
                raise token_not_allowed(backing.name, "a long is backed by its own index token")
            if self.index.stable:
                raise token_not_allowed(backing.name, "a stable token is no index")
        elif not backing.stable:
            raise token_not_allowed(backing.name, "a short is backed by a stable token")
        elif self.index.stable or not self.index.terms.shortable:
            raise token_not_allowed(self.index.name, "it cannot be shorted")
        return backing

    def holding_of(self, account: i64, backing: i64, is_long: bool) -> Holding | None:
        """The position, or None."""
        return self.positions.get(int(number_of(account, backing, is_long)))

    def plan_increase(
        self,
        holding: Holding,
        fresh: bool,
        backing: PoolToken,
        delta: i64,
        brought: i64,
        taken: i64,
    ) -> Deal:
        """Add ``delta`` dollars of size and ``brought`` tokens of collateral.

        ``taken`` tokens leave the pool before (a swap on the way in); ``fresh``: the position is
        not in the book yet.
        """
        is_long: bool = holding.side_long
        deal = Deal(holding, fresh, backing)
        price: i64 = self.opening_price(is_long)
        deal.price = price
        deal.delta = delta
        before: i64 = holding.quantity()
        if before == 0:
            deal.average = price
        elif delta == 0:
            deal.average = holding.average
        else:
            deal.average = next_average(
                price, before, delta, holding.average, self.closing_price(is_long), is_long,
                self.least_profit(holding.increased_at),
            )  # fmt: skip
        deal.margin_fee = fee_of(delta, self.pool.params.margin)
        deal.funding_fee = self.funding_fee(before, holding.entry_rate, backing)
        fee: i64 = deal.margin_fee + deal.funding_fee
        deal.fee_tokens = backing.fewest(fee)
        deal.brought = brought
        deal.brought_dollars = backing.dollars_low(brought)
        deal.collateral = holding.collateral + deal.brought_dollars
        if deal.collateral < fee:
            raise fees_exceed(deal.collateral, fee)
        deal.collateral -= fee
        deal.size = before + delta
        if deal.size == 0:
            raise BadOrder("size-zero", "no position, and nothing to open one with")
        if deal.size < deal.collateral:
            raise size_below_collateral(deal.size, deal.collateral)
        self._validate(deal, backing.cumulative, self.now)
        deal.reserve = backing.most(delta)
        room: i64 = backing.pool.amount - taken
        reserved: i64 = backing.reserved + deal.reserve
        if reserved > room:
            raise reserve_exceeded(backing.name, reserved, room)
        if is_long and reserved > room + brought - deal.fee_tokens:
            raise reserve_exceeded(backing.name, reserved, room + brought - deal.fee_tokens)
        if delta > 0:
            self.check_caps(is_long, delta)
            total: i64 = self.interest(is_long) + delta
            self.guards.check_increase(self.facts, total, deal.size, deal.collateral)
        return deal

    def check_caps(self, is_long: bool, delta: i64) -> None:
        """Refuse ``delta`` more dollars beyond the cap (``max-longs``, ``max-shorts``)."""
        if is_long:
            cap: i64 = self.index.terms.max_long
            total: i64 = self.index.guaranteed + delta
        else:
            cap = self.index.terms.max_short
            total = self.index.short_size + delta
        if cap > 0 and total > cap:
            code = "max-longs" if is_long else "max-shorts"
            raise LimitReached(
                code, f"{total} would be above {cap}, the cap of the side (1e-6 dollar)", total, cap
            )

    def interest(self, is_long: bool) -> i64:
        """Dollars (1e-6) that are open on a side of this market."""
        return self.long_size if is_long else self.short_size

    def increase(self, deal: Deal, payer: Pot) -> None:
        """Carry an increase out; ``payer`` pays what is brought."""
        holding = deal.holding
        backing = deal.backing
        index = self.index
        fee: i64 = deal.margin_fee + deal.funding_fee
        if holding.side_long:
            payer.pay(backing.pool, deal.brought)
            backing.pool.pay(backing.fees, deal.fee_tokens)
            backing.guaranteed += deal.delta + fee - deal.brought_dollars
        else:
            payer.pay(backing.custody, deal.brought)
            backing.custody.pay(backing.fees, deal.fee_tokens)
            backing.collateral += deal.brought_dollars - fee
            self.pool.add_short(index, deal.price, deal.delta)
        backing.reserved += deal.reserve
        if deal.fresh:
            self.positions[int(holding.number())] = holding
        holding.collateral = deal.collateral
        holding.average = deal.average
        holding.entry_rate = backing.cumulative
        holding.reserve += deal.reserve
        holding.increased_at = self.now
        self._resize(holding, deal.size)

    def _resize(self, holding: Holding, size: i64) -> None:
        """Set the size, and count it and its tokens to the side."""
        was: i64 = holding.quantity()
        tokens: i64 = 0
        if size > 0:
            tokens = mul_div(size, NOTIONAL_STEP, holding.average)
        if holding.side_long:
            self.long_size += size - was
            self.long_tokens += tokens - holding.tokens
            holding.size = size
        else:
            self.short_size += size - was
            self.short_tokens += tokens - holding.tokens
            holding.size = -size
        holding.tokens = tokens

    # decrease

    def plan_decrease(self, holding: Holding, delta: i64, withdrawn: i64) -> Deal:
        """Take ``delta`` dollars of size and ``withdrawn`` dollars of collateral off."""
        backing = self.pool.tokens[holding.backing]
        deal = Deal(holding, False, backing)
        is_long: bool = holding.side_long
        before: i64 = holding.quantity()
        if delta > before:
            raise LimitReached(
                "size-exceeded", f"{delta} is above the size, {before} (1e-6 dollar)", delta, before
            )
        if withdrawn > holding.collateral:
            raise collateral_exceeded(withdrawn, holding.collateral)
        if delta == 0 and withdrawn == 0:
            raise BadOrder("size-zero", "neither size nor collateral to take off")
        deal.price = self.closing_price(is_long)
        deal.delta = delta
        deal.average = holding.average
        deal.reserve = mul_div(holding.reserve, delta, before)
        deal.margin_fee = fee_of(delta, self.pool.params.margin)
        deal.funding_fee = self.funding_fee(before, holding.entry_rate, backing)
        fee: i64 = deal.margin_fee + deal.funding_fee
        deal.fee_tokens = backing.fewest(fee)
        result: i64 = self.result(holding)
        part: i64 = mul_div(delta, -result if result < 0 else result, before)
        collateral: i64 = holding.collateral
        out: i64 = 0
        if result > 0:
            deal.adjusted = part
            out = part
            if not is_long:
                deal.profit_tokens = backing.fewest(part)
        else:
            deal.adjusted = -part
            if collateral < part:
                raise losses_exceed(collateral, part)
            collateral -= part
            if not is_long:
                deal.loss_tokens = backing.fewest(part)
        if withdrawn > collateral:
            raise collateral_exceeded(withdrawn, collateral)
        out += withdrawn
        collateral -= withdrawn
        if delta == before:
            out += collateral
            collateral = 0
        deal.paid = out
        if out > fee:
            deal.paid = out - fee
        else:
            if collateral < fee:
                raise fees_exceed(collateral, fee)
            collateral -= fee
        deal.out = backing.fewest(deal.paid)
        deal.size = before - delta
        deal.collateral = collateral
        self._check_left(deal)
        return deal

    def _check_left(self, deal: Deal) -> None:
        backing = deal.backing
        if deal.size > 0:
            if deal.size < deal.collateral:
                raise size_below_collateral(deal.size, deal.collateral)
            self._validate(deal, backing.cumulative, deal.holding.increased_at)
        pool: i64 = backing.pool.amount
        if deal.holding.side_long:
            pool -= deal.out + deal.fee_tokens
        else:
            pool -= deal.profit_tokens
        reserved: i64 = backing.reserved - deal.reserve
        if reserved > pool:
            raise reserve_exceeded(backing.name, reserved, pool)

    def decrease(self, deal: Deal, receiver: Pot) -> None:
        """Carry a decrease out, paying ``receiver`` in the collateral token."""
        holding = deal.holding
        backing = deal.backing
        before: i64 = holding.collateral
        backing.reserved -= deal.reserve
        holding.reserve -= deal.reserve
        if holding.side_long:
            backing.pool.pay(backing.fees, deal.fee_tokens)
            backing.pool.pay(receiver, deal.out)
            backing.guaranteed += before - deal.collateral - deal.delta
        else:
            backing.custody.pay(backing.fees, deal.fee_tokens)
            backing.pool.pay(backing.custody, deal.profit_tokens)
            backing.custody.pay(backing.pool, deal.loss_tokens)
            backing.custody.pay(receiver, deal.out)
            backing.collateral -= before - deal.collateral
            self.pool.take_short(self.index, deal.price, deal.delta, deal.adjusted)
        holding.collateral = deal.collateral
        holding.entry_rate = backing.cumulative
        holding.realised += deal.adjusted
        self._resize(holding, deal.size)
        if deal.size == 0:
            del self.positions[int(holding.number())]

    # books

    def erase(self, holding: Holding) -> None:
        """Take a position out of the counters: its money has gone where it belongs."""
        backing = self.pool.tokens[holding.backing]
        backing.reserved -= holding.reserve
        size: i64 = holding.quantity()
        if holding.side_long:
            backing.guaranteed -= size - holding.collateral
        else:
            backing.collateral -= holding.collateral
            price: i64 = self.closing_price(False)
            self.pool.take_short(self.index, price, size, self.result(holding))
        self._resize(holding, 0)
        del self.positions[int(holding.number())]

    def audit_into(self, reserves: list[int], collateral: list[int]) -> None:
        """Re-add the book; add its reserves and shorts' collateral to lists by token."""
        longs: i64 = 0
        shorts: i64 = 0
        long_tokens: i64 = 0
        short_tokens: i64 = 0
        guaranteed: i64 = self.index.legacy_guaranteed
        for number in sorted(self.positions):
            holding = self.positions[number]
            size: i64 = holding.quantity()
            reserves[holding.backing] += holding.reserve
            if holding.side_long:
                longs += size
                long_tokens += holding.tokens
                guaranteed += size - holding.collateral
            else:
                shorts += size
                short_tokens += holding.tokens
                collateral[holding.backing] += holding.collateral
        index = self.index
        if guaranteed != index.guaranteed:
            raise BrokenBooks(f"{self.name}: guaranteed {index.guaranteed}, found {guaranteed}")
        if shorts + index.legacy_short != index.short_size:
            raise BrokenBooks(f"{self.name}: shorts of {index.short_size}, found {shorts}")
        if (longs, shorts) != (self.long_size, self.short_size):
            raise BrokenBooks(f"{self.name}: sides {longs} and {shorts} are not what was counted")
        if (long_tokens, short_tokens) != (self.long_tokens, self.short_tokens):
            raise BrokenBooks(f"{self.name}: tokens of the sides are not what was counted")

    def room(self, is_long: bool, backing: PoolToken, taken: i64) -> i64:
        """The most dollars (1e-6) that reserves, caps and guards let a side be increased by."""
        free: i64 = larger(0, backing.pool.amount - taken - backing.reserved)
        room: i64 = backing.dollars_low(free)
        index = self.index
        cap: i64 = index.terms.max_long if is_long else index.terms.max_short
        held: i64 = index.guaranteed if is_long else index.short_size
        if cap > 0 and cap - held < room:
            room = cap - held
        bound: i64 = self.guards.open_interest_bound(self.facts)
        interest: i64 = self.interest(is_long)
        if bound < NO_BOUND and bound - interest < room:
            room = bound - interest
        return larger(0, room)

    def state(self) -> list[int]:
        """For a digest."""
        numbers: list[int] = [self.long_size, self.short_size, self.long_tokens, self.short_tokens]
        numbers.extend([self.facts.market_value, self.facts.volume, self.facts.depth])
        for number in sorted(self.positions):
            numbers.extend(self.positions[number].state())
        numbers.extend(self.guards.state())
        return numbers
