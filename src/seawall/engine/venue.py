"""The machine that every design is: a deterministic venue driven by commands.

A :class:`Venue` holds accounts, the treasury and one :class:`Market` per listing. A command
either happens whole or raises a :class:`Refusal` and leaves no trace; the same commands in the
same order give the same :meth:`Venue.digest`, compiled or interpreted. Time passes only in
:meth:`Venue.advance`.

Commands take plain integers in the units of :mod:`seawall.engine.fixed`.
"""

import hashlib
from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.errors import BadParameters, BrokenBooks, NotEnough, OutOfRange, Unknown
from seawall.engine.events import Event, Journal
from seawall.engine.fixed import DAY, MAX_DOLLARS, MAX_TIME, check_range
from seawall.engine.pot import Pot, Treasury
from seawall.engine.reports import Report
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView

TREASURY_ACCOUNT: Final = 0
"""Account that the protocol's share of the fees goes to."""

KEEPER_ACCOUNT: Final = 1
"""Account that the keeper's fees go to."""

MAX_BUDGET: Final = 1_000_000_000
MAX_STEP: Final[i64] = 400 * DAY


@mypyc_attr(acyclic=True)
class Account(Pot):
    """A participant; the pot is its wallet in dollars (1e-6). Other tokens lie in purses."""

    def __init__(self, number: i64) -> None:
        super().__init__(0, False)
        self.number: i64 = number
        self._purses: dict[int, Pot] | None = None

    def purse(self, token: int) -> Pot:
        """The pot that holds ``token``; the wallet itself for dollars."""
        if token == 0:
            return self
        if self._purses is None:
            self._purses = {}
        found = self._purses.get(token)
        if found is None:
            found = Pot(token)
            self._purses[token] = found
        return found

    def purses(self) -> list[Pot]:
        """Every other pot of the account, by token, that holds something."""
        if self._purses is None:
            return []
        pots = self._purses
        return [pots[token] for token in sorted(pots) if pots[token].amount != 0]


class Numbering:
    """Order numbers of a venue, one after the other, over all its markets."""

    def __init__(self) -> None:
        self.next: int = 1

    def take(self) -> int:
        """The next number, which is then used up."""
        number = self.next
        self.next = number + 1
        return number


