"""The venue itself: accounts, wallets, names, time, events, and commands as records."""

import pytest

from roles import DAY, START, Stage, dollars, price, tokens
from seawall.engine.commands import (
    AddMargin,
    Advance,
    Bid,
    Cancel,
    Claim,
    Command,
    Deposit,
    OpenAccount,
    Place,
    RemoveMargin,
    RequestRedeem,
    Supply,
    Withdraw,
    replay,
)
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.errors import (
    BadParameters,
    BrokenBooks,
    NotEnough,
    OutOfRange,
    Refusal,
    Unknown,
)
from seawall.engine.events import Event, Filled
from seawall.engine.fixed import MAX_DOLLARS, MAX_TIME
from seawall.engine.reports import Report
from seawall.engine.venue import KEEPER_ACCOUNT, MAX_STEP, TREASURY_ACCOUNT, Venue, digest_of


def test_a_new_venue_has_the_treasury_and_the_keeper():
    venue = Venue()
    assert (TREASURY_ACCOUNT, KEEPER_ACCOUNT) == (0, 1)
    assert venue.open_account() == 2
    assert venue.open_account() == 3
    assert [venue.wallet(number) for number in range(4)] == [0, 0, 0, 0]
    venue.audit()


def test_money_comes_in_and_goes_out_of_a_wallet():
    venue = Venue()
    holder = venue.open_account()
    venue.deposit(holder, 700)
    venue.withdraw(holder, 300)
    assert venue.wallet(holder) == 400
    with pytest.raises(NotEnough, match="401 is above 400"):
        venue.withdraw(holder, 401)
    venue.withdraw(holder, 400)
    venue.audit()


def test_a_wallet_holds_the_tokens_that_a_market_registers():
    venue = Venue()
    holder = venue.open_account()
    with pytest.raises(Unknown, match="token 'ETH' is not held; there are USD") as refused:
        venue.deposit(holder, 5, "ETH")
    assert refused.value.code == "unknown-token"
    ether = venue.treasury.register("ETH")
    bare = venue.digest()
    venue.deposit(holder, 5, "ETH")
    venue.deposit(holder, 7)
    assert (venue.wallet(holder, "ETH"), venue.wallet(holder)) == (5, 7)
    held = venue.digest()
    with pytest.raises(NotEnough, match="6 is above 5, what the wallet holds"):
        venue.withdraw(holder, 6, "ETH")
    with pytest.raises(OutOfRange, match="1e-8 ETH"):
        venue.deposit(holder, 0, "ETH")
    assert venue.digest() == held
    other = venue.open_account()
    venue.accounts[holder].purse(ether).pay(venue.accounts[other].purse(ether), 2)
    venue.audit()
    assert venue.digest() not in (bare, held)
    venue.withdraw(holder, 3, "ETH")
    assert venue.wallet(holder, "ETH") == 0
    assert venue.wallet(other, "ETH") == 2
    venue.audit()


def test_a_token_has_the_decimals_it_was_first_given():
    venue = Venue()
    with pytest.raises(BadParameters, match="token 'USD' has 6 decimals here, not 8"):
        venue.treasury.register("USD")


def test_a_market_may_number_orders_and_open_accounts_of_its_own():
    """A refused order gives its number back."""
    venue = Venue()
    market = LayeredMarket("ETH", Params())
    venue.list_market(market)
    assert market.open_account().number == 2
    assert market.numbering.take() == 1
    with pytest.raises(Refusal):
        venue.place("ETH", venue.open_account(), 10**8)
    assert market.numbering.take() == 2


def test_the_ledger_holds_a_trillion_dollars_and_no_more():
    """All deposits together, whoever made them."""
    venue = Venue()
    first, second = venue.open_account(), venue.open_account()
    venue.deposit(first, int(MAX_DOLLARS) - 5)
    with pytest.raises(OutOfRange, match="6 is above 5"):
        venue.deposit(second, 6)
    venue.deposit(second, 5)
    venue.audit()


@pytest.mark.parametrize("number", [-1, 4, 10**30])
def test_an_unknown_account_is_refused_by_every_command(number):
    stage = Stage(senior=0, junior=0)
    venue = stage.venue
    for act in (
        lambda: venue.deposit(number, 1),
        lambda: venue.withdraw(number, 1),
        lambda: venue.place("ETH", number, 1),
        lambda: venue.cancel("ETH", number, 1),
        lambda: venue.add_margin("ETH", number, 1),
        lambda: venue.remove_margin("ETH", number, 1),
        lambda: venue.supply("ETH", "junior", number, 1),
        lambda: venue.request_redeem("ETH", "junior", number, 1),
        lambda: venue.claim("ETH", "junior", number),
        lambda: venue.bid("ETH", number, 1, 1, 1),
        lambda: venue.wallet(number),
    ):
        with stage.refuses("unknown-account", Unknown):
            act()


