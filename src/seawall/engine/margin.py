"""Leverage tiers, margin requirements, and the prices at which a position falls.

Glossary (dollars in 1e-6, sizes in 1e-8 token, prices in 1e-10, rates in 1e-12)::

    size          signed: long positive, short negative
    E             entry notional, positive: what the position was opened for
    worth W       size*P: rounded down for a long, up for a short
    result        W - E for a long, E - W for a short: never rounded in the owner's favour
    equity e      margin + result
    requirement   m(W) = W*r - d, with the rate r and the deduction d of the tier that holds W
    liquidatable  e < m(W)
    backstop      e < 2/3 of m(W)
    bankrupt      e < 0

Result and requirement see the same W, so that equity less requirement only falls as a price
moves against its owner, but for the step between two tiers.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    NOTIONAL_STEP,
    RATE,
    larger,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    parameter,
    share,
    share_up,
    smaller,
)

MAX_LEVERAGE: Final[i64] = 1_000
"""The highest leverage that a tier may allow."""

_TOP: Final[i64] = MAX_PRICE // NOTIONAL_STEP
"""One unit of size at ``MAX_PRICE`` is worth this many 1e-6 dollar, exactly."""


class Tier:
    """One row of a leverage table.

    ``limit`` is the greatest notional that the row holds (1e-6 dollar, inclusive), ``leverage``
    the most leverage it allows (a whole number), ``maintenance`` its maintenance margin rate
    (1e-12). Raises :class:`BadParameters` on a number out of range, or when the maintenance rate
    is not below 1 / leverage: such a position could be liquidated the moment it is opened.
    """

    def __init__(self, limit: int, leverage: int, maintenance: int) -> None:
        self.limit: i64 = parameter("tier limit", limit, 1, MAX_DOLLARS, "1e-6 dollar")
        self.leverage: i64 = parameter("tier leverage", leverage, 1, MAX_LEVERAGE, "times")
        self.maintenance: i64 = parameter("tier maintenance", maintenance, 1, RATE - 1, "1e-12")
        if self.maintenance * self.leverage >= RATE:
            raise BadParameters(
                f"tier maintenance {maintenance} is not below 1 / leverage {leverage} (1e-12)"
            )


class _Row:
    """A tier as it is looked up: plain numbers, with what follows from the tiers below it."""

    def __init__(self, floor: i64, tier: Tier, deduction: i64) -> None:
        self.floor: i64 = floor
        self.limit: i64 = tier.limit
        self.leverage: i64 = tier.leverage
        self.rate: i64 = tier.maintenance
        self.deduction: i64 = deduction


class Tiers:
    """A leverage table: how much margin a notional needs.

    ``deducted`` chooses between the two kinds in use. In a flat table the whole notional stands
    at the rate of its own tier, so that the requirement jumps at a limit. In a deducted table
    d_n = d_(n-1) + limit_(n-1) * (r_n - r_(n-1)) is taken off, so that the maintenance
    requirement is continuous (Hyperliquid docs, "Margin tiers"). The initial requirement is
    notional / leverage of its tier in both.

    Raises :class:`BadParameters` unless limits rise, leverage never rises, maintenance never
    falls and the last limit is ``MAX_DOLLARS``: the last tier holds whatever lies above.
    """

    def __init__(self, tiers: list[Tier], deducted: bool) -> None:
        _check_table(tiers)
        self.tiers: list[Tier] = list(tiers)
        self.deducted: bool = deducted
        self.count: i64 = len(tiers)
        self._rows: list[_Row] = [_Row(-1, tiers[0], 0)]
        deduction: i64 = 0
        before = tiers[0]
        for tier in tiers[1:]:
            if deducted:
                deduction += share(before.limit, tier.maintenance - before.maintenance)
            self._rows.append(_Row(before.limit, tier, deduction))
            before = tier

    def index_of(self, notional: i64) -> i64:
        """The tier that holds ``notional`` (1e-6 dollar), counted from 0."""
        index: i64 = 0
        for row in self._rows:
            if notional <= row.limit:
                return index
            index += 1
        return index - 1

    def floor(self, index: i64) -> i64:
        """The notional (1e-6 dollar) that a tier begins just above; -1 for the first."""
        return self._rows[index].floor

    def limit(self, index: i64) -> i64:
        """The greatest notional (1e-6 dollar) of a tier."""
        return self._rows[index].limit

    def leverage(self, index: i64) -> i64:
        """The most leverage that a tier allows."""
        return self._rows[index].leverage

    def rate(self, index: i64) -> i64:
        """The maintenance margin rate (1e-12) of a tier."""
        return self._rows[index].rate

    def deduction(self, index: i64) -> i64:
        """What a tier takes off the maintenance requirement (1e-6 dollar, rounded down)."""
        return self._rows[index].deduction

    def initial(self, notional: i64) -> i64:
        """Margin (1e-6 dollar, rounded up) to open ``notional`` at its tier's full leverage."""
        return -(-notional // self._row(notional).leverage)

    def maintenance(self, notional: i64) -> i64:
        """Equity (1e-6 dollar, rounded up) below which ``notional`` is liquidated."""
        row = self._row(notional)
        return share_up(notional, row.rate) - row.deduction

    def _row(self, notional: i64) -> "_Row":
        for row in self._rows:
            if notional <= row.limit:
                return row
        return self._rows[self.count - 1]

    def limit_at(self, leverage: i64) -> i64:
        """The greatest notional (1e-6 dollar) that may be opened at ``leverage``; 0: none."""
        limit: i64 = 0
        for tier in self.tiers:
            if tier.leverage >= leverage:
                limit = tier.limit
        return limit

    def capped(self, max_leverage: int) -> "Tiers":
        """The table with no tier above ``max_leverage`` (adaptive leverage).

        A tier that is lowered keeps at least half of its new initial rate as maintenance rate,
        and no tier behind it asks for less. The requirement of positions already open rises
        with it: whoever wants to spare them tests them against the old table.
        """
        cap: i64 = parameter("max leverage", max_leverage, 1, MAX_LEVERAGE, "times")
        tiers: list[Tier] = []
        maintenance: i64 = 0
        for tier in self.tiers:
            maintenance = larger(maintenance, tier.maintenance)
            if tier.leverage > cap:
                maintenance = larger(maintenance, -(-RATE // (2 * cap)))
            tiers.append(Tier(tier.limit, smaller(tier.leverage, cap), maintenance))
        return Tiers(tiers, self.deducted)


def _check_table(tiers: list[Tier]) -> None:
    if len(tiers) == 0:
        raise BadParameters("a leverage table needs at least one tier")
    if tiers[-1].limit != MAX_DOLLARS:
        raise BadParameters(
            f"last tier limit {tiers[-1].limit} is not {MAX_DOLLARS} (1e-6 dollar): "
            "the last tier holds whatever lies above"
        )
    before = tiers[0]
    for tier in tiers[1:]:
        if tier.limit <= before.limit:
            raise BadParameters(
                f"tier limit {tier.limit} is not above {before.limit} (1e-6 dollar)"
            )
        if tier.leverage > before.leverage:
            raise BadParameters(f"tier leverage {tier.leverage} is above {before.leverage}")
        if tier.maintenance < before.maintenance:
            raise BadParameters(
                f"tier maintenance {tier.maintenance} is below {before.maintenance} (1e-12)"
            )
        before = tier


def worth(size: i64, price: i64) -> i64:
    """Notional (1e-6 dollar) of a position: rounded down for a long, up for a short."""
    return notional(size, price) if size >= 0 else notional_up(-size, price)


def unrealised(size: i64, entry_notional: i64, price: i64) -> i64:
    """Result (1e-6 dollar, rounded down) of closing the whole position at ``price``."""
    value: i64 = worth(size, price)
    return value - entry_notional if size >= 0 else entry_notional - value


def equity(size: i64, entry_notional: i64, margin: i64, price: i64) -> i64:
    """Margin plus result at ``price`` (1e-6 dollar). ``margin`` is net of what it owes."""
    return margin + unrealised(size, entry_notional, price)


def is_liquidatable(equity: i64, notional: i64, tiers: Tiers) -> bool:
    """Whether equity / notional is below the maintenance rate (both in 1e-6 dollar).

    The rule of thogiti.github.io, "Anatomy of a DEX Exploit": (collateral + unrealised result) /
    notional < maintenance; exact, since the requirement is rounded up to a whole unit.
    """
    return equity < tiers.maintenance(notional)


def is_backstop(equity: i64, notional: i64, tiers: Tiers) -> bool:
    """Whether equity is below two thirds of the maintenance requirement (both in 1e-6 dollar).

    The threshold at which a liquidator vault takes over (Hyperliquid docs, "Liquidations").
    """
    return 3 * equity < 2 * tiers.maintenance(notional)


def bankruptcy_price(size: i64, entry_notional: i64, margin: i64) -> i64:
    """The last price (1e-10) at which equity is not negative.

    For a long the lowest such price: 0 when it cannot go bankrupt, ``MAX_PRICE + 1`` when no
    price is high enough. For a short the highest: ``MAX_PRICE`` when it cannot go bankrupt
    within the range of prices, 0 when no price is low enough. Who takes the position over at
    this price leaves its owner nothing, and nothing to owe.
    """
    if size == 0:
        raise BrokenBooks("a position without size has no bankruptcy price")
    if size > 0:
        return _lowest_worth(size, entry_notional - margin)
    return _highest_worth_up(-size, entry_notional + margin)


def liquidation_price(size: i64, entry_notional: i64, margin: i64, tiers: Tiers) -> i64:
    """The outermost price (1e-10) at which the position is liquidatable.

    For a long the highest such price, 0 when there is none; for a short the lowest,
    ``MAX_PRICE + 1`` when there is none. On the safe side of it no price liquidates. On the
    other side every price does, with one exception: a long whose equity lies between the
    requirements below and above the limit of a tier is safe just below that limit and
    liquidatable just above it, so whoever wakes a position by this price must still ask
    :func:`is_liquidatable`. A flat table leaves such a gap; a deducted one at most 1e-6 dollar.

    ``margin`` (1e-6 dollar) is net of what it owes. For one position of a cross-margined
    account give the rest of the account: cash and results of the other positions less their
    requirements. Closed forms: (E - margin - d) / (size * (1 - r)) for a long, (E + margin + d)
    / (size * (1 + r)) for a short (Hyperliquid docs, "Liquidations"); this is the integer
    price that agrees with :func:`is_liquidatable` to the unit, for positions worth up to
    ``MAX_DOLLARS``.
    """
    if size == 0:
        raise BrokenBooks("a position without size has no liquidation price")
    if size > 0:
        return _long_liquidation(size, entry_notional - margin, tiers)
    return _short_liquidation(-size, entry_notional + margin, tiers)


def _long_liquidation(size: i64, debt: i64, tiers: Tiers) -> i64:
    """Highest price with W - debt < m(W); tiers from the top, since each may hold a root."""
    index: i64 = tiers.count - 1
    while index >= 0:
        floor: i64 = tiers.floor(index)
        last: i64 = _last_below(
            debt - tiers.deduction(index), tiers.limit(index), tiers.rate(index)
        )
        if last > floor:
            price: i64 = _highest_worth(size, last)
            if notional(size, price) > floor:
                return price
        index -= 1
    return 0


def _last_below(debt: i64, limit: i64, rate: i64) -> i64:
    """The greatest whole W up to ``limit`` with W - debt < W * rate; -1 when there is none."""
    if limit - debt < share_up(limit, rate):
        return limit
    if debt <= 0:
        return -1
    return mul_div_up(debt, RATE, RATE - rate) - 1


def _short_liquidation(size: i64, backing: i64, tiers: Tiers) -> i64:
    """Lowest price with backing - W < m(W); the first tier that holds a root has the least."""
    index: i64 = 0
    while index < tiers.count:
        rate: i64 = tiers.rate(index)
        first: i64 = mul_div(backing + tiers.deduction(index), RATE, RATE + rate) + 1
        first = larger(first, tiers.floor(index) + 1)
        if first <= tiers.limit(index):
            return _lowest_worth_up(size, first)
        index += 1
    return MAX_PRICE + 1


def _highest_worth(size: i64, value: i64) -> i64:
    """Highest price at which ``size`` is worth at most ``value``, rounded down."""
    if value // _TOP >= size:
        return MAX_PRICE
    return mul_div_up(value + 1, NOTIONAL_STEP, size) - 1


def _lowest_worth(size: i64, value: i64) -> i64:
    """Lowest price at which ``size`` is worth at least ``value``, rounded down."""
    if value <= 0:
        return 0
    if (value - 1) // _TOP >= size:
        return MAX_PRICE + 1
    return mul_div_up(value, NOTIONAL_STEP, size)


def _highest_worth_up(size: i64, value: i64) -> i64:
    """Highest price at which ``size`` is worth at most ``value``, rounded up."""
    if value <= 0:
        return 0
    if value // _TOP >= size:
        return MAX_PRICE
    return mul_div(value, NOTIONAL_STEP, size)


def _lowest_worth_up(size: i64, value: i64) -> i64:
    """Lowest price at which ``size`` is worth at least ``value``, rounded up."""
    if value <= 0:
        return 0
    if (value - 1) // _TOP >= size:
        return MAX_PRICE + 1
    return mul_div(value - 1, NOTIONAL_STEP, size) + 1


def least_close(notional: i64, equity: i64, target_rate: i64, cost_rate: i64) -> i64:
    """The least notional (1e-6 dollar, rounded up) whose closing restores ``target_rate``.

    x = (m_T * N - e) / (m_T - c): after it equity, less the cost c * x, is m_T of what is left.
    ``target_rate`` m_T and ``cost_rate`` c are in 1e-12. 0 when equity already suffices; all of
    ``notional`` when closing costs as much as it frees (m_T <= c) or x reaches it. Costs that
    are charged one by one round up one by one: take that many units off ``equity`` to be sure.
    Contains Drift's rule (drift-labs/protocol-v2, programs/drift/src/math/liquidation.rs).
    """
    wide_notional: int = notional
    wide_equity: int = equity
    wide_target: int = target_rate
    missing = wide_target * wide_notional - wide_equity * 1_000_000_000_000
    if missing <= 0:
        return 0
    if target_rate <= cost_rate:
        return notional
    wide_freed: int = target_rate - cost_rate
    close = -(-missing // wide_freed)
    return notional if close >= wide_notional else i64(close)
