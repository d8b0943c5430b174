"""A recorded market put into a live one: the same value, and the money of those who sit down."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gm.pools import dollars, price, tokens
from gm.stage import Stage, laboratory
from seawall.designs import GmRecorded, LayeredMarket
from seawall.engine.designs.gm import preset
from seawall.engine.designs.gm.params import Params
from seawall.engine.designs.gm.seating import Seat, seat, seats
from seawall.engine.designs.gm.value import DEPOSITS, pool_value
from seawall.engine.errors import BadParameters, Refusal
from seawall.engine.reports import OracleParams
from seawall.engine.venue import Venue
from seawall.storm.chain_gm import state_at, take_over

TENTH = 10**11


def a_record(**changes: object) -> GmRecorded:
    """1 000 ETH at 5 000 and 5 M dollars; longs have won 25 %, shorts have lost 10 %."""
    terms: dict[str, object] = {
        "time": 1_700_000_000_000,
        "supply": dollars(8_000_000),
        "value": dollars(9_850_000),
        "long_amount": tokens(1000),
        "short_amount": dollars(5_000_000),
        "long_price": price(5000),
        "short_price": price(1),
        "interest": [dollars(400_000), dollars(500_000)],
        "interest_in_tokens": [tokens(100), tokens(110)],
        "impact_pool": tokens(20),
        "swap_inventory": [tokens(1500), dollars(6_000_000)],
        "position_inventory": dollars(300_000),
        "borrowing": [10**17, 2 * 10**17],
    }
    terms.update(changes)
    return GmRecorded(**terms)  # type: ignore[arg-type]


class Taken:
    """A market with a price, into which a record is put with three positions a side."""

    def __init__(
        self, record: GmRecorded, fees: int, params: Params | None = None, holders: int = 3
    ) -> None:
        self.stage = Stage(
            laboratory() if params is None else params, eth=0, usd=0, at=record.long_price / 1e10
        )
        stage = self.stage
        self.record = record
        self.fees = fees
        self.seats = seats(record, holders, TENTH, fees)
        self.provider = stage.venue.open_account()
        stage.venue.deposit(self.provider, record.long_amount, "ETH")
        stage.venue.deposit(self.provider, record.short_amount)
        self.traders = [stage.venue.open_account() for _ in self.seats]
        for trader, taken in zip(self.traders, self.seats, strict=True):
            stage.venue.deposit(trader, taken.collateral)

    def put(self) -> "Taken":
        desk = self.stage.market.desk
        seat(desk, self.record, self.fees, self.provider, self.seats, self.traders)
        return self

    def worth(self) -> int:
        desk = self.stage.market.desk
        return pool_value(desk.pool, self.record.prices(), DEPOSITS, True).total


def test_a_side_is_cut_into_equal_positions_that_can_stand() -> None:
    """GM-REC-9: a tenth of the size, and what was lost on top; nothing is lost by cutting."""
    found = seats(a_record(), 3, TENTH)
    assert [seat.is_long for seat in found] == [True] * 3 + [False] * 3
    assert sum(s.usd for s in found if s.is_long) == dollars(400_000)
    assert sum(s.tokens for s in found if not s.is_long) == tokens(110)
    long, short = found[0], found[3]
    assert long.collateral == -(-long.usd // 10)
    assert abs(short.collateral - dollars(100_000) // 3) < 100
    owing = seats(a_record(), 3, TENTH, dollars(90_000))[0]
    assert abs(owing.collateral - long.collateral - dollars(40_000) // 3) <= 1
    tiny = a_record(interest=[2, 0], interest_in_tokens=[5, 0])
    assert [(s.usd, s.tokens) for s in seats(tiny, 9, TENTH)] == [(1, 2), (1, 3)]


def test_a_seated_market_is_worth_what_the_record_says() -> None:
    """GM-REC-9: books, money and value; the provider has all GM, requests and orders go on."""
    taken = Taken(a_record(), dollars(100_000)).put()
    stage, pool = taken.stage, taken.stage.market.desk.pool
    stage.venue.audit()
    assert len(stage.market.open_positions()) == 6
    # 10 M of tokens, + 100 000 of fees, - 100 000 won, + 50 000 lost, - 100 000 of impact pool
    assert abs(taken.worth() - dollars(9_950_000)) <= 6
    assert pool.shares.balance_of(taken.provider) == dollars(8_000_000)
    assert pool.virtual_positions is not None
    assert pool.virtual_swaps is not None
    assert pool.virtual_positions.skew_usd() == dollars(300_000)
    assert pool.virtual_swaps.amount(1) == dollars(6_000_000)
    assert pool.cumulative(True) == 10**17
    stage.tick()
    assert len(stage.market.open_positions()) == 6
    stage.venue.audit()


def test_who_is_seated_can_be_liquidated() -> None:
    """GM-REC-9: at a fall of a fifth all longs go, the shorts stay."""
    taken = Taken(a_record(), dollars(1000)).put()
    taken.stage.tick(3000)
    left = taken.stage.market.open_positions()
    assert left == taken.traders[3:]
    taken.stage.venue.audit()


def test_another_price_keeps_every_dollar() -> None:
    """GM-REC-10: the same value at 8 000 as at 5 000, with fewer tokens."""
    record = a_record(borrowing=None)
    moved = record.at_price(price(8000))
    assert moved.long_amount == tokens(625)
    assert moved.interest == record.interest
    assert moved.interest_in_tokens == [tokens("62.5"), tokens("68.75")]
    assert moved.swap_inventory == [tokens("937.5"), dollars(6_000_000)]
    assert a_record(swap_inventory=None).at_price(price(8000)).swap_inventory is None
    taken = Taken(moved, dollars(100_000)).put()
    assert abs(taken.worth() - dollars(9_950_000)) <= 6
    taken.stage.venue.audit()


def test_a_market_in_use_takes_nobody_over() -> None:
    """GM-REC-9: nor one without a price, nor from an empty wallet; nothing is changed."""
    taken = Taken(a_record(), 0).put()
    second = Taken(a_record(), 0)
    second.stage.venue.withdraw(second.traders[5], 1)
    needed = int(second.seats[5].collateral)
    unpriced = Taken(a_record(), 0)
    unpriced.stage.market.desk.is_open = False
    for case, code, value, bound in (
        (taken, "market-in-use", 0, 0),
        (second, "wallet-too-small", needed, needed - 1),
        (unpriced, "no-price", 0, 0),
    ):
        before = case.stage.venue.digest()
        with pytest.raises(Refusal) as refusal:
            case.put()
        met = refusal.value
        assert (met.code, met.value, met.bound) == (code, value, bound)
        assert case.stage.venue.digest() == before


def test_seats_that_make_no_sense_are_refused() -> None:
    """GM-REC-9: as many traders as seats, one seat a side, sensible figures."""
    taken = Taken(a_record(), 0)
    for number, word in ((0, "0 seats for 6"), (1, "two seats on one side")):
        taken.seats = [Seat(True, 1, 1, 1)] * 6 if number else []
        taken.traders = [taken.traders[0]] * 6
        with pytest.raises(BadParameters, match=word):
            taken.put()
    with pytest.raises(BadParameters, match="holders 0"):
        seats(a_record(), 0, TENTH)
    with pytest.raises(BadParameters, match="part 0"):
        seats(a_record(), 1, 0)
    single = Stage(laboratory(), eth=0, usd=0, pool="single-dollar")
    with pytest.raises(BadParameters, match="whose index is its long token"):
        seat(single.market.desk, a_record(), 0, single.provider, [], [])


def test_a_record_is_taken_over_in_one_step() -> None:
    """GM-REC-11: at the market's own price; the money is that of new accounts."""
    stage = Stage(laboratory(), eth=0, usd=0, at=8000)
    record = a_record(value=dollars(9_900_000) + dollars(20_000))
    accounts = take_over(stage.venue, "ETH", record, 5)
    assert len(accounts) == 11
    assert stage.market.open_positions() == accounts[1:]
    stage.venue.audit()
    pool = stage.market.desk.pool
    assert pool.amount(0) == tokens(625)
    worth = pool_value(pool, stage.market.desk.prices, DEPOSITS, True).total
    assert abs(worth - record.value) <= 20
    stage.tick()
    stage.venue.audit()
    assert len(stage.market.open_positions()) == 10


