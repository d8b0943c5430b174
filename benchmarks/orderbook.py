"""What the order book costs: operations without and with accounts, against a peer, by levels.

The workload: 70 % limit orders within 50 ticks of the middle, some of them across it, so that
about as many orders meet as keeps the book at its size, and 30 % cancels of random live orders.
It is drawn once from a seed and then run by every engine alike.
"""

from __future__ import annotations

import gc
import importlib.util
import random
import time
from decimal import Decimal

import seawall as sw
from seawall.engine.commands import Cancel, Command, Place, replay
from seawall.engine.designs.orderbook import OrderbookMarket
from seawall.engine.designs.orderbook.book import Book, Clearing
from seawall.engine.designs.orderbook.feed import Step, feed
from seawall.engine.designs.orderbook.levels import Owner, Resting

TICK = int(sw.PRICE) // 10
MIDDLE = 2_000 * int(sw.PRICE)
LOT = int(sw.TOKEN) // 100
REACH = 50
ACROSS = 20
ACCOUNTS = 1_000

Operation = tuple[int, int, bool, int, int]
"""Number, account, side, price, size; a cancel has size 0."""


def owners() -> list[Owner]:
    """Accounts at a bare book."""
    return [Owner(account) for account in range(ACCOUNTS)]


class Draw:
    """Draws operations, keeping a book of its own so that cancels name live orders."""

    def __init__(self, seed: int, reach: int) -> None:
        self.random = random.Random(seed)
        self.reach = reach
        self.book = Book()
        self.desk = Clearing()
        self.owners = owners()
        self.live: list[int] = []
        self.number = 0

    def limit(self, across: int) -> Operation:
        """A limit order up to ``across`` ticks on the wrong side of the middle."""
        self.number += 1
        account = self.random.randrange(ACCOUNTS)
        is_buy = self.random.random() < 0.5
        offset = self.random.randint(1 - across, self.reach) * TICK
        price = MIDDLE - offset if is_buy else MIDDLE + offset
        size = self.random.randint(1, 100) * LOT
        self.book.place(
            Resting(self.number, self.owners[account], is_buy, price, size, False, 0), self.desk
        )
        if self.number in self.book.orders:
            self.live.append(self.number)
        return self.number, account, is_buy, price, size

    def cancel(self) -> Operation:
        """A cancel of a live order."""
        while True:
            place = self.random.randrange(len(self.live))
            number = self.live[place]
            self.live[place] = self.live[-1]
            self.live.pop()
            order = self.book.orders.get(number)
            if order is not None:
                self.book.cancel(number)
                return number, int(order.owner.account), False, 0, 0

    def filling(self, resting: int) -> list[Operation]:
        """Limit orders until ``resting`` of them rest."""
        drawn = []
        while len(self.book.orders) < resting:
            drawn.append(self.limit(0))
        return drawn

    def mix(self, count: int) -> list[Operation]:
        """``count`` operations, 70 % orders and 30 % cancels."""
        return [
            self.limit(ACROSS) if self.random.random() < 0.7 else self.cancel()
            for _ in range(count)
        ]


def bare(resting: int, count: int, rounds: int, compiled_driver: bool) -> list[float]:
    """Operations per second on a book without accounts."""
    draw = Draw(1, REACH)
    filling, mix = draw.filling(resting), draw.mix(count)
    before = [Step(*operation) for operation in filling]
    steps = [Step(*operation) for operation in mix]
    speeds = []
    gc.disable()
    for _ in range(rounds):
        book, desk, accounts = Book(), Clearing(), owners()
        feed(book, desk, accounts, before)
        gc.collect()
        begin = time.perf_counter()
        if compiled_driver:
            missed = feed(book, desk, accounts, steps)
        else:
            missed = _from_python(book, desk, accounts, mix)
        speeds.append(count / (time.perf_counter() - begin))
        if missed or len(book.orders) != len(draw.book.orders):
            raise RuntimeError(f"{missed} cancels missed, {len(book.orders)} orders left")
    gc.enable()
    book.audit()
    return speeds


def _from_python(book: Book, desk: Clearing, accounts: list[Owner], mix: list[Operation]) -> int:
    place, cancel = book.place, book.cancel
    missed = 0
    for number, account, is_buy, price, size in mix:
        if size:
            place(Resting(number, accounts[account], is_buy, price, size, False, 0), desk)
        elif not cancel(number):
            missed += 1
    return missed


