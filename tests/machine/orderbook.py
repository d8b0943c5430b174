"""The order book under the state machine: its laws."""

from machine.harness import Harness
from roles import rate
from seawall.engine.designs.orderbook import OrderbookMarket
from seawall.engine.designs.orderbook import Params as OrderbookParams
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.lookout import cross_equity, is_liquidatable
from seawall.engine.errors import Refusal
from seawall.engine.events import Event
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, NOTIONAL_STEP
from seawall.engine.margin import Tier, Tiers
from seawall.engine.watch import DUE, IN_AUCTION


class Orderbook(Harness):
    """The order book: a thin book, a small vault, auctions on, so that every rung is reached."""

    design = "orderbook"
    vaults = ("hlp",)
    seed = (("hlp", 30_000),)

    def __init__(self) -> None:
        self.fills = 0

    def list_as(self, name: str) -> OrderbookMarket:
        self.fills = 0
        tiers = [
            Tier(20_000 * int(DOLLAR), 40, rate("0.0125")),
            Tier(int(MAX_DOLLARS), 10, rate("0.05")),
        ]
        params = OrderbookParams(
            tiers=Tiers(tiers, True),
            slice_above=8_000 * int(DOLLAR),
            auction=True,
            liquidator_part=rate("0.2"),
            rebalance_interval=600_000,
            vault_lock=1_800_000,
        )
        return OrderbookMarket(name, params)

    def auctions(self, market: OrderbookMarket) -> list[int]:
        return market.open_auctions()

    def on_offer(self, market: OrderbookMarket, auction: int) -> int:
        return int(market.care.auctions[auction].auction.left)

    def restart(self, market: OrderbookMarket, vault: str) -> None:
        market.restart_vault(vault)

    def make(self, market: OrderbookMarket, account: int, price: int) -> None:
        """Five orders on each side, from 5 to 105 basis points away."""
        try:
            if market.balance(account) == 0:
                market.add_margin(account, 100_000 * int(DOLLAR))
        except Refusal:
            pass
        market.cancel_all(account)
        for rung in range(5):
            size = 4_000 * (rung + 1) * int(DOLLAR) * int(NOTIONAL_STEP) // price
            away = price * (5 + 25 * rung) // 10_000
            for signed, at in ((size, price - away), (-size, price + away)):
                try:
                    market.quote_limit(account, signed, at)
                except Refusal:
                    continue

    def check_still(self, market: OrderbookMarket) -> None:
        house: House = market.house
        assert 0 <= house.dust()
        assert house.shortfall >= 0
        assert house.payable() >= 0
        for account in market.open_positions():
            view = market.position(account)
            assert view.size != 0
            assert view.entry >= 0
        holders = market.desk.coin.holders.values()
        buys = [(holder, order) for holder in holders for order in holder.open_orders()]
        for holder in holders:
            held = [order for owner, order in buys if owner is holder and not order.reduce_only]
            loose = [order for order in held if order.number not in market.desk.tickets]
            assert holder.bids == sum(order.left for order in loose if order.is_buy)
            assert holder.asks == sum(order.left for order in loose if not order.is_buy)

    def check_advance(self, market: OrderbookMarket, events: list[Event], thorough: bool) -> None:
        """By a plain scan: whoever is under maintenance is in line, or the mark has reached it.

        Nobody but a winner was deleveraged while the liquidator had equity left.
        """
        mark = market.mark()
        halted = market.desk.guards.is_halted(market.desk.time)
        for holder in market.desk.coin.holders.values():
            held = holder.holding
            if held.size == 0 or holder.member.is_liquidator or not is_liquidatable(holder):
                continue
            reached = held.slot >= 0 and (mark if held.size > 0 else -mark) <= held.key
            assert held.standing in (DUE, IN_AUCTION) or holder.member.is_due or reached
        vault = market.hlp()
        if vault is not None and thorough and not halted:
            assert cross_equity(vault.liquidator) >= 0 or not vault.liquidator.holders

    def check_quote(self, market: OrderbookMarket, size: int) -> None:
        """No larger order is better than a smaller, and none better than the best price."""
        if market.mark() == 0 or abs(size) < 2:
            return
        try:
            whole, half = market.quote(size), market.quote(size // 2)
        except Refusal:
            return
        side = 1 if size > 0 else -1
        best = market.best()[1 if size > 0 else 0]
        assert side * (half.all_in - best) >= 0
        assert side * (whole.all_in - half.all_in) >= -(10**7)
