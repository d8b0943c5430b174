"""The protocol's vault and its children, and the vaults that participants lead."""

import pytest

from orderbook.floor import DAY, SECOND, Floor, dollars, price, rate, tokens
from seawall.engine.errors import BrokenBooks
from seawall.engine.events import Cancelled, VaultFlow


def test_deposits_are_shared_out_among_the_children() -> None:
    """OB-VAULT-1: the liquidator has its part, the market maker the rest, each on its own."""
    floor = Floor(100, liquidator_part=rate("0.05"))
    assert floor.market.own_accounts()[0][0] == "making"
    floor.fund(100_000)
    assert floor.market.account(floor.liquidator).cash == dollars(5_000)
    assert floor.market.account(floor.making).cash == dollars(95_000)
    assert floor.market.balance(floor.making) == dollars(95_000)
    assert floor.market.vaults() == ["hlp"]
    assert floor.market.vault("hlp").assets == dollars(100_000)


def test_shares_follow_what_the_children_make() -> None:
    """OB-VAULT-2: w = deposit / equity after it; equity moves all shares alike."""
    floor = Floor(100, leverage=10)
    first = floor.fund(90_000)
    other = floor.who(cross=10_000)
    floor.market.quote_limit(floor.making, tokens(100), price(99))
    floor.ask(other, 100, 99)
    floor.tick(108)
    second = floor.who(10_000)
    shares = floor.venue.supply("COIN", "hlp", second, dollars(10_000))
    whole = floor.market.vault("hlp")
    assert whole.assets == dollars(90_000 + 900 + 10_000)
    assert shares * 10_090_000 // whole.shares == pytest.approx(1_000_000, abs=2)
    assert floor.position(floor.making).size == tokens(100)
    assert floor.making not in floor.market.open_positions()
    assert other in floor.market.open_positions()
    assert floor.market.funds["hlp"].balance_of(first) == dollars(90_000)


def test_a_deposit_is_locked_for_four_days() -> None:
    """OB-VAULT-3: from the last deposit on; to the millisecond."""
    floor = Floor(100)
    owner = floor.fund(1_000)
    begun = floor.now
    floor.tick(seconds=3_600)
    with floor.refuses("vault-locked", floor.now, begun + 4 * DAY):
        floor.venue.request_redeem("COIN", "hlp", owner, dollars(100))
    floor.tick(seconds=(begun + 4 * DAY - floor.now) / SECOND)
    floor.venue.request_redeem("COIN", "hlp", owner, dollars(400))
    floor.tick()
    assert floor.venue.claim("COIN", "hlp", owner) == dollars(400)
    floor.venue.supply("COIN", "hlp", owner, dollars(100))
    with floor.refuses("vault-locked"):
        floor.venue.request_redeem("COIN", "hlp", owner, 1)
    flows = [event.account for event in floor.happened(VaultFlow)]
    assert flows == [owner, -1, owner]


def test_the_liquidator_is_refilled_no_more_often_than_the_interval() -> None:
    """OB-VAULT-5: what it made goes back, what it lost comes again, once a day."""
    floor = Floor(100, liquidator_part=rate("0.05"), rebalance_interval=DAY)
    floor.fund(100_000)
    floor.tick()
    house = floor.market.house
    liquidator, maker = (
        house.members[number] for _, number in reversed(floor.market.own_accounts())
    )
    house.shift(liquidator, maker, dollars(3_000))
    floor.tick(seconds=3_600)
    assert liquidator.cash() == dollars(2_000)
    floor.tick(seconds=86_400)
    assert liquidator.cash() == dollars(5_000)
    house.shift(maker, liquidator, dollars(7_000))
    floor.tick(seconds=86_400)
    assert liquidator.cash() == dollars(5_000)


