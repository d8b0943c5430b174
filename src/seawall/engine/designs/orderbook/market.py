"""The order-book market: time, operator and views on top of what people ask.

An advance takes reports, strikes the mark anew if the oracle has a new price, pays funding that is
due, liquidates, fires orders, and settles the minute.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.accounts import Accounts
from seawall.engine.designs.orderbook.delisting import delist
from seawall.engine.designs.orderbook.fund import HLP
from seawall.engine.designs.orderbook.funding import Funding
from seawall.engine.designs.orderbook.members import Holder
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.designs.orderbook.prices import PERP, HourMean, MarkMaker
from seawall.engine.designs.orderbook.refusals import check_open, no_position
from seawall.engine.designs.orderbook.views import (
    AccountView,
    account_view,
    depth_of,
    equity_in,
    fall_with,
    loss_steps,
    quote_of,
    vault_view,
    view_of,
)
from seawall.engine.errors import Closed, OutOfRange
from seawall.engine.events import Halted, ReportRejected, Settled
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MINUTE,
    PRICE,
    check_range,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.oracle import Oracle
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.venue import TREASURY_ACCOUNT
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView


class OrderbookMarket(Accounts):
    """One market: its book, its side of the clearing house, oracle, mark and funding.

    Beside the commands of every market: orders under their own names (:class:`Trading`), margin,
    leverage, transfers and vaults (:class:`Accounts`); :meth:`delist`, :meth:`set_capped`,
    :meth:`set_stake` and :meth:`refer` for the operator.
    """

    def __init__(
        self,
        name: str,
        params: Params | None = None,
        facts: MarketFacts | None = None,
        beside: Accounts | None = None,
    ) -> None:
        super().__init__(name, params, facts, beside)
        self.oracle = Oracle(self.params.oracle)
        self.perps = Oracle(self.params.perp_oracle)
        self.marks = MarkMaker(
            self.params.mark_tau, self.params.fallback_tau, self.params.first_sample
        )
        self.hour = HourMean(self.params.settlement_window)
        self.funding = Funding(self.desk)
        self.minute: i64 = 0

    # operator

    def set_capped(self, capped: bool) -> None:
        """Put the coin on the list of those at their open-interest cap, or take it off."""
        self.desk.interest.listed = capped

    def set_stake(self, account: int, tokens: int) -> None:
        """Say how many whole HYPE an account has staked, for its fees."""
        self._owner(account)
        check_range("stake", tokens, 0, 10**12, "whole tokens")
        customer = self.house.member(account).customer
        customer.stake = i64(tokens)
        customer.refresh()

    def refer(self, account: int) -> None:
        """Give an account the referral discount."""
        self._owner(account)
        self.house.member(account).customer.referred = True

    def delist(self, price: int = 0) -> int:
        """Settle every position at ``price`` (1e-10), 0: the oracle's mean of the last hour.

        The price. Orders are cancelled and no new ones taken.
        """
        check_range("price", price, 0, int(MAX_PRICE), "1e-10 dollar per token")
        check_open(self.desk.coin.mark, self.desk.settled, self.name)
        if price > 0:
            self._check_countable(price)
        at: i64 = self.hour.mean(self.desk.time) if price == 0 else i64(price)
        delist(self.desk, self.orders, self.care, at)
        return int(at)

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """Take a slice of an auction over; the transfer price."""
        return int(self.care.bid(self.desk.coin, account, auction, size, margin))

    # time

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        spot, perp = split_reports(reports)
        self.oracle.check(spot, now)
        self.perps.check(perp, now)
        for report in reports:
            self._check_countable(int(report.price))

    def _check_countable(self, price: int) -> None:
        """Refuse a price at which open interest could no longer be counted."""
        longs: int = self.desk.coin.longs
        most: int = MAX_DOLLARS
        if longs > 0 and longs * price // 1_000_000_000_000 > most:
            raise OutOfRange(
                "price-too-large",
                f"at {price} open interest would be worth more than {most} (1e-6 dollar)",
                price,
                most * 1_000_000_000_000 // longs,
            )

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """Reports, mark, funding, liquidations, waiting orders, the minute."""
        desk = self.desk
        desk.time = now
        desk.journal = self.journal
        desk.accounts = self.accounts
        if self.is_founder and self.hlp() is None:
            self.open_vault()
            self.funding.own = [account for _, account in self.own_accounts()]
        self._take_reports(reports)
        if desk.coin.mark > 0 and not desk.settled:
            self.funding.sample(now)
            self.funding.pay(now)
            self._watch_breakers()
            desk.interest.turn(desk.coin, now)
            self.care.support.refill()
            self.house.gather(desk.coin)
            budget = self.care.liquidate(budget)
            if not desk.guards.is_halted(now):
                self.orders.on_time(budget)
        self._settle_minute()

    def _take_reports(self, reports: list[Report]) -> None:
        spot, perp = split_reports(reports)
        before: i64 = self.oracle.time
        now: i64 = self.desk.time
        self.perps.take(perp, now)
        self.oracle.take(spot, now)
        if self.journal.listening:
            for source in self.oracle.rejected:
                self.journal.events.append(ReportRejected(now, self.name, source))
        if self.desk.settled or self.oracle.price == 0 or self.oracle.time == before:
            return
        coin = self.desk.coin
        if coin.oracle == 0:
            self._open_at(self.oracle.price)
        coin.oracle = self.oracle.price
        self.hour.push(coin.oracle, now)
        perps: i64 = 0 if self.perps.is_stale(now) else self.perps.price
        book = self.book
        coin.previous = coin.mark
        coin.mark = self.marks.mark(
            coin.oracle, book.best_bid(), book.best_ask(), book.last_trade, perps, now
        )

    def _open_at(self, price: i64) -> None:
        """Choose the lot with the first price: the largest that is worth at most a dollar."""
        decimals: i64 = self.params.size_decimals
        if decimals < 0:
            decimals = 0
            unit: i64 = PRICE
            while decimals < 6 and price > unit:
                decimals += 1
                unit *= 10
        self.orders.set_decimals(int(decimals))
        self.funding.begin(self.desk.time)

    def _watch_breakers(self) -> None:
        guards = self.desk.guards
        now: i64 = self.desk.time
        tripped: bool = guards.observe_price(self.desk.coin.oracle, now)
        tripped = guards.observe_funding(self.funding.rate()) or tripped
        if tripped and self.journal.listening:
            price = guards.price_breaker
            if price is not None and price.is_halted(now):
                self.journal.events.append(
                    Halted(now, self.name, "price-breaker", price.halted_until)
                )
            funding = guards.funding_breaker
            if funding is not None and funding.is_halted(now):
                self.journal.events.append(Halted(now, self.name, "funding-breaker", 0))

    def _settle_minute(self) -> None:
        """Fees to the treasury once a minute; vaults whenever they are due."""
        now: i64 = self.desk.time
        if self.is_founder:
            vault = self.hlp()
            if vault is not None and not self.desk.settled:
                vault.rebalance(now)
            self.settle_vaults()
        minute: i64 = now // MINUTE
        if minute == self.minute:
            return
        self.minute = minute
        report = Settled(now, self.name)
        report.funding_rate = self.funding.shown()
        if self.is_founder:
            report.to_treasury = self.house.sweep(self.accounts[TREASURY_ACCOUNT])
            report.income = report.to_treasury
        report.funding = self.funding.earned
        report.carry = self.funding.earned
        self.funding.earned = 0
        if self.journal.listening:
            self.journal.events.append(report)

    # views

    def mark(self) -> int:
        """The mark (1e-10)."""
        return int(self.desk.coin.mark)

    def index_price(self) -> int:
        """The oracle's price (1e-10), 0 before the first."""
        return int(self.desk.coin.oracle)

    def funding_rate(self) -> int:
        """What the running hour's samples come to so far, per payment (1e-12)."""
        return int(self.funding.rate())

    def quote(self, size: int) -> Quote:
        """What a market order of ``size`` would meet now."""
        self._check_fields(size, 0, "market", 0, 0)
        self.desk.check_open()
        return quote_of(self.desk, size)

    def depth(self) -> list[DepthLevel]:
        """Dollars that rest on both sides, from the mark outwards."""
        return [] if self.desk.coin.mark == 0 else depth_of(self.desk)

    def _standing(self, account: int) -> Holder | None:
        holder = self.desk.coin.holders.get(account)
        return None if holder is None or holder.holding.size == 0 else holder

    def position(self, account: int) -> PositionView | None:
        """The account's position, or None."""
        holder = self._standing(account)
        return None if holder is None else view_of(self.desk, holder)

    def equity(self, account: int) -> int:
        """What the position is worth: an isolated one with its margin, a cross one its result."""
        holder = self._standing(account)
        return 0 if holder is None else int(equity_in(self.desk, holder))

    def backstop_price(self, account: int) -> int:
        """The mark (1e-10) below which the vault takes the position over."""
        holder = self._standing(account)
        if holder is None:
            raise no_position(account, self.name)
        return int(fall_with(holder, self.params.backstop_at))

    def account(self, account: int) -> AccountView:
        """The account's cross balance and what it carries, all markets of the house together."""
        self._owner(account)
        return account_view(self.house.member(account), self.params.transfer_rate)

    def balance(self, account: int) -> int:
        """Dollars (1e-6) of the account that no position holds: cross cash, margin of orders."""
        member = self.house.members.get(account)
        held: i64 = 0
        if member is not None and self.is_founder:
            held = member.cash()
        for ticket in self.desk.tickets.values():
            if ticket.account == account:
                held += ticket.amount
        return int(held)

    def is_open(self) -> bool:
        """Whether there is a price, no halt and no settlement."""
        try:
            self.desk.check_open()
        except Closed:
            return False
        return True

    def own_accounts(self) -> list[tuple[str, int]]:
        """The vault's children by role; none before the first advance."""
        vault = self.hlp()
        if vault is None or not self.is_founder:
            return []
        return [
            ("making", int(vault.maker.account)),
            ("liquidator", int(vault.liquidator.account)),
        ]

    def rests_orders(self) -> bool:
        """Limit orders make this market."""
        return True

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending; the vault's own accounts are left out."""
        vault = self.hlp()
        own = [] if vault is None else [int(member.account) for member in vault.accounts()]
        return [
            account
            for account in sorted(self.desk.coin.holders)
            if self.desk.coin.holders[account].holding.size != 0 and account not in own
        ]

    def open_auctions(self) -> list[int]:
        """Numbers of the open auctions, ascending."""
        return self.care.open_auctions(self.desk.coin)

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token)."""
        return int(self.desk.coin.longs), int(self.desk.coin.shorts)

    def vaults(self) -> list[str]:
        """The protocol's vault; in a shared house that of its first market."""
        return [HLP] if self.is_founder else []

    def user_vaults(self) -> list[str]:
        """Names of the vaults that participants lead."""
        return [name for name in sorted(self.funds) if name != HLP]

    def vault(self, name: str) -> VaultView:
        """State of a vault."""
        if name == HLP and self.hlp() is None:
            empty = VaultView()
            empty.name = HLP
            return empty
        return vault_view(self._fund(name))

    def loss_order(self) -> list[LossStep]:
        """Margins, the liquidator, with shared collateral the whole vault, winners."""
        return loss_steps(self.desk, self.hlp())

    def pots(self) -> list[Pot]:
        """Every pot of the market; the house's with its first one."""
        pots = self.desk.pots()
        if self.is_founder:
            pots.extend(self.house.pots())
            for name in sorted(self.funds):
                pots.extend(self.funds[name].pots())
        return pots

    def audit(self) -> None:
        """Re-add the book, the house and the vaults."""
        self.orders.audit()
        if self.is_founder:
            self.house.audit()
            for fund in self.funds.values():
                fund.audit()

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        numbers: list[int] = [self.minute]
        numbers.extend(self.oracle.state())
        numbers.extend(self.perps.state())
        numbers.extend(self.marks.state())
        numbers.extend(self.hour.state())
        numbers.extend(self.funding.state())
        numbers.extend(self.desk.state())
        numbers.extend(self.orders.state())
        if self.is_founder:
            numbers.extend(self.house.state())
            numbers.extend(self.care.state())
            for name in sorted(self.funds):
                numbers.extend(self.funds[name].fund_state())
            vault = self.hlp()
            if vault is not None:
                numbers.append(vault.balanced_at)
        return numbers


def split_reports(reports: list[Report]) -> tuple[list[Report], list[Report]]:
    """Spot reports, and the perpetual mids under their exchange's bare name."""
    spot: list[Report] = []
    perp: list[Report] = []
    for report in reports:
        if report.source.startswith(PERP):
            name = report.source[len(PERP) :]
            perp.append(Report(name, report.price, report.time, report.confidence))
        else:
            spot.append(report)
    return spot, perp
