"""The rungs, each alone and as a ladder, on a ward of cardboard."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.ladder import (
    ACTED,
    PASSED,
    ROUNDING,
    WAITS,
    Deleverage,
    FirstLoss,
    Insurance,
    Ladder,
    PartialClose,
    Rung,
    SmallAuction,
    Ward,
)
from seawall.engine.watch import Position

DOLLAR = 10**6
PERCENT = 10**10
RATE = 10**12


class CardboardWard(Ward):
    """A market that says what it is told to say and notes what it is asked to do."""

    def __init__(self) -> None:
        self.value = 20_000 * DOLLAR
        self.equity = 900 * DOLLAR
        self.rate = 48 * PERCENT // 10
        self.cost = 0
        self.pace = 10**15
        self.least = 10 * DOLLAR
        self.short = 0
        self.insurance = 0
        self.before = 0
        self.claim = 0
        self.sure = True
        self.waited = 10**9
        self.winners = True
        self.done: list[tuple[str, object]] = []

    def notional_of(self, position: Position) -> int:
        return self.value

    def equity_of(self, position: Position) -> int:
        return self.equity

    def maintenance_rate_of(self, position: Position) -> int:
        return self.rate

    def closing_cost_rate(self, position: Position) -> int:
        return self.cost

    def pace_left(self) -> int:
        return self.pace

    def smallest(self) -> int:
        return self.least

    def close_part(self, position: Position, dollars: int, rung: str) -> None:
        self.done.append((rung, dollars))

    def open_auction(self, position: Position) -> None:
        self.done.append(("auction", None))

    def take_over(self, position: Position, rung: str) -> None:
        self.done.append((rung, None))

    def uncovered(self) -> int:
        return self.short

    def insured(self) -> int:
        return self.insurance

    def draw_insurance(self, amount: int) -> None:
        self.done.append(("insurance", amount))

    def cover(self) -> int:
        return self.before

    def protected(self) -> int:
        return self.claim

    def may_deleverage(self) -> bool:
        return self.sure

    def since_last_batch(self) -> int:
        return self.waited

    def cut_winners(self, rate: int) -> bool:
        if self.winners:
            self.done.append(("deleverage", rate))
        return self.winners


def partial() -> PartialClose:
    return PartialClose(RATE // 2, RATE * 5 // 4)


SOMEBODY = Position(1)


# partial close


@pytest.mark.parametrize(
    ("cost", "dollars"), [(0, 5_000 * DOLLAR), (11 * PERCENT // 10, 6_122_448_980)]
)
def test_the_worked_closes_of_the_manual(cost, dollars):
    """N = 20,000, e = 900, m_T = 6 %; a little more than exact, for what is rounded one by one."""
    ward = CardboardWard()
    ward.cost = cost
    assert partial().work(ward, SOMEBODY) == ACTED
    rung, closed = ward.done[0]
    assert rung == "partial-close"
    assert dollars <= closed <= dollars + ROUNDING * RATE // (6 * PERCENT - cost) + 1


def test_a_partial_close_needs_half_of_the_maintenance():
    """480 of 960 dollars; a unit less goes to the next rung."""
    ward = CardboardWard()
    ward.equity = 480 * DOLLAR
    assert partial().work(ward, SOMEBODY) == ACTED
    ward.equity -= 1
    assert partial().work(ward, SOMEBODY) == PASSED
    assert len(ward.done) == 1


@pytest.mark.parametrize("cost", [-1, 6 * PERCENT, 7 * PERCENT])
def test_a_partial_close_passes_where_it_would_close_everything(cost):
    """No depth for it, or closing costs all that it frees."""
    ward = CardboardWard()
    ward.cost = cost
    assert partial().work(ward, SOMEBODY) == PASSED
    assert ward.done == []


def test_a_partial_close_is_cut_to_the_pace_or_waits():
    """A crumb of pace is not worth a close, unless the close is a crumb itself."""
    ward = CardboardWard()
    ward.pace = 1_000 * DOLLAR
    assert partial().work(ward, SOMEBODY) == ACTED
    assert ward.done == [("partial-close", 1_000 * DOLLAR)]
    ward.pace = ward.least - 1
    assert partial().work(ward, SOMEBODY) == WAITS
    ward.value, ward.equity = 1_000 * DOLLAR, 60 * DOLLAR - 100_000
    ward.pace = 3 * DOLLAR
    assert partial().work(ward, SOMEBODY) == ACTED
    assert ward.done[1][1] < 3 * DOLLAR


@settings(max_examples=150, deadline=None)
@given(
    st.integers(100 * DOLLAR, 10**14),
    st.integers(1, 20 * PERCENT),
    st.integers(0, 10**12),
    st.integers(0, 30 * PERCENT),
)
def test_what_is_closed_restores_the_target(value, rate, share, cost):
    """Equity less cost is at least m_T of what is left, for the price that the cost rate names."""
    ward = CardboardWard()
    ward.value, ward.rate, ward.cost = value, rate, cost
    ward.equity = value * rate // RATE * share // RATE
    outcome = partial().work(ward, SOMEBODY)
    if outcome != ACTED:
        assert outcome == PASSED
        return
    closed = ward.done[0][1]
    target = rate * 5 // 4
    left = (ward.equity - ROUNDING) * RATE - closed * cost
    assert 0 < closed < value
    assert left >= target * (value - closed)
    assert left - target < target * (value - closed) + RATE + (target - cost)


# auction and first loss


def test_an_auction_takes_the_solvent_and_the_first_loss_the_rest():
    ward = CardboardWard()
    ward.equity = 0
    assert SmallAuction().work(ward, SOMEBODY) == ACTED
    ward.equity = -1
    assert SmallAuction().work(ward, SOMEBODY) == PASSED
    assert FirstLoss("vault").work(ward, SOMEBODY) == ACTED
    assert ward.done == [("auction", None), ("vault", None)]


# insurance


@pytest.mark.parametrize(
    ("short", "held", "drawn"), [(0, 50, None), (30, 50, 30), (70, 50, 50), (70, 0, None)]
)
def test_insurance_advances_what_is_missing_as_far_as_it_goes(short, held, drawn):
    ward = CardboardWard()
    ward.short, ward.insurance = short, held
    assert not Insurance().relieve(ward)
    assert ward.done == ([] if drawn is None else [("insurance", drawn)])


# deleveraging


def exposed() -> CardboardWard:
    ward = CardboardWard()
    ward.claim, ward.before = 10_000, 99
    return ward


def test_winners_are_cut_while_cover_is_below_its_floor():
    """1 % of 10,000 are 100: at 99 a batch, at 100 none."""
    rung = Deleverage(PERCENT, 10_000, RATE // 10)
    ward = exposed()
    assert rung.relieve(ward)
    assert ward.done == [("deleverage", RATE // 10)]
    ward.before = 100
    assert not rung.relieve(ward)


@pytest.mark.parametrize(
    ("attribute", "value"), [("sure", False), ("waited", 9_999), ("winners", False)]
)
def test_no_batch_at_a_doubtful_price_too_soon_or_without_winners(attribute, value):
    rung = Deleverage(PERCENT, 10_000, RATE // 10)
    ward = exposed()
    setattr(ward, attribute, value)
    assert not rung.relieve(ward)
    assert ward.done == []


def test_a_floor_is_rounded_up():
    """1 % of 10,001 is more than 100."""
    ward = exposed()
    ward.claim, ward.before = 10_001, 100
    assert Deleverage(PERCENT, 0, RATE).relieve(ward)


# the ladder


def layered() -> Ladder:
    return Ladder(
        [
            partial(),
            SmallAuction(),
            FirstLoss("junior"),
            Insurance(),
            Deleverage(PERCENT, 10_000, RATE // 10),
        ]
    )


@pytest.mark.parametrize(
    ("equity", "rung"), [(900, "partial-close"), (479, "auction"), (-1, "junior")]
)
def test_the_first_rung_that_fits_acts_and_no_other(equity, rung):
    ward = CardboardWard()
    ward.equity = equity * DOLLAR
    assert layered().work(ward, SOMEBODY) == ACTED
    assert [done for done, _ in ward.done] == [rung]


def test_an_account_that_waits_is_not_handed_on():
    """Its turn comes in the next minute; the auction is not for it."""
    ward = CardboardWard()
    ward.pace = 0
    assert layered().work(ward, SOMEBODY) == WAITS
    assert ward.done == []


def test_a_ladder_without_a_rung_for_it_passes():
    ward = CardboardWard()
    ward.equity = -1
    assert Ladder([partial(), SmallAuction()]).work(ward, SOMEBODY) == PASSED
    assert Ladder([]).work(ward, SOMEBODY) == PASSED


def test_relief_asks_every_rung_and_a_batch_takes_budget():
    ward = exposed()
    ward.short, ward.insurance = 10, 10
    assert layered().relieve(ward, 3) == 2
    assert ward.done == [("insurance", 10), ("deleverage", RATE // 10)]


def test_without_budget_insurance_still_stands_in():
    ward = exposed()
    ward.short, ward.insurance = 10, 10
    assert layered().relieve(ward, 0) == 0
    assert ward.done == [("insurance", 10)]


def test_a_rung_of_ones_own_fits_into_a_ladder():
    """A rung overrides one of two methods; the other does nothing."""

    class Patience(Rung):
        name = "patience"

        def work(self, ward: Ward, position: Position) -> int:
            return WAITS

    ward = CardboardWard()
    ladder = Ladder([Patience(), SmallAuction()])
    assert ladder.work(ward, SOMEBODY) == WAITS
    assert ladder.relieve(ward, 1) == 1
    assert ward.done == []
