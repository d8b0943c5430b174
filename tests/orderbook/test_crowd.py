"""Random people in two markets of one house, with every command there is: books, traces, replay."""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from orderbook.floor import PLAIN, dollars, price, rate, tokens
from orderbook.pit import START
from seawall.engine.designs.orderbook import OrderbookMarket, OrderParams, Params
from seawall.engine.designs.orderbook.lookout import is_liquidatable
from seawall.engine.designs.orderbook.orders import Exits
from seawall.engine.errors import Refusal
from seawall.engine.events import RungReached
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.guards import Guards, PriceBreaker
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import Report
from seawall.engine.venue import MAX_BUDGET, Venue

TABLE = Tiers(
    [Tier(dollars(20_000), 25, rate("0.02")), Tier(int(MAX_DOLLARS), 10, rate("0.05"))], True
)
CONFIGURATIONS: dict[str, dict[str, object]] = {
    "plain": {},
    "auctions": {"auction": True, "auction_duration": 30_000, "due_order": "health"},
    "shared": {"shared_collateral": True, "short_rank": "literal", "rank_value": "account"},
    "alone": {"backstop": False, "guards": Guards(price_breaker=PriceBreaker(move=rate("0.2")))},
    "isolated": {"cross_allowed": False, "interest_cap": dollars(300_000)},
}


