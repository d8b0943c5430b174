"""The GM market: liquidity, claims, operator, time and views on top of what traders do."""

from mypy_extensions import i64

from seawall.engine.designs.gm import accrual, funding
from seawall.engine.designs.gm.decrease import VOLUNTARY, Decrease, fitted, plan_decrease
from seawall.engine.designs.gm.fees import Referral
from seawall.engine.designs.gm.liquidation import is_liquidatable
from seawall.engine.designs.gm.orders import PNL_TO_COLLATERAL
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.service import VAULT, Service
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices
from seawall.engine.designs.gm.upkeep import repay_lent, take_surplus
from seawall.engine.designs.gm.views import (
    GmPosition,
    PoolView,
    depth_levels,
    loss_steps,
    pool_view,
    quote_of,
    richer_view,
    vault_view,
    view_of,
)
from seawall.engine.errors import BadParameters, Closed, OutOfRange, Unknown
from seawall.engine.events import Halted, ReportRejected, Settled
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MINUTE,
    PRICE,
    RATE,
    check_range,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.venue import TREASURY_ACCOUNT
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView


class GmMarket(Service):
    """One isolated market: pool, positions, orders, claims and oracle.

    Beside the commands of every market: :meth:`create_order`, :meth:`update_order`,
    :meth:`claim_funding` and :meth:`claim_collateral` for traders; :meth:`deposit`,
    :meth:`withdraw` and :meth:`cancel_request` for those who provide liquidity; :meth:`liquidate`,
    :meth:`update_adl` and :meth:`deleverage` for keepers; :meth:`set_referral`,
    :meth:`set_interface_fee`, :meth:`set_claim_factor`, :meth:`take_surplus` and
    :meth:`repay_lent` for the operator.
    """

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.desk.facts = facts

    # operator and keepers

    def set_referral(
        self, account: int, affiliate: int, rebate: int, discount: int, pro: int = 0, least: int = 0
    ) -> None:
        """Note who brought ``account``, and the rebates (1e-12); see :class:`fees.Referral`."""
        self._check_account(account)
        self._check_account(affiliate)
        for name, part in (("rebate", rebate), ("discount", discount), ("pro", pro)):
            check_range(name, part, 0, int(RATE), "1e-12")
        check_range("least", least, 0, rebate, "1e-12")
        try:
            self.desk.referrals[account] = Referral(affiliate, rebate, discount, pro, least)
        except BadParameters:
            raise OutOfRange(
                "rebate-too-large",
                f"discount {pro} and {least} for the affiliate are above the fee (1e-12)",
                pro + least,
                int(RATE),
            ) from None

    def set_interface_fee(self, account: int, factor: int) -> None:
        """The part of the size (1e-12) that an interface charges orders that name it."""
        self._check_account(account)
        check_range("factor", factor, 0, int(RATE), "1e-12")
        self.desk.interfaces[account] = factor

    def take_surplus(self, amount: int) -> tuple[int, int]:
        """Take ``amount`` index tokens (1e-8) out of the impact pool; what the treasury is paid."""
        self._check_open()
        desk = self.desk
        paid = take_surplus(desk.pool, desk.prices, amount, self.accounts[TREASURY_ACCOUNT])
        desk.to_treasury[0] += int(paid[0])
        desk.to_treasury[1] += int(paid[1])
        return int(paid[0]), int(paid[1])

    def repay_lent(self, amount: int) -> tuple[int, int]:
        """Let the treasury repay ``amount`` index tokens (1e-8) that were lent; what it pays."""
        self._check_open()
        desk = self.desk
        paid = repay_lent(desk.pool, desk.prices, amount, self.accounts[TREASURY_ACCOUNT])
        desk.to_treasury[0] -= int(paid[0])
        desk.to_treasury[1] -= int(paid[1])
        return int(paid[0]), int(paid[1])

    def _position(self, account: int, is_long: bool, collateral: str) -> Holding:
        self._check_account(account)
        found = self.desk.find(account, is_long, self.desk.kind_of(self._token(collateral)))
        if found is None:
            side = "long" if is_long else "short"
            raise Unknown(
                "unknown-position", f"account {account} has no {side} on {collateral}", account, 0
            )
        return found

    def liquidate(self, account: int, is_long: bool, collateral: str) -> None:
        """Liquidate a position; raises :class:`Closed` (``not-liquidatable``) while it is safe."""
        position = self._position(account, is_long, collateral)
        self._check_open()
        self._check_price_for_opening()
        if not is_liquidatable(self.desk, position):
            raise Closed("not-liquidatable", f"the position of account {account} is safe")
        before = self.desk.treasury_holds()
        self.keeper.liquidate(position)
        self.desk.note_treasury(before)
        self._after_keeper()

    def update_adl(self, is_long: bool) -> bool:
        """Find out whether a side must be deleveraged."""
        self._check_open()
        return self.keeper.look_at_adl(is_long)

    def deleverage(self, account: int, is_long: bool, collateral: str, dollars: int) -> None:
        """Close ``dollars`` (1e-6) of a winner; refusals at :meth:`Keeper.deleverage`."""
        position = self._position(account, is_long, collateral)
        check_range("dollars", dollars, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_open()
        before = self.desk.treasury_holds()
        self.keeper.deleverage(position, dollars)
        self.desk.note_treasury(before)
        self._after_keeper()

    def _after_keeper(self) -> None:
        """Cancel what was attached to positions that the keeper has closed."""
        if self.keeper.closed:
            for done in self.keeper.closed:
                self._cancel_attached(done)
            self.keeper.closed = []

    # time

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        self.oracle.check(reports, now)

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """Prices, accrual, then the keeper: liquidations, orders, requests, deleveraging."""
        desk = self.desk
        minute: i64 = self.now // MINUTE
        self.now = now
        desk.now = now
        desk.journal = self.journal
        desk.accounts = self.accounts
        self._take_reports(reports)
        if not desk.is_open:
            return
        self._watch_breakers()
        accrual.accrue(desk.pool, desk.prices, now)
        desk.touched += 1
        if not self._halted and not self.oracle.is_stale(now) and self.oracle.confirmed:
            before = desk.treasury_holds()
            self._work(budget)
            desk.note_treasury(before)
        if now // MINUTE != minute:
            self._settle()

    def _work(self, budget: i64) -> None:
        """What the keeper does in a tick: liquidations, orders, requests, deleveraging."""
        keeper = self.keeper
        keeper.find_due()
        budget = keeper.liquidate_due(budget)
        self._after_keeper()
        budget = self._serve_line(budget)
        budget = self.requests.execute(budget)
        if self.params.adl:
            budget = keeper.relieve(True, budget)
            keeper.relieve(False, budget)
            self._after_keeper()

    def _take_reports(self, reports: list[Report]) -> None:
        oracle = self.oracle
        oracle.take(reports, self.now)
        if self.journal.listening:
            for source in oracle.rejected:
                self.journal.events.append(ReportRejected(self.now, self.name, source))
        if oracle.price == 0:
            return
        desk = self.desk
        pool = desk.pool
        low: i64 = oracle.low
        high: i64 = oracle.high
        long_dollar: bool = pool.long.number == 0
        short_dollar: bool = pool.short.number == 0
        desk.prices = Prices(
            low, high, PRICE if long_dollar else low, PRICE if long_dollar else high,
            PRICE if short_dollar else low, PRICE if short_dollar else high,
        )  # fmt: skip
        desk.price_time = oracle.time
        desk.is_open = True

    def _watch_breakers(self) -> None:
        guards = self.desk.guards
        tripped: bool = guards.observe_price(self.oracle.price, self.now)
        tripped = guards.observe_funding(self._hourly()) or tripped
        self._halted = guards.is_halted(self.now)
        if tripped and self.journal.listening:
            price = guards.price_breaker
            if price is not None and price.is_halted(self.now):
                self.journal.events.append(
                    Halted(self.now, self.name, "price-breaker", price.halted_until)
                )
            breaker = guards.funding_breaker
            if breaker is not None and breaker.is_halted(self.now):
                self.journal.events.append(Halted(self.now, self.name, "funding-breaker", 0))

    def _hourly(self) -> i64:
        """The funding rate in force, 1e-12 an hour, above zero where longs pay."""
        rate: int = self.funding_rate() * 3_600
        return i64(rate // 10**12)

    def _settle(self) -> None:
        """Tell of the minute: the funding rate, the treasury's fees, and its part in dollars."""
        desk = self.desk
        pool = desk.pool
        if self.journal.listening:
            report = Settled(self.now, self.name)
            report.funding_rate = self._hourly()
            for kind, token in ((LONG, pool.long), (SHORT, pool.short)):
                fees: i64 = token.usd(desk.to_treasury[kind], desk.collateral_price(kind))
                report.income += fees
                report.to_treasury += fees if token.number == 0 else 0
            report.utilisation = desk.borrowed
            report.carry = desk.borrowed
            report.fees = desk.fees
            self.journal.events.append(report)
        desk.to_treasury[0] = 0
        desk.to_treasury[1] = 0
        desk.fees = 0
        desk.borrowed = 0

    # views

    def held_in_kind(self) -> int:
        """Index tokens (1e-8) in the pool and its swap impact pool."""
        kind: i64 = self.desk.kind_of(i64(self.desk.pool.index.number))
        if kind < 0:
            return 0
        return int(self.desk.pool.amount(kind) + self.desk.pool.swap_impact(kind).amount)

    def mark(self) -> int:
        """The trusted price (1e-10), 0 before the first."""
        return self.oracle.price

    def funding_rate(self) -> int:
        """The funding rate in force, 1e-24 per second, above zero where longs pay."""
        pool = self.desk.pool
        if pool.interest(True) == 0 or pool.interest(False) == 0:
            return 0
        _, charged = funding.next_rates(pool, self.desk.prices, 0)
        return charged

    def quote(self, size: int) -> Quote:
        """What an order that opens ``size`` would meet now."""
        self._check_fields(size, 0, "market", 0, 0)
        self._check_open()
        return quote_of(self.desk, size)

    def quote_decrease(
        self, account: int, is_long: bool, collateral: str, dollars: int
    ) -> Decrease:
        """The plan of a decrease by ``dollars`` now: price, fees, impact, caps, payout."""
        position = self._position(account, is_long, collateral)
        check_range("dollars", dollars, 0, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_open()
        plan = fitted(self.desk, position, dollars, 0, True, VOLUNTARY)
        plan_decrease(self.desk, plan, 0, PNL_TO_COLLATERAL, -1)
        return plan

    def depth(self) -> list[DepthLevel]:
        """Dollars that can be opened up to so much impact, on either side."""
        return [] if not self.desk.is_open else depth_levels(self.desk)

    def position(self, account: int) -> PositionView | None:
        """The account's largest position, or None."""
        if not 0 <= account < len(self.accounts):
            return None
        found = self.desk.largest(account)
        return None if found is None else view_of(self.desk, found)

    def positions(self, account: int) -> list[GmPosition]:
        """Every position of the account, with what it owes, is owed and would be paid."""
        self._check_account(account)
        return [richer_view(self.desk, found) for found in self.desk.of_account(account)]

    def positions_of(self, account: int) -> list[PositionView]:
        """Every position of the account as every design shows one."""
        if not 0 <= account < len(self.accounts):
            return []
        return [view_of(self.desk, found) for found in self.desk.of_account(account)]

    def pool_view(self) -> PoolView:
        """The pool: tokens, impact pools, open interest, value, GM price, rates, usage."""
        return pool_view(self.desk)

    def claimable_funding(self, account: int, token: str) -> int:
        """Funding that the account has been credited and not claimed (the token's unit)."""
        return self.desk.claims.credited(account, int(self.desk.kind_of(self._token(token))))

    def claimable_collateral(self, account: int, token: str) -> int:
        """Impact beyond the cap that the account can claim now (the token's unit)."""
        claims = self.desk.claims
        kind: int = int(self.desk.kind_of(self._token(token)))
        free: i64 = 0
        for pot in claims.pots_of(account, kind):
            free += claims.free(pot, self.now)
        return int(free)

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending."""
        accounts: list[int] = []
        for place in sorted(self.desk.positions):
            account = place >> 7
            if not accounts or accounts[-1] != account:
                accounts.append(account)
        return accounts

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token)."""
        pool = self.desk.pool
        return int(pool.interest_in_tokens(True)), int(pool.interest_in_tokens(False))

    def vaults(self) -> list[str]:
        """The pool alone."""
        return [VAULT]

    def vault(self, name: str) -> VaultView:
        """State of the pool as a vault."""
        self._check_vault(name)
        return vault_view(self.desk)

    def loss_order(self) -> list[LossStep]:
        """Collateral, then the pool, then what winners are marked at."""
        return loss_steps(self.desk)

    def pots(self) -> list[Pot]:
        """Every pot of the market."""
        desk = self.desk
        pots: list[Pot] = list(desk.pool.pots())
        pots.extend(desk.positions.values())
        pots.extend(self.counter.pots())
        pots.extend(self.requests.pots())
        pots.extend(desk.claims.pots())
        pots.extend(desk.scratch)
        return pots

    def audit(self) -> None:
        """Re-add pool, sides, collateral, pending impact and the funding pots."""
        self.desk.pool.audit()
        self.desk.audit()

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        desk = self.desk
        facts = desk.facts
        numbers: list[int] = [
            self.now, int(self._halted), facts.market_value, facts.volume, facts.depth,
            desk.price_time, *desk.lacking, *desk.to_treasury,
        ]  # fmt: skip
        numbers.extend(self.oracle.state())
        numbers.extend(desk.pool.state())
        for place in sorted(desk.positions):
            numbers.extend(desk.positions[place].state())
        for account in sorted(desk.interfaces):
            numbers += [account, desk.interfaces[account]]
        for account in sorted(desk.referrals):
            referral = desk.referrals[account]
            numbers += [account, referral.account, referral.trader, referral.affiliate]
        numbers.extend(desk.claims.state())
        numbers.extend(desk.guards.state())
        numbers.extend(self.keeper.state())
        numbers.extend(self.counter.state())
        numbers.extend(self.requests.state())
        return numbers
