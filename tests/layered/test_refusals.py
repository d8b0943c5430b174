"""Every refusal: a clear code, the value and the rule in words, and not a trace in the state."""

from collections.abc import Callable

import pytest

from roles import DAY, START, Stage, dollars, grant, price, rate, tokens
from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.errors import (
    BadOrder,
    BadParameters,
    Closed,
    LimitReached,
    NotEnough,
    OutOfRange,
    Refusal,
    Unknown,
)
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, MAX_PRICE, MAX_SIZE, MAX_TIME
from seawall.engine.guards import Guards, MarketFacts, PositionCap
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report

CALM = Params(move_fee=0, cover_floor=0, side_cap=rate(2))


class Scene(Stage):
    """A stage on which ``trader`` holds a token and has 1000 dollars left."""

    def __init__(self, **how: object) -> None:
        chosen = {"params": CALM} | how
        super().__init__(**chosen)
        self.someone = self.trader(2_000)
        self.fill(self.someone, 1, 1_000)


def plain() -> Scene:
    return Scene()


def priceless() -> Scene:
    scene = Scene()
    scene.venue.list_market(LayeredMarket("SOL"))
    return scene


def stale() -> Scene:
    scene = Scene()
    scene.silence(seconds=61)
    return scene


def uncertain() -> Scene:
    scene = Scene()
    scene.tick(confidence=50)
    return scene


def price_halted() -> Scene:
    scene = Scene(params=Params(move_fee=0, guards=Guards(price_breaker=PriceBreaker())))
    scene.tick(900)
    return scene


def funding_halted() -> Scene:
    guards = Guards(funding_breaker=FundingBreaker(1))
    scene = Scene(params=Params(move_fee=0, funding_pace=rate(1), guards=guards))
    scene.to_minute()
    return scene


def auctioned(**how: object) -> Scene:
    """``someone`` has the first auction; ``bidder`` has a wallet, ``short`` a short position."""
    scene = Scene(**how)
    scene.short = scene.trader(5_000)
    scene.fill(scene.short, -1, 2_000)
    scene.owner = scene.trader(1_000)
    scene.fill(scene.owner, 10, 450)
    scene.at = price(1962)
    scene.tick()
    assert scene.market.open_auctions() == [1]
    return scene


def capped() -> Scene:
    scene = auctioned(params=Params(move_fee=0, guards=Guards(position=PositionCap())))
    scene.market.set_facts(MarketFacts(market_value=dollars(10_000)))
    return scene


def over() -> Scene:
    scene = auctioned()
    scene.tick(seconds=61, budget=0)
    return scene


def under_water() -> Scene:
    scene = auctioned()
    scene.tick(1940, budget=0)
    return scene


def impaired() -> Scene:
    scene = Scene(senior=100_000, junior=40_000)
    loser = scene.trader(500_000)
    winner = scene.trader(500_000)
    scene.fill(winner, 39, 150_000)
    scene.fill(loser, -39, 450_000)
    scene.walk_to(3500)
    scene.fill(winner, -39)
    return scene


def ruined() -> Scene:
    scene = Scene(senior=100_000, junior=40_000)
    winner = scene.trader(500_000)
    scene.fill(winner, 50, 450_000)
    scene.walk_to(3200)
    return scene


def rich_vault() -> Stage:
    """A share of junior has come to be worth a fortune: one unit buys none of it."""
    stage = Stage(senior=0, junior="0.00001", params=CALM)
    grant(stage, stage.market.desk.pool.cash, 1_000_000)
    stage.someone = stage.account(1)
    return stage


def listed_sources() -> Scene:
    oracle = OracleParams(weights={"feed": 1}, default_weight=0, quorum=1)
    return Scene(params=Params(oracle=oracle))


def many_sources() -> Scene:
    scene = Scene()
    scene.now += 1_000
    reports = [Report(f"feed-{n}", scene.at, scene.now) for n in range(63)]
    scene.venue.advance(scene.now, {"ETH": reports})
    return scene