class Crowd:
    """People, two markets, dice; what was done and refused is counted."""

    def __init__(self, seed: int, **changes: object) -> None:
        self.dice = random.Random(seed)
        params = Params(
            tiers=TABLE, oracle=PLAIN, orders=OrderParams(min_value=0), slice_above=dollars(5_000),
            vault_lock=60_000, user_lock=0, liquidator_part=rate("0.3"), rebalance_interval=60_000,
            **changes,  # type: ignore[arg-type]
        )  # fmt: skip
        self.first = OrderbookMarket("A", params)
        self.second = OrderbookMarket("B", params, None, self.first)
        self.venue = Venue()
        self.venue.list_market(self.first)
        self.venue.list_market(self.second)
        self.venue.listen()
        self.now = START
        self.at = {"A": 100.0, "B": 2.0}
        self.done: Counter[str] = Counter()
        self.budgets = (0, 1, MAX_BUDGET, MAX_BUDGET)
        self.advance(1_000)
        self.people = [self.venue.open_account() for _ in range(8)]
        for account in self.people:
            self.venue.deposit(account, dollars(40_000))
            self.first.pay_in(account, dollars(1_200))
        self.venue.supply("A", "hlp", self.people[0], dollars(10_000))
        self.traders = [*self.people, *[number for _, number in self.first.own_accounts()][:1]]

    def advance(self, elapsed: int) -> None:
        self.now += elapsed
        reports = {
            name: [Report("feed", price(round(at, 6)), self.now)] for name, at in self.at.items()
        }
        if self.dice.random() < 0.3:
            reports["A"].append(Report("perp:okx", price(round(self.at["A"], 6)), self.now))
        self.venue.advance(self.now, reports, self.dice.choice(self.budgets))
        for event in self.venue.drain():
            self.done[type(event).__name__] += 1
            if isinstance(event, RungReached):
                self.done[event.rung] += 1

    # what can be done

    def near(self, market: OrderbookMarket) -> int:
        step = market.orders.entry.ticks
        at = price(round(self.at[market.name] * self.dice.uniform(0.97, 1.03), 6))
        return int(step.round_price(at))

    def size(self, market: OrderbookMarket) -> int:
        worth = self.dice.choice((50, 500, 5_000, 12_000))
        size = tokens(round(worth / self.at[market.name], 2))
        lot = int(market.orders.entry.ticks.lot)
        return max(lot, size // lot * lot) * self.dice.choice((1, -1))

    def deal(self, market: OrderbookMarket, who: int) -> None:
        kind = self.dice.choice(("market", "market", "limit", "limit", "stop", "take-profit"))
        reduce_only = self.dice.random() < 0.2
        size = self.size(market)
        margin = int(abs(size) * self.at[market.name] / 100 * self.dice.uniform(0.03, 0.4))
        self.venue.place(
            market.name, who, size, 0 if reduce_only or self.dice.random() < 0.4 else margin,
            kind=kind, trigger=0 if kind == "market" else self.near(market),
            reduce_only=reduce_only, partial=self.dice.random() < 0.5,
        )  # fmt: skip

    def rest(self, market: OrderbookMarket, who: int) -> None:
        tif = self.dice.choice(("gtc", "gtc", "alo", "ioc"))
        market.place_limit(who, self.size(market), self.near(market), tif, self.dice.random() < 0.1)

    def wait(self, market: OrderbookMarket, who: int) -> None:
        what = self.dice.randrange(4)
        if what == 0:
            market.place_trigger(
                who, self.size(market), self.near(market), self.dice.choice(("sl", "tp"))
            )
        elif what == 1:
            market.place_twap(who, self.size(market), 300_000, self.dice.random() < 0.5)
        elif what == 2:
            exits = Exits(self.near(market), self.near(market))
            market.place_with_exits(who, self.size(market), self.near(market), "gtc", exits)
        else:
            market.set_exits(who, Exits(self.near(market), self.near(market)))

    def cancel(self, market: OrderbookMarket, who: int) -> None:
        orders = market.open_orders(who)
        if orders and self.dice.random() < 0.9:
            self.venue.cancel(market.name, who, int(self.dice.choice(orders).number))
        else:
            market.cancel_all(who)

    def money(self, market: OrderbookMarket, who: int) -> None:
        amount = dollars(self.dice.choice((1, 100, 3_000)))
        self.dice.choice(
            (
                lambda: market.pay_in(who, amount),
                lambda: market.pay_out(who, amount),
                lambda: market.move_margin(who, self.dice.choice((1, -1)) * amount),
                lambda: self.venue.add_margin(market.name, who, amount),
                lambda: self.venue.remove_margin(market.name, who, amount),
                lambda: market.set_leverage(
                    who, self.dice.randint(1, 25), self.dice.random() < 0.5
                ),
            )
        )()

    def vaults(self, market: OrderbookMarket, who: int) -> None:
        names = ["hlp", *market.user_vaults()]
        name = self.dice.choice(names)
        amount = dollars(self.dice.choice((1, 200, 2_000)))
        what = self.dice.randrange(4)
        if what == 0:
            self.venue.supply("A", name, who, amount)
        elif what == 1:
            self.venue.request_redeem("A", name, who, amount)
        elif what == 2:
            self.venue.claim("A", name, who)
        elif len(names) < 3:
            self.traders.append(market.create_vault(who, f"v{self.now}", dollars(2_000)))

    def offers(self, market: OrderbookMarket, who: int) -> None:
        for number in market.open_auctions():
            left = abs(int(market.care.auctions[number].auction.left))
            self.venue.bid(market.name, who, number, left, dollars(2_000))
        market.set_capped(self.dice.random() < 0.05)

    def step(self, check: bool) -> None:
        act: Callable[[OrderbookMarket, int], None] = self.dice.choices(
            [self.deal, self.rest, self.wait, self.cancel, self.money, self.vaults, self.offers],
            [30, 40, 6, 8, 12, 4, 3],
        )[0]
        market, who = self.dice.choice((self.first, self.second)), self.dice.choice(self.traders)
        before = self.venue.digest() if check else ""
        refused = ""
        try:
            act(market, who)
        except Refusal as refusal:
            refused = refusal.code
        self.done[refused or act.__name__] += 1
        if refused and check:
            assert self.venue.digest() == before, f"{act.__name__} {refused} left a trace"
        if self.dice.random() < 0.15:
            for name in self.at:
                far = self.dice.random() < 0.15
                self.at[name] *= (
                    self.dice.uniform(0.85, 1.17) if far else self.dice.uniform(0.99, 1.01)
                )
            self.advance(self.dice.choice((3_000, 15_000, 61_000, 3_600_000)))


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_books_add_up_and_refusals_leave_no_trace(name: str) -> None:
    """OB-HOUSE-1, OB-HOUSE-6: after every command of anybody, in both markets."""
    done: Counter[str] = Counter()
    for seed in range(2):
        crowd = Crowd(seed, **CONFIGURATIONS[name])
        for turn in range(350):
            crowd.step(check=turn % 3 == 0)
            crowd.venue.audit()
        done += crowd.done
        crowd.first.delist()
        crowd.venue.audit()
        crowd.second.delist(price(1))
        crowd.venue.audit()
        house = crowd.first.house
        assert house.entries() == 0
        assert not [held for held in house.due if held.size]
    assert done["Filled"] > 200
    assert done["RungReached"] > 0


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_same_dice_come_to_the_same_digest(name: str) -> None:
    """Every order, ticket, purse and vault is where it was."""
    digests = []
    for _ in range(2):
        crowd = Crowd(5, **CONFIGURATIONS[name])
        for _ in range(150):
            crowd.step(check=False)
        digests.append(crowd.venue.digest())
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", ["plain", "shared", "isolated"])
def test_nobody_who_must_be_liquidated_is_overlooked_in_either_market(name: str) -> None:
    """OB-LIQ-10: a cross account across two markets stands in line, or its price is reached."""
    crowd = Crowd(9, **CONFIGURATIONS[name])
    crowd.budgets = (0, 0, 0, 1)
    seen = 0
    for _ in range(300):
        crowd.step(check=False)
        crowd.now += 1_000
        crowd.venue.advance(crowd.now, {}, 0)
        for market in (crowd.first, crowd.second):
            for holder in market.desk.coin.holders.values():
                held = holder.holding
                if held.size and not holder.member.is_liquidator and is_liquidatable(holder):
                    seen += 1
                    assert held.standing or holder.member.is_due, f"{held.account} is overlooked"
    assert seen > 0
