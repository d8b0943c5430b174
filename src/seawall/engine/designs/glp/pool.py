"""The pool: its tokens, what they are worth, and the exchange of one for another.

Glossary, for a token k: pool P (its pot), reserved R, USDG debt u, guaranteed dollars G (size less
collateral of the longs), size S and average price q of all shorts, fees F, collateral of shorts.
Prices are p- and p+, ``unit`` makes token units times a price into 1e-6 dollar::

    AUM(p)   = addition + sum stable P*p + sum other [ G + (P - R)*p + loss of shorts ]
               - sum profit of shorts - deduction, never below 0 in the last two steps
    GLP price = AUM / supply, high by p+ for who enters, low by p- for who leaves

A long's result is inside G + (P - R)*p. Money: P, F and the collateral of shorts are pots; longs'
collateral lies in P. Source: gmx-io/gmx-contracts, Vault.sol, VaultUtils.sol, GlpManager.sol.
"""

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.glp.feed import Feed
from seawall.engine.designs.glp.params import DOLLAR_TOKEN, PoolParams, TokenTerms
from seawall.engine.designs.glp.pricing import (
    BPS,
    RATE_STEP,
    after_fee,
    borrowing_rate,
    fee_points,
    next_short_average,
    next_tracked_average,
    result_size,
)
from seawall.engine.errors import BadOrder, BrokenBooks, Closed, LimitReached, OutOfRange, Unknown
from seawall.engine.fixed import MAX_DOLLARS, PRICE, check_range, larger, mul_div
from seawall.engine.pot import Pot


class PoolToken:
    """One token of the pool: pots, counters, prices.

    Token numbers are in the token's unit, dollars in 1e-6, prices in 1e-10, ``cumulative`` (the
    borrowing rate since the beginning) in 1e-6. ``legacy_*`` is what a loaded state held for
    positions that are not in the books.
    """

    def __init__(self, place: i64, token: i64, terms: TokenTerms, params: PoolParams) -> None:
        self.place: i64 = place
        self.name = terms.name
        self.terms = terms
        self.token: i64 = token
        self.unit: i64 = 10_000
        step: i64 = 0
        while step < terms.decimals:
            self.unit *= 10
            step += 1
        self.sharp: bool = terms.name == DOLLAR_TOKEN
        self.stable: bool = terms.stable
        self.pool = Pot(token)
        self.fees = Pot(token)
        self.custody = Pot(token, True)
        self.transit = Pot(token)
        self.feed = Feed(terms, params)
        self.reserved: i64 = 0
        self.debt: i64 = 0
        self.guaranteed: i64 = 0
        self.short_size: i64 = 0
        self.short_average: i64 = 0
        self.tracked_average: i64 = 0
        self.collateral: i64 = 0
        self.cumulative: i64 = 0
        self.funded_at: i64 = -1
        self.legacy_reserved: i64 = 0
        self.legacy_guaranteed: i64 = 0
        self.legacy_short: i64 = 0
        if self.sharp:
            self.feed.low = PRICE
            self.feed.high = PRICE

    def dollars_low(self, amount: i64) -> i64:
        """``amount`` at the lower price, rounded down (1e-6)."""
        return amount if self.sharp else mul_div(amount, self.feed.low, self.unit)

    def fewest(self, dollars: i64) -> i64:
        """The fewest tokens that ``dollars`` (1e-6) are: at the higher price, rounded down."""
        return dollars if self.sharp else mul_div(dollars, self.unit, self.feed.high)

    def most(self, dollars: i64) -> i64:
        """The most tokens that ``dollars`` (1e-6) are: at the lower price, rounded down."""
        return dollars if self.sharp else mul_div(dollars, self.unit, self.feed.low)

    def utilisation(self) -> i64:
        """Reserved over pool (1e-6)."""
        return 0 if self.pool.amount == 0 else mul_div(self.reserved, RATE_STEP, self.pool.amount)

    def pots(self) -> list[Pot]:
        """Every pot of the token."""
        return [self.pool, self.fees, self.custody, self.transit]

    def state(self) -> list[int]:
        """For a digest."""
        numbers: list[int] = [
            self.token, self.pool.amount, self.fees.amount, self.custody.amount,
            self.transit.amount, self.reserved, self.debt, self.guaranteed, self.short_size,
            self.short_average, self.tracked_average, self.collateral, self.cumulative,
            self.funded_at,
        ]  # fmt: skip
        numbers.extend(self.feed.state())
        return numbers


