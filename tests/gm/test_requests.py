"""Requests to put liquidity in, take it out or shift it, in two steps; through a whole market."""

import pytest

from gm.stage import MINUTE, Stage, dollars, laboratory, tokens
from seawall.engine.designs.gm import GmMarket
from seawall.engine.designs.gm.liquidity import LOCKED
from seawall.engine.errors import Refusal
from seawall.engine.events import Cancelled, VaultFlow


class Expect:
    """A refusal with its code, value and bound, after which the venue is what it was."""

    def __init__(self, stage: Stage, code: str, value: int, bound: int) -> None:
        self.stage = stage
        self.met = (code, value, bound)

    def __enter__(self) -> None:
        self.digest = self.stage.venue.digest()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        assert isinstance(error, Refusal), f"not refused: {self.met}"
        assert (error.code, error.value, error.bound) == self.met
        assert self.stage.venue.digest() == self.digest
        return True


@pytest.fixture
def stage() -> Stage:
    return Stage()


def shares(stage: Stage, account: int) -> int:
    return stage.market.desk.pool.shares.balance_of(account)


def reasons(stage: Stage) -> list[str]:
    return [event.reason for event in stage.venue.drain() if isinstance(event, Cancelled)]


def flows(stage: Stage) -> list[tuple[int, int, int]]:
    return [
        (event.account, event.assets, event.shares)
        for event in stage.venue.drain()
        if isinstance(event, VaultFlow)
    ]


def test_a_deposit_waits_for_a_later_price(stage: Stage) -> None:
    """GM-LP-10: its tokens lie in the request; it mints at the price of the second step."""
    lp = stage.account(5000, 1)
    stage.market.create_deposit(lp, tokens(1), dollars(5000))
    assert (stage.usd(lp), stage.eth(lp)) == (0, 0)
    assert shares(stage, lp) == 0
    assert stage.market.requests.held_for(lp, 0) == dollars(5000)
    stage.tick(6000)
    # 7 M GM on 1 000 ETH at 6 000 and 2 M dollars
    assert shares(stage, lp) == dollars(11_000) * 7 // 8
    assert flows(stage) == [(lp, dollars(11_000), dollars(9625))]
    assert stage.market.requests.held_for(lp, 0) == 0
    stage.venue.audit()


def test_a_withdrawal_puts_its_gm_in_escrow(stage: Stage) -> None:
    """GM-LP-10: and pays both tokens at the price of the second step."""
    pool = stage.market.desk.pool
    stage.market.create_withdrawal(stage.provider, dollars(7000))
    assert pool.shares.escrowed() == dollars(7000)
    stage.tick(6000)
    assert (stage.eth(stage.provider), stage.usd(stage.provider)) == (tokens(1), dollars(2000))
    assert pool.shares.escrowed() == 0
    assert flows(stage) == [(stage.provider, -dollars(8000), dollars(7000))]
    stage.venue.audit()


def test_what_the_market_refuses_is_cancelled_and_goes_back(stage: Stage) -> None:
    """GM-LP-11: with the reason; a failed request costs the keeper an action."""
    lp = stage.account(5000)
    stage.market.create_deposit(lp, 0, dollars(5000), dollars(5001))
    stage.market.create_withdrawal(stage.provider, dollars(7), tokens(1))
    held = shares(stage, stage.provider)
    stage.tick(budget=1)
    assert reasons(stage) == ["below-least"]
    assert stage.usd(lp) == dollars(5000)
    assert shares(stage, stage.provider) == held
    stage.tick(budget=1)
    assert reasons(stage) == ["below-least"]
    assert shares(stage, stage.provider) == held + dollars(7)
    stage.venue.audit()


def test_a_request_expires(stage: Stage) -> None:
    """GM-LP-11: five minutes after it was made, if the keeper did not come to it."""
    stage.market.create_withdrawal(stage.provider, dollars(7))
    stage.tick(budget=0)
    stage.tick(seconds=301)
    assert reasons(stage) == ["request-expired"]
    assert shares(stage, stage.provider) == stage.market.desk.pool.shares.total_supply()


def test_an_owner_may_cancel_when_the_delay_is_over(stage: Stage) -> None:
    """GM-LP-11: not before, and nobody else."""
    lp = stage.account(5000)
    number = stage.market.create_deposit(lp, 0, dollars(5000))
    market, placed = stage.market, stage.now
    with Expect(stage, "too-early", placed, placed + 5 * MINUTE):
        market.cancel_request(lp, number)
    stage.tick(seconds=300, budget=0)
    with Expect(stage, "unknown-request", 0, 0):
        market.cancel_request(stage.provider, number)
    market.cancel_request(lp, number)
    assert stage.usd(lp) == dollars(5000)
    with Expect(stage, "unknown-request", 0, 0):
        market.cancel_request(lp, number)


