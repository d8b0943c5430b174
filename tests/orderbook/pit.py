"""A book with traders and the barest accounts: signed sizes, what was traded, what was cancelled.

:class:`Pit` is a clearing house that only counts tokens, so that the rules of the book and its
orders are met without those of margin. Prices and sizes are written as a person would.
"""

from contextlib import contextmanager
from fractions import Fraction

import pytest

from seawall.engine.designs.orderbook.batch import Action, Answer, run_block
from seawall.engine.designs.orderbook.book import ADMITTED, MARGIN, Book, Clearing
from seawall.engine.designs.orderbook.levels import Owner, Resting
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.designs.orderbook.orders import Exits, Orders
from seawall.engine.errors import NotEnough, Refusal

START = 1_700_006_400_000
SECOND = 1_000
MINUTE = 60_000
DAY = 86_400_000
Amount = int | float | str | Fraction


def dollars(amount: Amount) -> int:
    return int(Fraction(str(amount)) * 10**6)


def tokens(amount: Amount) -> int:
    return int(Fraction(str(amount)) * 10**8)


def price(amount: Amount) -> int:
    return int(Fraction(str(amount)) * 10**10)


class Trade:
    """A match: who sold, who bought, how much at which price."""

    def __init__(self, maker: Resting, taker: Resting, quantity: int, at: int) -> None:
        self.maker = int(maker.number)
        self.taker = int(taker.number)
        self.size = Fraction(quantity, 10**8)
        self.price = Fraction(at, 10**10)

    def __repr__(self) -> str:
        return f"{self.taker} meets {self.maker}: {self.size} at {self.price}"


