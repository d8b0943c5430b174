"""What the state machine has to know of a design: how to list it, and which laws it keeps.

A design joins the fuzz by one subclass of :class:`Harness`. The machine sees a market only through
its public commands and views; what lies behind them is the harness's business.
"""

from fractions import Fraction

from roles import rate
from seawall.engine.designs.gm import FundingParams, GmMarket, ImpactParams, SideParams
from seawall.engine.designs.gm import Params as GmParams
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.designs.layered.pricing import charge
from seawall.engine.designs.vamm import Params as VammParams
from seawall.engine.designs.vamm import VammMarket
from seawall.engine.errors import LimitReached
from seawall.engine.events import Deleveraged, Event, Filled, RungReached, Settled
from seawall.engine.fixed import DOLLAR
from seawall.engine.venue import Market
from seawall.engine.watch import DUE, IN_AUCTION


class Harness:
    """One design under test."""

    design = ""
    vaults: tuple[str, ...] = ()
    seed: tuple[tuple[str, int], ...] = ()
    """What each vault starts with, in dollars, in the order in which it is deposited."""

    seed_in_kind: tuple[tuple[str, int], ...] = ()
    """The same for vaults that take the market's own token: dollars' worth of it."""

    def list_as(self, name: str) -> Market:
        """A new market of the design."""
        raise NotImplementedError

    def auctions(self, market: Market) -> list[int]:
        """Numbers of the auctions that are open."""
        return []

    def on_offer(self, market: Market, auction: int) -> int:
        """Size (1e-8 token, signed) that an auction still offers."""
        raise NotImplementedError

    def restart(self, market: Market, vault: str) -> None:
        """Continue a worthless vault as a new series."""
        raise NotImplementedError

    def snapshot(self, market: Market) -> object:
        """What :meth:`check_action` needs to know of the moment before."""
        return None

    def check_still(self, market: Market) -> None:
        """Laws of every moment."""

    def check_action(self, before: object, market: Market, events: list[Event]) -> None:
        """Laws of a single action of the keeper, with what was before it."""

    def check_advance(self, market: Market, events: list[Event], thorough: bool) -> None:
        """Laws of a moment right after time has passed; ``thorough``: the keeper had no limit."""

    def note(self, events: list[Event], minutes: int) -> None:
        """Learn what has happened in market A, before the laws of the advance are asked."""

    def check_quote(self, market: Market, size: int) -> None:
        """Laws of a price: what it may not depend on."""


