"""Deposits, withdrawals and shifts: how GM tokens are minted and burned.

A deposit brings long tokens, short tokens or both. Its impact on the balance of the two is shared
out over the legs by their dollars; each leg pays its fee and mints at the value and supply of its
beginning, the long leg first. A withdrawal takes both tokens in the proportion of the pool, with
no impact. A shift is a withdrawal from one market and a deposit into another of the same tokens,
without fees. Source: gmx-io/gmx-synthetics, contracts/deposit/ExecuteDepositUtils.sol,
contracts/withdrawal/ExecuteWithdrawalUtils.sol and contracts/shift/ShiftUtils.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm import reserves, value
from seawall.engine.designs.gm.impact import Impact, swap_impact
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token
from seawall.engine.errors import BadOrder, Closed, LimitReached, NotEnough
from seawall.engine.fixed import larger, mul_div, share, share_up, smaller
from seawall.engine.pot import Pot
from seawall.engine.venue import Account

LOCKED: Final[i64] = -1
"""Holder of the shares of a first deposit that is locked for good: nobody."""


class Leg:
    """One token of a deposit or withdrawal, in its units.

    Of what is paid in, ``receiver`` goes to the treasury, ``ui`` to the interface, ``charged`` to
    the swap impact pool, ``to_pool`` to the pool. ``bonus`` is what the swap impact pool of the
    OTHER token adds to the pool. In a withdrawal ``out`` is what the owner gets of the pool.
    """

    def __init__(self, token: i64) -> None:
        self.token: i64 = token
        self.receiver: i64 = 0
        self.ui: i64 = 0
        self.charged: i64 = 0
        self.to_pool: i64 = 0
        self.bonus: i64 = 0
        self.out: i64 = 0
        self.minted: i64 = 0


class DepositPlan:
    """A deposit that has passed every check; ``minted`` is in GM (1e-6), ``impact`` in 1e-6 USD."""

    def __init__(self, pool: Pool) -> None:
        self.pool: Pool = pool
        self.long: Leg = Leg(LONG)
        self.short: Leg = Leg(SHORT)
        self.impact: i64 = 0
        self.minted: i64 = 0

    def commit(
        self, long: Pot, short: Pot, holder: i64, treasury: Account, ui: Account | None
    ) -> None:
        """Move the tokens out of two pots and mint the GM to ``holder``."""
        self._enter(self.long, long, treasury, ui)
        self._enter(self.short, short, treasury, ui)
        self.pool.shares.mint(holder, self.minted)

    def _enter(self, leg: Leg, payer: Pot, treasury: Account, ui: Account | None) -> None:
        pool = self.pool
        payer.pay(treasury.purse(int(payer.token)), leg.receiver)
        if ui is not None:
            payer.pay(ui.purse(int(payer.token)), leg.ui)
        payer.pay(pool.swap_impact(leg.token), leg.charged)
        payer.pay(pool.pot(leg.token), leg.to_pool)
        pool.swap_impact(1 - leg.token).pay(pool.pot(1 - leg.token), leg.bonus)


class WithdrawalPlan:
    """A withdrawal that has passed every check: ``burned`` GM for the ``out`` of two legs."""

    def __init__(self, pool: Pool, burned: i64) -> None:
        self.pool: Pool = pool
        self.burned: i64 = burned
        self.long: Leg = Leg(LONG)
        self.short: Leg = Leg(SHORT)

    def commit(
        self, long: Pot, short: Pot, holder: i64, treasury: Account, ui: Account | None
    ) -> None:
        """Burn the GM of ``holder`` and move the tokens into two pots."""
        self.pool.shares.burn(holder, self.burned)
        self._leave(self.long, long, treasury, ui)
        self._leave(self.short, short, treasury, ui)

    def _leave(self, leg: Leg, receiver: Pot, treasury: Account, ui: Account | None) -> None:
        pot: Pot = self.pool.pot(leg.token)
        pot.pay(treasury.purse(int(pot.token)), leg.receiver)
        if ui is not None:
            pot.pay(ui.purse(int(pot.token)), leg.ui)
        pot.pay(receiver, leg.out)

    def revert(
        self, long: Pot, short: Pot, holder: i64, treasury: Account, ui: Account | None
    ) -> None:
        """Move everything back, when a later step of the same command fails."""
        self._return(self.long, long, treasury, ui)
        self._return(self.short, short, treasury, ui)
        self.pool.shares.mint(holder, self.burned)

    def _return(self, leg: Leg, receiver: Pot, treasury: Account, ui: Account | None) -> None:
        pot: Pot = self.pool.pot(leg.token)
        receiver.pay(pot, leg.out)
        if ui is not None:
            ui.purse(int(pot.token)).pay(pot, leg.ui)
        treasury.purse(int(pot.token)).pay(pot, leg.receiver)


def plan_deposit(
    pool: Pool,
    prices: Prices,
    long_amount: i64,
    short_amount: i64,
    least: i64 = 0,
    ui_factor: i64 = 0,
    locked: bool = False,
    shift: bool = False,
) -> DepositPlan:
    """What a deposit of long and short tokens mints; ``shift`` takes no fee.

    Raises :class:`BadOrder` (``empty-deposit``, ``first-deposit``), :class:`Closed`
    (``worthless-pool``), :class:`LimitReached` (``beyond-pnl-cap``, ``beyond-pool-cap``,
    ``beyond-deposit-cap``, ``impact-above-amount``, ``below-least``).
    """
    if long_amount == 0 and short_amount == 0:
        raise BadOrder("empty-deposit", "a deposit brings long or short tokens")
    value.check_pnl(pool, prices, True, value.DEPOSITS)
    value.check_pnl(pool, prices, False, value.DEPOSITS)
    plan: DepositPlan = DepositPlan(pool)
    long_usd: i64 = pool.long.usd(long_amount, prices.token_mid(LONG))
    short_usd: i64 = pool.short.usd(short_amount, prices.token_mid(SHORT))
    found: Impact = swap_impact(pool, prices, long_usd, short_usd, not shift)
    plan.impact = found.usd
    swap = pool.params.swap
    factor: i64 = swap.deposit_improved if found.improved else swap.deposit_worsened
    if shift:
        factor = 0
    both: i64 = larger(1, long_usd + short_usd)
    if long_amount > 0:
        part: i64 = _toward_zero(found.usd, long_usd, both)
        _plan_leg(pool, prices, plan, plan.long, long_amount, part, factor, ui_factor)
    if short_amount > 0:
        part = _toward_zero(found.usd, short_usd, both)
        _plan_leg(pool, prices, plan, plan.short, short_amount, part, factor, ui_factor)
    _check_first(pool, plan.minted, locked)
    if plan.minted < larger(1, least):
        raise LimitReached(
            "below-least",
            f"{plan.minted} GM is below {larger(1, least)}, the least that was asked for (1e-6)",
            plan.minted,
            larger(1, least),
        )
    return plan


def _check_first(pool: Pool, minted: i64, locked: bool) -> None:
    first: i64 = pool.params.first_deposit
    if first == 0 or pool.shares.total_supply() > 0:
        return
    if not locked or minted < first:
        raise BadOrder(
            "first-deposit",
            f"the first deposit must be locked for good and mint {first} GM, not {minted} (1e-6)",
            minted,
            first,
        )


def _toward_zero(usd: i64, part: i64, whole: i64) -> i64:
    if usd < 0:
        return -mul_div(-usd, part, whole)
    return mul_div(usd, part, whole)


def _plan_leg(
    pool: Pool,
    prices: Prices,
    plan: DepositPlan,
    leg: Leg,
    amount: i64,
    impact: i64,
    factor: i64,
    ui_factor: i64,
) -> None:
    """Plan one leg on the pool as the leg before it leaves it."""
    token: i64 = leg.token
    entry: Token = pool.token(token)
    in_min: i64 = prices.token(token, False)
    supply: i64 = pool.shares.total_supply() + plan.minted
    worth: i64 = value.pool_value(
        pool, prices, value.DEPOSITS, True, _added(plan, LONG), _added(plan, SHORT)
    ).total
    if worth < 0 or (worth == 0 and supply > 0):
        raise Closed(
            "worthless-pool", f"the pool is worth {worth}: no GM can be minted (1e-6 USD)", worth, 0
        )
    fee: i64 = share_up(amount, factor)
    leg.receiver = share(fee, pool.params.swap_receiver)
    if ui_factor > 0:
        leg.ui = share_up(amount, smaller(ui_factor, pool.params.max_ui_fee))
    left: i64 = amount - fee - leg.ui
    if impact > 0 and supply > 0:
        _plan_bonus(pool, prices, plan, leg, impact, supply, worth)
    elif impact < 0:
        leg.charged = entry.units(-impact, in_min)
        if leg.charged > left or entry.usd(left, in_min) < -impact:
            raise LimitReached(
                "impact-above-amount",
                f"impact {leg.charged} takes all of {left}, what is deposited after fees "
                f"({entry.name}, its unit)",
                leg.charged,
                left,
            )
    worth_in: i64 = entry.usd(left, in_min) + smaller(0, impact)
    leg.minted += _mintable(worth_in, supply, worth)
    leg.to_pool = left - leg.charged + fee - leg.receiver
    held: i64 = pool.amount_after(token, _added(plan, LONG), _added(plan, SHORT))
    reserves.check_pool_amount(pool, token, held)
    reserves.check_deposit_usd(pool, prices, token, held)
    plan.minted += leg.minted


def _plan_bonus(
    pool: Pool,
    prices: Prices,
    plan: DepositPlan,
    leg: Leg,
    impact: i64,
    supply: i64,
    worth: i64,
) -> None:
    """Positive impact is paid into the pool in the other token, and GM is minted for it."""
    other: i64 = 1 - leg.token
    price: i64 = prices.token(other, True)
    there: i64 = pool.swap_impact(other).amount
    if pool.single:
        there -= plan.long.bonus
    leg.bonus = smaller(pool.token(other).units(impact, price), there)
    leg.minted += _mintable(pool.token(other).usd(leg.bonus, price), supply, worth)
    reserves.check_pool_amount(
        pool, other, pool.amount_after(other, _added(plan, LONG), _added(plan, SHORT))
    )


def _added(plan: DepositPlan, token: i64) -> i64:
    """Tokens that the legs planned so far bring into the pool."""
    if token == LONG:
        return plan.long.to_pool + plan.short.bonus
    return plan.short.to_pool + plan.long.bonus


def _mintable(usd: i64, supply: i64, worth: i64) -> i64:
    """GM for ``usd``; the first ones cost a dollar and stand for all that is there already."""
    if supply == 0:
        return worth + usd
    return mul_div(supply, usd, worth)


def plan_withdrawal(
    pool: Pool,
    prices: Prices,
    shares: i64,
    least_long: i64 = 0,
    least_short: i64 = 0,
    ui_factor: i64 = 0,
    atomic: bool = False,
    shift: bool = False,
) -> WithdrawalPlan:
    """What burning ``shares`` GM pays out in both tokens; ``shift`` takes no fee.

    Raises :class:`NotEnough` (``beyond-supply``), :class:`Closed` (``worthless-pool``),
    :class:`LimitReached` (``below-least``, ``beyond-lent``, ``beyond-reserve``,
    ``beyond-pnl-cap``, ``pool-empty``).
    """
    supply: i64 = pool.shares.total_supply()
    if shares > supply:
        raise NotEnough(
            "beyond-supply", f"{shares} GM is above {supply}, all there is (1e-6)", shares, supply
        )
    worth: i64 = value.pool_value(pool, prices, value.WITHDRAWALS, False).total
    if worth <= 0:
        raise Closed(
            "worthless-pool", f"the pool is worth {worth}: nothing can leave (1e-6 USD)", worth, 0
        )
    usd: i64 = mul_div(worth, shares, supply)
    long_usd: i64 = pool.pool_usd(LONG, prices.token(LONG, True))
    both: i64 = long_usd + pool.pool_usd(SHORT, prices.token(SHORT, True))
    factor: i64 = pool.params.swap.withdrawal
    if atomic:
        factor = pool.params.swap.atomic_withdrawal
    if shift:
        factor = 0
    plan: WithdrawalPlan = WithdrawalPlan(pool, shares)
    _plan_exit(pool, prices, plan.long, mul_div(usd, long_usd, both), factor, ui_factor)
    _plan_exit(pool, prices, plan.short, mul_div(usd, both - long_usd, both), factor, ui_factor)
    _check_exit(pool, prices, plan)
    _check_least(pool, plan.long, least_long)
    _check_least(pool, plan.short, least_short)
    return plan


def _plan_exit(pool: Pool, prices: Prices, leg: Leg, usd: i64, factor: i64, ui_factor: i64) -> None:
    amount: i64 = pool.token(leg.token).units(usd, prices.token(leg.token, True))
    held: i64 = pool.amount(leg.token)
    if amount > held:
        raise LimitReached(
            "pool-empty",
            f"{amount} {pool.token(leg.token).name} is above {held}, what the pool has (its unit)",
            amount,
            held,
        )
    fee: i64 = share_up(amount, factor)
    leg.receiver = share(fee, pool.params.swap_receiver)
    if ui_factor > 0:
        leg.ui = share_up(amount, smaller(ui_factor, pool.params.max_ui_fee))
    leg.out = larger(0, amount - fee - leg.ui)


def _taken(leg: Leg) -> i64:
    return leg.out + leg.receiver + leg.ui


def _check_exit(pool: Pool, prices: Prices, plan: WithdrawalPlan) -> None:
    long_taken: i64 = _taken(plan.long)
    short_taken: i64 = _taken(plan.short)
    long_left: i64 = pool.amount_after(LONG, -long_taken, -short_taken)
    short_left: i64 = pool.amount_after(SHORT, -long_taken, -short_taken)
    remaining: i64 = pool.long.usd(long_left, prices.token(LONG, False)) + pool.short.usd(
        short_left, prices.token(SHORT, False)
    )
    reserves.check_lent(pool, prices, remaining)
    long_gone: i64 = pool.amount(LONG) - long_left
    short_gone: i64 = pool.amount(SHORT) - short_left
    reserves.check_reserve(pool, prices, True, 0, 0, long_gone)
    reserves.check_reserve(pool, prices, False, 0, 0, short_gone)
    value.check_pnl(pool, prices, True, value.WITHDRAWALS, long_gone)
    value.check_pnl(pool, prices, False, value.WITHDRAWALS, short_gone)


def _check_least(pool: Pool, leg: Leg, least: i64) -> None:
    if leg.out < least:
        raise LimitReached(
            "below-least",
            f"{leg.out} {pool.token(leg.token).name} is below {least}, the least that was asked "
            "for (its unit)",
            leg.out,
            least,
        )


class ShiftPlan:
    """A shift that has passed every check: out of one market, into another."""

    def __init__(self, exit_plan: WithdrawalPlan, entry: DepositPlan) -> None:
        self.exit: WithdrawalPlan = exit_plan
        self.entry: DepositPlan = entry

    def commit(self, holder: i64, treasury: Account) -> None:
        """Burn GM of the one market and mint GM of the other, to the same holder."""
        long: Pot = Pot(i64(self.exit.pool.long_pot.token))
        short: Pot = Pot(i64(self.exit.pool.short_pot.token))
        self.exit.commit(long, short, holder, treasury, None)
        self.entry.commit(long, short, holder, treasury, None)


def plan_shift(
    source: Pool,
    source_prices: Prices,
    target: Pool,
    target_prices: Prices,
    shares: i64,
    least: i64 = 0,
) -> ShiftPlan:
    """Move ``shares`` GM of one market into another with the same two tokens.

    Raises :class:`BadOrder` (``same-market``, ``other-tokens``) and what a withdrawal and a
    deposit raise.
    """
    if source is target:
        raise BadOrder("same-market", "a shift leads into another market")
    if source.long.number != target.long.number or source.short.number != target.short.number:
        raise BadOrder(
            "other-tokens",
            f"{target.long.name} and {target.short.name} are not the tokens of the market left",
        )
    exit_plan: WithdrawalPlan = plan_withdrawal(source, source_prices, shares, shift=True)
    entry: DepositPlan = plan_deposit(
        target, target_prices, exit_plan.long.out, exit_plan.short.out, least, shift=True
    )
    return ShiftPlan(exit_plan, entry)