def venue_with_accounts() -> tuple[sw.Venue, OrderbookMarket, int]:
    """A venue with a price and funded accounts; the number of the first of them."""
    venue, market = sw.Venue(), OrderbookMarket("ETH")
    venue.list_market(market)
    now = 1_760_000_000_000
    venue.advance(now, {"ETH": [sw.Report("bench", MIDDLE, now)]})
    first = 0
    for _ in range(ACCOUNTS):
        account = venue.open_account()
        first = first or account
        venue.deposit(account, 10_000_000 * int(sw.DOLLAR))
        venue.add_margin("ETH", account, 10_000_000 * int(sw.DOLLAR))
    return venue, market, first


def with_accounts(resting: int, count: int, rounds: int, compiled_driver: bool) -> list[float]:
    """Operations per second as commands to a venue: accounts, margin checks, fees."""
    draw = Draw(1, REACH)
    filling, mix = draw.filling(resting), draw.mix(count)
    speeds = []
    gc.disable()
    for _ in range(rounds):
        venue, market, first = venue_with_accounts()
        refused = [code for code in replay(venue, _commands(filling, first)) if code]
        commands = _commands(mix, first)
        gc.collect()
        begin = time.perf_counter()
        if compiled_driver:
            refused += [code for code in replay(venue, commands) if code]
        else:
            _place_from_python(market, first, mix)
        speeds.append(count / (time.perf_counter() - begin))
        if refused or len(market.book.orders) != len(draw.book.orders):
            raise RuntimeError(f"{refused[:3]}, {len(market.book.orders)} orders left")
    gc.enable()
    venue.audit()
    return speeds


def _commands(operations: list[Operation], first: int) -> list[Command]:
    commands: list[Command] = []
    for number, account, is_buy, price, size in operations:
        if size:
            signed = size if is_buy else -size
            commands.append(Place("ETH", first + account, signed, 0, "limit", price))
        else:
            commands.append(Cancel("ETH", first + account, number))
    return commands


def _place_from_python(market: OrderbookMarket, first: int, mix: list[Operation]) -> None:
    place, cancel = market.place_limit, market.cancel
    for number, account, is_buy, price, size in mix:
        if size:
            place(first + account, size if is_buy else -size, price)
        else:
            cancel(first + account, number)


def peer(resting: int, count: int) -> list[float]:
    """The same operations on ``pyorderbook``; empty where it is not installed."""
    if importlib.util.find_spec("pyorderbook") is None:
        return []
    from pyorderbook import Book as PeerBook
    from pyorderbook import ask, bid

    draw = Draw(1, REACH)
    filling, mix = draw.filling(resting), draw.mix(count)
    book = PeerBook()
    orders = {}
    prices: dict[int, Decimal] = {}
    for _, _, _, price, _ in filling + mix:
        prices[price] = Decimal(price) / int(sw.PRICE)

    def run(operations: list[Operation]) -> None:
        for number, _, is_buy, price, size in operations:
            if size:
                order = (bid if is_buy else ask)("ETH", prices[price], size)
                orders[number] = order
                book.match(order)
            else:
                book.cancel(orders[number])

    gc.disable()
    run(filling)
    gc.collect()
    begin = time.perf_counter()
    run(mix)
    seconds = time.perf_counter() - begin
    gc.enable()
    return [count / seconds]


def by_levels(levels: int, count: int) -> tuple[float, float]:
    """Seconds to place an order that opens a level, and to cancel it, beside ``levels`` others."""
    generator = random.Random(levels)
    book, owner = Book(), Owner(0)
    places = list(range(1, 2 * levels + 1))
    generator.shuffle(places)
    for number, place in enumerate(places[:levels], 1):
        book.add(Resting(number, owner, True, place, LOT, False, 0))
    fresh = places[levels : levels + count]
    number = levels
    placing = cancelling = 0.0
    gc.disable()
    turns = max(1, 20_000 // len(fresh))
    for _ in range(turns):
        orders = [
            Resting(number + index, owner, True, place, LOT, False, 0)
            for index, place in enumerate(fresh, 1)
        ]
        number += len(orders)
        begin = time.perf_counter()
        for order in orders:
            book.add(order)
        middle = time.perf_counter()
        for order in orders:
            book.remove(order)
        placing += middle - begin
        cancelling += time.perf_counter() - middle
    gc.enable()
    book.audit()
    each = turns * len(fresh)
    return placing / each, cancelling / each
