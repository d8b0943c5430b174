"""Swaps through a pool and along paths: who pays what, what is refused, and that nobody gains."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import USD, Basin, at, dollars, fine, laboratory, rate, tokens
from seawall.engine.designs.gm.impact import swap_impact
from seawall.engine.designs.gm.params import Params, SwapParams
from seawall.engine.designs.gm.pool import VirtualSwaps
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.routes import Hop, Route, check_path, swap_path
from seawall.engine.designs.gm.swaps import plan_swap
from seawall.engine.designs.gm.tokens import LONG, SHORT, Token
from seawall.engine.errors import BadOrder, LimitReached, Refusal
from seawall.engine.pot import Pot
from seawall.engine.venue import Account

BTC = Token("BTC", 2, 8)


def refused(act: Callable[[], object], pool_state: Callable[[], object]) -> Refusal:
    """The refusal that ``act`` meets, having changed nothing."""
    before = pool_state()
    with pytest.raises(Refusal) as refusal:
        act()
    assert pool_state() == before
    return refusal.value


def swapping(**more: int) -> Params:
    params = laboratory()
    params.swap = SwapParams(
        **{"negative": 0, "positive": 0, "fee_improved": 0, "fee_worsened": 0, **more}
    )
    return params


def deep(params: Params | None = None) -> Basin:
    return Basin(swapping() if params is None else params, eth=1000, usd=5_000_000)


def test_tokens_change_hands_at_the_worse_price_of_each() -> None:
    """GM-SWP-1: ETH comes in at 4 990 and goes out at 5 010."""
    prices = at(5000, 10)
    assert deep().swap(LONG, tokens(1), prices).received == dollars(4990)
    assert deep().swap(SHORT, dollars(5010), prices).received == tokens(1)


def test_nothing_for_nothing_is_not_checked() -> None:
    """GM-SWP-5: an amount of 0 is not refused, even by a pool that would refuse anything."""
    basin = deep()
    basin.params.max_pool_long = 0
    assert plan_swap(basin.pool, at(5000), LONG, 0).received == 0


def test_positive_impact_beyond_the_one_impact_pool_is_paid_from_the_other() -> None:
    """GM-SWP-3: first in the token that goes out, the rest in the one that came in."""
    basin = Basin(swapping(), usd=100_000)
    basin.params.swap = SwapParams(
        negative=fine("1e-6"), positive=fine("1e-6"), fee_improved=0, fee_worsened=0
    )
    basin.pool.impact_short.amount = dollars(1000)
    basin.pool.impact_long.amount = tokens("0.1")
    plan = basin.swap(LONG, tokens(10), at(5000))
    assert plan.impact == dollars(10_000)
    assert plan.bonus == dollars(1000)
    assert plan.bonus_in == tokens("0.1")
    assert plan.out == dollars(50_500)
    assert plan.received == dollars(51_500)
    assert basin.pool.amount(LONG) == tokens("10.1")
    assert basin.pool.amount(SHORT) == dollars(49_500)
    assert (basin.pool.impact_short.amount, basin.pool.impact_long.amount) == (0, 0)


def test_a_swap_at_once_costs_its_own_fee() -> None:
    """GM-SWP-8: 2.25 % of the preset; the treasury has 37 % of any fee, an interface its own."""
    params = preset("eth-usdc")
    params.swap.negative = params.swap.positive = 0
    basin = deep(params)
    plan = plan_swap(basin.pool, at(5000), LONG, tokens(1), 0, True)
    assert plan.received == dollars("4887.5")
    plan = plan_swap(basin.pool, at(5000), LONG, tokens(1), rate("0.01"))
    assert (plan.fee, plan.ui) == (tokens("0.0007"), tokens("0.001"))
    assert plan.receiver == tokens("0.000259")
    interface = Account(9)
    basin.treasury = Account(0)
    before = basin.pool.state()
    payer, receiver = basin.full(LONG, tokens(1)), Pot(0)
    plan.commit(payer, receiver, basin.treasury, interface)
    assert payer.amount == 0
    assert interface.purse(1).amount == tokens("0.001")
    assert basin.treasury.purse(1).amount == tokens("0.000259")
    plan.revert(payer, receiver, basin.treasury, interface)
    assert (payer.amount, receiver.amount) == (tokens(1), 0)
    assert basin.pool.state() == before


def test_a_swap_that_the_pool_cannot_bear_is_refused() -> None:
    """GM-SWP-5: what goes out, the cap of what comes in, the reserve, the impact."""
    prices = at(5000)

    def meets(basin: Basin, amount: int, code: str, value: int, bound: int) -> None:
        refusal = refused(
            lambda: plan_swap(basin.pool, prices, LONG, amount), lambda: basin.pool.state()
        )
        assert (refusal.code, refusal.value, refusal.bound) == (code, value, bound)

    basin = deep()
    basin.params.max_pool_long = tokens(1000)
    meets(basin, tokens(1), "beyond-pool-cap", tokens(1001), tokens(1000))
    basin = deep()
    basin.open(False, 2_500_000)
    meets(basin, tokens("0.02"), "beyond-reserve", dollars(2_500_000), dollars(2_499_950))
    basin = deep(swapping(negative=fine("1e-3")))
    meets(basin, tokens(1), "impact-above-amount", tokens(20), tokens(1))
    meets(basin, tokens(10_000), "beyond-pool", dollars(50_000_000), dollars(5_000_000))
    basin = deep(swapping(negative=fine("1e-4"), positive=fine("1e-4")))
    basin.pool.long_pot.amount = 0
    basin.pool.short_pot.amount = dollars(5000)
    basin.pool.impact_long.amount = tokens(1)
    meets(basin, tokens("0.6"), "pool-empty", dollars(5400), dollars(5000))


def test_winners_above_their_caps_stop_swaps_on_either_side() -> None:
    """GM-SWP-5: into a token by the cap for deposits, out of one by that for withdrawals."""
    prices = at(5000)
    basin = deep()
    basin.open(True, 1, size=tokens(900))
    refusal = refused(lambda: plan_swap(basin.pool, prices, SHORT, 5000), basin.pool.state)
    assert refusal.code == "beyond-reserve"
    basin.params.longs.reserve = rate(1)
    refusal = refused(lambda: plan_swap(basin.pool, prices, SHORT, 5000), basin.pool.state)
    assert (refusal.code, refusal.bound) == ("beyond-pnl-cap", rate("0.3"))
    refusal = refused(lambda: plan_swap(basin.pool, prices, LONG, 5000), basin.pool.state)
    assert (refusal.code, refusal.bound) == ("beyond-pnl-cap", rate("0.6"))


def test_a_single_token_market_has_nothing_to_swap() -> None:
    """GM-SWP-5."""
    basin = Basin(usd=1000, long=USD)
    refusal = refused(lambda: plan_swap(basin.pool, at(1), LONG, 1), basin.pool.state)
    assert refusal.code == "same-token"


def test_an_inventory_shared_with_larger_pools_is_the_worse_one_that_counts() -> None:
    """GM-SWP-6: only where impact is negative; a shift's deposit leaves it out."""
    shared = VirtualSwaps(0, dollars(10_000_000))
    basin = Basin(swapping(), eth=1000, usd=5_000_000, swaps=shared)
    basin.params.swap = SwapParams(negative=fine("1e-8"), positive=fine("1e-8"))
    added = dollars(100_000)
    found = swap_impact(basin.pool, at(5000), 0, added)
    assert found.usd == -dollars(20_100)
    assert swap_impact(basin.pool, at(5000), 0, added, False).usd == -dollars(100)
    other = swap_impact(basin.pool, at(5000), added, 0)
    assert (other.usd, other.improved) == (-dollars(100), False)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 10**10),
    st.integers(0, 50),
    st.integers(0, 10**10),
    st.integers(0, 10**12),
    st.integers(10**12, 2 * 10**12),
)
def test_swapping_there_and_back_never_gains(
    amount: int, spread: int, impact_pool: int, factor: int, exponent: int
) -> None:
    """GM-SWP-9: with fees or without, at any curve, from a balanced pool; no token is lost."""
    params = swapping(negative=factor, positive=factor, exponent=exponent)
    basin = deep(params)
    prices = at(5000, spread)
    basin.pool.impact_long.amount = impact_pool
    held = [pot.amount for pot in (basin.pool.long_pot, basin.pool.impact_long)]
    try:
        there = basin.swap(LONG, amount, prices)
    except LimitReached as refusal:
        assert refusal.code in ("impact-above-amount", "beyond-pool")  # noqa: PT017
        return
    if there.received == 0:
        return
    try:
        back = basin.swap(SHORT, there.received, prices)
    except LimitReached:
        return
    assert back.received <= amount
    left = [pot.amount for pot in (basin.pool.long_pot, basin.pool.impact_long)]
    assert sum(left) == sum(held) + amount - back.received


