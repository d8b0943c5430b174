"""Auto-deleveraging: who among the winners pays what nothing else could.

Glossary (dollars in 1e-6, rates and scores in 1e-12)::

    endowment w_i   what may be taken from winner i: the profit, never the principal
    cap beta_i      the most of it that may be taken, as a share
    room            w_i * beta_i, rounded down
    capacity        the sum of the rooms
    haircut h_i     what is taken, 0 <= h_i <= room
    budget B        what is needed; the haircuts sum to exactly min(B, capacity)

================  =========================  ===========  ==========  ==========  ==========
policy            haircut                    Sybil-proof  keeps rank  scale-free  least pain
================  =========================  ===========  ==========  ==========  ==========
Queue             all, from the top score    no           no          yes         no
ProRata           level * w_i                yes          yes         yes         yes
CappedProRata     min(level, cap) * w_i      yes          yes         yes         under caps
RiskAware         level * g_i * w_i, capped  yes          no          yes         no
ContractsProRata  level * size_i, capped     yes          no          yes         no
================  =========================  ===========  ==========  ==========  ==========

Sybil-proof: an account split into parts of the same leverage pays what it paid whole. Keeps
rank: who won more still has more. Scale-free: a larger unit of money changes nothing. Least
pain: no other division has a smaller sum of w_i * phi(h_i / w_i), for any strictly convex phi.
All hold up to whole units.

Rules and properties: T. Chitra, "Autodeleveraging: Impossibilities and Optimization" (arXiv
2512.01112; pluriholonomic/autodeleveraging-analysis, paper/corrected). Each exact share is
rounded down to 1e-6 dollar, then the units left over go to the largest remainders, the earlier
winner first.
"""

from abc import ABC, abstractmethod
from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BrokenBooks
from seawall.engine.fixed import (
    MAX_DOLLARS,
    RATE,
    mul_div,
    mul_div_trunc,
    parameter,
    share,
    smaller,
)

MAX_SCORE: Final[i64] = 1_000_000_000_000_000_000
"""A million: scores and leverages (1e-12) are cut to it in magnitude."""


class Winner:
    """A profitable position in the view of a policy.

    ``endowment`` (1e-6 dollar) is the profit that may be taken, ``cap`` (1e-12) the most of it
    that may be, ``score`` (1e-12, at most ``MAX_SCORE`` in magnitude) what the policy ranks or
    weighs by: a rank for :class:`Queue`, the effective leverage for :class:`RiskAware`, the
    position's size (1e-8 token) for :class:`ContractsProRata`; the others do not read it.
    """

    def __init__(self, endowment: i64, score: i64, cap: i64) -> None:
        if endowment < 0 or endowment > MAX_DOLLARS:
            raise BrokenBooks(f"endowment {endowment} is outside 0 to {MAX_DOLLARS} (1e-6 dollar)")
        if score < -MAX_SCORE or score > MAX_SCORE:
            raise BrokenBooks(f"score {score} is beyond {MAX_SCORE} (1e-12)")
        if cap < 0 or cap > RATE:
            raise BrokenBooks(f"haircut cap {cap} is outside 0 to {RATE} (1e-12)")
        self.endowment: i64 = endowment
        self.score: i64 = score
        self.cap: i64 = cap


class Policy(ABC):
    """A way to divide a budget among winners."""

    @abstractmethod
    def haircuts(self, winners: list[Winner], budget: i64) -> list[i64]:
        """What each winner pays (1e-6 dollar), in the order given.

        The sum is exactly the lesser of ``budget`` and the capacity. Raises
        :class:`BrokenBooks` on a negative budget.
        """


