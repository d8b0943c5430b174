"""Positions: what may be opened, what is left of them, when they are liquidated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glp.stage import DAY, HOUR, Own, Stage, btc90, dollars, is_dollars, price, tokens
from seawall.engine.designs.glp.positions import OVER_LEVERAGED, SAFE, SPENT
from seawall.engine.events import RungReached
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.margin import Tier, Tiers
from seawall.engine.venue import KEEPER_ACCOUNT
from seawall.engine.watch import DUE, WATCHED


def deep(**pool: object) -> Stage:
    stage = Stage(**pool)  # type: ignore[arg-type]
    stage.answers("BTC", 40000, 40000, 40000)
    stage.buy("provider", "BTC", tokens(100))
    stage.buy("provider", "DAI", dollars(4_000_000))
    return stage


def reason_of(stage: Stage, name: str, size: object, amount: int, **how: object) -> str:
    """Why an increase of a long on BTC is given back."""
    account = stage.give(name, "BTC", amount)
    stage.btc.request_increase(account, "BTC", True, dollars(size), amount, **how)  # type: ignore[arg-type]
    stage.settle()
    reasons = [event.reason for event in stage.happened() if hasattr(event, "reason")]
    assert stage.held(name, "BTC") >= amount or not reasons, "everything is given back"
    return reasons[0] if reasons else ""


def test_sides_and_their_tokens() -> None:
    """GLP-POS-3."""
    stage = deep()
    account = stage.give("trader", "DAI", dollars(100))
    for collateral, is_long in (("BNB", True), ("DAI", True), ("BTC", False)):
        with stage.refuses("token-not-allowed"):
            stage.btc.request_increase(account, collateral, is_long, dollars(10), 1)
    unshortable = Stage({"BTC": {"shortable": False}})
    unshortable.answers("BTC", 40000)
    unshortable.who("a")
    with unshortable.refuses("token-not-allowed"):
        unshortable.btc.request_increase(unshortable.who("a"), "DAI", False, dollars(10), 0)


@pytest.mark.parametrize(
    ("size", "amount", "reason"),
    [
        (100, 100, "fees-exceed-collateral"),
        (5_000, 30_000, "liquidation-fee-exceeds"),
        (5_000, 250_000, "max-leverage"),
        (50, 200_000, "size-below-collateral"),
        (0, 200_000, "size-zero"),
        (5_000, 300_000, ""),
    ],
)
def test_what_may_not_be_opened(size: int, amount: int, reason: str) -> None:
    """GLP-INC-3, GLP-INC-4."""
    assert reason_of(deep(), "trader", size, amount) == reason


def test_a_profit_is_no_collateral_for_more_size_and_a_loss_is_none() -> None:
    """GLP-INC-4."""
    stage = deep()
    stage.long("winner", 1_000, tokens("0.001"))
    stage.answers("BTC", 44000, 44000, 44000)
    assert stage.result("winner") == dollars(100)
    assert reason_of(stage, "winner", 1_500, 0) == "max-leverage"
    loser = deep(max_leverage=10_000_000, liquidation_fee=0)
    loser.long("loser", 1_000, tokens("0.001"))
    loser.answers("BTC", 38300, 38300, 38300)
    number = loser.btc.request_increase(loser.who("loser"), "BTC", True, dollars(10), 0)
    loser.answers("BTC", 38300, 38300, 38300)
    with loser.refuses("losses-exceed-collateral"):
        loser.btc.execute(loser.who("loser"), number)


def test_what_may_not_be_taken_off() -> None:
    """GLP-DEC-1 to 4."""
    stage = deep()
    stage.long("trader", 1_000, tokens("0.005"))

    def refusal(size: object, withdraw: object) -> str:
        account = stage.who("trader")
        stage.btc.request_decrease(account, "BTC", True, dollars(size), dollars(withdraw))
        stage.settle()
        return next((e.reason for e in stage.happened() if hasattr(e, "reason")), "")

    assert refusal(1_001, 0) == "size-exceeded"
    assert refusal(0, 200) == "collateral-exceeded"
    assert refusal(900, 0) == "size-below-collateral"
    assert refusal(0, 185) == "max-leverage"
    assert refusal(0, 0) == "size-zero"
    stage.answers("BTC", 36000, 36000, 36000)
    assert refusal(0, 150) in ("losses-exceed-collateral", "collateral-exceeded", "max-leverage")
    assert refusal(1_000, 0) == ""
    with stage.refuses("nothing-to-reduce"):
        stage.btc.request_decrease(stage.who("trader"), "BTC", True, dollars(1))


def test_a_full_close_that_pays_no_more_than_its_fees_is_refused() -> None:
    """GLP-DEC-2: only a liquidation may end it."""
    stage = deep(max_leverage=10_000_000)
    stage.long("trader", 1_000, tokens("0.0005"))
    stage.answers("BTC", "39280", "39280", "39280")
    trader = stage.who("trader")
    number = stage.btc.request_decrease(trader, "BTC", True, dollars(1_000))
    stage.answers("BTC", "39280", "39280", "39280")
    with stage.refuses("fees-exceed-collateral"):
        stage.btc.execute(trader, number)
    stage.answers("BTC", "39100", "39100", "39100")
    with stage.refuses("losses-exceed-collateral"):
        stage.btc.execute(trader, number)


def test_adding_collateral_begins_the_window_anew_and_leaves_the_average() -> None:
    """GLP-POS-2, GLP-INC-2."""
    stage = Stage({"BTC": {"min_profit": 75}}, min_profit_time=HOUR)
    stage.answers("BTC", 40000, 40000, 40000)
    stage.buy("provider", "BTC", tokens(1))
    stage.long("trader", 1_000, tokens("0.005"))
    stage.answers("BTC", 40200, 40200, 40200)
    assert stage.result("trader") == 0
    stage.wait(HOUR)
    assert stage.result("trader") == dollars(5)
    stage.long("trader", 0, tokens("0.001"))
    assert stage.holding("trader").average == price(40000)
    assert stage.result("trader") == 0


def test_the_bounds_of_the_states_are_safe() -> None:
    """GLP-LIQ-1: the least price that is safe, and one unit below it."""
    stage = deep()
    stage.long("trader", 1_000, tokens("0.001"))
    holding, book = stage.holding("trader"), stage.btc.book
    need = book.least(dollars(1_000))
    assert need == dollars(20)
    # collateral 39: the loss may be 19
    safe = price(40000) - price(40000) * 19 // 1_000
    book.index.feed.low = safe
    assert book.state_of(holding)[0] == SAFE
    book.index.feed.low = safe - price("0.1")
    assert book.state_of(holding)[0] == OVER_LEVERAGED
    # spent: less than 1 of fees and 5 to liquidate
    book.index.feed.low = price(40000) - price(40000) * 33 // 1_000
    assert book.state_of(holding)[0] == OVER_LEVERAGED
    book.index.feed.low -= price("0.1")
    assert book.state_of(holding)[0] == SPENT


def test_an_over_leveraged_position_is_closed_and_the_rest_is_its_owner_s() -> None:
    """GLP-LIQ-4."""
    stage = deep()
    stage.long("trader", 1_000, tokens("0.001"))
    stage.answers("BTC", 39000, 39000, 39000)
    pool = stage.token("BTC").pool
    stage.liquidate("liquidator", "trader")
    # collateral 39 - 25 lost - 1 of fees, at 39,000
    paid = stage.held("trader", "BTC")
    assert paid == 13 * 10**8 // 39_000
    assert stage.held("liquidator", "BTC") == 0
    assert stage.token("BTC").pool == pool - paid - 10**8 // 39_000
    record = next(event for event in stage.happened() if isinstance(event, RungReached))
    assert (record.rung, record.shortfall) == ("over-leverage", 0)
    assert is_dollars(record.returned, 13)
    stage.venue.audit()


def test_a_loss_beyond_the_collateral_is_collected_from_nobody() -> None:
    """GLP-LIQ-3, GLP-LIQ-6: a short; the pool gets the collateral less the fees."""
    stage = deep()
    stage.short("trader", 1_000, 40)
    stage.answers("BTC", 42000, 42000, 42000)
    pool, fees = stage.token("DAI").pool, stage.token("DAI").fees
    stage.liquidate("liquidator", "trader", "DAI", False)
    assert stage.token("DAI").fees == fees + dollars(1)
    assert stage.token("DAI").pool == pool + dollars(38) - dollars(5)
    assert stage.held("liquidator", "DAI") == dollars(5)
    record = next(event for event in stage.happened() if isinstance(event, RungReached))
    assert record.shortfall == dollars(11)
    assert (record.penalty, record.to_keeper) == (dollars(5), dollars(5))
    stage.venue.audit()


def test_the_fees_of_a_short_beyond_its_collateral_are_the_pool_s_to_pay() -> None:
    """GLP-LIQ-2, GLP-LIQ-3."""
    stage = deep(stable_factor=10_000)
    stage.short("trader", 1_000_000, 30_000)
    stage.answers("BTC", 39000, 39000, 39000)
    for _ in range(6):
        stage.now += 5 * DAY
        stage.venue.advance(stage.now, None, 0)
    holding = stage.holding("trader", "DAI", False)
    state, fees, left = stage.btc.book.state_of(holding)
    assert state == SPENT
    assert holding.collateral < fees <= left
    pool = stage.token("DAI").pool
    stage.liquidate("liquidator", "trader", "DAI", False)
    assert stage.token("DAI").pool == pool - (fees - dollars(29_000)) - dollars(5)
    stage.venue.audit()


def test_the_keeper_takes_the_largest_first_within_its_budget() -> None:
    """GLP-LIQ-5."""
    stage = Own()
    accounts = [stage.trader() for _ in range(3)]
    for account, size in zip(accounts, (1, 3, 2), strict=True):
        assert stage.fill(account, size, size * 60) == ""
    order = []
    for _ in range(3):
        stage.tick(1950, budget=1)
        order += [e.account for e in stage.venue.drain() if isinstance(e, RungReached)]
    assert order == [accounts[1], accounts[2], accounts[0]]
    with stage.refuses("unknown-position"):
        stage.market.liquidate(stage.provider, accounts[0], "ETH", True)
    assert stage.venue.wallet(KEEPER_ACCOUNT, "ETH") >= 0


def test_what_came_back_from_the_brink_while_it_waited_is_left_alone() -> None:
    """GLP-LIQ-5."""
    stage = Own()
    account = stage.trader()
    assert stage.fill(account, 1, 60) == ""
    stage.tick(1950, budget=0)
    (holding,) = stage.market.holdings(account)
    assert holding.standing == DUE
    stage.tick(2000)
    assert holding.standing == WATCHED
    stage.tick(1950, budget=0)
    stage.venue.add_margin("ETH", account, dollars(100))
    assert holding.standing == WATCHED


def test_leverage_tiers_take_the_place_of_the_fifty_times() -> None:
    """GLP-LIQ-7."""
    tiers = Tiers([Tier(10_000 * 10**6, 50, 10**10), Tier(int(MAX_DOLLARS), 10, 5 * 10**10)], False)
    stage = Own(tiers=tiers)
    small, large, better = stage.trader(), stage.trader(), stage.trader()
    assert stage.fill(small, 4, 300) == ""
    assert stage.fill(large, 10, 1_500) == "max-leverage"
    assert stage.fill(better, 10, 2_100) == ""
    view = stage.market.position(better)
    assert (view.initial, view.maintenance) == (dollars(2_000), dollars(1_000))
    assert stage.market.position(small).maintenance == dollars(80)
    stage.tick(1890)
    assert stage.market.position(better) is None
    stage.venue.audit()


def test_margin_moves_at_once_and_a_long_pays_for_it() -> None:
    """GLP-MAR-1, GLP-MAR-2, GLP-ORD-8."""
    stage = Own(pool={"dynamic_fees": False})
    account = stage.trader()
    assert stage.fill(account, 10, 1_000) == ""
    before = stage.market.position(account).margin
    stage.venue.add_margin("ETH", account, dollars(500))
    # 30 bps of swap, then 30 bps of deposit
    assert is_dollars(stage.market.position(account).margin - before, "497.0045", 30)
    held = stage.wallet(account)
    stage.venue.remove_margin("ETH", account, dollars(400))
    assert is_dollars(stage.wallet(account) - held, "398.8", 30)
    with stage.refuses("collateral-exceeded"):
        stage.venue.remove_margin("ETH", account, dollars(5_000))
    with stage.refuses("max-leverage"):
        stage.venue.remove_margin("ETH", account, dollars(700))
    short = stage_short(stage)
    with stage.refuses("size-below-collateral"):
        stage.venue.add_margin("ETH", short, dollars(1_500))
    with stage.refuses("wallet-too-small"):
        stage.venue.add_margin("ETH", account, dollars(50_000))
    with stage.refuses("unknown-position"):
        stage.venue.add_margin("ETH", stage.provider, dollars(1))
    stage.venue.audit()


def stage_short(stage: Own) -> int:
    """An account with a short of 1,000 on 200."""
    account = stage.trader()
    assert stage.fill(account, "-0.5", 200) == ""
    return account


def test_btc90_shows_what_a_person_would_ask() -> None:
    """GLP-VIEW-1."""
    stage = btc90()
    view = stage.btc.position(stage.who("trader"))
    assert (view.entry, view.margin) == (dollars(90), dollars("9.91"))
    assert view.size == 90 * 10**8 // 41_000
    assert is_dollars(view.result, "-2.195122", 1)
    assert view.equity == view.margin + view.result - view.accrued
    # a loss of 9.91 - 5.09 is the last that is safe
    assert abs(view.liquidation_price - price(41_000) * (90_000_000 - 4_820_000) / 9e7) < 10
    assert view.bankruptcy_price < view.liquidation_price
    assert stage.btc.positions_of(stage.who("nobody")) == []


@given(
    people=st.lists(
        st.tuples(st.booleans(), st.integers(500, 20_000), st.integers(30, 400)),
        min_size=1, max_size=8,
    ),
    moves=st.lists(
        st.tuples(st.integers(-900, 900), st.integers(0, 30 * HOUR)), min_size=1, max_size=8
    ),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_nobody_is_overlooked(people: list, moves: list) -> None:
    """GLP-LIQ-8: after any path of price and borrowing, the bounds find whom a plain scan finds."""
    stage = Own(pool={"funding_factor": 10_000, "stable_factor": 10_000}, half=200_000)
    for is_long, size, leverage in people:
        account = stage.trader()
        amount = tokens(size) // 2_000
        stage.venue.place(
            "ETH", account, amount if is_long else -amount, dollars(size) * 10 // leverage
        )
    stage.tick(2000)
    at = 2000.0
    for move, ms in moves:
        at *= 1 + move / 10_000
        stage.tick(round(at, 4), ms + 1, budget=0)
        book, care = stage.market.book, stage.market.care
        for holding in book.positions.values():
            assert holding.standing == DUE or book.state_of(holding)[0] == SAFE
        looked = len(care.lookout.due.items)
        care.sweep()
        assert len(care.lookout.due.items) == looked


def test_a_quiet_tick_looks_at_nobody() -> None:
    """GLP-LIQ-8: the positions are not gone through, and nobody gets new bounds."""

    class Sealed(dict):
        def __iter__(self) -> None:  # type: ignore[override]
            raise AssertionError("somebody goes through the positions")

        keys = values = items = __iter__  # type: ignore[assignment]

    stage = Own()
    for step in range(20):
        assert stage.fill(stage.trader(), "0.5" if step % 2 else "-0.5", 100) == ""
    book = stage.market.book
    before = [(held.key, held.index) for held in book.positions.values()]
    book.positions = Sealed(book.positions)
    stage.tick(2001)
    stage.tick(1999)
    book.positions = dict(dict.items(book.positions))
    assert [(held.key, held.index) for held in book.positions.values()] == before
