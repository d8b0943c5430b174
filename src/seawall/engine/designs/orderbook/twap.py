"""TWAP orders: a size traded in even slices over a time.

With n slices over a time T, slice k (1 to n) is due at k * T / n and aims at an executed size of

    target(k) = size * k / n, rounded down to the lot; target(n) = size,

so that what earlier slices missed is caught up, but no slice is larger than three even ones
(Hyperliquid's documentation, "Order types"). A slice is a market order with a tolerance of 3 %.
Slices are at least 30 seconds apart, and as many as fit, but no more than leave each an order of
the least value. A randomised slice is up to 20 % larger or smaller than it would be, by a number
drawn from the order's number and the slice's alone; later slices make up for it.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.agenda import Agenda, Errand
from seawall.engine.designs.orderbook.book import CANCELED, REDUCE_ONLY, Clearing
from seawall.engine.designs.orderbook.entry import MARKET, Entry
from seawall.engine.designs.orderbook.levels import FOR_TWAP, Owner, Resting
from seawall.engine.errors import BadOrder, BrokenBooks, Refusal
from seawall.engine.fixed import RATE, check_range, larger, mul_div, notional, smaller

_DIE: Final[i64] = 2_147_483_648


class Twap(Errand):
    """A running TWAP: ``whole`` counts down what is not executed yet (1e-8 token)."""

    def __init__(
        self, whole: Resting, started: i64, duration: i64, slices: i64, randomised: bool
    ) -> None:
        super().__init__(whole.number, started + duration // slices)
        self.whole: Resting = whole
        self.started: i64 = started
        self.duration: i64 = duration
        self.slices: i64 = slices
        self.done: i64 = 0
        self.randomised: bool = randomised

    def state(self) -> list[int]:
        """Every number, in a fixed order, for a digest."""
        numbers = self.whole.state()
        numbers.extend(
            [self.at, self.started, self.duration, self.slices, self.done, int(self.randomised)]
        )
        return numbers


class Twaps:
    """The running TWAPs of one market."""

    def __init__(self, desk: Clearing, entry: Entry) -> None:
        self.desk = desk
        self.entry = entry
        self.params = entry.params
        self.agenda = Agenda()
        self.running: dict[int, Twap] = {}

    def start(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: int,
        duration: int,
        randomised: bool,
        reduce_only: bool,
    ) -> Twap:
        """Start a TWAP of ``size`` (1e-8 token) over ``duration`` (ms)."""
        params = self.params
        self.entry.ticks.check_size(size)
        check_range("duration", duration, int(params.twap_shortest), int(params.twap_longest), "ms")
        value: i64 = notional(size, self.entry.reference(is_buy))
        if value < params.twap_least:
            raise BadOrder(
                "min-twap-value",
                f"a TWAP worth {value} is below {params.twap_least} (1e-6 dollar)",
                int(value),
                int(params.twap_least),
            )
        if reduce_only:
            self.entry.check_reducing(owner, is_buy)
        self.entry.check_count(owner, reduce_only)
        fitting: i64 = i64(duration) // params.twap_interval
        slices: i64 = larger(1, smaller(fitting, value // larger(1, params.min_value)))
        now: i64 = self.desk.now()
        whole = Resting(number, owner, is_buy, 0, size, reduce_only, now)
        whole.purpose = FOR_TWAP
        twap = Twap(whole, now, duration, slices, randomised)
        self.running[number] = twap
        self.agenda.add(twap)
        owner.dormant += 1
        return twap

    def find(self, number: int, owner: Owner) -> Twap | None:
        """A running TWAP of the account, or None."""
        twap = self.running.get(number)
        if twap is None or twap.whole.owner is not owner:
            return None
        return twap

    def end(self, twap: Twap, reason: str) -> None:
        """End a TWAP before it is through, or at its end with something left."""
        self._forget(twap)
        self.desk.cancelled(twap.whole, reason)

    def _forget(self, twap: Twap) -> None:
        self.agenda.remove(twap)
        del self.running[twap.number]
        twap.whole.owner.dormant -= 1

    def running_of(self, owner: Owner) -> list[Resting]:
        """The account's running TWAPs by number, each as the order it is a part of."""
        if owner.dormant == 0:
            return []
        wholes = [self.running[number].whole for number in sorted(self.running)]
        return [whole for whole in wholes if whole.owner is owner]

    def end_all(self, owner: Owner, reason: str) -> None:
        """End every TWAP of an account."""
        for whole in self.running_of(owner):
            self.end(self.running[whole.number], reason)

    def on_time(self, budget: i64) -> i64:
        """Send the slices that are due, in the order of their times; the actions left."""
        now: i64 = self.desk.now()
        while budget > 0:
            errand = self.agenda.due(now)
            if errand is None:
                break
            twap = self.running.get(errand.number)
            if twap is None:
                raise BrokenBooks(f"TWAP {errand.number} is due and does not run")
            self._slice(twap)
            budget -= 1
        return budget

    def _slice(self, twap: Twap) -> None:
        twap.done += 1
        whole = twap.whole
        size: i64 = self.slice_size(twap)
        ended = ""
        if size > 0:
            ended = self._send(twap, size)
        if whole.left == 0:
            self._forget(twap)
            self.desk.done(whole)
        elif ended != "":
            self.end(twap, ended)
        elif twap.done >= twap.slices:
            self.end(twap, CANCELED)
        else:
            twap.at = twap.started + mul_div(twap.duration, twap.done + 1, twap.slices)
            self.agenda.add(twap)

    def slice_size(self, twap: Twap) -> i64:
        """Size (1e-8 token) of the slice that is ``twap.done``, in lots; 0 if it is ahead."""
        whole = twap.whole
        lot: i64 = self.entry.ticks.lot
        target: i64 = mul_div(whole.size, twap.done, twap.slices)
        wanted: i64 = target - whole.filled()
        most: i64 = larger(lot, mul_div(whole.size, self.params.twap_catch_up, twap.slices))
        wanted = smaller(wanted, most)
        if wanted <= 0:
            return 0
        if twap.randomised and twap.done < twap.slices:
            wanted += mul_div(wanted, self._jitter(twap), RATE)
        wanted = smaller(smaller(wanted, most), whole.left)
        return self.entry.ticks.round_size(wanted)

    def _jitter(self, twap: Twap) -> i64:
        """A rate (1e-12) between plus and minus the parameter, from the order and the slice."""
        die: i64 = (twap.number % _DIE) * 1_103_515_245 % _DIE
        die = (die + twap.done * 2_654_435) % _DIE
        for _ in range(3):
            die = (die ^ (die >> 13)) * 1_103_515_245 % _DIE + 12_345
        most: i64 = self.params.twap_jitter
        return mul_div(2 * most, die % _DIE, _DIE) - most

    def _send(self, twap: Twap, size: i64) -> str:
        """Send one slice; the word with which it ends the whole, or nothing."""
        whole = twap.whole
        entry = self.entry
        try:
            order = entry.aggressive(
                twap.number, whole.owner, whole.is_buy, size, self.params.twap_slippage,
                whole.reduce_only,
            )  # fmt: skip
            order.purpose = FOR_TWAP
            entry.check(order, MARKET)
        except Refusal as refusal:
            return REDUCE_ONLY if refusal.code == "reduce-only" else ""
        entry.run(order, MARKET)
        whole.left -= order.filled()
        return ""

    def state(self) -> list[int]:
        """The running TWAPs by number."""
        numbers: list[int] = []
        for number in sorted(self.running):
            numbers.extend(self.running[number].state())
        return numbers