class Market:
    """One listing of a venue. A design is a subclass; every method is a command or a view.

    Account numbers that reach a market exist. Views have no side effects.
    """

    def __init__(self, name: str, design: str) -> None:
        self.name = name
        self.design = design
        self.journal = Journal()
        self.accounts: list[Account] = []
        self.numbering = Numbering()
        self.treasury = Treasury()

    def listed(self) -> None:
        """The venue has listed the market: its tokens can be registered, accounts be opened."""

    def open_account(self) -> Account:
        """An account of the market's own, beside those of the participants."""
        account = Account(len(self.accounts))
        self.accounts.append(account)
        return account

    # commands

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
        """Accept an order under ``number``."""
        raise NotImplementedError

    def cancel(self, account: int, order: int) -> None:
        """Take a waiting order back, with its margin."""
        raise NotImplementedError

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars from the wallet into the position."""
        raise NotImplementedError

    def remove_margin(self, account: int, amount: int) -> None:
        """Move dollars from the position into the wallet."""
        raise NotImplementedError

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Deposit into a vault; the shares minted."""
        raise NotImplementedError

    def supply_in_kind(self, vault: str, account: int, amount: int) -> int:
        """Deposit the market's own token into a vault that takes it; the shares minted."""
        raise Unknown("no-entry-in-kind", f"vault {vault!r} takes dollars only")

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Ask to leave a vault; the epoch at whose end the request is priced."""
        raise NotImplementedError

    def claim(self, vault: str, account: int) -> int:
        """Collect what settled requests are worth; the assets paid."""
        raise NotImplementedError

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """Take a slice of an auction over; the transfer price."""
        raise NotImplementedError

    def quote_limit(self, account: int, size: int, price: int) -> int:
        """Rest an order of ``size`` at ``price`` or just behind it, never taking; its number.

        Only where :meth:`rests_orders`.
        """
        raise NotImplementedError

    def cancel_all(self, account: int, renews: bool = False) -> int:
        """Take every order of the account back; how many there were.

        ``renews``: it will quote anew at once, which only who listens to renewals is told.
        """
        raise NotImplementedError

    def check_reports(self, now: i64, reports: list[Report]) -> None:
        """Refuse reports that cannot be taken; changes nothing."""
        raise NotImplementedError

    def advance(self, now: i64, reports: list[Report], budget: i64) -> None:
        """Let time pass: reports, accrual, keeper work, settlement."""
        raise NotImplementedError

    # views

    def mark(self) -> int:
        """The trusted price, 0 before the first report."""
        raise NotImplementedError

    def quote(self, size: int) -> Quote:
        """What an order of ``size`` would meet now; raises the refusal it would meet."""
        raise NotImplementedError

    def depth(self) -> list[DepthLevel]:
        """Depth on both sides, from the mark outwards."""
        raise NotImplementedError

    def position(self, account: int) -> PositionView | None:
        """The account's position, or None."""
        raise NotImplementedError

    def positions_of(self, account: int) -> list[PositionView]:
        """Every position of the account, where a market allows several."""
        found = self.position(account)
        return [] if found is None else [found]

    def equity(self, account: int) -> int:
        """What the account's position is worth by its view (1e-6 dollar), 0 without one."""
        found = self.position(account)
        return 0 if found is None else int(found.equity)

    def open_positions(self) -> list[int]:
        """Accounts with a position, ascending."""
        raise NotImplementedError

    def open_interest(self) -> tuple[int, int]:
        """Long and short open interest (1e-8 token)."""
        raise NotImplementedError

    def rests_orders(self) -> bool:
        """Whether participants' limit orders rest here and make the market."""
        return False

    def is_open(self) -> bool:
        """Whether new orders are taken at this time. Only where :meth:`rests_orders`."""
        raise NotImplementedError

    def own_accounts(self) -> list[tuple[str, int]]:
        """Accounts that the market opened for itself, by role; their worth is its vaults'."""
        return []

    def held_in_kind(self) -> int:
        """Units of the token that the market is named after which its vaults hold; here none."""
        return 0

    def balance(self, account: int) -> int:
        """Dollars (1e-6) of the account that lie in the market outside of any position."""
        return 0

    def vaults(self) -> list[str]:
        """Names of the vaults that stand behind this market, in the order losses reach them."""
        raise NotImplementedError

    def vault(self, name: str) -> VaultView:
        """State of a vault."""
        raise NotImplementedError

    def loss_order(self) -> list[LossStep]:
        """The loss order with the amount that stands on each step."""
        raise NotImplementedError

    def dials(self) -> dict[str, int]:
        """What a design shows of itself through time: names, and dollars (1e-6); here nothing."""
        return {}

    def left_unpaid(self) -> dict[str, dict[int, int]]:
        """If everybody left now: for each order of leaving, who would lack what (1e-6 dollar).

        Here nothing: a design says so where it depends on the order who is paid.
        """
        return {}

    def pots(self) -> list[Pot]:
        """Every pot of the market."""
        raise NotImplementedError

    def audit(self) -> None:
        """Re-add the market's own books; raises :class:`BrokenBooks` where they do not add up."""
        raise NotImplementedError

    def state(self) -> list[int]:
        """Every number of the state in a fixed order."""
        raise NotImplementedError

    def digest(self) -> str:
        """SHA-256 of :meth:`state`, in hexadecimal."""
        return digest_of(self.state())


def digest_of(numbers: list[int]) -> str:
    """SHA-256, in hexadecimal, of numbers written in decimal with a comma after each."""
    text = ",".join([str(number) for number in numbers])
    return hashlib.sha256(text.encode()).hexdigest()


