"""The rules of the state machine: who may do what, how wildly, and what must hold after each."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from machine.harness import Harness
from machine.player import TRADERS, Player, replay, without_a
from seawall.engine.venue import MAX_BUDGET

who = st.integers(0, TRADERS - 1)
percent = st.integers(1, 100)
worth = st.integers(20, 60_000)
side = st.sampled_from([1, -1])
kinds = st.sampled_from(["market", "market", "market", "limit", "stop", "take-profit"])
holders = st.sampled_from([-1, -1, -1, 0, 1])
crowds = st.lists(st.tuples(worth, st.integers(2, 45)), max_size=TRADERS)
budgets = st.sampled_from([0, 1, 2, 5, MAX_BUDGET, MAX_BUDGET, MAX_BUDGET])


def machine_for(make: type[Harness]) -> type[RuleBasedStateMachine]:
    """The state machine of one design."""
    vaults = st.sampled_from(make.vaults) if make.vaults else st.nothing()

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.player = Player(make())

        @initialize(crowd=crowds, lean=side)
        def begins(self, crowd: list[tuple[int, int]], lean: int) -> None:
            """A crowd on both sides."""
            for who, (worth, leverage) in enumerate(crowd):
                side = lean if who % 2 else -lean
                self.player.place(who, side * worth, leverage, "market", 0, 0, False, True)
            self.player.tick(0, 2, 0, MAX_BUDGET, False)

        # people

        @rule(who=who, amount=st.integers(1, 100_000))
        def deposits(self, who: int, amount: int) -> None:
            self.player.deposit(who, amount)

        @rule(who=who, percent=percent)
        def withdraws(self, who: int, percent: int) -> None:
            self.player.withdraw(who, percent)

        @rule(
            who=who, worth=worth, side=side, leverage=st.integers(1, 55), kind=kinds,
            distance=st.integers(-300, 300), slip=st.sampled_from([0, 0, 20, 200]),
            reduce_only=st.sampled_from([False, False, False, True]), partial=st.booleans(),
        )  # fmt: skip
        def places(self, who: int, worth: int, side: int, leverage: int, **how: object) -> None:
            self.player.place(who, side * worth, leverage, **how)  # type: ignore[arg-type]

        @rule(who=who, worth=worth, side=side, leverage=st.integers(2, 45))
        def trades_at_once(self, who: int, worth: int, side: int, leverage: int) -> None:
            self.player.place(who, side * worth, leverage, "market", 0, 0, False, True)
            self.player.tick(0, 2, 0, MAX_BUDGET, False)

        @rule(which=st.integers(0, 5), percent=st.sampled_from([20, 50, 100, 100]))
        def closes(self, which: int, percent: int) -> None:
            """Somebody leaves, and the keeper's hand is watched."""
            self.player.close(which, percent)
            self.player.tick(0, 2, 0, 11, True)

        @rule(which=st.integers(0, 30))
        def cancels(self, which: int) -> None:
            self.player.cancel(which)

        @rule(who=who, amount=st.integers(1, 2_000))
        def adds_margin(self, who: int, amount: int) -> None:
            self.player.add_margin(who, amount)

        @rule(who=who, percent=percent)
        def removes_margin(self, who: int, percent: int) -> None:
            self.player.remove_margin(who, percent)

        @rule(who=who, which=st.integers(0, 5), percent=percent, margin=st.integers(0, 5_000))
        def bids(self, who: int, which: int, percent: int, margin: int) -> None:
            self.player.bid(who, which, percent, margin)

        # depositors

        @rule(vault=vaults, who=who, amount=st.integers(1, 3_000))
        def supplies(self, vault: str, who: int, amount: int) -> None:
            self.player.supply(vault, who, amount)

        @rule(vault=vaults, who=holders, percent=st.integers(1, 60))
        def asks_to_leave(self, vault: str, who: int, percent: int) -> None:
            self.player.request_redeem(vault, who, percent)

        @rule(vault=vaults, who=holders)
        def claims(self, vault: str, who: int) -> None:
            self.player.claim(vault, who)

        @rule(vault=vaults)
        def restarts(self, vault: str) -> None:
            self.player.restart(vault)

        # prices and time

        @rule(
            move=st.integers(-40, 40), seconds=st.integers(1, 90), budget=budgets,
            slow=st.booleans(),
        )  # fmt: skip
        def drifts(self, move: int, seconds: int, budget: int, slow: bool) -> None:
            self.player.tick(move, seconds, 0, budget, slow)

        @rule(
            move=st.integers(-1_200, 1_200), budget=budgets, slow=st.booleans(), who=who,
            percent=percent, margin=st.integers(0, 5_000),
        )  # fmt: skip
        def jumps(
            self, move: int, budget: int, slow: bool, who: int, percent: int, margin: int
        ) -> None:
            """A jump, and somebody who waits for what it puts on offer."""
            self.player.tick(move, 3, 0, budget, slow)
            self.player.bid(who, 0, percent, margin)

        @rule(move=st.integers(1_000, 4_500), falls=st.booleans(), slow=st.booleans())
        def crashes(self, move: int, falls: bool, slow: bool) -> None:
            self.player.tick(-move if falls else move * 2, 5, 0, MAX_BUDGET, slow)
            self.player.tick(0, 5, 0, MAX_BUDGET, slow)

        @rule(step=st.integers(200, 900), times=st.integers(2, 9), falls=st.booleans())
        def trends(self, step: int, times: int, falls: bool) -> None:
            """A move that is confirmed at every step: the last rungs have their turn."""
            for _ in range(times):
                self.player.tick(-step if falls else step, 12, 0, MAX_BUDGET, False)

        @rule(move=st.integers(500, 5_000), falls=st.booleans(), seconds=st.integers(2, 200))
        def spikes(self, move: int, falls: bool, seconds: int) -> None:
            before = self.player.mark
            self.player.tick(-move if falls else move, 2, 0, MAX_BUDGET, False)
            back = before * 10_000 // self.player.mark - 10_000
            self.player.tick(back, seconds, 0, MAX_BUDGET, False)

        @rule(confidence=st.integers(1, 400), move=st.integers(-100, 100), budget=budgets)
        def doubts(self, confidence: int, move: int, budget: int) -> None:
            self.player.tick(move, 4, confidence, budget, False)

        @rule(seconds=st.integers(1, 200), budget=budgets)
        def is_silent(self, seconds: int, budget: int) -> None:
            self.player.silence(seconds, budget)

        @rule(minutes=st.integers(1, 90), move=st.integers(-200, 200))
        def waits(self, minutes: int, move: int) -> None:
            self.player.tick(move, 60 * minutes, 0, MAX_BUDGET, False)

        # laws

        @invariant()
        def the_books_add_up(self) -> None:
            self.player.venue.audit()

        @invariant()
        def the_design_keeps_its_laws(self) -> None:
            self.player.harness.check_still(self.player.market)

        def teardown(self) -> None:
            player = self.player
            again, outcomes = replay(player.tape, make())
            assert outcomes == player.outcomes
            assert again.digest() == player.venue.digest()
            alone, _ = replay(without_a(player.tape), make())
            assert alone.market("B").digest() == player.venue.market("B").digest()

    Machine.__name__ = Machine.__qualname__ = f"{make.design.title()}Machine"
    return Machine
