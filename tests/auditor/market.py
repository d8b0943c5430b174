"""One layered market: what it holds, what a fill moves, what a minute does.

Reads beside ``docs/layered.md`` from the vaults to the minute; the ladder is in ``ladder.py``,
the commands are in ``venue.py``.
"""

from fractions import Fraction
from math import ceil, floor

from . import tiers as margins
from .curve import Bill, Curve, MoveFee
from .guards import Guards
from .money import DEBT, MINUTE, MOST_SIZE, RATE, TRANCHE, ratio, sign, trunc, value_down, value_up
from .oracle import Oracle
from .vaults import Vault

HOURS = 60 * 10**9  # rate * price an hour, in index units a minute
YEARS = 525_600 * 10**9
TREASURY = ("wallet", 0)
KEEPER = ("wallet", 1)
STILL_WAITS = ("acceptable-price", "beyond-depth", "stale-price", "uncertain-price", "side-cap")


class Position:
    def __init__(self, account: int) -> None:
        self.account = account
        self.size = 0
        self.entry = 0
        self.index = 0
        self.auction = None


class Order:
    def __init__(self, number, account, size, kind, trigger, acceptable, reduces, partial, now):
        self.number = number
        self.account = account
        self.size = size
        self.kind = kind
        self.trigger = trigger
        self.acceptable = acceptable or (trigger if kind == "limit" else 0)
        self.reduces = reduces
        self.partial = partial
        self.placed = now

    def rising(self) -> bool:
        return (self.size > 0) == (self.kind == "stop")

    def reached(self, price: int) -> bool:
        return price >= self.trigger if self.rising() else price <= self.trigger


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
        self.waiting: dict[int, Order] = {}
        self.line: list[Order] = []
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

    # orders: LAY-ORD

    def serve_orders(self, budget: int) -> int:
        latest = self.oracle.time - self.params.order_delay
        fired = [
            o
            for o in self.waiting.values()
            if o not in self.line and o.placed <= latest and o.reached(self.mark)
        ]
        self.line += sorted((o for o in fired if o.rising()), key=lambda o: (o.trigger, o.number))
        self.line += sorted(
            (o for o in fired if not o.rising()), key=lambda o: (-o.trigger, o.number)
        )
        while budget > 0 and self.line and self.line[0].placed <= latest:
            order = self.line.pop(0)
            reason = self.fill(order)
            if reason and order.kind == "limit" and reason in STILL_WAITS:
                self.log("limit order waits on", reason)
                continue
            budget -= 1
            if reason:
                self.cancel(order, reason)
        return budget

    def cancel(self, order: Order, reason: str) -> None:
        del self.waiting[order.number]
        if order in self.line:
            self.line.remove(order)
        self.return_margin(order)
        self.log("Cancelled", order.account, order.number, reason)

    def return_margin(self, order: Order) -> None:
        pot = self.pot("order", order.number)
        self.pay(pot, ("wallet", order.account), self.books[pot])

    def fill(self, order: Order) -> str:
        """Fill as far as the order allows; else why not, with nothing moved."""
        position = self.positions.get(order.account)
        held = position.size if position else 0
        size = order.size
        if position and position.auction:
            return "in-auction"
        if held * size >= 0:
            if order.reduces:
                return "nothing-to-reduce"
        elif abs(size) > abs(held):
            size = -held if order.reduces else size
        elif size != -held and self.too_small(abs(held + size)):
            size = -held
        bill = self.bill(size)
        if bill.beyond:
            fits = self.curve().fitting(self.inventory(), size, self.mark)
            if not order.partial or fits == 0:
                return "beyond-depth"
            size = sign(size) * min(abs(size), abs(fits))
            bill = self.bill(size)
        if not bill.accepts(order.acceptable):
            return "acceptable-price"
        closes = min(abs(held), abs(size)) if held * size < 0 else 0
        opens = abs(size) - closes
        brings = self.holds("order", order.number)
        if abs(size) < abs(order.size):
            brings = ceil(Fraction(brings * abs(size), abs(order.size)))
        if opens > 0:
            reason = self.forbids_opening(position, size, opens, closes, brings, bill)
            if reason:
                return reason
        self.carry_out(order, size, opens, closes, brings, bill)
        return ""

    def forbids_opening(self, position, size, opens, closes, brings, bill) -> str:
        """LAY-ORD-7, LAY-ORD-8."""
        if self.oracle.is_stale(self.now):
            return "stale-price"
        if self.oracle.is_uncertain():
            return "uncertain-price"
        way = sign(size)
        after = opens * way
        entry = value_up(opens, bill.price) if way > 0 else value_down(opens, bill.price)
        margin = brings - bill.fee - bill.spread - bill.impact
        if position:
            margin += self.margin(position) - self.accrued(position)
        if position and closes == 0:
            after += position.size
            entry += position.entry
        elif position:
            result = self.result(position, bill.price)
            if result > 0 and (
                result > self.holds("cash") or self.unrealised() > self.holds("cash")
            ):
                return "pool-short"
            margin += result
        worth = margins.worth(after, self.mark)
        if worth < self.params.smallest_position:
            return "order-too-small"
        equity = margin + margins.result(after, entry, self.mark)
        if margin < 0 or equity < margins.initial(self.params.tiers, worth):
            return "initial-margin"
        interest = value_up(self.interest(way) + opens, self.mark)
        if self.interest(way) + opens > MOST_SIZE:
            return "side-cap"
        if interest > floor(self.capital() * ratio(self.params.side_cap)):
            return "side-cap"
        return self.guards.forbids(interest, worth, equity)

    def carry_out(self, order, size, opens, closes, brings, bill) -> None:
        position = self.position_of(order.account)
        self.pay(self.pot("order", order.number), self.margin_pot(position), brings)
        self.pay_rebate(position, bill)
        self.note_walk(bill)
        done = Closed()
        if closes > 0:
            done = self.close(position, closes, bill.price, None if opens else bill)
        accrued = done.accrued
        if opens > 0:
            accrued += self.accrued(position)
            self.open(position, opens * sign(size), bill.price)
            self.pay_charges(position, bill)
        self.drop_empty(position)
        del self.waiting[order.number]
        self.return_margin(order)
        self.log(
            "Filled", order.account, order.number, size, bill.price, bill.fee, bill.spread,
            bill.impact, done.result, accrued, done.withheld, done.unpaid,
        )  # fmt: skip
        self.log("filled", order.kind)
        if size != order.size:
            self.log("filled", "part" if abs(size) < abs(order.size) else "with the remainder")
        if opens and closes:
            self.log("filled", "turning the position round")

    # minutes: LAY-MIN

    def accrue(self, minutes: int, report: dict) -> None:
        for _ in range(minutes):
            self.fund(report)
            self.vaults_changed()

    def fund(self, report: dict) -> None:
        params = self.params
        skew, used = self.skew(), self.utilisation()
        target = trunc(params.funding_max * ratio(skew))
        self.rate += trunc((target - self.rate) * ratio(params.funding_pace))
        way = 1 if self.rate > 0 else -1
        pays = ceil(Fraction(abs(self.rate) * self.mark, HOURS))
        gets = floor(Fraction(abs(self.rate) * self.mark, HOURS))
        raised = floor(Fraction(self.interest(way) * pays, DEBT))
        receivers = self.interest(-way)
        if ceil(Fraction(receivers * gets, DEBT)) > raised + self.holds("cash"):
            gets = floor(Fraction((raised + self.holds("cash")) * DEBT, receivers))
            self.log("funding cut to what there is")
        promised = ceil(Fraction(receivers * gets, DEBT))
        self.index[way] += pays
        self.index[-way] -= gets
        if raised < promised:
            due = min(promised - raised, self.holds("cash"))
            self.pay(self.pot("cash"), self.pot("clearing"), due)
            self.log("vaults pay funding")
        else:
            self.pay(self.pot("clearing"), self.pot("income"), raised - promised)
        fee = 0
        if skew != 0:
            step = ceil(Fraction(self.utilisation_fee(used) * self.mark, YEARS))
            fee = floor(Fraction(self.interest(sign(skew)) * step, DEBT))
            self.index[sign(skew)] += step
            self.pay(self.pot("clearing"), self.pot("income"), fee)
        report["funding_rate"] = self.rate
        report["funding"] += raised - promised
        report["utilisation"] += fee

    def utilisation_fee(self, used: int) -> int:
        """a(u)."""
        if used > self.params.utilisation_kink:
            self.log("utilisation beyond the kink")
        low, high = self.params.utilisation_low, self.params.utilisation_high
        kink = self.params.utilisation_kink
        if used <= kink:
            return ceil(Fraction(low * used, kink))
        return low + ceil(Fraction((high - low) * (used - kink), RATE - kink))

    def settle_minute(self, report: dict) -> None:
        cost = ceil(Fraction(self.curve().cost(self.used(), ceil), 1000))
        surplus = max(self.holds("reserve") - cost, 0)
        self.pay(self.pot("reserve"), self.pot("income"), surplus // 60)
        self.share_income(report)
        repaid = min(self.advanced, max(self.low_value() - self.claim, 0), self.holds("cash"))
        self.pay(self.pot("cash"), self.pot("insurance"), repaid)
        self.advanced -= repaid
        if repaid:
            self.log("InsuranceMoved", -repaid, self.holds("insurance"), self.advanced)
        self.vaults_changed()

    def share_income(self, report: dict) -> None:
        params = self.params
        income = self.holds("income")
        target = floor(self.claim * ratio(params.insurance_target))
        insured = min(
            floor(income * ratio(params.insurance_share)),
            max(target - self.holds("insurance"), 0),
        )
        treasury = floor(income * ratio(params.treasury_share))
        left = income - insured - treasury
        to_senior = due = 0
        if self.vaults["senior"].supply() > 0:
            slope = floor(params.coupon_slope * ratio(self.utilisation()))
            yearly = self.claim * ratio(params.coupon_base + slope)
            due = floor(yearly / 525_600) + self.arrears
            earned = floor(Fraction(left * self.walked_senior, self.walked)) if self.walked else 0
            to_senior = min(left, max(due, earned))
        self.arrears = max(due - to_senior, 0)
        self.claim += to_senior
        self.pay(self.pot("income"), self.pot("insurance"), insured)
        self.pay(self.pot("income"), TREASURY, treasury)
        self.pay(self.pot("income"), self.pot("cash"), left)
        self.walked = self.walked_senior = 0
        for name, amount in (
            ("income", income),
            ("to_insurance", insured),
            ("to_treasury", treasury),
            ("to_senior", to_senior),
            ("to_junior", left - to_senior),
        ):
            report[name] += amount
        report["arrears"] = self.arrears
        if self.arrears:
            self.log("coupon in arrears")

    def vaults_priced(self) -> bool:
        """LAY-GATE-7."""
        return not self.positions or not self.oracle.is_stale(self.now)

    def settle_epochs(self) -> None:
        if not self.vaults_priced():
            return
        for name in ("senior", "junior"):
            vault = self.vaults[name]
            supply = vault.supply()
            asked = vault.due(self.now)
            shares, assets = vault.settle(
                self.assets(name, self.low_value()), self.exit_limit(name), self.now
            )
            if shares == 0:
                continue
            if name == "senior":
                self.claim -= ceil(Fraction(self.claim * shares, supply))
            self.pay(self.pot("cash"), self.pot(f"{name}-claims"), assets)
            self.vaults_changed()
            self.log("VaultFlow", name, -1, -assets, -shares)
            self.log("requests settled", f"{name} in part" if shares < asked else f"{name} whole")

    # time

    def advance(self, now: int, reports, budget: int, ladder) -> None:
        minutes = now // MINUTE - self.now // MINUTE if self.now > 0 else 0
        self.now = now
        self.take_price(reports)
        report = dict.fromkeys(
            ["funding_rate", "funding", "utilisation", "income", "to_insurance", "to_treasury",
             "to_senior", "to_junior", "arrears"], 0,
        )  # fmt: skip
        if self.mark > 0:
            self.accrue(minutes, report)
            for breaker in self.guards.watch(self.mark, self.rate, now):
                until = self.guards.price_halt if breaker == "price-breaker" else 0
                self.log("Halted", breaker, until)
            self.halted = self.guards.halted_by(now) != ""
            ladder.work(self, budget)
        for _ in range(minutes):
            self.settle_minute(report)
        if minutes > 0:
            self.paced = 0
            self.log("Settled", *report.values())
        self.settle_epochs()

    def take_price(self, reports) -> None:
        oracle = self.oracle
        oracle.take(reports, self.now)
        for source in oracle.rejected:
            self.log("ReportRejected", source)
        if oracle.price == 0:
            return
        if (oracle.price, oracle.low, oracle.high) != (self.mark, self.low, self.high):
            self.move_fee.move(self.mark, oracle.price, self.now)
            self.mark, self.low, self.high = oracle.price, oracle.low, oracle.high
            self.vaults_changed()
