"""Fees by tier: who trades more pays less, by the volume of the last fourteen whole days.

The tier of a day (UTC) is that of the fourteen days before it. Weighted volume is what an account
traded in perpetuals; spot volume, which would count twice, is not traded here. A rate found by
tier, then lowered by the share of all maker volume, by stake and by referral, is multiplied with
the exact value of a fill, and the product is cut off after six decimals, as recorded fills show.
Source: Hyperliquid's documentation, page "Fees" (mirror ``dzmbs/hyperliquid-docs``).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import (
    DAY,
    DOLLAR,
    MAX_DOLLARS,
    RATE,
    mul_div_up,
    notional,
    parameter,
    share,
)

DAYS: Final[i64] = 14
MAX_FEE: Final[i64] = 100_000_000_000
"""The highest rate of a fee: 10 %."""

_MILLION: Final[i64] = 1_000_000_000_000  # in 1e-6 dollar
_SMALL: Final[i64] = 4_000_000_000  # up to here and to the next, a product fits 64 bits
_LOW: Final[i64] = 1_000_000_000
_TINY: Final[i64] = 10_000_000  # a thousandth of a percent, 1e-12


class FeeTier:
    """Rates (1e-12) for who has traded more than ``above`` (1e-6 dollar) in fourteen days."""

    def __init__(self, above: int, taker: int, maker: int) -> None:
        self.above: i64 = parameter("fee tier above", above, -1, MAX_DOLLARS, "1e-6 dollar")
        self.taker: i64 = parameter("taker fee", taker, 0, MAX_FEE, "1e-12")
        self.maker: i64 = parameter("maker fee", maker, -taker, MAX_FEE, "1e-12")


class Step:
    """From more than ``above`` on, a rate or a discount of ``rate`` (1e-12)."""

    def __init__(self, above: i64, rate: i64) -> None:
        self.above: i64 = above
        self.rate: i64 = rate


class FeeTable:
    """Fee tiers, maker rebates, and discounts; the defaults are the documentation's of 2026.

    ``tiers`` ascend and begin at -1, "whatever volume". ``rebates`` go by the share (1e-12) of all
    maker volume and replace the maker rate by minus their rate; ``stakes`` by staked HYPE (whole
    tokens), a discount on fees above zero; ``referral`` is the discount on an account's first
    ``referral_volume`` (1e-6 dollar). Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        tiers: list[FeeTier] | None = None,
        rebates: list[Step] | None = None,
        stakes: list[Step] | None = None,
        referral: int = 40_000_000_000,
        referral_volume: int = 25_000_000_000_000,
    ) -> None:
        self.tiers: list[FeeTier] = _documented() if tiers is None else list(tiers)
        self.rebates: list[Step] = _rebates() if rebates is None else list(rebates)
        self.stakes: list[Step] = _stakes() if stakes is None else list(stakes)
        self.referral: i64 = parameter("referral discount", referral, 0, RATE, "1e-12")
        self.referral_volume: i64 = parameter(
            "referral volume", referral_volume, 0, MAX_DOLLARS, "1e-6 dollar"
        )
        if len(self.tiers) == 0 or self.tiers[0].above != -1:
            raise BadParameters("fee tiers begin with one above -1, for whatever volume")
        for before, tier in zip(self.tiers, self.tiers[1:], strict=False):
            if tier.above <= before.above:
                raise BadParameters(f"fee tier above {tier.above} does not follow {before.above}")

    @staticmethod
    def flat(taker: int, maker: int) -> "FeeTable":
        """One pair of rates (1e-12) for everybody, without rebates."""
        return FeeTable([FeeTier(-1, taker, maker)], [], [])

    def tier_of(self, volume: i64) -> FeeTier:
        """The tier of a fourteen-day volume (1e-6 dollar)."""
        found = self.tiers[0]
        for tier in self.tiers:
            if volume > tier.above:
                found = tier
        return found


def step_of(steps: list[Step], value: i64) -> i64:
    """The rate of the last step that ``value`` is above; 0 below them all."""
    rate: i64 = 0
    for step in steps:
        if value > step.above:
            rate = step.rate
    return rate


def _documented() -> list[FeeTier]:
    return [
        FeeTier(-1, 450_000_000, 150_000_000),
        FeeTier(5 * _MILLION, 400_000_000, 120_000_000),
        FeeTier(25 * _MILLION, 350_000_000, 80_000_000),
        FeeTier(100 * _MILLION, 300_000_000, 40_000_000),
        FeeTier(500 * _MILLION, 280_000_000, 0),
        FeeTier(2_000 * _MILLION, 260_000_000, 0),
        FeeTier(7_000 * _MILLION, 240_000_000, 0),
    ]


def _rebates() -> list[Step]:
    half: i64 = 5_000_000_000
    return [Step(half, _TINY), Step(3 * half, 2 * _TINY), Step(6 * half, 3 * _TINY)]


