"""Oracle-anchored bands: what a fill costs, and where the quoted depth ends (LAY-BAND)."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import MINUTE, START, Stage, ceil_div, dollars, floor_div, grant, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.designs.layered.params import MAX_TRANCHE
from seawall.engine.designs.layered.pricing import Curve, charge
from seawall.engine.errors import LimitReached
from seawall.engine.events import Cancelled, Filled

PARAMS = Params()
MANY = settings(max_examples=60, deadline=None)

vault_assets = st.integers(0, 2 * MAX_TRANCHE)
sizes = st.integers(tokens("0.01"), tokens(3000))
inventories = st.integers(-tokens(5000), tokens(5000))
prices = st.integers(price(500), price(2500))


def struck(senior: int, junior: int) -> Curve:
    curve = Curve(PARAMS)
    curve.strike(min(senior, MAX_TRANCHE), min(junior, MAX_TRANCHE))
    return curve


def exact_cost(y: int, senior: int, junior: int) -> Fraction:
    """G(y) in 1e-6 dollar, without any rounding but that of the bands' depths."""
    total = Fraction(0)
    start = 0
    inner = 0
    for k, edge in enumerate(PARAMS.band_edges):
        depth = senior * PARAMS.senior_weights[k] // 10**12
        depth += junior * PARAMS.junior_weights[k] // 10**12
        if y <= start:
            return total
        t = min(y - start, depth)
        if t == 0:
            inner = edge
            continue
        total += Fraction(inner * t, 10**12) + Fraction((edge - inner) * t * t, 2 * depth * 10**12)
        start += depth
        inner = edge
    if y > start:
        total += Fraction(inner * (y - start), 10**12)
    return total


# the worked table


@pytest.mark.parametrize(
    ("inventory", "order", "impact"),
    [
        (0, 50, "0.78125"),
        (0, 1000, "312.50"),
        (0, 3000, "2927.083334"),
        (0, 7000, "72925"),
        (1000, 1000, "946.759260"),
        (1000, -1000, "-312.50"),
        (1000, -2500, "390.625"),
    ],
)
def test_the_worked_impacts_are_quoted_to_the_micro_dollar(inventory, order, impact):
    """LAY-BAND-3, LAY-BAND-4, LAY-BAND-5: the table of the manual."""
    stage = Stage()
    if inventory:
        stage.fill(stage.trader(1_000_000), inventory, 500_000)
    assert stage.market.quote(tokens(order)).impact == dollars(impact)


