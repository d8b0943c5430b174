"""When a position is closed against its owner's will, and what becomes of its money.

States, with F = borrowing + margin fee on the whole size and left = collateral + result::

    spent           left < F + liquidation fee: what is left goes to the pool, F of it (or all of
                    it, if less) to the fees; whoever liquidates gets the fee out of the pool
    over leveraged  left < size / 50 (or the tier's maintenance): an ordinary full close

A loss beyond the collateral is collected from nobody: the pool just does not receive it. In a
liquidation a profit counts as if it were collateral. Source: gmx-io/gmx-contracts, VaultUtils.sol,
Vault.sol (liquidatePosition).
"""

from mypy_extensions import i64

from seawall.engine.designs.glp.positions import OVER_LEVERAGED, SAFE, SPENT, Book
from seawall.engine.designs.glp.pricing import BPS, RATE_STEP, scaled
from seawall.engine.designs.glp.watch import Holding, Lookout, far
from seawall.engine.errors import Closed, Refusal
from seawall.engine.events import Journal, RungReached
from seawall.engine.fixed import MAX_PRICE, larger, mul_div, mul_div_up, smaller
from seawall.engine.pot import Pot
from seawall.engine.venue import Account
from seawall.engine.watch import DUE


class Care:
    """Watches the positions of one book and liquidates those that are due."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.lookout = Lookout()
        self.journal = Journal()
        self.accounts: list[Account] = []

    # watching

    def watch(self, holding: Holding) -> None:
        """Put a position that is not in the queue under new bounds, or into it if it is due."""
        book = self.book
        backing = book.pool.tokens[holding.backing]
        size: i64 = holding.quantity()
        rates: i64 = backing.cumulative - holding.entry_rate
        spent: i64 = book.spent_at(size)
        least: i64 = book.least(size)
        owed: i64 = 0 if rates == 0 else mul_div(size, rates, RATE_STEP)
        spare: i64 = holding.collateral + book.result(holding) - larger(owed + spent, least)
        if spare < 0:
            self.lookout.drop(holding)
            self.lookout.put_due(holding)
            return
        later: i64 = scaled(spare // 2, RATE_STEP, size)
        gap: i64 = larger(mul_div(size, rates + later, RATE_STEP) + spent, least)
        gap -= holding.collateral
        self.lookout.add(holding, self._trigger(holding, gap), backing.cumulative + later)

    def _trigger(self, holding: Holding, gap: i64) -> i64:
        """Price at which the result comes down to ``gap``, rounded towards danger."""
        average: i64 = holding.average
        step: i64 = mul_div_up(gap, average, holding.quantity()) + 1
        least: i64 = self.book.index.terms.min_profit
        if holding.side_long:
            price: i64 = average + step
            if gap > 0 and least > 0:
                price = larger(price, average + mul_div_up(average, least, BPS) + 1)
            return larger(0, price)
        price = average - step
        if gap > 0 and least > 0:
            price = smaller(price, average - mul_div_up(average, least, BPS) - 1)
        return smaller(larger(0, price), MAX_PRICE + 1)

    def loosen(self, holding: Holding, closes: bool) -> None:
        """Make ready for a change of the size: the queue ranks by it, the bounds do not."""
        if closes or holding.standing == DUE:
            self.lookout.drop(holding)

    def sweep(self) -> None:
        """Queue whoever has become due; give those who are near their bounds new ones."""
        book = self.book
        lookout = self.lookout
        again: list[Holding] = []
        low: i64 = book.index.feed.low
        high: i64 = book.index.feed.high
        for token in book.pool.tokens:
            place: i64 = token.place
            while True:
                if place == book.index.place:
                    holding = lookout.next_long(low, token.cumulative)
                elif token.stable:
                    holding = lookout.next_short(place, high, token.cumulative)
                else:
                    break
                if holding is None:
                    break
                state, _, _ = book.state_of(holding)
                if state == SAFE:
                    again.append(holding)
                else:
                    lookout.put_due(holding)
        for holding in again:
            self.watch(holding)

    # acting

    def work(self, budget: i64, keeper: Account) -> i64:
        """Liquidate those that are due, largest first; the budget left."""
        blocked: list[Holding] = []
        while budget > 0:
            holding = self.lookout.pop_due()
            if holding is None:
                break
            state, _, _ = self.book.state_of(holding)
            if state == SAFE:
                self.watch(holding)
                continue
            try:
                self._liquidate(holding, keeper)
                budget -= 1
            except Refusal:
                blocked.append(holding)
        for holding in blocked:
            self.lookout.put_due(holding)
        return budget

    def liquidate(self, holding: Holding, caller: Account) -> None:
        """Liquidate one position for ``caller``.

        Raises :class:`Closed` (``not-liquidatable``) for one that is safe.
        """
        state, _, left = self.book.state_of(holding)
        if state == SAFE:
            raise Closed(
                "not-liquidatable",
                f"account {holding.account} still has {left} (1e-6 dollar)",
                left,
                self.book.least(holding.quantity()),
            )
        if state == OVER_LEVERAGED:
            self.book.plan_decrease(holding, holding.quantity(), 0)
        self.lookout.drop(holding)
        self._liquidate(holding, caller)

    def _liquidate(self, holding: Holding, caller: Account) -> None:
        """Close a position that stands nowhere."""
        book = self.book
        state, fees, left = book.state_of(holding)
        record = RungReached(book.now, book.name, "liquidation", holding.account)
        record.closed = holding.tokens if holding.side_long else -holding.tokens
        record.price = book.closing_price(holding.side_long)
        record.result = left - holding.collateral
        owed: i64 = book.owed(holding)
        book.borrowed += owed
        record.fee = fees - owed
        record.shortfall = larger(0, -left)
        if state == SPENT:
            self._take_all(holding, fees)
            record.penalty = self._pay_caller(holding, caller)
            record.to_keeper = record.penalty
        else:
            record.rung = "over-leverage"
            deal = book.plan_decrease(holding, holding.quantity(), 0)
            owner = self.accounts[holding.account]
            book.decrease(deal, owner.purse(int(deal.backing.token)))
            record.returned = deal.paid
        if self.journal.listening:
            self.journal.events.append(record)

    def _take_all(self, holding: Holding, fees: i64) -> None:
        """Leave the collateral to the pool, and the fees to the fees."""
        book = self.book
        backing = book.pool.tokens[holding.backing]
        collateral: i64 = holding.collateral
        book.erase(holding)
        if holding.side_long:
            self._give(backing.pool, backing.fees, backing.fewest(fees), backing.reserved)
            return
        part: i64 = smaller(fees, collateral)
        backing.custody.pay(backing.fees, backing.fewest(part))
        backing.custody.pay(backing.pool, backing.fewest(collateral - part))
        self._give(backing.pool, backing.fees, backing.fewest(fees - part), backing.reserved)

    def _pay_caller(self, holding: Holding, caller: Account) -> i64:
        backing = self.book.pool.tokens[holding.backing]
        fee: i64 = backing.fewest(self.book.pool.params.liquidation_fee)
        purse = caller.purse(int(backing.token))
        return backing.dollars_low(self._give(backing.pool, purse, fee, backing.reserved))

    def _give(self, pool: Pot, receiver: Pot, amount: i64, reserved: i64) -> i64:
        """Pay what the pool has beyond its reserves; what was paid."""
        paid: i64 = smaller(amount, larger(0, pool.amount - reserved))
        pool.pay(receiver, paid)
        return paid

    def trigger_of(self, holding: Holding, bare: bool) -> i64:
        """Price at which it would be liquidated now, or, if ``bare``, its collateral be lost."""
        book = self.book
        size: i64 = holding.quantity()
        backing = book.pool.tokens[holding.backing]
        need: i64 = book.owed(holding)
        if not bare:
            need = book.need(size, backing.cumulative - holding.entry_rate)
        gap: i64 = need - holding.collateral
        step: i64 = mul_div_up(gap, holding.average, size)
        price: i64 = holding.average + step if holding.side_long else holding.average - step
        if price <= 0:
            return far(holding.side_long)
        return price

    def state(self) -> list[int]:
        """Who is due, for a digest."""
        return [int(position.account) for position in self.lookout.due.items]
