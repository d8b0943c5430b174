"""The insurance fund, owned by whoever stakes in it.

Spread fees, half of the liquidation fees, funding's net and what lower depth earns flow in; bad
debt, advances to winners, funding's net and the cost of depth flow out. In Perpetual Protocol v1
it belonged to the protocol; here its stakers hold ERC-4626 shares of it, so that a storm can give
this design the same capital as the others. What winners were advanced (``prepaid``) counts as
spent until a loser's debt is realised against it.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.house import House
from seawall.engine.fixed import larger, share_up
from seawall.engine.vault import Vault


class Fund(Vault):
    """Shares over the fund's pot; exits are by request and claim."""

    def __init__(self, house: House) -> None:
        super().__init__(house.fund, house.params.fund_epoch)
        self.house = house
        self.name = "fund"

    def exit_limit(self) -> i64:
        """The most that may leave: a share of the open notional must stay."""
        house = self.house
        keep: i64 = share_up(house.pool.interest, house.params.fund_cover)
        return larger(0, self.total_assets() - keep)
