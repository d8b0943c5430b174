"""GLP: shares of the whole pool, minted and redeemed for any of its tokens, and their fees.

Mint: u USDG for the tokens after the fee, then u * supply / AUM(p+) GLP, both of before, or u for
the first. Redeem: u = GLP * AUM(p-) / supply, sold for any token, not before the cooldown is over.
What is minted, and what is paid, is rounded down. Source: gmx-io/gmx-contracts, GlpManager.sol.

The fees of the pool lie beside it. Every period those who hold GLP get their part, by shares, and
the treasury the rest, each in the token it was paid in (GMX's documentation: 70 and 30 per cent).
"""

from mypy_extensions import i64

from seawall.engine.designs.glp.pool import Exchange, GlpPool, PoolToken
from seawall.engine.designs.glp.positions import Book
from seawall.engine.errors import BrokenBooks, Closed, LimitReached, NotEnough, OutOfRange
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, check_range, larger, mul_div
from seawall.engine.pot import Pot
from seawall.engine.venue import Account

_STEP = 10**18


class Holder:
    """One account's GLP (1e-6), when it last minted (ms), and what waits for it, by token."""

    def __init__(self, tokens: int) -> None:
        self.shares: i64 = 0
        self.added_at: i64 = -1
        self.entries: list[int] = [0] * tokens
        self.earned: list[int] = [0] * tokens
        self.proceeds: list[int] = [0] * tokens


