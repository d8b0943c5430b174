"""Random commands of random people: books, refusals, determinism, the lookout.

An act is a kind of command and four numbers; what it means depends on what is there, so that any
list of acts is a run, and a shorter list is one as well.
"""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.vamm import DepthRule, Params, VammMarket
from seawall.engine.errors import Refusal
from seawall.engine.events import RungReached
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    LeverageStep,
    MarketFacts,
    PositionCap,
)
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import Venue
from vamm.stage import START, dollars, price, rate

ORACLE = OracleParams(quorum=1, max_age=0, outlier=0, jump=0)


def tiers() -> Tiers:
    return Tiers(
        [
            Tier(dollars(2_000), 20, rate("0.025")),
            Tier(dollars(20_000), 10, rate("0.05")),
            Tier(10**18, 5, rate("0.1")),
        ],
        False,
    )


def guards() -> Guards:
    """Every guard, so tight that a small market meets it."""
    return Guards(
        open_interest=AdaptiveOpenInterestCap(value_share=rate("0.03")),
        position=PositionCap(share=rate("0.015")),
        leverage=AdaptiveLeverage(value_steps=[LeverageStep(dollars(500_000), 8)]),
        price_breaker=PriceBreaker(move=rate("0.1"), window=1_800_000, pause=300_000),
        funding_breaker=FundingBreaker(rate("0.008")),
    )


CONFIGURATIONS: dict[str, dict[str, object]] = {
    "production": {},
    "no-band": {"fluctuation": 0, "toll": rate("0.001")},
    "tiers": {"fluctuation": 0, "tiers": tiers()},
    "adaptive": {"fluctuation": rate("0.1"), "depth": DepthRule.adaptive()},
    "drift": {"fluctuation": 0, "depth": DepthRule.drift(), "funding_rule": "capped"},
    "guarded": {"fluctuation": 0, "guards": guards()},
    "tribe3": {"fluctuation": 0, "depth": DepthRule.tribe3(), "funding_rule": "shared"},
}


KINDS = (
    ["place"] * 30 + ["open"] * 15 + ["close"] * 12 + ["margin"] * 5 + ["take"] * 5 + ["wait"] * 40
    + ["cancel"] * 3 + ["depth"] + ["fund"] * 2 + ["kill"] * 4
)  # fmt: skip
ORDERS = ("market", "market", "market", "limit", "stop", "take-profit")
LARGEST = 999_999

Act = tuple[str, int, int, int, int]
NUMBER = st.integers(0, LARGEST)
ACTS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 11), NUMBER, NUMBER, NUMBER), max_size=60
)


def drawn(dice: random.Random) -> Act:
    """One act of a run that is longer than a property can draw."""
    numbers = [dice.randint(0, LARGEST) for _ in range(3)]
    return dice.choice(KINDS), dice.randint(0, 11), numbers[0], numbers[1], numbers[2]


