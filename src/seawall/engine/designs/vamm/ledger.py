"""The books of one market: its pots, and every payment that is not a trade.

Glossary
    C        clearing pot, the only pot that may owe
    vault    C + all margins: the money that is there to be paid out
    prepaid  what the fund has advanced to winners for losses that nobody has realised yet

Profit is paid into a margin at once, by C, whoever has not lost it yet; a payout that the vault
cannot meet is met by the fund, which is then prepaid. So C is minus what others still owe:

    C = joint result of all open positions - funding they owe + prepaid - shortfall + dust

Source: perpetual-protocol/perpetual-protocol, src/ClearingHouse.sol, src/InsuranceFund.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.funding import Funding
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pool import Pool
from seawall.engine.designs.vamm.watch import Holding, Lookout
from seawall.engine.errors import BrokenBooks
from seawall.engine.events import InsuranceMoved, Journal
from seawall.engine.fixed import larger, smaller
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT, Account


class Ledger:
    """Positions and pots of one market, beside its curve and its lookout."""

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
        self.tolls: i64 = 0
        self.spread_income: i64 = 0
        self.spread_told: i64 = 0
        self.restricted: i64 = -1
        self.index_price: i64 = 0
        self.accounts: list[Account] = []
        self.journal = Journal()
        self.guards = params.guards.fresh()
        self.facts = MarketFacts()
        self.now: i64 = 0

    # what is owed, what is there

    def owed(self, size: i64, index: i64) -> i64:
        """Phi (1e-6 dollar) of a position settled at ``index``."""
        return self.funding.owed(size, index)

    def vault(self) -> i64:
        """C plus all margins: what can be paid out before the fund is asked."""
        return self.clearing.amount + self.margins

    # who is watched

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
        """Toll to the treasury, spread to the fund; tolls are told at the block's end."""
        if toll > 0:
            wallet.pay(self.accounts[TREASURY_ACCOUNT], toll)
            self.tolls += toll
        wallet.pay(self.fund, spread)
        self.fees += toll + spread
        self.spread_income += spread

    def prepay(self, payout: i64) -> None:
        """Have the fund advance what the vault lacks for a ``payout``."""
        if payout <= 0:
            return
        lacking: i64 = smaller(payout - larger(0, self.vault()), self.fund.amount)
        if lacking > 0:
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
            self.fees, self.tolls, self.spread_income, self.restricted, self.index_price,
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
