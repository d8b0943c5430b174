"""A recorded market taken over by a live one: its pool, and somebody in every seat.

A record tells the open interest of each side, not whose it is. Here it is cut into equal positions
with collateral in the short token: a part of their size, and on top what they have lost and owe
already, so that nobody is liquidated by being seated. All money comes out of the purses of those
who are seated. The record's prices may be far from the live ones: :meth:`Recorded.at_price` keeps
every dollar amount and changes the tokens.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.orders import place_of
from seawall.engine.designs.gm.pool import Pool, VirtualPositions, VirtualSwaps
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.recorded import Recorded, owe, track
from seawall.engine.designs.gm.tokens import SHORT, wide
from seawall.engine.errors import BadParameters, Closed, NotEnough
from seawall.engine.fixed import MAX_DOLLARS, RATE, check_range
from seawall.engine.pot import Pot


class Seat:
    """One position: dollars at entry and collateral (1e-6), index tokens (1e-8)."""

    def __init__(self, is_long: bool, usd: i64, tokens: i64, collateral: i64) -> None:
        self.is_long: bool = is_long
        self.usd: i64 = usd
        self.tokens: i64 = tokens
        self.collateral: i64 = collateral


def seats(recorded: Recorded, holders: int, part: int, fees: int = 0) -> list[Seat]:
    """The open interest of a record as ``holders`` positions a side.

    ``part`` (1e-12) is the collateral over the size, beside what a position has lost and its part
    of the ``fees`` (1e-6) that both sides owe. A side that is too small for so many has as
    many as it has whole units for. Raises :class:`BadParameters`.
    """
    whole: int = wide(RATE)
    if not 1 <= holders <= 1_000_000:
        raise BadParameters(f"holders {holders}: must be between 1 and 1000000")
    if not 1 <= part <= whole:
        raise BadParameters(f"part {part}: must be between 1 and {whole} (1e-12)")
    both: int = recorded.interest[0] + recorded.interest[1]
    found: list[Seat] = []
    for is_long in (True, False):
        place: int = 0 if is_long else 1
        usd: int = recorded.interest[place]
        tokens: int = recorded.interest_in_tokens[place]
        count: int = min(holders, usd, tokens)
        for number in range(count):
            own_usd: int = usd * (number + 1) // count - usd * number // count
            own_tokens: int = tokens * (number + 1) // count - tokens * number // count
            worth: int = -(-own_tokens * recorded.long_price // 10**12)
            lost: int = own_usd - worth if is_long else worth - own_usd
            margin: int = -(-own_usd * part // whole) - (-own_usd * fees // both)
            margin += lost if lost > 0 else 0
            found.append(Seat(is_long, own_usd, own_tokens, margin))
    return found


def seat(
    desk: Desk, recorded: Recorded, fees: int, provider: int, taken: list[Seat], traders: list[int]
) -> None:
    """Put a record into a market that has a price and nothing else.

    ``provider`` brings both tokens of the pool and has all GM; each of ``traders`` brings the
    collateral of the seat of its number. ``fees`` (1e-6) is what the sides owe in borrowing, in
    equal parts of their size. Raises :class:`OutOfRange`, :class:`BadParameters`,
    :class:`Closed` (``no-price``, ``market-in-use``) and :class:`NotEnough`
    (``wallet-too-small``) with nothing changed.
    """
    pool = desk.pool
    check_range("fees", fees, 0, wide(MAX_DOLLARS), "1e-6 dollar")
    if len(taken) != len(traders):
        raise BadParameters(f"{len(taken)} seats for {len(traders)} traders")
    sitting: dict[int, int] = {}
    for place in range(len(taken)):
        key: int = place_of(traders[place], taken[place].is_long, pool.short.number)
        if key in sitting:
            raise BadParameters(f"account {traders[place]} has two seats on one side")
        sitting[key] = place
    if pool.single or pool.index.number != pool.long.number:
        raise BadParameters("a record is of a market whose index is its long token")
    if not desk.is_open:
        raise Closed("no-price", f"{desk.name} has no price yet")
    if pool.shares.total_supply() > 0 or pool.long_pot.amount + pool.short_pot.amount > 0:
        raise Closed("market-in-use", f"{desk.name} has liquidity of its own")
    long: Pot = desk.accounts[provider].purse(pool.long.number)
    short: Pot = desk.accounts[provider].purse(pool.short.number)
    _check(long, recorded.long_amount)
    _check(short, recorded.short_amount)
    for place in range(len(taken)):
        _check(
            desk.accounts[traders[place]].purse(pool.short.number), wide(taken[place].collateral)
        )
    long.pay(pool.long_pot, recorded.long_amount)
    short.pay(pool.short_pot, recorded.short_amount)
    pool.impact_pool = recorded.impact_pool
    pool.shares.mint(provider, recorded.supply)
    track(pool, recorded)
    owe(pool, recorded, fees)
    pool.borrowed_long = 0
    pool.borrowed_short = 0
    _share_inventories(pool, recorded)
    for place in range(len(taken)):
        _sit(desk, recorded, fees, taken[place], traders[place])


def _check(purse: Pot, amount: int) -> None:
    if purse.amount < amount:
        raise NotEnough(
            "wallet-too-small",
            f"{amount} is above {purse.amount}, what the wallet holds (its unit)",
            amount,
            purse.amount,
        )


def _sit(desk: Desk, recorded: Recorded, fees: int, taken: Seat, trader: int) -> None:
    pool = desk.pool
    position: Holding = Holding(trader, pool.short.number)
    position.size = taken.tokens if taken.is_long else -taken.tokens
    position.entry = taken.usd
    position.increased_at = desk.now
    desk.accounts[trader].purse(pool.short.number).pay(position, taken.collateral)
    desk.refresh(position)
    both: int = recorded.interest[0] + recorded.interest[1]
    position.borrowing -= fees * 10**18 // both
    pool.change_interest(taken.is_long, SHORT, taken.usd, taken.tokens)
    pool.change_collateral(taken.is_long, SHORT, taken.collateral)
    pool.change_borrowed(taken.is_long, 0, 0, taken.usd, position.borrowing)
    desk.positions[place_of(trader, taken.is_long, pool.short.number)] = position
    desk.lookout.add(position, desk.prices)


def _share_inventories(pool: Pool, recorded: Recorded) -> None:
    """What the record says of other markets is held outside of this one from now on."""
    skew = recorded.position_inventory
    if skew is not None:
        own: int = recorded.interest[1] - recorded.interest[0]
        positions: VirtualPositions = VirtualPositions(skew - own)
        positions.pools.append(pool)
        pool.virtual_positions = positions
    amounts = recorded.swap_inventory
    if amounts is not None:
        swaps: VirtualSwaps = VirtualSwaps(
            amounts[0] - recorded.long_amount, amounts[1] - recorded.short_amount
        )
        swaps.pools.append(pool)
        pool.virtual_swaps = swaps
