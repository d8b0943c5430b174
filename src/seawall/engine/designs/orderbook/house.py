"""The clearing house: cash, signed sizes, and every movement of money between them.

Positions face each other, not the house: in every market the sizes add up to nothing, so the
results of all open positions together do not depend on the price. They are minus the sum of the
entries with their signs, and that is what the clearing pot stands for::

    clearing = -(sum of entries, longs above zero) - sum of debts - shortfall + dust

Opening moves no money. Closing realises the result against the clearing pot; fees and funding go
through it too. Entries and payments are rounded so that the dust stays here. What a closed account
still owes when everything is sold is a shortfall: nobody holds it, and what the house earns in
fees heals it before the treasury sees any.

One house can serve several markets of a venue; a cross balance then stands behind all of them.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.fees import FeeTable, Turnover, fee_on
from seawall.engine.designs.orderbook.lookout import (
    Lookout,
    cross_equity,
    cross_maintenance,
    falls_at,
    is_liquidatable,
    watched_at,
)
from seawall.engine.designs.orderbook.members import Coin, Holder, Holding, Member, Purse
from seawall.engine.designs.orderbook.refusals import house_short
from seawall.engine.errors import BrokenBooks
from seawall.engine.fixed import DAY, larger, magnitude, mul_div, notional, notional_up, smaller
from seawall.engine.pot import Pot
from seawall.engine.watch import DUE, WATCHED


class House:
    """Members, coins, the clearing pot and the fees of one clearing house."""

    def __init__(self, fees: FeeTable | None = None) -> None:
        self.clearing = Pot(0, True)
        self.income = Pot(0, False)
        self.members: dict[int, Member] = {}
        self.coins: list[Coin] = []
        self.lookouts: list[Lookout] = []
        self.fees: FeeTable = FeeTable() if fees is None else fees
        self.turnover = Turnover()
        self.margins: i64 = 0
        self.shortfall: i64 = 0
        self.due: list[Holding] = []
        self.stale: list[Holder] = []

    # who

    def enlist(self, coin: Coin) -> None:
        """Add a market."""
        self.coins.append(coin)
        self.lookouts.append(Lookout())

    def member(self, account: int) -> Member:
        """The account in this house, entered if it is new."""
        found = self.members.get(account)
        if found is None:
            found = Member(account)
            self.members[account] = found
        return found

    def holder(self, coin: Coin, account: int) -> Holder:
        """The account at one book, entered if it is new."""
        found = coin.seat(account)
        if found is None:
            member = self.member(account)
            found = Holder(account, member, coin)
            coin.enter(account, found)
            member.holders.append(found)
            place: i64 = len(member.holders) - 1
            while place > 0 and member.holders[place - 1].coin.index > coin.index:
                member.holders[place] = member.holders[place - 1]
                place -= 1
            member.holders[place] = found
        return found

    # money

    def charge(self, purse: Purse, amount: i64) -> None:
        """Take ``amount`` (1e-6 dollar) into the clearing pot; what is not there becomes debt."""
        paid: i64 = smaller(amount, purse.amount)
        purse.pay(self.clearing, paid)
        self.margins -= paid
        purse.debt += amount - paid

    def credit(self, purse: Purse, amount: i64) -> None:
        """Pay ``amount`` (1e-6 dollar) out of the clearing pot, debt first."""
        settled: i64 = smaller(amount, purse.debt)
        purse.debt -= settled
        self.clearing.pay(purse, amount - settled)
        self.margins += amount - settled

    def take_in(self, payer: Pot, purse: Purse, amount: i64) -> None:
        """Move ``amount`` (1e-6 dollar) from outside into a purse, debt first."""
        settled: i64 = smaller(amount, purse.debt)
        payer.pay(self.clearing, settled)
        purse.debt -= settled
        payer.pay(purse, amount - settled)
        self.margins += amount - settled

    def payable(self) -> i64:
        """All the money in the house (1e-6 dollar): more cannot leave it."""
        return larger(0, self.margins + self.clearing.amount)

    def check_payable(self, amount: i64) -> None:
        """Refuse to pay out more than the house holds (``house-short``)."""
        if amount > self.payable():
            raise house_short(amount, self.payable())

    def pay_out(self, purse: Purse, receiver: Pot, amount: i64) -> None:
        """Move ``amount`` (1e-6 dollar) out of the house; a purse that lacks it goes into debt.

        The caller has checked the margin and :meth:`check_payable`.
        """
        held: i64 = smaller(amount, purse.amount)
        purse.pay(receiver, held)
        self.margins -= held
        self.clearing.pay(receiver, amount - held)
        purse.debt += amount - held

    def shift(self, giver: Purse, taker: Purse, amount: i64) -> None:
        """Move ``amount`` (1e-6 dollar) of cash from one purse to another; the giver may go into
        debt.
        """
        self.charge(giver, amount)
        self.credit(taker, amount)

    def pour(self, giver: Purse, taker: Purse) -> None:
        """Move everything, cash and debt."""
        giver.pay(taker, giver.amount)
        taker.debt += giver.debt
        giver.debt = 0
        settled: i64 = smaller(taker.debt, taker.amount)
        taker.pay(self.clearing, settled)
        self.margins -= settled
        taker.debt -= settled

    def write_off(self, purse: Purse) -> i64:
        """Give up a debt that nothing stands against any more; the amount (1e-6 dollar)."""
        lost: i64 = purse.debt
        purse.debt = 0
        self.shortfall += lost
        return lost

    def sweep(self, treasury: Pot) -> i64:
        """Heal the shortfall out of the fees, then hand the rest to the treasury; what it got."""
        healed: i64 = smaller(self.shortfall, self.income.amount)
        self.income.pay(self.clearing, healed)
        self.shortfall -= healed
        rest: i64 = self.income.amount
        self.income.pay(treasury, rest)
        return rest

    # fills

    def fee(self, member: Member, size: i64, price: i64, now: i64, is_maker: bool) -> i64:
        """What a fill of ``size`` costs (1e-6 dollar), below zero for a rebate."""
        rate: i64 = member.customer.rate(self.fees, self.turnover, now, is_maker)
        if rate == 0:
            return 0
        return fee_on(size, price, rate)

    def count_volume(self, member: Member, value: i64, now: i64, is_maker: bool) -> None:
        """Add a fill worth ``value`` (1e-6 dollar) to what the fees go by."""
        day: i64 = now // DAY
        member.customer.turnover.add(day, value, is_maker)
        self.turnover.add(day, value, is_maker)

    def pay_fee(self, purse: Purse, fee: i64) -> i64:
        """Collect a fee, or pay a rebate as far as fees were taken in; what was moved."""
        if fee >= 0:
            self.charge(purse, fee)
            self.clearing.pay(self.income, fee)
            return fee
        rebate: i64 = smaller(-fee, self.income.amount)
        self.income.pay(self.clearing, rebate)
        self.credit(purse, rebate)
        return -rebate

    def close(self, holder: Holder, quantity: i64, price: i64) -> i64:
        """Take ``quantity`` tokens (1e-8) off a position at ``price``; the result (1e-6 dollar).

        Rounded down; it is moved between the purse behind the position and the clearing pot.
        """
        held = holder.holding
        size: i64 = held.size
        whole: i64 = magnitude(size)
        part: i64 = held.entry if quantity == whole else mul_div(held.entry, quantity, whole)
        if size > 0:
            result: i64 = notional(quantity, price) - part
            held.size = size - quantity
        else:
            result = part - notional_up(quantity, price)
            held.size = size + quantity
        held.entry -= part
        holder.coin.resize(size, held.size)
        if result >= 0:
            self.credit(holder.purse(), result)
        else:
            self.charge(holder.purse(), -result)
        return result

    def open(self, holder: Holder, size: i64, price: i64) -> None:
        """Add ``size`` tokens (signed, 1e-8) to a position of that side, or to none."""
        held = holder.holding
        before: i64 = held.size
        held.size = before + size
        held.entry += notional_up(size, price) if size > 0 else notional(-size, price)
        holder.coin.resize(before, held.size)

    # the watch

    def watch(self, holder: Holder) -> None:
        """Put whoever stands behind a changed position under watch again."""
        if not holder.isolated:
            self.watch_member(holder.member)
        held = holder.holding
        if holder.isolated or held.size == 0:
            lookout = self.lookouts[holder.coin.index]
            lookout.drop(held)
            if held.size != 0 and held.standing == WATCHED:
                lookout.add(held, falls_at(holder))

    def watch_later(self, holder: Holder) -> None:
        """Put a holder under watch again before the next look: many trades then cost one."""
        if not holder.is_stale:
            holder.is_stale = True
            self.stale.append(holder)

    def _refresh(self) -> None:
        for holder in self.stale:
            holder.is_stale = False
            self.watch(holder)
        self.stale = []

    def watch_member(self, member: Member) -> None:
        """Divide a cross account's slack among its positions, or find it due."""
        if member.is_due or member.is_liquidator:
            for holder in member.holders:
                if not holder.isolated:
                    self.lookouts[holder.coin.index].drop(holder.holding)
            return
        count: i64 = 0
        alone: Holder | None = None
        for holder in member.holders:
            if not holder.isolated:
                if holder.holding.size != 0:
                    count += 1
                    alone = holder
                else:
                    self.lookouts[holder.coin.index].drop(holder.holding)
        if alone is None:
            return
        if count == 1:
            self.lookouts[alone.coin.index].add(alone.holding, falls_at(alone))
            return
        slack: i64 = cross_equity(member) - cross_maintenance(member)
        if slack < 0:
            self.queue(alone.holding)
            return
        for holder in member.holders:
            if not holder.isolated and holder.holding.size != 0:
                lookout = self.lookouts[holder.coin.index]
                lookout.add(holder.holding, watched_at(holder, slack // count))

    def queue(self, held: Holding) -> None:
        """Put a position, or the cross account behind it, in line for the keeper; once each."""
        holder = held.holder
        if holder.isolated:
            if held.standing != WATCHED:
                return
            self.lookouts[holder.coin.index].drop(held)
        else:
            if holder.member.is_due:
                return
            holder.member.is_due = True
            self.watch_member(holder.member)
        held.standing = DUE
        self.due.append(held)

    def gather(self, coin: Coin) -> None:
        """Queue everybody whom the mark of ``coin`` has brought below maintenance."""
        self._refresh()
        lookout = self.lookouts[coin.index]
        healthy: list[Holder] = []
        while True:
            found = lookout.next_candidate(coin.mark)
            if found is None:
                break
            held = coin.holders[int(found.account)].holding
            if is_liquidatable(held.holder):
                self.queue(held)
            else:
                healthy.append(held.holder)
        for holder in healthy:
            self.watch(holder)

    # books

    def entries(self) -> i64:
        """The sum of all entries, longs above zero and shorts below (1e-6 dollar)."""
        total: i64 = 0
        for coin in self.coins:
            for holder in coin.holders.values():
                held = holder.holding
                total += held.entry if held.size > 0 else -held.entry
        return total

    def debts(self) -> i64:
        """What all purses owe (1e-6 dollar)."""
        total: i64 = 0
        for purse in self.purses():
            total += purse.debt
        return total

    def purses(self) -> list[Purse]:
        """Every purse: cross balances, then the margins of isolated positions."""
        found: list[Purse] = list(self.members.values())
        for coin in self.coins:
            for holder in coin.holders.values():
                found.append(holder.holding.purse)
        return found

    def dust(self) -> i64:
        """What the clearing pot holds beyond what it stands for (1e-6 dollar); never below 0."""
        return self.clearing.amount + self.entries() + self.debts() + self.shortfall

    def audit(self) -> None:
        """Re-add sizes, margins and the clearing pot; raises :class:`BrokenBooks`."""
        for coin in self.coins:
            longs: i64 = 0
            shorts: i64 = 0
            for holder in coin.holders.values():
                size: i64 = holder.holding.size
                if size > 0:
                    longs += size
                else:
                    shorts -= size
                if size == 0 and holder.holding.entry != 0:
                    raise BrokenBooks(f"{coin.name}: an entry without a position")
            if longs != coin.longs or shorts != coin.shorts or longs != shorts:
                raise BrokenBooks(
                    f"{coin.name}: longs {longs} and shorts {shorts} do not add up to nothing"
                )
        margins: i64 = 0
        for purse in self.purses():
            margins += purse.amount
            if purse.amount > 0 and purse.debt > 0:
                raise BrokenBooks("a purse holds money and owes some")
        if margins != self.margins:
            raise BrokenBooks(f"the purses hold {margins}, not {self.margins}")
        if self.dust() < 0:
            raise BrokenBooks(f"the clearing pot is {-self.dust()} short of what it stands for")

    def pots(self) -> list[Pot]:
        """Every pot of the house."""
        pots: list[Pot] = [self.clearing, self.income]
        pots.extend(self.purses())
        return pots

    def state(self) -> list[int]:
        """Every number of the house, for a digest."""
        numbers: list[int] = [
            self.clearing.amount, self.income.amount, self.margins, self.shortfall,
        ]  # fmt: skip
        for account in sorted(self.members):
            member = self.members[account]
            if member.is_blank():
                continue
            numbers.extend(
                [account, member.amount, member.debt, int(member.is_due), member.cooled_at]
            )
            numbers.extend(member.customer.state())
        for coin in self.coins:
            numbers.extend([coin.mark, coin.previous, coin.oracle, coin.longs, coin.shorts])
            for account in sorted(coin.holders):
                if not coin.holders[account].is_blank():
                    numbers.extend(coin.holders[account].state())
        for held in self.due:
            numbers.extend([held.holder.coin.index, held.account])
        numbers.extend(self.turnover.state())
        return numbers
