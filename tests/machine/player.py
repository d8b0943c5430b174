"""Somebody who drives a venue through everything that can be asked of it, and keeps the tape.

Two venues' worth of people share one venue: market ``A`` is played, market ``B`` stands beside it
and must not feel it. Every command is kept as a :class:`Step`, so that a run can be replayed on a
fresh venue, in this process or another, compiled or interpreted.
"""

from dataclasses import dataclass

from fuzz_report import count
from machine.harness import Harness, part
from roles import START, dollars, price
from seawall.engine.errors import Refusal
from seawall.engine.events import Event
from seawall.engine.reports import Report
from seawall.engine.venue import MAX_BUDGET, Venue

TRADERS = 6
FIRST = 4  # the treasury, the keeper and two depositors come before


@dataclass(frozen=True)
class Step:
    """One command: the venue's method and its arguments (reports as plain tuples)."""

    name: str
    args: tuple[object, ...]
    options: tuple[tuple[str, object], ...] = ()

    def apply(self, venue: Venue, harness: Harness) -> object:
        """Ask the venue."""
        if self.name == "advance":
            now, reports, budget = self.args
            given = {name: [Report(*row) for row in rows] for name, rows in reports}
            return venue.advance(now, given, budget)
        if self.name == "in_kind":
            market, vault, account, amount = self.args
            return venue.market(market).supply_in_kind(vault, account, amount)
        if self.name == "restart":
            market, vault = self.args
            return harness.restart(venue.market(market), vault)
        return getattr(venue, self.name)(*self.args, **dict(self.options))


def new_venue(harness: Harness) -> Venue:
    """Two markets of the design, listed and silent."""
    venue = Venue()
    venue.list_market(harness.list_as("A"))
    venue.list_market(harness.list_as("B"))
    return venue


def attempt(step: Step, venue: Venue, harness: Harness) -> tuple[str, object]:
    """The code of the refusal, or nothing, and what the venue gave back."""
    try:
        return "", step.apply(venue, harness)
    except Refusal as refusal:
        return refusal.code, None


