"""Commands and what came of them: everybody's accounts, orders and refusals at one venue.

A :class:`Broker` turns decisions into commands, one open order per account. A refusal is counted
by its code and never stops a storm.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from seawall.engine.errors import Refusal
from seawall.engine.events import (
    AuctionEnded,
    AuctionTaken,
    Cancelled,
    Deleveraged,
    Event,
    Filled,
    RungReached,
)
from seawall.engine.fixed import DOLLAR, MINUTE
from seawall.engine.venue import Market, Venue
from seawall.engine.views import PositionView
from seawall.storm.designs import Terms
from seawall.storm.worth import dollars_of, tokens_for

CENT: Final = int(DOLLAR) // 100
"""The least that is worth a command, 1e-6 dollar."""

_ALLOWANCE: Final = 0.002
"""Part of the notional that an order's margin holds beyond the initial requirement and the quoted
charges, for what the price does before the order fills."""

_RETRY: Final = int(MINUTE)


@dataclass
class Orders:
    """What came of one class's orders in one market; refused and cancelled ones by code."""

    placed: int = 0
    filled: int = 0
    asked: int = 0
    opened: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    cancelled: Counter[str] = field(default_factory=Counter)


@dataclass
class Tick:
    """One step of a run: its index, its time (ms), and the events of the venue's advance."""

    index: int
    now: int
    events: list[Event]


