"""The desk: every movement of money between a position and the market behind it.

Nothing here decides whether a trade may happen; whoever calls has checked, and tells the watch
with :meth:`Desk.keep` once a position has changed.

A position that shrinks pays in this order: accrued funding and utilisation, the loss, the
liquidation fee, trade fee and half-spread, impact; a profit or a rebate is added first. What its
margin cannot pay stays unpaid in the reverse of that order.
"""

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.layered.funding import Accrual, skew_of
from seawall.engine.designs.layered.params import MAX_TRANCHE, Params
from seawall.engine.designs.layered.pool import Book, Pool, utilisation_of
from seawall.engine.designs.layered.pricing import Charges, Curve, MoveFee, charge, reach_of
from seawall.engine.events import Journal
from seawall.engine.fixed import (
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    smaller,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.margin import unrealised, worth
from seawall.engine.pot import Pot
from seawall.engine.venue import KEEPER_ACCOUNT, Account
from seawall.engine.watch import IN_AUCTION, Position, Watch


@mypyc_attr(acyclic=True, free_list_len=1)
class Closing:
    """What shrinking a position did, in 1e-6 dollar.

    ``result`` as realised, ``withheld`` the profit the pool could not pay, ``accrued`` what was
    settled, ``penalty`` the liquidation fee paid and its two halves, ``unpaid`` what the margin
    could not pay of accrual and loss, ``forgone`` what it could not pay of fees and impact.
    """

    def __init__(self) -> None:
        self.result: i64 = 0
        self.withheld: i64 = 0
        self.accrued: i64 = 0
        self.penalty: i64 = 0
        self.to_keeper: i64 = 0
        self.to_insurance: i64 = 0
        self.unpaid: i64 = 0
        self.forgone: i64 = 0


class Desk:
    """Positions, prices, curve, pool and accrual of one market, and what moves between them."""

    def __init__(self, name: str, params: Params) -> None:
        self.name = name
        self.params = params
        self.book = Book()
        self.pool = Pool(params, self.book)
        self.accrual = Accrual(params)
        self.curve = Curve(params)
        self.move_fee = MoveFee(params.move_fee, params.move_fee_fade)
        self.watch = Watch(params.tiers)
        self.positions: dict[int, Position] = {}
        self.guards = params.guards.fresh()
        self.facts = MarketFacts()
        self.accounts: list[Account] = []
        self.journal = Journal()
        self.now: i64 = 0
        self.low: i64 = 0
        self.high: i64 = 0
        self.reach: i64 = 0
        self._struck: bool = False

    # prices and the curve

    def set_price(self, mark: i64, low: i64, high: i64) -> None:
        """Take the oracle's price over."""
        self.move_fee.move(self.book.mark, mark, self.now)
        self.book.mark = mark
        self.low = low
        self.high = high
        self.vaults_changed()

    def vaults_changed(self) -> None:
        """The curve is to be struck anew before its next use."""
        self._struck = False

    def struck_on(self) -> tuple[i64, i64]:
        """Senior and junior assets behind the curve that the next fill meets."""
        if self._struck:
            return self.curve.senior, self.curve.junior
        value: i64 = self.pool.value_low()
        return (
            smaller(self.pool.senior_of(value), MAX_TRANCHE),
            smaller(self.pool.junior_of(value), MAX_TRANCHE),
        )

    def struck(self) -> Curve:
        """The curve, struck anew if the vaults changed other than by traders' own fills."""
        if not self._struck:
            senior, junior = self.struck_on()
            self.curve.strike(senior, junior)
            self.reach = reach_of(self.curve.depth, self.book.mark)
            self._struck = True
        return self.curve

    def used(self) -> i64:
        """Inventory y in dollars, rounded down."""
        return notional(magnitude(self.book.inventory()), self.book.mark)

    def utilisation(self) -> i64:
        """Y / C_n, a rate from 0 to 1."""
        return utilisation_of(self.used(), self.struck().depth)

    def skew(self) -> i64:
        """q*P / C_n, a rate from -1 to 1."""
        return skew_of(self.book.inventory(), self.used(), self.struck().depth)

    def fill_price(self, size: i64) -> i64:
        """The oracle's high for a buy, its low for a sell."""
        return self.high if size > 0 else self.low

    def is_beyond(self, size: i64) -> bool:
        """Whether a fill of ``size`` ends outside the quoted depth, and further out than it began.

        Asked before anything is billed: what lies far beyond the depth has no price in 64 bits.
        """
        self.struck()
        inventory: i64 = self.book.inventory()
        end: i64 = magnitude(inventory + size)
        return end > self.reach and end > magnitude(inventory)

    def room(self, is_buy: bool) -> i64:
        """The most tokens that a fill may take before the depth ends; never below 0."""
        self.struck()
        inventory: i64 = self.book.inventory()
        return larger(0, self.reach - inventory if is_buy else self.reach + inventory)

    def bill(self, size: i64) -> Charges:
        """What a fill of ``size`` is charged now; a rebate is cut to what the reserve holds."""
        bill = charge(
            self.params,
            self.struck(),
            self.book.inventory(),
            size,
            self.book.mark,
            self.fill_price(size),
            self.move_fee.at(self.now),
        )
        bill.impact = larger(bill.impact, -self.pool.reserve.amount)
        return bill

    # what a position is worth

    def value_of(self, position: Position) -> i64:
        """Notional at the mark: rounded down for a long, up for a short."""
        return worth(position.size, self.book.mark)

    def accrued_by(self, position: Position) -> i64:
        """Funding and utilisation owed since the last settlement, rounded up."""
        return self.accrual.owed(position.quantity(), position.size > 0, position.index)

    def equity_of(self, position: Position) -> i64:
        """Margin plus result at the mark less what has accrued, rounded down."""
        result: i64 = unrealised(position.size, position.entry, self.book.mark)
        return position.amount + result - self.accrued_by(position)

    def least_equity(self, value: i64) -> i64:
        """Equity that a position worth ``value`` needs to be opened: tiers and leverage guard."""
        initial: i64 = self.params.tiers.initial(value)
        guard = self.guards.leverage
        return initial if guard is None else larger(initial, guard.least_margin(self.facts, value))

    def is_liquidatable(self, position: Position) -> bool:
        """Whether equity is below the maintenance requirement at the mark."""
        required: i64 = self.params.tiers.maintenance(self.value_of(position))
        return self.equity_of(position) < required

    # the watch

    def open(self, account: i64) -> Position:
        """A new position without size, in no heap."""
        position = Position(account)
        self.positions[int(account)] = position
        return position

    def keep(self, position: Position) -> None:
        """Put a position back: under watch, or out of the market if nothing is left of it."""
        if position.size == 0:
            self.remove(position)
        else:
            self.watch.update(position, self.book.mark)

    def remove(self, position: Position) -> i64:
        """Forget a position without size; its margin returns to the wallet and is the result."""
        self.watch.drop(position)
        returned: i64 = position.amount
        position.pay(self.accounts[position.account], returned)
        del self.positions[int(position.account)]
        return returned

    # money

    def settle(self, position: Position) -> i64:
        """Pay what has accrued; what the margin could not pay, and the pool stood in for."""
        due: i64 = self.accrued_by(position)
        clearing = self.accrual.clearing
        position.index = self.accrual.index_of(position.size > 0)
        if due <= 0:
            clearing.pay(position, -due)
            return 0
        paid: i64 = smaller(due, position.amount)
        position.pay(clearing, paid)
        rest: i64 = due - paid
        if rest > 0:
            covered: i64 = smaller(rest, self.pool.cash.amount)
            self.pool.cash.pay(clearing, covered)
            self.accrual.shortfall += rest - covered
        return rest

    def shrink(
        self, position: Position, quantity: i64, price: i64, bill: Charges | None, penalty: i64
    ) -> Closing:
        """Close ``quantity`` tokens at ``price`` with these charges and liquidation fee."""
        done = Closing()
        book = self.book
        is_long: bool = position.size > 0
        part: i64 = self._entry_of(position, quantity)
        if is_long:
            done.result = notional(quantity, price) - part
        else:
            done.result = part - notional_up(quantity, price)
        if done.result > 0:
            self._pay_profit(position, done)
        done.accrued = self.accrued_by(position)
        done.unpaid = self.settle(position)
        if is_long:
            position.size -= quantity
            book.longs -= quantity
            book.long_entry -= part
        else:
            position.size += quantity
            book.shorts -= quantity
            book.short_entry -= part
        position.entry -= part
        if done.result < 0:
            lost: i64 = smaller(position.amount, -done.result)
            position.pay(self.pool.cash, lost)
            done.unpaid += -done.result - lost
        if penalty > 0:
            self.pay_penalty(position, penalty, done)
        if bill is not None:
            done.forgone += self._pay_charges(position, bill)
        return done

    def grow(self, position: Position, size: i64, price: i64, bill: Charges | None) -> i64:
        """Add ``size`` (the position's own sign) at ``price``; what had accrued before.

        The caller has seen to it that the margin pays for all of it.
        """
        accrued: i64 = 0
        book = self.book
        if position.size != 0:
            accrued = self.accrued_by(position)
            self.settle(position)
        if size > 0:
            added: i64 = notional_up(size, price)
            book.longs += size
            book.long_entry += added
            position.index = self.accrual.long_index
            position.entry += added
        else:
            received: i64 = notional(-size, price)
            book.shorts -= size
            book.short_entry += received
            position.index = self.accrual.short_index
            position.entry += received
        position.size += size
        if bill is not None:
            self._pay_charges(position, bill)
        return accrued

    def note_fill(self, bill: Charges) -> None:
        """Count whose depth a fill walked through."""
        curve = self.curve
        at_start: i64 = curve.senior_share(bill.start)
        at_end: i64 = curve.senior_share(bill.end)
        if bill.crosses:
            self.pool.note_fill(bill.start + bill.end, at_start + at_end)
        else:
            self.pool.note_fill(magnitude(bill.end - bill.start), magnitude(at_end - at_start))

    def call_in_losses(self, wanted: i64, winner: Position) -> None:
        """Realise losers' losses at the mark until pool cash has grown by ``wanted``.

        Margin moves into C and the entry moves with it, so that equity, liquidation price and V
        stay what they are: it only turns what losers owe into cash for a winner who leaves.
        """
        book = self.book
        for position in self.positions.values():
            if wanted <= 0:
                return
            if position is winner or position.size == 0:
                continue
            loss: i64 = -unrealised(position.size, position.entry, book.mark)
            called: i64 = smaller(smaller(loss, position.amount), wanted)
            if called <= 0:
                continue
            position.pay(self.pool.cash, called)
            wanted -= called
            if position.size > 0:
                position.entry -= called
                book.long_entry -= called
            else:
                position.entry += called
                book.short_entry += called

    def _entry_of(self, position: Position, quantity: i64) -> i64:
        """Entry notional of a part, rounded against its owner."""
        held: i64 = position.quantity()
        if quantity == held:
            return position.entry
        if position.size > 0:
            return mul_div_up(position.entry, quantity, held)
        return mul_div(position.entry, quantity, held)

    def _pay_profit(self, position: Position, done: Closing) -> None:
        owed: i64 = self.pool.payable(done.result)
        cash = self.pool.cash
        if owed > cash.amount:
            self.call_in_losses(owed - cash.amount, position)
        paid: i64 = smaller(owed, cash.amount)
        cash.pay(position, paid)
        done.withheld = done.result - paid

    def pay_penalty(self, position: Position, penalty: i64, done: Closing) -> None:
        """Take the liquidation fee, half for the keeper, half for insurance."""
        done.penalty = smaller(position.amount, penalty)
        done.to_keeper = done.penalty // 2
        done.to_insurance = done.penalty - done.to_keeper
        done.forgone += penalty - done.penalty
        position.pay(self.accounts[KEEPER_ACCOUNT], done.to_keeper)
        position.pay(self.pool.insurance, done.to_insurance)

    def pay_rebate(self, position: Position, bill: Charges) -> None:
        """Pay a fill's rebate, before anything is asked of the margin that it joins."""
        if bill.impact < 0:
            self.pool.reserve.pay(position, -bill.impact)

    def _pay_charges(self, position: Position, bill: Charges) -> i64:
        """Pay fees and impact as far as the margin goes; what stays unpaid."""
        fees: i64 = smaller(position.amount, bill.fee + bill.spread)
        position.pay(self.pool.income, fees)
        charged: i64 = larger(0, bill.impact)
        impact: i64 = smaller(position.amount, charged)
        position.pay(self.pool.reserve, impact)
        return bill.fee + bill.spread - fees + charged - impact

    def restart_indices(self) -> None:
        """Settle every position and start the accrual indices from 0, before they overflow."""
        for position in self.positions.values():
            watched: bool = position.standing != IN_AUCTION
            if watched:
                self.watch.drop(position)
            self.settle(position)
            position.index = 0
            if watched:
                self.watch.add(position, self.book.mark)
        self.accrual.long_index = 0
        self.accrual.short_index = 0

    # books

    def owed_by_all(self) -> i64:
        """What all open positions owe the clearing pot."""
        total: i64 = 0
        for position in self.positions.values():
            total += self.accrued_by(position)
        return total

    def cost_to_unwind(self) -> i64:
        """G(y) in 1e-6 dollar, rounded up: what the impact reserve keeps for rebates."""
        return larger(0, self.struck().impact(0, self.used()))

    def pots(self) -> list[Pot]:
        """Every pot of the desk."""
        pots: list[Pot] = self.pool.pots()
        pots.append(self.accrual.clearing)
        pots.extend(self.positions.values())
        return pots
