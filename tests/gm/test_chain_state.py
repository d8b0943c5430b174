"""The real ETH-USDC pool on Arbitrum, minute by minute, against our own formula.

The record lacks one part of the pool's value, the borrowing fees that positions have run up; the
tests show that this part is what is missing, and nothing else.
"""

import itertools
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from gm.pools import ETH, LP, USD, dollars, price, rate, tokens
from seawall.designs import GmParams, GmRecorded
from seawall.engine.designs.gm import implied_fees, preset, restore
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.designs.gm.value import DEPOSITS, gm_price, pool_value
from seawall.engine.errors import BadScenario, OutOfRange
from seawall.engine.fixed import DAY
from seawall.engine.pot import Treasury
from seawall.storm.chain_gm import read_params, read_states, state_at

A_CENT = 10_000
"""1e-10 of the pool: what the dollar's price, rounded to 1e-10, leaves open on 53 M of them."""


@cache
def minutes(folder: Path) -> list[GmRecorded]:
    return list(read_states(folder / "market" / "gmx_v2_eth_usdc_pool_1m.parquet"))


def treasury() -> Treasury:
    money = Treasury()
    money.register("USD", 6)
    money.register("ETH", 8)
    return money


def rebuilt(state: GmRecorded, params: GmParams, fees: int) -> Pool:
    return restore(state, params, ETH, USD, treasury(), LP, fees)


def worth(state: GmRecorded, params: GmParams, fees: int) -> int:
    pool = rebuilt(state, params, fees)
    return pool_value(pool, state.prices(), DEPOSITS, True).total


def books(state: GmRecorded) -> tuple[object, ...]:
    return (
        state.long_amount,
        state.short_amount,
        state.interest[0],
        state.interest[1],
        state.interest_in_tokens[0],
        state.interest_in_tokens[1],
        state.impact_pool,
        None if state.borrowing is None else tuple(state.borrowing),
    )


def test_what_is_known_falls_short_by_a_quarter_of_a_per_cent(market_data: Path) -> None:
    """GM-REC-1: between 0.20 and 0.26 % of the value reported, in every minute."""
    for state in minutes(market_data):
        missing = state.value - state.known_value(ETH, USD)
        assert 0.0020 < missing / state.value < 0.0026


def test_the_reported_value_and_price_come_out_in_every_minute(market_data: Path) -> None:
    """GM-REC-2: with the fees that the value implies, to 1e-9 of pool value and GM price."""
    params = preset("eth-usdc")
    for state in minutes(market_data)[::10]:
        fees = implied_fees(state, params, ETH, USD)
        pool = rebuilt(state, params, fees)
        found = pool_value(pool, state.prices(), DEPOSITS, True).total
        assert abs(found - state.value) <= 10
        ours = gm_price(pool, state.prices(), DEPOSITS, True)
        reported = state.value / state.supply
        assert abs(ours / 1e10 / reported - 1) < 1e-9


