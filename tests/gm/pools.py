"""Pools for tests: amounts as a person writes them, and positions as the sums they leave behind."""

from fractions import Fraction

from seawall.engine.designs.gm.liquidity import plan_deposit, plan_withdrawal
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import Pool, VirtualPositions, VirtualSwaps
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.swaps import SwapPlan, plan_swap
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token
from seawall.engine.pot import Pot
from seawall.engine.venue import Account

LP = 7
USD = Token("USD", 0, 6)
ETH = Token("ETH", 1, 8)
Amount = int | float | str | Fraction


def _scaled(amount: Amount, scale: int) -> int:
    return round(Fraction(str(amount)) * scale)


def dollars(amount: Amount) -> int:
    return _scaled(amount, 10**6)


def tokens(amount: Amount) -> int:
    return _scaled(amount, 10**8)


def price(amount: Amount) -> int:
    return _scaled(amount, 10**10)


def rate(amount: Amount) -> int:
    return _scaled(amount, 10**12)


def fine(amount: Amount) -> int:
    return _scaled(amount, 10**18)


def agrees(found: int, published: int, digits: int) -> bool:
    """Whether ``found`` is the ``published`` number, cut by that many digits.

    To one of our units, or to 1e-9 of the number where that is more.
    """
    exact = Fraction(published, 10**digits)
    return abs(found - exact) <= max(1, abs(exact) / 10**9)


def at(eth: Amount, spread: Amount = 0) -> Prices:
    """ETH at a price with half a spread on either side, the dollar at a dollar."""
    low, high = (
        price(Fraction(str(eth)) - Fraction(str(spread))),
        price(Fraction(str(eth)) + Fraction(str(spread))),
    )
    return Prices(low, high, low, high, price(1), price(1))


def laboratory() -> Params:
    return preset("laboratory")


class Basin:
    """A pool of ETH and USD with a treasury, and LPs whose tokens come from nowhere."""

    def __init__(
        self,
        params: Params | None = None,
        eth: Amount = 0,
        usd: Amount = 0,
        long: Token = ETH,
        short: Token = USD,
        positions: VirtualPositions | None = None,
        swaps: VirtualSwaps | None = None,
        price_of_eth: Amount = 5000,
    ) -> None:
        self.params = laboratory() if params is None else params
        self.pool = Pool(self.params, ETH, long, short, positions, swaps)
        self.treasury = Account(0)
        if eth or usd:
            self.deposit(tokens(eth), dollars(usd), at(price_of_eth))

    def deposit(self, long: int, short: int, prices: Prices, **more: object) -> int:
        """The GM that a deposit minted."""
        plan = plan_deposit(self.pool, prices, long, short, **more)  # type: ignore[arg-type]
        plan.commit(self.full(LONG, long), self.full(SHORT, short), LP, self.treasury, None)
        return plan.minted

    def withdraw(self, shares: int, prices: Prices, **more: object) -> tuple[int, int]:
        """What a withdrawal paid, long and short."""
        plan = plan_withdrawal(self.pool, prices, shares, **more)  # type: ignore[arg-type]
        long, short = self.full(LONG, 0), self.full(SHORT, 0)
        plan.commit(long, short, LP, self.treasury, None)
        return long.amount, short.amount

    def swap(self, token: int, amount: int, prices: Prices) -> SwapPlan:
        plan = plan_swap(self.pool, prices, token, amount)
        plan.commit(self.full(token, amount), self.full(1 - token, 0), self.treasury, None)
        return plan

    def full(self, token: int, amount: int) -> Pot:
        pot = Pot(self.pool.pot(token).token)
        pot.amount = amount
        return pot

    def open(
        self, long: bool, usd: Amount, token: int = SHORT, entry: Amount = 5000, size: int = 0
    ) -> None:
        """The open interest that a position of that many dollars leaves in the books."""
        amount = size or tokens(Fraction(str(usd)) / Fraction(str(entry)))
        self.pool.change_interest(long, token, dollars(usd), amount)