class Queue(Policy):
    """Everything from the highest score downwards, until the budget is met; ties in list order.

    The rule of most exchanges, in dollars: fractional at the end, so that it takes no more than
    needed.
    """

    def haircuts(self, winners: list[Winner], budget: i64) -> list[i64]:
        """What each winner pays (1e-6 dollar): all of the first, at most part of the last."""
        _check_budget(budget)
        taken: list[i64] = [0] * len(winners)
        order = sorted([(-winner.score, index) for index, winner in enumerate(winners)])
        left: i64 = budget
        for _, index in order:
            winner = winners[index]
            amount: i64 = smaller(left, share(winner.endowment, winner.cap))
            taken[index] = amount
            left -= amount
        return taken


class _Claim:
    """A winner in a fill: its weight, its room, and what dividing left over."""

    def __init__(self, index: i64, weight: int, room: i64) -> None:
        self.index: i64 = index
        self.weight: int = weight
        self.room: int = room

    def __lt__(self, other: "_Claim") -> bool:
        """Whether its room is full at a lower level than the other's; exact."""
        return self.room * other.weight < other.room * self.weight


class Weighted(Policy):
    """One level for all: each winner pays level * weight, at most its room.

    The level is found exactly, by filling the rooms in the order in which it reaches their
    brims. Winners of no weight pay, in proportion to their endowments, only when all others have
    paid all they can.
    """

    def __init__(self, cap: int) -> None:
        self.cap: i64 = parameter("haircut cap", cap, 1, RATE, "1e-12")

    @abstractmethod
    def weight(self, winner: Winner) -> int:
        """How much of the level falls on a winner; only the proportions matter."""

    def haircuts(self, winners: list[Winner], budget: i64) -> list[i64]:
        """What each winner pays (1e-6 dollar), all below their caps at one level."""
        _check_budget(budget)
        taken: list[i64] = [0] * len(winners)
        claims: list[_Claim] = []
        spared: list[_Claim] = []
        for index, winner in enumerate(winners):
            weight = self.weight(winner)
            room: i64 = share(winner.endowment, smaller(self.cap, winner.cap))
            if weight > 0:
                claims.append(_Claim(index, weight, room))
            elif room > 0:
                spared.append(_Claim(index, winner.endowment, room))
        left = _fill(claims, budget, taken)
        if left > 0:
            _fill(spared, left, taken)
        return taken


class CappedProRata(Weighted):
    """The same share of every endowment, but no more than ``cap`` (1e-12) of any."""

    def weight(self, winner: Winner) -> int:
        """The endowment itself."""
        return winner.endowment


class ProRata(CappedProRata):
    """The same share of every endowment, up to the winners' own caps."""

    def __init__(self) -> None:
        super().__init__(RATE)


class ContractsProRata(Weighted):
    """In proportion to position size, whatever was won on it (Drift, Paradex)."""

    def weight(self, winner: Winner) -> int:
        """The position's size, taken from the score."""
        return winner.score


class RiskAware(Weighted):
    """More from those who are more leveraged: level * w * lambda * g(lambda).

    g(lambda) = (lambda - ``threshold``)+ ** ``power`` with the winner's effective leverage as
    lambda: power 1 or 2, threshold in 1e-12. Power 1 without a threshold is the paper's linear
    model, power 2 its square one, power 1 above a threshold its tail (CVaR) one.
    """

    def __init__(self, power: int, threshold: int, cap: int) -> None:
        super().__init__(cap)
        self.power: i64 = parameter("risk power", power, 1, 2, "exponent")
        self.threshold: i64 = parameter("risk threshold", threshold, 0, MAX_SCORE, "1e-12")

    def weight(self, winner: Winner) -> int:
        """Endowment times lambda times g(lambda)."""
        if winner.score <= self.threshold:
            return 0
        leverage: int = winner.score
        excess: int = winner.score - self.threshold
        endowment: int = winner.endowment
        weight = endowment * leverage * excess
        return weight * excess if self.power == 2 else weight


def _check_budget(budget: i64) -> None:
    if budget < 0:
        raise BrokenBooks(f"budget {budget}: a budget is never negative (1e-6 dollar)")


