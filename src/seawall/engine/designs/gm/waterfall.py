"""The order in which a decrease pays: what comes out of which tokens, and what stays unpaid.

Glossary
    O, K    collateral tokens to be paid out, and what is left of the collateral; O begins with the
            profit where that is paid in the same token, K with the whole collateral
    O2      tokens to be paid out in the other token, where profit is paid in that
    p, p2   lowest prices of the two tokens
    cost    dollars (1e-6) that must be paid; out of O, then K, then O2

Equations, of one cost
    need = ceil(cost / p) collateral tokens; O gives min(O, need), then K; the rest r of them is
    worth floor(r*p), of which O2 gives min(O2, floor(r*p / p2)); unpaid is what that leaves over,
    at p2.

The costs come in this order: funding, loss, fees, negative impact, impact beyond the cap. Where
one of them is not paid in full, those after it are not asked for: an insolvent close, which only
liquidations and deleveraging may make. Nobody is owed what is missing: the pool has not got it.

Source: gmx-io/gmx-synthetics, contracts/position/DecreasePositionCollateralUtils.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.tokens import Token
from seawall.engine.fixed import smaller

FUNDING: Final = "funding"
LOSS: Final = "pnl"
FEES: Final = "fees"
IMPACT: Final = "impact"
DIFFERENCE: Final = "diff"


class Waterfall:
    """What a decrease has to pay with, and where each token goes.

    ``out``, ``kept`` and ``other`` are O, K and O2. What the steps took is in collateral tokens
    (``funding`` and so on) and in the other token (``funding_other`` ...). ``failed`` names the
    step that was not paid in full, empty when all were, and ``unpaid`` its missing dollars.
    """

    def __init__(
        self, token: Token, price: i64, other_token: Token, other_price: i64, kept: i64
    ) -> None:
        self.token = token
        self.price: i64 = price
        self.other_token = other_token
        self.other_price: i64 = other_price
        self.out: i64 = 0
        self.kept: i64 = kept
        self.other: i64 = 0
        self.funding: i64 = 0
        self.funding_other: i64 = 0
        self.loss: i64 = 0
        self.loss_other: i64 = 0
        self.fees: i64 = 0
        self.fees_other: i64 = 0
        self.impact: i64 = 0
        self.impact_other: i64 = 0
        self.difference: i64 = 0
        self.difference_other: i64 = 0
        self.failed = ""
        self.unpaid: i64 = 0
        self._taken: i64 = 0
        self._taken_other: i64 = 0

    def _pay(self, cost: i64) -> i64:
        """Take ``cost`` dollars; what could not be paid, in dollars."""
        self._taken = 0
        self._taken_other = 0
        if cost == 0:
            return 0
        need: i64 = self.token.units_up(cost, self.price)
        part: i64 = smaller(self.out, need)
        self.out -= part
        self._taken = part
        need -= part
        part = smaller(self.kept, need)
        self.kept -= part
        self._taken += part
        need -= part
        if need == 0:
            return 0
        rest: i64 = self.token.usd(need, self.price)
        if self.other > 0:
            wanted: i64 = self.other_token.units(rest, self.other_price)
            if self.other >= wanted:
                self.other -= wanted
                self._taken_other = wanted
                return 0
            self._taken_other = self.other
            rest = self.other_token.usd(wanted - self.other, self.other_price)
            self.other = 0
        return rest

    def _is_done(self, step: str, unpaid: i64) -> bool:
        if unpaid > 0:
            self.failed = step
            self.unpaid = unpaid
        return unpaid == 0

    def pay_all(
        self, funding_tokens: i64, loss: i64, fee_tokens: i64, impact: i64, difference: i64
    ) -> None:
        """Pay every cost in its order, as far as it goes.

        ``funding_tokens`` and ``fee_tokens`` are collateral tokens, the others 1e-6 dollar.
        """
        unpaid: i64 = self._pay(self.token.usd_up(funding_tokens, self.price))
        self.funding = smaller(self._taken, funding_tokens)
        self.out += self._taken - self.funding
        self.funding_other = self._taken_other
        if not self._is_done(FUNDING, unpaid):
            return
        unpaid = self._pay(loss)
        self.loss = self._taken
        self.loss_other = self._taken_other
        if not self._is_done(LOSS, unpaid):
            return
        unpaid = self._pay(self.token.usd_up(fee_tokens, self.price))
        self.fees = smaller(self._taken, fee_tokens)
        self.out += self._taken - self.fees
        self.fees_other = self._taken_other
        if not self._is_done(FEES, unpaid):
            return
        unpaid = self._pay(impact)
        self.impact = self._taken
        self.impact_other = self._taken_other
        if not self._is_done(IMPACT, unpaid):
            return
        unpaid = self._pay(difference)
        self.difference = self._taken
        self.difference_other = self._taken_other
        self._is_done(DIFFERENCE, unpaid)
