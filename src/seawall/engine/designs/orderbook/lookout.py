"""Who must be liquidated, found without looking at everybody.

For an isolated position there is one mark at which it falls, and :func:`liquidation_price` gives
it to the unit. A cross account has no such price: any of its positions may bring it down. Its
slack (equity less maintenance) is divided among its positions evenly, and each of them is watched
as if it were isolated on the margin that leaves it that slack. As long as no position has used up
its part, the account has not used up the whole; a position that has sends the account to be looked
at, and if it is healthy the slack is divided anew. With one position the price is exact.

Longs and shorts of a market stand in a heap each by that mark, so a quiet tick looks at two tops.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.members import Holder, Member
from seawall.engine.fixed import notional_up
from seawall.engine.margin import liquidation_price
from seawall.engine.watch import ByKey, Position


class Lookout:
    """The positions of one market by the mark at which they need to be looked at."""

    def __init__(self) -> None:
        self.longs = ByKey()
        self.shorts = ByKey()

    def drop(self, position: Position) -> None:
        """Forget a position if it stands in a heap. To be called before its side changes."""
        if position.slot < 0:
            return
        if position.key > 0:
            self.longs.remove(position, i64(position.slot))
        else:
            self.shorts.remove(position, i64(position.slot))

    def add(self, position: Position, price: i64) -> None:
        """Watch a position for the mark ``price`` (1e-10): falling to it, or rising for a short.

        Positions whose price is 0 or out of range can never fall: they need no watch.
        """
        self.drop(position)
        if position.size > 0:
            if price > 0:
                position.key = price
                self.longs.push(position)
        else:
            position.key = -price
            self.shorts.push(position)

    def next_candidate(self, mark: i64) -> Position | None:
        """A position whose price the mark has reached, dropped from the watch, or None."""
        longs = self.longs.items
        if len(longs) > 0 and mark <= longs[0].key:
            top = longs[0]
            self.drop(top)
            return top
        shorts = self.shorts.items
        if len(shorts) > 0 and -mark <= shorts[0].key:
            top = shorts[0]
            self.drop(top)
            return top
        return None


def cross_equity(member: Member) -> i64:
    """Cash plus the results of all cross positions at their marks (1e-6 dollar)."""
    equity: i64 = member.cash()
    for holder in member.holders:
        if not holder.isolated and holder.holding.size != 0:
            equity += holder.holding.result(holder.coin.mark)
    return equity


def cross_maintenance(member: Member) -> i64:
    """Maintenance requirement of all cross positions (1e-6 dollar)."""
    total: i64 = 0
    for holder in member.holders:
        if not holder.isolated and holder.holding.size != 0:
            total += holder.maintenance(holder.coin.mark)
    return total


def cross_initial(member: Member) -> i64:
    """Initial requirement of cross positions and of all orders that the balance carries."""
    total: i64 = 0
    for holder in member.holders:
        if holder.holding.size != 0 or holder.bids != 0 or holder.asks != 0:
            total += holder.initial(holder.coin.mark)
    return total


def others_initial(holder: Holder) -> i64:
    """The same without one of them."""
    total: i64 = 0
    for other in holder.member.holders:
        if other is holder:
            continue
        if other.holding.size != 0 or other.bids != 0 or other.asks != 0:
            total += other.initial(other.coin.mark)
    return total


def cross_notional(member: Member) -> i64:
    """Notional of all cross positions at their marks (1e-6 dollar)."""
    total: i64 = 0
    for holder in member.holders:
        if not holder.isolated and holder.holding.size != 0:
            total += value_of(holder)
    return total


def value_of(holder: Holder) -> i64:
    """Notional of a position at the mark (1e-6 dollar, rounded up)."""
    return notional_up(holder.holding.quantity(), holder.coin.mark)


def equity_of(holder: Holder) -> i64:
    """Equity that stands behind a position: its own where it is isolated, else the account's."""
    if holder.isolated:
        return holder.holding.purse.cash() + holder.holding.result(holder.coin.mark)
    return cross_equity(holder.member)


def maintenance_of(holder: Holder) -> i64:
    """Maintenance that this equity is held against (1e-6 dollar)."""
    if holder.isolated:
        return holder.maintenance(holder.coin.mark)
    return cross_maintenance(holder.member)


def falls_at(holder: Holder) -> i64:
    """The mark (1e-10) at which the position falls, all else unchanged; the way views show it."""
    held = holder.holding
    if holder.isolated:
        margin: i64 = held.purse.cash()
    else:
        rest: i64 = cross_maintenance(holder.member) - holder.maintenance(holder.coin.mark)
        margin = cross_equity(holder.member) - held.result(holder.coin.mark) - rest
    return liquidation_price(held.size, held.entry, margin, holder.coin.tiers)


def watched_at(holder: Holder, part: i64) -> i64:
    """The mark at which a cross position has used ``part`` (1e-6 dollar) of its account's slack."""
    held = holder.holding
    mark: i64 = holder.coin.mark
    margin: i64 = part - held.result(mark) + holder.maintenance(mark)
    return liquidation_price(held.size, held.entry, margin, holder.coin.tiers)


def is_liquidatable(holder: Holder) -> bool:
    """Whether the equity behind a position is below maintenance."""
    return equity_of(holder) < maintenance_of(holder)