def test_requests_that_cannot_be_made(stage: Stage) -> None:
    """GM-LP-10: nothing, more than there is, or another path's token."""
    lp, market = stage.account(10, 1), stage.market
    with Expect(stage, "empty-deposit", 0, 0):
        market.create_deposit(lp, 0, 0)
    with Expect(stage, "wallet-too-small", dollars(11), dollars(10)):
        market.create_deposit(lp, 0, dollars(11))
    with Expect(stage, "wallet-too-small", tokens(2), tokens(1)):
        market.create_deposit(lp, tokens(2), 0)
    with Expect(stage, "long-too-small", -1, 0):
        market.create_deposit(lp, -1, 0)
    with Expect(stage, "short-balance", 1, 0):
        market.create_withdrawal(lp, 1)
    with Expect(stage, "shares-too-small", 0, 1):
        market.create_withdrawal(lp, 0)
    with Expect(stage, "path-ends-elsewhere", 0, 1):
        market.create_deposit(lp, 1, 0, long_path=[market])


def test_a_deposit_may_come_through_a_swap(stage: Stage) -> None:
    """GM-LP-12: dollars go through the market itself and become its long leg."""
    lp = stage.account(10_000)
    market = stage.market
    market.create_deposit(lp, dollars(5000), dollars(5000), long_path=[market], long_token="USD")
    stage.tick()
    assert shares(stage, lp) == dollars(10_000)
    assert market.desk.pool.amount(0) == tokens(1000)
    stage.venue.audit()


def test_a_deposit_that_fails_after_its_swaps_takes_them_back(stage: Stage) -> None:
    """GM-LP-12: the pool is what it was, the tokens are those that were brought."""
    lp = stage.account(10_000)
    market = stage.market
    before = market.desk.pool.state()
    for least, cap in ((dollars(10_001), 0), (0, dollars(2_004_999))):
        if cap:
            market.params.max_pool_short = cap
        market.create_deposit(
            lp, dollars(5000), dollars(5000), least, long_path=[market], long_token="USD"
        )
        stage.tick()
        assert len(reasons(stage)) == 1
        assert stage.usd(lp) == dollars(10_000)
        after = market.desk.pool.state()
        assert [a for a, b in zip(after, before, strict=True) if a != b] == [stage.now]


def test_a_withdrawal_may_leave_through_a_swap(stage: Stage) -> None:
    """GM-LP-12: everything in dollars; if the swap gives too little, nothing happens."""
    path = [stage.market]
    stage.market.create_withdrawal(stage.provider, dollars(7000), dollars(5001), 0, long_path=path)
    stage.tick()
    assert reasons(stage) == ["below-least"]
    stage.market.create_withdrawal(stage.provider, dollars(7000), 0, dollars(2001), long_path=path)
    stage.tick()
    assert reasons(stage) == ["below-least"]
    assert shares(stage, stage.provider) == dollars(7_000_000)
    stage.market.create_withdrawal(stage.provider, dollars(7000), dollars(5000), 0, long_path=path)
    stage.tick()
    assert (stage.eth(stage.provider), stage.usd(stage.provider)) == (0, dollars(7000))
    stage.venue.audit()


def test_a_first_deposit_that_must_be_locked() -> None:
    """GM-LP-7: its GM belongs to nobody."""
    params = laboratory()
    params.first_deposit = dollars(100)
    stage = Stage(params, eth=0, usd=0)
    lp = stage.account(300)
    stage.market.create_deposit(lp, 0, dollars(100))
    stage.tick()
    assert reasons(stage) == ["first-deposit"]
    stage.market.create_deposit(lp, 0, dollars(100), locked=True)
    stage.tick()
    assert (shares(stage, lp), shares(stage, LOCKED)) == (0, dollars(100))


def test_a_shift_leads_into_another_market_of_the_same_tokens(stage: Stage) -> None:
    """GM-LP-8, 10: else it is cancelled; so is one into a market without a price."""
    other = Stage(name="BTC", venue=stage.venue, at=50_000)
    silent = GmMarket("SOL", laboratory())
    stage.venue.list_market(silent)
    for target, reason in (
        (stage.market, "same-market"),
        (other.market, "other-tokens"),
        (silent, "no-price"),
    ):
        stage.now = max(stage.now, other.now)
        stage.market.create_shift(stage.provider, dollars(7), target)
        stage.tick()
        assert reasons(stage) == [reason]
        assert shares(stage, stage.provider) == dollars(7_000_000)
