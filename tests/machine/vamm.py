"""The virtual AMM under the state machine: its laws."""

from machine.harness import Harness
from roles import rate
from seawall.engine.designs.vamm import Params as VammParams
from seawall.engine.designs.vamm import VammMarket
from seawall.engine.errors import LimitReached
from seawall.engine.events import Event
from seawall.engine.fixed import DOLLAR
from seawall.engine.watch import DUE


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
