"""Batches: many requests at once, each with an answer of its own.

A batch is what one block brings. Its actions are sorted into those that send nothing that could
take (post-only and trigger orders), then cancels, then those that could; inside each class they
keep their order, and a modification belongs where the order it places does (Hyperliquid's
documentation, "Order book").
"""

from typing import Final

from seawall.engine.designs.orderbook.entry import ALO, GTC, MARKET
from seawall.engine.designs.orderbook.levels import Owner
from seawall.engine.designs.orderbook.orders import Orders
from seawall.engine.errors import Refusal
from seawall.engine.fixed import check_range

MOST_ACTIONS: Final = 10_000

PASSIVE: Final = 0
CANCELS: Final = 1
TAKING: Final = 2


class Wish:
    """An order as it is asked for.

    ``size`` is signed (1e-8 token, a buy above zero), ``price`` a limit (1e-10), 0 for none;
    ``tif`` is ``gtc``, ``alo``, ``ioc`` or ``market``. With a ``trigger`` (1e-10) it waits as
    ``kind`` says, ``sl`` or ``tp``, and goes to the book at ``price``, or at market if that is 0.
    """

    def __init__(
        self,
        size: int,
        price: int = 0,
        tif: str = GTC,
        *,
        reduce_only: bool = False,
        trigger: int = 0,
        kind: str = "",
    ) -> None:
        self.size = size
        self.price = price
        self.tif = tif
        self.reduce_only = reduce_only
        self.trigger = trigger
        self.kind = kind

    def may_take(self) -> bool:
        """Whether it could match at once."""
        return self.trigger == 0 and self.tif != ALO


class Action:
    """What one account asks at once: orders to place, or numbers to cancel, or one to replace."""

    def __init__(self, account: int) -> None:
        self.account = account
        self.orders: list[Wish] = []
        self.cancels: list[int] = []
        self.replaces: int = 0

    @staticmethod
    def place(account: int, orders: list[Wish]) -> "Action":
        """Place orders, each on its own."""
        action = Action(account)
        action.orders = orders
        return action

    @staticmethod
    def cancel(account: int, numbers: list[int]) -> "Action":
        """Cancel orders, each on its own."""
        action = Action(account)
        action.cancels = numbers
        return action

    @staticmethod
    def modify(account: int, number: int, order: Wish) -> "Action":
        """Replace an order on the book."""
        action = Action(account)
        action.orders = [order]
        action.replaces = number
        return action

    def rank(self) -> int:
        """The class in which the action is run."""
        if len(self.orders) == 0:
            return CANCELS
        for order in self.orders:
            if order.may_take():
                return TAKING
        return PASSIVE


class Answer:
    """What became of one order or cancel.

    ``status`` is ``resting``, ``filled``, ``ended``, ``waiting``, ``success`` or ``error``,
    ``number`` the order's (0 if refused), ``filled`` the tokens (1e-8) filled at once, ``code``
    that of the refusal.
    """

    def __init__(self, status: str, number: int = 0, filled: int = 0, code: str = "") -> None:
        self.status = status
        self.number = number
        self.filled = filled
        self.code = code


def run_wish(orders: Orders, owner: Owner, wish: Wish) -> Answer:
    """Place one order and say what became of it; a refusal is an answer too."""
    number = orders.numbering.take()
    is_buy: bool = wish.size > 0
    size = wish.size if is_buy else -wish.size
    try:
        if wish.trigger != 0:
            orders.trigger(
                number, owner, is_buy, size, wish.trigger, wish.price, wish.kind, wish.reduce_only
            )
            return Answer("waiting", number)
        if wish.tif == MARKET:
            order = orders.market(number, owner, is_buy, size, wish.price, wish.reduce_only)
        else:
            order = orders.limit(
                number, owner, is_buy, size, wish.price, wish.tif, wish.reduce_only
            )
    except Refusal as refusal:
        orders.numbering.next = number
        return Answer("error", 0, 0, refusal.code)
    if order.level is not None:
        return Answer("resting", number, int(order.filled()))
    return Answer("filled" if order.left == 0 else "ended", number, int(order.filled()))


def run_action(orders: Orders, action: Action) -> list[Answer]:
    """Run one action, order by order."""
    owner = orders.desk.owner_of(action.account)
    answers: list[Answer] = []
    for number in action.cancels:
        try:
            orders.cancel(owner, number)
            answers.append(Answer("success", number))
        except Refusal as refusal:
            answers.append(Answer("error", 0, 0, refusal.code))
    for wish in action.orders:
        if action.replaces == 0:
            answers.append(run_wish(orders, owner, wish))
        else:
            answers.append(_replace(orders, owner, action.replaces, wish))
    return answers


def _replace(orders: Orders, owner: Owner, old: int, wish: Wish) -> Answer:
    number = orders.numbering.take()
    try:
        is_buy: bool = wish.size > 0
        size = wish.size if is_buy else -wish.size
        order = orders.modify(
            number, owner, old, is_buy, size, wish.price, wish.tif, wish.reduce_only
        )
    except Refusal as refusal:
        orders.numbering.next = number
        return Answer("error", 0, 0, refusal.code)
    if order.level is not None:
        return Answer("resting", number, int(order.filled()))
    return Answer("filled" if order.left == 0 else "ended", number, int(order.filled()))


def run_block(orders: Orders, actions: list[Action]) -> list[list[Answer]]:
    """Run the actions of one block by class; the answers in the order they were given in."""
    check_range("actions", len(actions), 0, MOST_ACTIONS, "actions")
    answers: list[list[Answer]] = [[] for _ in actions]
    for rank in (PASSIVE, CANCELS, TAKING):
        for place, action in enumerate(actions):
            if action.rank() == rank:
                answers[place] = run_action(orders, action)
    return answers