class Venue:
    """Accounts, wallets and markets. See the module for how commands behave."""

    def __init__(self) -> None:
        self.treasury = Treasury()
        self.treasury.register("USD", 6)
        self.journal = Journal()
        self.accounts: list[Account] = []
        self.markets: dict[str, Market] = {}
        self.now: i64 = 0
        self._numbering = Numbering()
        self.open_account()
        self.open_account()

    # set-up

    def list_market(self, market: Market) -> None:
        """Add a market; raises :class:`BadParameters` if the name is taken."""
        if market.name in self.markets:
            raise BadParameters(f"market {market.name!r} is listed already")
        market.journal = self.journal
        market.accounts = self.accounts
        market.numbering = self._numbering
        market.treasury = self.treasury
        self.markets[market.name] = market
        market.listed()

    def open_account(self) -> int:
        """A new account; its number."""
        number = len(self.accounts)
        self.accounts.append(Account(number))
        return number

    # commands

    def deposit(self, account: int, amount: int, token: str = "USD") -> None:
        """Bring ``amount`` dollars (1e-6), or units of another ``token``, into the wallet."""
        pot = self._purse(account, token)
        check_range("deposit", amount, 1, MAX_DOLLARS, self._unit(token))
        self.treasury.mint(pot, amount)

    def withdraw(self, account: int, amount: int, token: str = "USD") -> None:
        """Take ``amount`` dollars (1e-6), or units of another ``token``, out of the wallet."""
        pot = self._purse(account, token)
        check_range("withdrawal", amount, 1, MAX_DOLLARS, self._unit(token))
        if amount > pot.amount:
            raise NotEnough(
                "wallet-too-small",
                f"withdrawal {amount} is above {pot.amount}, what the wallet holds "
                f"({self._unit(token)})",
                amount,
                int(pot.amount),
            )
        self.treasury.burn(pot, amount)

    def place(
        self,
        market: str,
        account: int,
        size: int,
        margin: int = 0,
        *,
        kind: str = "market",
        trigger: int = 0,
        acceptable: int = 0,
        reduce_only: bool = False,
        partial: bool = False,
    ) -> int:
        """Place an order; its number.

        ``size`` is signed (1e-8 token, a buy above zero). ``margin`` dollars (1e-6) leave the
        wallet and join the position when it fills. ``kind`` is ``market``, ``limit``, ``stop``
        or ``take-profit``; ``trigger`` is the price (1e-10) of the last three. ``acceptable`` is
        the worst all-in price per token, 0 for any. ``reduce_only`` orders never open,
        ``partial`` orders may be filled in part where the depth ends.
        """
        self._account(account)
        number = self._numbering.take()
        try:
            self._market(market).place(
                number, account, size, margin, kind, trigger, acceptable, reduce_only, partial
            )
        except Exception:
            self._numbering.next = number
            raise
        return number

    def cancel(self, market: str, account: int, order: int) -> None:
        """Take a waiting order back; its margin returns to the wallet."""
        self._account(account)
        self._market(market).cancel(account, order)

    def add_margin(self, market: str, account: int, amount: int) -> None:
        """Move ``amount`` dollars (1e-6) from the wallet into the position, at any time."""
        self._account(account)
        self._market(market).add_margin(account, amount)

    def remove_margin(self, market: str, account: int, amount: int) -> None:
        """Move ``amount`` dollars (1e-6) out of the position, down to its initial requirement."""
        self._account(account)
        self._market(market).remove_margin(account, amount)

    def supply(self, market: str, vault: str, account: int, assets: int) -> int:
        """Deposit ``assets`` dollars (1e-6) into a vault; the shares minted."""
        self._account(account)
        return self._market(market).supply(vault, account, assets)

    def request_redeem(self, market: str, vault: str, account: int, shares: int) -> int:
        """Ask to leave a vault with ``shares``; the epoch at whose end they are priced."""
        self._account(account)
        return self._market(market).request_redeem(vault, account, shares)

    def claim(self, market: str, vault: str, account: int) -> int:
        """Collect what settled requests brought; the dollars (1e-6) paid into the wallet."""
        self._account(account)
        return self._market(market).claim(vault, account)

    def bid(self, market: str, account: int, auction: int, size: int, margin: int) -> int:
        """Take ``size`` tokens of an auction over, posting ``margin``; the transfer price."""
        self._account(account)
        return self._market(market).bid(account, auction, size, margin)

    def advance(
        self, now: int, reports: dict[str, list[Report]] | None = None, budget: int = MAX_BUDGET
    ) -> None:
        """Let time pass to ``now`` (ms) for every market.

        In this order: price reports are taken; funding and fees accrue; the keeper works, at
        most ``budget`` actions in each market (liquidations, largest first; waiting orders,
        first come first served; auctions that end, deleveraging); the minutes are settled.
        Refused whole if time or any report goes back.
        """
        check_range("budget", budget, 0, MAX_BUDGET, "actions")
        check_range("time", now, int(self.now), MAX_TIME, "ms, time never goes back")
        if self.now > 0 and now - self.now > MAX_STEP:
            raise OutOfRange(
                "step-too-long",
                f"a step of {now - self.now} is above {MAX_STEP} (ms): advance in shorter steps",
                now - self.now,
                int(MAX_STEP),
            )
        taken: dict[str, list[Report]] = {} if reports is None else reports
        for name in taken:
            self._market(name).check_reports(now, taken[name])
        self.now = now
        nothing: list[Report] = []
        for name, market in self.markets.items():
            market.advance(now, taken.get(name, nothing), budget)

    # events

    def listen(self) -> None:
        """Start to keep events for :meth:`drain`."""
        self.journal.listening = True

    def drain(self) -> list[Event]:
        """The events since the last call."""
        return self.journal.drain()

    # views

    def wallet(self, account: int, token: str = "USD") -> int:
        """Dollars (1e-6), or units of another ``token``, in an account's wallet."""
        return self._purse(account, token).amount

    def market(self, name: str) -> Market:
        """A market, for its views."""
        return self._market(name)

    def pots(self) -> list[Pot]:
        """Every pot of the venue."""
        pots: list[Pot] = list(self.accounts)
        for account in self.accounts:
            pots.extend(account.purses())
        for market in self.markets.values():
            pots.extend(market.pots())
        return pots

    def audit(self) -> None:
        """Re-add every book; raises :class:`BrokenBooks` where one does not add up."""
        pots = self.pots()
        for pot in pots:
            if pot.amount < 0 and not pot.may_owe:
                raise BrokenBooks(f"a pot holds {pot.amount}")
        self.treasury.audit(pots)
        for market in self.markets.values():
            market.audit()

    def digest(self) -> str:
        """SHA-256 of the whole state, in hexadecimal."""
        numbers: list[int] = [self.now, self._numbering.next]
        for account in self.accounts:
            numbers.append(account.amount)
            for pot in account.purses():
                numbers.extend([int(pot.token), int(pot.amount)])
        for token in range(len(self.treasury.tokens)):
            numbers.extend([self.treasury.minted(token), self.treasury.burned(token)])
        for name in sorted(self.markets):
            numbers.extend(self.markets[name].state())
        return digest_of(numbers)

    def _account(self, number: int) -> Account:
        if not 0 <= number < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {number} does not exist; there are {len(self.accounts)}",
                number,
                len(self.accounts),
            )
        return self.accounts[number]

    def _purse(self, account: int, token: str) -> Pot:
        return self._account(account).purse(self.treasury.index(token))

    def _unit(self, token: str) -> str:
        return "1e-6 dollar" if token == "USD" else f"1e-{self._decimals(token)} {token}"

    def _decimals(self, token: str) -> int:
        return self.treasury.decimals[self.treasury.index(token)]

    def _market(self, name: str) -> Market:
        market = self.markets.get(name)
        if market is None:
            listed = ", ".join(self.markets) or "none"
            raise Unknown("unknown-market", f"market {name!r} is not listed; listed: {listed}")
        return market
