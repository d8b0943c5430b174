"""A pool as a chain reported it, and the same pool built here.

A record of a GM market tells amounts, prices, open interest and the value that the chain gave, but
not what each side has run up in borrowing fees: that is in no published series. All other parts of
the value are recorded, so the fees follow from it (:func:`implied_fees`).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import Pool, VirtualPositions, VirtualSwaps
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token, wide
from seawall.engine.errors import OutOfRange
from seawall.engine.fixed import MAX_DOLLARS, MAX_PRICE, RATE, check_range
from seawall.engine.pot import Treasury

_FINE: Final = 10**18


class Recorded:
    """One moment of a market whose index is its long token, as a chain reported it.

    Amounts are in units of their tokens, dollars in 1e-6, prices in 1e-10, GM in 1e-6. ``value``
    is the pool value that was reported. Fields of a list are longs first. What was not recorded is
    None: the virtual inventories, the borrowing indices (1e-18), the funding trackers (1e-21 of a
    unit per 1e-6 dollar), which are lists by side and then by token. Raises :class:`OutOfRange`.
    """

    def __init__(
        self,
        *,
        time: int,
        supply: int,
        value: int,
        long_amount: int,
        short_amount: int,
        long_price: int,
        short_price: int,
        interest: list[int],
        interest_in_tokens: list[int],
        impact_pool: int,
        swap_inventory: list[int] | None = None,
        position_inventory: int | None = None,
        borrowing: list[int] | None = None,
        funding_fees: list[int] | None = None,
        funding_claims: list[int] | None = None,
    ) -> None:
        for name, number in (
            ("supply", supply),
            ("value", value),
            ("long_amount", long_amount),
            ("short_amount", short_amount),
            ("impact_pool", impact_pool),
        ):
            check_range(name, number, 0, MAX_DOLLARS, "its unit")
        check_range("long_price", long_price, 1, MAX_PRICE, "1e-10")
        check_range("short_price", short_price, 1, MAX_PRICE, "1e-10")
        self.time: int = time
        self.supply: int = supply
        self.value: int = value
        self.long_amount: int = long_amount
        self.short_amount: int = short_amount
        self.long_price: int = long_price
        self.short_price: int = short_price
        self.interest: list[int] = interest
        self.interest_in_tokens: list[int] = interest_in_tokens
        self.impact_pool: int = impact_pool
        self.swap_inventory: list[int] | None = swap_inventory
        self.position_inventory: int | None = position_inventory
        self.borrowing: list[int] | None = borrowing
        self.funding_fees: list[int] | None = funding_fees
        self.funding_claims: list[int] | None = funding_claims

    def at_price(self, price: int) -> "Recorded":
        """The same dollars at another price (1e-10) of the long token: tokens are changed.

        A pool at 3 200 that is put into a storm at 4 300 has fewer tokens, and its sides have won
        and lost what they had. Raises :class:`OutOfRange`.
        """
        check_range("price", price, 1, MAX_PRICE, "1e-10")
        inventory = self.swap_inventory
        return Recorded(
            time=self.time,
            supply=self.supply,
            value=self.value,
            long_amount=self.long_amount * self.long_price // price,
            short_amount=self.short_amount,
            long_price=price,
            short_price=self.short_price,
            interest=self.interest,
            interest_in_tokens=[
                tokens * self.long_price // price for tokens in self.interest_in_tokens
            ],
            impact_pool=self.impact_pool * self.long_price // price,
            swap_inventory=(
                None
                if inventory is None
                else [inventory[0] * self.long_price // price, inventory[1]]
            ),
            position_inventory=self.position_inventory,
            borrowing=self.borrowing,
            funding_fees=self.funding_fees,
            funding_claims=self.funding_claims,
        )

    def prices(self) -> Prices:
        """The prices of that moment; a record has one of each token."""
        long: i64 = self.long_price
        short: i64 = self.short_price
        return Prices(long, long, long, long, short, short)

    def known_value(self, long: Token, short: Token) -> int:
        """What the recorded parts add up to, 1e-6 dollar: everything but borrowing fees."""
        prices = self.prices()
        return (
            long.usd(self.long_amount, prices.long_min)
            + short.usd(self.short_amount, prices.short_min)
            - self.result(long)
            - long.usd(self.impact_pool, prices.index_min)
        )

    def result(self, long: Token) -> int:
        """Unrealised result of both sides, 1e-6 dollar."""
        price: i64 = self.long_price
        net: int = self.interest_in_tokens[0] - self.interest_in_tokens[1]
        worth: int = wide(long.usd(net, price)) if net >= 0 else -wide(long.usd(-net, price))
        return worth - self.interest[0] + self.interest[1]


def implied_fees(recorded: Recorded, params: Params, long: Token, short: Token) -> int:
    """Borrowing fees (1e-6) that both sides must owe for the reported value to come out.

    Raises :class:`OutOfRange` (``no-implied-fees``) where the recorded parts are worth more.
    """
    missing: int = recorded.value - recorded.known_value(long, short)
    if missing < 0:
        raise OutOfRange(
            "no-implied-fees",
            f"the recorded parts are worth {-missing} more than the value reported (1e-6 USD)",
            missing,
            0,
        )
    kept: int = wide(RATE) - wide(params.borrowing_receiver)
    return missing * wide(RATE) // kept


def restore(
    recorded: Recorded,
    params: Params,
    long: Token,
    short: Token,
    treasury: Treasury,
    holder: i64,
    fees: int,
) -> Pool:
    """The pool of a record: ``holder`` has all GM, the sides owe ``fees`` in borrowing (1e-6).

    The pool's tokens are minted by ``treasury``.

    The fees are shared out over the sides by their open interest, and the open interest counts as
    held with collateral in the short token: a record says neither.
    """
    positions: VirtualPositions | None = None
    if recorded.position_inventory is not None:
        own: int = recorded.interest[1] - recorded.interest[0]
        positions = VirtualPositions(recorded.position_inventory - own)
    swaps: VirtualSwaps | None = None
    if recorded.swap_inventory is not None:
        swaps = VirtualSwaps(
            recorded.swap_inventory[0] - recorded.long_amount,
            recorded.swap_inventory[1] - recorded.short_amount,
        )
    pool: Pool = Pool(params, long, long, short, positions, swaps)
    treasury.mint(pool.long_pot, recorded.long_amount)
    treasury.mint(pool.short_pot, recorded.short_amount)
    pool.impact_pool = recorded.impact_pool
    for is_long in (True, False):
        place: int = 0 if is_long else 1
        pool.change_interest(
            is_long, SHORT, recorded.interest[place], recorded.interest_in_tokens[place]
        )
    owe(pool, recorded, fees)
    track(pool, recorded)
    pool.accrued_at = recorded.time
    pool.shares.mint(holder, recorded.supply)
    return pool


def owe(pool: Pool, recorded: Recorded, fees: int) -> None:
    """Set the borrowing indices, and what the sides last paid at, so that they owe ``fees``."""
    longs: int = recorded.interest[0]
    both: int = longs + recorded.interest[1]
    of_longs: int = fees * longs // both if both > 0 else 0
    pool.cumulative_long, pool.borrowed_long = _index(recorded, 0, of_longs)
    pool.cumulative_short, pool.borrowed_short = _index(recorded, 1, fees - of_longs)


def _index(recorded: Recorded, place: int, fees: int) -> tuple[int, int]:
    """A borrowing index, and what the side last paid at, so that it owes ``fees``."""
    interest: int = recorded.interest[place]
    if interest == 0:
        return 0, 0
    if recorded.borrowing is None:
        index: int = -(-fees * _FINE // interest)
    else:
        index = recorded.borrowing[place]
    return index, interest * index // _FINE - fees


def track(pool: Pool, recorded: Recorded) -> None:
    """Set the funding trackers, where they were recorded."""
    fees = recorded.funding_fees
    claims = recorded.funding_claims
    if fees is None or claims is None:
        return
    place: int = 0
    for is_long in (True, False):
        for token in (LONG, SHORT):
            book = pool.book(is_long, token)
            book.fee_per_size = fees[place]
            book.claim_per_size = claims[place]
            place += 1
