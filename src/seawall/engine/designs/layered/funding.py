"""What accrues with time: funding and the utilisation fee, minute by minute.

Glossary
    s      skew, q*P / C_n held between -1 and 1
    r      funding rate per hour; longs pay it when it is above zero
    u      utilisation, y / C_n held between 0 and 1
    a(u)   utilisation fee per year on the notional of the crowded side
    I      accrual index of a side in dollars per token: what one token has owed since the start

Equations, once a minute
    r   += (r_max * s - r) * kappa
    payers' index   += |r| * P / 60, rounded up;  receivers' index -= |r| * P / 60, rounded down
    crowded index   += a(u) * P / 525600, rounded up
    vaults' income   = what the indices raised from one side less what they promised the other

A position owes size * (I - I at its last settlement), rounded up; it is paid through a clearing
pot which advances the vaults their income at once and so runs below zero: minus its balance is
what open positions owe, to the dust. The rate relaxes towards a target as Ostium's does
(0xOstium/smart-contracts-public, OstiumPairInfos.sol); the kinked fee is the money markets'.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.layered.params import Params
from seawall.engine.designs.layered.pool import MINUTES_A_YEAR, Pool
from seawall.engine.events import Settled
from seawall.engine.fixed import (
    INDEX_STEP,
    RATE,
    larger,
    magnitude,
    mul_div,
    mul_div_trunc,
    mul_div_up,
    smaller,
)
from seawall.engine.pot import Pot

_HOUR_STEP: Final[i64] = 60_000_000_000  # rate * price per hour, in index units per minute
_YEAR_STEP: Final[i64] = 1_000_000_000 * MINUTES_A_YEAR


def skew_of(inventory: i64, used: i64, depth: i64) -> i64:
    """Inventory over depth with its sign, a rate held between -1 and 1."""
    if inventory == 0:
        return 0
    share: i64 = RATE if used >= depth else mul_div(used, RATE, depth)
    return share if inventory > 0 else -share


def utilisation_fee(params: Params, utilisation: i64) -> i64:
    """Yearly fee a(u): linear to ``utilisation_low`` at the kink, then to ``utilisation_high``."""
    kink: i64 = params.utilisation_kink
    if utilisation <= kink:
        return mul_div_up(params.utilisation_low, utilisation, kink)
    steep: i64 = params.utilisation_high - params.utilisation_low
    return params.utilisation_low + mul_div_up(steep, utilisation - kink, RATE - kink)


class Accrual:
    """Funding rate, the two side indices and the clearing pot behind them.

    ``shortfall`` is what closed positions owed that neither they nor the pool could pay: as much
    of minus the clearing balance stands for nobody any more.
    """

    def __init__(self, params: Params) -> None:
        self.params = params
        self.rate: i64 = 0
        self.long_index: i64 = 0
        self.short_index: i64 = 0
        self.clearing = Pot(0, True)
        self.shortfall: i64 = 0

    def index_of(self, is_long: bool) -> i64:
        """Accrual index of a side, 1e-13 dollar per token."""
        return self.long_index if is_long else self.short_index

    def owed(self, quantity: i64, is_long: bool, since: i64) -> i64:
        """What ``quantity`` tokens owe since index ``since``: rounded up, below zero: receives."""
        return mul_div_up(quantity, self.index_of(is_long) - since, INDEX_STEP)

    def relax(self, skew: i64) -> None:
        """Move the funding rate one minute towards its target."""
        target: i64 = mul_div_trunc(self.params.funding_max, skew, RATE)
        self.rate += mul_div_trunc(target - self.rate, self.params.funding_pace, RATE)

    def minute(self, pool: Pool, skew: i64, utilisation: i64, report: Settled) -> None:
        """Charge one minute and advance the vaults their income, or take what they owe."""
        self.relax(skew)
        book = pool.book
        funding: i64 = self._fund(pool)
        raised: i64 = 0
        if skew != 0:
            yearly: i64 = utilisation_fee(self.params, utilisation)
            step: i64 = mul_div_up(yearly, book.mark, _YEAR_STEP)
            if skew > 0:
                self.long_index = self.long_index + step
                raised = mul_div(book.longs, step, INDEX_STEP)
            else:
                self.short_index = self.short_index + step
                raised = mul_div(book.shorts, step, INDEX_STEP)
        self.clearing.pay(pool.income, larger(0, funding) + raised)
        report.funding_rate = self.rate
        report.funding += funding
        report.utilisation += raised

    def _fund(self, pool: Pool) -> i64:
        """Charge funding; the vaults' net income, already paid by them where it is below zero."""
        book = pool.book
        pays: i64 = mul_div_up(magnitude(self.rate), book.mark, _HOUR_STEP)
        gets: i64 = mul_div(magnitude(self.rate), book.mark, _HOUR_STEP)
        payers: i64 = book.longs if self.rate > 0 else book.shorts
        receivers: i64 = book.shorts if self.rate > 0 else book.longs
        raised: i64 = mul_div(payers, pays, INDEX_STEP)
        promised: i64 = mul_div_up(receivers, gets, INDEX_STEP)
        if promised > raised + pool.cash.amount:
            gets = mul_div(raised + pool.cash.amount, INDEX_STEP, receivers)
            promised = mul_div_up(receivers, gets, INDEX_STEP)
        if self.rate > 0:
            self.long_index = self.long_index + pays
            self.short_index = self.short_index - gets
        else:
            self.short_index = self.short_index + pays
            self.long_index = self.long_index - gets
        net: i64 = raised - promised
        if net < 0:
            pool.cash.pay(self.clearing, smaller(-net, pool.cash.amount))
        return net

    def state(self) -> list[int]:
        """Rate, indices and clearing balance, for a digest."""
        return [self.rate, self.long_index, self.short_index, self.clearing.amount, self.shortfall]