class Broker:
    """Accounts, orders and refusals of everybody at one venue.

    ``pending`` holds the open order of an account, ``kind`` its class, ``home`` its market,
    ``touched`` the accounts whose position the last advance changed, ``paid_in`` the dollars that
    it brought and ``in_kind`` the units of another token, by account and token. ``prices`` are
    those (1e-10) of tokens that no market tells, ``standing`` what an account is owed (1e-6)
    beside its positions. Who ``leaves`` is closed as soon as the venue allows, with a try a minute.
    """

    def __init__(self, venue: Venue, terms: dict[str, Terms]) -> None:
        self.venue = venue
        self.terms = terms
        self.markets: dict[str, Market] = {name: venue.market(name) for name in terms}
        self.marks: dict[str, int] = dict.fromkeys(terms, 0)
        self.kind: dict[int, str] = {}
        self.home: dict[int, str] = {}
        self.paid_in: dict[int, int] = {}
        self.in_kind: dict[tuple[int, str], int] = {}
        self.prices: dict[str, int] = {}
        self.standing: dict[int, Callable[[], int]] = {}
        self.pending: dict[int, int] = {}
        self.touched: set[int] = set()
        self.orders: dict[tuple[str, str], Orders] = {}
        self.redemptions: Counter[tuple[str, str]] = Counter()
        self._exits: dict[int, int] = {}

    def enrol(self, kind: str, market: str, amount: int) -> int:
        """A new account of class ``kind`` at ``market`` with ``amount`` (1e-6) in its wallet."""
        account = self.venue.open_account()
        if amount > 0:
            self.venue.deposit(account, amount)
        self.adopt(account, kind, market, amount)
        return account

    def adopt(self, account: int, kind: str, market: str, amount: int) -> None:
        """Count an account that is there to ``kind`` at ``market``; it brought ``amount``."""
        self.kind[account] = kind
        self.home[account] = market
        self.paid_in[account] = amount
        self.orders.setdefault((market, kind), Orders())

    def bring_in_kind(self, account: int, dollars: int) -> int:
        """Bring the market's own token instead of ``dollars`` (1e-6), at its mark; the tokens."""
        market = self.home[account]
        tokens = tokens_for(dollars, int(self.markets[market].mark()))
        self.venue.withdraw(account, dollars)
        self.venue.deposit(account, tokens, market)
        self.paid_in[account] -= dollars
        self.in_kind[account, market] = self.in_kind.get((account, market), 0) + tokens
        return tokens

    def book(self, account: int) -> Orders:
        """The counts of the class and market that ``account`` belongs to."""
        return self.orders[self.home[account], self.kind[account]]

    def attempt(self, account: int, command: Callable[..., Any], *arguments: Any) -> Any:
        """Carry a command out for ``account``; None where it is refused, which is counted."""
        try:
            return command(*arguments)
        except Refusal as refusal:
            self.book(account).refused[refusal.code] += 1
            return None

    def order(
        self,
        account: int,
        size: int,
        margin: int = 0,
        acceptable: int = 0,
        *,
        rests: bool = False,
    ) -> bool:
        """Send an order of ``size`` tokens; without margin it only reduces. Whether it is taken.

        One that ``rests`` waits at the mark as a limit order.
        """
        book = self.book(account)
        market = self.home[account]
        try:
            number = self.venue.place(
                market,
                account,
                size,
                margin,
                kind="limit" if rests else "market",
                trigger=self.marks[market] if rests else 0,
                acceptable=acceptable,
                reduce_only=margin == 0,
            )
        except Refusal as refusal:
            book.refused[refusal.code] += 1
            return False
        book.placed += 1
        self.pending[account] = number
        return True

    def open(
        self,
        account: int,
        long: bool,
        dollars: int,
        margin: int,
        *,
        tolerance: float = 0.01,
        worst: float = 0.0,
    ) -> bool:
        """Open or enlarge a position of ``dollars`` on ``margin``, both 1e-6.

        Where the venue gives less leverage than that, the margin stays and the position shrinks;
        where the wallet holds less, both do. The worst all-in price is ``worst`` (1e-10), or
        ``tolerance`` from the mark.
        """
        market = self.home[account]
        mark = self.marks[market]
        book = self.book(account)
        wallet = int(self.venue.wallet(account))
        if wallet < margin:
            dollars, margin = dollars * wallet // max(1, margin), wallet
        if mark == 0:
            book.refused["no-price"] += 1
            return False
        most = self.terms[market].leverage(max(1, dollars))
        charges = self.charges(market, long, dollars) or 0.0
        dollars = min(dollars, int(margin / (1 / most + _ALLOWANCE + charges)))
        book.asked += dollars
        size = tokens_for(dollars, mark)
        if margin < CENT or size == 0:
            book.refused["nothing-left"] += 1
            return False
        limit = worst or mark * (1 + tolerance if long else 1 - tolerance)
        return self.order(account, size if long else -size, margin, int(limit))

    def charges(self, market: str, long: bool, dollars: int) -> float | None:
        """Part of ``dollars`` (1e-6) that trading them costs now, rebates taken off.

        None where the market gives no quote.
        """
        size = tokens_for(dollars, self.marks[market])
        try:
            quote = self.markets[market].quote(size if long else -size)
        except Refusal:
            return None
        return float(quote.fee + quote.spread + quote.impact) / float(dollars)

    def both_ways(self, market: str, long: bool, dollars: int) -> tuple[float, float] | None:
        """:meth:`charges` of coming and of going; None where one of them gets no quote."""
        size = tokens_for(dollars, self.marks[market])
        there = self.markets[market]
        try:
            coming = there.quote(size if long else -size)
            going = there.quote(-size if long else size)
        except Refusal:
            return None
        whole = float(dollars)
        return (
            float(coming.fee + coming.spread + coming.impact) / whole,
            float(going.fee + going.spread + going.impact) / whole,
        )

    def position(self, account: int) -> PositionView | None:
        """The account's position."""
        return self.markets[self.home[account]].position(account)

    def leave(self, account: int, now: int) -> None:
        """Close the account's position, as soon as the venue lets it."""
        self._exits.setdefault(account, now)

    def leaves(self, account: int) -> bool:
        """Whether the account is on its way out."""
        return account in self._exits

    def serve_exits(self, now: int) -> None:
        """Send the closing orders that are due."""
        for account, due in list(self._exits.items()):
            if due > now or account in self.pending:
                continue
            view = self.position(account)
            if view is None:
                del self._exits[account]
                continue
            self._exits[account] = now + _RETRY
            self.order(account, -int(view.size))

    def observe(self, tick: Tick) -> None:
        """Take note of fills, cancellations and whatever else touched a position."""
        self.marks = {name: int(market.mark()) for name, market in self.markets.items()}
        self.touched.clear()
        pending = self.pending
        for event in tick.events:
            if isinstance(event, Cancelled):
                account = event.account
                if account in pending and pending[account] == event.order:
                    del pending[account]
                    self.book(account).cancelled[event.reason] += 1
            elif isinstance(event, Filled):
                self._filled(event)
            elif isinstance(event, (RungReached, Deleveraged, AuctionEnded)):
                self.touched.add(int(event.account))
            elif isinstance(event, AuctionTaken):
                self._taken_over(event)
        if self._exits and self.touched:
            for account in sorted(self._exits.keys() & self.touched):
                if self.position(account) is None:
                    del self._exits[account]

    def _filled(self, event: Filled) -> None:
        account = int(event.account)
        if account not in self.kind:  # an account of the market's own
            self.touched.add(account)
            return
        self.touched.add(account)
        if self.pending.get(account) == event.order:
            del self.pending[account]
        book = self.book(account)
        book.filled += 1
        if not self.leaves(account):
            book.opened += dollars_of(abs(int(event.size)), int(event.price))

    def _taken_over(self, event: AuctionTaken) -> None:
        self.touched.add(int(event.account))
        self.touched.add(int(event.bidder))
        book = self.book(int(event.bidder))
        book.filled += 1
        book.opened += dollars_of(abs(int(event.size)), int(event.price))

    def finish(self) -> None:
        """Take back what still waits, so that every dollar is in a wallet, a position or a pool."""
        for account, number in list(self.pending.items()):
            self.venue.cancel(self.home[account], account, number)
        self.pending.clear()
