"""Requests as the protocol takes them: sizes in dollars, any token in, any token out.

Source: gmx-io/gmx-contracts, PositionRouter.sol, OrderBook.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.glp.pool import PoolToken
from seawall.engine.designs.glp.room import DECREASE, INCREASE, SWAP, Request
from seawall.engine.designs.glp.trading import MOST, Trading
from seawall.engine.errors import BadOrder
from seawall.engine.fixed import LIMIT, MAX_DOLLARS, MAX_PRICE, PRICE, check_range
from seawall.engine.orders import LIMIT_ORDER
from seawall.engine.pot import Pot


class Requesting(Trading):
    """The counter with the protocol's own forms beside the house's."""

    def request_increase(
        self,
        account: int,
        collateral: str,
        is_long: bool,
        size: int,
        amount: int,
        token_in: str = "",
        *,
        min_out: int = 0,
        acceptable: int = 0,
        trigger: int = 0,
        above: bool = False,
    ) -> int:
        """Ask for ``size`` more dollars (1e-6), bringing ``amount`` of ``token_in``; its number.

        Without ``token_in`` it is the collateral token. With a ``trigger`` (1e-10) the request is
        an order that waits for a price strictly ``above`` it, or below.
        """
        self._check_account(account)
        check_range("size", size, 0, int(MOST), "1e-6 dollar")
        check_range("amount", amount, 0, int(MAX_DOLLARS), "token units")
        self._check_limits(min_out, acceptable, trigger)
        backing = self.pool.named(collateral)
        token = backing if token_in == "" else self.pool.named(token_in)
        self.book.backing_for(backing.place, is_long)
        self._check_trading()
        request = Request(0, account, INCREASE, is_long, self.now)
        request.place_in = token.place
        request.backing = backing.place
        request.delta = size
        self._set_limits(request, min_out, acceptable, trigger, above)
        purse = self.accounts[account].purse(int(token.token))
        self._check_funds(purse, amount)
        if trigger > 0:
            self._check_purchase(request, amount)
        return self._enter(request, token, purse, amount)

    def request_decrease(
        self,
        account: int,
        collateral: str,
        is_long: bool,
        size: int,
        withdraw: int = 0,
        token_out: str = "",
        *,
        min_out: int = 0,
        acceptable: int = 0,
        trigger: int = 0,
        above: bool = False,
    ) -> int:
        """Ask for ``size`` fewer dollars and ``withdraw`` dollars of collateral; its number.

        The proceeds come in ``token_out``, the collateral token without it.
        """
        self._check_account(account)
        check_range("size", size, 0, int(MAX_DOLLARS), "1e-6 dollar")
        check_range("withdraw", withdraw, 0, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_limits(min_out, acceptable, trigger)
        backing = self.pool.named(collateral)
        token = backing if token_out == "" else self.pool.named(token_out)
        self.book.guards.check_halt(self.now)
        request = Request(0, account, DECREASE, is_long, self.now)
        request.backing = backing.place
        request.place_out = token.place
        request.delta = size
        request.withdrawn = withdraw
        self._set_limits(request, min_out, acceptable, trigger, above)
        if trigger == 0:
            self.desk.holding_for(request)
        return self._enter(request, backing, self.accounts[account], 0)

    def request_swap(
        self,
        account: int,
        token_in: str,
        token_out: str,
        amount: int,
        min_out: int = 0,
        ratio: int = 0,
    ) -> int:
        """Let a swap wait; its number.

        With a ``ratio`` (1e-10) it waits until p+ of ``token_out`` over p- of ``token_in`` is
        strictly above it; without, until it gives ``min_out``.
        """
        self._check_account(account)
        check_range("amount", amount, 1, int(MAX_DOLLARS), "token units")
        check_range("min-out", min_out, 0, int(MAX_DOLLARS), "token units")
        check_range("ratio", ratio, 0, int(LIMIT) - 1, "1e-10")
        brings, wants = self.pool.named(token_in), self.pool.named(token_out)
        if brings is wants:
            raise BadOrder("same-token", f"{token_in} cannot be swapped for itself")
        request = Request(0, account, SWAP, True, self.now)
        request.place_in = brings.place
        request.place_out = wants.place
        request.min_out = min_out
        request.kind = LIMIT_ORDER
        request.triggered = False
        request.above = ratio > 0
        request.trigger = ratio
        if ratio == 0:
            bound: int = int(LIMIT) - 1
            if min_out > 0:
                found = amount * int(wants.unit) * int(PRICE) // (int(brings.unit) * min_out) + 1
                bound = found if found < bound else bound
            request.trigger = bound
        purse = self.accounts[account].purse(int(brings.token))
        self._check_funds(purse, amount)
        return self._enter(request, brings, purse, amount)

    def _check_limits(self, min_out: int, acceptable: int, trigger: int) -> None:
        check_range("min-out", min_out, 0, int(MAX_DOLLARS), "token units")
        check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        check_range("trigger", trigger, 0, int(MAX_PRICE), "1e-10 dollar per token")

    def _set_limits(
        self, request: Request, min_out: int, acceptable: int, trigger: int, above: bool
    ) -> None:
        request.min_out = min_out
        request.acceptable = acceptable
        request.trigger = trigger
        request.above = above
        if trigger > 0:
            request.kind = LIMIT_ORDER
            request.triggered = False

    def _enter(self, request: Request, token: PoolToken, purse: Pot, amount: i64) -> int:
        number = self.numbering.take()
        request.number = number
        request.token = purse.token
        purse.pay(request, amount)
        self.room.add(request)
        return number
