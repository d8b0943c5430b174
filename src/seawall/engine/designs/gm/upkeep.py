"""What the treasury does with the impact pool: it takes surplus out, and repays what was lent.

The impact pool is a number that is taken off the pool's value; the tokens that stand for it are in
the pool. Taking ``amount`` index tokens out therefore moves their worth, half in either token, from
the pool to the treasury and leaves the price of GM where it was. What open positions are still to
be paid as impact cannot be taken. Repaying goes the other way. Source: gmx-io/gmx-synthetics,
contracts/market/PositionImpactPoolUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices
from seawall.engine.errors import LimitReached, NotEnough
from seawall.engine.fixed import MAX_SIZE, check_range, larger
from seawall.engine.pot import Pot
from seawall.engine.venue import Account


def spare_impact(pool: Pool) -> i64:
    """Index tokens of the impact pool that no open position is still to be paid."""
    return larger(0, pool.impact_pool - larger(0, pool.pending))


def take_surplus(pool: Pool, prices: Prices, amount: int, treasury: Account) -> list[i64]:
    """Take ``amount`` index tokens out of the impact pool; the long and short tokens paid.

    The index counts at its lowest price and the tokens at their highest, rounded down. Raises
    :class:`OutOfRange`, :class:`LimitReached` (``beyond-impact-pool``), :class:`NotEnough`
    (``pool-empty``).
    """
    check_range("amount", amount, 1, MAX_SIZE, "1e-8 index token")
    spare: i64 = spare_impact(pool)
    if amount > spare:
        raise LimitReached(
            "beyond-impact-pool",
            f"{amount} is above {spare}, what the impact pool can spare (1e-8 index token)",
            amount,
            spare,
        )
    half: i64 = pool.index.usd(amount, prices.index_min) // 2
    paid: list[i64] = []
    for token in (LONG, SHORT):
        units: i64 = pool.token(token).units(half, prices.token(token, True))
        if units > pool.amount(token):
            raise NotEnough(
                "pool-empty",
                f"{units} {pool.token(token).name} is above {pool.amount(token)}, what the pool "
                "has (its unit)",
                units,
                pool.amount(token),
            )
        paid.append(units)
    for token in (LONG, SHORT):
        pot: Pot = pool.pot(token)
        pot.pay(treasury.purse(int(pot.token)), paid[token])
    pool.impact_pool -= i64(amount)
    return paid


def repay_lent(pool: Pool, prices: Prices, amount: int, treasury: Account) -> list[i64]:
    """Repay ``amount`` index tokens of what was lent; the long and short tokens that it costs.

    The index counts at its highest price and the tokens at their lowest, rounded up. Raises
    :class:`OutOfRange`, :class:`LimitReached` (``beyond-lent-amount``), :class:`NotEnough`
    (``wallet-too-small``).
    """
    check_range("amount", amount, 1, MAX_SIZE, "1e-8 index token")
    if amount > pool.lent:
        raise LimitReached(
            "beyond-lent-amount",
            f"{amount} is above {pool.lent}, what was lent (1e-8 index token)",
            amount,
            pool.lent,
        )
    half: i64 = (pool.index.usd_up(amount, prices.index_max) + 1) // 2
    costs: list[i64] = []
    for token in (LONG, SHORT):
        units: i64 = pool.token(token).units_up(half, prices.token(token, False))
        costs.append(units)
        held: Pot = treasury.purse(pool.token(token).number)
        needed: i64 = costs[LONG] + units if pool.single and token == SHORT else units
        if needed > held.amount:
            raise NotEnough(
                "wallet-too-small",
                f"{needed} is above {held.amount}, what the wallet holds (its unit)",
                needed,
                held.amount,
            )
    for token in (LONG, SHORT):
        pot: Pot = pool.pot(token)
        treasury.purse(int(pot.token)).pay(pot, costs[token])
    pool.lent -= i64(amount)
    return costs
