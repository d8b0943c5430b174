"""Delisting: every position is closed at one price, every order cancelled, and trading ends.

The price is the oracle's mean over the hour before, or one that is forced upon the market, as the
validators did with JELLY on 26 March 2025. Source: Hyperliquid's documentation, "Delisting".
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import DELISTED
from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.liquidation import Care
from seawall.engine.designs.orderbook.members import Holder
from seawall.engine.designs.orderbook.orders import Orders
from seawall.engine.events import Filled, Halted
from seawall.engine.fixed import magnitude


def delist(desk: Desk, orders: Orders, care: Care, price: i64) -> None:
    """Settle everything at ``price`` (1e-10).

    All positions are closed before any margin is returned; where the losers' margins do not pay
    for the winners, the last of them find the house empty and keep a claim in the cross balance.
    """
    coin = desk.coin
    for number in care.open_auctions(coin):
        care.close_auction(number, "called-off")
    orders.cancel_everything(DELISTED)
    desk.settled = True
    coin.previous = coin.mark
    coin.mark = price
    closed: list[Holder] = []
    for account in sorted(coin.holders):
        holder = coin.holders[account]
        size: i64 = holder.holding.size
        if size == 0:
            continue
        result: i64 = desk.house.close(holder, magnitude(size), price)
        closed.append(holder)
        if desk.journal.listening:
            desk.journal.events.append(
                Filled(desk.time, desk.name, account, 0, -size, price, 0, 0, 0, result, 0, 0, 0)
            )
    for holder in closed:
        if holder.isolated:
            desk.house.write_off(holder.holding.purse)
        else:
            desk.forgive(holder.member)
    for holder in closed:
        if holder.isolated:
            desk.refund(holder, holder.holding.purse.amount)
        desk.clean(holder)
        care.let_go(holder.holding)
    desk.house.due = [held for held in desk.house.due if held.size != 0 or not held.holder.isolated]
    if desk.journal.listening:
        desk.journal.events.append(Halted(desk.time, desk.name, "delisted", 0))
