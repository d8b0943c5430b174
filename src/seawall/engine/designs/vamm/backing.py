"""How much of the marked profit is backed, and who is left unpaid if everyone leaves.

Each position's mark says what it would get if it left first. On a concave curve these marks do
not add up: what one takes out moves the price for the next. So two questions are answered.

Backing, at this moment, by the marks
    profit      sum of results above zero, funding included
    collectible sum of losses that margins can pay
    backed      min(profit, collectible + C), C the clearing pot: minus what was paid out before
    by fund     min(the rest, insurance fund);  unbacked: what then is left

Exit, by a walk: all positions leave in a given order, each at the price that those before it
left. Who ends below zero is closed as a liquidation would, without a fee: the fund realises the
debt. Payouts come out of the vault, then the fund; what neither has is unpaid. Bands, limits and
fees do not count. Source of the question: ``docs/vamm.md``, "Backing".
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.pricing import closing_value, result_of
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import BadOrder
from seawall.engine.fixed import MAX_DOLLARS, RATE, clamp, larger, mul_div, smaller

WINNERS_FIRST: Final = "winners-first"
LOSERS_FIRST: Final = "losers-first"
AS_OPENED: Final = "as-opened"
EXIT_ORDERS: Final = (WINNERS_FIRST, LOSERS_FIRST, AS_OPENED)


class Backing:
    """What stands behind the marks (1e-6 dollar; ``part`` in 1e-12); see the module.

    ``joint`` is what all positions together would realise, whoever leaves when.
    """

    def __init__(self) -> None:
        self.profit: i64 = 0
        self.loss: i64 = 0
        self.collectible: i64 = 0
        self.joint: i64 = 0
        self.clearing: i64 = 0
        self.vault: i64 = 0
        self.fund: i64 = 0
        self.prepaid: i64 = 0
        self.shortfall: i64 = 0
        self.backed: i64 = 0
        self.by_fund: i64 = 0
        self.unbacked: i64 = 0
        self.part: i64 = RATE

    def dials(self) -> dict[str, int]:
        """The split of the marked profit, by name."""
        return {
            "profit, marked": int(self.profit),
            "backed by losers": int(self.backed),
            "backed by the fund": int(self.by_fund),
            "unbacked": int(self.unbacked),
        }


class Leaver:
    """One exit: what it would be paid, what it is, what is missing, and its debt (1e-6)."""

    def __init__(self, account: i64, size: i64) -> None:
        self.account: i64 = account
        self.size: i64 = size
        self.marked: i64 = 0
        self.result: i64 = 0
        self.due: i64 = 0
        self.paid: i64 = 0
        self.unpaid: i64 = 0
        self.debt: i64 = 0


class Exit:
    """Everybody leaves: the leavers in their order, and what vault and fund end with (1e-6)."""

    def __init__(self) -> None:
        self.leavers: list[Leaver] = []
        self.vault: i64 = 0
        self.fund: i64 = 0
        self.drawn: i64 = 0
        self.unpaid: i64 = 0
        self.debt: i64 = 0

    def left_unpaid(self) -> dict[int, int]:
        """Accounts that do not get all they are due, in the order of leaving, and what lacks."""
        return {
            int(leaver.account): int(leaver.unpaid) for leaver in self.leavers if leaver.unpaid > 0
        }


def marked_result(house: House, position: Holding) -> i64:
    """Result by the spot less funding owed."""
    value: i64 = house.spot_value(position.size)
    result: i64 = result_of(position.size, position.entry, value)
    return result - house.owed(position.size, position.index)


def backing(house: House) -> Backing:
    """What stands behind the marks now."""
    report = Backing()
    for position in house.positions.values():
        result: i64 = marked_result(house, position)
        if result > 0:
            report.profit += result
        else:
            report.loss -= result
            report.collectible += smaller(position.amount, -result)
    report.joint = house.pool.joint_result() - house.owed_by_all()
    report.clearing = house.clearing.amount
    report.vault = house.vault()
    report.fund = house.fund.amount
    report.prepaid = house.prepaid
    report.shortfall = house.shortfall
    report.backed = clamp(report.collectible + report.clearing, 0, report.profit)
    report.by_fund = smaller(report.profit - report.backed, report.fund)
    report.unbacked = report.profit - report.backed - report.by_fund
    if report.profit > 0:
        report.part = mul_div(report.backed + report.by_fund, RATE, report.profit)
    return report


def exits(house: House, order: str) -> Exit:
    """Walk everybody out, in one of ``EXIT_ORDERS``; raises :class:`BadOrder` on another."""
    if order not in EXIT_ORDERS:
        raise BadOrder("unknown-order", f"exit order {order!r} is none of {', '.join(EXIT_ORDERS)}")
    ranked: list[tuple[int, int]] = []
    for place, position in enumerate(house.positions.values()):
        marked: int = marked_result(house, position)
        if order == WINNERS_FIRST:
            ranked.append((-marked, place))
        elif order == LOSERS_FIRST:
            ranked.append((marked, place))
        else:
            ranked.append((place, place))
    ranked.sort()
    everybody = list(house.positions.values())
    walk = Exit()
    walk.vault = house.vault()
    walk.fund = house.fund.amount
    prepaid: i64 = house.prepaid
    quote: i64 = house.pool.quote
    base: i64 = house.pool.base
    for _, place in ranked:
        position = everybody[place]
        size: i64 = position.size
        leaver = Leaver(position.account, size)
        leaver.marked = marked_result(house, position)
        value: i64 = closing_value(quote, base, size)
        quote = quote - value if size > 0 else smaller(quote + value, MAX_DOLLARS)
        base = larger(1, base + size)
        leaver.result = result_of(size, position.entry, value) - house.owed(size, position.index)
        left: i64 = position.amount + leaver.result
        leaver.due = larger(0, left)
        leaver.debt = larger(0, -left)
        advanced: i64 = smaller(prepaid, leaver.debt)
        prepaid -= advanced
        covered: i64 = smaller(walk.fund, leaver.debt - advanced)
        walk.fund -= covered
        walk.vault += covered
        lacking: i64 = clamp(leaver.due - walk.vault, 0, walk.fund)
        walk.fund -= lacking
        walk.vault += lacking
        walk.drawn += covered + lacking
        prepaid += lacking
        leaver.paid = smaller(leaver.due, walk.vault)
        leaver.unpaid = leaver.due - leaver.paid
        walk.vault -= leaver.paid
        walk.unpaid += leaver.unpaid
        walk.debt += leaver.debt
        walk.leavers.append(leaver)
    return walk
