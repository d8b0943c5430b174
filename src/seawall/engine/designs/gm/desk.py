"""The desk of a GM market: its positions, who they belong to, and what every action asks of them.

Glossary
    S, Q      size in dollars at entry and in index tokens
    C, p      collateral, in its token, and that token's lowest price
    PI        result of a position, of the whole of it: Q*P - S (long), S - Q*P (short)
    I         impact of opening that is not yet settled, index tokens

A result is paid in the long token where longs win it and in the short token where shorts do.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm import funding as funding_of
from seawall.engine.designs.gm import value
from seawall.engine.designs.gm.claims import Claims
from seawall.engine.designs.gm.fees import Fees, Referral, charges
from seawall.engine.designs.gm.impact import Impact, position_impact
from seawall.engine.designs.gm.lookout import Lookout
from seawall.engine.designs.gm.orders import place_of
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token
from seawall.engine.errors import BrokenBooks
from seawall.engine.events import Journal
from seawall.engine.fixed import PRICE, share
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT, Account


class Desk:
    """Positions and credits of one market over its pool.

    ``is_open`` says that there has been a price; ``lacking`` is, by token, the funding that
    insolvent closes have left unpaid.
    """

    def __init__(self, name: str, params: Params, pool: Pool) -> None:
        self.name = name
        self.params = params
        self.pool = pool
        self.prices = Prices(1, 1, 1, 1, PRICE, PRICE)
        self.is_open: bool = False
        self.positions: dict[int, Holding] = {}
        self.lookout = Lookout(params, pool)
        self.claims = Claims(params.claim_delay)
        self.referrals: dict[int, Referral] = {}
        self.interfaces: dict[int, int] = {}
        self.accounts: list[Account] = []
        self.journal = Journal()
        self.guards = params.guards.fresh()
        self.facts = MarketFacts()
        self.now: i64 = 0
        self.price_time: i64 = 0
        self.lacking: list[int] = [0, 0]
        self.touched: int = 0
        self.to_treasury: list[int] = [0, 0]
        self.fees: i64 = 0
        self.borrowed: i64 = 0
        self.scratch: list[Pot] = [Pot(pool.long.number), Pot(pool.short.number)]
        self.nobody = Holding(0, 0)
        self._probe = Holding(0, 0)

    # who and what

    def kind_of(self, token: i64) -> i64:
        """Whether a token of the treasury is the pool's long (0) or short one (1); -1: neither."""
        if token == self.pool.long.number:
            return LONG
        if token == self.pool.short.number:
            return SHORT
        return -1

    def kind(self, position: Holding) -> i64:
        """The collateral of a position: the long token (0) or the short one (1)."""
        return LONG if i64(position.token) == self.pool.long.number else SHORT

    def paid_in(self, is_long: bool) -> i64:
        """The token that a side's results are paid in."""
        return LONG if is_long or self.pool.single else SHORT

    def find(self, account: int, is_long: bool, kind: i64) -> Holding | None:
        """The position of an account, side and collateral."""
        return self.positions.get(place_of(account, is_long, self.pool.token(kind).number))

    def of_account(self, account: int) -> list[Holding]:
        """Every position of an account: longs before shorts, long token before short token."""
        found: list[Holding] = []
        for is_long in (True, False):
            for kind in (LONG, SHORT):
                if kind == SHORT and self.pool.single:
                    continue
                position = self.find(account, is_long, kind)
                if position is not None:
                    found.append(position)
        return found

    def largest(self, account: int) -> Holding | None:
        """The account's largest position by its size in index tokens."""
        best: Holding | None = None
        for position in self.of_account(account):
            if best is None or position.quantity() > best.quantity():
                best = position
        return best

    def purse(self, account: i64, kind: i64) -> Pot:
        """The pot of an account that holds the pool's long or short token."""
        return self.accounts[account].purse(self.pool.token(kind).number)

    def collateral_price(self, kind: i64) -> i64:
        """The lowest price of a collateral token."""
        return self.prices.token(kind, False)

    # what a position is worth

    def collateral_usd(self, position: Holding) -> i64:
        """C*p, dollars (1e-6) rounded down."""
        kind = self.kind(position)
        return self.pool.token(kind).usd(position.amount, self.collateral_price(kind))

    def whole_result(self, position: Holding) -> i64:
        """PI (1e-6), what winners are paid at most taken into account."""
        is_long: bool = position.size > 0
        price: i64 = self.prices.for_result(is_long, False)
        quantity: i64 = position.quantity()
        index: Token = self.pool.index
        if is_long:
            result: i64 = index.usd(quantity, price) - position.entry
        else:
            result = position.entry - index.usd_up(quantity, price)
        if result <= 0:
            return result
        return value.capped_result(self.pool, self.prices, is_long, result)

    def pending_usd(self, tokens: i64) -> i64:
        """Dollars (1e-6, rounded down) of impact that waits: the worse price for its owner."""
        return self.pool.index.usd(tokens, self.prices.index(tokens < 0))

    def impact_of(self, is_long: bool, usd: i64, tokens: i64) -> Impact:
        """Impact of a change of a side's open interest by ``usd`` and ``tokens``, both signed."""
        return position_impact(self.pool, self.prices, is_long, usd, tokens)

    def referral_of(self, account: i64) -> Referral | None:
        """Who brought an account, and what that is worth; None for who came alone."""
        if len(self.referrals) == 0:
            return None
        return self.referrals.get(int(account))

    def fees_of(
        self,
        position: Holding,
        size_delta: i64,
        improved: bool,
        liquidation: bool,
        interface: i64,
    ) -> Fees:
        """Every fee of a change of a position by ``size_delta`` dollars, in collateral tokens."""
        fees = self.charges_of(position, size_delta, improved, liquidation, interface)
        fees.split(self.params)
        return fees

    def charges_of(
        self,
        position: Holding,
        size_delta: i64,
        improved: bool,
        liquidation: bool,
        interface: i64,
    ) -> Fees:
        """The same, not yet divided among treasury and pool."""
        kind = self.kind(position)
        ui: i64 = 0
        if interface >= 0:
            ui = self.interfaces.get(int(interface), 0)
        return charges(
            self.pool,
            position.size > 0,
            kind,
            self.collateral_price(kind),
            size_delta,
            position.entry,
            position.borrowing,
            position.funding,
            improved,
            liquidation,
            self.referral_of(position.account),
            ui,
        )

    def claimable_of(self, position: Holding, kind: i64) -> i64:
        """Funding that a position has earned and not been credited, in one of the tokens."""
        entry: int = position.claim_long if kind == LONG else position.claim_short
        return funding_of.claim(self.pool, position.size > 0, kind, position.entry, entry)

    # bookkeeping that every change of a position shares

    def credit_funding(self, position: Holding) -> None:
        """Credit what the position has earned; with ``claim_at_once``, pay it."""
        if position.entry == 0:
            return
        account: i64 = position.account
        earned: i64 = self.claimable_of(position, LONG)
        if earned > 0:
            self._credit(account, LONG, earned)
        earned = self.claimable_of(position, SHORT)
        if earned > 0:
            self._credit(account, LONG if self.pool.single else SHORT, earned)

    def _credit(self, account: i64, kind: i64, earned: i64) -> None:
        self.claims.credit(account, kind, earned)
        if self.params.claim_at_once:
            self.pay_funding(int(account), kind)

    def pay_funding(self, account: int, kind: i64) -> i64:
        """Pay an account the funding it is credited with; the tokens paid."""
        amount: i64 = i64(self.claims.settle(account, int(kind)))
        self.pool.funding(kind).pay(self.purse(account, kind), amount)
        return amount

    def refresh(self, position: Holding) -> None:
        """Settle the trackers of a position at what they are now."""
        pool = self.pool
        self.touched += 4
        is_long: bool = position.size > 0
        position.funding = pool.book(is_long, self.kind(position)).fee_per_size
        position.claim_long = pool.book(is_long, LONG).claim_per_size
        position.claim_short = pool.book(is_long, SHORT).claim_per_size
        position.borrowing = pool.cumulative(is_long)

    def treasury_holds(self) -> list[int]:
        """What the treasury's account has of the long and of the short token."""
        long = int(self.purse(TREASURY_ACCOUNT, LONG).amount)
        return [long, 0 if self.pool.single else int(self.purse(TREASURY_ACCOUNT, SHORT).amount)]

    def note_treasury(self, before: list[int]) -> None:
        """Count what the treasury has got since it held ``before``."""
        after = self.treasury_holds()
        for kind in range(2):
            self.to_treasury[kind] += after[kind] - before[kind]

    def note_fees(self, kind: i64, price: i64, fees: Fees) -> None:
        """Count what the pool's owners get of ``fees`` (1e-6 dollar at ``price``), for the report.

        ``fees`` and ``borrowed`` hold what was counted since the last one.
        """
        token = self.pool.token(kind)
        kept: i64 = fees.borrowing - share(fees.borrowing, self.params.borrowing_receiver)
        self.borrowed += token.usd(kept, price)
        self.fees += token.usd(fees.to_pool - kept, price)

    def probe(self, position: Holding) -> Holding:
        """A position like ``position`` to ask questions of; the same object every time."""
        probe = self._probe
        probe.account = position.account
        probe.token = position.token
        return probe

    def forget(self, position: Holding, is_long: bool) -> None:
        """Strike a closed position out."""
        del self.positions[place_of(position.account, is_long, i64(position.token))]

    # books

    def audit(self) -> None:
        """Re-add sides, collateral, pending impact and the funding pots."""
        pool = self.pool
        pending: int = 0
        for is_long in (True, False):
            for kind in (LONG, SHORT):
                if kind == SHORT and pool.single:
                    continue
                usd = tokens = collateral = 0
                for position in self.positions.values():
                    if (position.size > 0) == is_long and self.kind(position) == kind:
                        usd += int(position.entry)
                        tokens += int(position.quantity())
                        collateral += int(position.amount)
                        pending += int(position.pending)
                book = pool.book(is_long, kind)
                side = "long" if is_long else "short"
                _same(f"{side} open interest", int(book.usd), usd)
                _same(f"{side} tokens", int(book.tokens), tokens)
                _same(f"{side} collateral", int(book.collateral), collateral)
        _same("pending impact", int(pool.pending), pending)
        for pot in self.scratch:
            _same("scratch pot", int(pot.amount), 0)
        for kind in (LONG, SHORT):
            if kind == LONG or not pool.single:
                dust = self.funding_dust(kind)
                most = self.most_dust()
                if dust < 0 or dust > most:
                    raise BrokenBooks(f"funding pot {kind}: {dust} of dust, at most {most}")

    def funding_dust(self, kind: i64) -> int:
        """What a funding pot holds beyond what it stands for, in its token's unit.

        The pot is what has been credited and not claimed, plus what positions have earned, less
        what positions owe and less what insolvent closes have left unpaid.
        """
        pool = self.pool
        stands_for = self.claims.all_credited(int(kind)) - self.lacking[kind]
        for position in self.positions.values():
            is_long: bool = position.size > 0
            if self.kind(position) == kind:
                stands_for -= int(
                    funding_of.fee(pool, is_long, kind, position.entry, position.funding)
                )
            stands_for += int(self.claimable_of(position, kind))
            if pool.single:
                stands_for += int(self.claimable_of(position, SHORT))
        return int(pool.funding(kind).amount) - stands_for

    def most_dust(self) -> int:
        """Bound of the dust of roundings since the beginning."""
        return self.touched + 4 * len(self.positions)


def _same(name: str, book: int, added: int) -> None:
    if book != added:
        raise BrokenBooks(f"{name}: the book says {book}, the positions add up to {added}")