def report(**changes: object) -> Callable[[Scene], object]:
    def act(scene: Scene) -> None:
        now = scene.now + 1_000
        fields = {"source": "feed", "price": scene.at, "time": now, "confidence": 0} | changes
        if callable(fields["time"]):
            fields["time"] = fields["time"](scene)
        scene.venue.advance(now, {"ETH": [Report("new", scene.at, now), Report(**fields)]})

    return act


def place(size: int, margin: int = 0, **how: object) -> Callable[[Scene], object]:
    return lambda scene: scene.venue.place("ETH", scene.someone, size, margin, **how)


def bid(size: int, margin: int, auction: int = 1, who: str = "someone") -> Callable:
    return lambda scene: scene.venue.bid("ETH", getattr(scene, who), auction, size, margin)


ONE = tokens(1)
REFUSALS: list[tuple[Callable[[], Scene], Callable[[Scene], object], str, type[Refusal]]] = [
    # names
    (plain, lambda s: s.venue.deposit(99, 1), "unknown-account", Unknown),
    (plain, lambda s: s.venue.withdraw(-1, 1), "unknown-account", Unknown),
    (plain, lambda s: s.venue.wallet(99), "unknown-account", Unknown),
    (plain, lambda s: s.venue.place("DOGE", s.someone, ONE), "unknown-market", Unknown),
    (plain, lambda s: s.venue.market("DOGE"), "unknown-market", Unknown),
    (plain, lambda s: s.venue.advance(s.now, {"DOGE": []}), "unknown-market", Unknown),
    (plain, lambda s: s.venue.cancel("ETH", s.someone, 99), "unknown-order", Unknown),
    (plain, lambda s: s.venue.add_margin("ETH", s.junior, 1), "unknown-position", Unknown),
    (plain, lambda s: s.venue.remove_margin("ETH", s.junior, 1), "unknown-position", Unknown),
    (plain, lambda s: s.venue.supply("ETH", "x", s.someone, 1), "unknown-vault", Unknown),
    (plain, lambda s: s.venue.request_redeem("ETH", "x", 3, 1), "unknown-vault", Unknown),
    (plain, lambda s: s.venue.claim("ETH", "x", s.someone), "unknown-vault", Unknown),
    (plain, lambda s: s.market.vault("x"), "unknown-vault", Unknown),
    (plain, bid(ONE, 0, auction=7), "unknown-auction", Unknown),
    # money in and out
    (plain, lambda s: s.venue.deposit(s.someone, 0), "deposit-too-small", OutOfRange),
    (plain, lambda s: s.venue.deposit(s.someone, -1), "deposit-too-small", OutOfRange),
    (plain, lambda s: s.venue.deposit(s.someone, MAX_DOLLARS + 1), "deposit-too-large", OutOfRange),
    (plain, lambda s: s.venue.deposit(s.someone, MAX_DOLLARS), "deposit-too-large", OutOfRange),
    (plain, lambda s: s.venue.deposit(s.someone, 10**30), "deposit-too-large", OutOfRange),
    (plain, lambda s: s.venue.withdraw(s.someone, 0), "withdrawal-too-small", OutOfRange),
    (plain, lambda s: s.venue.withdraw(s.someone, 10**19), "withdrawal-too-large", OutOfRange),
    (plain, lambda s: s.venue.withdraw(s.someone, dollars(1001)), "wallet-too-small", NotEnough),
    # fields of an order
    (plain, place(0), "size-zero", BadOrder),
    (plain, place(int(MAX_SIZE) + 1), "size-too-large", OutOfRange),
    (plain, place(-int(MAX_SIZE) - 1), "size-too-small", OutOfRange),
    (plain, place(10**30), "size-too-large", OutOfRange),
    (plain, place(ONE, -1), "margin-too-small", OutOfRange),
    (plain, place(ONE, MAX_DOLLARS + 1), "margin-too-large", OutOfRange),
    (plain, place(ONE, 1, acceptable=-1), "acceptable-too-small", OutOfRange),
    (plain, place(ONE, 1, acceptable=MAX_PRICE + 1), "acceptable-too-large", OutOfRange),
    (plain, place(ONE, 1, kind="iceberg"), "unknown-kind", BadOrder),
    (plain, place(ONE, 1, kind=""), "unknown-kind", BadOrder),
    (plain, place(ONE, 1, trigger=1), "trigger-on-market", BadOrder),
    (plain, place(ONE, 1, kind="limit"), "trigger-too-small", OutOfRange),
    (plain, place(ONE, 1, kind="stop", trigger=-5), "trigger-too-small", OutOfRange),
    (plain, place(ONE, 1, kind="stop", trigger=MAX_PRICE + 1), "trigger-too-large", OutOfRange),
    (plain, place(1, 1), "order-too-small", OutOfRange),
    (plain, place(tokens("0.004999"), 1), "order-too-small", OutOfRange),
    (plain, place(tokens(7_001), 1), "beyond-depth", LimitReached),
    (plain, place(-tokens(7_002), 1), "beyond-depth", LimitReached),
    (plain, place(ONE, dollars(1_001)), "wallet-too-small", NotEnough),
    (plain, place(ONE, reduce_only=True), "nothing-to-reduce", BadOrder),
    (plain, place(-ONE, 1, reduce_only=True), "margin-on-reduce", BadOrder),
    (plain, lambda s: s.market.quote(0), "size-zero", BadOrder),
    (plain, lambda s: s.market.quote(tokens(7_000)), "beyond-depth", LimitReached),
    # a price that is not there, not fresh, not sure, or a halt
    (priceless, lambda s: s.venue.place("SOL", s.someone, ONE, 1), "no-price", Closed),
    (priceless, lambda s: s.venue.market("SOL").quote(ONE), "no-price", Closed),
    (stale, place(ONE, 1), "stale-price", Closed),
    (stale, lambda s: s.venue.remove_margin("ETH", s.someone, 1), "stale-price", Closed),
    (stale, lambda s: s.venue.supply("ETH", "junior", s.someone, 1), "stale-price", Closed),
    (stale, bid(ONE, 0), "stale-price", Closed),
    (uncertain, place(ONE, 1), "uncertain-price", Closed),
    (price_halted, place(ONE, 1), "price-breaker", Closed),
    (price_halted, place(-ONE, reduce_only=True), "price-breaker", Closed),
    (price_halted, lambda s: s.venue.remove_margin("ETH", 3, 1), "unknown-position", Unknown),
    (price_halted, bid(ONE, 0), "price-breaker", Closed),
    (funding_halted, place(ONE, 1), "funding-breaker", Closed),
    # margin
    (plain, lambda s: s.venue.add_margin("ETH", s.someone, 0), "margin-too-small", OutOfRange),
    (plain, lambda s: s.venue.add_margin("ETH", s.someone, -1), "margin-too-small", OutOfRange),
    (plain, lambda s: s.venue.add_margin("ETH", s.someone, 10**19), "margin-too-large", OutOfRange),
    (plain, lambda s: s.venue.add_margin("ETH", s.someone, 10**10), "wallet-too-small", NotEnough),
    (plain, lambda s: s.venue.remove_margin("ETH", s.someone, 0), "margin-too-small", OutOfRange),
    (plain, lambda s: s.venue.remove_margin("ETH", s.someone, 10**9), "initial-margin", NotEnough),
    # vaults
    (plain, lambda s: s.venue.supply("ETH", "junior", 4, 0), "assets-too-small", OutOfRange),
    (plain, lambda s: s.venue.supply("ETH", "junior", 4, 10**19), "assets-too-large", OutOfRange),
    (plain, lambda s: s.venue.supply("ETH", "junior", 4, 10**10), "wallet-too-small", NotEnough),
    (impaired, lambda s: s.venue.supply("ETH", "senior", 4, 10**6), "entry-gate", LimitReached),
    (impaired, lambda s: s.venue.supply("ETH", "junior", 4, 10**6), "entry-gate", LimitReached),
    (ruined, lambda s: s.venue.supply("ETH", "junior", 4, 10**6), "worthless-vault", Closed),
    (
        rich_vault,
        lambda s: s.venue.supply("ETH", "junior", s.someone, 1),
        "deposit-too-small",
        OutOfRange,
    ),
    (plain, lambda s: s.market.restart_vault("junior"), "not-worthless", Closed),
    (
        plain,
        lambda s: s.venue.request_redeem("ETH", "junior", 2, 0),
        "shares-too-small",
        OutOfRange,
    ),
    (
        plain,
        lambda s: s.venue.request_redeem("ETH", "junior", 2, 10**19),
        "shares-too-large",
        OutOfRange,
    ),
    (
        plain,
        lambda s: s.venue.request_redeem("ETH", "senior", s.someone, 1),
        "short-balance",
        NotEnough,
    ),
    (
        plain,
        lambda s: s.venue.request_redeem("ETH", "junior", s.junior, dollars(3_900_000)),
        "exit-gate",
        LimitReached,
    ),
    (plain, lambda s: s.venue.claim("ETH", "junior", s.junior), "nothing-to-claim", NotEnough),
    # auctions
    (plain, bid(0, 0), "auction-size-too-small", OutOfRange),
    (plain, bid(-ONE, 0), "auction-size-too-small", OutOfRange),
    (plain, bid(10**19, 0), "auction-size-too-large", OutOfRange),
    (plain, bid(ONE, -1), "margin-too-small", OutOfRange),
    (plain, bid(ONE, 10**19), "margin-too-large", OutOfRange),
    (auctioned, bid(11 * ONE, 0), "auction-size-too-large", OutOfRange),
    (auctioned, bid(ONE, 0, who="owner"), "own-auction", Refusal),
    (auctioned, bid(ONE, 0, who="short"), "opposite-position", Refusal),
    (auctioned, bid(ONE, dollars(2_000)), "wallet-too-small", NotEnough),
    (auctioned, bid(ONE, 0, who="junior"), "initial-margin", NotEnough),
    (capped, bid(ONE, dollars(500)), "position-cap", LimitReached),
    (over, bid(ONE, dollars(500)), "auction-over", Closed),
    (under_water, bid(ONE, dollars(500)), "auction-under-water", Closed),
    (auctioned, lambda s: s.place(s.owner, -1, reduce_only=True), "in-auction", Closed),
    (auctioned, lambda s: s.venue.remove_margin("ETH", s.owner, 1), "in-auction", Closed),
    # time and reports
    (plain, lambda s: s.venue.advance(s.now - 1), "time-too-small", OutOfRange),
    (plain, lambda s: s.venue.advance(-1), "time-too-small", OutOfRange),
    (plain, lambda s: s.venue.advance(MAX_TIME + 1), "time-too-large", OutOfRange),
    (plain, lambda s: s.venue.advance(s.now + 400 * DAY + 1), "step-too-long", OutOfRange),
    (plain, lambda s: s.venue.advance(s.now, None, -1), "budget-too-small", OutOfRange),
    (plain, lambda s: s.venue.advance(s.now, None, 10**10), "budget-too-large", OutOfRange),
    (plain, report(price=0), "price-too-small", OutOfRange),
    (plain, report(price=-1), "price-too-small", OutOfRange),
    (plain, report(price=MAX_PRICE + 1), "price-too-large", OutOfRange),
    (plain, report(price=10**30), "price-too-large", OutOfRange),
    (plain, report(confidence=-1), "confidence-too-small", OutOfRange),
    (plain, report(confidence=MAX_PRICE + 1), "confidence-too-large", OutOfRange),
    (plain, report(time=-1), "time-too-small", OutOfRange),
    (plain, report(time=lambda s: s.now), "report-back-in-time", OutOfRange),
    (plain, report(time=START - 5), "report-back-in-time", OutOfRange),
    (plain, report(time=lambda s: s.now + 1_001), "report-from-the-future", OutOfRange),
    (listed_sources, report(), "unknown-source", Unknown),
    (many_sources, report(), "too-many-sources", LimitReached),
]


