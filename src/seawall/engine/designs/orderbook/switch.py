"""The dead-man switch: at a time set beforehand all of an account's orders are cancelled.

``scheduleCancel`` of Hyperliquid's API: the time lies at least five seconds ahead, setting it
anew moves it, and it acts at most ten times per account and UTC day.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.agenda import Agenda, Errand
from seawall.engine.designs.orderbook.levels import Owner
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import DAY, MAX_TIME, check_range


class Switch(Errand):
    """An account's switch; ``count`` is how often it acted on ``day`` (days since the epoch)."""

    def __init__(self, owner: Owner) -> None:
        super().__init__(owner.account, 0)
        self.owner: Owner = owner
        self.day: i64 = 0
        self.count: i64 = 0


class Switches:
    """The switches of one market."""

    def __init__(self, params: OrderParams) -> None:
        self.params = params
        self.agenda = Agenda()
        self.all: dict[int, Switch] = {}

    def set(self, owner: Owner, at: int, now: i64) -> None:
        """Set or move the switch to ``at`` (ms); 0 takes it off."""
        switch = self.all.get(owner.account)
        if at != 0:
            check_range("time", at, int(now + self.params.switch_notice), int(MAX_TIME), "ms")
            acted: i64 = 0
            if switch is not None and switch.day == i64(at) // DAY:
                acted = switch.count
            if acted >= self.params.switch_triggers:
                raise LimitReached(
                    "scheduled-cancel-limit",
                    f"the switch acted {acted} times on that day, as often as it may",
                    int(acted),
                    int(self.params.switch_triggers),
                )
        if switch is None:
            if at == 0:
                return
            switch = Switch(owner)
            self.all[owner.account] = switch
        self.agenda.remove(switch)
        switch.at = at
        if at != 0:
            self.agenda.add(switch)

    def due(self, now: i64) -> Owner | None:
        """The account whose switch acts next by ``now``, counted, or None."""
        errand = self.agenda.due(now)
        if errand is None:
            return None
        switch = self.all[errand.number]
        day: i64 = switch.at // DAY
        if switch.day != day:
            switch.day = day
            switch.count = 0
        switch.count += 1
        switch.at = 0
        return switch.owner

    def state(self) -> list[int]:
        """Every switch by account."""
        numbers: list[int] = []
        for account in sorted(self.all):
            switch = self.all[account]
            numbers.extend([account, int(switch.at), int(switch.day), int(switch.count)])
        return numbers
