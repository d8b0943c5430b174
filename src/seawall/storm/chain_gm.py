"""States of a real GM pool, read from a minute-by-minute record of the chain.

The record is a Parquet file with one row a minute: supply and value of the pool, both tokens,
open interest in dollars and in tokens, the position impact pool, prices, and for later days the
virtual inventories, borrowing indices and funding trackers. Its layout is that of the GMX v2
samples in zelos-alpha/demeter (``timestamp``, ``marketTokensSupply``, ``poolValue``, ...), its
configuration file that of the same repository. Numbers there are decimals; they are rounded to the
units of the engine here, the amounts to 1e-8 of a token.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from seawall.designs import (
    GmImpactParams,
    GmMarket,
    GmParams,
    GmRecorded,
    GmSwapParams,
    gm_implied_fees,
    gm_preset,
    gm_seat,
    gm_seats,
)
from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.fixed import DOLLAR, PRICE, RATE, TOKEN
from seawall.engine.venue import Market, Venue
from seawall.storm.opening import Opening, Pool, whole_parts

_FINE = 10**18
_PER_SIZE = 10**21
_TRACKERS = {
    "longTokenFundingFeeAmountPerSizeLong": int(TOKEN),
    "shortTokenFundingFeeAmountPerSizeLong": int(DOLLAR),
    "longTokenFundingFeeAmountPerSizeShort": int(TOKEN),
    "shortTokenFundingFeeAmountPerSizeShort": int(DOLLAR),
}
"""Funding trackers of a record, tokens per dollar of size: by side, then by token."""

_NEEDED = (
    "timestamp",
    "marketTokensSupply",
    "poolValue",
    "longAmount",
    "shortAmount",
    "longPrice",
    "shortPrice",
    "indexPrice",
    "impactPoolAmount",
    "openInterestLong",
    "openInterestShort",
    "openInterestInTokensLong",
    "openInterestInTokensShort",
)

Row = Mapping[str, float | datetime | None]


def read_states(path: Path) -> Iterator[GmRecorded]:
    """Every minute of a record, in order.

    Raises :class:`BadScenario` when a column is missing, when the index is not the long token or
    when a row lacks a number.
    """
    table = pl.read_parquet(path)
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing:
        raise BadScenario(f"{path.name}: no column {', '.join(missing)}")
    for row in table.iter_rows(named=True):
        yield _recorded(path.name, row)


def state_at(path: Path, moment: datetime) -> GmRecorded:
    """The last minute of a record that is not after ``moment``; raises :class:`BadScenario`."""
    wanted = int(moment.timestamp() * 1000)
    found: GmRecorded | None = None
    for state in read_states(path):
        if state.time > wanted:
            break
        found = state
    if found is None:
        when = datetime.fromtimestamp(wanted / 1000, UTC).isoformat()
        raise BadScenario(f"{path.name}: nothing was recorded by {when}")
    return found


def read_params(path: Path, base: GmParams) -> GmParams:
    """``base`` with the factors, fees and bounds that a configuration file names.

    Raises :class:`BadScenario` when one of them is missing.
    """
    named: dict[str, float] = json.loads(path.read_text())

    def part(name: str, scale: int = int(RATE)) -> int:
        if name not in named:
            raise BadScenario(f"{path.name}: no {name}")
        return round(named[name] * scale)

    base.impact = GmImpactParams(
        negative=part("positionImpactFactor_Negative", _FINE),
        positive=part("positionImpactFactor_Positive", _FINE),
        exponent_negative=part("positionImpactExponentFactor_Negative"),
        exponent_positive=part("positionImpactExponentFactor_Positive"),
        max_negative=part("maxPositiveImpactFactor_Negative"),
        max_positive=part("maxPositionImpactFactor_Positive"),
        max_liquidation=part("maxPositionImpactFactorForLiquidation"),
    )
    base.swap = GmSwapParams(
        negative=part("swapImpactFactor_Negative", _FINE),
        positive=part("swapImpactFactor_Positive", _FINE),
        exponent=part("swapImpactExponentFactor"),
        fee_improved=part("swapFeeFactor_BalanceWasImproved"),
        fee_worsened=part("swapFeeFactor_BalanceNotImproved"),
        deposit_improved=part("depositFeeFactor_Positive"),
        deposit_worsened=part("depositFeeFactor_Negative"),
        withdrawal=part("withdrawFeeFactor_Negative"),
    )
    base.fee_improved = part("positionFeeFactor_Positive")
    base.fee_worsened = part("positionFeeFactor_Negative")
    base.liquidation_fee = part("liquidationFeeFactor")
    base.min_collateral = part("minCollateralFactor")
    base.min_liquidation = part("minCollateralFactorForLiquidation")
    base.min_collateral_usd = part("minCollateralUsd", int(DOLLAR))
    base.min_position_usd = part("minPositionSizeUsd", int(DOLLAR))
    for side, name in ((base.longs, "Long"), (base.shorts, "Short")):
        side.pnl_traders = part(f"maxPnlFactor_ForTrader_{name}")
        side.collateral_multiplier = part(
            f"minCollateralFactorForOpenInterestMultiplier_{name}", _FINE
        )
    return base


def take_over(
    venue: Venue,
    market: str,
    recorded: GmRecorded,
    holders: int = 1000,
    margin: int = 100_000_000_000,
) -> list[int]:
    """Put a recorded pool into a market of ``venue`` that has a price and nothing else.

    The record is moved to the market's price, dollars staying what they are, and its dollar-like
    token to a dollar. Accounts are opened and given what they bring: the first of those returned
    has all GM, each of the others a position, ``holders`` a side with ``margin`` (1e-12) of its
    size as collateral. Raises :class:`BadParameters` for a market of another design and what
    seating raises.
    """
    found = venue.market(market)
    if not isinstance(found, GmMarket):
        raise BadParameters(f"market {market!r} is not one that a recorded pool can be put into")
    pool = found.desk.pool
    fees = gm_implied_fees(recorded, found.params, pool.long, pool.short)
    here = recorded.at_price(found.mark())
    here.short_price = int(PRICE)
    taken = gm_seats(here, holders, margin, fees)
    provider = venue.open_account()
    if here.long_amount:
        venue.deposit(provider, here.long_amount, market)
    if here.short_amount:
        venue.deposit(provider, here.short_amount)
    traders = [venue.open_account() for _ in taken]
    for trader, place in zip(traders, taken, strict=True):
        venue.deposit(trader, place.collateral)
    gm_seat(found.desk, here, fees, provider, taken, traders)
    return [provider, *traders]


class Recording(Pool):
    """One state of a GM pool for a storm, with ``holders`` positions a side.

    Every parameter is the real market's, at the real market's scale, with what ``params`` changes.
    """

    holders = 1000
    margin = 100_000_000_000

    def __init__(
        self, file: str, market: str, recorded: GmRecorded, params: Mapping[str, Any]
    ) -> None:
        super().__init__(file, recorded.time, [market])
        self.recorded = recorded
        self.params = params

    def changes(self) -> Mapping[str, Any]:
        """What the configuration file says."""
        return self.params

    def seat(
        self,
        venue: Venue,
        markets: Mapping[str, Market],
        owners: Sequence[int],
        parts: Sequence[float],
    ) -> Opening:
        """Take the market over, and hand its GM on to ``owners``."""
        market = self.markets[0]
        provider, *traders = take_over(venue, market, self.recorded, self.holders, self.margin)
        found = markets[market]
        assert isinstance(found, GmMarket)
        pool = found.desk.pool
        shares = whole_parts(self.recorded.supply, parts)
        for owner, share in zip(owners, shares, strict=True):
            pool.shares.transfer(share, owner, provider, provider)
        dollars = int(pool.short_pot.amount)
        for trader in traders:
            dollars += sum(int(view.margin) for view in found.positions_of(trader))
            dollars += int(venue.wallet(trader))
        return Opening(
            dollars=dollars,
            tokens={market: int(pool.long_pot.amount)},
            shares=shares,
            reserve={market: int(pool.impact_pool)},
            traders=traders,
        )


class Loader:
    """Files of a GM pool: what they are known by, and how one becomes a :class:`Recording`."""

    design = GmMarket("ETH").design
    columns = frozenset(_NEEDED)

    @staticmethod
    def load(path: Path, time: int | None, config: Path | None, markets: Sequence[str]) -> Pool:
        """The state of a moment (ms), for the market that the file's name tells.

        Raises :class:`BadScenario` where the name tells none of ``markets``, or several.
        """
        words = set(re.split("[^a-z0-9]+", path.name.lower()))
        named = [market for market in markets if market.lower() in words]
        if len(named) != 1:
            raise BadScenario(
                f"{path.name}: its name must tell one market of the scenario, "
                f"of {', '.join(markets)}; it tells {', '.join(named) or 'none'}"
            )
        if time is None:
            recorded = next(read_states(path), None)
            if recorded is None:
                raise BadScenario(f"{path.name}: has no rows")
        else:
            recorded = state_at(path, datetime.fromtimestamp(time / 1000, UTC))
        changes: dict[str, Any] = {}
        if config is not None:
            read = read_params(config, gm_preset("eth-usdc"))
            changes = {name: getattr(read, name) for name in _CONFIGURED}
        return Recording(path.name, named[0], recorded, changes)


_CONFIGURED = (
    "impact",
    "swap",
    "fee_improved",
    "fee_worsened",
    "liquidation_fee",
    "min_collateral",
    "min_liquidation",
    "min_collateral_usd",
    "min_position_usd",
    "longs",
    "shorts",
)
"""Parameters that a configuration file sets."""


def _recorded(name: str, row: Row) -> GmRecorded:
    when = row["timestamp"]
    if not isinstance(when, datetime):
        raise BadScenario(f"{name}: a row has no timestamp")

    def whole(column: str, scale: int) -> int:
        found = _optional(row, column, scale)
        if found is None:
            raise BadScenario(f"{name}: {column} is missing at {when}")
        return found

    token, dollar, price = int(TOKEN), int(DOLLAR), int(PRICE)
    if row["indexPrice"] != row["longPrice"]:
        raise BadScenario(f"{name}: the index is not the long token at {when}")
    sides = ("Long", "Short")
    return GmRecorded(
        time=int(when.timestamp() * 1000),
        supply=whole("marketTokensSupply", dollar),
        value=whole("poolValue", dollar),
        long_amount=whole("longAmount", token),
        short_amount=whole("shortAmount", dollar),
        long_price=whole("longPrice", price),
        short_price=whole("shortPrice", price),
        interest=[whole(f"openInterest{side}", dollar) for side in sides],
        interest_in_tokens=[whole(f"openInterestInTokens{side}", token) for side in sides],
        impact_pool=whole("impactPoolAmount", token),
        swap_inventory=_all(
            row, {"virtualSwapInventoryLong": token, "virtualSwapInventoryShort": dollar}
        ),
        position_inventory=_optional(row, "virtualPositionInventory", dollar),
        borrowing=_all(row, {f"cumulativeBorrowingFactor{side}": _FINE for side in sides}),
        funding_fees=_trackers(row, "Fee"),
        funding_claims=_trackers(row, "Claimable"),
    )


def _trackers(row: Row, kind: str) -> list[int] | None:
    """Trackers per 1e-6 dollar in 1e-21 of a token's unit; the record has tokens per dollar."""
    scales = {
        column if kind == "Fee" else column.replace("FundingFee", "ClaimableFunding"): scale
        * _PER_SIZE
        // 10**6
        for column, scale in _TRACKERS.items()
    }
    return _all(row, scales)


def _all(row: Row, scales: Mapping[str, int]) -> list[int] | None:
    found = [_optional(row, column, scale) for column, scale in scales.items()]
    known = [number for number in found if number is not None]
    return known if len(known) == len(found) else None


def _optional(row: Row, column: str, scale: int) -> int | None:
    number = row.get(column)
    if not isinstance(number, float) or number != number:
        return None
    return round(number * scale)
