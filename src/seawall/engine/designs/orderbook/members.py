"""Who holds what: accounts in a clearing house, and what each of them has at one book.

Glossary
    member     an account in the house: its cross balance, the pot of all its cross positions
    holder     an account at one book: open orders, position, leverage, mode
    holding    the position itself, with a purse of its own where it is isolated
    debt       what an account's losses came to beyond its balance; ``amount - debt`` is its cash
    held size  tokens that resting orders would add to a position, by side
    ticket     the margin that came along with one order

A pot never goes below zero: where a loss is more than the pot holds, the rest is debt to the
clearing pot, paid off first out of whatever comes in. So cash may be negative while profits of
open positions stand against it, as in Hyperliquid, where cash and signed sizes are the ledger.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.fees import Customer
from seawall.engine.designs.orderbook.levels import Owner
from seawall.engine.fixed import RATE, larger, notional_up
from seawall.engine.margin import Tiers, unrealised, worth
from seawall.engine.pot import Pot
from seawall.engine.watch import WATCHED, Position

NEVER: Final[i64] = -1


class Purse(Pot):
    """Margin, and the debt (1e-6 dollar) that its losses left where it was too small."""

    def __init__(self) -> None:
        super().__init__(0, False)
        self.debt: i64 = 0

    def cash(self) -> i64:
        """What is there less what is owed (1e-6 dollar)."""
        return self.amount - self.debt


class Member(Purse):
    """An account in the house. The purse is its cross balance."""

    def __init__(self, account: i64) -> None:
        super().__init__()
        self.account: i64 = account
        self.holders: list[Holder] = []
        self.customer = Customer()
        self.is_liquidator: bool = False
        self.is_due: bool = False
        self.cooled_at: i64 = NEVER

    def is_blank(self) -> bool:
        """Whether nothing tells this member from one who has never been here."""
        customer = self.customer
        return (
            self.amount == 0
            and self.debt == 0
            and customer.turnover.total == 0
            and customer.stake == 0
            and not (self.is_due or customer.referred or customer.exempt)
            and self.cooled_at == NEVER
        )


class Holding(Position):
    """A position; ``purse`` is its margin where it is isolated, and empty where it is cross.

    ``cooled_at`` is when the pause after a slice of its liquidation ends (ms).
    """

    def __init__(self, holder: "Holder", account: i64) -> None:
        super().__init__(account)
        self.holder = holder
        self.purse = Purse()
        self.cooled_at: i64 = NEVER

    def result(self, price: i64) -> i64:
        """Unrealised result (1e-6 dollar, rounded down) at ``price``."""
        if self.size == 0:
            return 0
        return unrealised(self.size, self.entry, price)


class Holder(Owner):
    """An account at one book.

    ``leverage`` is a whole number, ``chosen`` by the account or else the highest of whatever tier
    the position is in; ``isolated`` the mode of the position,
    ``prefers_isolated`` the mode that a new one gets; ``from_wallet`` says that an isolated
    position's margin came with its order and returns to the wallet, not to the cross balance.
    ``bids`` and ``asks`` are the held sizes (1e-8 token). ``is_stale``: a trade has moved the
    position and the watch does not know yet.
    """

    def __init__(self, account: i64, member: Member, coin: "Coin") -> None:
        super().__init__(account)
        self.member = member
        self.coin = coin
        self.holding = Holding(self, account)
        self.leverage: i64 = coin.tiers.leverage(0)
        self.chosen: bool = False
        self.prefers_isolated: bool = not coin.cross_allowed
        self.isolated: bool = self.prefers_isolated
        self.from_wallet: bool = False
        self.is_stale: bool = False
        self.bids: i64 = 0
        self.asks: i64 = 0

    def purse(self) -> Purse:
        """What stands behind the position: its own margin, or the cross balance."""
        return self.holding.purse if self.isolated else self.member

    def exposure(self) -> i64:
        """The larger of what the position can become by the held orders of one side (1e-8)."""
        return larger(self.holding.size + self.bids, self.asks - self.holding.size)

    def requirement(self, quantity: i64, price: i64) -> i64:
        """Initial margin (1e-6 dollar, rounded up) of ``quantity`` tokens at ``price``."""
        if quantity <= 0:
            return 0
        value: i64 = notional_up(quantity, price)
        leverage: i64 = self.leverage
        most: i64 = self.coin.tiers.leverage(self.coin.tiers.index_of(value))
        if leverage > most:
            leverage = most
        return larger(-(-value // leverage), self.coin.least_margin(value))

    def initial(self, price: i64) -> i64:
        """What the position and its held orders ask of the cross balance (1e-6 dollar).

        For an isolated position only what the held orders would add to it.
        """
        exposed: i64 = self.exposure()
        if self.isolated:
            exposed = larger(0, exposed - self.holding.quantity())
        return self.requirement(exposed, price)

    def maintenance(self, price: i64) -> i64:
        """Maintenance requirement of the position (1e-6 dollar, rounded up)."""
        size: i64 = self.holding.size
        if size == 0:
            return 0
        return self.coin.tiers.maintenance(worth(size, price))

    def is_blank(self) -> bool:
        """Whether nothing tells this holder from one who has never been here."""
        held = self.holding
        return (
            held.size == 0
            and held.purse.amount == 0
            and held.purse.debt == 0
            and held.standing == WATCHED
            and held.cooled_at == NEVER
            and self.bids == 0
            and self.asks == 0
            and not self.chosen
            and self.prefers_isolated != self.coin.cross_allowed
        )

    def state(self) -> list[int]:
        """Every number, for a digest."""
        held = self.holding
        return [
            self.account, held.size, held.entry, held.purse.amount, held.purse.debt, held.cooled_at,
            held.standing, self.leverage, int(self.chosen), int(self.isolated),
            int(self.from_wallet), int(self.prefers_isolated), self.bids, self.asks,
        ]  # fmt: skip


class Ticket(Pot):
    """Margin that came along with one order (1e-6 dollar)."""

    def __init__(self, account: i64) -> None:
        super().__init__(0, False)
        self.account: i64 = account


class Coin:
    """One market as the house sees it: prices, holders, open interest.

    ``mark`` and ``previous`` (the mark before it) and ``oracle`` are in 1e-10, ``longs`` and
    ``shorts`` in 1e-8 token. ``most_leverage`` is the highest that the guards allow, 0 where
    they do not bind.
    """

    def __init__(self, index: i64, name: str, tiers: Tiers, cross_allowed: bool) -> None:
        self.index: i64 = index
        self.name = name
        self.tiers = tiers
        self.cross_allowed: bool = cross_allowed
        self.holders: dict[int, Holder] = {}
        self.seats: list[Holder | None] = []
        self.mark: i64 = 0
        self.previous: i64 = 0
        self.oracle: i64 = 0
        self.longs: i64 = 0
        self.shorts: i64 = 0
        self.most_leverage: i64 = 0

    def seat(self, account: int) -> "Holder | None":
        """The holder of that account, or None; as :attr:`holders`, without a search."""
        if account < len(self.seats):
            return self.seats[account]
        return None

    def enter(self, account: int, holder: Holder) -> None:
        """Note a new holder."""
        self.holders[account] = holder
        while len(self.seats) <= account:
            self.seats.append(None)
        self.seats[account] = holder

    def least_margin(self, value: i64) -> i64:
        """Margin (1e-6 dollar, rounded up) that the guards ask for; 0 where they ask nothing."""
        if self.most_leverage == 0:
            return 0
        return -(-value // self.most_leverage)

    def resize(self, before: i64, after: i64) -> None:
        """Count a position's change from one signed size to another (1e-8 token)."""
        if before > 0:
            self.longs -= before
        else:
            self.shorts += before
        if after > 0:
            self.longs += after
        else:
            self.shorts -= after


def rate_of(part: i64, whole: i64) -> i64:
    """``part / whole`` in 1e-12 with a cap of a million either way; for ranking."""
    if whole <= 0:
        return 1_000_000 * RATE
    wide_part: int = part
    wide_whole: int = whole
    found = wide_part * 1_000_000_000_000 // wide_whole
    most = 1_000_000_000_000_000_000
    return i64(most if found > most else -most if found < -most else found)