class Layered(Harness):
    """The layered market: small vaults, so that the last rungs are within reach."""

    design = "layered"
    vaults = ("junior", "senior")
    seed = (("junior", 40_000), ("senior", 100_000))

    def __init__(self) -> None:
        self.minutes = 0
        self.touched = 0

    def list_as(self, name: str) -> LayeredMarket:
        self.minutes = 0
        self.touched = 0
        params = Params(
            side_cap=rate("1.5"),
            funding_pace=rate("0.2"),
            move_fee=rate("0.02"),
            senior_epoch=600_000,
            junior_epoch=1_800_000,
        )
        return LayeredMarket(name, params)

    def auctions(self, market: LayeredMarket) -> list[int]:
        return market.open_auctions()

    def on_offer(self, market: LayeredMarket, auction: int) -> int:
        return int(market.care.auctions[auction].left)

    def restart(self, market: LayeredMarket, vault: str) -> None:
        market.restart_vault(vault)

    def snapshot(self, market: LayeredMarket) -> tuple[int, int, int]:
        """Cash, the traders' result, and what losers could still be called in for."""
        pool = market.desk.pool
        views = [market.position(account) for account in market.open_positions()]
        callable_ = sum(max(0, min(-view.result, view.margin)) for view in views)
        return int(pool.cash.amount), int(pool.book.result()), callable_

    def check_still(self, market: LayeredMarket) -> None:
        pool = market.desk.pool
        low = pool.value_low()
        assert 0 <= low <= pool.value_high()
        senior, junior = market.vault("senior"), market.vault("junior")
        assert senior.assets + junior.assets <= low
        assert junior.assets == 0 or senior.assets == pool.claim
        assert pool.claim >= 0
        assert pool.advanced >= 0
        for account in market.open_positions():
            view = market.position(account)
            assert view.size != 0
            assert view.entry >= 0
            assert view.equity == view.margin + view.result - view.accrued
        self._check_clearing(market)

    def _check_clearing(self, market: LayeredMarket) -> None:
        """Minus the clearing pot is what open positions owe, to the dust of the roundings."""
        accrual = market.desk.accrual
        dust = accrual.clearing.amount + market.desk.owed_by_all() + accrual.shortfall
        assert 0 <= dust <= 4 * self.minutes + 2 * self.touched + len(market.open_positions())

    def check_action(
        self, before: tuple[int, int, int], market: LayeredMarket, events: list[Event]
    ) -> None:
        """A solvent pool that can call the cash in withholds nothing from a winner.

        The pool is solvent when C >= U. What it can pay at once is C and, from losers, the lesser
        of loss and margin; a profit within both is paid to the unit.
        """
        cash, owed, callable_ = before
        paid = [event for event in events if isinstance(event, Filled | Deleveraged)]
        profits = sum(
            max(0, event.result) if isinstance(event, Filled) else event.profit + event.withheld
            for event in paid
        )
        if owed <= cash and profits <= cash + callable_:
            assert all(event.withheld == 0 for event in paid)
        for event in paid:
            if event.withheld and owed <= cash:
                assert profits > cash + callable_

    def check_advance(self, market: LayeredMarket, events: list[Event], thorough: bool) -> None:
        settled = [event for event in events if isinstance(event, Settled)]
        pool = market.desk.pool
        if not market.oracle.is_stale(market.now) and market.mark() > 0:
            fresh_insurance = sum(event.to_insurance for event in settled)
            assert pool.surplus_low() >= pool.claim or pool.insurance.amount <= fresh_insurance
            if thorough and not market.guards.is_halted(market.now):
                self._check_none_is_missed(market, events)

    def _check_none_is_missed(self, market: LayeredMarket, events: list[Event]) -> None:
        """By a plain scan: whoever is under the maintenance waits, is on offer, or just traded."""
        traded = {
            event.account
            for event in events
            if isinstance(event, Filled | Deleveraged | RungReached)
        }
        for account, position in market.desk.positions.items():
            if market.desk.is_liquidatable(position) and account not in traded:
                assert position.standing in (DUE, IN_AUCTION)

    def note(self, events: list[Event], minutes: int) -> None:
        """Count what may leave dust behind."""
        self.minutes += minutes
        self.touched += 2 * len(events) + 2

    def check_quote(self, market: LayeredMarket, size: int) -> None:
        """An order costs what its two halves cost one after the other, up to their roundings."""
        desk = market.desk
        if market.mark() == 0 or abs(size) < 2:
            return
        curve = desk.struck()
        first = size // 2

        def cost(inventory: int, part: int) -> int:
            price = int(desk.fill_price(part))
            mark = market.mark()
            bill = charge(desk.params, curve, inventory, part, mark, price, 0)
            return int(bill.fee + bill.spread + bill.impact)

        inventory = int(desk.book.inventory())
        whole = cost(inventory, size)
        halves = cost(inventory, first) + cost(inventory + first, size - first)
        assert whole - 2 <= halves <= whole + 12
        assert cost(inventory, size) + cost(inventory + size, -size) > 0


