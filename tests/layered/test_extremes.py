"""At the edges of the ranges: the dearest token, the cheapest, crumbs and fortunes.

A command is refused or carried out; time passes or a report is refused at the door. Nothing
stops half-way, and no order that somebody placed can stop the keeper.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import START, Stage, dollars, price, rate, tokens
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.errors import OutOfRange, Refusal
from seawall.engine.events import Cancelled, Filled
from seawall.engine.fixed import MAX_DOLLARS, MAX_PRICE, MAX_SIZE
from seawall.engine.reports import Report
from seawall.engine.venue import Venue


class Edge:
    """A market at any price, with people of any wealth, who ask for anything."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.venue = Venue()
        params = Params(
            depth_factor=self.rng.choice([1, 10**12, 4 * 10**12]),
            side_cap=self.rng.choice([rate("0.8"), rate(4)]),
        )
        self.venue.list_market(LayeredMarket("X", params))
        self.people = [self.venue.open_account() for _ in range(5)]
        for account in self.people:
            self.venue.deposit(account, self.rng.choice([10**6, 10**12, 10**15, 10**17]))
        self.now = START
        self.mark = max(1, int(10 ** self.rng.uniform(0, 17)))
        self.advance()
        for vault in ("junior", "senior"):
            assets = self.rng.choice([1, 10**9, 10**13, 10**15])
            self.ask("supply", "X", vault, self.people[0], assets)

    def ask(self, name: str, *args: object, **options: object) -> str:
        """The code of the refusal, or nothing; a refusal leaves no trace."""
        before = self.venue.digest()
        code = ""
        try:
            getattr(self.venue, name)(*args, **options)
        except Refusal as refusal:
            code = refusal.code
        assert not code or self.venue.digest() == before, f"{name}: {code} left a trace"
        return code

    def advance(self) -> None:
        wide = self.rng.choice([0, 0, 0, self.mark // 100, self.mark])
        reports = {"X": [Report("feed", self.mark, self.now, wide)]}
        budget = self.rng.choice([0, 1, 10**9])
        assert self.ask("advance", self.now, reports, budget) in ("", "price-too-large")

    def step(self) -> None:
        rng, account = self.rng, self.rng.choice(self.people)
        what = rng.random()
        if what < 0.5:
            self.now += rng.choice([1_000, 2_000, 60_000, 1_800_000])
            factor = 10 ** rng.uniform(-4, 4) if rng.random() < 0.3 else rng.uniform(0.9, 1.1)
            self.mark = max(1, min(int(MAX_PRICE), int(self.mark * factor)))
            self.advance()
        elif what < 0.9:
            self.place(account)
        elif what < 0.95:
            for auction in self.venue.market("X").open_auctions():
                size = rng.choice([1, 10**6, 10**10, int(MAX_SIZE)])
                self.ask("bid", "X", account, auction, size, self.venue.wallet(account) // 2)
        else:
            self.ask("remove_margin", "X", account, rng.choice([1, 10**6, 10**12]))
            self.ask("request_redeem", "X", "junior", self.people[0], rng.choice([1, 10**9]))
        self.venue.audit()

    def place(self, account: int) -> None:
        rng = self.rng
        size = int(10 ** rng.uniform(0, 18))
        if rng.random() < 0.6:
            depth = self.venue.market("X").vault("junior").assets
            size = int(rng.uniform(0.001, 0.9) * (depth + 1) * 10**12 / self.mark)
        size = max(1, min(int(MAX_SIZE), size)) * rng.choice([1, -1])
        kind = rng.choice(["market", "market", "limit", "stop"])
        trigger = 0 if kind == "market" else rng.choice([1, self.mark, int(MAX_PRICE)])
        margin = self.venue.wallet(account) // rng.choice([1, 3, 100, 10**9])
        self.ask(
            "place", "X", account, size, margin, kind=kind, trigger=trigger,
            acceptable=rng.choice([0, 0, 1, self.mark, int(MAX_PRICE)]),
            reduce_only=rng.random() < 0.1, partial=rng.random() < 0.5,
        )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_nothing_stops_half_way(seed):
    """LAY-ORD-4, LAY-LIQ-9: whatever was placed, at whatever price, time goes on."""
    edge = Edge(seed)
    for _ in range(60):
        edge.step()
    market = edge.venue.market("X")
    for account in market.open_positions():
        view = market.position(account)
        assert view.equity == view.margin + view.result - view.accrued
    market.depth()
    market.loss_order()


@pytest.mark.parametrize("size", [tokens(50_000_000), tokens(2_000_000_000)])
def test_an_order_of_any_size_is_cut_to_the_depth_and_stops_nobody(size):
    """LAY-BAND-6: worth a hundred billion, or four thousand: far beyond what has a price."""
    stage = Stage(params=Params(side_cap=rate(2)))
    whale, buyer = stage.trader(100_000_000), stage.trader(1_000)
    stage.venue.place("ETH", whale, -size, dollars(90_000_000), partial=True)
    stage.venue.place("ETH", whale, size, 0, kind="limit", trigger=price(2100))
    stage.place(buyer, 1, 500)
    stage.tick()
    assert [event.account for event in stage.happened(Filled)] == [buyer]
    assert [event.reason for event in stage.happened(Cancelled)] == ["initial-margin"]
    assert stage.market.waiting.orders.keys() == {2}


def test_a_size_that_no_amount_can_tell_is_refused():
    """1e10 tokens at 2000 dollars are more than the ledger counts."""
    stage = Stage()
    trader = stage.trader(1_000)
    with stage.refuses("size-too-large", OutOfRange):
        stage.venue.place("ETH", trader, int(MAX_SIZE), 1, partial=True)
    with stage.refuses("size-too-large", OutOfRange):
        stage.market.quote(-int(MAX_SIZE))


def test_a_side_of_a_cheap_token_ends_at_the_largest_size():
    """LAY-ORD-7: ten billion tokens of a side, however little they are worth."""
    stage = Stage(at="0.0001")
    first, second = stage.trader(2_000_000), stage.trader(2_000_000)
    stage.venue.place("ETH", first, int(MAX_SIZE), dollars(100_000))
    stage.tick()
    assert stage.position(first).size == MAX_SIZE
    stage.place(second, 1_000_000, 50)
    stage.tick()
    assert [event.reason for event in stage.happened(Cancelled)] == ["side-cap"]
    stage.venue.place("ETH", second, -int(MAX_SIZE), dollars(100_000))
    stage.tick()
    assert stage.position(second).size == -MAX_SIZE
    stage.venue.audit()


def test_a_report_that_no_book_could_be_valued_at_is_refused_at_the_door():
    """The open interest at that price would pass forty billion dollars: refused whole."""
    stage = Stage(at="0.001")
    stage.fill(stage.trader(5_000_000), 5_000_000_000, 4_000_000)
    stage.now += 1_000
    report = Report("feed", price("8.01"), stage.now)
    with stage.refuses("price-too-large", OutOfRange):
        stage.venue.advance(stage.now, {"ETH": [report]})
    stage.venue.advance(stage.now, {"ETH": [Report("feed", price("7.99"), stage.now)]})
    assert stage.market.mark() == price("7.99")
    stage.to_minute()
    stage.venue.audit()


def test_the_whole_ledger_may_be_one_wallet():
    """A trillion dollars in, a trillion out."""
    stage = Stage(senior=0, junior=0)
    rich = stage.account()
    stage.venue.deposit(rich, int(MAX_DOLLARS))
    stage.venue.supply("ETH", "junior", rich, dollars(1_000_000_000))
    stage.venue.withdraw(rich, int(MAX_DOLLARS) - dollars(1_000_000_000))
    assert stage.wallet(rich) == 0
    stage.venue.audit()
