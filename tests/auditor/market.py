"""One layered market: who stands behind a trade, the bands, the money of a position."""

from fractions import Fraction
from math import ceil, floor

from . import tiers as margins
from .curve import Bill, Curve, MoveFee
from .guards import Guards
from .money import DEBT, RATE, TRANCHE, ratio, sign, value_down, value_up
from .oracle import Oracle
from .vaults import Vault

KEEPER = ("wallet", 1)


class Position:
    def __init__(self, account: int) -> None:
        self.account = account
        self.size = 0
        self.entry = 0
        self.index = 0
        self.auction = None


class Closed:
    """What closing a part of a position did."""

    def __init__(self) -> None:
        self.result = self.withheld = self.accrued = self.unpaid = self.fee_paid = 0


class Market:
    def __init__(self, name: str, params, facts, books, log) -> None:
        self.name = name
        self.params = params
        self.books = books
        self.log = log  # called with the name and the numbers of everything that happens
        self.oracle = Oracle(params.oracle)
        self.guards = Guards(params.guards, facts)
        self.vaults = {
            "senior": Vault("senior", params.senior_epoch),
            "junior": Vault("junior", params.junior_epoch),
        }
        self.now = 0
        self.mark = self.low = self.high = 0
        self.move_fee = MoveFee(params)
        self.curve_struck = None
        self.positions: dict[int, Position] = {}  # in the order in which they were opened
        self.waiting: dict[int, object] = {}  # orders, see orders.py
        self.line: list = []
        self.claim = self.arrears = self.advanced = self.shortfall = 0
        self.rate = 0
        self.index = {1: 0, -1: 0}
        self.walked = self.walked_senior = 0
        self.auctions: list = []
        self.auctions_opened = 0
        self.paced = 0
        self.last_batch = 0
        self.halted = False

    # pots: "cash", "reserve", "income", "insurance", "clearing", claims, margins, orders

    def pot(self, name: str, number: int = 0):
        return (self.name, name, number)

    def holds(self, name: str, number: int = 0) -> int:
        return self.books[self.pot(name, number)]

    def pay(self, payer, receiver, amount: int) -> None:
        owes = payer == self.pot("clearing")
        self.books.move(payer, receiver, amount, owes)

    # who stands behind a trade: LAY-VAL, LAY-GATE

    def interest(self, way: int) -> int:
        return sum(abs(p.size) for p in self.positions.values() if sign(p.size) == way)

    def entries(self, way: int) -> int:
        return sum(p.entry for p in self.positions.values() if sign(p.size) == way)

    def inventory(self) -> int:
        return self.interest(1) - self.interest(-1)

    def used(self) -> int:
        return value_down(abs(self.inventory()), self.mark)

    def unrealised(self) -> int:
        q = self.inventory()
        worth = value_up(q, self.mark)
        return worth - self.entries(1) + self.entries(-1)

    def surplus(self) -> int:
        """V_lo before it is held at 0."""
        return self.holds("cash") - max(self.unrealised(), 0)

    def low_value(self) -> int:
        return max(self.surplus(), 0)

    def high_value(self) -> int:
        return max(self.holds("cash") - self.unrealised(), 0)

    def assets(self, vault: str, value: int) -> int:
        if vault == "senior":
            return min(self.claim, value)
        return max(value - self.claim - self.advanced, 0)

    def capital(self) -> int:
        value = self.low_value()
        return self.assets("senior", value) + self.assets("junior", value)

    def entry_limit(self, vault: str) -> int:
        if self.low_value() < self.claim or self.advanced > 0:
            return 0
        if vault == "junior":
            return max(TRANCHE - self.assets("junior", self.high_value()), 0)
        junior = self.assets("junior", self.low_value())
        most = floor(junior / ratio(self.params.senior_entry_cover))
        return max(min(most, TRANCHE) - self.claim, 0)

    def exit_limit(self, vault: str) -> int:
        per_dollar = max(floor(self.params.depth_factor * ratio(self.params.exit_utilisation)), 1)
        spare = self.capital() - ceil(self.used() / ratio(per_dollar))
        own = self.assets(vault, self.low_value())
        if vault == "junior":
            own -= ceil(self.claim * ratio(self.params.junior_exit_cover))
        return max(min(spare, own), 0)

    def vaults_priced(self) -> bool:
        """LAY-GATE-7."""
        return not self.positions or not self.oracle.is_stale(self.now)

    # bands: LAY-BAND-2

    def curve(self) -> Curve:
        self.curve_struck = self.curve_now()
        return self.curve_struck

    def curve_now(self) -> Curve:
        """The curve as it stands, or as it would be struck."""
        if self.curve_struck is not None:
            return self.curve_struck
        value = self.low_value()
        return Curve(self.params, self.assets("senior", value), self.assets("junior", value))

    def vaults_changed(self) -> None:
        self.curve_struck = None

    def utilisation(self) -> int:
        used, depth = self.used(), self.curve().depth
        if used == 0:
            return 0
        return min(floor(Fraction(used * RATE, depth)), RATE) if depth else RATE

    def skew(self) -> int:
        q, depth = self.inventory(), self.curve().depth
        if q == 0:
            return 0
        share = min(floor(Fraction(self.used() * RATE, depth)), RATE) if depth else RATE
        return share * sign(q)

    def bill(self, size: int, curve: Curve | None = None) -> Bill:
        price = self.high if size > 0 else self.low
        fee = self.move_fee.at(self.now)
        curve = curve or self.curve()
        bill = Bill(self.params, curve, self.inventory(), size, self.mark, price, fee)
        bill.impact = max(bill.impact, -self.holds("reserve"))
        return bill

    def note_walk(self, bill: Bill) -> None:
        """Sigma: whose dollars of depth a fill walked through."""
        curve = self.curve_struck
        start, end = curve.senior_part(bill.y0), curve.senior_part(bill.y1)
        if bill.crosses:
            self.walked += bill.y0 + bill.y1
            self.walked_senior += start + end
        else:
            self.walked += abs(bill.y1 - bill.y0)
            self.walked_senior += abs(end - start)

    # positions: LAY-POS, LAY-MAR

    def margin(self, position: Position) -> int:
        return self.holds("margin", position.account)

    def margin_pot(self, position: Position):
        return self.pot("margin", position.account)

    def accrued(self, position: Position) -> int:
        if position.size == 0:
            return 0
        since = self.index[sign(position.size)] - position.index
        return -(-abs(position.size) * since // DEBT)

    def result(self, position: Position, price: int) -> int:
        return margins.result(position.size, position.entry, price)

    def worth(self, position: Position) -> int:
        return margins.worth(position.size, self.mark)

    def equity(self, position: Position) -> int:
        return self.margin(position) + self.result(position, self.mark) - self.accrued(position)

    def needed_to_open(self, worth: int) -> int:
        """The initial requirement of the tiers, or of the leverage guard where that is more."""
        return max(margins.initial(self.params.tiers, worth), self.guards.least_margin(worth))

    def liquidatable(self, position: Position) -> bool:
        needed = margins.maintenance(self.params.tiers, self.worth(position))
        return self.equity(position) < needed

    def bankruptcy(self, position: Position) -> int:
        left = self.margin(position) - self.accrued(position)
        return margins.bankruptcy(position.size, position.entry, left)

    def too_small(self, tokens: int) -> bool:
        return value_down(tokens, self.mark) < self.params.smallest_position

    def settle(self, position: Position) -> int:
        """Pay what has accrued; what the margin could not pay and the pool is liable for."""
        due = self.accrued(position)
        position.index = self.index[sign(position.size)]
        margin, clearing, cash = self.margin_pot(position), self.pot("clearing"), self.pot("cash")
        if due < 0:
            self.pay(clearing, margin, -due)
            return 0
        paid = min(due, self.margin(position))
        self.pay(margin, clearing, paid)
        covered = min(due - paid, self.holds("cash"))
        self.pay(cash, clearing, covered)
        self.shortfall += due - paid - covered
        return due - paid

    def close(self, position, tokens, price, bill=None, liquidation_fee=0) -> Closed:
        """LAY-POS-2 to LAY-POS-5."""
        done = Closed()
        held = abs(position.size)
        way = sign(position.size)
        exact = Fraction(position.entry * tokens, held)
        part = ceil(exact) if way > 0 else floor(exact)
        worth = margins.worth(way * tokens, price)
        done.result = worth - part if way > 0 else part - worth
        done.accrued = self.accrued(position)
        if done.result > 0:
            done.withheld = done.result - self.pay_profit(position, done.result)
        done.unpaid = self.settle(position)
        position.size -= way * tokens
        position.entry -= part
        if done.result < 0:
            paid = min(-done.result, self.margin(position))
            self.pay(self.margin_pot(position), self.pot("cash"), paid)
            done.unpaid += -done.result - paid
        done.fee_paid = self.pay_liquidation_fee(position, liquidation_fee)
        if bill is not None:
            self.pay_charges(position, bill)
        return done

    def pay_profit(self, position: Position, profit: int) -> int:
        owed, cash = self.unrealised(), self.holds("cash")
        payable = profit if owed <= cash else min(profit, floor(Fraction(profit * cash, owed)))
        self.call_in(payable - cash, position)
        paid = min(payable, self.holds("cash"))
        self.pay(self.pot("cash"), self.margin_pot(position), paid)
        return paid

    def call_in(self, missing: int, winner: Position) -> None:
        """LAY-POS-5."""
        for loser in self.positions.values():
            if loser is winner or loser.size == 0:
                continue
            called = min(missing, -self.result(loser, self.mark), self.margin(loser))
            if called > 0:
                self.pay(self.margin_pot(loser), self.pot("cash"), called)
                loser.entry -= called * sign(loser.size)
                missing -= called
                self.log("loser called in")

    def pay_liquidation_fee(self, position: Position, fee: int) -> int:
        paid = min(fee, self.margin(position))
        self.pay(self.margin_pot(position), KEEPER, paid // 2)
        self.pay(self.margin_pot(position), self.pot("insurance"), paid - paid // 2)
        return paid

    def pay_rebate(self, position: Position, bill: Bill) -> None:
        """A rebate joins the margin before anything is paid from it."""
        self.pay(self.pot("reserve"), self.margin_pot(position), max(-bill.impact, 0))

    def pay_charges(self, position: Position, bill: Bill) -> None:
        margin, reserve = self.margin_pot(position), self.pot("reserve")
        self.pay(margin, self.pot("income"), min(bill.fee + bill.spread, self.margin(position)))
        self.pay(margin, reserve, min(max(bill.impact, 0), self.margin(position)))

    def open(self, position: Position, size: int, price: int) -> None:
        """LAY-POS-1; what the position owed before is settled."""
        if position.size != 0:
            self.settle(position)
        position.entry += value_up(size, price) if size > 0 else value_down(-size, price)
        position.size += size
        position.index = self.index[sign(size)]

    def position_of(self, account: int) -> Position:
        return self.positions.setdefault(account, Position(account))

    def drop_empty(self, position: Position) -> int:
        """LAY-POS-6."""
        if position.size != 0:
            return 0
        returned = self.margin(position)
        self.pay(self.margin_pot(position), ("wallet", position.account), returned)
        del self.positions[position.account]
        return returned