@pytest.mark.parametrize(
    ("scene", "act", "code", "kind"),
    REFUSALS,
    ids=[f"{n}-{row[2]}-{row[0].__name__}" for n, row in enumerate(REFUSALS)],
)
def test_a_refusal_names_the_rule_and_leaves_no_trace(scene, act, code, kind):
    """Whole or not at all; value and bound stand in the message in the unit it names."""
    stage = scene()
    books = stage.venue.digest()
    with pytest.raises(kind) as caught:
        act(stage)
    refusal = caught.value
    assert refusal.code == code
    assert str(refusal) == f"{code}: {refusal.message}"
    assert len(refusal.message.split()) >= 4
    numbers = [number for number in (refusal.value, refusal.bound) if number]
    assert not numbers or any(str(number) in refusal.message for number in numbers)
    assert stage.venue.digest() == books
    stage.venue.audit()


def test_a_market_is_listed_once():
    stage = Stage()
    with pytest.raises(BadParameters, match="listed already"):
        stage.venue.list_market(LayeredMarket("ETH"))


# parameter sets


def flat(*rows: tuple[int, int, str]) -> Tiers:
    return Tiers([Tier(limit, leverage, rate(mm)) for limit, leverage, mm in rows], False)


def bands(*edges: int) -> dict[str, list[int]]:
    weights = [rate(1)] + [0] * (len(edges) - 1)
    return {"band_edges": list(edges), "senior_weights": weights, "junior_weights": weights}


