"""A market on the pool: liquidity, operator, time and views on top of what traders do."""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.glp.liquidity import parts_of
from seawall.engine.designs.glp.pool import Exchange, PoolToken
from seawall.engine.designs.glp.requests import Requesting
from seawall.engine.designs.glp.restore import TokenState, load
from seawall.engine.designs.glp.views import (
    VAULT,
    TokenView,
    depth_levels,
    loss_steps,
    quote_of,
    shorts_gap,
    vault_view,
    view_of,
)
from seawall.engine.errors import BadOrder, Closed, LimitReached, Unknown
from seawall.engine.events import Halted, ReportRejected, Settled, VaultFlow
from seawall.engine.fixed import (
    HOUR,
    MAX_DOLLARS,
    MAX_PRICE,
    PRICE,
    check_range,
    mul_div,
    smaller,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView

_DOLLARS = "1e-6 dollar"
_RATE_UNIT: Final[i64] = 1_000_000
"""Borrowing counts in 1e-6, the guards in 1e-12."""


class GlpMarket(Requesting):
    """One index token traded against a pool of many: ``GlpMarket("ETH", params)``.

    By default the pool is its own and holds USD and the index token; ``beside`` another market
    it shares that one's. Beside the commands of every market: :meth:`supply_token`,
    :meth:`redeem_token` and :meth:`swap` for the pool's tokens, ``request_increase``,
    ``request_decrease``, ``request_swap`` and ``execute`` for traders, :meth:`liquidate` for
    anybody, :meth:`report_token`, :meth:`set_fast_price`, :meth:`oppose_fast`,
    :meth:`set_adjustment`, :meth:`set_facts` and :meth:`restore` for the operator.
    """

    # operator

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.book.facts = facts

    def set_adjustment(self, addition: int, deduction: int) -> None:
        """Dollars (1e-6) that AUM counts besides, and those it leaves out."""
        check_range("addition", addition, 0, int(MAX_DOLLARS), _DOLLARS)
        check_range("deduction", deduction, 0, int(MAX_DOLLARS), _DOLLARS)
        self.pool.addition = addition
        self.pool.deduction = deduction

    def report_token(self, token: str, price: int, confidence: int = 0) -> None:
        """A reference round of a token that is no market's index (1e-10)."""
        found = self.pool.named(token)
        check_range("price", price, 1, int(MAX_PRICE), "1e-10 dollar per token")
        check_range("confidence", confidence, 0, price - 1, "1e-10 dollar per token")
        if found.sharp:
            raise BadOrder("fixed-price", f"{token} is the dollar itself")
        for book in self.liquidity.books:
            if book.index is found:
                raise BadOrder("fixed-price", f"{token} has an oracle of its own")
        if self.now <= found.feed.time:
            raise Closed(
                "round-taken",
                f"{token} has had its round at {found.feed.time} (ms)",
                self.now,
                found.feed.time,
            )
        high: i64 = price + confidence
        found.feed.round(price - confidence, price, high, self.now, self.now)

    def set_fast_price(self, token: str, price: int) -> None:
        """A keeper's fast price (1e-10; 0: none), where the pool takes them."""
        found = self.pool.named(token)
        check_range("price", price, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if self.pool.params.fast is None or found.sharp:
            raise Closed("no-fast-prices", f"{token} takes no fast prices in this pool")
        found.feed.set_fast(price, self.now)

    def oppose_fast(self, token: str, opposed: bool) -> None:
        """Enough watchers have voted against a token's fast price, or have withdrawn."""
        feed = self.pool.named(token).feed
        feed.opposed = opposed
        feed.form(self.now)

    def restore(self, provider: int, tokens: list[TokenState], usdg: int, supply: int) -> None:
        """Begin from a recorded state: the provider's purses become the pool, ``supply`` its GLP.

        What the state holds for positions that are not in it counts in AUM and in reserves and is
        never closed. Raises :class:`Closed` (``pool-in-use``) once there is GLP.
        """
        self._check_account(provider)
        check_range("usdg", usdg, 0, int(MAX_DOLLARS), _DOLLARS)
        check_range("supply", supply, 1, int(MAX_DOLLARS), "1e-6 GLP")
        if self.liquidity.supply > 0:
            raise Closed("pool-in-use", "the pool has GLP already")
        for state in tokens:
            found = self.pool.named(state.name)
            self._check_funds(self.accounts[provider].purse(int(found.token)), state.pool)
        for state in tokens:
            found = self.pool.named(state.name)
            load(found, state, self.accounts[provider].purse(int(found.token)))
        self.pool.usdg = usdg
        self.liquidity.grant(provider, supply, self.now)

    # liquidity

    def _named_vault(self, vault: str) -> None:
        if vault != VAULT:
            raise Unknown("unknown-vault", f"vault {vault!r} is not {VAULT}")

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Mint GLP for dollars; the GLP (1e-6)."""
        self._named_vault(vault)
        check_range("assets", assets, 1, int(MAX_DOLLARS), _DOLLARS)
        return self.supply_token(self.pool.tokens[self._cash_place()].name, account, assets)

    def supply_in_kind(self, vault: str, account: int, amount: int) -> int:
        """Mint GLP for the index token; the GLP (1e-6)."""
        self._named_vault(vault)
        return self.supply_token(self.book.index.name, account, amount)

    def supply_token(
        self, token: str, account: int, amount: int, min_usdg: int = 0, min_glp: int = 0
    ) -> int:
        """Mint GLP for ``amount`` of any token of the pool; the GLP (1e-6)."""
        self._check_account(account)
        check_range("amount", amount, 1, int(MAX_DOLLARS), "token units")
        check_range("min-usdg", min_usdg, 0, int(MAX_DOLLARS), _DOLLARS)
        check_range("min-glp", min_glp, 0, int(MAX_DOLLARS), "1e-6 GLP")
        found = self.pool.named(token)
        self._check_trading()
        purse = self.accounts[account].purse(int(found.token))
        self._check_funds(purse, amount)
        plan, minted = self.liquidity.plan_mint(found, amount, min_usdg, min_glp)
        self.liquidity.mint(account, found, plan, minted, purse, self.now)
        self._flow(account, plan.debt, minted)
        return int(minted)

    def redeem_token(self, token: str, account: int, shares: int, min_out: int = 0) -> int:
        """Redeem GLP (1e-6) for one token of the pool, at once; the tokens paid."""
        self._check_account(account)
        found = self.pool.named(token)
        purse = self.accounts[account].purse(int(found.token))
        return int(self._redeem(token, account, shares, min_out, purse))

    def _redeem(self, token: str, account: int, shares: int, min_out: int, receiver: Pot) -> i64:
        found = self.pool.named(token)
        check_range("shares", shares, 1, int(MAX_DOLLARS), "1e-6 GLP")
        check_range("min-out", min_out, 0, int(MAX_DOLLARS), "token units")
        self._check_trading()
        self.liquidity.check_redeem(account, shares, self.now)
        plan = self.pool.plan_sell(found, self.liquidity.worth(shares))
        if plan.out < min_out:
            raise LimitReached(
                "min-out", f"{plan.out} {token} is below {min_out}, the least asked for",
                plan.out, min_out,
            )  # fmt: skip
        self.liquidity.redeem(account, found, plan, shares, receiver)
        self._note_exit(found, plan)
        self._flow(account, -plan.debt, -shares)
        return plan.out

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Redeem GLP for all tokens of the pool, as they are free; the time (ms) of its price.

        The proceeds wait for :meth:`claim`.
        """
        self._named_vault(vault)
        check_range("shares", shares, 1, int(MAX_DOLLARS), "1e-6 GLP")
        self._check_trading()
        self.liquidity.check_redeem(account, shares, self.now)
        worth: i64 = self.liquidity.worth(shares)
        parts = parts_of(self.pool, shares)
        plans: list[Exchange | None] = []
        for token in self.pool.tokens:
            part: i64 = parts[token.place]
            plan: Exchange | None = None
            if part > 0:
                plan = self.pool.plan_sell(token, mul_div(worth, part, shares))
            plans.append(plan)
        for token in self.pool.tokens:
            place: i64 = token.place
            chosen = plans[place]
            if chosen is not None:
                pot = self.liquidity.claims[place]
                self.liquidity.redeem(account, token, chosen, parts[place], pot)
                self._note_exit(token, chosen)
                self.liquidity.owe(account, place, chosen.out)
        self._flow(-1, -worth, -shares)
        return int(self.now)

    def claim(self, vault: str, account: int) -> int:
        """Collect redemptions and fees, each in its token; the dollars (1e-6) among them."""
        self._named_vault(vault)
        paid = self.liquidity.collect(self.accounts[account])
        return paid[self._cash] if self._cash >= 0 else 0

    def _note_exit(self, token: PoolToken, plan: Exchange) -> None:
        """Count a redemption's fee: those who hold GLP pay it before they get their part of it."""
        if plan.fee > 0:
            self.book.left += token.dollars_low(plan.fee)

    def _flow(self, account: i64, assets: i64, shares: i64) -> None:
        if self.journal.listening:
            self.journal.events.append(
                VaultFlow(self.now, self.name, VAULT, account, assets, shares)
            )

    # trading at once

    def swap(
        self, account: int, token_in: str, token_out: str, amount: int, min_out: int = 0
    ) -> int:
        """Swap ``amount`` of one token of the pool for another; the tokens received."""
        self._check_account(account)
        check_range("amount", amount, 1, int(MAX_DOLLARS), "token units")
        check_range("min-out", min_out, 0, int(MAX_DOLLARS), "token units")
        brings, wants = self.pool.named(token_in), self.pool.named(token_out)
        self._check_trading()
        purse = self.accounts[account].purse(int(brings.token))
        self._check_funds(purse, amount)
        plan = self.pool.plan_swap(brings, wants, amount, min_out)
        receiver = self.accounts[account].purse(int(wants.token))
        self.pool.swap(brings, wants, plan, purse, receiver)
        return int(plan.out)

    def liquidate(self, caller: int, account: int, collateral: str, is_long: bool) -> None:
        """Liquidate a position for ``caller``, who gets the liquidation fee.

        Raises :class:`Closed` (``not-liquidatable``).
        """
        self._check_account(caller)
        backing = self.pool.named(collateral)
        holding = self.book.holding_of(account, backing.place, is_long)
        if holding is None:
            raise Unknown("unknown-position", f"account {account} has no such position")
        self._check_trading()
        self._hand_on()
        self.care.liquidate(holding, self.accounts[caller])

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """There are no auctions here; raises :class:`Unknown`."""
        raise Unknown("unknown-auction", f"auction {auction} is not open", auction, 0)

    # time

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        self.oracle.check(reports, now)

    def _hand_on(self) -> None:
        """Give the rooms what the venue has given the market."""
        self.care.journal = self.journal
        self.care.accounts = self.accounts
        self.desk.journal = self.journal
        self.desk.accounts = self.accounts

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """Reports, borrowing, fees, liquidations, then requests in their order."""
        self.now = now
        self.book.now = now
        self._hand_on()
        self._take_reports(reports)
        self.pool.refresh(now)
        self.pool.accrue(now)
        if self._owns_pool():
            self._distribute()
        if self.book.index.feed.low == 0:
            return
        self._watch_breakers()
        if self._halted or self._is_stale():
            return
        self.care.sweep()
        budget = self.care.work(budget, self.accounts[KEEPER_ACCOUNT])
        self._serve_line(budget)

    def _take_reports(self, reports: list[Report]) -> None:
        oracle = self.oracle
        oracle.take(reports, self.now)
        if self.journal.listening:
            for source in oracle.rejected:
                self.journal.events.append(ReportRejected(self.now, self.name, source))
        if oracle.price > 0 and oracle.confirmed:
            self.book.index.feed.round(oracle.low, oracle.price, oracle.high, oracle.time, self.now)

    def _watch_breakers(self) -> None:
        guards = self.book.guards
        tripped: bool = guards.observe_price(self.mark(), self.now)
        per_hour: i64 = self.borrowing_rate(True) * _RATE_UNIT * HOUR
        interval: i64 = self.pool.params.funding_interval
        tripped = guards.observe_funding(per_hour // interval) or tripped
        self._halted = guards.is_halted(self.now)
        if tripped and self.journal.listening:
            price = guards.price_breaker
            if price is not None and price.is_halted(self.now):
                self.journal.events.append(
                    Halted(self.now, self.name, "price-breaker", price.halted_until)
                )
            funding = guards.funding_breaker
            if funding is not None and funding.is_halted(self.now):
                self.journal.events.append(Halted(self.now, self.name, "funding-breaker", 0))

    def _distribute(self) -> None:
        total, paid = self.liquidity.distribute(self.accounts[TREASURY_ACCOUNT], self.now)
        if total > 0 and self.journal.listening:
            record = Settled(self.now, self.name)
            record.income = total
            record.to_treasury = paid
            part: i64 = self.pool.params.lp_fees
            record.utilisation = smaller(self.book.borrowed, total)
            record.carry = mul_div(record.utilisation, part, 100)
            record.fees = mul_div(total, part, 100) - record.carry - self.book.left
            self.book.borrowed = 0
            self.book.left = 0
            self.journal.events.append(record)

    # views

    def held_in_kind(self) -> int:
        """Index tokens (1e-8) in the pool and among what waits for those who hold GLP."""
        token = self.book.index
        place: i64 = token.place
        waiting: i64 = self.liquidity.rewards[place].amount + self.liquidity.claims[place].amount
        return int(token.pool.amount + waiting)

    def mark(self) -> int:
        """The middle of the two prices (1e-10), 0 before the first."""
        feed = self.book.index.feed
        return int((feed.low + feed.high) // 2)

    def prices(self, token: str) -> tuple[int, int]:
        """Lower and higher price (1e-10) of a token of the pool."""
        feed = self.pool.named(token).feed
        return int(feed.low), int(feed.high)

    def token(self, name: str) -> TokenView:
        """A token of the pool."""
        found = self.pool.named(name)
        return TokenView(found, self.pool.average_of(found))

    def aum(self, maximise: bool) -> int:
        """Assets under management (1e-6), at the higher or the lower prices."""
        return int(self.pool.aum(maximise))

    def glp_price(self, maximise: bool) -> int:
        """Dollars per GLP (1e-10); raises :class:`Closed` (``no-glp``) while there is none."""
        if self.liquidity.supply == 0:
            raise Closed("no-glp", "no GLP has been minted yet")
        return int(mul_div(self.pool.aum(maximise), PRICE, self.liquidity.supply))

    def glp(self, account: int) -> int:
        """GLP (1e-6) that an account holds."""
        return int(self.liquidity.balance(account))

    def borrowing_rate(self, is_long: bool) -> int:
        """What the next interval costs a side at the utilisation of now (1e-6)."""
        pool = self.pool
        token = self.book.index if is_long else pool.tokens[self._cash_place()]
        factor: i64 = pool.params.stable_factor if token.stable else pool.params.funding_factor
        return int(0 if token.pool.amount == 0 else mul_div(
            token.reserved, factor, token.pool.amount
        ))  # fmt: skip

    def short_check(self) -> int:
        """What AUM counts of the shorts' result beyond what their positions show (1e-6)."""
        return int(shorts_gap(self.liquidity, self.book.index))

    def quote(self, size: int) -> Quote:
        """What an order of ``size`` that opens would meet now."""
        self._check_fields(size, 0, "market", 0, 0)
        if self.book.index.feed.low == 0:
            raise Closed("no-price", f"{self.name} has no price yet")
        return quote_of(self.book, size, self._cash_place())

    def depth(self) -> list[DepthLevel]:
        """What reserves and caps let in, the same at every distance."""
        return [] if self.book.index.feed.low == 0 else depth_levels(self.book, self._cash)

    def position(self, account: int) -> PositionView | None:
        """The account's largest position here, or None."""
        found = self.largest(account)
        return None if found is None else view_of(self.book, self.care, found)

    def positions_of(self, account: int) -> list[PositionView]:
        """Every position of the account here: its long, then its shorts."""
        return [view_of(self.book, self.care, held) for held in self.holdings(account)]

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending."""
        held: list[int] = []
        for number in sorted(self.book.positions):
            account = int(self.book.positions[number].account)
            if not held or held[-1] != account:
                held.append(account)
        return held

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token), at the average prices."""
        return int(self.book.long_tokens), int(self.book.short_tokens)

    def vaults(self) -> list[str]:
        """The pool alone."""
        return [VAULT]

    def vault(self, name: str) -> VaultView:
        """State of GLP."""
        self._named_vault(name)
        return vault_view(self.liquidity)

    def loss_order(self) -> list[LossStep]:
        """Collateral, then the pool."""
        return loss_steps(self.liquidity, self.book)

    def pots(self) -> list[Pot]:
        """Every pot of the market; those of the pool with the market that listed it."""
        pots: list[Pot] = self.room.pots()
        if self._owns_pool():
            pots.extend(self.pool.pots())
            pots.extend(self.liquidity.pots())
        return pots

    def audit(self) -> None:
        """Re-add the pool's books where this market listed it."""
        if self._owns_pool():
            self.liquidity.audit()

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        numbers: list[int] = [self.now, int(self._halted)]
        numbers.extend(self.oracle.state())
        numbers.extend(self.book.state())
        numbers.extend(self.care.state())
        numbers.extend(self.room.state())
        if self._owns_pool():
            numbers.extend(self.pool.state())
            numbers.extend(self.liquidity.state())
        return numbers