def test_an_unknown_market_is_refused_by_every_command_and_the_listed_are_named():
    stage = Stage()
    venue = stage.venue
    holder = stage.account(10)
    for act in (
        lambda: venue.place("DOGE", holder, 1),
        lambda: venue.cancel("DOGE", holder, 1),
        lambda: venue.add_margin("DOGE", holder, 1),
        lambda: venue.remove_margin("DOGE", holder, 1),
        lambda: venue.supply("DOGE", "junior", holder, 1),
        lambda: venue.request_redeem("DOGE", "junior", holder, 1),
        lambda: venue.claim("DOGE", "junior", holder),
        lambda: venue.bid("DOGE", holder, 1, 1, 1),
        lambda: venue.advance(stage.now + 1, {"DOGE": []}),
        lambda: venue.market("DOGE"),
    ):
        with stage.refuses("unknown-market", Unknown):
            act()
    with pytest.raises(Unknown, match="listed: ETH"):
        venue.market("DOGE")
    with pytest.raises(Unknown, match="listed: none"):
        Venue().market("DOGE")


def test_a_name_is_listed_once():
    venue = Venue()
    venue.list_market(LayeredMarket("ETH"))
    with pytest.raises(BadParameters, match="'ETH' is listed already"):
        venue.list_market(LayeredMarket("ETH"))


# time


def test_time_never_goes_back_but_may_stand_still():
    venue = Venue()
    venue.advance(START)
    venue.advance(START)
    with pytest.raises(OutOfRange, match="time never goes back"):
        venue.advance(START - 1)
    assert venue.now == START


def test_the_first_step_may_be_of_any_length_and_no_other():
    """From nothing to today is no passing of time; 400 days are the most that may."""
    venue = Venue()
    venue.advance(START)
    with pytest.raises(OutOfRange, match="shorter steps"):
        venue.advance(START + int(MAX_STEP) + 1)
    venue.advance(START + int(MAX_STEP))
    with pytest.raises(OutOfRange):
        venue.advance(int(MAX_TIME) + 1)
    assert MAX_STEP == 400 * DAY


def test_a_report_that_is_refused_stops_time_for_all_markets():
    """Whole or not at all: the good report of one market is not taken without the other's."""
    stage = Stage()
    stage.venue.list_market(LayeredMarket("SOL"))
    now = stage.now + 1_000
    good, bad = Report("feed", price(2100), now), Report("feed", 0, now)
    with stage.refuses("price-too-small", OutOfRange):
        stage.venue.advance(now, {"ETH": [good], "SOL": [bad]})
    assert stage.market.mark() == price(2000)
    stage.venue.advance(now, {"ETH": [good]})
    assert stage.market.mark() == price(2100)


def test_markets_advance_without_reports_of_their_own():
    stage = Stage()
    stage.venue.list_market(LayeredMarket("SOL"))
    stage.venue.advance(stage.now + 60_000, {"ETH": []})
    assert stage.venue.market("SOL").now == stage.now + 60_000
    assert stage.venue.market("SOL").mark() == 0


# events


def test_nothing_is_kept_before_somebody_listens():
    venue = Venue()
    venue.list_market(LayeredMarket("ETH", Params()))
    venue.advance(START, {"ETH": [Report("feed", price(2000), START)]})
    venue.advance(START + 60_000)
    assert venue.drain() == []
    venue.listen()
    venue.advance(START + 120_000)
    assert [type(event).__name__ for event in venue.drain()] == ["Settled"]
    assert venue.drain() == []


def test_every_event_tells_all_its_columns():
    """``fields`` lists what a table would have; every one is there, time and market first."""
    stage = Stage()
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    stage.tick(1962, seconds=70)
    stage.venue.bid("ETH", stage.bidder(1_000), 1, tokens(1), dollars(100))
    stage.tick(1900, seconds=70)
    events = stage.happened(Event)
    assert {type(event).__name__ for event in events} >= {
        "Filled", "Settled", "AuctionOpened", "AuctionTaken", "AuctionEnded", "RungReached",
    }  # fmt: skip
    for event in events:
        assert event.fields[:2] == ["time", "market"]
        assert all(hasattr(event, name) for name in event.fields)
        assert event.market == "ETH"
    assert Filled.fields[2] == "account"


