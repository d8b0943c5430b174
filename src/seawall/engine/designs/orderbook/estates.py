"""Estates: what is liquidated as one, and what may be done to it.

An estate is an isolated position with its margin, or a cross account with all its cross positions.
One :class:`Estates` looks after all markets of a house.
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import LIQUIDATED
from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.lookout import equity_of, maintenance_of
from seawall.engine.designs.orderbook.members import Holder, Holding, Member
from seawall.engine.designs.orderbook.orders import Orders
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.fixed import RATE, mul_div_up
from seawall.engine.ladder import Ward
from seawall.engine.watch import WATCHED, Position


class Room:
    """A market as the liquidation of its house needs it: its desk and its orders."""

    def __init__(self, desk: Desk, orders: Orders) -> None:
        self.desk = desk
        self.orders = orders


class Support:
    """Whoever refills the vault's accounts before they fall; this one has nothing to give."""

    def refill(self) -> None:
        """Move collateral to where it is short."""


class Estates(Ward):
    """The estates of a house.

    ``liquidator`` is the vault's account that inherits positions, None where there is no vault;
    ``support`` refills it. ``offered`` are accounts whose estate was in an auction already.
    """

    def __init__(self, house: House, params: Params) -> None:
        self.house = house
        self.params = params
        self.rooms: list[Room] = []
        self.liquidator: Member | None = None
        self.support = Support()
        self.offered: dict[int, bool] = {}

    def room_of(self, holder: Holder) -> Room:
        """The market of a position."""
        return self.rooms[holder.coin.index]

    def desk_of(self, holder: Holder) -> Desk:
        """The desk of a position."""
        return self.rooms[holder.coin.index].desk

    def parts(self, held: Holding) -> list[Holder]:
        """The positions of an estate; for a cross account all cross positions, by market."""
        if held.holder.isolated:
            return [held.holder]
        found: list[Holder] = []
        for holder in held.holder.member.holders:
            if not holder.isolated and holder.holding.size != 0:
                found.append(holder)
        return found

    def equity_of(self, position: Position) -> i64:
        """Equity of the estate at the marks."""
        return equity_of(cast(Holding, position).holder)

    def is_below_backstop(self, position: Position) -> bool:
        """Whether the estate is for the rungs behind the book: equity below two thirds of
        maintenance, or below nothing where nobody would take it over.
        """
        holder = cast(Holding, position).holder
        equity: i64 = equity_of(holder)
        if self.liquidator is None or not self.params.backstop:
            return equity < 0
        return equity < mul_div_up(maintenance_of(holder), self.params.backstop_at, RATE)

    def stands(self, held: Holding) -> bool:
        """Whether anything of the estate is left to be liquidated."""
        if held.holder.isolated:
            return held.size != 0
        for holder in held.holder.member.holders:
            if not holder.isolated and holder.holding.size != 0:
                return True
        return False

    def let_go(self, held: Holding) -> None:
        """Put a healthy estate, or what is left of one, under watch again."""
        self.offered.pop(int(held.account), False)
        held.standing = WATCHED
        held.holder.member.is_due = held.holder.isolated and held.holder.member.is_due
        self.house.watch(held.holder)

    def cancel_orders(self, held: Holding) -> None:
        """Cancel the open orders of an estate."""
        if held.holder.isolated:
            self.room_of(held.holder).orders.cancel_all(held.holder, LIQUIDATED)
            return
        for holder in held.holder.member.holders:
            if not holder.isolated or holder.holding.size == 0:
                self.room_of(holder).orders.cancel_all(holder, LIQUIDATED)

    def members_of(self, held: Holding) -> list[Holder]:
        """All books at which the owner of an estate stands."""
        return [held.holder] if held.holder.isolated else list(held.holder.member.holders)

    def shed(self, holder: Holder) -> None:
        """Cancel reduce-only orders that can no longer reduce."""
        room = self.room_of(holder)
        room.orders.book.shed(holder, room.desk)
