"""Who stands behind the trade: pool cash, the two vaults' claims on it, and the waterfall.

Glossary
    C        pool cash, one pot that both vaults share
    U        the traders' unrealised result, (L*P - E_L) + (E_S - S*P), rounded up
    V_hi     C - U: what a deposit is priced at
    V_lo     C - max(U, 0): what a redemption is priced at
    K        senior's claim: deposits + coupons - redemptions
    A        what insurance has advanced and is owed back before junior sees a recovery
    R        impact reserve: impacts in, rebates out, nothing else

Equations
    senior assets = min(K, V);   junior assets = max(V - K - A, 0);   V never below 0

so junior loses first and senior last by construction, and a recovery heals senior first, then
insurance, then junior. The waterfall of a minute's income is in :meth:`Pool.share_income`.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.layered.params import MAX_TRANCHE, Params
from seawall.engine.events import Settled
from seawall.engine.fixed import (
    MINUTE,
    NOTIONAL_STEP,
    RATE,
    YEAR,
    clamp,
    larger,
    mul_div,
    mul_div_up,
    share,
    share_up,
    smaller,
)
from seawall.engine.pot import Pot
from seawall.engine.shares import Claim
from seawall.engine.vault import Vault

MINUTES_A_YEAR: Final[i64] = YEAR // MINUTE


class Book:
    """Open interest and entry notionals of both sides, kept incrementally.

    ``longs`` and ``shorts`` in 1e-8 token, ``long_entry`` and ``short_entry`` in 1e-6 dollar.
    """

    def __init__(self) -> None:
        self.longs: i64 = 0
        self.shorts: i64 = 0
        self.long_entry: i64 = 0
        self.short_entry: i64 = 0
        self.mark: i64 = 0

    def inventory(self) -> i64:
        """Long less short open interest, signed."""
        return self.longs - self.shorts

    def long_result(self) -> i64:
        """Unrealised result of all longs at the mark, rounded up."""
        return mul_div_up(self.longs, self.mark, NOTIONAL_STEP) - self.long_entry

    def short_result(self) -> i64:
        """Unrealised result of all shorts at the mark, rounded up."""
        return self.short_entry - mul_div(self.shorts, self.mark, NOTIONAL_STEP)

    def result(self) -> i64:
        """U: the traders' unrealised result at the mark, rounded up."""
        return (
            mul_div_up(self.longs - self.shorts, self.mark, NOTIONAL_STEP)
            - self.long_entry
            + self.short_entry
        )