def _stakes() -> list[Step]:
    five: i64 = 50_000_000_000
    return [
        Step(10, five), Step(100, 2 * five), Step(1_000, 3 * five), Step(10_000, 4 * five),
        Step(100_000, 6 * five), Step(500_000, 8 * five),
    ]  # fmt: skip


class Turnover:
    """What one account, or the whole house, traded, day by day (UTC).

    ``total`` is everything since the beginning (1e-6 dollar).
    """

    def __init__(self) -> None:
        self.day: i64 = 0
        self.today: i64 = 0
        self.made_today: i64 = 0
        self.total: i64 = 0
        self._past: list[tuple[int, int, int]] = []

    def add(self, day: i64, value: i64, is_maker: bool) -> None:
        """Count a fill worth ``value`` (1e-6 dollar) on ``day`` (days since the epoch)."""
        if day != self.day:
            if self.today > 0:
                self._past.append((int(self.day), int(self.today), int(self.made_today)))
            self.day = day
            self.today = 0
            self.made_today = 0
            self._past = [row for row in self._past if row[0] >= day - DAYS]
        self.today += value
        self.total += value
        if is_maker:
            self.made_today += value

    def before(self, day: i64) -> tuple[i64, i64]:
        """All volume, and the maker's part (1e-6 dollar), of the fourteen days before ``day``."""
        traded: i64 = 0
        made: i64 = 0
        for when, value, part in self._past:
            if when >= day - DAYS:
                traded += value
                made += part
        if day - DAYS <= self.day < day:
            traded += self.today
            made += self.made_today
        return traded, made

    def state(self) -> list[int]:
        """Every number, for a digest."""
        numbers: list[int] = [self.day, self.today, self.made_today, self.total]
        for day, traded, made in self._past:
            numbers.extend([day, traded, made])
        return numbers


class Customer:
    """What the fees of one account go by: turnover, stake (whole HYPE), referral, exemption.

    ``taker`` and ``maker`` are today's rates (1e-12), the maker's below zero for a rebate.
    """

    def __init__(self) -> None:
        self.turnover = Turnover()
        self.stake: i64 = 0
        self.referred: bool = False
        self.exempt: bool = False
        self.taker: i64 = 0
        self.maker: i64 = 0
        self._day: i64 = -1

    def refresh(self) -> None:
        """Have the rates worked out anew before the next fill."""
        self._day = -1

    def rate(self, table: FeeTable, house: Turnover, now: i64, is_maker: bool) -> i64:
        """The rate (1e-12) of a fill at ``now`` (ms), referral included."""
        day: i64 = now // DAY
        if day != self._day:
            self._strike(table, house, day)
        rate: i64 = self.maker if is_maker else self.taker
        if self.referred and rate > 0 and self.turnover.total < table.referral_volume:
            rate -= share(rate, table.referral)
        return rate

    def _strike(self, table: FeeTable, house: Turnover, day: i64) -> None:
        self._day = day
        traded, made = self.turnover.before(day)
        all_made = house.before(day)[1]
        tier = table.tier_of(traded)
        discount: i64 = step_of(table.stakes, self.stake)
        self.taker = tier.taker - share(tier.taker, discount)
        self.maker = tier.maker
        if all_made > 0:
            rebate: i64 = step_of(table.rebates, mul_div_up(made, RATE, all_made))
            if rebate > 0:
                self.maker = -rebate
        if self.maker > 0:
            self.maker -= share(self.maker, discount)
        if self.exempt:
            self.taker = 0

    def state(self) -> list[int]:
        """Every number, for a digest."""
        numbers = self.turnover.state()
        numbers.extend([self.stake, int(self.referred), int(self.exempt)])
        return numbers


def fee_on(size: i64, price: i64, rate: i64) -> i64:
    """Fee (1e-6 dollar) on ``size`` (1e-8) at ``price`` (1e-10), cut off, not rounded.

    Below zero it is a rebate, cut off toward zero too. The product is exact before the cut.
    """
    if rate >= 0:
        value: i64 = notional(size, price)
        if value < _SMALL and rate <= _LOW:
            product: i64 = value * rate
            fee: i64 = product // RATE
            if product - fee * RATE + rate <= RATE:
                return fee
        least: i64 = share(value, rate)
        if share(value + 1, rate) == least:  # what the value lost in rounding changes nothing
            return least
    wide_size: int = size
    wide_price: int = price
    wide_rate: int = rate
    exact = wide_size * wide_price * wide_rate
    if exact < 0:
        return -i64(-exact // 1_000_000_000_000_000_000_000_000)
    return i64(exact // 1_000_000_000_000_000_000_000_000)


VAULT_FEE: Final[i64] = 10_000 * DOLLAR
"""What creating a user vault costs (documentation, "Vaults")."""