def test_the_bands_end_where_the_manual_says():
    """LAY-BAND-1: 3.2, 5.9, 8.3, 10.2, 11.8, 12.6, 13.4 and 14 million."""
    levels = Stage().market.depth()
    ends = [dollars(million) * 10**6 for million in (3.2, 5.9, 8.3, 10.2, 11.8, 12.6, 13.4, 14)]
    assert [level.buy for level in levels] == ends
    assert [level.sell for level in levels] == ends
    edges = [rate(bp) // 10_000 for bp in (5, 10, 20, 40, 80, 150, 300, 500)]
    assert [level.offset for level in levels] == edges


def test_inventory_moves_depth_from_one_side_to_the_other():
    """LAY-BAND-1, LAY-BAND-5: whoever relieves the crowding walks back to zero first, then out."""
    stage = Stage()
    stage.fill(stage.trader(1_000_000), 1000, 500_000)
    last = stage.market.depth()[-1]
    assert last.buy == dollars(12_000_000)
    assert last.sell == dollars(16_000_000)


def test_each_vault_counts_up_to_a_billion_for_the_depth():
    """LAY-BAND-1: beyond 1e9 dollars a vault adds no depth, however rich it has become."""
    stage = Stage(senior=900_000_000, junior=1_000_000_000)
    grant(stage, stage.market.desk.pool.cash, 500_000_000)
    stage.tick(2001)
    assert stage.pool().junior == dollars(1_500_000_000)
    assert stage.market.depth()[-1].buy == dollars(1_900_000_000)


def test_the_depth_factor_scales_every_band():
    """LAY-BAND-1: D_k = floor(s * floor(ws_k * g)) + floor(j * floor(wj_k * g)), here g = 1/3."""
    g = rate("0.333333333333")
    stage = Stage(senior="9999999.999999", params=Params(depth_factor=g))
    senior, junior = dollars("9999999.999999"), dollars(4_000_000)
    end = 0
    for k, level in enumerate(stage.market.depth()):
        end += senior * (PARAMS.senior_weights[k] * g // 10**12) // 10**12
        end += junior * (PARAMS.junior_weights[k] * g // 10**12) // 10**12
        assert level.buy == end


# when the bands are struck


def test_a_traders_fill_leaves_the_curve_of_the_moment_as_it_is():
    """LAY-BAND-2: a winner who leaves lowers V_lo; the bands feel it at the next strike only."""
    stage = Stage(params=Params(move_fee=0))
    loser, winner = stage.trader(500_000), stage.trader(500_000)
    stage.fill(loser, 1000, 400_000)
    stage.fill(winner, -500, 400_000)
    stage.tick(1990)
    stage.fill(winner, 500, reduce_only=True)
    before = dollars(14_000_000)
    assert stage.pool().low < before
    assert stage.market.depth()[-1].sell - stage.market.desk.used() == before
    stage.tick(1991)
    after = stage.market.depth()[-1].sell - stage.market.desk.used()
    assert after < before - dollars(4_000)


def test_the_bands_follow_the_vaults_at_the_minute_and_at_a_deposit():
    """LAY-BAND-2: income that enters C deepens the bands when the minute is settled."""
    stage = Stage()
    stage.fill(stage.trader(1_000_000), 1000, 500_000)
    stage.fill(stage.trader(1_000_000), -1000, 500_000)
    before = stage.market.depth()[-1].buy
    stage.tick(seconds=60)
    settled = stage.market.depth()[-1].buy
    assert settled > before
    stage.depositor("junior", 1000)
    assert settled + dollars(1000) - 16 <= stage.market.depth()[-1].buy <= settled + dollars(1000)


# the end of the depth


def test_an_order_beyond_the_depth_is_refused():
    """LAY-BAND-6: from an empty market 7000 can be bought, 7001 cannot."""
    stage = Stage()
    whale = stage.trader(10_000_000)
    with stage.refuses("beyond-depth", LimitReached):
        stage.place(whale, 7001, 5_000_000)
    with stage.refuses("beyond-depth", LimitReached):
        stage.market.quote(tokens(7001))
    with stage.refuses("beyond-depth", LimitReached):
        stage.market.quote(tokens(-7001))
    assert stage.market.quote(tokens(7000)).size == tokens(7000)


def test_a_partial_order_is_cut_where_the_depth_ends():
    """LAY-BAND-6, LAY-ORD-5: it fills the tokens that end at C_n and gets the other margin back."""
    stage = Stage(params=Params(side_cap=rate(2)))
    whale = stage.trader(10_000_000)
    filled = stage.fill(whale, 8000, 8_000_000, partial=True)
    assert filled.size == tokens(7000)
    assert filled.impact == dollars(72_925)
    assert stage.wallet(whale) == dollars(3_000_000)


def test_an_order_that_met_no_depth_is_cancelled():
    """LAY-BAND-6, LAY-ORD-4: another buyer took the depth between placement and report."""
    stage = Stage(params=Params(side_cap=rate(2)))
    first, second = stage.trader(10_000_000), stage.trader(10_000_000)
    stage.place(first, 7000, 5_000_000)
    stage.place(second, 1000, 1_000_000)
    stage.place(second, 1000, 1_000_000, partial=True)
    stage.tick()
    assert [event.account for event in stage.happened(Filled)] == [first]
    assert [event.reason for event in stage.happened(Cancelled)] == ["beyond-depth"] * 2
    assert stage.wallet(second) == dollars(10_000_000)


def test_an_inventory_left_beyond_the_depth_may_be_worked_off():
    """LAY-BAND-3, LAY-BAND-6: beyond C_n G goes on at b_n; an order that relieves is filled."""
    stage = Stage(params=Params(side_cap=rate(2)))
    whale = stage.trader(20_000_000)
    stage.fill(whale, 7000, 10_000_000)
    stage.tick(2100)
    used = stage.market.desk.used()
    assert stage.market.depth()[-1].sell - used < used
    with stage.refuses("beyond-depth", LimitReached):
        stage.market.quote(tokens(1))
    assert stage.market.quote(tokens(-100)).impact == -dollars(100 * 2100) * 5 // 100
    assert stage.fill(whale, -100, reduce_only=True).size == tokens(-100)


# the impact reserve


def test_impacts_enter_the_reserve_and_rebates_leave_it():
    """LAY-BAND-7, LAY-FEE-5."""
    stage = Stage()
    stage.fill(stage.trader(1_000_000), 1000, 500_000)
    assert stage.pool().R == dollars("312.50")
    rebated = stage.fill(stage.trader(1_000_000), -400, 500_000)
    assert rebated.impact < 0
    assert stage.pool().R == dollars("312.50") + rebated.impact


def test_a_rebate_is_cut_to_what_the_reserve_holds():
    """LAY-BAND-7: the surplus was released while the price was low: of 312.50 less is there."""
    stage = Stage(params=Params(move_fee=0))
    stage.fill(stage.trader(2_000_000), 1000, 1_500_000)
    stage.tick(1500)
    for _ in range(90):
        stage.tick(seconds=60)
    stage.tick(2000)
    held = stage.pool().R
    assert 0 < held < dollars(300)
    quoted = stage.market.quote(tokens(-1000))
    assert quoted.impact == -held
    seller = stage.trader(1_000_000)
    filled = stage.fill(seller, -1000, 500_000)
    assert filled.impact == -held
    assert stage.pool().R == 0
    assert stage.position(seller).margin == dollars(500_000) - filled.fee - filled.spread + held


def test_the_acceptable_price_is_held_against_the_rebate_that_is_there():
    """LAY-BAND-7, LAY-FEE-6: a seller is not promised a rebate that nobody can pay."""
    stage = Stage(params=Params(move_fee=0))
    stage.fill(stage.trader(2_000_000), 1000, 1_500_000)
    stage.tick(1500)
    for _ in range(90):
        stage.tick(seconds=60)
    stage.tick(2000)
    worst = stage.market.quote(tokens(-1000)).all_in
    seller = stage.trader(2_000_000)
    stage.venue.place("ETH", seller, tokens(-1000), dollars(500_000), acceptable=worst + 1)
    stage.tick()
    assert [event.reason for event in stage.happened(Cancelled)] == ["acceptable-price"]


# properties


@MANY
@given(vault_assets, vault_assets, st.integers(0, 3 * MAX_TRANCHE))
def test_cost_is_the_integral_between_its_two_roundings(senior, junior, y):
    """LAY-BAND-3, LAY-BAND-4: the lower G is at most the exact one, the upper at least."""
    curve = struck(senior, junior)
    senior, junior = min(senior, MAX_TRANCHE), min(junior, MAX_TRANCHE)
    exact = exact_cost(y, senior, junior) * 1000
    down, up = curve.cost(y, False), curve.cost(y, True)
    assert down <= exact <= up
    assert up - down <= 2 * (len(PARAMS.band_edges) + 3)
    beyond = curve.depth + y // 3
    exact = exact_cost(beyond, senior, junior) * 1000
    assert curve.cost(beyond, False) <= exact <= curve.cost(beyond, True)


def cost_in_terms(y: int, senior: int, junior: int, rounded: Callable[[int, int], int]) -> int:
    """G(y) in 1e-9 dollar, every term rounded on its own as the manual has it."""
    total = start = inner = 0
    for k, edge in enumerate(PARAMS.band_edges):
        depth = senior * PARAMS.senior_weights[k] // 10**12
        depth += junior * PARAMS.junior_weights[k] // 10**12
        if y <= start + depth:
            t = y - start
            walked = rounded(t * t * 1000, depth) if t else 0
            linear = rounded(t * inner, 10**9)
            return total + linear + rounded(walked * (edge - inner), 2 * 10**12)
        total += rounded(depth * (inner + edge), 2 * 10**9)
        start += depth
        inner = edge
    return total + rounded((y - start) * inner, 10**9)


@MANY
@given(vault_assets, vault_assets, st.integers(0, 3 * MAX_TRANCHE))
def test_every_term_of_the_cost_is_floored_once_and_ceiled_once(senior, junior, y):
    """LAY-BAND-4: prefix terms, linear terms, and the square."""
    senior, junior = min(senior, MAX_TRANCHE), min(junior, MAX_TRANCHE)
    curve = struck(senior, junior)
    assert curve.cost(y, False) == cost_in_terms(y, senior, junior, floor_div)
    assert curve.cost(y, True) == cost_in_terms(y, senior, junior, ceil_div)


@MANY
@given(vault_assets, vault_assets, st.integers(0, MAX_TRANCHE), st.integers(0, MAX_TRANCHE))
def test_impact_is_the_difference_of_costs_rounded_up(senior, junior, start, end):
    """LAY-BAND-5."""
    impact = struck(senior, junior).impact(start, end)
    senior, junior = min(senior, MAX_TRANCHE), min(junior, MAX_TRANCHE)
    exact = exact_cost(end, senior, junior) - exact_cost(start, senior, junior)
    assert exact <= impact < exact + 1 + Fraction(1, 20)


@MANY
@given(inventories, st.lists(sizes, min_size=2, max_size=6), st.booleans(), prices)
def test_splitting_an_order_gains_nothing(inventory, parts, buys, mark):
    """LAY-BAND-2, LAY-BAND-5: pieces cost what the whole costs, up to the rounding of each."""
    curve = struck(dollars(50_000_000), dollars(20_000_000))
    sign = 1 if buys else -1
    whole = charge(PARAMS, curve, inventory, sign * sum(parts), mark, mark, 0)
    pieces = 0
    for part in parts:
        pieces += charge(PARAMS, curve, inventory, sign * part, mark, mark, 0).total()
        inventory += sign * part
    assert whole.total() - 2 <= pieces <= whole.total() + 8 * len(parts)


@MANY
@given(inventories, sizes, st.booleans(), prices)
def test_no_round_trip_gains(inventory, size, buys, mark):
    """LAY-BAND-5: there and back costs at least nothing, also where both legs end in a rebate."""
    curve = struck(dollars(50_000_000), dollars(20_000_000))
    signed = size if buys else -size
    out = charge(PARAMS, curve, inventory, signed, mark, mark, 0)
    back = charge(PARAMS, curve, inventory + signed, -signed, mark, mark, 0)
    assert out.impact + back.impact >= 0
    assert out.total() + back.total() > 0


@MANY
@given(st.integers(0, tokens(5000)), sizes, sizes, prices)
def test_the_average_offset_rises_with_the_size(inventory, small, more, mark):
    """LAY-BAND-3: the marginal offset never falls, so neither does the average."""
    curve = struck(dollars(50_000_000), dollars(20_000_000))
    large = small + more
    a = charge(PARAMS, curve, inventory, small, mark, mark, 0)
    b = charge(PARAMS, curve, inventory, large, mark, mark, 0)
    assert a.impact * large <= b.impact * small + 4 * large
    mirrored = charge(PARAMS, curve, -inventory, -large, mark, mark, 0)
    assert mirrored.impact == b.impact
    assert mirrored.fee == b.fee


@MANY
@given(vault_assets, vault_assets, st.integers(1, MAX_TRANCHE))
def test_depth_falls_when_a_vault_falls(senior, junior, loss):
    """LAY-BAND-1: what a vault loses is no longer quoted, and the same walk costs no less."""
    full = struck(senior, junior)
    for poorer in (struck(max(0, senior - loss), junior), struck(senior, max(0, junior - loss))):
        assert poorer.depth <= full.depth
        y = poorer.depth // 2
        assert poorer.cost(y, True) >= full.cost(y, False)


def test_orders_of_one_report_cost_what_one_order_costs():
    """LAY-BAND-2: through the whole machine, three buyers of a third against one of all."""
    one, three = Stage(), Stage()
    whole = one.fill(one.trader(2_000_000), 3000, 1_000_000)
    for _ in range(3):
        three.place(three.trader(1_000_000), 1000, 500_000)
    three.tick()
    pieces = three.happened(Filled)
    assert len(pieces) == 3
    assert 0 <= sum(piece.impact for piece in pieces) - whole.impact <= 6
    assert sum(piece.fee for piece in pieces) == whole.fee


def test_the_stage_begins_at_a_minute():
    """The worked numbers hold within one minute; the stage must not open at its end."""
    assert START % MINUTE == 0