class Liquidity:
    """Who holds how much GLP of one pool, and the fees and proceeds that wait for them.

    ``rewards`` and ``claims`` are pots by token: fees for holders, and redemptions not collected.
    """

    def __init__(self, pool: GlpPool) -> None:
        self.pool = pool
        self.supply: i64 = 0
        self.holders: dict[int, Holder] = {}
        self.rewards: list[Pot] = []
        self.claims: list[Pot] = []
        self.per_share: list[int] = []
        self.paid_at: i64 = -1
        self.books: list[Book] = []

    def open(self) -> None:
        """The pool has its tokens: a pot of rewards and one of claims for each."""
        for token in self.pool.tokens:
            self.rewards.append(Pot(token.token))
            self.claims.append(Pot(token.token))
            self.per_share.append(0)

    def balance(self, account: int) -> i64:
        """GLP (1e-6) that an account holds."""
        found = self.holders.get(account)
        return 0 if found is None else found.shares

    # in and out

    def plan_mint(
        self, token: PoolToken, amount: i64, min_usdg: i64, min_glp: i64
    ) -> tuple[Exchange, i64]:
        """What ``amount`` of a token mints. Raises :class:`LimitReached` (``min-out``)."""
        self._check_priced()
        assets: i64 = self.pool.aum(True)
        plan = self.pool.plan_buy(token, amount)
        if plan.debt < min_usdg:
            raise _min_out("USDG", plan.debt, min_usdg)
        minted: i64 = plan.debt
        if assets > 0 and self.supply > 0:
            minted = mul_div(plan.debt, self.supply, assets)
        if minted == 0:
            raise OutOfRange("amount-too-small", f"{amount} {token.name} mints no GLP", amount, 1)
        if minted < min_glp:
            raise _min_out("GLP", minted, min_glp)
        check_range("shares", minted, 1, int(MAX_DOLLARS - self.supply), "GLP to be minted, 1e-6")
        return plan, minted

    def mint(
        self, account: int, token: PoolToken, plan: Exchange, minted: i64, payer: Pot, now: i64
    ) -> None:
        """Carry a mint out."""
        self.pool.buy(token, plan, payer)
        self.grant(account, minted, now)

    def grant(self, account: int, shares: i64, now: i64) -> None:
        """Give an account the GLP of a recorded state."""
        holder = self._settled(account)
        holder.shares += shares
        holder.added_at = now
        self.supply += shares

    def check_redeem(self, account: int, shares: i64, now: i64) -> None:
        """Refuse shares that are not there (``glp-too-small``) or cool down (``cooldown``)."""
        self._check_priced()
        holder = self.holders.get(account)
        held: i64 = 0 if holder is None else holder.shares
        if holder is None or shares > held:
            raise NotEnough(
                "glp-too-small",
                f"{shares} is above {held}, the GLP that account {account} holds (1e-6)",
                shares,
                held,
            )
        ready: i64 = holder.added_at + self.pool.params.cooldown
        if now < ready:
            raise Closed(
                "cooldown", f"GLP minted at {holder.added_at} stays until {ready} (ms)", now, ready
            )

    def worth(self, shares: i64) -> i64:
        """Dollars (1e-6, rounded down) that ``shares`` redeem for, before the fee."""
        if self.supply == 0:
            return 0
        return mul_div(shares, self.pool.aum(False), self.supply)

    def redeem(self, account: int, token: PoolToken, plan: Exchange, shares: i64, out: Pot) -> None:
        """Carry a redemption out: the shares are burned, the tokens paid into ``out``."""
        self._settled(account).shares -= shares
        self.supply -= shares
        self.pool.sell(token, plan, out)

    def owe(self, account: int, place: i64, amount: i64) -> None:
        """Note that ``amount`` in the pot of claims is the account's to collect."""
        self.holders[account].proceeds[place] += amount

    # fees

    def distribute(self, treasury: Account, now: i64) -> tuple[i64, i64]:
        """Share the fees out once a period; their dollars in all, and dollars to the treasury.

        Without a whole GLP outstanding they wait.
        """
        period: i64 = self.pool.params.fee_period
        if self.paid_at < 0:
            self.paid_at = now // period * period
        if now < self.paid_at + period or self.supply < DOLLAR:
            return 0, 0
        self.paid_at = now // period * period
        total: i64 = 0
        in_dollars: i64 = 0
        for token in self.pool.tokens:
            fees: i64 = token.fees.amount
            if fees == 0:
                continue
            ours: i64 = mul_div(fees, self.pool.params.lp_fees, 100)
            place: i64 = token.place
            self.per_share[place] += int(ours) * _STEP // int(self.supply)
            token.fees.pay(self.rewards[place], ours)
            token.fees.pay(treasury.purse(int(token.token)), fees - ours)
            total += token.dollars_low(fees)
            if token.sharp:
                in_dollars += fees - ours
        return total, in_dollars

    def _settled(self, account: int) -> Holder:
        """The holder, with the rewards of before booked to it."""
        holder = self.holders.get(account)
        if holder is None:
            holder = Holder(len(self.per_share))
            holder.entries = list(self.per_share)
            self.holders[account] = holder
            return holder
        for place in range(len(self.per_share)):
            grown: int = self.per_share[place] - holder.entries[place]
            if grown > 0:
                holder.earned[place] += int(holder.shares) * grown // _STEP
                holder.entries[place] = self.per_share[place]
        return holder

    def collect(self, account: Account) -> list[int]:
        """Pay the account what waits for it, by token. Raises :class:`NotEnough`."""
        number = int(account.number)
        paid = self.waiting_for(number)
        if sum(paid) == 0:
            raise NotEnough("nothing-to-claim", f"nothing waits for account {number}")
        holder = self._settled(number)
        for token in self.pool.tokens:
            place: i64 = token.place
            purse = account.purse(int(token.token))
            self.rewards[place].pay(purse, holder.earned[place])
            self.claims[place].pay(purse, holder.proceeds[place])
            holder.earned[place] = 0
            holder.proceeds[place] = 0
        if holder.shares == 0:
            del self.holders[number]
        return paid

    def waiting_for(self, account: int) -> list[int]:
        """Rewards and redemptions that wait for an account, by token (token units)."""
        holder = self.holders.get(account)
        paid: list[int] = []
        for place in range(len(self.per_share)):
            amount: int = 0
            if holder is not None:
                grown: int = self.per_share[place] - holder.entries[place]
                amount = int(holder.shares) * grown // _STEP
                amount += holder.earned[place] + holder.proceeds[place]
            paid.append(amount)
        return paid

    def waiting(self) -> i64:
        """Dollars (1e-6, at p-) of rewards and redemptions not collected yet."""
        total: i64 = 0
        for token in self.pool.tokens:
            place: i64 = token.place
            held: i64 = self.rewards[place].amount + self.claims[place].amount
            total += token.dollars_low(held)
        return total

    def _check_priced(self) -> None:
        if not self.pool.is_priced():
            raise Closed("no-price", "a token of the pool has no price yet")

    # books

    def pots(self) -> list[Pot]:
        """Rewards and claims."""
        pots: list[Pot] = []
        pots.extend(self.rewards)
        pots.extend(self.claims)
        return pots

    def audit(self) -> None:
        """Books, reserves, shares add up; what waits is there, to the dust of the roundings."""
        self.pool.audit()
        reserves: list[int] = [0] * len(self.per_share)
        collateral: list[int] = [0] * len(self.per_share)
        for book in self.books:
            book.audit_into(reserves, collateral)
        for token in self.pool.tokens:
            found: int = reserves[token.place] + token.legacy_reserved
            if found != token.reserved or collateral[token.place] != token.collateral:
                raise BrokenBooks(
                    f"{token.name}: {token.reserved} reserved and a collateral of "
                    f"{token.collateral}; positions have {found} and {collateral[token.place]}"
                )
        total: i64 = 0
        earned: list[int] = [0] * len(self.per_share)
        proceeds: list[int] = [0] * len(self.per_share)
        for account in sorted(self.holders):
            holder = self.holders[account]
            total += holder.shares
            for place in range(len(self.per_share)):
                grown: int = self.per_share[place] - holder.entries[place]
                earned[place] += holder.earned[place] + int(holder.shares) * grown // _STEP
                proceeds[place] += holder.proceeds[place]
        if total != self.supply:
            raise BrokenBooks(f"holders have {total} GLP of {self.supply}")
        for place in range(len(self.per_share)):
            if earned[place] > self.rewards[place].amount:
                raise BrokenBooks(f"rewards of {earned[place]} of {self.rewards[place].amount}")
            if proceeds[place] != self.claims[place].amount:
                raise BrokenBooks(f"claims of {proceeds[place]}, {self.claims[place].amount} held")

    def state(self) -> list[int]:
        """For a digest."""
        numbers: list[int] = [self.supply, self.paid_at]
        numbers.extend(self.per_share)
        for account in sorted(self.holders):
            holder = self.holders[account]
            numbers.extend([account, holder.shares, holder.added_at])
            numbers.extend(holder.entries)
            numbers.extend(holder.earned)
            numbers.extend(holder.proceeds)
        for pot in self.pots():
            numbers.append(pot.amount)
        return numbers


def _min_out(what: str, found: i64, wanted: i64) -> LimitReached:
    return LimitReached("min-out", f"{found} {what} is below {wanted}, the least asked for",
                        found, wanted)  # fmt: skip


def parts_of(pool: GlpPool, shares: i64) -> list[i64]:
    """``shares`` by token as the pool's free tokens are worth; the last of them gets the rest."""
    free: list[i64] = []
    whole: i64 = 0
    last: i64 = -1
    for token in pool.tokens:
        worth: i64 = token.dollars_low(larger(0, token.pool.amount - token.reserved))
        free.append(worth)
        whole += worth
        if worth > 0:
            last = token.place
    left: i64 = shares
    parts: list[i64] = []
    for token in pool.tokens:
        place: i64 = token.place
        part: i64 = 0
        if place == last:
            part = left
        elif whole > 0:
            part = mul_div(shares, free[place], whole)
        left -= part
        parts.append(part)
    return parts
