"""Requests to put liquidity in, take it out or shift it, carried out in a second step.

A request holds what it brings: tokens in pots, GM in escrow. The keeper executes it at a price
reported after it was made, in the order of the requests; one that is older than the expiry, or
that a market refuses, is cancelled with the reason and everything goes back. Its owner may cancel
it once the delay is over. Tokens may go through a path of markets before a deposit and after a
withdrawal. Source: gmx-io/gmx-synthetics, contracts/deposit, contracts/withdrawal, contracts/shift
and contracts/exchange/*Handler.sol.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.liquidity import (
    LOCKED,
    DepositPlan,
    WithdrawalPlan,
    plan_deposit,
    plan_shift,
    plan_withdrawal,
)
from seawall.engine.designs.gm.routes import Hop, Route, check_path
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices
from seawall.engine.errors import BadOrder, Closed, NotEnough, Refusal, Unknown
from seawall.engine.events import Cancelled, VaultFlow
from seawall.engine.fixed import MAX_DOLLARS, check_range
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT, Account

DEPOSIT: Final[i16] = 0
WITHDRAWAL: Final[i16] = 1
SHIFT: Final[i16] = 2


class Request:
    """A waiting request of an account.

    ``long`` and ``short`` are pots with what a deposit brings for either leg, in the token that
    its path begins with. ``shares`` (1e-6 GM) stand in escrow. ``least`` is the GM that a deposit
    or shift must mint; ``least_long`` and ``least_short`` what must come out of a withdrawal.
    """

    def __init__(self, number: i64, account: i64, kind: i16, long: int, short: int) -> None:
        self.number: i64 = number
        self.account: i64 = account
        self.kind: i16 = kind
        self.long: Pot = Pot(i64(long))
        self.short: Pot = Pot(i64(short))
        self.long_path: list[Desk] = []
        self.short_path: list[Desk] = []
        self.shares: i64 = 0
        self.least: i64 = 0
        self.least_long: i64 = 0
        self.least_short: i64 = 0
        self.locked: bool = False
        self.target: Desk | None = None
        self.placed_at: i64 = 0

    def state(self) -> list[int]:
        """Every number, in a fixed order, for a digest."""
        return [
            self.number, self.account, self.kind, self.long.token, self.long.amount,
            self.short.token, self.short.amount, len(self.long_path), len(self.short_path),
            self.shares, self.least, self.least_long, self.least_short, int(self.locked),
            self.placed_at,
        ]  # fmt: skip


class Requests:
    """The requests of one market, by number, oldest first."""

    def __init__(self, desk: Desk) -> None:
        self.desk: Desk = desk
        self.waiting: dict[int, Request] = {}

    # making them

    def create_deposit(
        self,
        number: int,
        account: int,
        long: int,
        short: int,
        least: int = 0,
        long_path: list[Desk] | None = None,
        short_path: list[Desk] | None = None,
        long_token: int = -1,
        short_token: int = -1,
        locked: bool = False,
    ) -> None:
        """Ask to deposit ``long`` and ``short`` units, taken from the account's purses now.

        ``long_token`` and ``short_token`` are what the paths begin with, the pool's own tokens
        where they are left out. Raises :class:`OutOfRange`, :class:`NotEnough`
        (``wallet-too-small``), :class:`BadOrder` (``empty-deposit``, ``path-ends-elsewhere`` and
        those of a path).
        """
        desk = self.desk
        check_range("long", long, 0, MAX_DOLLARS, "the token's unit")
        check_range("short", short, 0, MAX_DOLLARS, "the token's unit")
        check_range("least", least, 0, MAX_DOLLARS, "1e-6 GM")
        if long == 0 and short == 0:
            raise BadOrder("empty-deposit", "a deposit brings long or short tokens")
        first: int = desk.pool.long.number if long_token < 0 else long_token
        second: int = desk.pool.short.number if short_token < 0 else short_token
        request: Request = Request(number, account, DEPOSIT, first, second)
        request.long_path = [] if long_path is None else long_path
        request.short_path = [] if short_path is None else short_path
        self._check_end(request.long_path, first, desk.pool.long.number)
        self._check_end(request.short_path, second, desk.pool.short.number)
        owner: Account = desk.accounts[account]
        needed: int = long + short if first == second else short
        self._check_purse(owner.purse(first), long)
        self._check_purse(owner.purse(second), needed)
        owner.purse(first).pay(request.long, long)
        owner.purse(second).pay(request.short, short)
        request.least = least
        request.locked = locked
        self._add(request)

    def create_withdrawal(
        self,
        number: int,
        account: int,
        shares: int,
        least_long: int = 0,
        least_short: int = 0,
        long_path: list[Desk] | None = None,
        short_path: list[Desk] | None = None,
    ) -> None:
        """Ask to leave with ``shares`` (1e-6 GM), which go into escrow now.

        Raises :class:`OutOfRange`, :class:`NotEnough` (``short-balance``) and :class:`BadOrder`
        for a path.
        """
        desk = self.desk
        check_range("shares", shares, 1, MAX_DOLLARS, "1e-6 GM")
        check_range("least", least_long, 0, MAX_DOLLARS, "the token's unit")
        check_range("least", least_short, 0, MAX_DOLLARS, "the token's unit")
        pool = desk.pool
        request: Request = Request(number, account, WITHDRAWAL, pool.long.number, pool.short.number)
        request.long_path = [] if long_path is None else long_path
        request.short_path = [] if short_path is None else short_path
        check_path(_hops(request.long_path), pool.long.number)
        check_path(_hops(request.short_path), pool.short.number)
        pool.shares.hold(account, shares)
        request.shares = shares
        request.least_long = least_long
        request.least_short = least_short
        self._add(request)

    def create_shift(
        self, number: int, account: int, shares: int, target: Desk, least: int = 0
    ) -> None:
        """Ask to move ``shares`` (1e-6 GM) into another market of the same tokens.

        Raises :class:`OutOfRange`, :class:`NotEnough` (``short-balance``).
        """
        check_range("shares", shares, 1, MAX_DOLLARS, "1e-6 GM")
        check_range("least", least, 0, MAX_DOLLARS, "1e-6 GM")
        pool = self.desk.pool
        request: Request = Request(number, account, SHIFT, pool.long.number, pool.short.number)
        pool.shares.hold(account, shares)
        request.shares = shares
        request.target = target
        request.least = least
        self._add(request)

    def _check_end(self, path: list[Desk], first: int, last: int) -> None:
        end: i64 = check_path(_hops(path), first)
        if end != last:
            raise BadOrder(
                "path-ends-elsewhere", f"the path ends with token {end}, not {last}", end, last
            )

    def _check_purse(self, purse: Pot, amount: int) -> None:
        if amount > purse.amount:
            raise NotEnough(
                "wallet-too-small",
                f"{amount} is above {purse.amount}, what the wallet holds (its unit)",
                amount,
                purse.amount,
            )

    def _add(self, request: Request) -> None:
        request.placed_at = self.desk.now
        self.waiting[request.number] = request

    # ending them

    def cancel(self, account: int, number: int) -> None:
        """Take a request back; everything it brought returns.

        Raises :class:`Unknown` (``unknown-request``), :class:`Closed` (``too-early``).
        """
        request = self.waiting.get(number)
        if request is None or request.account != account:
            raise Unknown("unknown-request", f"account {account} has no request {number}")
        desk = self.desk
        earliest: i64 = request.placed_at + desk.params.cancel_delay
        if desk.now < earliest:
            raise Closed(
                "too-early",
                f"request {number} can be cancelled from {earliest} on, not at {desk.now} (ms)",
                desk.now,
                earliest,
            )
        self._give_back(request)

    def _give_back(self, request: Request) -> None:
        del self.waiting[request.number]
        owner: Account = self.desk.accounts[request.account]
        request.long.pay(owner.purse(int(request.long.token)), request.long.amount)
        request.short.pay(owner.purse(int(request.short.token)), request.short.amount)
        if request.shares > 0:
            self.desk.pool.shares.release(request.account, request.shares)

    def execute(self, budget: i64) -> i64:
        """Carry out what a price reported since allows; the budget that is left.

        A request that the market refuses is cancelled with the reason, and counts as an action.
        """
        desk = self.desk
        for number in list(self.waiting):
            if budget <= 0:
                break
            request = self.waiting[number]
            if desk.price_time <= request.placed_at:
                break
            budget -= 1
            reason: str = self._try(request)
            if reason:
                self._give_back(request)
                if desk.journal.listening:
                    desk.journal.events.append(
                        Cancelled(desk.now, desk.name, request.account, request.number, reason)
                    )
        return budget

    def _try(self, request: Request) -> str:
        desk = self.desk
        if desk.price_time > request.placed_at + desk.params.request_expiry:
            return "request-expired"
        try:
            if request.kind == DEPOSIT:
                self._deposit(request)
            elif request.kind == WITHDRAWAL:
                self._withdraw(request)
            else:
                self._shift(request)
        except Refusal as refusal:
            return refusal.code
        del self.waiting[request.number]
        return ""

    def _deposit(self, request: Request) -> None:
        desk = self.desk
        treasury: Account = desk.accounts[TREASURY_ACCOUNT]
        long: Route = Route(_hops(request.long_path), treasury)
        short: Route = Route(_hops(request.short_path), treasury)
        long.run(request.long, request.long.amount)
        try:
            short.run(request.short, request.short.amount)
        except Refusal:
            long.undo(request.long)
            raise
        try:
            plan: DepositPlan = plan_deposit(
                desk.pool,
                desk.prices,
                long.held.amount,
                short.held.amount,
                request.least,
                0,
                request.locked,
            )
        except Refusal:
            short.undo(request.short)
            long.undo(request.long)
            raise
        holder: i64 = LOCKED if request.locked else request.account
        paid: i64 = _worth(desk, long.held.amount, short.held.amount)
        plan.commit(long.held, short.held, holder, treasury, None)
        self._tell(request.account, paid, plan.minted)

    def _withdraw(self, request: Request) -> None:
        desk = self.desk
        treasury: Account = desk.accounts[TREASURY_ACCOUNT]
        shares = desk.pool.shares
        plan: WithdrawalPlan = plan_withdrawal(desk.pool, desk.prices, request.shares)
        shares.release(request.account, request.shares)
        plan.commit(request.long, request.short, request.account, treasury, None)
        worth: i64 = _worth(desk, request.long.amount, request.short.amount)
        long: Route = Route(_hops(request.long_path), treasury)
        short: Route = Route(_hops(request.short_path), treasury)
        try:
            long.run(request.long, request.long.amount, request.least_long)
            try:
                short.run(request.short, request.short.amount, request.least_short)
            except Refusal:
                long.undo(request.long)
                raise
        except Refusal:
            plan.revert(request.long, request.short, request.account, treasury, None)
            shares.hold(request.account, request.shares)
            raise
        owner: Account = desk.accounts[request.account]
        long.hand_over(owner.purse(int(long.held.token)))
        short.hand_over(owner.purse(int(short.held.token)))
        self._tell(request.account, -worth, request.shares)

    def _shift(self, request: Request) -> None:
        desk = self.desk
        target = request.target
        if target is None or not target.is_open:
            raise Closed("no-price", "the market shifted into has no price yet")
        plan = plan_shift(
            desk.pool, desk.prices, target.pool, target.prices, request.shares, request.least
        )
        worth: i64 = _worth(desk, plan.exit.long.out, plan.exit.short.out)
        desk.pool.shares.release(request.account, request.shares)
        plan.commit(request.account, desk.accounts[TREASURY_ACCOUNT])
        self._tell(request.account, -worth, request.shares)

    def _tell(self, account: i64, assets: i64, shares: i64) -> None:
        desk = self.desk
        if desk.journal.listening:
            desk.journal.events.append(
                VaultFlow(desk.now, desk.name, "gm", account, assets, shares)
            )

    # books

    def pots(self) -> list[Pot]:
        """The pots of every waiting request."""
        pots: list[Pot] = []
        for request in self.waiting.values():
            pots += [request.long, request.short]
        return pots

    def held_for(self, account: int, token: int) -> i64:
        """What requests of an account hold of a token."""
        held: i64 = 0
        for request in self.waiting.values():
            if request.account == account:
                for pot in (request.long, request.short):
                    if pot.token == token:
                        held += pot.amount
        return held

    def state(self) -> list[int]:
        """Every number of every request, in their order, for a digest."""
        numbers: list[int] = [len(self.waiting)]
        for request in self.waiting.values():
            numbers += request.state()
        return numbers


def _hops(path: list[Desk]) -> list[Hop]:
    return [Hop(desk.pool, desk.prices) for desk in path]


def _worth(desk: Desk, long: i64, short: i64) -> i64:
    prices: Prices = desk.prices
    pool = desk.pool
    return pool.long.usd(long, prices.token(LONG, False)) + pool.short.usd(
        short, prices.token(SHORT, False)
    )
