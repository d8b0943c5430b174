"""A book without a venue, driven by records: what a benchmark times and a test replays."""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import Book, Clearing
from seawall.engine.designs.orderbook.levels import Owner, Resting


class Step:
    """An order to place, or with ``size`` 0 the number of one to cancel.

    ``account`` is a place in the list of owners, ``price`` in 1e-10, ``size`` in 1e-8 token.
    """

    def __init__(
        self, number: i64, account: i64 = 0, is_buy: bool = False, price: i64 = 0, size: i64 = 0
    ) -> None:
        self.number: i64 = number
        self.account: i64 = account
        self.is_buy: bool = is_buy
        self.price: i64 = price
        self.size: i64 = size


def feed(book: Book, desk: Clearing, owners: list[Owner], steps: list[Step]) -> int:
    """Run the steps; how many of the cancels found no order."""
    missed = 0
    for step in steps:
        if step.size > 0:
            order = Resting(
                step.number, owners[step.account], step.is_buy, step.price, step.size, False, 0
            )
            book.place(order, desk)
        elif not book.cancel(step.number):
            missed += 1
    return missed
