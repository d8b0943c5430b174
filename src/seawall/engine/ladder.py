"""Liquidation as a ladder: a list of rungs, tried from the first to the last.

A rung holds a rule and its parameters; what it acts on is a :class:`Ward`, the market under its
care, which does the bookkeeping. Each rung reports what it closed, what it cost and whom, as a
:class:`RungReached` (and, for auctions, insurance and deleveraging, their own events).

Two moments: :meth:`Ladder.work` for one account under its maintenance, and
:meth:`Ladder.relieve` for the market as a whole, once its single accounts have been seen to.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.fixed import RATE, larger, mul_div_up, share, smaller
from seawall.engine.margin import least_close
from seawall.engine.watch import Position

PASSED: Final[i64] = 0
WAITS: Final[i64] = 1
ACTED: Final[i64] = 2

ROUNDING: Final[i64] = 8  # micro-dollars: more than all roundings of one close together


@mypyc_attr(allow_interpreted_subclasses=True)
class Ward:
    """What a rung may ask of a market, and what it may have it do.

    Dollars in 1e-6, sizes in 1e-8 token, rates in 1e-12. Positions handed over stand in no heap
    of the watch; whoever acts puts what is left back where it belongs.
    """

    def notional_of(self, position: Position) -> i64:
        """Notional at the mark, rounded up."""
        raise NotImplementedError

    def equity_of(self, position: Position) -> i64:
        """Margin plus result at the mark less what has accrued, rounded down."""
        raise NotImplementedError

    def maintenance_rate_of(self, position: Position) -> i64:
        """Maintenance rate of the position's tier."""
        raise NotImplementedError

    def closing_cost_rate(self, position: Position) -> i64:
        """Cost per dollar of notional of closing all of it here and now, or -1: not possible."""
        raise NotImplementedError

    def pace_left(self) -> i64:
        """Dollars of notional that may still be closed in this minute."""
        raise NotImplementedError

    def smallest(self) -> i64:
        """Smallest position, in dollars of notional."""
        raise NotImplementedError

    def close_part(self, position: Position, dollars: i64, rung: str) -> None:
        """Close that much notional against the market's own counterparty."""
        raise NotImplementedError

    def open_auction(self, position: Position) -> None:
        """Offer the whole position to anyone."""
        raise NotImplementedError

    def take_over(self, position: Position, rung: str) -> None:
        """Have the market's capital take the position at its bankruptcy price."""
        raise NotImplementedError

    def uncovered(self) -> i64:
        """Dollars that the capital above the first loss is short of at the low value."""
        raise NotImplementedError

    def insured(self) -> i64:
        """Dollars that insurance holds."""
        raise NotImplementedError

    def draw_insurance(self, amount: i64) -> None:
        """Move insurance into the pool, to be owed back."""
        raise NotImplementedError

    def cover(self) -> i64:
        """Dollars that stand before the protected capital."""
        raise NotImplementedError

    def protected(self) -> i64:
        """Dollars of capital that the ladder protects."""
        raise NotImplementedError

    def may_deleverage(self) -> bool:
        """Whether the price is one to deleverage at: fresh, certain, confirmed, no halt."""
        raise NotImplementedError

    def since_last_batch(self) -> i64:
        """Milliseconds since the last deleveraging batch."""
        raise NotImplementedError

    def cut_winners(self, rate: i64) -> bool:
        """Cut every winner on the costly side by this share; False where there is none."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Rung:
    """One step of a ladder. A rung overrides one of its two methods."""

    name: str

    def work(self, ward: Ward, position: Position) -> i64:
        """Act on one account: ACTED, WAITS (its turn has not come) or PASSED (next rung)."""
        return PASSED

    def relieve(self, ward: Ward) -> bool:
        """Act on the market as a whole; True when the keeper was needed."""
        return False


class PartialClose(Rung):
    """Close the least that restores a target ratio, while enough equity is left.

    Applies while equity >= maintenance * ``floor`` and closes
    x = (m_T*N - e) / (m_T - c) dollars, with m_T = ``target`` * maintenance and c the cost of
    closing it all; passes where that would close everything. ``floor`` and ``target`` in 1e-12.
    Closed form: drift-labs/protocol-v2, liquidation.rs, with slippage added.
    """

    def __init__(self, floor: i64, target: i64) -> None:
        self.name = "partial-close"
        self.floor: i64 = floor
        self.target: i64 = target

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        value: i64 = ward.notional_of(position)
        equity: i64 = ward.equity_of(position)
        rate: i64 = ward.maintenance_rate_of(position)
        if equity < mul_div_up(value, share(rate, self.floor), RATE):
            return PASSED
        cost: i64 = ward.closing_cost_rate(position)
        if cost < 0:
            return PASSED
        close: i64 = least_close(value, equity - ROUNDING, share(rate, self.target), cost)
        if close >= value:
            return PASSED
        room: i64 = ward.pace_left()
        if room < smaller(close, ward.smallest()):
            return WAITS
        ward.close_part(position, larger(1, smaller(close, room)), self.name)
        return ACTED


class SmallAuction(Rung):
    """Offer a solvent position to anyone, from the mark down to its bankruptcy price.

    After the reverse form of MakerDAO's Clipper (makerdao/dss, clip.sol): no discount first.
    """

    def __init__(self) -> None:
        self.name = "auction"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        if ward.equity_of(position) < 0:
            return PASSED
        ward.open_auction(position)
        return ACTED


class FirstLoss(Rung):
    """The pool takes the position at its bankruptcy price; a shortfall is the first loss's."""

    def __init__(self, name: str) -> None:
        self.name = name

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        ward.take_over(position, self.name)
        return ACTED


class Insurance(Rung):
    """Insurance advances what the protected capital is short of, as far as it goes."""

    def __init__(self) -> None:
        self.name = "insurance"

    def relieve(self, ward: Ward) -> bool:
        """See the class; needs no keeper."""
        amount: i64 = smaller(ward.uncovered(), ward.insured())
        if amount > 0:
            ward.draw_insurance(amount)
        return False


class Deleverage(Rung):
    """Cut all winners on the costly side by the same share, in small batches, last of all.

    A batch every ``interval`` ms while cover is below ``cover`` (1e-12) of the protected
    capital; ``batch`` (1e-12) is the share of each position. Pro rata in size: splitting an
    account changes nothing (arXiv 2512.01112).
    """

    def __init__(self, cover: i64, interval: i64, batch: i64) -> None:
        self.name = "deleverage"
        self.cover: i64 = cover
        self.interval: i64 = interval
        self.batch: i64 = batch

    def relieve(self, ward: Ward) -> bool:
        """See the class; a batch is one action of the keeper."""
        if ward.since_last_batch() < self.interval or not ward.may_deleverage():
            return False
        if ward.cover() >= mul_div_up(ward.protected(), self.cover, RATE):
            return False
        return ward.cut_winners(self.batch)


class Ladder:
    """A list of rungs."""

    def __init__(self, rungs: list[Rung]) -> None:
        self.rungs = rungs

    def work(self, ward: Ward, position: Position) -> i64:
        """Take one account up the ladder until a rung acts or tells it to wait."""
        for rung in self.rungs:
            outcome: i64 = rung.work(ward, position)
            if outcome != PASSED:
                return outcome
        return PASSED

    def relieve(self, ward: Ward, budget: i64) -> i64:
        """Have each rung see to the market as a whole; the budget that is left."""
        for rung in self.rungs:
            if isinstance(rung, Deleverage) and budget <= 0:
                continue
            if rung.relieve(ward):
                budget -= 1
        return budget