# paths


def three() -> tuple[Basin, Basin, Basin]:
    """ETH-USD, BTC-USD and another ETH-USD market, all without impact or fees."""
    btc = Basin(swapping(), long=BTC)
    btc.deposit(tokens(100), dollars(5_000_000), at(50_000))
    return deep(), btc, deep()


def hops(*basins: Basin) -> list[Hop]:
    return [Hop(basin.pool, at(50_000 if basin.pool.long is BTC else 5000)) for basin in basins]


def test_a_path_leads_from_market_to_market() -> None:
    """GM-SWP-7: 10 ETH are 50 000 dollars are 1 BTC."""
    eth, btc, _ = three()
    payer, who = eth.full(LONG, tokens(10)), Account(5)
    got = swap_path(hops(eth, btc), payer, tokens(10), who, None, tokens(1), eth.treasury)
    assert got == who.purse(2).amount == tokens(1)
    assert payer.amount == 0
    assert eth.pool.amount(SHORT) == dollars(4_950_000)
    assert btc.pool.amount(SHORT) == dollars(5_050_000)


def test_an_empty_path_hands_over_what_came_in() -> None:
    """GM-SWP-7: into a pot, where one is given; the least is asked for all the same."""
    payer, pot = Pot(0), Pot(0)
    payer.amount = 10
    assert swap_path([], payer, 10, None, pot, 10, Account(0)) == 10
    assert pot.amount == 10
    with pytest.raises(LimitReached) as refusal:
        swap_path([], pot, 10, None, payer, 11, Account(0))
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("below-least", 10, 11)
    assert pot.amount == 10


