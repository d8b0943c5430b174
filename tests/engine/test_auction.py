"""The small auction: its price goes in steps from the mark to the bankruptcy price."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.auction import Auction, AuctionTerms
from seawall.engine.errors import BadParameters, BrokenBooks, Closed, OutOfRange
from seawall.engine.fixed import MAX_PRICE, MAX_SIZE, PRICE, RATE, SECOND, TOKEN

START = 1_760_000_000_000
TERMS = AuctionTerms(60 * SECOND, 5 * SECOND)


def offer(size: int, terms: AuctionTerms = TERMS) -> Auction:
    return Auction(7, 42, size, START, terms)


@pytest.mark.parametrize(
    ("elapsed", "steps"),
    [
        (-1, 0),
        (0, 0),
        (4_999, 0),
        (5_000, 1),
        (9_999, 1),
        (30_000, 6),
        (59_999, 11),
        (60_000, 12),
        (60_001, 12),
        (10**9, 12),
    ],
)
def test_the_discount_climbs_a_stair_of_twelve_and_stays_whole(elapsed: int, steps: int) -> None:
    assert offer(TOKEN).discount(START + elapsed) == RATE * steps // 12


def test_a_step_that_does_not_divide_the_duration_still_ends_whole() -> None:
    auction = offer(TOKEN, AuctionTerms(10, 4))
    assert [auction.discount(START + ms) * 10 // RATE for ms in range(11)] == (
        [0] * 4 + [4] * 4 + [8] * 2 + [10]
    )


@pytest.mark.parametrize(
    ("size", "bankruptcy", "prices"),
    [
        (TOKEN, 1_940, {0: 2_000, 5: 1_995, 30: 1_970, 59: 1_945, 60: 1_940}),
        (-TOKEN, 2_060, {0: 2_000, 5: 2_005, 30: 2_030, 59: 2_055, 60: 2_060}),
    ],
)
def test_the_price_starts_at_the_mark_and_ends_at_the_bankruptcy_price(
    size: int, bankruptcy: int, prices: dict[int, int]
) -> None:
    auction = offer(size)
    for seconds, price in prices.items():
        now = START + seconds * SECOND
        assert auction.transfer_price(now, 2_000 * PRICE, bankruptcy * PRICE) == price * PRICE


def test_the_price_follows_the_mark_while_the_auction_runs() -> None:
    auction, half = offer(TOKEN), START + 30 * SECOND
    assert auction.transfer_price(half, 2_000 * PRICE, 1_900 * PRICE) == 1_950 * PRICE
    assert auction.transfer_price(half, 1_960 * PRICE, 1_900 * PRICE) == 1_930 * PRICE


@pytest.mark.parametrize("tenth", range(11))
def test_the_linear_fall_is_that_of_the_clipper(tenth: int) -> None:
    """LinearDecrease with top 1000 and tau 3600 s (makerdao/dss, src/test/abaci.t.sol)."""
    auction = offer(TOKEN, AuctionTerms(3_600 * SECOND, 1))
    now = START + 360 * tenth * SECOND
    assert auction.transfer_price(now, 1_000 * PRICE, 0) == (1_000 - 100 * tenth) * PRICE


durations = st.integers(1, 10**6)
positions = st.tuples(
    st.integers(0, MAX_PRICE), st.integers(0, MAX_PRICE), st.sampled_from([1, -1])
)


def sides(position: tuple[int, int, int]) -> tuple[int, int, int]:
    """Mark, bankruptcy price and sign of a position that is not under water."""
    one, two, sign = position
    low, high = min(one, two), max(one, two)
    return (high, low, sign) if sign > 0 else (low, high, sign)


@settings(max_examples=150, deadline=None)
@given(duration=durations, data=st.data(), position=positions)
def test_a_stair_never_runs_ahead_of_the_line_nor_a_step_behind_it(
    duration: int, data: st.DataObject, position: tuple[int, int, int]
) -> None:
    step = data.draw(st.integers(1, duration))
    elapsed = data.draw(st.integers(0, duration))
    mark, bankruptcy, sign = sides(position)
    stair = offer(sign, AuctionTerms(duration, step))
    line = offer(sign, AuctionTerms(duration, 1))
    now = START + elapsed
    given_up = abs(stair.transfer_price(now, mark, bankruptcy) - mark)
    assert given_up <= abs(line.transfer_price(now, mark, bankruptcy) - mark)
    behind = Fraction(elapsed - step + 1, duration) * abs(mark - bankruptcy)
    assert given_up > behind - 1


@settings(max_examples=150, deadline=None)
@given(duration=durations, data=st.data(), position=positions)
def test_waiting_only_ever_makes_it_cheaper_and_never_cheaper_than_bankruptcy(
    duration: int, data: st.DataObject, position: tuple[int, int, int]
) -> None:
    terms = AuctionTerms(duration, data.draw(st.integers(1, duration)))
    times = sorted(data.draw(st.lists(st.integers(0, 2 * duration), min_size=2, max_size=6)))
    mark, bankruptcy, sign = sides(position)
    auction = offer(sign, terms)
    prices = [auction.transfer_price(START + time, mark, bankruptcy) for time in times]
    assert prices == sorted(prices, reverse=sign > 0)
    assert min(mark, bankruptcy) <= min(prices)
    assert max(prices) <= max(mark, bankruptcy)
    assert auction.transfer_price(START, mark, bankruptcy) == mark
    assert auction.transfer_price(START + duration, mark, bankruptcy) == bankruptcy


@settings(max_examples=150, deadline=None)
@given(duration=durations, data=st.data(), position=positions)
def test_the_price_is_rounded_against_the_taker(
    duration: int, data: st.DataObject, position: tuple[int, int, int]
) -> None:
    step = data.draw(st.integers(1, duration))
    elapsed = data.draw(st.integers(0, duration))
    mark, bankruptcy, sign = sides(position)
    counted = duration if elapsed == duration else elapsed // step * step
    exact = mark + Fraction(counted, duration) * (bankruptcy - mark)
    price = offer(sign, AuctionTerms(duration, step)).transfer_price(
        START + elapsed, mark, bankruptcy
    )
    assert 0 <= (price - exact) * sign < 1


@pytest.mark.parametrize(("size", "mark"), [(TOKEN, 1_899), (-TOKEN, 1_901)])
def test_a_position_under_water_is_not_for_sale(size: int, mark: int) -> None:
    auction = offer(size)
    with pytest.raises(Closed) as refusal:
        auction.transfer_price(START, mark * PRICE, 1_900 * PRICE)
    assert refusal.value.code == "auction-under-water"
    assert (refusal.value.value, refusal.value.bound) == (mark * PRICE, 1_900 * PRICE)
    assert auction.transfer_price(START, 1_900 * PRICE, 1_900 * PRICE) == 1_900 * PRICE


@pytest.mark.parametrize("sign", [1, -1])
def test_slices_add_up_to_the_position(sign: int) -> None:
    auction = offer(sign * 10)
    assert auction.take(3, START) == sign * 3
    assert auction.left == sign * 7
    assert auction.take(6, START + 60 * SECOND) == sign * 6
    assert auction.take(1, START + 1) == sign
    assert auction.left == 0
    assert auction.is_over(START + 1)


@pytest.mark.parametrize(
    ("amount", "code", "bound"),
    [
        (0, "auction-size-too-small", 1),
        (-3, "auction-size-too-small", 1),
        (11, "auction-size-too-large", 10),
        (10**30, "auction-size-too-large", 10),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_nothing_and_more_than_is_left_cannot_be_taken(
    sign: int, amount: int, code: str, bound: int
) -> None:
    auction = offer(sign * 10)
    with pytest.raises(OutOfRange) as refusal:
        auction.take(amount, START)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (code, amount, bound)
    assert auction.left == sign * 10


def test_the_offer_stands_through_its_last_millisecond() -> None:
    auction, end = offer(10), START + 60 * SECOND
    assert not auction.is_over(START)
    assert not auction.is_over(end)
    assert auction.is_over(end + 1)
    with pytest.raises(Closed) as refusal:
        auction.take(1, end + 1)
    assert refusal.value.code == "auction-over"
    assert (refusal.value.value, refusal.value.bound) == (end + 1, end)
    assert auction.left == 10


def test_a_sold_auction_takes_no_more() -> None:
    auction = offer(1)
    auction.take(1, START)
    with pytest.raises(Closed):
        auction.take(1, START)


def test_the_state_tells_auctions_apart() -> None:
    auction = offer(-10)
    assert auction.state() == [7, 42, -10, START]
    auction.take(4, START)
    assert auction.state() == [7, 42, -6, START]


def test_the_largest_position_can_be_offered() -> None:
    auction = offer(MAX_SIZE)
    assert auction.transfer_price(START + 30 * SECOND, MAX_PRICE, 0) == MAX_PRICE // 2
    assert auction.take(MAX_SIZE, START) == MAX_SIZE


def test_there_is_no_auction_of_nothing() -> None:
    with pytest.raises(BrokenBooks, match="position"):
        offer(0)


@pytest.mark.parametrize(
    ("duration", "step", "names"),
    [
        (0, 1, "duration 0"),
        (-5, 1, "duration -5"),
        (86_400_001, 1, "duration 86400001"),
        (10**30, 1, "duration"),
        (60, 0, "step 0"),
        (60, 61, "step 61"),
    ],
)
def test_terms_that_cannot_be_run_are_refused(duration: int, step: int, names: str) -> None:
    with pytest.raises(BadParameters, match=names):
        AuctionTerms(duration, step)
