"""Paths of swaps through several markets, all of it or nothing.

A path leads through at most three markets, through none twice; what comes out of one goes into the
next. Source: gmx-io/gmx-synthetics, contracts/swap/SwapUtils.sol and config/general.ts.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.swaps import SwapPlan, plan_swap
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices
from seawall.engine.errors import BadOrder, LimitReached, Refusal
from seawall.engine.pot import Pot
from seawall.engine.venue import Account

MAX_PATH: Final = 3
"""Markets that one path may lead through."""


class Hop:
    """One market of a path, at the prices that it is taken at."""

    def __init__(self, pool: Pool, prices: Prices) -> None:
        self.pool: Pool = pool
        self.prices: Prices = prices


def side_of(pool: Pool, number: i64) -> i64:
    """Whether the token of that ``number`` is the long (0) or the short (1) token of the pool.

    Raises :class:`BadOrder` (``token-not-in-market``).
    """
    if number == i64(pool.long_pot.token):
        return LONG
    if number == i64(pool.short_pot.token):
        return SHORT
    raise BadOrder(
        "token-not-in-market",
        f"token {number} is none of {pool.long.name}, {pool.short.name}",
        number,
        pool.long.number,
    )


def check_path(hops: list[Hop], number: i64) -> i64:
    """The token that comes out at the end when the one of that ``number`` goes in.

    Raises :class:`BadOrder` (``path-too-long``, ``market-twice``, ``token-not-in-market``).
    """
    length: int = len(hops)
    if length > MAX_PATH:
        raise BadOrder(
            "path-too-long",
            f"a path through {length} markets is above {MAX_PATH}",
            length,
            MAX_PATH,
        )
    token: i64 = number
    for place in range(length):
        pool: Pool = hops[place].pool
        for earlier in range(place):
            if hops[earlier].pool is pool:
                raise BadOrder(
                    "market-twice",
                    f"market {place + 1} of the path is market {earlier + 1} again",
                    place + 1,
                    earlier + 1,
                )
        token = i64(pool.pot(1 - side_of(pool, token)).token)
    return token


class Route:
    """A path that is being taken; ``held`` is what has come out of it so far."""

    def __init__(
        self,
        hops: list[Hop],
        treasury: Account,
        ui: Account | None = None,
        ui_factor: i64 = 0,
        atomic: bool = False,
    ) -> None:
        self.hops: list[Hop] = hops
        self.treasury: Account = treasury
        self.ui: Account | None = ui
        self.ui_factor: i64 = ui_factor
        self.atomic: bool = atomic
        self.done: list[SwapPlan] = []
        self.pots: list[Pot] = []
        self.held: Pot = Pot()

    def run(self, payer: Pot, amount: i64, least: i64 = 0) -> i64:
        """Take ``amount`` of ``payer`` through all markets; what comes out waits in ``held``.

        An empty path leaves the amount as it is. Raises what :func:`check_path` and
        :func:`plan_swap` raise, and :class:`LimitReached` (``below-least``), everything undone.
        """
        check_path(self.hops, i64(payer.token))
        first: Pot = Pot(i64(payer.token))
        payer.pay(first, amount)
        self.pots.append(first)
        self.held = first
        try:
            for hop in self.hops:
                self._step(hop)
            if self.held.amount < least:
                raise LimitReached(
                    "below-least",
                    f"{self.held.amount} is below {least}, the least that was asked for",
                    self.held.amount,
                    least,
                )
        except Refusal:
            self.undo(payer)
            raise
        return self.held.amount

    def _step(self, hop: Hop) -> None:
        held: Pot = self.held
        token: i64 = side_of(hop.pool, i64(held.token))
        plan: SwapPlan = plan_swap(
            hop.pool, hop.prices, token, held.amount, self.ui_factor, self.atomic
        )
        out: Pot = Pot(i64(hop.pool.pot(1 - token).token))
        plan.commit(held, out, self.treasury, self.ui)
        self.done.append(plan)
        self.pots.append(out)
        self.held = out

    def undo(self, payer: Pot) -> None:
        """Go all the way back; what came out must still lie in ``held``."""
        for place in range(len(self.done) - 1, -1, -1):
            plan: SwapPlan = self.done[place]
            plan.revert(self.pots[place], self.pots[place + 1], self.treasury, self.ui)
        self.pots[0].pay(payer, self.pots[0].amount)

    def hand_over(self, receiver: Pot) -> None:
        """Give what came out to its receiver."""
        self.held.pay(receiver, self.held.amount)


def swap_path(
    hops: list[Hop],
    payer: Pot,
    amount: i64,
    receiver: Account | None,
    pot: Pot | None,
    least: i64,
    treasury: Account,
    ui: Account | None = None,
    ui_factor: i64 = 0,
    atomic: bool = False,
) -> i64:
    """Swap ``amount`` of ``payer`` along a path; what came out.

    It goes into ``pot`` where one is given, else into the purse of ``receiver``. Raises what
    :meth:`Route.run` raises, and nothing has changed then.
    """
    route: Route = Route(hops, treasury, ui, ui_factor, atomic)
    got: i64 = route.run(payer, amount, least)
    if pot is not None:
        route.hand_over(pot)
    elif receiver is not None:
        route.hand_over(receiver.purse(int(route.held.token)))
    return got
