"""GMX v2's pool under the state machine: its laws."""

from machine.harness import Harness
from roles import rate
from seawall.engine.designs.gm import FundingParams, GmMarket, ImpactParams, SideParams
from seawall.engine.designs.gm import Params as GmParams
from seawall.engine.errors import LimitReached
from seawall.engine.events import Deleveraged, Event, Filled, RungReached
from seawall.engine.fixed import DOLLAR
from seawall.engine.watch import DUE


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