class Pit(Clearing):
    """A clearing house without money; ``broke`` accounts bear no fill."""

    def __init__(self, at: Amount = 100, size_decimals: int = 2, **changes: object) -> None:
        self.time = START
        self.marks = price(at)
        self.oracles = price(at)
        self.leverage = 50
        self.held: dict[int, int] = {}
        self.broke: set[int] = set()
        self.entry_refused: set[int] = set()
        self.volumes: dict[int, int] = {}
        self.trades: list[Trade] = []
        self.ends: list[tuple[int, str]] = []
        self.finished: list[int] = []
        self.owners: dict[int, Owner] = {}
        self.book = Book()
        self.orders = Orders(self.book, self, OrderParams(**changes))
        self.orders.set_decimals(size_decimals)

    # what a clearing house answers

    def check_entry(self, order: Resting) -> None:
        if order.owner.account in self.entry_refused:
            raise NotEnough("perp-margin", "the margin does not suffice")

    def admits(self, maker: Resting, quantity: int, price: int) -> str:
        return MARGIN if maker.owner.account in self.broke else ADMITTED

    def allows(self, taker: Resting, quantity: int, price: int) -> bool:
        return taker.owner.account not in self.broke

    def reducible(self, owner: Owner, is_buy: bool) -> int:
        held = self.held.get(owner.account, 0)
        return max(0, -held if is_buy else held)

    def trade(self, maker: Resting, taker: Resting, quantity: int, price: int) -> None:
        signed = quantity if taker.is_buy else -quantity
        self.held[taker.owner.account] = self.held.get(taker.owner.account, 0) + signed
        self.held[maker.owner.account] = self.held.get(maker.owner.account, 0) - signed
        self.trades.append(Trade(maker, taker, quantity, price))

    def cancelled(self, order: Resting, reason: str) -> None:
        self.ends.append((int(order.number), reason))

    def done(self, order: Resting) -> None:
        self.finished.append(int(order.number))

    def owner_of(self, account: int) -> Owner:
        return self.owners.setdefault(account, Owner(account))

    def now(self) -> int:
        return self.time

    def mark(self) -> int:
        return self.marks

    def oracle(self) -> int:
        return self.oracles

    def max_leverage(self) -> int:
        return self.leverage

    def volume(self, owner: Owner) -> int:
        return self.volumes.get(owner.account, 0)

    # what people do

    def number(self) -> int:
        return self.orders.numbering.take()

    def limit(
        self, who: int, size: Amount, at: Amount, tif: str = "gtc", *, reduce_only: bool = False
    ) -> Resting:
        return self.orders.limit(
            self.number(), self.owner_of(who), Fraction(str(size)) > 0, abs(tokens(size)),
            price(at), tif, reduce_only,
        )  # fmt: skip

    def bid(self, who: int, size: Amount, at: Amount, tif: str = "gtc") -> Resting:
        return self.limit(who, size, at, tif)

    def ask(self, who: int, size: Amount, at: Amount, tif: str = "gtc") -> Resting:
        return self.limit(who, -Fraction(str(size)), at, tif)

    def market(
        self, who: int, size: Amount, *, worst: Amount = 0, reduce_only: bool = False,
        whole: bool = False,
    ) -> Resting:  # fmt: skip
        return self.orders.market(
            self.number(), self.owner_of(who), Fraction(str(size)) > 0, abs(tokens(size)),
            price(worst), reduce_only, whole,
        )  # fmt: skip

    def trigger(
        self, who: int, size: Amount, at: Amount, kind: str = "sl", *, limit: Amount = 0,
        reduce_only: bool = False,
    ) -> int:  # fmt: skip
        dormant = self.orders.trigger(
            self.number(), self.owner_of(who), Fraction(str(size)) > 0, abs(tokens(size)),
            price(at), price(limit), kind, reduce_only,
        )  # fmt: skip
        return int(dormant.number)

    def with_exits(
        self, who: int, size: Amount, at: Amount, tif: str = "gtc", *, take: Amount = 0,
        stop: Amount = 0, take_limit: Amount = 0,
    ) -> Resting:  # fmt: skip
        return self.orders.with_exits(
            self.number(), self.owner_of(who), Fraction(str(size)) > 0, abs(tokens(size)),
            price(at), tif, Exits(price(take), price(stop), price(take_limit)),
        )  # fmt: skip

    def exits(
        self, who: int, *, take: Amount = 0, stop: Amount = 0, take_limit: Amount = 0,
        size: Amount = 0,
    ) -> list[int]:  # fmt: skip
        exits = Exits(price(take), price(stop), price(take_limit))
        return self.orders.position_exits(self.owner_of(who), tokens(size), exits)

    def twap(
        self, who: int, size: Amount, duration: int, *, randomised: bool = False,
        reduce_only: bool = False,
    ) -> int:  # fmt: skip
        number = self.number()
        self.orders.twap(
            number, self.owner_of(who), Fraction(str(size)) > 0, abs(tokens(size)), duration,
            randomised, reduce_only,
        )  # fmt: skip
        return number

    def cancel(self, who: int, number: int) -> None:
        self.orders.cancel(self.owner_of(who), int(number))

    def block(self, *actions: Action) -> list[list[Answer]]:
        return run_block(self.orders, list(actions))

    def tick(self, mark: Amount | None = None, step: int = SECOND, budget: int = 10**9) -> int:
        """Let time pass and the mark move; the keeper's actions left."""
        self.time += step
        if mark is not None:
            self.marks = price(mark)
        left = self.orders.on_time(budget)
        self.orders.audit()
        return int(left)

    # what they see

    def position(self, who: int) -> Fraction:
        return Fraction(self.held.get(who, 0), 10**8)

    def open(self, who: int) -> list[int]:
        return self.orders.open_orders(self.owner_of(who))

    def ladder(self, side: str) -> list[tuple[Fraction, Fraction, int]]:
        return [
            (Fraction(int(level.price), 10**10), Fraction(int(level.size), 10**8), int(level.count))
            for level in self.book.levels(side == "bids", 100)
        ]

    def reason(self, number: int) -> str:
        """The word with which an order ended."""
        return dict(self.ends)[int(number)]

    def trace(self) -> tuple[object, ...]:
        """Everything that a refusal must leave as it was."""
        return (
            self.orders.state(), dict(self.held), list(self.ends), len(self.trades),
            [(int(o.resting), int(o.dormant), int(o.reducing_buys), int(o.reducing_sells))
             for o in self.owners.values() if o.resting + o.dormant > 0],
        )  # fmt: skip


@contextmanager
def refused(pit: Pit, code: str, value: int | None = None, bound: int | None = None):
    """The block is refused with that code and numbers, and leaves no trace."""
    before = pit.trace()
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
    if value is not None:
        assert caught.value.value == value
    if bound is not None:
        assert caught.value.bound == bound
    assert pit.trace() == before