class Crowd:
    """Twelve people at a market; every command and its outcome is remembered."""

    def __init__(self, fund: int = 2_000, **changes: object) -> None:
        params = Params(
            quote_reserve=dollars(100_000),
            oracle=ORACLE,
            **changes,  # type: ignore[arg-type]
        )
        facts = MarketFacts(market_value=dollars(400_000), volume=dollars(10**7))
        self.market = VammMarket("ETH", params, facts)
        self.venue = Venue()
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.price = price(100)
        self.venue.advance(self.now, {"ETH": [Report("feed", self.price, self.now)]})
        self.people = [self.venue.open_account() for _ in range(12)]
        for account in self.people:
            self.venue.deposit(account, dollars(5_000))
        self.venue.supply("ETH", "fund", self.people[0], dollars(fund))
        self.log: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.traces = 0

    def step(self, act: Act, check: bool) -> None:
        before = self.venue.digest() if check else ""
        try:
            self._do(act)
        except Refusal as refusal:
            self.log[refusal.code] += 1
            self.traces += check and self.venue.digest() != before
        else:
            self.done[act[0]] += 1

    def _do(self, act: Act) -> None:
        kind, place, a, b, c = act
        venue, market, who = self.venue, self.market, self.people[place]
        if kind == "place":
            self._place(who, a, b, c)
        elif kind == "open":
            market.open_position(who, a % 2 == 0, 1 + b * 300, rate(1 + c % 10))
        elif kind == "close":
            market.close_position(who)
        elif kind == "margin":
            venue.add_margin("ETH", who, 1 + a * 50)
        elif kind == "take":
            venue.remove_margin("ETH", who, 1 + a * 50)
        elif kind == "cancel":
            waiting = sorted(market.waiting.orders)
            if waiting:
                found = market.waiting.orders[waiting[a % len(waiting)]]
                venue.cancel("ETH", int(found.account), int(found.number))
        elif kind == "depth":
            market.set_depth(rate("0.8") + a * rate("0.45") // LARGEST)
        elif kind == "fund":
            if a % 2:
                venue.supply("ETH", "fund", who, 1 + b * 200)
            else:
                venue.request_redeem("ETH", "fund", who, 1 + b * 200)
        elif kind == "kill":
            market.liquidate(who, self.people[a % 12])
        else:
            self.wait(a, b, c)

    def _place(self, who: int, a: int, b: int, c: int) -> None:
        size = (1 + a * 2_000) * (1 if b % 2 else -1)
        margin = abs(size) * (5 + b % 36) // 100
        order = ORDERS[c % 6]
        trigger = 0 if order == "market" else self.price * (900 + c // 6 % 201) // 1_000
        self.venue.place(
            "ETH", who, size, 0 if c % 5 == 0 else margin, kind=order, trigger=trigger,
            reduce_only=c % 25 < 5, partial=c % 10 < 3,
        )  # fmt: skip

    def wait(self, a: int, b: int, c: int) -> None:
        self.now += (1_000, 15_000, 60_000, 900_000)[a % 4]
        self.price = self.price * (970_000 + b * 60_000 // LARGEST) // 1_000_000
        report = Report("feed", self.price, self.now)
        self.venue.advance(self.now, {"ETH": [report]}, (0, 1, 5, 10**9)[c % 4])
        for event in self.venue.drain():
            self.done[type(event).__name__] += 1
            if isinstance(event, RungReached):
                self.done[event.rung] += 1


def run(name: str, acts: list[Act]) -> Crowd:
    """The acts one after the other; after each the books, every fourth a look for traces."""
    crowd = Crowd(**CONFIGURATIONS[name])  # type: ignore[arg-type]
    for turn, act in enumerate(acts):
        crowd.step(act, check=turn % 4 == 0)
        crowd.venue.audit()
    assert crowd.traces == 0, "a refused command left a trace"
    return crowd


@pytest.mark.parametrize("name", CONFIGURATIONS)
@given(acts=ACTS)
@settings(max_examples=15, deadline=None)
def test_the_books_add_up_after_every_command(name: str, acts: list[Act]) -> None:
    """VAM-POS-7, VAM-REF-1; and the same commands give the same digest."""
    assert run(name, acts).venue.digest() == run(name, acts).venue.digest()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_long_run_reaches_every_corner_and_adds_up(name: str) -> None:
    """VAM-POS-7, VAM-REF-1, VAM-GRD-1: with guards and without, in every configuration."""
    dice = random.Random(1)
    crowd = run(name, [drawn(dice) for _ in range(3_000)])
    assert min(crowd.done[kind] for kind in ("place", "open", "close", "wait", "margin")) > 20
    assert crowd.done["RungReached"] > 0
    if name == "guarded":
        guards = {"adaptive-open-interest-cap", "position-cap", "adaptive-leverage"}
        assert guards | {"price-breaker", "funding-breaker"} <= crowd.log.keys()
        assert crowd.done["Halted"] > 0


@pytest.mark.parametrize("name", ["no-band", "tiers", "drift"])
def test_nobody_who_must_be_liquidated_is_overlooked(name: str) -> None:
    """Whoever is liquidatable stands in the queue, or his trigger has been reached."""
    dice = random.Random(3)
    crowd = Crowd(**CONFIGURATIONS[name])  # type: ignore[arg-type]
    house = crowd.market.house
    looked_at = 0
    for _ in range(600):
        crowd.step(drawn(dice), check=False)
        crowd.now += 1_000
        crowd.venue.advance(crowd.now, {}, 0)
        mark = house.pool.mark()
        waiting = [int(item.account) for item in house.lookout.due.items]
        for account, position in house.positions.items():
            if not house.is_liquidatable(position):
                continue
            looked_at += 1
            reached = mark <= position.key if position.size > 0 else -mark <= position.key
            assert account in waiting or reached, f"{account} is overlooked at {mark}"
    assert looked_at > 0


def test_a_drained_market_still_adds_up() -> None:
    """No fund at all: debts stay as a shortfall, and winners are refused what is not there."""
    dice = random.Random(4)
    crowd = Crowd(fund=1, fluctuation=0, spread=0, liquidation_fee=rate("0.05"))
    worst = 0
    for _ in range(3_000):
        crowd.step(drawn(dice), check=False)
        crowd.venue.audit()
        worst = max(worst, int(crowd.market.house.shortfall))
    assert crowd.done["backstop"] > 0
    assert worst > 0
