"""The counter of a GM market: its rooms, and orders in the protocol's own terms.

An order is created here and waits; :mod:`trading` executes it.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.execution import check_purse
from seawall.engine.designs.gm.keeper import Keeper
from seawall.engine.designs.gm.orders import (
    DECREASE_SWAPS,
    DECREASING,
    INCREASING,
    LIMIT_DECREASE,
    LIMIT_SWAP,
    NO_SWAP,
    STOP_LOSS,
    SWAPPING,
    TYPES,
    Counter,
    Ticket,
)
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import Pool, VirtualPositions, VirtualSwaps
from seawall.engine.designs.gm.requests import Requests
from seawall.engine.designs.gm.tokens import Token
from seawall.engine.errors import BadOrder, BadParameters, Closed, Unknown
from seawall.engine.events import Cancelled
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_TIME,
    check_range,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.oracle import Oracle
from seawall.engine.venue import Market

PAIR = "pair"
SINGLE_DOLLAR = "single-dollar"
SINGLE_INDEX = "single-index"
POOLS = (PAIR, SINGLE_DOLLAR, SINGLE_INDEX)
"""What a market's pool is made of: index token and dollars, dollars alone, index token alone."""

DOLLAR_NAME: Final = "USD"


class Ordering(Market):
    """The counter of one market: its rooms, and the commands of those who trade."""

    def __init__(
        self,
        name: str,
        params: Params | None = None,
        facts: MarketFacts | None = None,
        *,
        pool: str = PAIR,
        virtual_positions: VirtualPositions | None = None,
        virtual_swaps: VirtualSwaps | None = None,
    ) -> None:
        super().__init__(name, "gm")
        if pool not in POOLS:
            raise BadParameters(f"pool {pool!r}: must be one of {', '.join(POOLS)}")
        if name == DOLLAR_NAME:
            raise BadParameters("a market is named after its index token, which is not USD")
        chosen: Params = Params() if params is None else params
        self.params = chosen
        self.made_of = pool
        self.oracle = Oracle(chosen.oracle)
        self.now: i64 = 0
        self.counter = Counter()
        self._virtual_positions = virtual_positions
        self._virtual_swaps = virtual_swaps
        self._halted: bool = False
        self.desk = self._new_desk(1)
        self.keeper = Keeper(self.desk)
        self.requests = Requests(self.desk)
        if facts is not None:
            self.desk.facts = facts

    def _new_desk(self, number: int) -> Desk:
        index = Token(self.name, number)
        dollar = Token(DOLLAR_NAME, 0, 6)
        long: Token = dollar if self.made_of == SINGLE_DOLLAR else index
        short: Token = index if self.made_of == SINGLE_INDEX else dollar
        pool = Pool(self.params, index, long, short, self._virtual_positions, self._virtual_swaps)
        return Desk(self.name, self.params, pool)

    def listed(self) -> None:
        """Register the index token and open the desk in it."""
        facts = self.desk.facts
        self.desk = self._new_desk(self.treasury.register(self.name))
        self.desk.facts = facts
        self.desk.accounts = self.accounts
        self.keeper = Keeper(self.desk)
        self.requests = Requests(self.desk)

    def _check_open(self) -> None:
        self.desk.guards.check_halt(self.now)
        if not self.desk.is_open:
            raise Closed("no-price", f"{self.name} has no price yet")

    def _check_price_for_opening(self) -> None:
        if self.oracle.is_stale(self.now):
            raise Closed("stale-price", f"{self.name} has no fresh price: only orders that reduce")
        if self.oracle.is_uncertain():
            raise Closed(
                "uncertain-price", f"{self.name}'s price is uncertain: only orders that reduce"
            )

    # orders in the protocol's terms

    def create_order(
        self,
        account: int,
        order_type: str,
        *,
        is_long: bool = True,
        dollars: int = 0,
        amount: int = 0,
        collateral: str = DOLLAR_NAME,
        pays: str = "",
        receives: str = "",
        trigger: int = 0,
        acceptable: int = 0,
        least: int = 0,
        swap: str = NO_SWAP,
        valid_from: int = 0,
        auto_cancel: bool = False,
        interface: int = -1,
    ) -> int:
        """Create an order; its number.

        ``dollars`` (1e-6) is the size. ``amount`` is what an increase or a swap brings of the
        token ``pays`` (the collateral where it is empty), or the collateral that a decrease takes
        out. ``least`` is what the swap must bring (in tokens), or a decrease pay out (1e-6
        dollar). ``receives`` is the token that a decrease is to end in. ``interface`` is the
        account whose fee comes on top.
        """
        if order_type not in TYPES:
            raise BadOrder("unknown-type", f"type {order_type!r} is none of {', '.join(TYPES)}")
        if swap not in DECREASE_SWAPS:
            raise BadOrder("unknown-swap", f"swap {swap!r} is none of {', '.join(DECREASE_SWAPS)}")
        self._check_account(account)
        self._check_numbers(dollars, amount, acceptable, least)
        check_range("valid-from", valid_from, 0, int(MAX_TIME), "ms")
        check_range("trigger", trigger, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if interface != -1:
            self._check_account(interface)
        self._check_open()
        token: int = self._token(collateral)
        paid: int = self._token(pays) if pays else token
        order = Ticket(0, account, order_type, is_long, paid, token, trigger, acceptable, self.now)
        order.dollars = dollars
        order.least = least
        order.swap = swap
        order.valid_from = valid_from
        order.auto_cancel = auto_cancel
        order.interface = interface
        self._check_type(order, trigger)
        if receives:
            order.receives = self.desk.kind_of(self._token(receives))
        if order.what == DECREASING:
            order.withdraws = amount
        else:
            purse = self.accounts[account].purse(paid)
            check_purse(purse.amount, amount, self.treasury.tokens[paid])
        if dollars == 0 and amount == 0:
            raise BadOrder("empty-order", "an order has a size, or tokens, or both")
        order.number = self.numbering.take()
        if order.what != DECREASING:
            self.accounts[account].purse(paid).pay(order, amount)
        self.counter.add(order)
        return int(order.number)

    def _check_numbers(self, dollars: int, amount: int, acceptable: int, least: int) -> None:
        check_range("dollars", dollars, 0, int(MAX_DOLLARS), "1e-6 dollar")
        check_range("amount", amount, 0, int(MAX_DOLLARS), "the token's unit")
        check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        check_range("least", least, 0, int(MAX_DOLLARS), "the token's unit, or 1e-6 dollar")

    def _check_type(self, order: Ticket, trigger: int) -> None:
        """Refuse fields that contradict an order's type."""
        if order.is_market() or order.type == LIMIT_SWAP:
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a {order.type} has no trigger: {trigger}", trigger, 0
                )
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")
        if order.is_market() and order.valid_from != 0:
            raise BadOrder(
                "valid-from-on-market",
                f"a {order.type} is valid at once, not from {order.valid_from}",
                order.valid_from,
                0,
            )
        if order.auto_cancel and order.type != LIMIT_DECREASE and order.type != STOP_LOSS:
            raise BadOrder("auto-cancel", f"a {order.type} cannot be cancelled with its position")
        if order.what == SWAPPING:
            if order.dollars != 0:
                raise BadOrder(
                    "size-on-swap", f"a swap has no size: {order.dollars}", order.dollars, 0
                )
            if self.desk.pool.single:
                raise BadOrder("same-token", "the market's long and short token are the same")
        elif order.what == INCREASING:
            self._check_price_for_opening()

    def _token(self, name: str) -> int:
        """Number of a token of this market; raises :class:`Unknown` (``unknown-token``)."""
        pool = self.desk.pool
        if name == pool.long.name:
            return pool.long.number
        if name == pool.short.name:
            return pool.short.number
        raise Unknown(
            "unknown-token", f"token {name!r} is neither {pool.long.name} nor {pool.short.name}"
        )

    def _check_account(self, account: int) -> None:
        if not 0 <= account < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {account} does not exist; there are {len(self.accounts)}",
                account,
                len(self.accounts),
            )

    def _order(self, account: int, order: int) -> Ticket:
        found = self.counter.orders.get(order)
        if found is None or found.account != account:
            raise Unknown(
                "unknown-order", f"account {account} has no waiting order {order}", order, 0
            )
        return found

    def update_order(
        self,
        account: int,
        order: int,
        *,
        dollars: int,
        trigger: int,
        acceptable: int,
        least: int = 0,
        valid_from: int = 0,
        auto_cancel: bool = False,
    ) -> None:
        """Change a limit or stop order; it counts as created now, and is no longer frozen."""
        found = self._order(account, order)
        if found.is_market():
            raise BadOrder("market-order", f"order {order} is a market order: it cannot be changed")
        self._check_numbers(dollars, 0, acceptable, least)
        check_range("valid-from", valid_from, 0, int(MAX_TIME), "ms")
        if found.type == LIMIT_SWAP:
            if trigger != 0 or dollars != 0:
                raise BadOrder("size-on-swap", "a swap has neither size nor trigger", dollars, 0)
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")
        if auto_cancel and found.type != LIMIT_DECREASE and found.type != STOP_LOSS:
            raise BadOrder("auto-cancel", f"a {found.type} cannot be cancelled with its position")
        if dollars == 0 and found.amount == 0 and found.withdraws == 0:
            raise BadOrder("empty-order", "an order has a size, or tokens, or both")
        fresh = self.counter.move(found, trigger)
        fresh.size = 0
        fresh.dollars = dollars
        fresh.acceptable = acceptable
        fresh.least = least
        fresh.valid_from = valid_from
        fresh.auto_cancel = auto_cancel
        fresh.placed_at = self.now
        self.counter.add(fresh)

    def cancel(self, account: int, order: int) -> None:
        """Take a waiting order back, with its tokens; a market order only after a delay."""
        found = self._order(account, order)
        ripe: i64 = found.placed_at + self.params.cancel_delay
        if found.is_market() and self.now < ripe:
            raise Closed(
                "request-too-young",
                f"market order {order} can be cancelled from {ripe}, it is {self.now} (ms)",
                self.now,
                ripe,
            )
        self._drop_order(found, "cancelled")

    def _drop_order(self, order: Ticket, reason: str) -> None:
        self.counter.remove(order)
        order.pay(self.accounts[order.account].purse(i64(order.token)), order.amount)
        if self.journal.listening:
            self.journal.events.append(
                Cancelled(self.now, self.name, order.account, order.number, reason)
            )
