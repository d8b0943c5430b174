"""The clearing house: positions, what they are worth, and every movement of money.

Glossary
    ON       open notional (``entry``), quote paid or received for what is still open
    M        margin (the position's pot);  F  funding index of a side;  F0  the one last settled
    phi      funding owed, ceil(s * (F - F0)); below zero it is received
    C        clearing pot, the only pot that may owe
    vault    C + all margins: the money that is there to be paid out
    prepaid  what the fund has advanced to winners for losses that nobody has realised yet

Equations
    equity   e = M + result - phi, the result by the closing value V of a *mode*:
             SPOT now; TWAP on the reserves of the last 15 minutes; INDEX s*P without slippage
    below    e < ceil(mm * V);  liquidatable: below in SPOT and TWAP, and in INDEX too while the
             mark is 10 % or more from the index: each mode can only protect
    free     min(M', M' + lower result) - im*(ON long, V short), M' = max(M - phi, 0)

Profit is paid into a margin at once, by C, whoever has not lost it yet; a payout that the vault
cannot meet is met by the fund, which is then prepaid. So C is minus what others still owe:

    C = joint result of all open positions - funding they owe + prepaid - shortfall + dust

Source: perpetual-protocol/perpetual-protocol, src/ClearingHouse.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.funding import Funding
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pool import Deal, Pool
from seawall.engine.designs.vamm.pricing import closing_value, result_of
from seawall.engine.designs.vamm.refusals import bad_debt, too_small, wallet_short
from seawall.engine.designs.vamm.watch import Holding, Lookout
from seawall.engine.errors import BrokenBooks, LimitReached, NotEnough
from seawall.engine.events import InsuranceMoved, Journal
from seawall.engine.fixed import (
    RATE,
    larger,
    magnitude,
    mul_div,
    share_up,
    smaller,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.margin import worth
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT, Account


class House:
    """Positions and pots of one market over its curve."""

    def __init__(self, name: str, params: Params) -> None:
        self.name = name
        self.params = params
        self.pool = Pool(params)
        self.funding = Funding(params)
        self.positions: dict[int, Holding] = {}
        self.lookout = Lookout(params)
        self.clearing = Pot(0, True)
        self.fund = Pot()
        self.margins: i64 = 0
        self.prepaid: i64 = 0
        self.shortfall: i64 = 0
        self.fees: i64 = 0
        self.spread_income: i64 = 0
        self.restricted: i64 = -1
        self.index_price: i64 = 0
        self.accounts: list[Account] = []
        self.journal = Journal()
        self.guards = params.guards.fresh()
        self.facts = MarketFacts()
        self.now: i64 = 0

    # what a position is worth

    def owed(self, size: i64, index: i64) -> i64:
        """Phi (1e-6 dollar) of a position settled at ``index``."""
        return self.funding.owed(size, index)

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

    def vault(self) -> i64:
        """C plus all margins: what can be paid out before the fund is asked."""
        return self.clearing.amount + self.margins

    # a deal, leg by leg

    def begin(self, account: i64, position: Holding | None) -> Deal:
        """A deal that does nothing yet."""
        deal = Deal(account, self.pool.quote, self.pool.base)
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

    def watch(self, position: Holding) -> None:
        """Put a position under watch with a fresh trigger."""
        owed: i64 = self.owed(position.size, position.index)
        pool = self.pool
        self.lookout.add(position, owed, pool.quote, pool.base)

    def watch_anew(self) -> None:
        """Trigger keys of all positions, after funding or a change of depth."""
        self.lookout.clear()
        for position in self.positions.values():
            self.watch(position)

    # money

    def take_fees(self, wallet: Pot, toll: i64, spread: i64) -> None:
        """Toll to the treasury, spread to the fund."""
        wallet.pay(self.accounts[TREASURY_ACCOUNT], toll)
        wallet.pay(self.fund, spread)
        self.fees += toll + spread
        self.spread_income += spread

    def prepay(self, payout: i64) -> None:
        """Have the fund advance what the vault lacks for a ``payout``."""
        lacking: i64 = smaller(payout - larger(0, self.vault()), self.fund.amount)
        if payout > 0 and lacking > 0:
            self.draw(lacking)
            self.prepaid += lacking

    def draw(self, amount: i64) -> None:
        """Move ``amount`` from the fund into the clearing pot."""
        self.fund.pay(self.clearing, amount)
        self.tell_fund(amount)

    def payable_to_fund(self, amount: i64) -> i64:
        """Of ``amount`` due to the fund, what the vault can pay."""
        return smaller(amount, larger(0, self.vault()))

    def store(self, amount: i64) -> i64:
        """Move ``amount`` from the vault into the fund, as far as the vault goes; how much."""
        moved: i64 = self.payable_to_fund(amount)
        self.clearing.pay(self.fund, moved)
        return moved

    def tell_fund(self, amount: i64) -> None:
        """Report that the fund advanced ``amount``."""
        if self.journal.listening and amount > 0:
            self.journal.events.append(
                InsuranceMoved(self.now, self.name, amount, self.fund.amount, self.prepaid)
            )

    def realise_debt(self, debt: i64) -> i64:
        """Have the fund pay bad debt, what it has prepaid first; what nobody can pay."""
        advanced: i64 = smaller(debt, self.prepaid)
        self.prepaid -= advanced
        due: i64 = debt - advanced
        paid: i64 = smaller(due, self.fund.amount)
        if paid > 0:
            self.draw(paid)
        self.shortfall += due - paid
        return due - paid

    def restart_index(self) -> None:
        """Settle every position's funding and start the indices from 0, before they overflow.

        What a margin cannot pay is added to what the position owes by its open notional.
        """
        for position in self.positions.values():
            owed: i64 = self.owed(position.size, position.index)
            position.index = 0
            if owed <= 0:
                self.clearing.pay(position, -owed)
                self.margins -= owed
                continue
            paid: i64 = smaller(owed, position.amount)
            position.pay(self.clearing, paid)
            self.margins -= paid
            rest: i64 = owed - paid
            if position.size > 0:
                position.entry += rest
                self.pool.long_entry += rest
            else:
                rest = smaller(rest, position.entry - 1)
                position.entry -= rest
                self.pool.short_entry -= rest
        self.funding.restart()

    # books

    def owed_by_all(self) -> i64:
        """Funding that all open positions owe together."""
        total: i64 = 0
        for position in self.positions.values():
            total += self.owed(position.size, position.index)
        return total

    def dust(self) -> i64:
        """What the clearing pot holds beyond what it stands for; never below 0."""
        standing: i64 = self.pool.joint_result() - self.owed_by_all()
        return self.clearing.amount - standing - self.prepaid + self.shortfall

    def audit(self) -> None:
        """Re-add the sides, the margins and the clearing pot."""
        longs: i64 = 0
        shorts: i64 = 0
        long_entry: i64 = 0
        short_entry: i64 = 0
        margins: i64 = 0
        for position in self.positions.values():
            margins += position.amount
            if position.size > 0:
                longs += position.size
                long_entry += position.entry
            else:
                shorts -= position.size
                short_entry += position.entry
        pool = self.pool
        if (longs, shorts, long_entry, short_entry) != (
            pool.longs, pool.shorts, pool.long_entry, pool.short_entry
        ):  # fmt: skip
            raise BrokenBooks(f"{self.name}: the sides are not the sum of their positions")
        if margins != self.margins:
            raise BrokenBooks(f"{self.name}: margins are {margins}, not {self.margins}")
        if self.vault() < 0:
            raise BrokenBooks(f"{self.name}: the vault paid out {-self.vault()} it never had")
        if self.dust() < 0:
            raise BrokenBooks(f"{self.name}: the clearing pot is {-self.dust()} short")

    def state(self) -> list[int]:
        """Every number of the house, for a digest."""
        numbers: list[int] = [
            self.clearing.amount, self.fund.amount, self.margins, self.prepaid, self.shortfall,
            self.fees, self.spread_income, self.restricted, self.index_price,
        ]  # fmt: skip
        numbers.extend(self.pool.state())
        numbers.extend(self.funding.state())
        for account in sorted(self.positions):
            position = self.positions[account]
            numbers.extend(
                [account, position.size, position.entry, position.amount, position.index,
                 position.block, position.standing]
            )  # fmt: skip
        return numbers
