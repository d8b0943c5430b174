"""Swaps of one pool token for the other.

The tokens change hands at the lowest price of the one that comes in and the highest of the one
that goes out. Negative impact goes into the swap impact pool of the token that comes in; positive
impact is paid from that of the other, as far as it holds, the rest from that of the first. Source:
gmx-io/gmx-synthetics, contracts/swap/SwapUtils.sol and contracts/pricing/SwapPricingUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm import reserves, value
from seawall.engine.designs.gm.impact import Impact, swap_impact
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, Prices
from seawall.engine.errors import BadOrder, LimitReached
from seawall.engine.fixed import larger, share, share_up, smaller
from seawall.engine.pot import Pot
from seawall.engine.venue import Account


class SwapPlan:
    """A swap that has passed every check, in units of its two tokens.

    ``paid`` leaves the payer; of it ``to_pool`` (with ``fee``'s pool part) enters the pool,
    ``charged`` the swap impact pool, ``receiver`` and ``ui`` their owners. ``bonus_in`` moves from
    the swap impact pool of the token that comes in to the pool, ``out`` leaves the pool and
    ``bonus`` the other swap impact pool; ``received`` is both. ``impact`` is in 1e-6 dollar.
    """

    def __init__(self, pool: Pool, token: i64, paid: i64) -> None:
        self.pool: Pool = pool
        self.token: i64 = token
        self.paid: i64 = paid
        self.fee: i64 = 0
        self.receiver: i64 = 0
        self.ui: i64 = 0
        self.charged: i64 = 0
        self.to_pool: i64 = 0
        self.bonus_in: i64 = 0
        self.out: i64 = 0
        self.bonus: i64 = 0
        self.received: i64 = 0
        self.impact: i64 = 0
        self.improved: bool = False

    def commit(self, payer: Pot, receiver: Pot, treasury: Account, ui: Account | None) -> None:
        """Move the money. ``payer`` holds the token that comes in, ``receiver`` the other."""
        pool = self.pool
        entry: Pot = pool.pot(self.token)
        shock: Pot = pool.swap_impact(self.token)
        payer.pay(treasury.purse(entry.token), self.receiver)
        if ui is not None:
            payer.pay(ui.purse(entry.token), self.ui)
        payer.pay(shock, self.charged)
        payer.pay(entry, self.to_pool)
        shock.pay(entry, self.bonus_in)
        pool.pot(1 - self.token).pay(receiver, self.out)
        pool.swap_impact(1 - self.token).pay(receiver, self.bonus)

    def revert(self, payer: Pot, receiver: Pot, treasury: Account, ui: Account | None) -> None:
        """Move everything back, when a later step of the same command fails."""
        pool = self.pool
        entry: Pot = pool.pot(self.token)
        shock: Pot = pool.swap_impact(self.token)
        receiver.pay(pool.swap_impact(1 - self.token), self.bonus)
        receiver.pay(pool.pot(1 - self.token), self.out)
        entry.pay(shock, self.bonus_in)
        entry.pay(payer, self.to_pool)
        shock.pay(payer, self.charged)
        if ui is not None:
            ui.purse(entry.token).pay(payer, self.ui)
        treasury.purse(entry.token).pay(payer, self.receiver)


def plan_swap(
    pool: Pool,
    prices: Prices,
    token: i64,
    amount: i64,
    ui_factor: i64 = 0,
    atomic: bool = False,
) -> SwapPlan:
    """What swapping ``amount`` of the long or short ``token`` for the other brings.

    Nothing for nothing, without any check. Raises :class:`BadOrder` (``same-token``),
    :class:`LimitReached` (``impact-above-amount``, ``beyond-pool``, ``beyond-pool-cap``,
    ``beyond-reserve``, ``beyond-pnl-cap``, ``pool-empty``).
    """
    if pool.single:
        raise BadOrder("same-token", "the market's long and short token are the same")
    plan: SwapPlan = SwapPlan(pool, token, amount)
    if amount == 0:
        return plan
    found: Impact = _impact(pool, prices, token, amount)
    plan.impact = found.usd
    plan.improved = found.improved
    swap = pool.params.swap
    factor: i64 = swap.fee_improved if found.improved else swap.fee_worsened
    plan.fee = share_up(amount, swap.atomic_swap if atomic else factor)
    plan.receiver = share(plan.fee, pool.params.swap_receiver)
    if ui_factor > 0:
        plan.ui = share_up(amount, smaller(ui_factor, pool.params.max_ui_fee))
    _exchange(pool, prices, plan)
    _check(pool, prices, plan)
    return plan


def _impact(pool: Pool, prices: Prices, token: i64, amount: i64) -> Impact:
    usd: i64 = pool.token(token).usd(amount, prices.token_mid(token))
    if token == LONG:
        return swap_impact(pool, prices, usd, -usd)
    return swap_impact(pool, prices, -usd, usd)


def _exchange(pool: Pool, prices: Prices, plan: SwapPlan) -> None:
    token: i64 = plan.token
    entry = pool.token(token)
    exit_ = pool.token(1 - token)
    in_min: i64 = prices.token(token, False)
    in_max: i64 = prices.token(token, True)
    out_max: i64 = prices.token(1 - token, True)
    left: i64 = plan.paid - plan.fee - plan.ui
    if plan.impact > 0:
        due: i64 = exit_.units(plan.impact, out_max)
        plan.bonus = smaller(due, pool.swap_impact(1 - token).amount)
        rest: i64 = exit_.into(due - plan.bonus, out_max, entry, in_max)
        plan.bonus_in = smaller(rest, pool.swap_impact(token).amount)
    else:
        plan.charged = entry.units(-plan.impact, in_min)
    if left <= plan.charged or entry.usd(left, in_min) <= -plan.impact:
        raise LimitReached(
            "impact-above-amount",
            f"impact {plan.charged} takes all of {left}, what is swapped after fees "
            f"({entry.name}, its unit)",
            plan.charged,
            left,
        )
    charge: i64 = larger(0, -plan.impact)
    plan.out = entry.into(left + plan.bonus_in, in_min, exit_, out_max, charge)
    plan.to_pool = left - plan.charged + plan.fee - plan.receiver
    plan.received = plan.out + plan.bonus


def _check(pool: Pool, prices: Prices, plan: SwapPlan) -> None:
    token: i64 = plan.token
    held: i64 = pool.amount(1 - token)
    if plan.out > held:
        raise LimitReached(
            "pool-empty",
            f"{plan.out} {pool.token(1 - token).name} is above {held}, what the pool has "
            "(its unit)",
            plan.out,
            held,
        )
    added: i64 = plan.to_pool + plan.bonus_in
    reserves.check_pool_amount(pool, token, pool.amount(token) + added)
    enters_long: bool = token == LONG
    reserves.check_reserve(pool, prices, not enters_long, 0, 0, plan.out)
    value.check_pnl(pool, prices, enters_long, value.DEPOSITS, -added)
    value.check_pnl(pool, prices, not enters_long, value.WITHDRAWALS, plan.out)
