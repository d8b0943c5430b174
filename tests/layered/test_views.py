"""Views: free of side effects, and true (docs/layered.md, Views)."""

from contextlib import suppress

import pytest

from machine.layered import Layered
from machine.player import new_venue
from machine.tape import schedule
from roles import Stage, dollars, price, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.errors import Refusal
from seawall.engine.events import Filled
from seawall.engine.venue import Venue


def look_at_everything(venue: Venue, name: str) -> None:
    market = venue.market(name)
    market.mark()
    for size in (tokens(1), -tokens(1), tokens(3000)):
        with suppress(Refusal):
            market.quote(size)
    market.depth()
    for account in range(len(venue.accounts)):
        market.position(account)
        venue.wallet(account)
    market.open_positions()
    market.open_interest()
    market.open_auctions()
    market.vaults()
    for vault in market.vaults():
        market.vault(vault)
    market.loss_order()
    market.state()
    market.digest()
    venue.pots()
    venue.audit()


def busy() -> Stage:
    """Positions, waiting orders, an auction, pending exits, arrears, a fading move fee."""
    stage = Stage()
    long, short, thin = stage.trader(50_000), stage.trader(50_000), stage.trader(1_000)
    stage.fill(long, 20, 10_000)
    stage.fill(short, -12, 10_000)
    stage.fill(thin, 10, 450)
    stage.place(long, 1, 500, kind="limit", trigger=price(1900))
    stage.place(short, 1, kind="stop", trigger=price(2100), reduce_only=True)
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(1_000))
    stage.tick(1962, seconds=130)
    assert stage.market.open_auctions() == [1]
    return stage


def test_no_view_changes_the_state():
    stage = busy()
    before = stage.venue.digest()
    look_at_everything(stage.venue, "ETH")
    assert stage.venue.digest() == before


@pytest.mark.parametrize("seed", range(3))
def test_looking_changes_nothing_that_happens_later(seed):
    """LAY-BAND-2: a quote asked for between two commands is not paid for by the next trader."""
    unwatched = schedule(seed, 200, Layered())
    venue = new_venue(Layered())
    for step in unwatched.tape:
        look_at_everything(venue, "A")
        with suppress(Refusal):
            step.apply(venue, unwatched.harness)
    assert venue.digest() == unwatched.venue.digest()


def test_a_quote_is_what_the_fill_costs():
    """LAY-FEE-1 to 6: nothing changes between the two, so nothing differs."""
    stage = busy()
    stage.tick(1962, seconds=130)
    trader = stage.trader(100_000)
    quoted = stage.market.quote(tokens(7))
    filled = stage.fill(trader, 7, 20_000)
    assert (filled.price, filled.impact) == (quoted.price, quoted.impact)
    assert (filled.fee, filled.spread) == (quoted.fee, quoted.spread)


def test_the_depth_ladder_is_what_can_be_traded():
    """LAY-BAND-6: up to the last level, not a token more."""
    stage = busy()
    last = stage.market.depth()[-1]
    most = last.buy * 10**12 // stage.at
    assert stage.market.quote(most).size == most
    with stage.refuses("beyond-depth"):
        stage.market.quote(most + tokens("0.00001"))
    assert all(
        a.buy <= b.buy and a.sell <= b.sell
        for a, b in zip(stage.market.depth(), stage.market.depth()[1:], strict=False)
    )


def test_open_interest_and_positions_agree():
    stage = busy()
    sizes = [stage.position(account).size for account in stage.market.open_positions()]
    longs, shorts = stage.market.open_interest()
    assert longs == sum(size for size in sizes if size > 0)
    assert shorts == -sum(size for size in sizes if size < 0)


def test_nothing_is_kept_for_whom_nobody_listens():
    stage = Stage(params=Params(move_fee=0))
    stage.venue.journal.listening = False
    stage.place(stage.trader(1_000), 1, 500)
    stage.tick()
    assert stage.happened(Filled) == []
    stage.venue.listen()
    stage.place(stage.trader(1_000), 1, 500)
    stage.tick()
    assert len(stage.happened(Filled)) == 1


def test_the_exit_and_entry_limits_of_a_view_are_exact():
    """LAY-GATE-1 to 3: what the view says may enter, enters; a unit more does not."""
    stage = Stage()
    limit = stage.market.vault("senior").entry_limit
    rich = stage.account(100_000_000)
    with stage.refuses("entry-gate"):
        stage.venue.supply("ETH", "senior", rich, limit + 1)
    stage.venue.supply("ETH", "senior", rich, limit)
    assert stage.market.vault("senior").entry_limit == 0
