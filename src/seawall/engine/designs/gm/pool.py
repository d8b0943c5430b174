"""The pool of a GM market: its pots, and the books of the two sides that trade against it.

Tokens of the liquidity providers lie in one pot per token, as do the swap impact pools. The
position impact pool is a number of index tokens, not a pot: what it stands for lies in the pool
and is taken off its value. Collateral lies in the positions' own pots, of which the pool keeps the
sums. Source: gmx-io/gmx-synthetics, contracts/market/MarketUtils.sol.

In a market whose long and short token are the same there is one pot and one book per side; every
amount is then read as a half for either token, rounded down, as the protocol does.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token, wide
from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import MAX_DOLLARS, magnitude, mul_div
from seawall.engine.pot import Pot
from seawall.engine.shares import ShareBook

MAX_INDEX_DECIMALS: Final = 8

PER_SIZE: Final = 10**21
"""Scale of amounts per size: this many steps are one token unit per 1e-6 dollar."""

_NARROW: Final = 4 * 10**18  # below it an index times a size needs no wide number
_FINE_STEP: Final[i64] = 1_000_000_000_000_000_000
_FINE: Final = 10**18


class VirtualPositions:
    """The balance of open interest that several markets of one index token share.

    It is what the pools that belong to it hold together, and what is held outside of them:
    ``usd`` (1e-6) and ``tokens`` (1e-8), above zero where shorts prevail, below where longs do.
    """

    def __init__(self, usd: i64 = 0, tokens: i64 = 0) -> None:
        self.usd: i64 = usd
        self.tokens: i64 = tokens
        self.pools: list[Pool] = []

    def skew_usd(self) -> i64:
        """Shorts less longs, 1e-6 dollar."""
        found: i64 = self.usd
        for pool in self.pools:
            found += pool.interest(False) - pool.interest(True)
        return found

    def skew_tokens(self) -> i64:
        """Shorts less longs, 1e-8 index token."""
        found: i64 = self.tokens
        for pool in self.pools:
            found += pool.interest_in_tokens(False) - pool.interest_in_tokens(True)
        return found


class VirtualSwaps:
    """The long and short tokens that several pools of one pair hold together.

    ``long`` and ``short`` are what lies outside of the pools that belong to it.
    """

    def __init__(self, long: i64 = 0, short: i64 = 0) -> None:
        self.long: i64 = long
        self.short: i64 = short
        self.pools: list[Pool] = []

    def amount(self, token: i64) -> i64:
        """Long or short tokens of all pools together."""
        found: i64 = self.long if token == LONG else self.short
        for pool in self.pools:
            found += pool.amount(token)
        return found


class SideBook:
    """What one side holds with collateral in one token.

    ``usd`` (1e-6) and ``tokens`` (1e-8) are its open interest, ``collateral`` the sum of its
    collateral. ``fee_per_size`` and ``claim_per_size`` are what funding has cost, or brought in
    this token, per dollar of size (``PER_SIZE``).
    """

    def __init__(self) -> None:
        self.usd: i64 = 0
        self.tokens: i64 = 0
        self.collateral: i64 = 0
        self.fee_per_size: int = 0
        self.claim_per_size: int = 0

    def state(self) -> list[int]:
        """Every number of the book in a fixed order."""
        return [
            self.usd,
            self.tokens,
            self.collateral,
            self.fee_per_size,
            self.claim_per_size,
        ]


class Shares(ShareBook):
    """GM tokens (1e-6): who holds how many, and what stands in escrow for requests to leave."""

    def mint(self, holder: i64, shares: i64) -> None:
        """Give new shares to ``holder``."""
        self._mint(holder, shares)

    def burn(self, holder: i64, shares: i64) -> None:
        """Take shares of ``holder`` out of the world; raises :class:`NotEnough`."""
        self._check_balance(holder, shares)
        self._burn(holder, shares)

    def hold(self, holder: i64, shares: i64) -> None:
        """Put shares of ``holder`` into escrow; raises :class:`NotEnough`."""
        self._check_balance(holder, shares)
        self._move_to_escrow(holder, shares)

    def release(self, holder: i64, shares: i64) -> None:
        """Give shares back out of escrow."""
        self._escrow -= shares
        self._add(holder, shares)


class Pool:
    """Pots, open interest, indices and GM shares of one market.

    ================== ====================================================================
    attribute          meaning
    ================== ====================================================================
    long_pot           long tokens of the liquidity providers
    short_pot          short tokens of theirs; the same pot in a single-token market
    impact_long        swap impact pool of the long token
    impact_short       of the short token; the same pot in a single-token market
    funding_long       clearing pot of funding in long tokens: paid in, less claimed
    funding_short      of funding in short tokens; the same pot in a single-token market
    impact_pool        position impact pool, index tokens (1e-8)
    lent               positive impact paid beyond it, index tokens
    pending            impact of open positions not yet settled, index tokens, signed
    cumulative_long    borrowing index of the longs, 1e-18
    cumulative_short   borrowing index of the shorts, 1e-18
    borrowed_long      sum over longs of size at the index it last paid at, 1e-6 dollar
    borrowed_short     the same of shorts
    funding_rate       adaptive funding rate per second, 1e-18, above zero where longs pay
    accrued_at         time (ms) that everything above is accrued to, -1 before the first
    undistributed      part of an index unit that the impact pool still has to hand out, 1e-21
    shares             GM tokens (1e-6)
    ================== ====================================================================
    """

    def __init__(
        self,
        params: Params,
        index: Token,
        long: Token,
        short: Token,
        virtual_positions: VirtualPositions | None = None,
        virtual_swaps: VirtualSwaps | None = None,
    ) -> None:
        if index.decimals != MAX_INDEX_DECIMALS:
            raise BadParameters(f"index token {index.name}: sizes have 8 decimals")
        self.params: Params = params
        self.index: Token = index
        self.long: Token = long
        self.short: Token = short
        self.single: bool = long.number == short.number
        self.divisor: i64 = 2 if self.single else 1
        self.long_pot: Pot = Pot(long.number)
        self.impact_long: Pot = Pot(long.number)
        self.funding_long: Pot = Pot(long.number, True)
        self.short_pot: Pot = self.long_pot if self.single else Pot(short.number)
        self.impact_short: Pot = self.impact_long if self.single else Pot(short.number)
        self.funding_short: Pot = self.funding_long if self.single else Pot(short.number, True)
        longs: SideBook = SideBook()
        shorts: SideBook = SideBook()
        self.longs_in_long: SideBook = longs
        self.longs_in_short: SideBook = longs if self.single else SideBook()
        self.shorts_in_long: SideBook = shorts
        self.shorts_in_short: SideBook = shorts if self.single else SideBook()
        self.impact_pool: i64 = 0
        self.lent: i64 = 0
        self.pending: i64 = 0
        self.cumulative_long: int = 0
        self.cumulative_short: int = 0
        self.borrowed_long: int = 0
        self.borrowed_short: int = 0
        self.funding_rate: i64 = 0
        self.accrued_at: i64 = -1
        self.undistributed: int = 0
        self.shares: Shares = Shares()
        self.virtual_positions: VirtualPositions | None = virtual_positions
        self.virtual_swaps: VirtualSwaps | None = virtual_swaps
        if virtual_positions is not None:
            virtual_positions.pools.append(self)
        if virtual_swaps is not None:
            virtual_swaps.pools.append(self)

    # reading

    def token(self, token: i64) -> Token:
        """The long token (0) or the short token (1)."""
        return self.long if token == LONG else self.short

    def pot(self, token: i64) -> Pot:
        """The pot of the liquidity providers' long or short tokens."""
        return self.long_pot if token == LONG else self.short_pot

    def swap_impact(self, token: i64) -> Pot:
        """The swap impact pool of the long or the short token."""
        return self.impact_long if token == LONG else self.impact_short

    def funding(self, token: i64) -> Pot:
        """The clearing pot of funding in the long or the short token."""
        return self.funding_long if token == LONG else self.funding_short

    def amount(self, token: i64) -> i64:
        """Long or short tokens of the liquidity providers."""
        if self.single:
            return self.long_pot.amount // 2
        return self.long_pot.amount if token == LONG else self.short_pot.amount

    def amount_after(self, token: i64, more_long: i64, more_short: i64) -> i64:
        """What :meth:`amount` would be with so many more long and short tokens in the pool."""
        more: i64 = more_long if token == LONG else more_short
        if self.single:
            more = more_long + more_short
        return (self.pot(token).amount + more) // self.divisor

    def pool_usd(self, token: i64, price: i64) -> i64:
        """Dollars (1e-6, rounded down) of the pool's long or short tokens at ``price``."""
        return self.token(token).usd(self.amount(token), price)

    def both_usd(self, prices: Prices, maximise: bool) -> i64:
        """Dollars (1e-6) of both tokens of the pool at their highest or lowest prices."""
        return self.pool_usd(LONG, prices.token(LONG, maximise)) + self.pool_usd(
            SHORT, prices.token(SHORT, maximise)
        )

    def book(self, long: bool, token: i64) -> SideBook:
        """What the side holds with collateral in the long or the short token."""
        if long:
            return self.longs_in_long if token == LONG else self.longs_in_short
        return self.shorts_in_long if token == LONG else self.shorts_in_short

    def interest(self, long: bool) -> i64:
        """Open interest of a side, 1e-6 dollar."""
        if long:
            if self.single:
                return self.longs_in_long.usd // 2 * 2
            return self.longs_in_long.usd + self.longs_in_short.usd
        if self.single:
            return self.shorts_in_long.usd // 2 * 2
        return self.shorts_in_long.usd + self.shorts_in_short.usd

    def interest_in_tokens(self, long: bool) -> i64:
        """Open interest of a side, 1e-8 index token."""
        if long:
            if self.single:
                return self.longs_in_long.tokens // 2 * 2
            return self.longs_in_long.tokens + self.longs_in_short.tokens
        if self.single:
            return self.shorts_in_long.tokens // 2 * 2
        return self.shorts_in_long.tokens + self.shorts_in_short.tokens

    def balance(self, long: bool, mid: i64) -> i64:
        """What a side weighs against the other (1e-6): its open interest, or its tokens at mid."""
        if self.params.balance_in_tokens:
            return self.index.usd(self.interest_in_tokens(long), mid)
        return self.interest(long)

    def result(self, long: bool, price: i64, up: bool = True) -> i64:
        """Unrealised result of all positions of a side at an index ``price``, 1e-6 dollar.

        Rounded up, as what the pool owes, or down.
        """
        usd: i64 = self.interest(long)
        tokens: i64 = self.interest_in_tokens(long)
        if usd == 0 or tokens == 0:
            return 0
        if long:
            return self._index_usd(tokens, price, up) - usd
        return usd - self._index_usd(tokens, price, not up)

    def cumulative(self, long: bool) -> int:
        """Borrowing index of a side, 1e-18."""
        return self.cumulative_long if long else self.cumulative_short

    def _index_usd(self, tokens: i64, price: i64, up: bool) -> i64:
        return self.index.usd_up(tokens, price) if up else self.index.usd(tokens, price)

    # writing

    def change_interest(self, long: bool, token: i64, usd: i64, tokens: i64) -> None:
        """Add to, or take off, a side's open interest."""
        book: SideBook = self.book(long, token)
        book.usd += usd
        book.tokens += tokens
        if book.usd < 0 or book.tokens < 0:
            raise BrokenBooks(f"open interest {book.usd}, {book.tokens} below zero")

    def change_collateral(self, long: bool, token: i64, change: i64) -> None:
        """Add to, or take off, the sum of a side's collateral in one token."""
        book: SideBook = self.book(long, token)
        book.collateral += change
        if book.collateral < 0:
            raise BrokenBooks(f"sum of collateral {book.collateral} below zero")

    def change_borrowed(
        self, long: bool, size: i64, index: int, next_size: i64, next_index: int
    ) -> None:
        """A position of ``size`` that last paid at ``index`` now has the next two."""
        change: int = _at(next_size, next_index) - _at(size, index)
        if long:
            self.borrowed_long += change
        else:
            self.borrowed_short += change

    def take_impact(self, tokens: i64) -> None:
        """Pay positive impact (index tokens): the impact pool gives, the rest is lent."""
        if tokens <= self.impact_pool:
            self.impact_pool -= tokens
        else:
            self.lent += tokens - self.impact_pool
            self.impact_pool = 0

    def give_impact(self, tokens: i64) -> None:
        """Take negative impact in (index tokens): what was lent is repaid first."""
        if tokens <= self.lent:
            self.lent -= tokens
        else:
            self.impact_pool += tokens - self.lent
            self.lent = 0

    # books

    def pots(self) -> list[Pot]:
        """Every pot of the pool, each once."""
        pots: list[Pot] = [self.long_pot, self.impact_long, self.funding_long]
        if not self.single:
            pots += [self.short_pot, self.impact_short, self.funding_short]
        return pots

    def books(self) -> list[SideBook]:
        """Every book of the pool, each once."""
        if self.single:
            return [self.longs_in_long, self.shorts_in_long]
        return [
            self.longs_in_long,
            self.longs_in_short,
            self.shorts_in_long,
            self.shorts_in_short,
        ]

    def state(self) -> list[int]:
        """Every number of the pool in a fixed order, for a digest."""
        numbers: list[int] = [pot.amount for pot in self.pots()]
        for book in self.books():
            numbers += book.state()
        numbers += [
            self.impact_pool,
            self.lent,
            self.pending,
            self.cumulative_long,
            self.cumulative_short,
            self.borrowed_long,
            self.borrowed_short,
            self.funding_rate,
            self.accrued_at,
            self.undistributed,
        ]
        return numbers + self.shares.state()

    def audit(self) -> None:
        """Re-add the books; raises :class:`BrokenBooks` when one is not what it should be."""
        self.shares.audit()
        if self.impact_pool < 0 or self.lent < 0:
            raise BrokenBooks(f"impact pool {self.impact_pool}, lent {self.lent}: below zero")
        for book in self.books():
            if book.usd < 0 or book.tokens < 0 or book.collateral < 0:
                raise BrokenBooks("a side's book is below zero")
            if magnitude(book.usd) > MAX_DOLLARS:
                raise BrokenBooks(f"open interest {book.usd} is above what there can be")


def _at(size: i64, index: int) -> int:
    """``size`` times an index of 1e-18, rounded down."""
    if index < _NARROW:
        return mul_div(size, i64(index), _FINE_STEP)
    return wide(size) * index // _FINE