@mypyc_attr(acyclic=True, free_list_len=1)
class Exchange:
    """A swap, mint or redemption worked out and not yet done.

    ``amount`` goes in, ``gross`` leaves the pool, of it ``out`` reaches the receiver and ``fee``
    stays as fee (token units); ``debt`` is the USDG that moves (1e-6), ``points`` the fee in bps.
    """

    def __init__(self) -> None:
        self.amount: i64 = 0
        self.gross: i64 = 0
        self.out: i64 = 0
        self.fee: i64 = 0
        self.debt: i64 = 0
        self.points: i64 = 0


class GlpPool:
    """Many tokens behind many traders. Several markets may share one; the first one lists it."""

    def __init__(self, params: PoolParams, terms: list[TokenTerms]) -> None:
        self.params = params
        self.terms: list[TokenTerms] = list(terms)
        self.tokens: list[PoolToken] = []
        self.weights: i64 = 0
        self.usdg: i64 = 0
        self.addition: i64 = 0
        self.deduction: i64 = 0
        self.owner = ""

    def add(self, token: i64, terms: TokenTerms) -> PoolToken:
        """Take a token in; ``token`` is its index in the treasury."""
        found = PoolToken(len(self.tokens), token, terms, self.params)
        self.tokens.append(found)
        self.weights += terms.weight
        return found

    def named(self, name: str) -> PoolToken:
        """The token of that name; raises :class:`Unknown` (``unknown-pool-token``)."""
        for token in self.tokens:
            if token.name == name:
                return token
        known = ", ".join([token.name for token in self.tokens])
        raise Unknown("unknown-pool-token", f"token {name!r} is not in the pool; it has {known}")

    # value

    def aum(self, maximise: bool) -> i64:
        """Assets under management (1e-6): at p+ for who enters, at p- for who leaves."""
        total: i64 = self.addition
        profits: i64 = 0
        for token in self.tokens:
            price: i64 = token.feed.high if maximise else token.feed.low
            if token.stable:
                total += mul_div(token.pool.amount, price, token.unit)
                continue
            total += token.guaranteed
            total += mul_div(token.pool.amount - token.reserved, price, token.unit)
            if token.short_size > 0 and price > 0:
                average: i64 = self.average_of(token)
                result: i64 = result_size(token.short_size, average, price)
                if average > price:
                    profits += result
                else:
                    total += result
        return larger(0, larger(0, total - profits) - self.deduction)

    def average_of(self, token: PoolToken) -> i64:
        """Average price of all shorts (1e-10): the pool's own, the tracker's, or their mix."""
        weight: i64 = self.params.tracker_weight
        if weight == 0 or token.tracked_average == 0:
            return token.short_average
        if weight == BPS:
            return token.tracked_average
        mixed: int = int(token.short_average) * int(BPS - weight)
        mixed += int(token.tracked_average) * int(weight)
        return i64(mixed // int(BPS))

    def is_priced(self) -> bool:
        """Whether every token that is held has a price."""
        silent: i64 = 0
        for token in self.tokens:
            if token.feed.low == 0:
                silent += token.pool.amount
        return silent == 0

    # time

    def accrue(self, now: i64) -> None:
        """Charge the whole intervals since the last step, at the utilisation of now."""
        interval: i64 = self.params.funding_interval
        for token in self.tokens:
            if token.funded_at < 0:
                token.funded_at = now // interval * interval
                continue
            if token.funded_at + interval > now:
                continue
            factor: i64 = self.params.stable_factor if token.stable else self.params.funding_factor
            intervals: i64 = (now - token.funded_at) // interval
            token.cumulative += borrowing_rate(factor, token.reserved, token.pool.amount, intervals)
            token.funded_at = now // interval * interval

    def refresh(self, now: i64) -> None:
        """Form the prices anew where they change with time alone."""
        if self.params.fast is not None:
            for token in self.tokens:
                if not token.sharp:
                    token.feed.form(now)

    # debt and fees

    def points(
        self, token: PoolToken, debt: i64, delta: i64, supply: i64, base: i64, tax: i64, up: bool
    ) -> i64:
        """The dynamic fee (bps) of a change of ``delta`` in a token's debt."""
        if not self.params.dynamic_fees or supply == 0:
            return base
        target: i64 = mul_div(token.terms.weight, supply, self.weights)
        return fee_points(debt, target, delta, base, tax, up)

    def check_priced(self, token: PoolToken) -> None:
        """Refuse a token that has no price yet."""
        if token.feed.low == 0:
            raise Closed("no-price", f"{token.name} has no price yet")

    def plan_buy(self, token: PoolToken, amount: i64) -> Exchange:
        """USDG for ``amount`` of a token: ``debt`` is minted, ``fee`` stays as fee.

        Raises :class:`OutOfRange` (``amount-too-small``), :class:`LimitReached` (``debt-cap``).
        """
        self.check_priced(token)
        plan = Exchange()
        worth: i64 = token.dollars_low(amount)
        if worth == 0:
            raise too_small(token, amount)
        rules = self.params
        plan.points = self.points(
            token, token.debt, worth, self.usdg, rules.mint_burn, rules.tax, True
        )
        plan.amount = amount
        plan.gross = after_fee(amount, plan.points)
        plan.fee = amount - plan.gross
        plan.debt = token.dollars_low(plan.gross)
        self._check_debt(token, plan.debt)
        return plan

    def buy(self, token: PoolToken, plan: Exchange, payer: Pot) -> None:
        """Carry a purchase of USDG out."""
        payer.pay(token.pool, plan.gross)
        payer.pay(token.fees, plan.fee)
        token.debt += plan.debt
        self.usdg += plan.debt

    def plan_sell(self, token: PoolToken, debt: i64) -> Exchange:
        """Tokens for ``debt`` USDG (1e-6). The fee is that of the debt already taken off.

        Raises :class:`OutOfRange` (``amount-too-small``), :class:`LimitReached`
        (``pool-reserved``).
        """
        self.check_priced(token)
        plan = Exchange()
        plan.debt = debt
        plan.gross = token.fewest(debt)
        if plan.gross == 0:
            raise too_small(token, debt)
        self.check_free(token, plan.gross)
        left: i64 = larger(0, token.debt - debt)
        supply: i64 = larger(self.usdg, debt) - debt
        rules = self.params
        plan.points = self.points(token, left, debt, supply, rules.mint_burn, rules.tax, False)
        plan.out = after_fee(plan.gross, plan.points)
        plan.fee = plan.gross - plan.out
        if plan.out == 0:
            raise too_small(token, debt)
        return plan

    def sell(self, token: PoolToken, plan: Exchange, receiver: Pot) -> None:
        """Carry a sale of USDG out."""
        token.debt = larger(0, token.debt - plan.debt)
        self.usdg = larger(self.usdg, plan.debt) - plan.debt
        token.pool.pay(receiver, plan.out)
        token.pool.pay(token.fees, plan.fee)

    def plan_swap(
        self, token_in: PoolToken, token_out: PoolToken, amount: i64, min_out: i64
    ) -> Exchange:
        """``amount`` of one token for another, fee taken in what leaves.

        Raises :class:`BadOrder` (``same-token``), :class:`OutOfRange` (``amount-too-small``),
        :class:`LimitReached` (``debt-cap``, ``pool-reserved``, ``pool-buffer``, ``min-out``).
        """
        if token_in is token_out:
            raise BadOrder("same-token", f"{token_in.name} cannot be swapped for itself")
        self.check_priced(token_in)
        self.check_priced(token_out)
        rules = self.params
        plan = Exchange()
        plan.amount = amount
        plan.debt = token_in.dollars_low(amount)
        gross: i64 = across(token_in, token_out, amount)
        if gross == 0:
            raise too_small(token_in, amount)
        both: bool = token_in.stable and token_out.stable
        base: i64 = rules.stable_swap if both else rules.swap
        tax: i64 = rules.stable_tax if both else rules.tax
        plan.points = larger(
            self.points(token_in, token_in.debt, plan.debt, self.usdg, base, tax, True),
            self.points(token_out, token_out.debt, plan.debt, self.usdg, base, tax, False),
        )
        plan.gross = gross
        plan.out = after_fee(gross, plan.points)
        plan.fee = gross - plan.out
        self._check_debt(token_in, plan.debt)
        self.check_free(token_out, gross)
        left: i64 = token_out.pool.amount - gross
        if left < token_out.terms.buffer:
            raise LimitReached(
                "pool-buffer",
                f"{gross} would leave {left} {token_out.name}, "
                f"below the buffer of {token_out.terms.buffer} (token units)",
                gross,
                larger(0, token_out.pool.amount - token_out.terms.buffer),
            )
        if plan.out == 0:
            raise too_small(token_in, amount)
        if plan.out < min_out:
            raise min_out_missed(token_out, plan.out, min_out)
        return plan

    def swap(
        self, token_in: PoolToken, token_out: PoolToken, plan: Exchange, payer: Pot, receiver: Pot
    ) -> None:
        """Carry a swap out."""
        token_in.debt += plan.debt
        token_out.debt = larger(0, token_out.debt - plan.debt)
        payer.pay(token_in.pool, plan.amount)
        token_out.pool.pay(token_out.fees, plan.fee)
        token_out.pool.pay(receiver, plan.out)

    def _check_debt(self, token: PoolToken, added: i64) -> None:
        cap: i64 = token.terms.max_debt
        if cap > 0 and token.debt + added > cap:
            raise LimitReached(
                "debt-cap",
                f"USDG debt of {token.name} would be {token.debt + added}, above {cap} "
                "(1e-6 dollar)",
                token.debt + added,
                cap,
            )
        if token.debt + added > MAX_DOLLARS:
            raise OutOfRange(
                "debt-too-large", f"USDG debt of {token.name} would pass {MAX_DOLLARS}",
                token.debt + added, MAX_DOLLARS,
            )  # fmt: skip

    def check_free(self, token: PoolToken, amount: i64) -> None:
        """Refuse to take ``amount`` out of what positions have reserved."""
        free: i64 = token.pool.amount - token.reserved
        if amount > free:
            raise LimitReached(
                "pool-reserved",
                f"{amount} {token.name} is above {larger(0, free)}, what is not reserved "
                "(token units)",
                amount,
                larger(0, free),
            )

    # shorts

    def add_short(self, token: PoolToken, price: i64, added: i64) -> None:
        """Count ``added`` dollars of shorts at ``price`` into size and both averages."""
        token.tracked_average = next_tracked_average(
            price, token.short_size, token.tracked_average, added, 0
        )
        token.short_average = next_short_average(
            price, token.short_size, token.short_average, added
        )
        token.short_size += added

    def take_short(self, token: PoolToken, price: i64, taken: i64, realised: i64) -> None:
        """Take ``taken`` dollars of shorts off; ``realised`` is their result (signed)."""
        token.tracked_average = next_tracked_average(
            price, token.short_size, token.tracked_average, -taken, realised
        )
        token.short_size = larger(0, token.short_size - taken)

    # books

    def pots(self) -> list[Pot]:
        """Every pot of the pool."""
        pots: list[Pot] = []
        for token in self.tokens:
            pots.extend(token.pots())
        return pots

    def audit(self) -> None:
        """Reserves fit into the pool, nothing is in transit, dollars of shorts are there."""
        for token in self.tokens:
            if token.reserved < 0 or token.reserved > token.pool.amount:
                raise BrokenBooks(f"{token.name}: {token.reserved} reserved of {token.pool.amount}")
            if token.transit.amount != 0:
                raise BrokenBooks(f"{token.name}: {token.transit.amount} in transit")
            if token.sharp and token.custody.amount != token.collateral:
                raise BrokenBooks(
                    f"{token.name}: {token.custody.amount} held for a collateral of "
                    f"{token.collateral}"
                )

    def state(self) -> list[int]:
        """For a digest."""
        numbers: list[int] = [self.usdg, self.addition, self.deduction]
        for token in self.tokens:
            numbers.extend(token.state())
        return numbers


def across(token_in: PoolToken, token_out: PoolToken, amount: i64) -> i64:
    """Tokens (units, rounded down) for ``amount``, in at its lower price, out at its higher.

    The protocol floors amount * p- / p+ first and the digits after; in one step they agree where
    the two tokens have equal digits, and differ by less than a unit of the finer token elsewhere.
    """
    if token_in.sharp:
        return token_out.fewest(amount)
    if token_out.sharp:
        return token_in.dollars_low(amount)
    value: int = int(amount) * int(token_in.feed.low) * int(token_out.unit)
    out: int = value // (int(token_out.feed.high) * int(token_in.unit))
    check_range("amount", out, 0, int(MAX_DOLLARS), f"units of {token_out.name}")
    return i64(out)


def too_small(token: PoolToken, amount: i64) -> OutOfRange:
    """The refusal of an exchange that comes to nothing."""
    return OutOfRange("amount-too-small", f"{amount} for {token.name} comes to nothing", amount, 1)


def min_out_missed(token: PoolToken, out: i64, wanted: i64) -> LimitReached:
    """The refusal of an exchange that gives less than asked for."""
    return LimitReached(
        "min-out",
        f"{out} {token.name} is below {wanted}, the least asked for (token units)",
        out,
        wanted,
    )
