"""The clearing house: what positions are worth, and what a trade does to one.

Glossary
    ON       open notional (``entry``), quote paid or received for what is still open
    M        margin (the position's pot);  F  funding index of a side;  F0  the one last settled
    phi      funding owed, ceil(s * (F - F0)); below zero it is received

Equations
    equity   e = M + result - phi, the result by the closing value V of a *mode*:
             SPOT now; TWAP on the reserves of the last 15 minutes; INDEX s*P without slippage
    below    e < ceil(mm * V);  liquidatable: below in SPOT and TWAP, and in INDEX too while the
             mark is 10 % or more from the index: each mode can only protect
    free     min(M', M' + lower result) - im*(ON long, V short), M' = max(M - phi, 0)

Source: perpetual-protocol/perpetual-protocol, src/ClearingHouse.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.ledger import Ledger
from seawall.engine.designs.vamm.pool import Deal
from seawall.engine.designs.vamm.pricing import closing_value, result_of
from seawall.engine.designs.vamm.refusals import bad_debt, too_small, wallet_short
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import LimitReached, NotEnough
from seawall.engine.fixed import (
    RATE,
    larger,
    magnitude,
    mul_div,
    share_up,
    smaller,
)
from seawall.engine.margin import worth


class House(Ledger):
    """The books of one market, and how a deal changes them."""

    # what a position is worth

    def spot_value(self, size: i64) -> i64:
        """Closing value now."""
        return closing_value(self.pool.quote, self.pool.base, size)

    def equity(self, position: Holding) -> i64:
        """Equity by the spot."""
        value: i64 = self.spot_value(position.size)
        left: i64 = position.amount - self.owed(position.size, position.index)
        return left + result_of(position.size, position.entry, value)

    def is_over_spread(self) -> bool:
        """Whether the mark is ``oracle_spread`` or more from the index price."""
        index: i64 = self.index_price
        if index == 0:
            return False
        gap: i64 = magnitude(self.pool.mark() - index)
        if gap >= index:
            return True
        return mul_div(gap, RATE, index) >= self.params.oracle_spread

    def is_below(self, size: i64, entry: i64, left: i64, value: i64) -> bool:
        """Whether equity is under the maintenance requirement at this closing value."""
        return left + result_of(size, entry, value) < self.params.maintenance(value)

    def is_unsafe(self, size: i64, entry: i64, left: i64, quote: i64, base: i64) -> bool:
        """Below maintenance in SPOT and TWAP; ``left`` is margin less funding owed."""
        if not self.is_below(size, entry, left, closing_value(quote, base, size)):
            return False
        value: i64 = self.pool.value_average(size, quote, base)
        return self.is_below(size, entry, left, value)

    def is_liquidatable(self, position: Holding) -> bool:
        """Whether every mode that counts finds the position below maintenance."""
        pool = self.pool
        size: i64 = position.size
        entry: i64 = position.entry
        left: i64 = position.amount - self.owed(size, position.index)
        if not self.is_unsafe(size, entry, left, pool.quote, pool.base):
            return False
        if not self.is_over_spread():
            return True
        return self.is_below(size, entry, left, worth(size, self.index_price))

    def free_collateral(self, position: Holding, taken: i64) -> i64:
        """What may still be taken out after ``taken`` has been; below zero: nothing may."""
        size: i64 = position.size
        pool = self.pool
        left: i64 = larger(0, position.amount - taken - self.owed(size, position.index))
        value: i64 = self.spot_value(size)
        average: i64 = pool.value_average(size, pool.quote, pool.base)
        worse: i64 = smaller(value, average) if size > 0 else larger(value, average)
        cover: i64 = smaller(left, left + result_of(size, position.entry, worse))
        needed: i64 = position.entry if size > 0 else worse
        return cover - self.params.initial(needed, needed)

    # a deal, leg by leg

    def begin(self, account: i64, position: Holding | None) -> Deal:
        """A deal that does nothing yet."""
        deal = Deal(account, self.pool.quote, self.pool.base, self.pool.price)
        deal.interest = self.pool.interest
        if position is not None:
            deal.size = position.size
            deal.entry = position.entry
            deal.margin = position.amount
            deal.index = position.index
        return deal

    def increase(self, deal: Deal, is_buy: bool, notional: i64, base: i64, margin: i64) -> None:
        """Book ``base`` tokens, bought or sold for ``notional``, with ``margin`` brought."""
        if notional == 0 or base == 0:
            raise too_small(notional)
        params = self.params
        if deal.size != 0:
            self._settle(deal)
        deal.index = self.funding.index_of(is_buy)
        deal.size += base if is_buy else -base
        deal.entry += notional
        deal.margin += margin
        deal.brought += margin
        if deal.margin < 0:
            raise bad_debt(-deal.margin)
        needed: i64 = params.initial(notional, deal.entry)
        if margin < needed:
            raise NotEnough(
                "initial-margin",
                f"a margin of {margin} is below {needed}, the initial requirement of {notional} "
                "(1e-6 dollar)",
                margin,
                needed,
            )
        deal.interest += notional
        if deal.account != params.exempt_account:
            self._check_caps(deal)
        side: i64 = self.pool.long_entry if is_buy else self.pool.short_entry
        self.guards.check_increase(self.facts, side + notional, deal.entry, deal.margin)

    def _check_caps(self, deal: Deal) -> None:
        params = self.params
        held: i64 = magnitude(deal.size)
        if params.holding_cap > 0 and held > params.holding_cap:
            raise LimitReached(
                "holding-cap",
                f"a position of {held} would be above {params.holding_cap} (1e-8 token)",
                held,
                params.holding_cap,
            )
        if params.interest_cap > 0 and deal.interest > params.interest_cap:
            raise LimitReached(
                "interest-cap",
                f"open notional {deal.interest} would be above {params.interest_cap} (1e-6 dollar)",
                deal.interest,
                params.interest_cap,
            )

    def reduce(self, deal: Deal, value: i64, closed: i64, notional: i64) -> None:
        """Book ``closed`` of the deal's tokens, which exchanged ``notional``.

        ``value`` is what the whole was worth at the spot before: the profit realised is its
        average profit by size, and the rest of the open notional takes what this leaves over.
        """
        if notional == 0 or closed == 0:
            raise too_small(notional)
        size: i64 = deal.size
        result: i64 = result_of(size, deal.entry, value)
        realised: i64 = mul_div(result, closed, magnitude(size))
        self._settle(deal)
        entry: i64 = value - notional
        entry += realised - result if size > 0 else result - realised
        if entry <= 0 or closed >= magnitude(size):
            raise LimitReached(
                "nothing-left",
                f"{notional} would leave nothing of a position worth {value}: close it whole",
                notional,
                value,
            )
        deal.margin += realised
        deal.realised += realised
        deal.entry = entry
        deal.size = size - closed if size > 0 else size + closed
        deal.interest = larger(0, deal.interest - notional)
        if deal.margin < 0:
            raise bad_debt(-deal.margin)

    def close(self, deal: Deal, exchanged: i64) -> i64:
        """Book the whole position as closed for ``exchanged``; its bad debt, margin taken off."""
        result: i64 = result_of(deal.size, deal.entry, exchanged)
        self._settle(deal)
        left: i64 = deal.margin + result
        debt: i64 = larger(0, -left)
        deal.interest = larger(0, deal.interest - result - debt - deal.entry)
        deal.realised += result
        deal.payout += larger(0, left)
        deal.margin = 0
        deal.size = 0
        deal.entry = 0
        return debt

    def _settle(self, deal: Deal) -> None:
        owed: i64 = self.owed(deal.size, deal.index)
        deal.margin -= owed
        deal.accrued += owed
        deal.index = self.funding.index_of(deal.size > 0)

    def finish(self, deal: Deal, was: Holding | None) -> None:
        """Charge the fees and check what the whole leaves: wallet, margin, vault."""
        params = self.params
        if params.toll > 0:
            deal.toll = share_up(deal.exchanged, params.toll)
        deal.spread = share_up(deal.exchanged, params.spread)
        self.fit_wallet(deal)
        if deal.size != 0:
            if was is None or (was.size > 0) != (deal.size > 0):
                needed: i64 = params.initial(deal.entry, deal.entry)
                if deal.margin < needed:
                    raise wallet_short(self.accounts[deal.account].amount, needed - deal.margin)
            elif self.is_unsafe(deal.size, deal.entry, deal.margin, deal.quote, deal.base):
                raise NotEnough(
                    "maintenance-margin",
                    f"a margin of {deal.margin} leaves {deal.entry} of open notional below "
                    "maintenance (1e-6 dollar)",
                    deal.margin,
                    deal.entry,
                )
        self.check_payable(deal.payout - deal.brought)

    def fit_wallet(self, deal: Deal) -> None:
        """Let the wallet pay margin and fees; what fees it lacks come out of the margin."""
        wallet: i64 = self.accounts[deal.account].amount
        after: i64 = wallet + deal.payout - deal.brought
        if after < 0:
            raise wallet_short(wallet, deal.brought)
        missing: i64 = deal.toll + deal.spread - after
        if missing > 0:
            if missing > deal.margin:
                raise wallet_short(wallet, deal.brought + deal.toll + deal.spread)
            deal.margin -= missing
            deal.payout += missing

    def check_payable(self, amount: i64) -> None:
        """Refuse a payout that neither the vault nor the fund can meet."""
        if amount <= 0:
            return
        most: i64 = larger(0, self.vault()) + self.fund.amount
        if amount > most:
            raise NotEnough(
                "vault-short",
                f"a payout of {amount} is above {most}, what vault and fund hold (1e-6 dollar)",
                amount,
                most,
            )

    def commit(self, deal: Deal, was: Holding | None) -> None:
        """Carry a deal out: money, position, curve."""
        position = was
        if position is None:
            position = Holding(deal.account)
            self.positions[int(deal.account)] = position
        else:
            self.lookout.drop(position)
        wallet = self.accounts[deal.account]
        size: i64 = position.size
        entry: i64 = position.entry
        self.prepay(deal.payout - deal.brought)
        before: i64 = position.amount
        wallet.pay(position, deal.brought)
        lost: i64 = position.amount - deal.payout - deal.margin
        if lost > 0:
            position.pay(self.clearing, lost)
        else:
            self.clearing.pay(position, -lost)
        position.pay(wallet, deal.payout)
        self.margins += position.amount - before
        self.take_fees(wallet, deal.toll, deal.spread)
        self.place(position, deal)
        self.pool.apply(deal, size, entry)
        self.keep(position)

    def place(self, position: Holding, deal: Deal) -> None:
        """Write a deal's outcome on the position."""
        position.size = deal.size
        position.entry = deal.entry
        position.index = deal.index
        position.block = self.pool.block

    def keep(self, position: Holding) -> None:
        """Watch a position that is open, forget one that is not."""
        if position.size == 0:
            del self.positions[int(position.account)]
        else:
            self.watch(position)
