"""The layered market under the state machine: its laws."""

from machine.harness import Harness
from roles import rate
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.designs.layered.pricing import charge
from seawall.engine.events import Deleveraged, Event, Filled, RungReached, Settled
from seawall.engine.watch import DUE, IN_AUCTION


class Layered(Harness):
    """The layered market: small vaults, so that the last rungs are within reach."""

    design = "layered"
    vaults = ("junior", "senior")
    seed = (("junior", 15_000), ("senior", 35_000))

    def __init__(self) -> None:
        self.minutes = 0
        self.touched = 0

    def list_as(self, name: str) -> LayeredMarket:
        self.minutes = 0
        self.touched = 0
        params = Params(
            side_cap=rate(4),
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