def _fill(claims: list[_Claim], budget: int, taken: list[i64]) -> int:
    """Write what each claim pays into ``taken``; returns what found no room."""
    claims.sort()
    left = budget
    weight = 0
    for claim in claims:
        weight += claim.weight
    full = 0
    for claim in claims:
        if left * claim.weight < claim.room * weight:
            break
        taken[claim.index] = i64(claim.room)
        left -= claim.room
        weight -= claim.weight
        full += 1
    if full == len(claims):
        return left
    _divide(claims[full:], left, weight, taken)
    return 0


def _divide(claims: list[_Claim], budget: int, weight: int, taken: list[i64]) -> None:
    """Divide ``budget`` by weight in whole units; none of the claims reaches its room."""
    left = budget
    rests: list[tuple[int, int]] = []
    for claim in claims:
        product = budget * claim.weight
        part = product // weight
        taken[claim.index] = i64(part)
        left -= part
        rests.append((part * weight - product, claim.index))
    rests.sort()
    for position in range(left):
        taken[rests[position][1]] += 1


def haircut_cap(limit: i64, endowment: i64, collateral: i64, least_equity: i64) -> i64:
    """The cap (1e-12, rounded down) that leaves a winner at least ``least_equity``.

    beta = min(limit, 1 - (least_equity - collateral) / endowment), never below 0; amounts in
    1e-6 dollar, ``limit`` in 1e-12.
    """
    spare: i64 = endowment - (least_equity - collateral)
    if spare >= endowment:
        return limit
    if spare <= 0:
        return 0
    return smaller(limit, mul_div(spare, RATE, endowment))


def cut_sizes(sizes: list[i64], rate: i64) -> list[i64]:
    """The same share ``rate`` (1e-12) of every signed size (1e-8 token), rounded toward zero."""
    return [mul_div_trunc(size, rate, RATE) for size in sizes]


def _ratio(above: int, below: int) -> i64:
    """The quotient rounded down and cut to ``MAX_SCORE``; no divisor counts as endless."""
    if below <= 0:
        return 0 if above <= 0 else MAX_SCORE
    wide_limit: int = MAX_SCORE
    quotient = above // below
    if quotient > wide_limit:
        return MAX_SCORE
    if quotient < -wide_limit:
        return -MAX_SCORE
    return i64(quotient)


def effective_leverage(notional: i64, equity: i64) -> i64:
    """Leverage notional / equity (1e-12, rounded down); ``MAX_SCORE`` where equity is gone."""
    wide_notional: int = notional
    return _ratio(wide_notional * 1_000_000_000_000, equity)


def profit_rank(result: i64, entry_notional: i64, notional: i64, equity: i64) -> i64:
    """Profit percentage times effective leverage, a loss divided by it (1e-12, rounded down).

    Amounts in 1e-6 dollar; ``equity`` is what stands between the mark and the bankruptcy value.
    Source: support.bitmex.com, "What is Auto-Deleveraging".
    """
    wide_result: int = result
    wide_entry: int = entry_notional
    wide_notional: int = notional
    wide_equity: int = equity
    if result >= 0:
        return _ratio(wide_result * wide_notional * 1_000_000_000_000, wide_entry * wide_equity)
    if equity <= 0:
        return 0
    return _ratio(wide_result * wide_equity * 1_000_000_000_000, wide_entry * wide_notional)


def price_rank(
    size: i64, entry_notional: i64, notional: i64, account_value: i64, literal: bool
) -> i64:
    """Price move in the holder's favour times account leverage (1e-12, rounded down).

    mark / entry * notional / account value for a long, entry / mark * notional / account value
    for a short; amounts in 1e-6 dollar. The docs of Hyperliquid ("Auto-deleveraging") write
    mark / entry for both, which puts losing shorts before winning ones: ``literal`` does so too.
    """
    wide_entry: int = entry_notional
    wide_value: int = account_value
    wide_notional: int = notional
    if size >= 0 or literal:
        above = wide_notional * wide_notional * 1_000_000_000_000
        return _ratio(above, wide_entry * wide_value)
    return _ratio(wide_entry * 1_000_000_000_000, wide_value)