def test_only_a_market_of_this_design_takes_a_record_over() -> None:
    """GM-REC-11."""
    venue = Venue()
    venue.list_market(LayeredMarket("ETH"))
    with pytest.raises(BadParameters, match="not one that a recorded pool"):
        take_over(venue, "ETH", a_record())


def test_the_real_pool_is_put_into_a_live_market(market_data: Path) -> None:
    """GM-REC-9, 11: 11 November 2025, 09:20, at 4 300, with a thousand positions a side."""
    path = market_data / "market" / "gmx_v2_eth_usdc_pool_1m.parquet"
    record = state_at(path, datetime(2025, 11, 11, 9, 20, tzinfo=UTC))
    params = preset("eth-usdc")
    params.oracle = OracleParams(quorum=1)
    stage = Stage(params, eth=0, usd=0, at=4300)
    accounts = take_over(stage.venue, "ETH", record)
    assert len(accounts) == 2001
    stage.venue.audit()
    pool = stage.market.desk.pool
    worth = pool_value(pool, stage.market.desk.prices, DEPOSITS, True).total
    # the dollar of the record was 0.999806, here it is one: 53.7 M of them are worth 10 411 more
    short = record.short_amount * (price(1) - record.short_price) // price(1)
    assert abs(worth - record.value - short) <= 2000
    stage.tick(4171)
    assert len(stage.market.open_positions()) == 2000
    stage.venue.audit()
