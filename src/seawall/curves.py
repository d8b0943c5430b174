"""Spot curves, the ancestors of the virtual AMM: four ways in which a pool of two tokens prices.

Glossary
    first, second   the pool's two balances, in integer units of any kind
    a, o            what a trader pays in, what comes out
    price           second tokens for one of the first, at the margin, before the fee
    fee             part of what is paid in (of what comes out for the stable curve) that stays

Equations, x and y the balances of what is paid in and of what comes out
    constant product   x*y = k             out  floor(997*a*y / (1000*x + 997*a)) at 0.3 %
                                           in   floor(1000*x*o / (997*(y - o))) + 1
    weighted           x^v * y^w = k       out  y * (1 - (x / (x + a*(1 - fee)))^(v/w))
                                           in   x * ((y / (y - o))^(w/v) - 1) / (1 - fee)
    stable             A*n^n*S + D = A*D*n^n + D^(n+1) / (n^n * x*y), n = 2; out = y - y' - 1
    dynamic weights    weighted; the weights follow an oracle so that the price is the oracle's
                       where the first balance is what was staked

What is paid out is rounded down and what is asked up, so that no trade gains by rounding. The
constant product and the stable curve are exact in integers. The others need powers, logarithms
and Lambert's W: these are taken to 50 digits, and amounts are right to one unit, against the
trader, for balances below 1e30.

Sources: Uniswap/v2-periphery, contracts/libraries/UniswapV2Library.sol; balancer/balancer-core,
contracts/BMath.sol; curvefi/curve-contract, contracts/pool-templates; bancorprotocol/
contracts-solidity, BancorFormula.sol (balancedWeights). ``docs/curves.md`` draws them.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from fractions import Fraction

from seawall.engine.errors import BadParameters, LimitReached

__all__ = [
    "ConstantProduct",
    "Curve",
    "DynamicWeights",
    "Stable",
    "Weighted",
    "held_against",
    "lambert_w",
    "provider_against_holder",
]

_DIGITS = Context(prec=50)
_MARGIN = Decimal(10) ** -45
_STEPS = 255


class Curve:
    """Two balances and a rule. ``first`` and ``second`` change with every trade."""

    def __init__(self, first: int, second: int, fee: Fraction = Fraction(0)) -> None:
        for name, value in (("first", first), ("second", second)):
            if not 1 <= value <= 10**30:
                raise BadParameters(f"{name} {value}: must be between 1 and 1e30")
        if not 0 <= fee < 1:
            raise BadParameters(f"fee {fee}: must be at least 0 and below 1")
        self.first = first
        self.second = second
        self.fee = fee

    def price(self) -> Fraction:
        """Second tokens for one of the first, at the margin."""
        raise NotImplementedError

    def out(self, paid: int, first_in: bool) -> int:
        """What ``paid`` buys, rounded down; nothing changes."""
        raise NotImplementedError

    def trade(self, paid: int, first_in: bool) -> int:
        """Carry a trade out; what it bought."""
        bought = self.out(paid, first_in)
        if first_in:
            self.first, self.second = self.first + paid, self.second - bought
        else:
            self.first, self.second = self.first - bought, self.second + paid
        return bought

    def _sides(self, first_in: bool) -> tuple[int, int]:
        return (self.first, self.second) if first_in else (self.second, self.first)

    def arbitrage(self, price: Fraction) -> None:
        """Let somebody trade until the price is ``price``, with the largest trade short of it.

        Found by halving, so it holds for every curve; the fee is not his concern.
        """
        first_in = self.price() > price
        low, high = 0, 1
        while high < 10**31 and not self._passes(high, first_in, price):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            if self._passes(middle, first_in, price):
                high = middle
            else:
                low = middle
        if low:
            self.trade(low, first_in)

    def _passes(self, paid: int, first_in: bool, price: Fraction) -> bool:
        before = self.first, self.second
        self.trade(paid, first_in)
        empty = min(self.first, self.second) < 1
        after = Fraction(0) if empty else self.price()
        self.first, self.second = before
        return empty or (after < price if first_in else after > price)

    def value(self, price: Fraction) -> Fraction:
        """Both balances in second tokens."""
        return self.first * price + self.second


class ConstantProduct(Curve):
    """x*y = k, the fee in thousandths: exact in integers. Uniswap v2 takes 0.3 %."""

    def __init__(self, first: int, second: int, thousandths: int = 3) -> None:
        super().__init__(first, second, Fraction(thousandths, 1000))
        self._kept = 1000 - thousandths

    def price(self) -> Fraction:
        """See :class:`Curve`."""
        return Fraction(self.second, self.first)

    def out(self, paid: int, first_in: bool) -> int:
        """See :class:`Curve`."""
        x, y = self._sides(first_in)
        return self._kept * paid * y // (1000 * x + self._kept * paid)

    def cost(self, wanted: int, first_in: bool) -> int:
        """What buying ``wanted`` costs; raises :class:`LimitReached` for all that is there."""
        x, y = self._sides(first_in)
        _check_there(wanted, y)
        return 1000 * x * wanted // (self._kept * (y - wanted)) + 1


class Weighted(Curve):
    """x^v * y^w = k: a pool that keeps ``weight`` of its value in the first token (Balancer)."""

    def __init__(
        self, first: int, second: int, weight: Fraction, fee: Fraction = Fraction(0)
    ) -> None:
        super().__init__(first, second, fee)
        if not 0 < weight < 1:
            raise BadParameters(f"weight {weight}: must be above 0 and below 1")
        self.weight = weight

    def price(self) -> Fraction:
        """See :class:`Curve`: (second / its weight) / (first / its weight)."""
        return Fraction(self.second, self.first) * self.weight / (1 - self.weight)

    def out(self, paid: int, first_in: bool) -> int:
        """See :class:`Curve`."""
        x, y = self._sides(first_in)
        return _given(x, y, paid, self._exponent(first_in), self.fee)

    def cost(self, wanted: int, first_in: bool) -> int:
        """What buying ``wanted`` costs, rounded up; see :meth:`ConstantProduct.cost`."""
        x, y = self._sides(first_in)
        _check_there(wanted, y)
        with localcontext(_DIGITS):
            power = _power(Fraction(y, y - wanted), 1 / self._exponent(first_in)) * (1 + _MARGIN)
            exact = x * (power - 1) / _decimal(1 - self.fee)
            return int(exact.to_integral_value(ROUND_CEILING))

    def _exponent(self, first_in: bool) -> Fraction:
        odds = self.weight / (1 - self.weight)
        return odds if first_in else 1 / odds


class Stable(Curve):
    """StableSwap of two tokens that should be worth ``rate`` to one; exact in integers (Curve).

    ``amplification`` is A of the formula (contracts store A*n^(n-1)). Balances are brought to one
    worth by ``rate``, whole second tokens for one of the first, before the curve sees them.
    """

    def __init__(
        self, first: int, second: int, amplification: int, rate: int = 1,
        fee: Fraction = Fraction(0),
    ) -> None:  # fmt: skip
        super().__init__(first, second, fee)
        if not 1 <= amplification <= 1_000_000:
            raise BadParameters(f"amplification {amplification}: must be between 1 and 1e6")
        if not 1 <= rate <= 10**12:
            raise BadParameters(f"rate {rate}: must be between 1 and 1e12")
        self.factor = 4 * amplification
        self.rate = rate

    def invariant(self) -> int:
        """D by Newton's method, to one unit."""
        x, y = self.first * self.rate, self.second
        total = x + y
        found = total
        for _ in range(_STEPS):
            product = found**3 // (4 * x * y)
            better = (
                (self.factor * total + 2 * product)
                * found
                // ((self.factor - 1) * found + 3 * product)
            )
            if abs(better - found) <= 1:
                return better
            found = better
        raise LimitReached("no-invariant", f"balances of {x} and {y} have no D", x, y)

    def other(self, balance: int) -> int:
        """The other balance, at one worth, where this one is ``balance``, to one unit above."""
        whole = self.invariant()
        c = whole**3 // (4 * balance * self.factor)
        b = balance + whole // self.factor
        found = whole
        for _ in range(_STEPS):
            better = (found * found + c) // (2 * found + b - whole)
            if abs(better - found) <= 1:
                return better
            found = better
        raise LimitReached("no-invariant", f"a balance of {balance} has no other", balance, whole)

    def price(self) -> Fraction:
        """See :class:`Curve`: the slope of the invariant."""
        x, y, whole = self.first * self.rate, self.second, self.invariant()
        bend = Fraction(whole**3, 4 * x * y)
        return self.rate * (self.factor + bend / x) / (self.factor + bend / y)

    def out(self, paid: int, first_in: bool) -> int:
        """See :class:`Curve`; the fee is taken off what comes out."""
        rate_in, rate_out = (self.rate, 1) if first_in else (1, self.rate)
        x, y = self._sides(first_in)
        bought = y * rate_out - self.other((x + paid) * rate_in) - 1
        kept = bought - int(bought * self.fee)
        return max(0, kept // rate_out)


class DynamicWeights(Curve):
    """A pool whose weights follow an oracle, after Bancor v2; the first token is the staked one.

    ``staked`` is what the providers of the first token are owed, ``oracle`` its price in the
    second. On the curve stand the balances and ``amplified`` - 1 times what is staked of either
    token. The weights are chosen so that the price is the oracle's where the first balance is
    ``staked``: whoever brings it back there is paid for it, and what the others have traded away
    is the pool's risk.
    """

    def __init__(
        self, first: int, second: int, oracle: Fraction, amplified: int = 1, staked: int = 0
    ) -> None:
        super().__init__(first, second)
        self.staked = staked or first
        self.beside = second
        self.amplified = amplified
        self.weight = Fraction(1, 2)
        self.follow(oracle)

    def follow(self, oracle: Fraction) -> None:
        """Set the weights by a new price of the oracle.

        x = W(z*ln(s/t)) / ln(s/t), z = t/r * oracle, s and r the balances, t what is staked; z
        itself where s = t. The weights are x/(1+x) and 1/(1+x). Raises :class:`LimitReached`
        (``unbalanced``) where no weights bring the price back.
        """
        held, beside = self._on_curve()
        staked = self.amplified * self.staked
        z = Fraction(staked, beside) * oracle
        if held == staked:
            odds = z
        else:
            with localcontext(_DIGITS):
                drift = _decimal(Fraction(held, staked)).ln()
                odds = Fraction(lambert_w(_decimal(z) * drift) / drift)
        self.weight = odds / (1 + odds)

    def price(self) -> Fraction:
        """See :class:`Curve`, on the amplified balances."""
        held, beside = self._on_curve()
        return Fraction(beside, held) * self.weight / (1 - self.weight)

    def out(self, paid: int, first_in: bool) -> int:
        """See :class:`Curve`; at most what is truly there."""
        held, beside = self._on_curve()
        odds = self.weight / (1 - self.weight)
        if first_in:
            return min(self.second, _given(held, beside, paid, odds, self.fee))
        return min(self.first, _given(beside, held, paid, 1 / odds, self.fee))

    def _on_curve(self) -> tuple[int, int]:
        """The amplified balances."""
        more = self.amplified - 1
        return self.first + more * self.staked, self.second + more * self.beside


def provider_against_holder(move: Fraction, weight: Fraction = Fraction(1, 2)) -> Decimal:
    """Value of a weighted pool over that of its first balances held, after a price ``move``.

    move^w / (w*move + 1 - w), the closed form of impermanent loss without fees; for the constant
    product 2*sqrt(move) / (1 + move). Right to 1e-40.
    """
    with localcontext(_DIGITS):
        return _power(move, weight) / _decimal(weight * move + 1 - weight)


def held_against(curve: Curve, first: int, second: int, price: Fraction) -> Fraction:
    """What a pool is worth over what its starting balances would be, at ``price``."""
    return curve.value(price) / (first * price + second)


def lambert_w(z: Decimal) -> Decimal:
    """The principal branch of w*e^w = z by Halley's method, right to 1e-40 of it or of one.

    Raises :class:`LimitReached` (``unbalanced``) below -1/e, where there is none. Within 1e-30 of
    that point half of the digits are lost, as the branch is vertical there.
    """
    with localcontext(_DIGITS):
        least = -Decimal(-1).exp()
        if z < least:
            raise LimitReached(
                "unbalanced",
                f"no weights for {z:.6f}, below {least:.6f}",
                int(z * 10**12),
                int(least * 10**12),
            )
        if z < Decimal("-0.3"):
            found = (2 * (1 - z / least)).sqrt() - 1
        else:
            found = (1 + z).ln()
        for _ in range(_STEPS):
            power = found.exp()
            off = found * power - z
            rise = power * (found + 1)
            if off == 0 or rise == 0:
                break
            step = off / (rise - (found + 2) * off / (2 * found + 2))
            found -= step
            if abs(step) <= _MARGIN * max(Decimal(1), abs(found)):
                break
        return found


def _check_there(wanted: int, held: int) -> None:
    if wanted >= held:
        raise LimitReached(
            "pool-empty", f"{wanted} is not below {held}, what the pool holds", wanted, held
        )


def _decimal(number: Fraction) -> Decimal:
    with localcontext(_DIGITS):
        return Decimal(number.numerator) / Decimal(number.denominator)


def _power(base: Fraction, exponent: Fraction) -> Decimal:
    """The power to 50 digits, less what its logarithm and the product lose."""
    with localcontext(_DIGITS):
        return (_decimal(base).ln() * _decimal(exponent)).exp()


def _given(x: int, y: int, paid: int, exponent: Fraction, fee: Fraction) -> int:
    """What a weighted curve pays out for ``paid``, rounded down."""
    with localcontext(_DIGITS):
        left = _power(Fraction(x) / (x + paid * (1 - fee)), exponent) + _MARGIN
        return max(0, int((y * (1 - left)).to_integral_value(ROUND_FLOOR)))
