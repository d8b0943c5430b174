"""Where a vault's gain came from: the parts add up to it, and each is what it says."""

import pytest

from seawall.designs import DESIGNS
from seawall.engine.events import Event, Filled, RungReached, Settled
from seawall.engine.venue import Venue
from seawall.storm import crash_path
from seawall.storm.returns import Returns
from seawall.storm.run import StormResult, run_storm
from seawall.storm.table import stakes

FALL = crash_path(
    depth="0.2", calm_minutes=30, fall_minutes=10, rebound="0.5", rebound_minutes=10,
    after_minutes=140, tick_s=60, market="ETH", start_price=4_000, volatility=0.5,
)  # fmt: skip
MILLION = 10**12


@pytest.fixture(scope="module")
def fallen() -> StormResult:
    return run_storm(FALL, traders=150, capital=2_000_000, tick=FALL.tick)


def test_the_sources_of_every_vault_add_up_to_what_its_class_gained(fallen: StormResult) -> None:
    seen = []
    for row in fallen.rows:
        assert [found.vault for found in row.returns] == [layer.vault for layer in row.layers]
        for found in row.returns:
            whole = found.assets + found.fees + found.carry + found.traders - found.kept
            assert whole == found.gain == row.gains[found.vault]
            seen.append((row.design, found.vault))
    assert len(seen) > len(DESIGNS)


def test_the_capital_is_the_same_everywhere(fallen: StormResult) -> None:
    for row in fallen.rows:
        brought = sum(found.dollars + found.tokens * 4_000 // 100 for found in row.returns)
        assert brought == pytest.approx(2 * MILLION, abs=1_000)  # to 1e-8 ETH


def test_held_tokens_fall_with_the_price_and_what_was_kept_would_have_too(
    fallen: StormResult,
) -> None:
    """Half of the capital is the token, and it ends about a tenth lower than it began."""
    for row in fallen.rows:
        for found in row.returns:
            if not DESIGNS[row.design].in_kind:
                assert (found.tokens, found.assets, found.kept) == (0, 0, 0)
                continue
            change = row.prices.last - row.prices.first
            assert found.kept == found.tokens * change // 10**12
            assert found.assets == pytest.approx(found.kept, rel=0.05)
            assert found.assets < 0


def test_a_vault_that_loses_nothing_gained_its_coupon_alone(fallen: StormResult) -> None:
    row = next(row for row in fallen.rows if len(row.returns) > 1)
    last = row.returns[-1]
    assert row.layers[-1].worst == 0
    assert last.traders == 0
    assert last.fees + last.carry == last.gain == row.income.to_senior > 0


def test_every_table_says_what_becomes_of_the_capital(fallen: StormResult) -> None:
    said = stakes(fallen)
    assert list(said) == list(DESIGNS)
    assert any("1.00 M dollars and 250 ETH" in text for text in said.values())
    assert any(", " in text for text in said.values())
    table = fallen.table()
    assert all(f"  {design}: {text}" in table for design, text in said.items())
    assert "vaults: from traders" in table


class Quiet:
    """A market with two vaults, the second shares in reports, and an account of its own."""

    name = "X"

    def vaults(self) -> list[str]:
        return ["junior", "senior"]

    def own_accounts(self) -> list[tuple[str, int]]:
        return [("making", 9)]


def filled(account: int, fee: int) -> Event:
    return Filled(0, "X", account, 1, 5, 7, fee, 0, 0, 0, 0, 0, 0)


def settled(**amounts: int) -> Settled:
    event = Settled(0, "X")
    for name, amount in amounts.items():
        setattr(event, name, amount)
    return event


def test_a_report_s_parts_go_to_the_vaults_it_names() -> None:
    returns = Returns(Venue(), Quiet())
    returns.take([settled(fees=70, carry=30, funding=30, to_senior=40, to_junior=60)])
    assert (returns.fees, returns.carry) == (
        {"junior": 42, "senior": 28},
        {"junior": 18, "senior": 12},
    )


def test_funding_that_is_paid_is_the_first_vault_s() -> None:
    returns = Returns(Venue(), Quiet())
    returns.take([settled(fees=100, carry=-25, funding=-25, to_senior=40, to_junior=60)])
    assert (returns.fees, returns.carry) == (
        {"junior": 60, "senior": 40},
        {"junior": -25, "senior": 0},
    )


def test_fees_of_the_market_s_own_accounts_are_paid_by_the_vault() -> None:
    returns = Returns(Venue(), Quiet())
    returns.take([filled(9, 11), filled(4, 500)])
    assert returns.fees == {"junior": -11, "senior": 0}


def test_events_of_other_markets_are_not_counted() -> None:
    returns = Returns(Venue(), Quiet())
    other = settled(fees=100)
    other.market = "Y"
    rung = RungReached(0, "Y", "book", 4)
    rung.to_insurance = 5
    returns.take([other, rung])
    assert (returns.fees["junior"], returns.to_insurance) == (0, 0)


def test_what_markets_report_of_funding_and_borrowing_is_in_the_carry(fallen: StormResult) -> None:
    """All of it, but for the treasury's part of borrowing fees."""
    seen = []
    for row in fallen.rows:
        charged = row.charges.funding + row.charges.utilisation
        carry = sum(found.carry for found in row.returns)
        assert abs(carry) <= abs(charged)
        assert carry * charged > 0 or carry == charged == 0
        seen.append(carry)
    assert seen.count(0) <= 1