def test_what_is_missing_does_not_move_with_the_price(market_data: Path) -> None:
    """GM-REC-3: while the books stand still the same fees explain the value at every price.

    Were a token amount missing, or a part of a result, it would move with the price; here the
    price moves by up to 22 dollars between two minutes of unchanged books.
    """
    params = preset("eth-usdc")
    states = minutes(market_data)
    seen, moved = 0, 0
    for before, after in itertools.pairwise(states):
        if books(before) == books(after) and after.borrowing is not None:
            fees = implied_fees(before, params, ETH, USD)
            missing = after.value - after.known_value(ETH, USD)
            assert abs(missing - fees * 63 // 100) <= A_CENT
            seen += 1
            moved = max(moved, abs(after.long_price - before.long_price))
    assert seen > 1000
    assert moved > 22 * price(1)


def test_what_is_missing_grows_by_the_liquidity_providers_part_of_borrowing(
    market_data: Path,
) -> None:
    """GM-REC-4: 63 % of open interest times the growth of the borrowing index, to the cent.

    In a minute in which the chain told its pool value, nobody had paid, and it had told the
    minute before. The record holds twelve of these.
    """
    exact = 0
    states = minutes(market_data)
    for before, after in itertools.pairwise(states):
        if before.borrowing is None or after.borrowing is None:
            continue
        if before.interest != after.interest or before.borrowing == after.borrowing:
            continue
        grown = sum(
            side * (late - early)
            for side, late, early in zip(
                before.interest, after.borrowing, before.borrowing, strict=True
            )
        )
        change = (after.value - after.known_value(ETH, USD)) - (
            before.value - before.known_value(ETH, USD)
        )
        exact += abs(change - grown * 63 // (100 * 10**18)) <= A_CENT
    assert exact == 12


def test_fees_held_for_a_day_explain_the_day(market_data: Path) -> None:
    """GM-REC-5: with the fees of a day's first minute the value is right to 2e-5 in 2025's end.

    On the first day, with losses of longs on 52 M dollars, it is 1.6e-4.
    """
    params = preset("eth-usdc")
    worst: dict[int, float] = {}
    first: dict[int, int] = {}
    for state in minutes(market_data)[::5]:
        day = state.time // int(DAY)
        if day not in first:
            first[day] = implied_fees(state, params, ETH, USD)
        off = abs(worth(state, params, first[day]) - state.value) / state.value
        worst[day] = max(worst.get(day, 0.0), off)
    bounds = [1.6e-4, 2e-5, 2e-5]
    assert [found < bound for found, bound in zip(worst.values(), bounds, strict=True)] == [
        True
    ] * 3


def test_a_restored_pool_has_what_was_recorded(market_data: Path) -> None:
    """GM-REC-6: amounts, inventories and indices of one minute, and the money adds up."""
    path = market_data / "market" / "gmx_v2_eth_usdc_pool_1m.parquet"
    state = state_at(path, datetime(2025, 12, 11, 18, 40, 30, tzinfo=UTC))
    assert state.time == int(datetime(2025, 12, 11, 18, 40, tzinfo=UTC).timestamp() * 1000)
    money = treasury()
    fees = implied_fees(state, preset("eth-usdc"), ETH, USD)
    pool = restore(state, preset("eth-usdc"), ETH, USD, money, LP, fees)
    money.audit(pool.pots())
    pool.audit()
    assert pool.amount(LONG) == tokens("16856.84023842")
    assert pool.amount(SHORT) == dollars("53050495.516377")
    assert pool.shares.balance_of(LP) == dollars("50572391.186998")
    assert pool.virtual_positions is not None
    assert pool.virtual_swaps is not None
    assert pool.virtual_positions.skew_usd() == dollars("468528.091256")
    assert pool.virtual_swaps.amount(SHORT) == dollars("58784359.872362")
    assert pool.cumulative(True) == round(0.28217846632295673 * 10**18)
    assert pool.book(True, SHORT).fee_per_size == round(0.47673434696417877 * 10**21)


def test_the_recorded_configuration_is_read(market_data: Path) -> None:
    """GM-REC-7: factors, fees and bounds of the market's own configuration file."""
    path = market_data / "market" / "gmx_v2_eth_usdc_pool_config.json"
    params = read_params(path, preset("eth-usdc"))
    assert params.impact.exponent_negative == 1_776_082_859_460
    assert params.impact.negative == 2_854_728_141
    assert params.swap.negative == 300_000_000
    assert (params.fee_improved, params.fee_worsened) == (rate("0.0004"), rate("0.0006"))
    assert params.longs.pnl_traders == rate("0.9")
    assert json.loads(path.read_text())["minCollateralFactor"] == params.min_collateral / 1e12


def a_record(**changes: object) -> pl.DataFrame:
    row: dict[str, object] = {
        "timestamp": datetime(2025, 1, 1, tzinfo=UTC),
        "marketTokensSupply": 1000.0,
        "poolValue": 2000.0,
        "longAmount": 0.2,
        "shortAmount": 1000.0,
        "longPrice": 5000.0,
        "shortPrice": 1.0,
        "indexPrice": 5000.0,
        "impactPoolAmount": 0.0,
        "openInterestLong": 0.0,
        "openInterestShort": 0.0,
        "openInterestInTokensLong": 0.0,
        "openInterestInTokensShort": 0.0,
    }
    row.update(changes)
    return pl.DataFrame([{name: value for name, value in row.items() if value != "left out"}])


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("poolValue", "left out", "no column poolValue"),
        ("indexPrice", 4999.0, "the index is not the long token"),
        ("longAmount", None, "longAmount is missing"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused(
    tmp_path: Path, column: str, value: object, message: str
) -> None:
    """GM-REC-8: the row and the rule are named."""
    path = tmp_path / "pool.parquet"
    a_record(**{column: value}).write_parquet(path)
    with pytest.raises(BadScenario, match=message):
        list(read_states(path))


def test_nothing_before_the_first_minute(tmp_path: Path) -> None:
    """GM-REC-8: there is no state before the record begins; from then on the last one holds."""
    path = tmp_path / "pool.parquet"
    a_record().write_parquet(path)
    with pytest.raises(BadScenario, match="nothing was recorded"):
        state_at(path, datetime(2024, 12, 31, tzinfo=UTC))
    state = state_at(path, datetime(2025, 2, 1, tzinfo=UTC))
    assert worth(state, preset("eth-usdc"), 0) == state.value == dollars(2000)


def test_parts_worth_more_than_the_whole_imply_no_fees(tmp_path: Path) -> None:
    """GM-REC-2: fees below zero are refused."""
    path = tmp_path / "pool.parquet"
    a_record(poolValue=1999.0).write_parquet(path)
    state = next(read_states(path))
    with pytest.raises(OutOfRange) as refusal:
        implied_fees(state, preset("eth-usdc"), ETH, USD)
    assert refusal.value.code == "no-implied-fees"
    assert refusal.value.value == -dollars(1)


def test_a_configuration_that_lacks_a_factor_is_refused(tmp_path: Path) -> None:
    """GM-REC-7: the name that is missing is told."""
    path = tmp_path / "config.json"
    path.write_text("{}")
    with pytest.raises(BadScenario, match="no positionImpactFactor_Negative"):
        read_params(path, preset("eth-usdc"))