def test_a_vault_of_ones_own() -> None:
    """OB-VAULT-6: 100 dollars at least and a fee of 10,000; its account trades in cross mode."""
    floor = Floor(100)
    leader, poor = floor.who(20_000), floor.who(10_050)
    with floor.refuses("vault-deposit-too-small", dollars(99), dollars(100)):
        floor.market.create_vault(leader, "lynx", dollars(99))
    with floor.refuses("wallet-too-small", dollars(10_100), dollars(10_050)):
        floor.market.create_vault(poor, "lynx", dollars(100))
    account = floor.market.create_vault(leader, "lynx", dollars(1_000))
    assert floor.wallet(leader) == dollars(9_000)
    with floor.refuses("vault-name"):
        floor.market.create_vault(leader, "lynx", dollars(100))
    with floor.refuses("vault-name"):
        floor.market.create_vault(leader, "hlp", dollars(100))
    with floor.refuses("unknown-vault"):
        floor.venue.supply("COIN", "puma", leader, dollars(1))
    assert floor.market.user_vaults() == ["lynx"]
    floor.bid(account, 50, 99)
    assert floor.market.account(account).initial == dollars(500)
    floor.tick(seconds=60)
    assert floor.treasury == dollars(10_000)


def test_a_vaults_money_leaves_by_shares_only() -> None:
    """OB-VAULT-10: not by a transfer; and an isolated position of its account counts."""
    floor = Floor(100)
    leader, friend = floor.who(20_000), floor.who(1_000)
    account = floor.market.create_vault(leader, "lynx", dollars(1_000))
    floor.venue.supply("COIN", "lynx", friend, dollars(1_000))
    with floor.refuses("vault-account"):
        floor.market.pay_out(account, dollars(1))
    floor.market.set_leverage(account, 5, True)
    floor.ask(floor.who(cross=5_000), 10, 100)
    floor.bid(account, 10, 100)
    assert floor.position(account).margin == dollars(200)
    assert floor.market.vault("lynx").assets == dollars(2_000)
    with floor.refuses("vault-account"):
        floor.venue.remove_margin("COIN", account, 1)


def test_a_leader_keeps_a_twentieth() -> None:
    """OB-VAULT-7: neither by leaving nor by others coming in does the part fall below 5 %."""
    floor = Floor(100)
    leader, crowd = floor.who(20_000), floor.who(200_000)
    floor.market.create_vault(leader, "lynx", dollars(1_000))
    with floor.refuses("leader-share", dollars(1_000), dollars(1_050)):
        floor.venue.supply("COIN", "lynx", crowd, dollars(20_000))
    floor.venue.supply("COIN", "lynx", crowd, dollars(9_000))
    floor.tick(seconds=86_400)
    with floor.refuses("leader-share"):
        floor.venue.request_redeem("COIN", "lynx", leader, dollars(600))
    floor.venue.request_redeem("COIN", "lynx", leader, dollars(500))
    floor.tick()
    assert floor.venue.claim("COIN", "lynx", leader) == dollars(500)


def invested(**changes: object) -> tuple[Floor, int, int, int, int]:
    """A user vault of 2,000 dollars with 100 tokens long and orders beside it."""
    floor = Floor(100, leverage=10, user_lock=0, **changes)
    leader, friend = floor.who(12_000), floor.who(1_000)
    account = floor.market.create_vault(leader, "lynx", dollars(1_000))
    shares = floor.venue.supply("COIN", "lynx", friend, dollars(1_000))
    other = floor.who(cross=100_000)
    floor.ask(other, 100, 100)
    floor.bid(account, 100, 100)
    return floor, account, friend, shares, other