EIGHTH = rate("0.125")
BAD_PARAMETERS: list[tuple[dict[str, object], str, object]] = [
    ({"band_edges": []}, "band_edges", 0),
    ({"band_edges": list(range(1, 34))}, "band_edges", 33),
    ({"band_edges": [5, 10]}, "senior_weights", 8),
    (bands(5, 4), "band_edges[1]", 4),
    (bands(5, 5), "band_edges[1]", 5),
    (bands(0), "band_edges[0]", 0),
    (bands(rate("0.11")), "band_edges[0]", rate("0.11")),
    ({"senior_weights": [EIGHTH] * 7 + [EIGHTH - 1]}, "senior_weights", rate(1) - 1),
    ({"junior_weights": [EIGHTH] * 7 + [EIGHTH + 1]}, "junior_weights", rate(1) + 1),
    ({"senior_weights": [rate(1) + 1, -1] + [0] * 6}, "senior_weights", ""),
    ({"senior_weights": [rate(1)]}, "senior_weights", 1),
    ({"depth_factor": 0}, "depth_factor", 0),
    ({"depth_factor": rate(5)}, "depth_factor", rate(5)),
    ({"half_spread": -1}, "half_spread", -1),
    ({"half_spread": rate("0.2")}, "half_spread", rate("0.2")),
    ({"half_spread": 2**70}, "half_spread", 2**70),
    ({"fee_adding": -1}, "fee_adding", -1),
    ({"fee_adding": 10, "fee_reducing": 11}, "fee_reducing", 11),
    ({"move_fee": rate(1) + 1}, "move_fee", rate(1) + 1),
    ({"move_fee_fade": 0}, "move_fee_fade", 0),
    ({"order_delay": 0}, "order_delay", 0),
    ({"funding_max": rate("0.2")}, "funding_max", rate("0.2")),
    ({"funding_pace": rate(1) + 1}, "funding_pace", rate(1) + 1),
    ({"utilisation_kink": rate(1)}, "utilisation_kink", rate(1)),
    ({"utilisation_kink": 0}, "utilisation_kink", 0),
    ({"utilisation_low": rate(1) + 1}, "utilisation_low", rate(1) + 1),
    ({"utilisation_high": rate(101)}, "utilisation_high", rate(101)),
    ({"insurance_share": rate(1) + 1}, "insurance_share", rate(1) + 1),
    ({"insurance_target": -1}, "insurance_target", -1),
    (
        {"insurance_share": rate("0.6"), "treasury_share": rate("0.5")},
        "treasury_share",
        rate("0.5"),
    ),
    ({"coupon_base": rate(1) + 1}, "coupon_base", rate(1) + 1),
    ({"coupon_slope": -1}, "coupon_slope", -1),
    ({"liquidation_fee": rate("0.2")}, "liquidation_fee", rate("0.2")),
    ({"liquidation_fee": rate("0.0125")}, "tiers[0]", rate("0.0125")),
    ({"partial_floor": rate(1) + 1}, "partial_floor", rate(1) + 1),
    ({"partial_target": rate(1) - 1}, "partial_target", rate(1) - 1),
    ({"partial_pace": -1}, "partial_pace", -1),
    ({"auction_duration": 0}, "auction_duration", 0),
    ({"auction_duration": 1_000, "auction_step": 1_001}, "auction_step", 1_001),
    ({"cover_floor": rate(1) + 1}, "cover_floor", rate(1) + 1),
    ({"deleverage_every": 0}, "deleverage_every", 0),
    ({"deleverage_batch": 0}, "deleverage_batch", 0),
    ({"exit_utilisation": 0}, "exit_utilisation", 0),
    ({"exit_utilisation": rate(1) + 1}, "exit_utilisation", rate(1) + 1),
    ({"junior_exit_cover": -1}, "junior_exit_cover", -1),
    ({"senior_entry_cover": rate("0.05")}, "senior_entry_cover", rate("0.05")),
    ({"junior_epoch": 59_999}, "junior_epoch", 59_999),
    ({"senior_epoch": 31 * DAY}, "senior_epoch", 31 * DAY),
    ({"side_cap": 0}, "side_cap", 0),
    ({"smallest_position": 0}, "smallest_position", 0),
    ({"smallest_position": dollars(1_000_001)}, "smallest_position", dollars(1_000_001)),
    ({"tiers": Tiers([Tier(MAX_DOLLARS, 50, rate("0.01"))], True)}, "tiers", "flat"),
]