def test_a_path_that_fails_at_its_end_leaves_no_trace() -> None:
    """GM-SWP-7: the first market gives back what it took when a later one refuses."""
    eth, btc, _ = three()
    payer = eth.full(LONG, tokens(10))

    def state() -> list[int]:
        return [*eth.pool.state(), *btc.pool.state(), payer.amount]

    def walk(least: int) -> None:
        swap_path(hops(eth, btc), payer, tokens(10), Account(5), None, least, eth.treasury)

    assert refused(lambda: walk(tokens(1) + 1), state).code == "below-least"
    btc.params.max_pool_short = 0
    assert refused(lambda: walk(0), state).code == "beyond-pool-cap"


def test_paths_have_their_rules() -> None:
    """GM-SWP-7: at most three markets, none twice, each with the token that arrives."""
    eth, btc, other = three()
    assert check_path(hops(eth, btc), 1) == 2
    with pytest.raises(BadOrder) as refusal:
        check_path(hops(eth, other, eth), 1)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("market-twice", 3, 1)
    with pytest.raises(BadOrder) as refusal:
        check_path(hops(eth, other, btc, eth), 1)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("path-too-long", 4, 3)
    with pytest.raises(BadOrder) as refusal:
        check_path(hops(btc), 1)
    assert refusal.value.code == "token-not-in-market"


def test_a_route_can_be_walked_back() -> None:
    """GM-SWP-7: also after it has come to its end."""
    eth, btc, _ = three()
    payer = eth.full(LONG, tokens(10))
    before = [*eth.pool.state(), *btc.pool.state()]
    route = Route(hops(eth, btc), eth.treasury)
    assert route.run(payer, tokens(10)) == tokens(1)
    route.undo(payer)
    assert payer.amount == tokens(10)
    assert [*eth.pool.state(), *btc.pool.state()] == before
