"""Accounts and commands of the model: the same names as the engine's, carried out or refused."""

from fractions import Fraction
from math import ceil, floor

from . import ladder, minutes, orders
from .market import Market
from .money import (
    MINUTE,
    MOST_DOLLARS,
    MOST_NUMBER,
    MOST_PRICE,
    MOST_SIZE,
    MOST_TIME,
    WORTH,
    Books,
    in_bounds,
    refuse,
    value_down,
    value_up,
)

KINDS = ("market", "limit", "stop", "take-profit")
LONGEST_STEP = 400 * 24 * 60 * MINUTE


class Venue:
    def __init__(self) -> None:
        self.books = Books()
        self.accounts = 2
        self.markets: dict[str, Market] = {}
        self.now = 0
        self.next_order = 1
        self.events: list[tuple] = []

    def list_market(self, name: str, params, facts) -> None:
        def log(kind: str, *numbers) -> None:
            self.events.append((kind, name, *numbers))

        self.markets[name] = Market(name, params, facts, self.books, log)

    def wallet(self, account: int) -> int:
        return self.books[("wallet", account)]

    def check_account(self, account: int) -> None:
        if not 0 <= account < self.accounts:
            refuse("unknown-account")

    def market(self, account: int, name: str) -> Market:
        self.check_account(account)
        if name not in self.markets:
            refuse("unknown-market")
        return self.markets[name]

    # accounts

    def open_account(self) -> int:
        self.accounts += 1
        return self.accounts - 1

    def deposit(self, account: int, amount: int) -> None:
        self.check_account(account)
        in_bounds("deposit", amount, 1, MOST_DOLLARS)
        in_bounds("deposit", amount, 1, MOST_DOLLARS - self.books.came_in + self.books.went_out)
        self.books.bring(("wallet", account), amount)

    def withdraw(self, account: int, amount: int) -> None:
        self.check_account(account)
        in_bounds("withdrawal", amount, 1, MOST_DOLLARS)
        self.check_wallet(account, amount)
        self.books.take(("wallet", account), amount)

    def check_wallet(self, account: int, amount: int) -> None:
        if amount > self.wallet(account):
            refuse("wallet-too-small")

    # orders

    def place(
        self, name, account, size, margin=0, *, kind="market", trigger=0, acceptable=0,
        reduce_only=False, partial=False,
    ) -> int:  # fmt: skip
        market = self.market(account, name)
        self.check_fields(size, margin, kind, trigger, acceptable)
        self.check_halt(market)
        if market.mark == 0:
            refuse("no-price")
        position = market.positions.get(account)
        held = position.size if position else 0
        if position and position.auction:
            refuse("in-auction")
        opposite = held * size < 0
        if reduce_only and not opposite:
            refuse("nothing-to-reduce")
        if reduce_only and margin > 0:
            refuse("margin-on-reduce")
        if not reduce_only and not (opposite and abs(size) <= abs(held)):
            self.check_opening(market, size, kind, partial)
        self.check_wallet(account, margin)
        number = self.next_order
        self.next_order += 1
        order = orders.Order(
            number, account, size, kind, trigger, acceptable, reduce_only, partial, market.now
        )
        market.pay(("wallet", account), market.pot("order", number), margin)
        market.waiting[number] = order
        if kind == "market":
            market.line.append(order)
        return number

    def check_fields(self, size, margin, kind, trigger, acceptable) -> None:
        if size == 0:
            refuse("size-zero")
        in_bounds("size", size, -MOST_SIZE, MOST_SIZE)
        in_bounds("margin", margin, 0, MOST_DOLLARS)
        in_bounds("acceptable", acceptable, 0, MOST_PRICE)
        if kind not in KINDS:
            refuse("unknown-kind")
        if kind != "market":
            in_bounds("trigger", trigger, 1, MOST_PRICE)
        elif trigger != 0:
            refuse("trigger-on-market")

    def check_halt(self, market: Market) -> None:
        breaker = market.guards.halted_by(market.now)
        if breaker:
            refuse(breaker)

    def check_opening(self, market: Market, size: int, kind: str, partial: bool) -> None:
        if market.oracle.is_stale(market.now):
            refuse("stale-price")
        if market.oracle.is_uncertain():
            refuse("uncertain-price")
        worth = value_up(abs(size), market.mark)
        if worth >= MOST_NUMBER:
            refuse("size-too-large")
        if worth < market.params.smallest_position:
            refuse("order-too-small")
        if kind == "market" and not partial and market.bill(size).beyond:
            refuse("beyond-depth")

    def cancel(self, name, account, order) -> None:
        market = self.market(account, name)
        found = market.waiting.get(order)
        if found is None or found.account != account:
            refuse("unknown-order")
        orders.cancel(market, found, "cancelled")

    def quote(self, name, size) -> tuple:
        """What an order would meet now, as the fields of the engine's quote; changes nothing."""
        market = self.market(0, name)
        self.check_fields(size, 0, "market", 0, 0)
        if market.mark == 0:
            refuse("no-price")
        bill = market.bill(size, market.curve_now())
        if bill.beyond:
            refuse("beyond-depth")
        charges = bill.fee + bill.spread + bill.impact
        if size > 0:
            all_in = ceil(Fraction((bill.value + charges) * WORTH, size))
        else:
            received = max(value_down(-size, bill.price) - charges, 0)
            all_in = floor(Fraction(received * WORTH, -size))
        return size, bill.price, bill.value, bill.fee, bill.spread, bill.impact, all_in

    # margin

    def position(self, market: Market, account: int):
        if account not in market.positions:
            refuse("unknown-position")
        return market.positions[account]

    def add_margin(self, name, account, amount) -> None:
        market = self.market(account, name)
        position = self.position(market, account)
        in_bounds("margin", amount, 1, MOST_DOLLARS)
        self.check_wallet(account, amount)
        market.pay(("wallet", account), market.margin_pot(position), amount)
        if position.auction and not market.liquidatable(position):
            ladder.end_auction(market, position.auction, "called-off")

    def remove_margin(self, name, account, amount) -> None:
        """LAY-POS-7."""
        market = self.market(account, name)
        position = self.position(market, account)
        in_bounds("margin", amount, 1, MOST_DOLLARS)
        self.check_trading(market)
        if position.auction:
            refuse("in-auction")
        needed = market.needed_to_open(market.worth(position))
        free = market.equity(position) - needed
        if amount > min(free, market.margin(position) - max(market.accrued(position), 0)):
            refuse("initial-margin")
        market.pay(market.margin_pot(position), ("wallet", account), amount)

    def check_trading(self, market: Market) -> None:
        self.check_halt(market)
        if market.oracle.is_stale(market.now):
            refuse("stale-price")

    # vaults

    def vault(self, market: Market, name: str):
        if name not in market.vaults:
            refuse("unknown-vault")
        return market.vaults[name]

    def supply(self, name, vault, account, assets) -> int:
        market = self.market(account, name)
        book = self.vault(market, vault)
        if not market.vaults_priced():
            refuse("stale-price")
        in_bounds("assets", assets, 1, MOST_DOLLARS)
        self.check_wallet(account, assets)
        high = market.assets(vault, market.high_value())
        shares = book.enter(account, assets, high, market.entry_limit(vault))
        market.pay(("wallet", account), market.pot("cash"), assets)
        if vault == "senior":
            market.claim += assets
        market.vaults_changed()
        market.log("VaultFlow", vault, account, assets, shares)
        return shares

    def request_redeem(self, name, vault, account, shares) -> int:
        market = self.market(account, name)
        book = self.vault(market, vault)
        low = market.assets(vault, market.low_value())
        return book.ask(account, shares, low, market.exit_limit(vault), market.now)

    def claim(self, name, vault, account) -> int:
        market = self.market(account, name)
        assets = self.vault(market, vault).collect(account)
        market.pay(market.pot(f"{vault}-claims"), ("wallet", account), assets)
        return assets

    def restart_vault(self, name, vault) -> None:
        market = self.market(0, name)
        book = self.vault(market, vault)
        book.restart(market.assets(vault, market.high_value()))
        if vault == "senior":
            market.claim = market.arrears = 0

    # auctions

    def bid(self, name, account, auction, size, margin) -> int:
        market = self.market(account, name)
        in_bounds("auction-size", size, 1, MOST_SIZE)
        in_bounds("margin", margin, 0, MOST_DOLLARS)
        self.check_trading(market)
        return ladder.bid(market, account, auction, size, margin)

    # time

    def advance(self, now, reports=None, budget=10**9) -> None:
        in_bounds("budget", budget, 0, 10**9)
        in_bounds("time", now, self.now, MOST_TIME)
        if self.now > 0 and now - self.now > LONGEST_STEP:
            refuse("step-too-long")
        reports = reports or {}
        for name in reports:
            self.market(0, name).oracle.check(reports[name], now)
        self.now = now
        for name, market in self.markets.items():
            minutes.advance(market, now, reports.get(name, []), budget)
