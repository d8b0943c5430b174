"""Guards side by side: the same storm with each set of them, and what each one changed.

    for trial in try_guards("jelly", ["orderbook"], ["none", "position-cap"]):
        print(trial.guards, trial.opened, trial.row.gains["attacker"])

A set whose guards can all do nothing in a market is not run again: it is the storm without any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seawall import designs as registry
from seawall.engine.events import AuctionTaken, Event, Filled
from seawall.engine.fixed import NOTIONAL_STEP
from seawall.storm.broker import Broker
from seawall.storm.crowd import Tape
from seawall.storm.designs import idle_guards
from seawall.storm.events import load_event
from seawall.storm.guarding import EACH, for_design, names_of, sets
from seawall.storm.measure import Watcher
from seawall.storm.result import Row
from seawall.storm.run import CAPITAL, Progress, run_storm
from seawall.storm.scenario import Scenario

HONEST = ("traders", "trend followers", "faders")
"""Who trades without knowing more than others, and without a plan against the venue."""

ATTACKER = "attacker"

_STEP = int(NOTIONAL_STEP)


@dataclass(frozen=True)
class Trial:
    """One market of one design under one set of guards; amounts in 1e-6 dollar.

    ``opened`` is the attacker's largest short, at its entry price; ``locked_in`` what positions of
    honest traders lost from the first to the last tick of every time in which no order was taken,
    losers alone. ``idle`` has the guards that can do nothing, with the reason; with all of
    them idle the ``row`` is that of the storm without guards.
    """

    design: str
    guards: str
    row: Row
    opened: int
    locked_in: int
    idle: dict[str, str]
    is_idle: bool

    @property
    def honest(self) -> int:
        """What honest traders gained, below zero what they lost."""
        return sum(self.row.gains.get(kind, 0) for kind in HONEST)

    @property
    def vaults(self) -> int:
        """What all vaults gained."""
        return sum(layer.end for layer in self.row.layers)

    @property
    def deepest(self) -> int:
        """The vaults' deepest losses at any tick, what is open counted at the mark."""
        return sum(layer.worst for layer in self.row.layers)

    @property
    def inherited(self) -> tuple[int, int]:
        """What the vault or pool came to hold, at its largest, and the worst it stood at.

        Where every guard can act, a liquidator's account takes positions over: its largest, at its
        entry price, and its largest unrealised loss. Elsewhere the vaults, or the curve, are the
        other side of all trades: the largest net position, at the mark, and the vaults' deepest
        loss.
        """
        if registry.design(self.design).idle:
            interest = self.row.interest
            return max(interest.skew_most, -interest.skew_least), self.deepest
        found = [held for held in self.row.inherited if held.role == "liquidator"]
        dollars = max((abs(held.size) * held.entry // _STEP for held in found), default=0)
        return dollars, max((held.worst for held in found), default=0)


class Witness:
    """Looks on during a run: the attacker's positions, and everybody's through a standstill."""

    def __init__(self) -> None:
        self.opened: dict[tuple[str, str, str], int] = {}
        self.locked_in: dict[tuple[str, str, str], int] = {}
        self._watchers: Sequence[Watcher] = ()
        self._shorts: dict[tuple[str, int], int] = {}
        self._lost: dict[tuple[str, int], int] = {}
        self._still: dict[str, Standstill] = {}

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        """A run begins."""
        self._watchers = watchers
        self._shorts = {}
        self._lost = {}
        self._still = {watcher.name: Standstill(watcher) for watcher in watchers}

    def tick(self, index: int, events: Sequence[Event]) -> None:
        """A tick, after the watchers have looked."""
        touched: set[tuple[str, int]] = set()
        for event in events:
            if isinstance(event, Filled):
                touched.add((event.market, int(event.account)))
            elif isinstance(event, AuctionTaken):
                touched.add((event.market, int(event.bidder)))
        for watcher in self._watchers:
            for name, account in touched:
                if name == watcher.name:
                    self._weigh(watcher, account)
            for account, lost in self._still[watcher.name].look().items():
                key = (watcher.name, account)
                self._lost[key] = self._lost.get(key, 0) + lost

    def _weigh(self, watcher: Watcher, account: int) -> None:
        view = watcher.market.position(account)
        if view is None or int(view.size) >= 0:
            return
        key = (watcher.name, account)
        self._shorts[key] = max(self._shorts.get(key, 0), int(view.entry))

    def end(self, design: str, guards: str, broker: Broker) -> None:
        """The run is over; ``broker`` knows who is who."""
        for watcher in self._watchers:
            for account, lost in self._still[watcher.name].finish().items():
                key = (watcher.name, account)
                self._lost[key] = self._lost.get(key, 0) + lost
            here = (design, guards, watcher.name)
            shorts = [
                most
                for (name, account), most in self._shorts.items()
                if name == watcher.name and broker.kind.get(account) == ATTACKER
            ]
            self.opened[here] = max(shorts, default=0)
            self.locked_in[here] = sum(
                lost
                for (name, account), lost in self._lost.items()
                if name == watcher.name and broker.kind.get(account) in HONEST
            )


class Standstill:
    """What positions lose while no order is taken, from the first such tick to the last."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self._ticks = 0
        self._before: dict[int, int] = {}
        self._now: dict[int, int] = {}

    def look(self) -> dict[int, int]:
        """Take a tick in; what accounts lost (1e-6 dollar) where a standstill is just over."""
        ticks = self.watcher.halts.ticks
        closed = ticks > self._ticks
        self._ticks = ticks
        if not closed:
            return self.finish()
        self._now = self._results()
        if not self._before:
            self._before = self._now
        return {}

    def finish(self) -> dict[int, int]:
        """The losses of a standstill that ends here."""
        lost = {
            account: result - self._now[account]
            for account, result in self._before.items()
            if self._now.get(account, result) < result
        }
        self._before, self._now = {}, {}
        return lost

    def _results(self) -> dict[int, int]:
        market = self.watcher.market
        found = {}
        for account in market.open_positions():
            view: Any = market.position(account)
            if view is not None:
                found[account] = int(view.result)
        return found


def try_guards(
    scenario: Scenario | str,
    designs: Sequence[str] | None = None,
    guards: Sequence[str] | str = EACH,
    seed: int = 1,
    *,
    traders: int | None = None,
    capital: int = CAPITAL,
    progress: Progress | None = None,
) -> list[Trial]:
    """Put designs through a storm with each set of guards; arguments as of ``run_storm``.

    Raises what it raises.

    Example::

        try_guards("jelly", ["vamm"], ["none", "position-cap"], traders=40)[1].opened
    """
    storm = load_event(scenario) if isinstance(scenario, str) else scenario
    wanted = sets([guards] if isinstance(guards, str) else guards)
    trials: list[Trial] = []
    for one in registry.spelled_out(designs):
        design = one if isinstance(one, registry.Design) else registry.design(one)
        alike = {text: _is_idle(design, storm, text) for text in wanted}
        run = [text for text in wanted if not alike[text]]
        missing = [] if "none" in run or len(run) == len(wanted) else ["none"]
        witness = Witness()
        result = run_storm(
            storm,
            [design],
            seed=seed,
            traders=traders,
            guards=[*missing, *run],
            progress=progress,
            capital=capital,
            recorder=witness,
        )
        for text in wanted:
            like = "none" if alike[text] else text
            for row in result.rows:
                if row.guards == like:
                    key = (design.name, like, row.market)
                    trials.append(
                        Trial(
                            design.name,
                            text,
                            row,
                            witness.opened[key],
                            witness.locked_in[key],
                            idle_guards(design, storm, row.market, for_design(text, design.guards)),
                            alike[text],
                        )
                    )
    return trials


def _is_idle(design: registry.Design, storm: Scenario, text: str) -> bool:
    """Whether a set has guards and none of them can do anything in any market."""
    standing = for_design(text, design.guards)
    names = names_of(standing)
    return bool(names) and all(
        len(idle_guards(design, storm, market, standing)) == len(names) for market in storm.markets
    )
