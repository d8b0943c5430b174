"""The layered market: orders in, deltas and events out.

Reads top to bottom as the life of an order does: it is placed, waits for a later price, is
checked whole and then filled; time passes in :meth:`LayeredMarket.advance`; vault holders enter
and leave; bidders take auctions over.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.designs.layered.desk import Closing, Desk
from seawall.engine.designs.layered.liquidation import Care, wallet_short
from seawall.engine.designs.layered.params import Params
from seawall.engine.designs.layered.pool import Junior, Senior, Tranche
from seawall.engine.designs.layered.pricing import Charges
from seawall.engine.designs.layered.views import (
    depth_levels,
    loss_steps,
    quote_of,
    vault_view,
    view_of,
)
from seawall.engine.errors import (
    BadOrder,
    BrokenBooks,
    Closed,
    LimitReached,
    NotEnough,
    OutOfRange,
    Unknown,
)
from seawall.engine.events import (
    Cancelled,
    Filled,
    Halted,
    InsuranceMoved,
    ReportRejected,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import (
    LIMIT,
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_SIZE,
    MINUTE,
    NOTIONAL_STEP,
    check_range,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    share,
    smaller,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.margin import unrealised, worth
from seawall.engine.oracle import Oracle
from seawall.engine.orders import LIMIT_ORDER, ORDER_KINDS, Order, WaitingRoom
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.venue import TREASURY_ACCOUNT, Market
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView
from seawall.engine.watch import IN_AUCTION, Position

INDEX_RESTART: i64 = 1_000_000_000_000_000_000

MAX_SIDE: Final[i64] = 40_000_000_000_000_000
"""The most that a side's open interest may come to be worth: 4e10 dollars, five times what the
vaults can ever let in. Beyond it what the curve costs would leave 64 bits."""

FEW_TOKENS: Final[i64] = 10_000_000_000
"""A hundred tokens, which stay below ``MAX_SIDE`` at any price."""


class LayeredMarket(Market):
    """One island: its own vaults, insurance, impact reserve, limits, ladder and oracle.

    ``facts`` are what is known of the token's own market, for the guards;
    :meth:`set_facts` replaces them.
    """

    def __init__(
        self, name: str, params: Params | None = None, facts: MarketFacts | None = None
    ) -> None:
        super().__init__(name, "layered")
        chosen: Params = Params() if params is None else params
        self.params = chosen
        self.oracle = Oracle(chosen.oracle)
        self.desk = Desk(name, chosen)
        self.guards = self.desk.guards
        if facts is not None:
            self.desk.facts = facts
        self.care = Care(self.desk)
        self.waiting = WaitingRoom()
        self.senior = Senior(self.desk.pool, "senior", chosen.senior_epoch)
        self.junior = Junior(self.desk.pool, "junior", chosen.junior_epoch)
        self.now: i64 = 0
        self._halted: bool = False

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.desk.facts = facts

    # orders

    def place(
        self,
        number: int,
        account: int,
        size: int,
        margin: int,
        kind: str,
        trigger: int,
        acceptable: int,
        reduce_only: bool,
        partial: bool,
    ) -> None:
        """Accept an order; refusals by code are listed in ``docs/layered.md``."""
        self._check_fields(size, margin, kind, trigger, acceptable)
        self.guards.check_halt(self.now)
        desk = self.desk
        if desk.book.mark == 0:
            raise Closed("no-price", f"{self.name} has no price yet")
        held: i64 = 0
        position = desk.positions.get(account)
        if position is not None:
            held = position.size
            if position.standing == IN_AUCTION:
                raise Closed("in-auction", f"the position of account {account} is on offer")
        opposite: bool = (held > 0) != (size > 0) and held != 0
        if reduce_only and not opposite:
            raise BadOrder(
                "nothing-to-reduce", f"size {size} does not reduce {held}", size, int(held)
            )
        if reduce_only and margin > 0:
            raise BadOrder(
                "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
            )
        reduces: bool = reduce_only or (opposite and magnitude(size) <= magnitude(held))
        if not reduces:
            self._check_open(size, partial, kind)
        wallet = self.accounts[account]
        if margin > wallet.amount:
            raise wallet_short(wallet, margin)
        code: i16 = i16(ORDER_KINDS[kind])
        limit: int = trigger if code == LIMIT_ORDER and acceptable == 0 else acceptable
        order = Order(number, account, code, size, trigger, limit, reduce_only, partial, self.now)
        wallet.pay(order, margin)
        self.waiting.add(order)

    def _check_fields(
        self, size: int, margin: int, kind: str, trigger: int, acceptable: int
    ) -> None:
        if size == 0:
            raise BadOrder("size-zero", "size 0 is no order: above zero buys, below zero sells")
        check_range("size", size, -int(MAX_SIZE), int(MAX_SIZE), "1e-8 token")
        check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if kind == "market":
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
                )
        else:
            if kind not in ORDER_KINDS:
                raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(ORDER_KINDS)}")
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")

    def _check_open(self, size: i64, partial: bool, kind: str) -> None:
        """What an order that opens can be told at once."""
        if self.oracle.is_stale(self.now):
            raise Closed("stale-price", f"{self.name} has no fresh price: only orders that reduce")
        if self.oracle.is_uncertain():
            raise Closed(
                "uncertain-price", f"{self.name}'s price is uncertain: only orders that reduce"
            )
        value: i64 = self._worth_of(magnitude(size))
        if value < self.params.smallest_position:
            raise OutOfRange(
                "order-too-small",
                f"an order worth {value} is below {self.params.smallest_position} (1e-6 dollar)",
                value,
                self.params.smallest_position,
            )
        if kind == "market" and not partial:
            self._check_depth(size)

    def _worth_of(self, quantity: i64) -> i64:
        """Notional at the mark, rounded up; refuses tokens worth more than can be counted."""
        mark: i64 = self.desk.book.mark
        try:
            return notional_up(quantity, mark)
        except OutOfRange:
            most = int(LIMIT) * int(NOTIONAL_STEP) // int(mark)
            raise OutOfRange(
                "size-too-large",
                f"size {quantity} is above {most}, all that can be valued at {mark} (1e-8 token)",
                quantity,
                most,
            ) from None

    def _check_depth(self, size: i64) -> None:
        desk = self.desk
        if desk.is_beyond(size):
            inventory: i64 = magnitude(desk.book.inventory() + size)
            end = -(-int(inventory) * int(desk.book.mark) // int(NOTIONAL_STEP))
            raise LimitReached(
                "beyond-depth",
                f"inventory of {end} would be beyond the quoted depth {desk.curve.depth} "
                "(1e-6 dollar)",
                end,
                desk.curve.depth,
            )

    def cancel(self, account: int, order: int) -> None:
        """Take a waiting order back, with its margin."""
        found = self.waiting.orders.get(order)
        if found is None or found.account != account:
            raise Unknown(
                "unknown-order", f"account {account} has no waiting order {order}", order, 0
            )
        self._drop_order(found, "cancelled")

    def _drop_order(self, order: Order, reason: str) -> None:
        self.waiting.remove(order)
        order.pay(self.accounts[order.account], order.amount)
        if self.journal.listening:
            self.journal.events.append(
                Cancelled(self.now, self.name, order.account, order.number, reason)
            )

    def _serve_line(self, budget: i64) -> i64:
        """Fill the orders whose turn it is, first come first served; the budget left."""
        placed_by: i64 = self.oracle.time - self.params.order_delay
        self.waiting.release(self.desk.book.mark, placed_by)
        again: list[Order] = []
        while budget > 0:
            order = self.waiting.next_in_line(placed_by)
            if order is None:
                break
            reason: str = self._fill(order)
            if reason == "":
                budget -= 1
            elif order.kind == LIMIT_ORDER and reason in RETRY:
                again.append(order)
            else:
                self._drop_order(order, reason)
                budget -= 1
        for order in again:
            self.waiting.put_back(order)
        self.waiting.tidy()
        return budget

    def _fill(self, order: Order) -> str:
        """Fill an order whole, or as far as it allows; else say why not, with nothing changed."""
        desk = self.desk
        position = desk.positions.get(int(order.account))
        held: i64 = 0
        if position is not None:
            held = position.size
            if position.standing == IN_AUCTION:
                return "in-auction"
        size: i64 = order.size
        if (held > 0) == (size > 0) or held == 0:
            if order.reduce_only:
                return "nothing-to-reduce"
        elif magnitude(size) >= magnitude(held):
            if order.reduce_only:
                size = -held
        else:
            left: i64 = notional(magnitude(held + size), desk.book.mark)
            if left < self.params.smallest_position:
                size = -held
        if desk.is_beyond(size):
            room: i64 = desk.room(size > 0)
            if not order.partial or room == 0:
                return "beyond-depth"
            size = room if size > 0 else -room
        bill = desk.bill(size)
        if not bill.acceptable(order.acceptable):
            return "acceptable-price"
        closes: i64 = 0
        if (held > 0) != (size > 0):
            closes = smaller(magnitude(held), magnitude(size))
        opens: i64 = magnitude(size) - closes
        brought: i64 = order.amount
        if magnitude(size) < magnitude(order.size):
            brought = mul_div_up(order.amount, magnitude(size), magnitude(order.size))
        if opens > 0:
            reason: str = self._may_open(position, size, opens, closes, brought, bill)
            if reason != "":
                return reason
        self._commit(order, position, size, opens, closes, brought, bill)
        return ""

    def _may_open(
        self,
        position: Position | None,
        size: i64,
        opens: i64,
        closes: i64,
        brought: i64,
        bill: Charges,
    ) -> str:
        """Why an order may not open or enlarge a position, or nothing."""
        desk = self.desk
        if self.oracle.is_stale(self.now):
            return "stale-price"
        if self.oracle.is_uncertain():
            return "uncertain-price"
        signed: i64 = opens if size > 0 else -opens
        after: i64 = signed
        margin: i64 = brought - bill.total()
        entry: i64 = notional_up(opens, bill.price) if size > 0 else notional(opens, bill.price)
        if position is not None:
            margin += position.amount - desk.accrued_by(position)
            if closes == 0:
                after += position.size
                entry += position.entry
            else:
                result: i64 = unrealised(position.size, position.entry, bill.price)
                if result > 0 and (
                    result > desk.pool.cash.amount or desk.pool.payable(result) < result
                ):
                    return "pool-short"
                margin += result
        value: i64 = worth(after, desk.book.mark)
        if value < self.params.smallest_position:
            return "order-too-small"
        equity: i64 = margin + unrealised(after, entry, desk.book.mark)
        if margin < 0 or equity < self.params.tiers.initial(value):
            return "initial-margin"
        return self._caps_reached(size, opens, value, equity)

    def _caps_reached(self, size: i64, opens: i64, value: i64, equity: i64) -> str:
        """The cap that ``opens`` more tokens on this side would pass, or nothing."""
        desk = self.desk
        side: i64 = desk.book.longs if size > 0 else desk.book.shorts
        if side + opens > MAX_SIZE:
            return "side-cap"
        interest: i64 = notional_up(side + opens, desk.book.mark)
        assets: i64 = desk.pool.value_low()
        capital: i64 = desk.pool.senior_of(assets) + desk.pool.junior_of(assets)
        if interest > share(capital, self.params.side_cap):
            return "side-cap"
        try:
            self.guards.check_increase(desk.facts, interest, value, equity)
        except LimitReached as refusal:
            return refusal.code
        return ""

    def _commit(
        self,
        order: Order,
        position: Position | None,
        size: i64,
        opens: i64,
        closes: i64,
        brought: i64,
        bill: Charges,
    ) -> None:
        desk = self.desk
        if position is None:
            position = desk.open(order.account)
        order.pay(position, brought)
        desk.pay_rebate(position, bill)
        desk.note_fill(bill)
        done: Closing | None = None
        accrued: i64 = 0
        if closes > 0:
            done = desk.shrink(position, closes, bill.price, None if opens > 0 else bill, 0)
            accrued = done.accrued
        if opens > 0:
            accrued += desk.grow(position, opens if size > 0 else -opens, bill.price, bill)
        account: i64 = position.account
        desk.keep(position)
        if self.journal.listening:
            self.journal.events.append(
                Filled(
                    self.now, self.name, account, order.number, size, bill.price, bill.fee,
                    bill.spread, bill.impact, 0 if done is None else done.result, accrued,
                    0 if done is None else done.withheld, 0 if done is None else done.unpaid,
                )
            )  # fmt: skip
        self.waiting.remove(order)
        order.pay(self.accounts[account], order.amount)

    # margin

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars from the wallet into the position: at any time, also in a halt."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        if amount > wallet.amount:
            raise wallet_short(wallet, amount)
        desk = self.desk
        if position.standing == IN_AUCTION:
            wallet.pay(position, amount)
            if not desk.is_liquidatable(position):
                self.care.call_off(self.care.auction_of(position), position)
            return
        wallet.pay(position, amount)
        desk.keep(position)

    def remove_margin(self, account: int, amount: int) -> None:
        """Move dollars from the position into the wallet, down to the initial requirement."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_trading()
        desk = self.desk
        if position.standing == IN_AUCTION:
            raise Closed("in-auction", f"the position of account {account} is on offer")
        needed: i64 = desk.least_equity(desk.value_of(position))
        owed: i64 = larger(0, desk.accrued_by(position))
        free: i64 = larger(0, smaller(desk.equity_of(position) - needed, position.amount - owed))
        if amount > free:
            raise NotEnough(
                "initial-margin",
                f"{amount} is above {free}, what the initial margin {needed} leaves (1e-6 dollar)",
                amount,
                int(free),
            )
        position.pay(self.accounts[account], amount)
        desk.keep(position)

    def _position(self, account: int) -> Position:
        position = self.desk.positions.get(account)
        if position is None:
            raise Unknown("unknown-position", f"account {account} has no position in {self.name}")
        return position

    def _check_trading(self) -> None:
        self.guards.check_halt(self.now)
        if self.oracle.is_stale(self.now):
            raise Closed("stale-price", f"{self.name} has no fresh price")

    # vaults

    def _tranche(self, vault: str) -> Tranche:
        if vault == "senior":
            return self.senior
        if vault == "junior":
            return self.junior
        raise Unknown("unknown-vault", f"vault {vault!r} is none of junior, senior")

    def _prepare_vaults(self) -> None:
        used: i64 = self.desk.used()
        self.senior.used = used
        self.junior.used = used

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Deposit into ``senior`` or ``junior``; the shares minted."""
        tranche = self._tranche(vault)
        if not self._vaults_priced():
            raise Closed("stale-price", f"{self.name} has no fresh price to value its vaults at")
        self._prepare_vaults()
        wallet = self.accounts[account]
        check_range("assets", assets, 1, int(MAX_DOLLARS), "1e-6 dollar")
        if assets > wallet.amount:
            raise wallet_short(wallet, assets)
        shares: i64 = tranche.deposit(assets, account, wallet)
        self._vault_flow(vault, account, assets, shares)
        return shares

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Ask to leave; the epoch at whose end the request is priced."""
        tranche = self._tranche(vault)
        self._prepare_vaults()
        return tranche.request_redeem(shares, account, account, account, self.now)

    def claim(self, vault: str, account: int) -> int:
        """Collect what settled requests brought."""
        return self._tranche(vault).claim_all(self.accounts[account], account, account)

    def restart_vault(self, vault: str) -> None:
        """Continue a vault that is worth nothing as a new series; the old shares stay at zero."""
        self._tranche(vault).restart()

    def _vault_flow(self, vault: str, account: i64, assets: i64, shares: i64) -> None:
        self.desk.vaults_changed()
        if self.journal.listening:
            self.journal.events.append(
                VaultFlow(self.now, self.name, vault, account, assets, shares)
            )

    def _vaults_priced(self) -> bool:
        """Whether the vaults have a value: a fresh price, or no position that needs one."""
        book = self.desk.book
        return book.longs + book.shorts == 0 or not self.oracle.is_stale(self.now)

    def _settle_epochs(self) -> None:
        if not self._vaults_priced():
            return
        for tranche in (self.senior, self.junior):
            self._prepare_vaults()
            assets: i64 = 0
            shares: i64 = 0
            for paid in tranche.settle(self.now):
                assets += paid.assets
                shares += paid.shares
            if shares > 0:
                self._vault_flow(tranche.name, -1, -assets, -shares)

    # auctions

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """Take a slice of an auction over; the transfer price."""
        check_range("auction-size", size, 1, int(MAX_SIZE), "1e-8 token")
        check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_trading()
        return self.care.bid(account, auction, size, margin)

    def open_auctions(self) -> list[int]:
        """Numbers of the auctions that are open, oldest first."""
        return sorted(self.care.auctions)

    # time

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        self.oracle.check(reports, now)
        most: i64 = larger(self.desk.book.longs, self.desk.book.shorts)
        if most <= FEW_TOKENS:
            return
        highest: i64 = mul_div(MAX_SIDE, NOTIONAL_STEP, most)
        for report in reports:
            if report.price > highest:
                raise OutOfRange(
                    "price-too-large",
                    f"price {report.price} reported by {report.source} is above {highest}, the "
                    "most at which the open interest can be valued (1e-10 dollar per token)",
                    report.price,
                    highest,
                )

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """Reports, accrual, keeper work, settlement: in this order."""
        desk = self.desk
        care = self.care
        minutes: i64 = now // MINUTE - self.now // MINUTE if self.now > 0 else 0
        self.now = now
        desk.now = now
        desk.journal = self.journal
        desk.accounts = self.accounts
        self._take_reports(reports)
        report = Settled(now, self.name)
        if desk.book.mark > 0:
            self._accrue(minutes, report)
            self._watch_breakers()
            stale: bool = self.oracle.is_stale(now)
            certain: bool = not stale and not self.oracle.is_uncertain()
            care.sure = certain and self.oracle.confirmed and not self._halted
            if not self._halted:
                if not stale:
                    budget = care.liquidate(budget)
                budget = self._serve_line(budget)
                if not stale:
                    budget = care.review_auctions(budget)
            if not stale:
                care.ladder.relieve(care, budget)
        self._settle_minutes(minutes, report)
        self._settle_epochs()

    def _take_reports(self, reports: list[Report]) -> None:
        oracle = self.oracle
        oracle.take(reports, self.now)
        if self.journal.listening:
            for source in oracle.rejected:
                self.journal.events.append(ReportRejected(self.now, self.name, source))
        desk = self.desk
        if oracle.price > 0 and (
            oracle.price != desk.book.mark or oracle.low != desk.low or oracle.high != desk.high
        ):
            desk.set_price(oracle.price, oracle.low, oracle.high)

    def _accrue(self, minutes: i64, report: Settled) -> None:
        desk = self.desk
        accrual = desk.accrual
        while minutes > 0:
            minutes -= 1
            if (
                magnitude(accrual.long_index) > INDEX_RESTART
                or magnitude(accrual.short_index) > INDEX_RESTART
            ):
                desk.restart_indices()
            accrual.minute(desk.pool, desk.skew(), desk.utilisation(), report)
            desk.vaults_changed()

    def _watch_breakers(self) -> None:
        guards = self.guards
        price = guards.price_breaker
        if price is not None and price.observe(self.desk.book.mark, self.now):
            self._tell_halt("price-breaker", price.halted_until)
        funding = guards.funding_breaker
        if funding is not None and funding.observe(self.desk.accrual.rate):
            self._tell_halt("funding-breaker", 0)
        self._halted = guards.is_halted(self.now)

    def _tell_halt(self, guard: str, until: i64) -> None:
        if self.journal.listening:
            self.journal.events.append(Halted(self.now, self.name, guard, until))

    def _settle_minutes(self, minutes: i64, report: Settled) -> None:
        if minutes == 0:
            return
        desk = self.desk
        pool = desk.pool
        treasury = self.accounts[TREASURY_ACCOUNT]
        left: i64 = minutes
        while left > 0:
            left -= 1
            pool.release_reserve(desk.cost_to_unwind())
            pool.share_income(treasury, desk.utilisation(), self.senior.total_supply() > 0, report)
            repaid: i64 = pool.repay_insurance()
            desk.vaults_changed()
            if repaid > 0 and self.journal.listening:
                self.journal.events.append(
                    InsuranceMoved(
                        self.now, self.name, -repaid, pool.insurance.amount, pool.advanced
                    )
                )
        self.care.closed_this_minute = 0
        if self.journal.listening:
            self.journal.events.append(report)

    # views

    def mark(self) -> int:
        """The trusted price."""
        return self.desk.book.mark

    def quote(self, size: int) -> Quote:
        """What an order of ``size`` would meet now."""
        self._check_fields(size, 0, "market", 0, 0)
        if self.desk.book.mark == 0:
            raise Closed("no-price", f"{self.name} has no price yet")
        self._worth_of(magnitude(size))
        self._check_depth(size)
        return quote_of(self.desk.bill(size))

    def depth(self) -> list[DepthLevel]:
        """Dollars on both sides, up to each band's edge from the mark."""
        return depth_levels(self.desk)

    def position(self, account: int) -> PositionView | None:
        """The account's position, or None."""
        found = self.desk.positions.get(account)
        return None if found is None else view_of(self.desk, found)

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending."""
        return sorted(self.desk.positions)

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token)."""
        return int(self.desk.book.longs), int(self.desk.book.shorts)

    def vaults(self) -> list[str]:
        """Junior, then senior: the order in which losses reach them."""
        return ["junior", "senior"]

    def vault(self, name: str) -> VaultView:
        """State of a vault."""
        tranche = self._tranche(name)
        tranche.used = self.desk.used()
        return vault_view(tranche)

    def loss_order(self) -> list[LossStep]:
        """What stands on each step of the ladder, first loss first."""
        return loss_steps(self.desk, self.care)

    def pots(self) -> list[Pot]:
        """Every pot of the market."""
        pots: list[Pot] = self.desk.pots()
        pots.extend(self.waiting.pots())
        pots.extend(self.senior.pots())
        pots.extend(self.junior.pots())
        return pots

    def audit(self) -> None:
        """Re-add sides, clearing pot and share books."""
        desk = self.desk
        longs: i64 = 0
        shorts: i64 = 0
        long_entry: i64 = 0
        short_entry: i64 = 0
        for position in desk.positions.values():
            if position.size > 0:
                longs += position.size
                long_entry += position.entry
            else:
                shorts -= position.size
                short_entry += position.entry
        book = desk.book
        if (longs, shorts, long_entry, short_entry) != (
            book.longs, book.shorts, book.long_entry, book.short_entry
        ):  # fmt: skip
            raise BrokenBooks(f"{self.name}: the sides are not the sum of their positions")
        dust: i64 = desk.accrual.clearing.amount + desk.owed_by_all() + desk.accrual.shortfall
        if dust < 0:
            raise BrokenBooks(f"{self.name}: the clearing pot is {-dust} short of what it promised")
        self.senior.audit()
        self.junior.audit()

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        desk = self.desk
        numbers: list[int] = [self.now, desk.low, desk.high, int(self._halted)]
        numbers.extend(self.oracle.state())
        numbers.extend(self.guards.state())
        numbers.extend(desk.pool.state())
        numbers.extend(desk.accrual.state())
        senior, junior = desk.struck_on()
        numbers.extend([desk.move_fee.peak, desk.move_fee.since, senior, junior])
        facts = desk.facts
        numbers.extend([facts.market_value, facts.volume, facts.depth])
        for account in sorted(desk.positions):
            position = desk.positions[account]
            numbers.extend(
                [account, position.size, position.entry, position.amount, position.index,
                 position.standing]
            )  # fmt: skip
        numbers.extend(self.waiting.state())
        numbers.extend(self.care.state())
        numbers.extend(self.senior.state())
        numbers.extend(self.junior.state())
        numbers.extend([self.senior.claims.amount, self.junior.claims.amount])
        return numbers


RETRY = ("acceptable-price", "beyond-depth", "stale-price", "uncertain-price", "side-cap")
"""Reasons for which a limit order keeps waiting instead of being cancelled."""
