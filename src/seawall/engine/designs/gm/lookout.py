"""Who must be liquidated, found without looking at everybody.

What a position owes grows with its size in dollars, and the price acts on its size in tokens, so
that no single number orders all positions for ever. A key is therefore the price at which a
position would be liquidated if its shelf (side and collateral token) accrued ``room`` more than it
has: a bound that holds until the shelf has accrued that much. Two heaps to a shelf show whose
price has come and whose key is about to go stale. Who is found and turns out healthy gets a new
key with less room, a quarter of the way there is left; so a position is looked at a logarithmic
number of times on its way down, and a quiet tick looks at the tops alone.

Bounds, with ``need`` the requirement, the dearer position fee, the bound of impact, borrowing
due and ``room``, and ``c`` the collateral less funding due and ``room``:

===========  ==========================  ==================================
collateral   long, lowest price at most  short, highest price at least
===========  ==========================  ==================================
dollars      (S + need - c) / Q          (S - need + c) / Q
index token  (S + need) / (Q + c)        (S - need) / (Q - c * (1 - sigma))
===========  ==========================  ==================================

They know nothing of two rare states: a spread above sigma, and winners who are paid less than
their result because the pool's cap binds. The keeper looks at everybody then.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm import borrowing, funding
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import PER_SIZE, Pool
from seawall.engine.designs.gm.position import HELD, ByValidity, Holding
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token, wide
from seawall.engine.fixed import (
    RATE,
    clamp,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    share,
    share_up,
)
from seawall.engine.watch import DUE, WATCHED, ByKey, Largest, Position

SPREAD: Final[i64] = 5_000_000_000
"""sigma: half a per cent between the lowest and the highest price."""

_FAR: Final[i64] = 4_000_000_000_000_000_000
_USUAL: Final[i64] = 1_000_000_000
_LEAST: Final[i64] = 1_000_000
_MOST: Final[i64] = 10_000_000_000
_SLACK: Final[i64] = 16
_PER_RATE: Final = 10**6
_SHELVES: Final = 4


class Lookout:
    """The positions of one market by the price at which somebody must look at them."""

    def __init__(self, params: Params, pool: Pool) -> None:
        self.params = params
        self.pool = pool
        self.keys: list[ByKey] = [ByKey() for _ in range(_SHELVES)]
        self.stale: list[ByValidity] = [ByValidity() for _ in range(_SHELVES)]
        self.due = Largest()
        self._accrued: list[i64] = [0, 0, 0, 0]
        self._base: i64 = 0

    # where a position stands

    def _shelf(self, position: Holding) -> i64:
        is_short_token: bool = i64(position.token) != self.pool.long.number
        shelf: i64 = 1 if is_short_token else 0
        return shelf if position.size > 0 else shelf + 2

    def accrued(self, shelf: i64) -> i64:
        """What a shelf has accrued since the beginning, 1e-12 of size, rounded up.

        Funding in tokens counts at the price that the market opened at.
        """
        pool = self.pool
        is_long: bool = shelf < 2
        kind: i64 = shelf & 1
        token: Token = pool.token(kind)
        per_size: int = pool.book(is_long, kind).fee_per_size * wide(self._price_of(token))
        of_funding: int = -(-per_size * 10**12 // (PER_SIZE * wide(token.step)))
        of_borrowing: int = -(-pool.cumulative(is_long) // _PER_RATE)
        both: int = of_funding + of_borrowing
        return i64(both if both < wide(_FAR) else wide(_FAR))

    def _price_of(self, token: Token) -> i64:
        return 10_000_000_000 if token.number == 0 else larger(1, self._base)

    def add(self, position: Holding, prices: Prices) -> None:
        """Watch a position that stands nowhere."""
        if self._base == 0:
            self._base = prices.index_max
        self._stand(position, _USUAL)

    def add_healthy(self, position: Holding, prices: Prices) -> None:
        """Watch a position that was found and is healthy: its key comes nearer."""
        self._key(position, 0)
        price: i64 = prices.index_min if position.size > 0 else prices.index_max
        at: i64 = position.key if position.size > 0 else -position.key
        gap: i64 = larger(0, price - at if position.size > 0 else at - price)
        if gap >= price:
            self._stand(position, _MOST)
        else:
            self._stand(position, clamp(mul_div(gap, RATE, price) >> 2, _LEAST, _MOST))

    def _stand(self, position: Holding, room: i64) -> None:
        shelf: i64 = self._shelf(position)
        self._key(position, room)
        position.index = self._accrued[shelf] + room
        position.standing = WATCHED
        self.keys[shelf].push(position)
        self.stale[shelf].push(position)

    def update(self, position: Holding, prices: Prices) -> None:
        """Put a position that has changed, but not its side, where it belongs now."""
        if position.standing != WATCHED:
            self.drop(position)
            self.add(position, prices)
            return
        shelf: i64 = self._shelf(position)
        self._key(position, _USUAL)
        self.keys[shelf].settle(position, i64(position.slot))
        until: i64 = self._accrued[shelf] + _USUAL
        if until < position.index:  # an earlier date may stand: it only brings a look too soon
            position.index = until
            self.stale[shelf].settle(position, i64(position.slot_up))

    def drop(self, position: Holding) -> None:
        """Forget a position, wherever it stands. Call before its size changes."""
        if position.standing == DUE:
            self.due.remove(position, i64(position.slot))
        elif position.standing == WATCHED:
            shelf: i64 = self._shelf(position)
            self.keys[shelf].remove(position, i64(position.slot))
            self.stale[shelf].remove(position, i64(position.slot_up))
        position.standing = HELD

    # keys

    def _key(self, position: Holding, room: i64) -> None:
        price: i64 = self.trigger(position, room)
        position.key = price if position.size > 0 else -price

    def trigger(self, position: Holding, room: i64) -> i64:
        """The price (1e-10) at which the position must be looked at; far away where none can do it.

        For a long the lowest price that is no higher, for a short the highest that is no lower.
        """
        params = self.params
        pool = self.pool
        is_long: bool = position.size > 0
        size: i64 = position.entry
        quantity: i64 = position.quantity()
        kind: i64 = self._shelf(position) & 1
        token: Token = pool.token(kind)
        extra: i64 = share_up(size, room)
        need: i64 = (
            larger(share_up(size, params.liquidation_factor(size)), params.min_collateral_usd)
            + share_up(
                size,
                larger(params.fee_improved, params.fee_worsened) + params.impact.max_liquidation,
            )
            + borrowing.fee_usd(pool, is_long, size, position.borrowing)
            + extra
            + _SLACK
        )
        owed: i64 = funding.fee(pool, is_long, kind, size, position.funding)
        left: i64 = position.amount - owed - token.units_up(extra, self._price_of(token)) - _SLACK
        if token.number == 0:
            if is_long:
                return _per_token_up(size + need - left, quantity)
            return _per_token(size - need + left, quantity)
        if is_long:
            return _per_token_up(size + need, quantity + left)
        if left > 0:
            left -= share_up(left, SPREAD)
        return _per_token(size - need, quantity - left)

    # who is next

    def refresh(self, prices: Prices) -> None:
        """Give those a new key whose old one no longer holds."""
        for shelf in range(_SHELVES):
            stale = self.stale[shelf].items
            accrued: i64 = self.accrued(shelf)
            self._accrued[shelf] = accrued
            while len(stale) > 0:
                top = stale[0]
                assert isinstance(top, Holding)
                if top.index >= accrued:
                    break
                self.drop(top)
                self.add_healthy(top, prices)

    def next_candidate(self, prices: Prices) -> Holding | None:
        """A watched position whose price has come, taken out, or None."""
        for shelf in range(_SHELVES):
            items = self.keys[shelf].items
            if len(items) > 0:
                top = items[0]
                price: i64 = prices.index_min if shelf < 2 else -prices.index_max
                if price <= top.key:
                    assert isinstance(top, Holding)
                    self.drop(top)
                    return top
        return None

    def everybody(self, is_long: bool, kind: i64) -> list[Holding]:
        """Everybody who is watched on one shelf, taken out."""
        found: list[Holding] = []
        shelf: i64 = kind if is_long else kind + 2
        for position in list(self.keys[shelf].items):
            assert isinstance(position, Holding)
            self.drop(position)
            found.append(position)
        return found

    def put_due(self, position: Holding) -> None:
        """Queue a position that stands nowhere for the keeper."""
        position.standing = DUE
        self.due.push(position)

    def pop_due(self) -> Holding | None:
        """The largest position that is due, taken out, or None."""
        if len(self.due.items) == 0:
            return None
        top: Position = self.due.items[0]
        assert isinstance(top, Holding)
        self.drop(top)
        return top

    def blind(self, prices: Prices) -> list[i64]:
        """Shelves whose keys hold for no spread as wide as this one."""
        gap: i64 = prices.index_max - prices.index_min
        if gap <= share(prices.index_max, SPREAD):
            return []
        found: list[i64] = []
        for kind in (LONG, SHORT):
            if self.pool.token(kind).number != 0 and not (kind == SHORT and self.pool.single):
                found.append(2 + kind)
        return found


def _per_token_up(dollars: i64, quantity: i64) -> i64:
    if dollars <= 0:
        return -_FAR
    if quantity <= 0 or dollars // quantity >= 4_000_000:
        return _FAR
    return mul_div_up(dollars, 1_000_000_000_000, quantity)


def _per_token(dollars: i64, quantity: i64) -> i64:
    """Far above every price where there is nothing to fall due, far below where all is."""
    if dollars <= 0:
        return -_FAR
    if quantity <= 0 or dollars // quantity >= 4_000_000:
        return _FAR
    return mul_div(dollars, 1_000_000_000_000, quantity)


def is_reachable(price: i64) -> bool:
    """Whether a trigger is a price that can be reported."""
    return magnitude(price) < _FAR
