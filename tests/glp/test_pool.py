"""The pool and those who hold it: AUM, fees, minting, redeeming, swapping."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from glp.stage import ANY_PRICE, HOUR, Own, Stage, dollars, price, tokens
from seawall.engine.designs.glp import GlpMarket, Params, PoolParams, TokenTerms
from seawall.engine.designs.glp.pricing import fee_of, fee_points
from seawall.engine.errors import LimitReached, OutOfRange
from seawall.engine.events import Settled, VaultFlow
from seawall.engine.venue import TREASURY_ACCOUNT, Venue

amounts = st.integers(1, 10**15)


def two_tokens(**pool: object) -> Stage:
    stage = Stage(**pool)  # type: ignore[arg-type]
    stage.answers("BTC", 40000, 40000, 40000)
    stage.buy("provider", "BTC", tokens(10))
    stage.buy("provider", "DAI", dollars(400_000))
    return stage


def test_aum_takes_in_what_the_operator_adds_and_leaves_out_and_stops_at_nothing() -> None:
    """GLP-AUM-2."""
    stage = two_tokens()
    before = stage.aum()
    stage.btc.set_adjustment(dollars(10), dollars(4))
    assert stage.aum() == before + dollars(6)
    stage.btc.set_adjustment(0, before + 1)
    assert stage.aum() == 0


def test_the_average_of_the_shorts_is_the_pool_s_the_tracker_s_or_a_mix() -> None:
    """GLP-AUM-3, GLP-SHORT-2: a decrease moves the tracker's average and not the pool's."""
    found = {}
    for weight in (0, 5_000, 10_000):
        stage = two_tokens(tracker_weight=weight)
        stage.short("first", 1_000, 100)
        stage.answers("BTC", 42000, 42000, 42000)
        stage.short("second", 1_000, 100)
        stage.cover("first", 1_000)
        token = stage.token("BTC")
        found[weight] = token.average_used
        assert token.short_average == found.get(0, token.short_average)
        gap = stage.btc.short_check()
        assert abs(gap) <= 2 if weight == 10_000 else gap != 0, "GLP-SHORT-3"
    assert found[10_000] == price(42000)
    assert found[0] < found[5_000] == (found[0] + found[10_000]) // 2


def test_without_supply_or_weight_the_base_fee_is_charged() -> None:
    """GLP-FEE-1."""
    assert fee_points(0, 0, 100, 25, 50, True) == 25
    assert fee_points(dollars(20), dollars(30), dollars(1), 25, 50, True) == 9
    assert fee_points(dollars(20), dollars(30), dollars(1), 25, 50, False) == 42
    assert fee_points(0, dollars(30), dollars(1), 25, 50, True) == 0
    assert fee_points(dollars(90), dollars(30), dollars(1), 25, 50, True) == 75


@given(debt=amounts, target=amounts, delta=amounts, up=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_dynamic_fee_lies_between_nothing_and_base_and_tax(
    debt: int, target: int, delta: int, up: bool
) -> None:
    """GLP-FEE-1."""
    fee = fee_points(debt, target, delta, 25, 50, up)
    after = debt + delta if up else max(0, debt - delta)
    assert 0 <= fee <= 75
    assert (fee <= 25) == (abs(after - target) < abs(debt - target)) or fee == 25


@given(amount=st.integers(0, 10**18), points=st.integers(0, 500))
@settings(max_examples=60, deadline=None)
def test_a_fee_rounds_up(amount: int, points: int) -> None:
    """GLP-FEE-2."""
    assert fee_of(amount, points) == -(-amount * points // 10_000)
    assert fee_of(1, 10) == 1
    assert fee_of(dollars(50), 10) == dollars("0.05")


def test_dynamic_fees_tell_a_sale_from_a_purchase() -> None:
    """GLP-MINT-2: after the debt is taken off, and so twice in the formula."""
    stage = two_tokens(dynamic_fees=True)
    dai = stage.pool.named("DAI")
    bought = stage.pool.plan_buy(dai, dollars(50_000))
    sold = stage.pool.plan_sell(dai, dollars(50_000))
    left, supply = dai.debt - dollars(50_000), stage.pool.usdg - dollars(50_000)
    assert sold.points == fee_points(left, supply // 4, dollars(50_000), 30, 50, False)
    assert sold.points != bought.points


@given(
    rounds=st.lists(st.tuples(st.sampled_from(["BTC", "DAI"]), st.integers(1, 10**9)), max_size=6),
    moves=st.lists(st.integers(30_000, 50_000), min_size=1, max_size=3),
)
@settings(max_examples=20, deadline=None)
def test_going_in_and_out_never_gains(rounds: list, moves: list[int]) -> None:
    """GLP-MINT-3, GLP-MINT-4, GLP-PRICE-1, GLP-BOOK-1: with or without a spread."""
    stage = two_tokens(dynamic_fees=True)
    stage.answers("BTC", *moves)
    stage.give("first", "DAI", dollars(1_000_000))
    stage.btc.supply_token("DAI", stage.who("first"), dollars(1_000_000))
    for token, amount in rounds:
        account = stage.give("in-and-out", token, amount)
        before = stage.btc.glp_price(False)
        shares, back = 0, 0
        with suppress(OutOfRange):  # too small to mint anything
            shares = stage.btc.supply_token(token, account, amount)
        with suppress(OutOfRange, LimitReached):  # too small, or not there
            back = stage.btc.redeem_token(token, account, shares)
        assert back <= amount
        assert stage.btc.glp_price(False) >= before - 1
    stage.venue.audit()


def test_the_pool_refuses_what_it_has_no_room_for() -> None:
    """GLP-MINT-1, GLP-MINT-2, GLP-SWAP-2, GLP-MINT-3."""
    stage = Stage({"BTC": {"buffer": tokens(9)}, "DAI": {"max_debt": dollars(500_000)}})
    stage.answers("BTC", 40000, 40000, 40000)
    stage.buy("provider", "BTC", tokens(10))
    stage.buy("provider", "DAI", dollars(400_000))
    account = stage.give("trader", "DAI", dollars(1_000_000))
    stage.give("trader", "BTC", tokens(10))
    swap = stage.btc.swap
    with stage.refuses("same-token"):
        swap(account, "BTC", "BTC", 1)
    with stage.refuses("debt-cap") as caught:
        swap(account, "DAI", "BTC", dollars(200_000))
    assert caught.value.bound == dollars(500_000)
    with stage.refuses("pool-buffer") as caught:
        swap(account, "DAI", "BTC", dollars(60_000))
    assert caught.value.bound == stage.token("BTC").pool - tokens(9)
    with stage.refuses("min-out") as caught:
        swap(account, "DAI", "BTC", dollars(4_000), tokens(1))
    assert caught.value.value == tokens("0.0997")
    with stage.refuses("amount-too-small"):
        swap(account, "DAI", "BTC", 1)
    with stage.refuses("pool-reserved") as caught:
        swap(account, "BTC", "DAI", tokens("9.99"))
    assert caught.value.bound == stage.token("DAI").pool
    with stage.refuses("wallet-too-small"):
        swap(account, "BTC", "DAI", tokens(11))
    with stage.refuses("unknown-account"):
        swap(999, "BTC", "DAI", 1)
    with stage.refuses("min-out"):
        stage.btc.supply_token("BTC", account, tokens(1), min_glp=dollars(40_000))
    with stage.refuses("min-out"):
        stage.btc.supply_token("BTC", account, tokens(1), min_usdg=dollars(40_000))
    with stage.refuses("no-glp"):
        stage.btc.glp_price(True)
    shares = stage.btc.supply_token("BTC", account, tokens(1))
    with stage.refuses("min-out"):
        stage.btc.redeem_token("BTC", account, shares // 4, tokens(20))
    with stage.refuses("glp-too-small") as caught:
        stage.btc.redeem_token("BTC", account, shares + 1)
    assert caught.value.bound == shares
    with stage.refuses("no-dollars"):
        stage.btc.supply("glp", account, 1)
    with stage.refuses("no-dollars"):
        stage.venue.place("BTC", account, 1, 1)


def test_a_debt_beyond_all_bounds_is_refused() -> None:
    """GLP-MINT-1."""
    stage = two_tokens()
    dai = stage.pool.named("DAI")
    dai.debt = 10**18
    stage.give("whale", "DAI", dollars(10))
    with stage.refuses("debt-too-large"):
        stage.btc.swap(stage.who("whale"), "DAI", "BTC", dollars(10))


def test_a_pool_of_dollars_alone_has_nothing_for_longs() -> None:
    """GLP-LP-1, GLP-VIEW-1."""
    stage = Own(half=0)
    dollars_only = stage.trader(100_000)
    stage.venue.supply("ETH", "glp", dollars_only, dollars(100_000))
    with stage.refuses("reserve-exceeds-pool"):
        stage.market.quote(tokens(1))
    assert stage.market.quote(-tokens(1)).impact == 0
    levels = stage.market.depth()
    assert {level.buy for level in levels} == {0}
    assert {level.sell for level in levels} == {dollars(99_750)}
    with stage.refuses("unknown-vault"):
        stage.market.supply_in_kind("senior", dollars_only, 1)
    stage.venue.deposit(dollars_only, tokens(10), "ETH")
    stage.market.supply_in_kind("glp", dollars_only, tokens(10))
    assert stage.market.quote(tokens(1)).all_in == price(2002)


def test_glp_is_redeemed_for_all_tokens_as_they_are_free() -> None:
    """GLP-LP-2, GLP-LP-3, GLP-MINT-4."""
    stage = Own(pool={"dynamic_fees": False, "mint_burn": 0})
    provider, market = stage.provider, stage.market
    shares = market.glp(provider)
    assert shares == dollars(2_000_000)
    with stage.refuses("cooldown"):
        market.request_redeem("glp", provider, shares)
    trader = stage.trader(200_000)
    assert stage.fill(trader, 250, 100_000) == ""
    stage.wait(900_000)
    stage.venue.drain()
    free = market.token("ETH").pool - market.token("ETH").reserved
    part = free * 2000 * 100 // 10**4 / (free * 2000 / 10**2 + market.token("USD").pool)
    worth = market.liquidity.worth(dollars(100_000))
    assert market.request_redeem("glp", provider, dollars(100_000)) == stage.now
    flow = next(event for event in stage.venue.drain() if isinstance(event, VaultFlow))
    assert (flow.account, flow.assets, flow.shares) == (-1, -worth, -dollars(100_000))
    paid = market.claim("glp", provider)
    assert paid == stage.wallet(provider)
    in_eth = stage.wallet(provider, "ETH") * 2000 / 10**2
    assert abs(in_eth / (in_eth + paid) - part) < 1e-6
    assert abs(in_eth + paid - worth) < 50
    with stage.refuses("nothing-to-claim"):
        market.claim("glp", provider)
    stage.venue.audit()


def test_fees_are_shared_out_once_a_period_by_shares() -> None:
    """GLP-FEE-3, GLP-LP-3."""
    stage = Own(pool={"dynamic_fees": False, "mint_burn": 0})
    other = stage.trader(2_000_000)
    stage.venue.supply("ETH", "glp", other, dollars(2_000_000))
    trader = stage.trader(100_000)
    assert stage.fill(trader, -100, 20_000) == ""
    assert stage.fill(trader, 50, 20_000) == ""
    fees = {name: stage.market.token(name).fees for name in ("USD", "ETH")}
    assert fees["USD"] == dollars(200)
    aum = stage.market.aum(False)
    stage.venue.drain()
    stage.tick(stage.at, HOUR)
    settled = next(event for event in stage.venue.drain() if isinstance(event, Settled))
    assert settled.income == fees["USD"] + fees["ETH"] * 2000 // 100
    assert settled.to_treasury == dollars(60)
    assert stage.market.aum(False) == aum, "fees lie beside the pool"
    assert stage.wallet(TREASURY_ACCOUNT) == dollars(60)
    assert stage.wallet(TREASURY_ACCOUNT, "ETH") == fees["ETH"] - fees["ETH"] * 70 // 100
    for account in (stage.provider, other):
        assert stage.market.claim("glp", account) == dollars(70)
        assert abs(stage.wallet(account, "ETH") - fees["ETH"] * 35 // 100) <= 1
    stage.venue.audit()


def test_a_stable_token_that_falls_and_comes_back_shows_in_custody() -> None:
    """GLP-BOOK-2: collateral is dollars, what is held is tokens."""
    stage = two_tokens()
    stage.short("trader", 1_000, 100)
    assert stage.token("DAI").custody_gap == 0
    stage.answers("DAI", "0.9", "0.9", "0.9")
    assert stage.token("DAI").custody_gap == -dollars("9.9")
    before = stage.held("trader", "DAI")
    paid = stage.cover("trader", 1_000)
    assert paid > dollars(105)
    assert stage.held("trader", "DAI") == before + paid
    stage.venue.audit()


def test_every_pot_is_added_up_in_every_token() -> None:
    """GLP-BOOK-1, GLP-BOOK-3."""
    stage = two_tokens()
    stage.long("long", 5_000, tokens("0.05"))
    stage.short("short", 5_000, 500)
    stage.answers("BTC", 41000, 39000, 40000)
    stage.decrease("long", 2_000)
    stage.cover("short", 2_000)
    stage.venue.audit()
    for name in ("BTC", "DAI"):
        index = stage.venue.treasury.index(name)
        held = sum(int(pot.amount) for pot in stage.venue.pots() if pot.token == index)
        assert held == stage.venue.treasury.outstanding(index)
    for token in stage.pool.tokens:
        assert token.transit.amount == 0


def test_a_pool_stands_with_the_market_that_listed_it_first() -> None:
    """GLP-BOOK-1: its pots are told once, whoever shares it."""
    venue = Venue()
    terms = Params(
        pool=PoolParams(tokens=[TokenTerms("A"), TokenTerms("B")], price_samples=1),
        oracle=ANY_PRICE,
    )
    first = GlpMarket("A", terms)
    second = GlpMarket("B", terms, beside=first)
    venue.list_market(first)
    venue.list_market(second)
    assert second.pool is first.pool
    assert second.pots() == []
    assert len(first.pots()) == 2 * 4 + 4
    venue.audit()
