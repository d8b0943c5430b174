"""The virtual-AMM market: operator, fund, time and views on top of what traders do.

One advance is one block: what happens between two advances happens in the block that the first of
them began.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.backing import EXIT_ORDERS, Backing, Exit, backing, exits
from seawall.engine.designs.vamm.depth import pegged, repegged, scaled
from seawall.engine.designs.vamm.fund import Fund
from seawall.engine.designs.vamm.history import PriceGauge
from seawall.engine.designs.vamm.pricing import check_opening, size_to
from seawall.engine.designs.vamm.refusals import check_open, wallet_short
from seawall.engine.designs.vamm.trading import Trading
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
from seawall.engine.errors import Closed, Unknown
from seawall.engine.events import (
    Halted,
    ReportRejected,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    NOTIONAL_STEP,
    RATE,
    check_range,
    mul_div,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView


class VammMarket(Trading):
    """One market: its curve, clearing house, insurance fund, oracle and orders with a trigger.

    Beside the commands of every market: :meth:`open_position`, :meth:`close_position`,
    :meth:`liquidate` and :meth:`settle_position` for people, :meth:`set_depth`, :meth:`repeg`,
    :meth:`set_backstop` and :meth:`shutdown` for the operator.
    """

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.house.facts = facts

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
        """Refuse reports that cannot be taken, or that the curve cannot open at."""
        self.oracle.check(reports, now)
        if self.house.pool.base == 0 and self.params.base_reserve == 0:
            for report in reports:
                check_opening(self.params.quote_reserve, report.price)

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
        self._tell_tolls()
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
            report.carry = paid
            self.journal.events.append(report)
        self.steering.turn(paid)
        if self.steering.ruined and not self.settlement.is_shut:
            self.shutdown()

    def _tell_tolls(self) -> None:
        """Report what the treasury got since the block before."""
        house = self.house
        earned: i64 = house.spread_income - house.spread_told
        if (house.tolls > 0 or earned > 0) and self.journal.listening:
            report = Settled(self.now, self.name)
            report.funding_rate = house.funding.rate
            report.income = house.tolls
            report.to_treasury = house.tolls
            report.fees = earned
            self.journal.events.append(report)
        house.tolls = 0
        house.spread_told = house.spread_income

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

    def dials(self) -> dict[str, int]:
        """The profit that positions are marked at, and what stands behind it (1e-6)."""
        return backing(self.house).dials()

    def left_unpaid(self) -> dict[str, dict[int, int]]:
        """For each order of leaving: who would be left unpaid, and how much (1e-6)."""
        return {order: exits(self.house, order).left_unpaid() for order in EXIT_ORDERS}

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
