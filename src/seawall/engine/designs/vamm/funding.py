"""Funding: what pulls the mark to the index, and who pays what the two sides do not owe.

Glossary
    premium   average mark - average index (1e-10), each over its window
    f         premium * period / 24 h, in dollars per token: what one token owes for the period
    L, S, N   long and short open sizes, N = L - S
    G         f*N: what payers owe beyond what receivers are due; below zero, what is missing

Equations, in 1e-13 dollar per token
    imbalance   longs pay f, shorts receive f; the fund gets floor(G) or pays ceil(-G), all of it
    capped      payers pay f; receivers get what payers pay and at most ``outflow`` of the fee pool
    shared      longs  f*(2S + a*N)/(L+S),  shorts  f*(2L - a*N)/(L+S);  the fund's part is a*G,
                a = ``cover_part`` where the fund pays and 1 where it earns

f is held to the index * cap * period / 24 h where there is a cap. A side pays rounded up and
receives rounded down. Next time = max(floor((last due + period) / hour) * hour, now + period/2);
periods that were missed are not made up.

Sources: perpetual-protocol/perpetual-protocol, src/Amm.sol (settleFunding) and ClearingHouse.sol
(payFunding); capped: drift-labs/protocol-v2, programs/drift/src/math/funding.rs; shared:
TalCrypto/nft-perpetual-protocol, contracts/utils/AmmMath.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.vamm.params import CAPPED, SHARED, Params
from seawall.engine.fixed import (
    DAY,
    HOUR,
    INDEX_PER_PRICE,
    INDEX_STEP,
    RATE,
    clamp,
    larger,
    magnitude,
    mul_div,
    mul_div_trunc,
    mul_div_up,
    smaller,
)

RESTART: Final[i64] = 1_000_000_000_000_000_000
"""An index beyond this (100,000 dollars per token) starts anew."""


class Step:
    """One funding: what a token of either side pays (1e-13 dollar), and the fund's part (1e-6).

    ``longs`` is what a long pays, ``shorts`` what a short receives; ``to_fund`` is below zero
    where the fund pays.
    """

    def __init__(self, longs: i64, shorts: i64, to_fund: i64) -> None:
        self.longs: i64 = longs
        self.shorts: i64 = shorts
        self.to_fund: i64 = to_fund


def fraction(premium: i64, index: i64, period: i64, cap: i64) -> i64:
    """What a token owes (1e-13 dollar) for a ``premium`` (1e-10): toward zero, and capped."""
    part: i64 = mul_div_trunc(premium, INDEX_PER_PRICE * period, DAY)
    if cap > 0:
        most: i64 = mul_div(mul_div(index, cap, RATE), INDEX_PER_PRICE * period, DAY)
        part = clamp(part, -most, most)
    return part


def imbalance(part: i64, longs: i64, shorts: i64) -> Step:
    """Both sides at ``part``; the fund is the counterparty of the net."""
    return Step(part, part, mul_div(longs - shorts, part, INDEX_STEP))


def capped(part: i64, longs: i64, shorts: i64, limit: i64) -> Step:
    """Payers at ``part``, receivers at what payers and at most ``limit`` (1e-6) can pay."""
    step = imbalance(part, longs, shorts)
    if step.to_fund >= -limit:
        return step
    payers: i64 = longs if part > 0 else shorts
    receivers: i64 = shorts if part > 0 else longs
    raised: i64 = mul_div(payers, magnitude(part), INDEX_STEP)
    least: i64 = smaller(magnitude(part), mul_div(raised + limit, INDEX_STEP, receivers))
    promised: i64 = mul_div_up(receivers, least, INDEX_STEP)
    if part > 0:
        return Step(part, least, raised - promised)
    return Step(-least, part, raised - promised)


def shared(part: i64, longs: i64, shorts: i64, cover: i64) -> Step:
    """Both sides give way so that the fund bears only ``cover`` of a net cost."""
    whole: i64 = longs + shorts
    net: i64 = longs - shorts
    if whole == 0:
        return Step(part, part, 0)
    earns: bool = (part > 0) == (net > 0)
    tilt: i64 = net if earns else mul_div_trunc(net, cover, RATE)
    of_longs: i64 = _tilted(part, 2 * shorts + tilt, whole, part > 0)
    of_shorts: i64 = _tilted(part, 2 * longs - tilt, whole, part < 0)
    raised: i64 = longs if part > 0 else shorts
    got: i64 = shorts if part > 0 else longs
    pays: i64 = magnitude(of_longs if part > 0 else of_shorts)
    gets: i64 = magnitude(of_shorts if part > 0 else of_longs)
    to_fund: i64 = mul_div(raised, pays, INDEX_STEP) - mul_div_up(got, gets, INDEX_STEP)
    return Step(of_longs, of_shorts, to_fund)


def _tilted(part: i64, share: i64, whole: i64, pays: bool) -> i64:
    """``part * share / whole``: up in magnitude for who pays, down for who receives."""
    size: i64 = magnitude(part)
    tilted: i64 = mul_div_up(size, share, whole) if pays else mul_div(size, share, whole)
    return tilted if part > 0 else -tilted


def next_due(last: i64, period: i64, now: i64) -> i64:
    """When funding is due again (ms)."""
    return larger((last + period) // HOUR * HOUR, now + period // 2)


class Funding:
    """The indices of both sides, and when they move next.

    ``rate`` is the last funding over the index per hour (1e-12), ``stopped`` whether the last
    one could not be held because the fund could not pay it.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self.long_index: i64 = 0
        self.short_index: i64 = 0
        self.due_at: i64 = 0
        self.rate: i64 = 0
        self.stopped: bool = False

    def begin(self, now: i64) -> None:
        """Set the first due time, at the opening."""
        self.due_at = (now + self.params.funding_period) // HOUR * HOUR

    def index_of(self, is_long: bool) -> i64:
        """Funding index of a side (1e-13 dollar per token)."""
        return self.long_index if is_long else self.short_index

    def owed(self, size: i64, since: i64) -> i64:
        """Phi (1e-6, rounded up; below zero it is received) of ``size`` settled at ``since``."""
        index: i64 = self.long_index if size > 0 else self.short_index
        if index == since:
            return 0
        return mul_div_up(size, index - since, INDEX_STEP)

    def plan(self, mark: i64, index: i64, longs: i64, shorts: i64, fee_pool: i64) -> Step:
        """The funding that average ``mark`` and ``index`` (1e-10) call for, by the rule."""
        params = self.params
        part: i64 = fraction(mark - index, index, params.funding_period, params.funding_cap)
        if params.funding_rule == CAPPED:
            return capped(part, longs, shorts, mul_div(fee_pool, params.outflow, RATE))
        if params.funding_rule == SHARED:
            return shared(part, longs, shorts, params.cover_part)
        return imbalance(part, longs, shorts)

    def take(self, step: Step, index: i64, now: i64) -> None:
        """Move the indices and set the next due time."""
        self.long_index = self.long_index + step.longs
        self.short_index = self.short_index + step.shorts
        self.due_at = next_due(self.due_at, self.params.funding_period, now)
        larger_part: i64 = step.longs
        if magnitude(step.shorts) > magnitude(step.longs):
            larger_part = step.shorts
        per_hour: i64 = mul_div_trunc(larger_part, HOUR, self.params.funding_period)
        if magnitude(per_hour) // 1_000_000 >= index:
            self.rate = 1_000 * RATE if per_hour > 0 else -1_000 * RATE
        else:
            self.rate = mul_div_trunc(per_hour, RATE // INDEX_PER_PRICE, index)
        self.stopped = False

    def needs_restart(self) -> bool:
        """Whether an index nears its bound."""
        return magnitude(self.long_index) > RESTART or magnitude(self.short_index) > RESTART

    def restart(self) -> None:
        """Start both indices from 0; every position has been settled."""
        self.long_index = 0
        self.short_index = 0

    def state(self) -> list[int]:
        """Indices and times, for a digest."""
        return [self.long_index, self.short_index, self.due_at, self.rate, int(self.stopped)]
