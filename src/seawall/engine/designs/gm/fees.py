"""Fees of a change of a position, in units of its collateral token at the lowest price.

Position fee on the size changed, borrowing and funding on the whole size before, a liquidation fee
where the order is one, an interface's fee on top. The treasury's parts are rounded down, the rest
of each fee belongs to the pool. Source: gmx-io/gmx-synthetics,
contracts/pricing/PositionPricingUtils.sol and contracts/referral/ReferralUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm import borrowing, funding
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import RATE, larger, share, share_up, smaller


class Referral:
    """Who referred a trader, and what the two get of the position fee; parts in 1e-12.

    ``rebate`` is the part of the fee that is given back, ``discount`` the trader's part of that,
    ``affiliate`` the account of the other. ``pro`` is a discount of the trader's own: where it is
    the better one it takes the place of the referral's, and the affiliate keeps what is left of
    the rebate, ``least`` at the least. Raises :class:`BadParameters`.
    """

    def __init__(
        self, affiliate: i64, rebate: i64, discount: i64, pro: i64 = 0, least: i64 = 0
    ) -> None:
        for name, part in (("rebate", rebate), ("discount", discount), ("pro", pro)):
            if part < 0 or part > RATE:
                raise BadParameters(f"{name} {part}: must be between 0 and {RATE} (1e-12)")
        if least < 0 or least > rebate:
            raise BadParameters(f"least {least}: must be between 0 and {rebate} (1e-12)")
        self.account: i64 = affiliate
        own: i64 = share(rebate, discount)
        self.trader: i64 = own
        self.affiliate: i64 = rebate - own
        if pro > own:
            self.trader = pro
            self.affiliate = larger(least, rebate - pro)
        if self.trader + self.affiliate > RATE:
            raise BadParameters(f"pro {pro} with least {least}: above the whole fee (1e-12)")


class Fees:
    """What a change of a position costs, in units of its collateral token.

    ``to_pool`` and ``receiver`` are the pool's and the treasury's parts of position, borrowing and
    liquidation fees. ``ex_funding`` is all that is paid but funding, ``total`` all.
    """

    def __init__(self) -> None:
        self.position: i64 = 0
        self.discount: i64 = 0
        self.affiliate: i64 = 0
        self.borrowing: i64 = 0
        self.liquidation: i64 = 0
        self.ui: i64 = 0
        self.funding: i64 = 0
        self.to_pool: i64 = 0
        self.receiver: i64 = 0
        self.ex_funding: i64 = 0
        self.total: i64 = 0

    def add(self) -> None:
        """Add the totals up."""
        charges: i64 = self.position + self.borrowing + self.liquidation + self.ui
        self.ex_funding = charges - self.discount
        self.total = self.ex_funding + self.funding

    def split(self, params: Params) -> None:
        """Divide what is not the affiliate's, the interface's or funding: treasury and pool."""
        kept: i64 = larger(0, self.position - self.discount - self.affiliate)
        self.receiver = share(kept, params.position_receiver)
        if self.borrowing > 0:
            self.receiver += share(self.borrowing, params.borrowing_receiver)
        if self.liquidation > 0:
            self.receiver += share(self.liquidation, params.liquidation_receiver)
        self.to_pool = kept + self.borrowing + self.liquidation - self.receiver


def position_fees(
    pool: Pool,
    long: bool,
    token: i64,
    price: i64,
    change: i64,
    size: i64,
    borrowing_entry: int,
    funding_entry: int,
    improved: bool,
    liquidation: bool = False,
    referral: Referral | None = None,
    ui_factor: i64 = 0,
) -> Fees:
    """:func:`charges`, divided among treasury and pool."""
    fees: Fees = charges(
        pool, long, token, price, change, size, borrowing_entry, funding_entry, improved,
        liquidation, referral, ui_factor,
    )  # fmt: skip
    fees.split(pool.params)
    return fees


def charges(
    pool: Pool,
    long: bool,
    token: i64,
    price: i64,
    change: i64,
    size: i64,
    borrowing_entry: int,
    funding_entry: int,
    improved: bool,
    liquidation: bool,
    referral: Referral | None,
    ui_factor: i64,
) -> Fees:
    """Fees of changing a position of ``size`` (1e-6) by ``change`` (1e-6, not signed).

    ``price`` is the collateral token's lowest. What a participant pays is rounded up, what is
    given back down. ``to_pool`` and ``receiver`` are left to :meth:`Fees.split`.
    """
    params = pool.params
    collateral = pool.token(token)
    fees: Fees = Fees()
    factor: i64 = params.fee_improved if improved else params.fee_worsened
    fees.position = collateral.units_up(share_up(change, factor), price)
    if referral is not None:
        fees.discount = share(fees.position, referral.trader)
        fees.affiliate = share(fees.position, referral.affiliate)
    owed: i64 = borrowing.fee_usd(pool, long, size, borrowing_entry)
    fees.borrowing = collateral.units_up(owed, price)
    if liquidation:
        fees.liquidation = collateral.units_up(share_up(change, params.liquidation_fee), price)
    if ui_factor > 0:
        part: i64 = smaller(ui_factor, params.max_ui_fee)
        fees.ui = collateral.units_up(share_up(change, part), price)
    fees.funding = funding.fee(pool, long, token, size, funding_entry)
    fees.add()
    return fees