class Player:
    """A venue, its clock and price, and the tape of what was asked."""

    def __init__(self, harness: Harness, checked: bool = True) -> None:
        self.harness = harness
        self.checked = checked
        self.area = f"machine: {harness.design}"
        self.venue = new_venue(harness)
        self.venue.listen()
        self.market = self.venue.market("A")
        self.tape: list[Step] = []
        self.outcomes: list[str] = []
        self.orders: list[tuple[int, int]] = []
        self.now = START
        self.mark = price(2000)
        self._open()

    def _open(self) -> None:
        for _ in range(2 + TRADERS):
            self.do("open_account")
        for account in range(2, FIRST + TRADERS):
            self.do("deposit", account, dollars(200_000))
        self._advance(0, 0, MAX_BUDGET)
        for market, account in (("A", 2), ("B", 3)):
            for vault, amount in self.harness.seed:
                self.do("supply", market, vault, account, dollars(amount))
            for vault, amount in self.harness.seed_in_kind:
                tokens = dollars(amount) * 10**12 // self.mark
                self.do("deposit", account, tokens, market)
                self.do("in_kind", market, vault, account, tokens)
        self.do("place", "B", FIRST, dollars(500), dollars(500))
        self._advance(2_000, 0, MAX_BUDGET)

    # asking

    def do(self, name: str, *args: object, **options: object) -> object:
        """Carry a command out; None where it is refused. A refusal leaves no trace."""
        step = Step(name, args, tuple(options.items()))
        before = self.venue.digest() if self.checked else ""
        other = self.venue.market("B").digest() if self.checked else ""
        self.tape.append(step)
        code, result = attempt(step, self.venue, self.harness)
        self.outcomes.append(code)
        if code:
            self._count(f"{name} refused")
            if self.checked:
                assert self.venue.digest() == before, f"{step} was refused and left a trace"
            return None
        self._count(name)
        if self.checked and name != "advance" and "B" not in args:
            assert self.venue.market("B").digest() == other, f"{step} changed market B"
        return result

    def _count(self, action: str) -> None:
        if self.checked:
            count(self.area, action)

    def events(self) -> list[Event]:
        """What happened in market A since the last call."""
        return [event for event in self.venue.drain() if event.market == "A"]

    # money

    def deposit(self, who: int, amount: int) -> None:
        self.do("deposit", FIRST + who, dollars(amount))

    def withdraw(self, who: int, percent: int) -> None:
        wallet = self.venue.wallet(FIRST + who)
        self.do("withdraw", FIRST + who, part(wallet, percent))

    # orders

    def place(
        self,
        who: int,
        worth: int,
        leverage: int,
        kind: str,
        distance: int,
        slip: int,
        reduce_only: bool,
        partial: bool,
    ) -> None:
        """An order over ``worth`` dollars; trigger and acceptable price in basis points away."""
        size = dollars(worth) * 10**12 // self.mark
        margin = 0 if reduce_only else dollars(abs(worth)) // leverage
        trigger = 0 if kind == "market" else self.mark * (10_000 + distance) // 10_000
        acceptable = 0
        if slip:
            signed = slip if worth > 0 else -slip
            acceptable = self.mark * (10_000 + signed) // 10_000
        self.harness.check_quote(self.market, size)
        number = self.do(
            "place", "A", FIRST + who, size, margin, kind=kind, trigger=trigger,
            acceptable=acceptable, reduce_only=reduce_only, partial=partial,
        )  # fmt: skip
        if isinstance(number, int):
            self.orders.append((FIRST + who, number))

    def cancel(self, which: int) -> None:
        """Take one of the last few orders back, if it still waits."""
        if self.orders:
            account, number = self.orders[-1 - which % min(4, len(self.orders))]
            self.do("cancel", "A", account, number)

    def add_margin(self, who: int, amount: int) -> None:
        self.do("add_margin", "A", FIRST + who, dollars(amount))

    def remove_margin(self, who: int, percent: int) -> None:
        view = self.market.position(FIRST + who)
        if view is not None:
            self.do("remove_margin", "A", FIRST + who, max(1, part(view.margin, percent)))

    def bid(self, who: int, which: int, percent: int, margin: int) -> None:
        """Take a part of one of the open auctions over."""
        auctions = self.harness.auctions(self.market)
        if auctions:
            auction = auctions[which % len(auctions)]
            size = max(1, part(abs(self.harness.on_offer(self.market, auction)), percent))
            self.do("bid", "A", FIRST + who, auction, size, dollars(margin))

    # vaults

    def supply(self, vault: str, who: int, amount: int) -> None:
        self.do("supply", "A", vault, FIRST + who, dollars(amount))

    def request_redeem(self, vault: str, who: int, percent: int) -> None:
        """``who`` -1 is the first depositor."""
        account = 2 if who < 0 else FIRST + who
        shares = self.market.vault(vault).shares
        self.do("request_redeem", "A", vault, account, max(1, part(shares, percent)))

    def claim(self, vault: str, who: int) -> None:
        self.do("claim", "A", vault, 2 if who < 0 else FIRST + who)

    def restart(self, vault: str) -> None:
        self.do("restart", "A", vault)

    # time

    def tick(self, move: int, seconds: int, confidence: int, budget: int, slow: bool) -> None:
        """A report ``move`` basis points from the last price, as sure as ``confidence`` of them.

        In slow motion the keeper acts once at a time, and each action is held against the laws.
        """
        self.mark = min(max(self.mark * (10_000 + move) // 10_000, price(20)), price(200_000))
        wide = self.mark * confidence // 10_000
        if not slow:
            self._advance(seconds * 1_000, wide, budget)
            return
        self._advance(seconds * 1_000, wide, 0)
        for _ in range(budget % 12):
            digest = self.venue.digest()
            before = self.harness.snapshot(self.market)
            events = self._pass(((),), 0, 1)
            self.harness.check_action(before, self.market, events)
            if self.venue.digest() == digest:
                break

    def silence(self, seconds: int, budget: int) -> None:
        """Time without a report for A; B has its own."""
        self.now += seconds * 1_000
        self._pass((("B", self.now, 0),), seconds * 1_000, budget)

    def _advance(self, elapsed: int, wide: int, budget: int) -> None:
        self.now += elapsed
        self._pass((("A", self.now, wide), ("B", self.now, 0)), elapsed, budget)

    def _pass(self, reported: tuple, elapsed: int, budget: int) -> list[Event]:
        reports = tuple(
            (name, (("feed", self.mark if name == "A" else price(2000), time, wide),))
            for name, time, wide in (row for row in reported if row)
        )
        minutes = self.now // 60_000 - (self.now - elapsed) // 60_000
        self.do("advance", self.now, reports, budget)
        events = self.events()
        for event in events:
            self._count(self._name(event))
        if self.checked:
            self.harness.note(events, minutes)
            self.harness.check_advance(self.market, events, budget == MAX_BUDGET)
        return events

    @staticmethod
    def _name(event: Event) -> str:
        detail = getattr(event, "rung", getattr(event, "outcome", getattr(event, "reason", "")))
        return f"{type(event).__name__} {detail}".strip()


def replay(tape: list[Step], harness: Harness) -> tuple[Venue, list[str]]:
    """A fresh venue after a tape, and the outcome of every step."""
    venue = new_venue(harness)
    outcomes: list[str] = []
    for step in tape:
        code, _ = attempt(step, venue, harness)
        outcomes.append(code)
    return venue, outcomes


def without_a(tape: list[Step]) -> list[Step]:
    """The same tape in a world in which nobody ever touched market A."""
    kept: list[Step] = []
    for step in tape:
        if step.name == "advance":
            now, reports, budget = step.args
            only_b = tuple(row for row in reports if row[0] == "B")
            kept.append(Step("advance", (now, only_b, budget)))
        elif "A" not in step.args:
            kept.append(step)
    return kept
