"""The virtual-AMM market: commands in, deltas and events out.

Orders fill at once against the curve; only orders with a trigger wait. One advance is one block:
what happens between two advances happens in the block that the first of them began.
"""

from mypy_extensions import i16, i64

from seawall.engine.designs.vamm.backing import Backing, Exit, backing, exits
from seawall.engine.designs.vamm.depth import pegged, repegged, scaled
from seawall.engine.designs.vamm.desk import Desk, check_acceptable
from seawall.engine.designs.vamm.fund import Fund
from seawall.engine.designs.vamm.history import PriceGauge, Steps
from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.liquidation import Care
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pool import Deal
from seawall.engine.designs.vamm.pricing import size_to
from seawall.engine.designs.vamm.refusals import check_open, slippage, wallet_short
from seawall.engine.designs.vamm.settlement import Settlement
from seawall.engine.designs.vamm.steer import Steering
from seawall.engine.designs.vamm.views import (
    RatioView,
    curve_of,
    depth_levels,
    loss_steps,
    quote_of,
    ratios_of,
    vault_view,
    view_of,
)
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import BadOrder, Closed, NotEnough, Refusal, Unknown
from seawall.engine.events import (
    Cancelled,
    Filled,
    Halted,
    ReportRejected,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_SIZE,
    NOTIONAL_STEP,
    RATE,
    check_range,
    mul_div,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.oracle import Oracle, Report
from seawall.engine.orders import LIMIT_ORDER, ORDER_KINDS, Order, WaitingRoom
from seawall.engine.pot import Pot
from seawall.engine.venue import (
    DepthLevel,
    LossStep,
    Market,
    PositionView,
    Quote,
    VaultView,
)

RETRY = (
    "acceptable-price", "fluctuation-band", "trade-limit", "interest-cap", "restricted",
    "adaptive-open-interest-cap",
)  # fmt: skip
"""Reasons for which a limit order keeps waiting instead of being cancelled."""


class VammMarket(Market):
    """One market: its curve, clearing house, insurance fund, oracle and orders with a trigger.

    Beside the commands of every market: :meth:`open_position`, :meth:`close_position`,
    :meth:`liquidate` and :meth:`settle_position` for people, :meth:`set_depth`, :meth:`repeg`,
    :meth:`set_backstop` and :meth:`shutdown` for the operator.
    """

    def __init__(
        self, name: str, params: Params | None = None, facts: MarketFacts | None = None
    ) -> None:
        super().__init__(name, "vamm")
        chosen: Params = Params() if params is None else params
        self.params = chosen
        self.oracle = Oracle(chosen.oracle)
        self.house = House(name, chosen)
        if facts is not None:
            self.house.facts = facts
        self.desk = Desk(self.house)
        self.care = Care(self.house)
        self.steering = Steering(self.house)
        self.settlement = Settlement(self.house)
        self.fund = Fund(self.house)
        self.waiting = WaitingRoom()
        self.index = Steps(chosen.index_twap)
        self.now: i64 = 0
        self._halted: bool = False

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.house.facts = facts

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
        """Fill an order, or let one with a trigger wait; refusals: ``docs/vamm.md``."""
        self._check_fields(size, margin, kind, trigger, acceptable)
        self._check_trading()
        if reduce_only and margin > 0:
            raise BadOrder(
                "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
            )
        wallet = self.accounts[account]
        if margin > wallet.amount:
            raise wallet_short(wallet.amount, margin)
        code: i16 = i16(ORDER_KINDS[kind])
        limit: int = trigger if code == LIMIT_ORDER and acceptable == 0 else acceptable
        order = Order(number, account, code, size, trigger, limit, reduce_only, partial, self.now)
        mark: i64 = self.house.pool.mark()
        reached: bool = mark >= trigger if order.fires_on_rise() else mark <= trigger
        if order.triggered or (code == LIMIT_ORDER and reached):
            try:
                self._fill(order, margin)
                return
            except Refusal as refusal:
                if code != LIMIT_ORDER or refusal.code not in RETRY:
                    raise
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
        if kind not in ORDER_KINDS:
            raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(ORDER_KINDS)}")
        if kind == "market":
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
                )
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")

    def _check_trading(self) -> None:
        if self.settlement.is_shut:
            raise Closed("shutdown", f"{self.name} is shut down: positions are settled")
        self.house.guards.check_halt(self.now)
        check_open(self.house.pool.mark(), self.name)

    def _check_account(self, account: int) -> None:
        if not 0 <= account < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {account} does not exist; there are {len(self.accounts)}",
                account,
                len(self.accounts),
            )

    def _fill(self, order: Order, margin: i64) -> None:
        """Fill an order from the wallet, whole or as far as it allows."""
        deal = self.desk.by_size(
            order.account, order.size, margin, order.reduce_only, order.partial
        )
        check_acceptable(deal, order.acceptable)
        self._commit(deal, order.number)

    def _commit(self, deal: Deal, number: i64) -> None:
        house = self.house
        mark: i64 = house.pool.mark()
        house.commit(deal, house.positions.get(int(deal.account)))
        if self.journal.listening:
            self.journal.events.append(
                Filled(
                    self.now, self.name, deal.account, number, deal.traded, mark,
                    deal.toll + deal.spread, 0, slippage(deal.traded, deal.exchanged, mark),
                    deal.realised, deal.accrued, 0, 0,
                )
            )  # fmt: skip

    def open_position(
        self, account: int, is_long: bool, amount: int, leverage: int, base_limit: int = 0
    ) -> None:
        """Trade ``amount`` dollars (1e-6) at ``leverage`` (1e-12), as the protocol takes orders.

        ``base_limit`` (1e-8, 0: any): the least base a long takes, the most a short gives.
        """
        check_range("amount", amount, 1, int(MAX_DOLLARS) // 1_000, "1e-6 dollar")
        check_range("leverage", leverage, 1, 1_000 * int(RATE), "1e-12")
        check_range("base-limit", base_limit, 0, int(MAX_SIZE), "1e-8 token")
        self._check_account(account)
        self._check_trading()
        self._commit(self.desk.by_quote(account, is_long, amount, leverage, base_limit), 0)

    def close_position(self, account: int, quote_limit: int = 0) -> None:
        """Close the position, or a part of it where all of it would leave the band.

        ``quote_limit`` (1e-6, 0: any): the least a long takes, the most a short gives.
        """
        check_range("quote-limit", quote_limit, 0, int(MAX_DOLLARS), "1e-6 dollar")
        position = self._position(account)
        self._check_trading()
        self.desk.check_restriction(position)
        deal = self.house.begin(account, position)
        self.desk.close(deal, position, quote_limit)
        self.house.finish(deal, position)
        self._commit(deal, 0)

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
        """Fill the orders whose trigger the mark has reached; the budget left."""
        self.waiting.release(self.house.pool.mark(), self.now)
        again: list[Order] = []
        while budget > 0:
            order = self.waiting.next_in_line(self.now)
            if order is None:
                break
            margin: i64 = order.amount
            wallet = self.accounts[order.account]
            order.pay(wallet, margin)
            try:
                self._fill(order, margin)
                self.waiting.remove(order)
                budget -= 1
            except Refusal as refusal:
                wallet.pay(order, margin)
                if order.kind == LIMIT_ORDER and refusal.code in RETRY:
                    again.append(order)
                else:
                    self._drop_order(order, refusal.code)
                    budget -= 1
        for order in again:
            self.waiting.put_back(order)
        self.waiting.tidy()
        return budget

    # margin

    def _position(self, account: int) -> Holding:
        position = self.house.positions.get(account)
        if position is None:
            raise Unknown("unknown-position", f"account {account} has no position in {self.name}")
        return position

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars from the wallet into the position; funding is not settled by it."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        if self.settlement.is_shut:
            raise Closed("shutdown", f"{self.name} is shut down: positions are settled")
        if amount > wallet.amount:
            raise wallet_short(wallet.amount, amount)
        house = self.house
        house.lookout.drop(position)
        wallet.pay(position, amount)
        house.margins += amount
        house.watch(position)

    def remove_margin(self, account: int, amount: int) -> None:
        """Settle funding and move dollars into the wallet, down to no free collateral."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_trading()
        house = self.house
        owed: i64 = house.owed(position.size, position.index)
        free: i64 = house.free_collateral(position, amount)
        if position.amount - amount - owed < 0 or free < 0:
            raise NotEnough(
                "free-collateral",
                f"taking {amount} would leave free collateral of {free} (1e-6 dollar)",
                amount,
                int(free) + amount,
            )
        house.check_payable(amount)
        house.lookout.drop(position)
        house.prepay(amount)
        if owed > 0:
            position.pay(house.clearing, owed)
        else:
            house.clearing.pay(position, -owed)
        position.index = house.funding.index_of(position.size > 0)
        position.pay(self.accounts[account], amount)
        house.margins -= owed + amount
        house.watch(position)

    # liquidation, shutdown, depth

    def liquidate(self, caller: int, account: int, quote_limit: int = 0) -> None:
        """Liquidate ``account`` for ``caller``, who keeps half of the fee.

        ``quote_limit`` (1e-6, 0: any) is for the whole size. Raises :class:`Closed` for one who is
        safe (``not-liquidatable``), or whose debt needs a backstop (``backstop-only``).
        """
        check_range("quote-limit", quote_limit, 0, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_account(caller)
        position = self._position(account)
        self._check_trading()
        self.care.liquidate_one(caller, position, quote_limit)

    def set_backstop(self, account: int, allowed: bool) -> None:
        """Register an account as backstop liquidator, or strike it off."""
        self._check_account(account)
        if allowed:
            self.care.backstops[account] = True
        elif account in self.care.backstops:
            del self.care.backstops[account]

    def shutdown(self) -> None:
        """Stop trading for good and fix the settlement price; waiting orders are cancelled."""
        check_open(self.house.pool.mark(), self.name)
        if self.settlement.is_shut:
            raise Closed("shutdown", f"{self.name} is shut down already")
        self.settlement.shut()
        for number in sorted(self.waiting.orders):
            self._drop_order(self.waiting.orders[number], "shutdown")
        if self.journal.listening:
            self.journal.events.append(Halted(self.now, self.name, "shutdown", 0))

    def settle_position(self, account: int) -> int:
        """After a shutdown: what the vault pays for the position, first come first served."""
        position = self._position(account)
        return self.settlement.pay(position)

    def set_depth(self, factor: int) -> int:
        """Scale both reserves by ``factor`` (1e-12); what it cost the fund (1e-6).

        Raises :class:`LimitReached` (``depth-bound``), :class:`NotEnough` (``depth-unpaid``).
        """
        check_range("factor", factor, 1, 1_000 * int(RATE), "1e-12")
        self._check_trading()
        pool = self.house.pool
        plan = scaled(pool.quote, pool.base, pool.net(), factor)
        self.steering.change(plan, "depth")
        return plan.cost

    def repeg(self, price: int, keep_k: bool = True) -> int:
        """Move the mark to ``price`` (1e-10) at constant k, or by scaling Q; what it cost (1e-6).

        Errors as in :meth:`set_depth`.
        """
        check_range("price", price, 1, int(MAX_PRICE), "1e-10 dollar per token")
        self._check_trading()
        pool = self.house.pool
        net: i64 = pool.net()
        if keep_k:
            plan = repegged(pool.quote, pool.base, net, price)
        else:
            plan = pegged(pool.quote, pool.base, net, price)
        self.steering.change(plan, "repeg")
        return plan.cost

    # the fund

    def _fund(self, vault: str) -> Fund:
        if vault != self.fund.name:
            raise Unknown("unknown-vault", f"vault {vault!r} is not {self.fund.name}")
        return self.fund

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Stake in the insurance fund; the shares minted."""
        fund = self._fund(vault)
        wallet = self.accounts[account]
        check_range("assets", assets, 1, int(MAX_DOLLARS), "1e-6 dollar")
        if assets > wallet.amount:
            raise wallet_short(wallet.amount, assets)
        shares: i64 = fund.deposit(assets, account, wallet)
        self._vault_flow(account, assets, shares)
        return shares

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Ask to leave; the epoch at whose end the request is priced."""
        return self._fund(vault).request_redeem(shares, account, account, account, self.now)

    def claim(self, vault: str, account: int) -> int:
        """Collect what settled requests brought."""
        return self._fund(vault).claim_all(self.accounts[account], account, account)

    def restart_vault(self, vault: str) -> None:
        """Continue a fund that is worth nothing as a new series."""
        self._fund(vault).restart()

    def _vault_flow(self, account: i64, assets: i64, shares: i64) -> None:
        if self.journal.listening:
            self.journal.events.append(
                VaultFlow(self.now, self.name, self.fund.name, account, assets, shares)
            )

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """There are no auctions here; raises :class:`Unknown`."""
        raise Unknown("unknown-auction", f"auction {auction} is not open", auction, 0)

    # time

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        self.oracle.check(reports, now)

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """A new block: reports, funding and depth, liquidations, triggered orders."""
        house = self.house
        self.now = now
        house.now = now
        house.journal = self.journal
        house.accounts = self.accounts
        house.pool.now = now
        house.pool.block += 1
        self._take_reports(reports)
        if house.pool.base > 0 and not self.settlement.is_shut:
            self._watch_breakers()
            if now >= house.funding.due_at:
                self._hold_funding()
            if not self._halted and not self.settlement.is_shut:
                budget = self.care.liquidate(budget)
                budget = self._serve_line(budget)
            self.care.ladder.relieve(self.care, budget)
        self._settle_epochs()

    def _take_reports(self, reports: list[Report]) -> None:
        oracle = self.oracle
        oracle.take(reports, self.now)
        if self.journal.listening:
            for source in oracle.rejected:
                self.journal.events.append(ReportRejected(self.now, self.name, source))
        house = self.house
        price: i64 = oracle.price
        if price == 0 or price == house.index_price:
            return
        house.index_price = price
        self.index.push(price, 0, self.now)
        if house.pool.base == 0:
            quote: i64 = self.params.quote_reserve
            base: i64 = self.params.base_reserve
            house.pool.open(quote, mul_div(quote, NOTIONAL_STEP, price) if base == 0 else base)
            house.funding.begin(self.now)

    def _watch_breakers(self) -> None:
        guards = self.house.guards
        tripped: bool = guards.observe_price(self.house.index_price, self.now)
        tripped = guards.observe_funding(self.house.funding.rate) or tripped
        self._halted = guards.is_halted(self.now)
        if tripped and self.journal.listening:
            price = guards.price_breaker
            if price is not None and price.is_halted(self.now):
                self.journal.events.append(
                    Halted(self.now, self.name, "price-breaker", price.halted_until)
                )
            funding = guards.funding_breaker
            if funding is not None and funding.is_halted(self.now):
                self.journal.events.append(Halted(self.now, self.name, "funding-breaker", 0))

    def _hold_funding(self) -> None:
        """Fund by the averages; where the fund cannot pay its part nobody pays anything."""
        house = self.house
        funding = house.funding
        pool = house.pool
        if funding.needs_restart():
            house.restart_index()
        mark: i64 = pool.mark_average()
        index: i64 = self.index.average(PriceGauge(), self.now, self.params.index_twap)
        fee_pool: i64 = self.steering.fee_pool()
        step = funding.plan(mark, index, pool.longs, pool.shorts, fee_pool)
        if -step.to_fund > house.fund.amount:
            if not funding.stopped and self.journal.listening:
                self.journal.events.append(Halted(self.now, self.name, "funding-unpaid", 0))
            funding.stopped = True
            return
        funding.take(step, index, self.now)
        paid: i64 = step.to_fund
        if paid >= 0:
            paid = house.store(paid)
        else:
            house.draw(-paid)
        house.watch_anew()
        if self.journal.listening:
            report = Settled(self.now, self.name)
            report.funding_rate = funding.rate
            report.funding = paid
            self.journal.events.append(report)
        self.steering.turn(paid)
        if self.steering.ruined and not self.settlement.is_shut:
            self.shutdown()

    def _settle_epochs(self) -> None:
        assets: i64 = 0
        shares: i64 = 0
        for paid in self.fund.settle(self.now):
            assets += paid.assets
            shares += paid.shares
        if shares > 0:
            self._vault_flow(-1, -assets, -shares)

    # views

    def mark(self) -> int:
        """The curve's spot price (1e-10)."""
        return self.house.pool.mark()

    def index_price(self) -> int:
        """The oracle's price (1e-10), 0 before the first."""
        return self.house.index_price

    def curve(self) -> tuple[int, int, int]:
        """Quote reserve (1e-6), base reserve (1e-8) and mark (1e-10)."""
        return curve_of(self.house)

    def size_to(self, price: int) -> int:
        """Tokens (1e-8, a buy above zero) that carry the mark to ``price`` (1e-10)."""
        check_range("price", price, 1, int(MAX_PRICE), "1e-10 dollar per token")
        check_open(self.house.pool.mark(), self.name)
        return size_to(self.house.pool.quote, self.house.pool.base, price)

    def quote(self, size: int) -> Quote:
        """What an order of ``size`` would meet now, fluctuation band and trade limit included."""
        self._check_fields(size, 0, "market", 0, 0)
        check_open(self.house.pool.mark(), self.name)
        return quote_of(self.house, size)

    def depth(self) -> list[DepthLevel]:
        """Dollars that move the mark, from 5 to 500 basis points."""
        return [] if self.house.pool.base == 0 else depth_levels(self.house)

    def position(self, account: int) -> PositionView | None:
        """The account's position by the spot, or None."""
        found = self.house.positions.get(account)
        return None if found is None else view_of(self.house, found)

    def ratios(self, account: int) -> RatioView:
        """The account's margin ratio in every mode."""
        return ratios_of(self.house, self._position(account))

    def free_collateral(self, account: int) -> int:
        """What the account may take out of its margin (1e-6; below zero: nothing)."""
        return self.house.free_collateral(self._position(account), 0)

    def backing(self) -> Backing:
        """How much of the marked profit is backed now."""
        return backing(self.house)

    def exits(self, order: str) -> Exit:
        """Who is left unpaid if everyone leaves in this order."""
        return exits(self.house, order)

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending."""
        return sorted(self.house.positions)

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token)."""
        return int(self.house.pool.longs), int(self.house.pool.shorts)

    def vaults(self) -> list[str]:
        """The insurance fund alone."""
        return [self.fund.name]

    def vault(self, name: str) -> VaultView:
        """State of the insurance fund."""
        return vault_view(self._fund(name))

    def loss_order(self) -> list[LossStep]:
        """Margins, then the fund, then what winners are marked at."""
        return loss_steps(self.house)

    def pots(self) -> list[Pot]:
        """Every pot of the market."""
        house = self.house
        pots: list[Pot] = [house.clearing, house.fund]
        pots.extend(house.positions.values())
        pots.extend(self.waiting.pots())
        pots.extend(self.fund.pots())
        return pots

    def audit(self) -> None:
        """Re-add sides, margins, clearing pot and the fund's shares."""
        self.house.audit()
        self.fund.audit()

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        facts = self.house.facts
        numbers: list[int] = [
            self.now, int(self._halted), facts.market_value, facts.volume, facts.depth,
        ]  # fmt: skip
        numbers.extend(self.oracle.state())
        numbers.extend(self.index.state())
        numbers.extend(self.house.state())
        numbers.extend(self.house.guards.state())
        numbers.extend(self.steering.state())
        numbers.extend(self.settlement.state())
        numbers.extend(self.care.state())
        numbers.extend(self.waiting.state())
        numbers.extend(self.fund.state())
        numbers.append(self.fund.claims.amount)
        return numbers
