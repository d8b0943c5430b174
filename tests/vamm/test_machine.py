"""The shared state machine under random commands: books, refusals, determinism, the lookout."""

import random
from collections import Counter

import pytest

from seawall.engine.designs.vamm import DepthRule, Params, VammMarket
from seawall.engine.errors import Refusal
from seawall.engine.events import RungReached
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import Venue
from vamm.stage import START, dollars, price, rate, tokens

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


CONFIGURATIONS: dict[str, dict[str, object]] = {
    "production": {},
    "no-band": {"fluctuation": 0, "toll": rate("0.001")},
    "tiers": {"fluctuation": 0, "tiers": tiers()},
    "adaptive": {"fluctuation": rate("0.1"), "depth": DepthRule.adaptive()},
    "drift": {"fluctuation": 0, "depth": DepthRule.drift(), "funding_rule": "capped"},
    "tribe3": {"fluctuation": 0, "depth": DepthRule.tribe3(), "funding_rule": "shared"},
}


class Crowd:
    """Random people at a market; every command and its outcome is remembered."""

    def __init__(self, seed: int, fund: int = 2_000, **changes: object) -> None:
        self.dice = random.Random(seed)
        params = Params(
            quote_reserve=dollars(100_000),
            oracle=ORACLE,
            **changes,  # type: ignore[arg-type]
        )
        self.market = VammMarket("ETH", params)
        self.venue = Venue()
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.price = 100.0
        self.venue.advance(self.now, {"ETH": [Report("feed", price(100), self.now)]})
        self.people = [self.venue.open_account() for _ in range(12)]
        for account in self.people:
            self.venue.deposit(account, dollars(5_000))
        self.venue.supply("ETH", "fund", self.people[0], dollars(fund))
        self.log: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.traces = 0

    def step(self, check: bool) -> None:
        dice, venue, market = self.dice, self.venue, self.market
        kind = dice.choices(
            ["place", "open", "close", "margin", "take", "wait", "cancel", "depth", "fund", "kill"],
            [30, 15, 12, 5, 5, 40, 3, 1, 2, 4],
        )[0]
        who = dice.choice(self.people)
        before = venue.digest() if check else ""
        try:
            if kind == "place":
                size = dice.randint(1, tokens(20)) * dice.choice((1, -1))
                margin = abs(size) * dice.randint(5, 40) * 10_000 // 10**8 * 100
                order = dice.choice(["market", "market", "market", "limit", "stop", "take-profit"])
                trigger = 0 if order == "market" else price(self.price * dice.uniform(0.9, 1.1))
                venue.place(
                    "ETH", who, size, 0 if dice.random() < 0.2 else margin, kind=order,
                    trigger=trigger, reduce_only=dice.random() < 0.2, partial=dice.random() < 0.3,
                )  # fmt: skip
            elif kind == "open":
                market.open_position(
                    who,
                    dice.random() < 0.5,
                    dice.randint(1, dollars(300)),
                    rate(dice.randint(1, 10)),
                )
            elif kind == "close":
                market.close_position(who)
            elif kind == "margin":
                venue.add_margin("ETH", who, dice.randint(1, dollars(50)))
            elif kind == "take":
                venue.remove_margin("ETH", who, dice.randint(1, dollars(50)))
            elif kind == "cancel":
                waiting = sorted(market.waiting.orders)
                if waiting:
                    order_number = dice.choice(waiting)
                    found = market.waiting.orders[order_number]
                    venue.cancel("ETH", int(found.account), order_number)
            elif kind == "depth":
                market.set_depth(rate(f"{dice.uniform(0.8, 1.25):.6f}"))
            elif kind == "fund":
                if dice.random() < 0.5:
                    venue.supply("ETH", "fund", who, dice.randint(1, dollars(200)))
                else:
                    venue.request_redeem("ETH", "fund", who, dice.randint(1, dollars(200)))
            elif kind == "kill":
                market.liquidate(who, dice.choice(self.people))
            else:
                self.wait()
        except Refusal as refusal:
            self.log[refusal.code] += 1
            self.traces += check and venue.digest() != before
        else:
            self.done[kind] += 1

    def wait(self) -> None:
        self.now += self.dice.choice((1_000, 15_000, 60_000, 900_000))
        self.price *= self.dice.uniform(0.97, 1.03)
        report = Report("feed", price(round(self.price, 8)), self.now)
        self.venue.advance(self.now, {"ETH": [report]}, self.dice.choice((0, 1, 5, 10**9)))
        for event in self.venue.drain():
            self.done[type(event).__name__] += 1
            if isinstance(event, RungReached):
                self.done[event.rung] += 1


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_books_add_up_after_every_command(name: str) -> None:
    """VAM-POS-7, VAM-REF-1."""
    total: Counter[str] = Counter()
    for seed in range(3):
        crowd = Crowd(seed, **CONFIGURATIONS[name])
        for turn in range(400):
            crowd.step(check=turn % 4 == 0)
            crowd.venue.audit()
        assert crowd.traces == 0, "a refused command left a trace"
        total += crowd.done
    assert total["place"] > 50
    assert total["RungReached"] > 0


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_same_commands_give_the_same_digest(name: str) -> None:
    digests = []
    for _ in range(2):
        crowd = Crowd(7, **CONFIGURATIONS[name])
        for _ in range(200):
            crowd.step(check=False)
        digests.append(crowd.venue.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", ["no-band", "tiers", "drift"])
def test_nobody_who_must_be_liquidated_is_overlooked(name: str) -> None:
    """Whoever is liquidatable stands in the queue, or his trigger has been reached."""
    crowd = Crowd(3, **CONFIGURATIONS[name])
    house = crowd.market.house
    looked_at = 0
    for _ in range(600):
        crowd.step(check=False)
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
    crowd = Crowd(3, fund=1, fluctuation=0, spread=0, liquidation_fee=rate("0.05"))
    worst = 0
    for _ in range(1_500):
        crowd.step(check=False)
        crowd.venue.audit()
        worst = max(worst, int(crowd.market.house.shortfall))
    assert crowd.done["backstop"] > 0
    assert worst > 0