# the digest


def test_the_digest_sees_every_wallet_and_every_number():
    venue = Venue()
    holder = venue.open_account()
    seen = {venue.digest()}
    for act in (
        lambda: venue.deposit(holder, 1),
        lambda: venue.open_account(),
        lambda: venue.list_market(LayeredMarket("ETH")),
        lambda: venue.advance(START),
        lambda: venue.supply("ETH", "junior", holder, 1),
    ):
        act()
        assert venue.digest() not in seen
        seen.add(venue.digest())


def test_numbers_do_not_run_into_each_other():
    """1, 23 and 12, 3 are two states."""
    assert digest_of([1, 23]) != digest_of([12, 3])
    assert digest_of([]) != digest_of([0])


def test_money_from_nowhere_is_found():
    """The audit re-adds every pot; a fault of the program does not stay unseen."""
    stage = Stage()
    stage.venue.audit()
    stage.market.desk.pool.cash.amount += 1
    with pytest.raises(BrokenBooks):
        stage.venue.audit()


def test_a_pot_below_zero_is_found():
    stage = Stage()
    pool = stage.market.desk.pool
    pool.insurance.amount -= 5
    pool.cash.amount += 5
    with pytest.raises(BrokenBooks, match="holds -5"):
        stage.venue.audit()


def test_sides_that_are_not_their_positions_are_found():
    stage = Stage()
    stage.fill(stage.trader(1_000), 1, 500)
    stage.market.desk.book.longs += 1
    with pytest.raises(BrokenBooks, match="sum of their positions"):
        stage.venue.audit()


# commands as records


def script() -> list[Command]:
    """A day in which everything is asked for once, with a refusal among it."""
    start, second = START, START + 2_000

    def at(now: int, dollars_per_token: float) -> Advance:
        return Advance(now, {"ETH": [Report("feed", price(dollars_per_token), now)]})

    return [
        OpenAccount(), OpenAccount(), OpenAccount(),
        Deposit(2, dollars(20_000_000)), Deposit(3, dollars(1_000)), Deposit(4, dollars(5_000)),
        at(start, 2000),
        Supply("ETH", "junior", 2, dollars(4_000_000)),
        Supply("ETH", "senior", 2, dollars(10_000_000)),
        Place("ETH", 3, tokens(10), dollars(450)),
        Place("ETH", 4, tokens(1), dollars(500), "limit", price(1900), price(1950), False, True),
        Place("ETH", 4, 0),
        at(second, 2000),
        Cancel("ETH", 4, 2),
        RequestRedeem("ETH", "senior", 2, dollars(1_000)),
        AddMargin("ETH", 3, dollars(5)),
        RemoveMargin("ETH", 3, dollars(5)),
        at(second + 2_000, 1962),
        Bid("ETH", 4, 1, tokens(4), dollars(1_000)),
        at(second + 3_600_000, 1962),
        Claim("ETH", "senior", 2),
        Withdraw(4, dollars(100)),
    ]  # fmt: skip


def listed() -> Venue:
    venue = Venue()
    venue.list_market(LayeredMarket("ETH"))
    return venue


def test_a_replayed_list_of_commands_comes_to_the_same_digest():
    """On a fresh venue: the same outcomes, one refusal by its code, the same state."""
    first, second = listed(), listed()
    outcomes = replay(first, script())
    assert outcomes == replay(second, script())
    assert [code for code in outcomes if code] == ["size-zero"]
    assert first.digest() == second.digest()
    first.audit()


def test_a_record_gives_back_what_the_method_gives_back():
    """Accounts, order numbers, shares, epochs, prices, payments; 0 where there is nothing."""
    venue = listed()
    results = []
    for command in script():
        try:
            results.append(command.apply(venue))
        except Refusal:
            results.append(None)
    assert results[:3] == [2, 3, 4]
    assert results[7:9] == [dollars(4_000_000), dollars(10_000_000)]
    assert results[9:12] == [1, 2, None]
    assert results[14] == START // 3_600_000
    assert results[18] == price(1962)
    assert dollars(1_000) <= results[20] <= dollars(1_001)
    assert all(result == 0 for result in results[3:7] + results[12:14] + results[15:18])