class Pool:
    """Cash, claims, insurance and impact reserve of one market."""

    def __init__(self, params: Params, book: Book) -> None:
        self.params = params
        self.book = book
        self.cash = Pot()
        self.reserve = Pot()
        self.income = Pot()
        self.insurance = Pot()
        self.claim: i64 = 0
        self.arrears: i64 = 0
        self.advanced: i64 = 0
        self.band_fills: i64 = 0
        self.senior_fills: i64 = 0

    def value_high(self) -> i64:
        """V_hi, never below 0."""
        return larger(0, self.cash.amount - self.book.result())

    def surplus_low(self) -> i64:
        """V_lo before it is held at 0: below zero when winners cannot be paid in full."""
        return self.cash.amount - larger(0, self.book.result())

    def value_low(self) -> i64:
        """V_lo, never below 0."""
        return larger(0, self.surplus_low())

    def senior_of(self, value: i64) -> i64:
        """Senior assets when the pool is worth ``value``."""
        return smaller(self.claim, value)

    def junior_of(self, value: i64) -> i64:
        """Junior assets when the pool is worth ``value``."""
        return larger(0, value - self.claim - self.advanced)

    def payable(self, profit: i64) -> i64:
        """Of a ``profit`` realised now, what the pool can pay: all of it unless C < U."""
        owed: i64 = self.book.result()
        if owed <= self.cash.amount or profit <= 0:
            return profit
        return smaller(profit, mul_div(profit, self.cash.amount, owed))

    def coupon(self, utilisation: i64) -> i64:
        """Senior's coupon of one minute, rounded down; ``utilisation`` a rate up to 1."""
        rate: i64 = self.params.coupon_base + share(self.params.coupon_slope, utilisation)
        return mul_div(self.claim, rate, RATE * MINUTES_A_YEAR)

    def note_fill(self, dollars: i64, senior_dollars: i64) -> None:
        """Remember who stood behind a fill: the minute's senior share is their quotient."""
        self.band_fills += dollars
        self.senior_fills += senior_dollars

    def share_income(self, treasury: Pot, utilisation: i64, seniors: bool, report: Settled) -> None:
        """Fees first: split the income of a minute and pay it out.

        A share to insurance until it holds its target, a share to the treasury; of the rest F'
        senior gets min(F', max(due, sigma*F')), with sigma senior's share of the minute's band
        fills, and junior the remainder. Senior's part is added to K, all of F' goes into C; what
        the coupon lacked becomes arrears. ``seniors`` says whether senior shares exist.
        """
        params = self.params
        income: i64 = self.income.amount
        wanted: i64 = larger(0, share(self.claim, params.insurance_target) - self.insurance.amount)
        to_insurance: i64 = smaller(share(income, params.insurance_share), wanted)
        to_treasury: i64 = share(income, params.treasury_share)
        rest: i64 = income - to_insurance - to_treasury
        to_senior: i64 = 0
        if seniors:
            due: i64 = self.coupon(utilisation) + self.arrears
            earned: i64 = 0
            if self.band_fills > 0:
                earned = mul_div(rest, smaller(self.senior_fills, self.band_fills), self.band_fills)
            to_senior = smaller(rest, larger(due, earned))
            self.arrears = larger(0, due - to_senior)
        else:
            self.arrears = 0
        self.income.pay(self.insurance, to_insurance)
        self.income.pay(treasury, to_treasury)
        self.income.pay(self.cash, rest)
        self.claim += to_senior
        self.band_fills = 0
        self.senior_fills = 0
        report.income += income
        report.to_insurance += to_insurance
        report.to_treasury += to_treasury
        report.to_senior += to_senior
        report.to_junior += rest - to_senior
        report.arrears = self.arrears
        held: i64 = report.utilisation + larger(0, report.funding)
        if report.income > 0:
            report.carry = mul_div(
                smaller(held, report.income), report.to_senior + report.to_junior, report.income
            )
        report.fees = report.to_senior + report.to_junior - report.carry
        report.carry += smaller(0, report.funding)

    def release_reserve(self, cost: i64) -> None:
        """Release a sixtieth of what the impact reserve holds beyond ``cost``, which is G(y)."""
        surplus: i64 = self.reserve.amount - cost
        if surplus > 0:
            self.reserve.pay(self.income, surplus // 60)

    def draw_insurance(self, amount: i64) -> None:
        """Insurance advances ``amount``."""
        self.insurance.pay(self.cash, amount)
        self.advanced += amount

    def repay_insurance(self) -> i64:
        """Pay insurance back from V_lo - K; the amount."""
        spare: i64 = larger(0, self.value_low() - self.claim)
        amount: i64 = smaller(smaller(self.advanced, spare), self.cash.amount)
        if amount > 0:
            self.cash.pay(self.insurance, amount)
            self.advanced -= amount
        return amount

    def uncovered(self) -> i64:
        """What V_lo is short of K, also where V_lo is below zero."""
        return larger(0, self.claim - self.surplus_low()) if self.claim > 0 else 0

    def cover(self) -> i64:
        """What stands before senior: junior assets and insurance."""
        return self.junior_of(self.value_low()) + self.insurance.amount

    def pots(self) -> list[Pot]:
        """Every pot of the pool."""
        return [self.cash, self.reserve, self.income, self.insurance]

    def state(self) -> list[int]:
        """Every number of the pool and its book in a fixed order, for a digest."""
        return [
            self.cash.amount, self.reserve.amount, self.income.amount, self.insurance.amount,
            self.claim, self.arrears, self.advanced, self.band_fills, self.senior_fills,
            self.book.longs, self.book.shorts, self.book.long_entry, self.book.short_entry,
            self.book.mark,
        ]  # fmt: skip


class Tranche(Vault):
    """What senior and junior share: a deposit enters pool cash, an exit leaves it."""

    def __init__(self, pool: Pool, name: str, epoch: i64) -> None:
        super().__init__(pool.cash, epoch)
        self.pool = pool
        self.name = name
        self.used: i64 = 0

    def _spare_depth(self) -> i64:
        """Vault assets that may leave while inventory stays below u_max of the depth."""
        pool = self.pool
        value: i64 = pool.value_low()
        assets: i64 = pool.senior_of(value) + pool.junior_of(value)
        per_dollar: i64 = share(pool.params.depth_factor, pool.params.exit_utilisation)
        return larger(0, assets - mul_div_up(self.used, RATE, larger(1, per_dollar)))

    def _closed_to_entry(self) -> bool:
        pool = self.pool
        return pool.advanced > 0 or pool.value_low() < pool.claim


class Senior(Tranche):
    """Fees first, losses last: assets are min(K, V)."""

    def total_assets(self) -> i64:
        """Senior assets at the low value."""
        return self.pool.senior_of(self.pool.value_low())

    def total_assets_high(self) -> i64:
        """Senior assets at the high value."""
        return self.pool.senior_of(self.pool.value_high())

    def entry_limit(self) -> i64:
        """The most that may enter: junior must stay at 20 % of the claim."""
        if self._closed_to_entry():
            return 0
        pool = self.pool
        junior: i64 = pool.junior_of(pool.value_low())
        largest: i64 = mul_div(junior, RATE, pool.params.senior_entry_cover)
        return larger(0, smaller(largest, MAX_TRANCHE) - pool.claim)

    def exit_limit(self) -> i64:
        """The most that may leave: inventory must stay below 90 % of the depth."""
        return smaller(self._spare_depth(), self.total_assets())

    def _take_in(self, payer: Pot, assets: i64) -> None:
        payer.pay(self.pool.cash, assets)
        self.pool.claim += assets

    def restart(self) -> list[Claim]:
        """Begin a new series; the old one's claim and arrears end with it."""
        void = super().restart()
        self.pool.claim = 0
        self.pool.arrears = 0
        return void

    def _hand_out(self, receiver: Pot, assets: i64, shares: i64) -> None:
        pool = self.pool
        pool.claim -= mul_div_up(pool.claim, shares, self.total_supply())
        pool.cash.pay(receiver, assets)


class Junior(Tranche):
    """Losses first, the remainder of the fees: assets are max(V - K - A, 0)."""

    def total_assets(self) -> i64:
        """Junior assets at the low value."""
        return self.pool.junior_of(self.pool.value_low())

    def total_assets_high(self) -> i64:
        """Junior assets at the high value."""
        return self.pool.junior_of(self.pool.value_high())

    def entry_limit(self) -> i64:
        """The most that may enter: closed while senior is short or insurance is owed."""
        if self._closed_to_entry():
            return 0
        return larger(0, MAX_TRANCHE - self.total_assets_high())

    def exit_limit(self) -> i64:
        """The most that may leave: depth as for senior, and 10 % of the claim must remain."""
        pool = self.pool
        keep: i64 = share_up(pool.claim, pool.params.junior_exit_cover)
        return larger(0, smaller(self._spare_depth(), self.total_assets() - keep))

    def _take_in(self, payer: Pot, assets: i64) -> None:
        payer.pay(self.pool.cash, assets)

    def _hand_out(self, receiver: Pot, assets: i64, shares: i64) -> None:
        self.pool.cash.pay(receiver, assets)


def utilisation_of(used: i64, depth: i64) -> i64:
    """Inventory over depth, a rate held between 0 and 1 (1 where there is no depth at all)."""
    if used == 0:
        return 0
    if depth == 0:
        return RATE
    if used >= depth:
        return RATE
    return clamp(mul_div(used, RATE, depth), 0, RATE)
