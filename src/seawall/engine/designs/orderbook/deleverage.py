"""Deleveraging: who closes against an account that nothing else can save.

All holders of the other side are ranked, and their positions are closed against the account at the
mark before the last one, from the top rank down; the last of them in part. With N the notional of
a position at the mark M, E its entry notional and V the equity it is ranked by::

    rank of a long      (M / entry) * (N / V)
    rank of a short     (entry / M) * (N / V); read literally (M / entry) * (N / V)

The page gives the first form alone; read literally it would take a short that lost before one that
won. V is the equity of an isolated position, or of the account. Both readings are parameters. Who
has no equity left stands last. Equal ranks go by account number. Source: Hyperliquid's
documentation, "Auto-deleveraging"; the queue is that of :mod:`seawall.engine.adl`.
"""

from mypy_extensions import i64

from seawall.engine.adl import MAX_SCORE, Queue, Winner
from seawall.engine.designs.orderbook.auctions import Auctions
from seawall.engine.designs.orderbook.estates import Room
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.lookout import cross_equity, value_of
from seawall.engine.designs.orderbook.members import Coin, Holder
from seawall.engine.designs.orderbook.params import ACCOUNT, LITERAL, Params
from seawall.engine.events import Deleveraged, RungReached
from seawall.engine.fixed import RATE, smaller


def rank(holder: Holder, params: Params) -> i64:
    """Rank of a position in 1e-12, capped at a million; minus a million without equity."""
    held = holder.holding
    value: int = value_of(holder)
    entry: int = held.entry
    equity: int = equity_behind(holder, params)
    if equity <= 0 or entry == 0:
        return -MAX_SCORE
    if held.size > 0 or params.short_rank == LITERAL:
        found = value * value * 1_000_000_000_000 // (entry * equity)
    else:
        found = entry * 1_000_000_000_000 // equity
    most = 1_000_000_000_000_000_000
    return i64(most if found > most else found)


def equity_behind(holder: Holder, params: Params) -> i64:
    """The equity (1e-6 dollar) that a position is ranked by."""
    if not holder.isolated:
        return cross_equity(holder.member)
    own: i64 = holder.holding.purse.cash() + holder.holding.result(holder.coin.mark)
    if params.rank_value == ACCOUNT:
        return own + cross_equity(holder.member)
    return own


def opposite(coin: Coin, is_long: bool) -> list[Holder]:
    """Holders of the side opposite to a long or a short, by account."""
    found: list[Holder] = []
    for account in sorted(coin.holders):
        holder = coin.holders[account]
        if holder.holding.size != 0 and (holder.holding.size > 0) != is_long:
            found.append(holder)
    return found


def in_line(holders: list[Holder], params: Params) -> list[Holder]:
    """The same holders, the highest rank first; equal ranks as they come."""
    ranked: list[tuple[int, int]] = []
    for place, holder in enumerate(holders):
        ranked.append((-int(rank(holder, params)), place))
    ranked.sort()
    return [holders[place] for _, place in ranked]


def shares_of(holders: list[Holder], params: Params, size: i64) -> list[i64]:
    """Tokens (1e-8) that each of ``holders`` gives up of ``size`` in all, by rank."""
    winners: list[Winner] = []
    for holder in holders:
        winners.append(Winner(holder.holding.quantity(), rank(holder, params), RATE))
    return Queue().haircuts(winners, size)


class Deleveraging(Auctions):
    """The estates of a house with those that only the other side can close."""

    def __init__(self, house: House, params: Params) -> None:
        super().__init__(house, params)
        self.bankrupt: list[Holder] = []

    def deleverage(self) -> None:
        """Close what is bankrupt against the other side, market by market, at one price each."""
        if len(self.bankrupt) == 0:
            return
        fallen = self.bankrupt
        self.bankrupt = []
        for room in self.rooms:
            for is_long in (True, False):
                losers = [
                    holder
                    for holder in fallen
                    if holder.coin is room.desk.coin
                    and holder.holding.size != 0
                    and (holder.holding.size > 0) == is_long
                ]
                if len(losers) > 0:
                    self._match_off(room, losers, is_long)
        for holder in fallen:
            self.desk_of(holder).forgive(holder.member)

    def _match_off(self, room: Room, losers: list[Holder], is_long: bool) -> None:
        coin = room.desk.coin
        price: i64 = coin.previous if coin.previous > 0 else coin.mark
        total: i64 = 0
        for loser in losers:
            total += loser.holding.quantity()
        holders = in_line(opposite(coin, is_long), self.params)
        taken = shares_of(holders, self.params, total)
        place: i64 = 0
        for loser in losers:
            closed: i64 = 0
            result: i64 = 0
            before: i64 = self.house.shortfall
            while loser.holding.size != 0:
                if taken[place] == 0:
                    place += 1
                    continue
                part: i64 = smaller(taken[place], loser.holding.quantity())
                taken[place] -= part
                closed += part
                result += self._close_against(room, loser, holders[place], part, price, is_long)
            room.desk.clean(loser)
            self.changed(loser)
            desk = room.desk
            event = RungReached(desk.time, desk.name, "deleverage", loser.account)
            event.closed = closed if is_long else -closed
            event.price = price
            event.result = result
            event.shortfall = self.house.shortfall - before
            if desk.journal.listening:
                desk.journal.events.append(event)

    def _close_against(
        self, room: Room, loser: Holder, winner: Holder, part: i64, price: i64, is_long: bool
    ) -> i64:
        desk = room.desk
        signed: i64 = -part if is_long else part
        result, _ = desk.move(loser, signed, price, 0, None, 0, True)
        profit, _ = desk.move(winner, -signed, price, 0, None, 0, False)
        if desk.journal.listening:
            desk.journal.events.append(
                Deleveraged(desk.time, desk.name, winner.account, signed, price, profit, 0)
            )
        if winner.holding.size == 0:
            desk.clean(winner)
        self.changed(winner)
        return result