class Vamm(Harness):
    """The virtual AMM: a thin curve and a small fund, so that the fund can be emptied."""

    design = "vamm"
    vaults = ("fund",)
    seed = (("fund", 20_000),)

    def __init__(self) -> None:
        self.product = 0

    def list_as(self, name: str) -> VammMarket:
        self.product = 0
        params = VammParams(
            quote_reserve=400_000 * int(DOLLAR),
            initial_ratio=rate("0.025"),
            maintenance_ratio=rate("0.0125"),
            liquidation_fee=rate("0.005"),
            fluctuation=rate("0.1"),
            toll=rate("0.0005"),
            fund_epoch=1_800_000,
        )
        return VammMarket(name, params)

    def restart(self, market: VammMarket, vault: str) -> None:
        market.restart_vault(vault)

    def check_still(self, market: VammMarket) -> None:
        quote, base, _ = market.curve()
        assert quote * base >= self.product, "a trade was rounded against the pool"
        self.product = quote * base
        house = market.house
        assert house.vault() >= 0
        assert house.prepaid >= 0
        assert house.shortfall >= 0
        for account in market.open_positions():
            view = market.position(account)
            assert view.size != 0
            assert view.entry > 0
            assert view.equity == view.margin + view.result - view.accrued

    def check_advance(self, market: VammMarket, events: list[Event], thorough: bool) -> None:
        """Whoever must be liquidated waits for it, or the mark has reached his trigger."""
        house = market.house
        mark = market.mark()
        for account, position in house.positions.items():
            if position.standing != DUE and house.is_liquidatable(position):
                reached = mark if position.size > 0 else -mark
                assert reached <= position.key, f"{account} is overlooked at {mark}"

    def check_quote(self, market: VammMarket, size: int) -> None:
        """No order is better than the mark, and no larger one better than a smaller."""
        if market.mark() == 0 or abs(size) < 2:
            return
        try:
            whole, half = market.quote(size), market.quote(size // 2)
        except LimitReached:
            return
        side = 1 if size > 0 else -1
        assert side * (whole.all_in - market.mark()) >= 0
        assert side * (whole.all_in - half.all_in) >= -market.mark() // 10**6


class Gm(Harness):
    """A GM pool: small, with impact, funding and borrowing that are felt within an hour."""

    design = "gm"
    vaults = ("gm",)
    seed = (("gm", 60_000),)
    seed_in_kind = (("gm", 60_000),)

    def list_as(self, name: str) -> GmMarket:
        side = SideParams(
            max_interest=200_000 * int(DOLLAR),
            collateral_multiplier=20_000_000_000,
            pnl_adl=rate("0.4"),
            pnl_after_adl=rate("0.3"),
            pnl_traders=rate("0.5"),
            pnl_withdrawals=rate("0.35"),
        )
        params = GmParams(
            impact=ImpactParams(
                negative=20_000_000_000, positive=10_000_000_000, exponent_positive=rate(2),
                max_lendable=rate("0.01"), max_lendable_usd=500 * int(DOLLAR),
            ),
            funding=FundingParams(increase=2_000_000_000_000_000, most=2_000_000_000_000),
            longs=side,
            shorts=side,
            cancel_delay=0,
            impact_floor=0,
            distribution_rate=10**15,
        )  # fmt: skip
        return GmMarket(name, params)

    def restart(self, market: GmMarket, vault: str) -> None:
        """A GM pool is never worth nothing for good: there is nothing to continue."""

    def check_still(self, market: GmMarket) -> None:
        pool = market.desk.pool
        assert pool.impact_pool >= 0
        assert pool.lent >= 0
        assert pool.impact_pool == 0 or pool.lent == 0
        for account in market.open_positions():
            for view in market.positions_of(account):
                assert view.size != 0
                assert view.entry > 0
                assert view.equity == view.margin + view.result - view.accrued

    def check_advance(self, market: GmMarket, events: list[Event], thorough: bool) -> None:
        """By a plain scan: whoever must be liquidated waits for it, or traded at this very tick."""
        desk = market.desk
        if market.oracle.is_stale(market.now) or not market.oracle.confirmed or not desk.is_open:
            return
        if desk.guards.is_halted(market.now):
            return
        traded = {
            event.account
            for event in events
            if isinstance(event, Filled | Deleveraged | RungReached)
        }
        for position in desk.positions.values():
            if position.account not in traded and market.keeper.is_due(position):
                assert position.standing == DUE, f"{position.account} is overlooked"
        if thorough:
            assert not desk.lookout.due.items

    def check_quote(self, market: GmMarket, size: int) -> None:
        """No larger order is better for its size than a smaller one."""
        if market.mark() == 0 or abs(size) < 2:
            return
        try:
            whole, half = market.quote(size), market.quote(size // 2)
        except LimitReached:
            return
        side = 1 if size > 0 else -1
        assert side * (whole.all_in - half.all_in) >= -market.mark() // 10**6


def part(amount: int, percent: int) -> int:
    """A share of an amount in whole percent."""
    return int(Fraction(amount * percent, 100))