def test_a_withdrawal_cancels_orders_that_use_margin_smallest_first() -> None:
    """OB-VAULT-8: only as many as it takes."""
    floor, account, friend, shares, _ = invested()
    small = floor.bid(account, 10, 98)
    large = floor.bid(account, 60, 98)
    floor.venue.request_redeem("COIN", "lynx", friend, shares * 4 // 10)
    floor.tick()
    told = floor.happened(Cancelled, account=account)
    assert [(event.order, event.reason) for event in told][:1] == [
        (small, "vaultWithdrawalCanceled")
    ]
    assert large in [order.number for order in floor.market.open_orders(account)]
    assert floor.venue.claim("COIN", "lynx", friend) == dollars(400)


def test_then_a_fifth_of_every_position_is_closed_and_the_cost_is_the_withdrawers() -> None:
    """OB-VAULT-8: 2 dollars a token under the mark are his, not those of who stays."""
    floor, account, friend, shares, other = invested(transfer_rate=rate("0.1"))
    floor.market.pay_in(floor.who(1), dollars(1))
    floor.tick(100)
    house = floor.market.house
    house.charge(house.members[account], dollars(900))
    house.credit(house.members[other], dollars(900))
    before = floor.market.vault("lynx").assets
    floor.bid(other, 500, 98)
    floor.venue.request_redeem("COIN", "lynx", friend, shares)
    floor.tick()
    paid = floor.venue.claim("COIN", "lynx", friend)
    closed = tokens(100) - floor.position(account).size
    assert closed in (tokens(60), tokens("59.04"), tokens("67.24"), tokens("48.8"))
    cost = closed * 2 // 100
    assert paid == before // 2 - cost
    assert floor.market.vault("lynx").assets == before - before // 2


def test_a_withdrawal_that_cannot_be_freed_waits_in_part() -> None:
    """OB-VAULT-8: every request gets the same proportion."""
    floor, account, friend, shares, _ = invested()
    house = floor.market.house
    house.charge(house.members[account], dollars(900))
    house.credit(house.members[max(house.members)], dollars(900))
    floor.venue.request_redeem("COIN", "lynx", friend, shares)
    floor.tick()
    paid = floor.venue.claim("COIN", "lynx", friend)
    assert paid == pytest.approx(dollars(100), abs=2)
    assert floor.market.vault("lynx").pending > 0


def test_a_worthless_vault_begins_anew() -> None:
    """OB-VAULT-9."""
    floor = Floor(100)
    owner = floor.fund(1_000)
    house = floor.market.house
    for _, number in floor.market.own_accounts():
        member = house.members[number]
        house.charge(member, member.amount)
    house.clearing.pay(house.income, dollars(1_000))
    assert floor.market.vault("hlp").assets == 0
    floor.venue.deposit(owner, dollars(500))
    with floor.refuses("worthless-vault"):
        floor.venue.supply("COIN", "hlp", owner, dollars(500))
    floor.market.restart_vault("hlp")
    assert floor.venue.supply("COIN", "hlp", owner, dollars(500)) == dollars(500)


def test_the_vault_opens_with_the_first_advance() -> None:
    """OB-VAULT-1: before it there is nothing to enter."""
    from seawall.engine.designs.orderbook import OrderbookMarket
    from seawall.engine.venue import Venue

    venue = Venue()
    market = OrderbookMarket("COIN")
    venue.list_market(market)
    assert market.own_accounts() == []
    assert market.vault("hlp").assets == 0
    assert [step.amount for step in market.loss_order()] == [0, 0, 0]
    account = venue.open_account()
    venue.deposit(account, 1)
    with pytest.raises(Exception, match="no-price"):
        venue.supply("COIN", "hlp", account, 1)
    assert market.depth() == []
    with pytest.raises(Exception, match="no-price"):
        market.quote(1)


def test_the_vaults_accounts_pay_no_taker_fee() -> None:
    """OB-FEE-4: and its makers none beyond the table."""
    floor = Floor(100, fees=True)
    floor.fund(100_000)
    floor.ask(floor.who(cross=1_000), 1, 100)
    before = floor.market.account(floor.making).cash
    floor.bid(floor.making, 1, 100)
    assert floor.market.account(floor.making).cash == before


def test_the_books_are_re_added() -> None:
    """OB-HOUSE-1: a missing dollar is found."""
    floor = Floor(100)
    floor.cross_pair(1, 100, 100, 100)
    floor.market.house.margins += 1
    with pytest.raises(BrokenBooks, match="purses"):
        floor.venue.audit()
    floor.market.house.margins -= 1
    floor.market.desk.coin.longs += 1
    with pytest.raises(BrokenBooks, match="add up to nothing"):
        floor.venue.audit()
