"""What traders ask of the virtual AMM: orders, those that wait, and margin.

Orders fill at once against the curve; only orders with a trigger wait.
"""

from mypy_extensions import i16, i64

from seawall.engine.designs.vamm.desk import Desk, check_acceptable
from seawall.engine.designs.vamm.fund import Fund
from seawall.engine.designs.vamm.history import Steps
from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.liquidation import Care
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pool import Deal
from seawall.engine.designs.vamm.refusals import check_open, slippage, wallet_short
from seawall.engine.designs.vamm.settlement import Settlement
from seawall.engine.designs.vamm.steer import Steering
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import BadOrder, Closed, NotEnough, Refusal, Unknown
from seawall.engine.events import (
    Cancelled,
    Filled,
)
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_SIZE,
    RATE,
    check_range,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.oracle import Oracle
from seawall.engine.orders import LIMIT_ORDER, ORDER_KINDS, Order, WaitingRoom
from seawall.engine.venue import Market

RETRY = (
    "acceptable-price", "fluctuation-band", "trade-limit", "interest-cap", "restricted",
    "adaptive-open-interest-cap",
)  # fmt: skip
"""Reasons for which a limit order keeps waiting instead of being cancelled."""


class Trading(Market):
    """The counter of one market: its rooms, and the commands of those who hold positions."""

    def __init__(
        self, name: str, params: Params | None = None, facts: MarketFacts | None = None
    ) -> None:
        super().__init__(name, "vamm")
        chosen: Params = Params() if params is None else params
        self.params = chosen
        self.oracle = Oracle(chosen.oracle)
        self.house = House(name, chosen)
        if facts is not None:
            self.house.facts = facts
        self.desk = Desk(self.house)
        self.care = Care(self.house)
        self.steering = Steering(self.house)
        self.settlement = Settlement(self.house)
        self.fund = Fund(self.house)
        self.waiting = WaitingRoom()
        self.index = Steps(chosen.index_twap)
        self.now: i64 = 0
        self._halted: bool = False

    # orders

    def place(
        self,
        number: int,
        account: int,
        size: int,
        margin: int,
        kind: str,
        trigger: int,
        acceptable: int,
        reduce_only: bool,
        partial: bool,
    ) -> None:
        """Fill an order, or let one with a trigger wait; refusals: ``docs/vamm.md``."""
        self._check_fields(size, margin, kind, trigger, acceptable)
        self._check_trading()
        if reduce_only and margin > 0:
            raise BadOrder(
                "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
            )
        wallet = self.accounts[account]
        if margin > wallet.amount:
            raise wallet_short(wallet.amount, margin)
        if kind == "market":
            self._fill(number, account, size, margin, acceptable, reduce_only, partial)
            return
        code: i16 = i16(ORDER_KINDS[kind])
        limit: int = trigger if code == LIMIT_ORDER and acceptable == 0 else acceptable
        order = Order(number, account, code, size, trigger, limit, reduce_only, partial, self.now)
        mark: i64 = self.house.pool.mark()
        reached: bool = mark >= trigger if order.fires_on_rise() else mark <= trigger
        if code == LIMIT_ORDER and reached:
            try:
                self._fill(number, account, size, margin, limit, reduce_only, partial)
                return
            except Refusal as refusal:
                if refusal.code not in RETRY:
                    raise
        wallet.pay(order, margin)
        self.waiting.add(order)

    def _check_fields(
        self, size: int, margin: int, kind: str, trigger: int, acceptable: int
    ) -> None:
        if size == 0:
            raise BadOrder("size-zero", "size 0 is no order: above zero buys, below zero sells")
        check_range("size", size, -int(MAX_SIZE), int(MAX_SIZE), "1e-8 token")
        check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if kind == "market":
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
                )
        elif kind not in ORDER_KINDS:
            raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(ORDER_KINDS)}")
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")

    def _check_trading(self) -> None:
        if self.settlement.is_shut:
            raise Closed("shutdown", f"{self.name} is shut down: positions are settled")
        self.house.guards.check_halt(self.now)
        check_open(self.house.pool.mark(), self.name)

    def _check_account(self, account: int) -> None:
        if not 0 <= account < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {account} does not exist; there are {len(self.accounts)}",
                account,
                len(self.accounts),
            )

    def _fill(
        self, number: i64, account: i64, size: i64, margin: i64, acceptable: i64,
        reduce_only: bool, partial: bool,
    ) -> None:  # fmt: skip
        """Fill an order from the wallet, whole or as far as it allows."""
        position = self.house.positions.get(int(account))
        deal = self.desk.by_size(account, position, size, margin, reduce_only, partial)
        check_acceptable(deal, acceptable)
        self._commit(deal, position, number)

    def _commit(self, deal: Deal, position: Holding | None, number: i64) -> None:
        house = self.house
        mark: i64 = house.pool.mark()
        house.commit(deal, position)
        if self.journal.listening:
            self.journal.events.append(
                Filled(
                    self.now, self.name, deal.account, number, deal.traded, mark,
                    deal.toll + deal.spread, 0, slippage(deal.traded, deal.exchanged, mark),
                    deal.realised, deal.accrued, 0, 0,
                )
            )  # fmt: skip

    def open_position(
        self, account: int, is_long: bool, amount: int, leverage: int, base_limit: int = 0
    ) -> None:
        """Trade ``amount`` dollars (1e-6) at ``leverage`` (1e-12), as the protocol takes orders.

        ``base_limit`` (1e-8, 0: any): the least base a long takes, the most a short gives.
        """
        check_range("amount", amount, 1, int(MAX_DOLLARS) // 1_000, "1e-6 dollar")
        check_range("leverage", leverage, 1, 1_000 * int(RATE), "1e-12")
        check_range("base-limit", base_limit, 0, int(MAX_SIZE), "1e-8 token")
        self._check_account(account)
        self._check_trading()
        position = self.house.positions.get(account)
        deal = self.desk.by_quote(account, position, is_long, amount, leverage, base_limit)
        self._commit(deal, position, 0)

    def close_position(self, account: int, quote_limit: int = 0) -> None:
        """Close the position, or a part of it where all of it would leave the band.

        ``quote_limit`` (1e-6, 0: any): the least a long takes, the most a short gives.
        """
        check_range("quote-limit", quote_limit, 0, int(MAX_DOLLARS), "1e-6 dollar")
        position = self._position(account)
        self._check_trading()
        self.desk.check_restriction(position)
        deal = self.house.begin(account, position)
        self.desk.close(deal, position, quote_limit)
        self.house.finish(deal, position)
        self._commit(deal, position, 0)

    def cancel(self, account: int, order: int) -> None:
        """Take a waiting order back, with its margin."""
        found = self.waiting.orders.get(order)
        if found is None or found.account != account:
            raise Unknown(
                "unknown-order", f"account {account} has no waiting order {order}", order, 0
            )
        self._drop_order(found, "cancelled")

    def _drop_order(self, order: Order, reason: str) -> None:
        self.waiting.remove(order)
        order.pay(self.accounts[order.account], order.amount)
        if self.journal.listening:
            self.journal.events.append(
                Cancelled(self.now, self.name, order.account, order.number, reason)
            )

    def _serve_line(self, budget: i64) -> i64:
        """Fill the orders whose trigger the mark has reached; the budget left."""
        self.waiting.release(self.house.pool.mark(), self.now)
        again: list[Order] = []
        while budget > 0:
            order = self.waiting.next_in_line(self.now)
            if order is None:
                break
            margin: i64 = order.amount
            wallet = self.accounts[order.account]
            order.pay(wallet, margin)
            try:
                self._fill(
                    order.number, order.account, order.size, margin, order.acceptable,
                    order.reduce_only, order.partial,
                )  # fmt: skip
                self.waiting.remove(order)
                budget -= 1
            except Refusal as refusal:
                wallet.pay(order, margin)
                if order.kind == LIMIT_ORDER and refusal.code in RETRY:
                    again.append(order)
                else:
                    self._drop_order(order, refusal.code)
                    budget -= 1
        for order in again:
            self.waiting.put_back(order)
        self.waiting.tidy()
        return budget

    # margin

    def _position(self, account: int) -> Holding:
        position = self.house.positions.get(account)
        if position is None:
            raise Unknown("unknown-position", f"account {account} has no position in {self.name}")
        return position

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars from the wallet into the position; funding is not settled by it."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        if self.settlement.is_shut:
            raise Closed("shutdown", f"{self.name} is shut down: positions are settled")
        if amount > wallet.amount:
            raise wallet_short(wallet.amount, amount)
        house = self.house
        house.lookout.drop(position)
        wallet.pay(position, amount)
        house.margins += amount
        house.watch(position)

    def remove_margin(self, account: int, amount: int) -> None:
        """Settle funding and move dollars into the wallet, down to no free collateral."""
        position = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_trading()
        house = self.house
        owed: i64 = house.owed(position.size, position.index)
        free: i64 = house.free_collateral(position, amount)
        if position.amount - amount - owed < 0 or free < 0:
            raise NotEnough(
                "free-collateral",
                f"taking {amount} would leave free collateral of {free} (1e-6 dollar)",
                amount,
                int(free) + amount,
            )
        house.check_payable(amount)
        house.lookout.drop(position)
        house.prepay(amount)
        if owed > 0:
            position.pay(house.clearing, owed)
        else:
            house.clearing.pay(position, -owed)
        position.index = house.funding.index_of(position.size > 0)
        position.pay(self.accounts[account], amount)
        house.margins -= owed + amount
        house.watch(position)