@pytest.mark.parametrize(
    ("fields", "named", "value"),
    BAD_PARAMETERS,
    ids=[f"{n}-{'+'.join(row[0])}" for n, row in enumerate(BAD_PARAMETERS)],
)
def test_a_parameter_set_that_cannot_be_run_is_refused(fields, named, value):
    """Bands that fall, weights that do not sum to one, rates beyond their bounds: by name."""
    with pytest.raises(BadParameters) as caught:
        Params(**fields)
    assert named in str(caught.value)
    assert str(value) in str(caught.value)


@pytest.mark.parametrize("value", [0.5, "1", None])
def test_a_parameter_is_a_whole_number(value):
    """No float slips into the arithmetic; the compiled engine says so by itself."""
    with pytest.raises((BadParameters, TypeError)):
        Params(half_spread=value)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        ((MAX_DOLLARS - 1, 50, "0.01"),),
        ((DOLLAR, 50, "0.01"), (DOLLAR, 25, "0.02"), (MAX_DOLLARS, 5, "0.1")),
        ((DOLLAR, 25, "0.01"), (MAX_DOLLARS, 50, "0.01")),
        ((DOLLAR, 50, "0.015"), (MAX_DOLLARS, 25, "0.01")),
        ((MAX_DOLLARS, 50, "0.02"),),
        ((MAX_DOLLARS, 0, "0.02"),),
        ((0, 50, "0.01"), (MAX_DOLLARS, 50, "0.01")),
    ],
)
def test_a_leverage_table_that_cannot_be_run_is_refused(rows):
    """LAY-MAR-1: limits rise, leverage never rises, maintenance never falls, all is held."""
    with pytest.raises(BadParameters):
        flat(*rows)


def test_a_float_is_no_amount():
    """A type of the wrong kind is a fault of the caller's program, compiled or not."""
    stage = Stage()
    before = stage.venue.digest()
    for act in (
        lambda: stage.venue.deposit(stage.junior, 1.5),
        lambda: stage.venue.place("ETH", stage.junior, 1.5, 1),
        lambda: stage.venue.place("ETH", stage.junior, tokens(1), 0.5),
        lambda: stage.venue.supply("ETH", "junior", stage.junior, 2.0),
    ):
        with pytest.raises(TypeError):
            act()
    assert stage.venue.digest() == before
