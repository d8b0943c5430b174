"""The real pool of GMX v1 on Avalanche, minute by minute, as a venue to trade on.

    states = read_states("gmx_v1_avalanche_glp_1m.csv.gz")
    venue, markets = build(states[0])

The file (zelos-alpha/demeter, tests/data) holds the contracts' own integers: prices and dollars of
30 digits, USDG and GLP of 18, pools in each token's digits. USDC is the house's dollar here. Of
positions the chain gives sums only: they count in what the pool is worth and what is reserved, and
are never closed.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from seawall.designs import GlpMarket, GlpParams, GlpPoolParams, GlpTokenState
from seawall.engine.errors import BadScenario
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import Venue

COLUMNS = {
    "BTC.b": ("btc.b", 8),
    "WETH": ("weth", 18),
    "WBTC": ("wbtc", 8),
    "WAVAX": ("wavax", 18),
    "USD": ("usdc", 6),
    "USDC.e": ("usdc.e", 6),
    "MIM": ("mim", 18),
}
"""The house's name of each token, the file's, and the digits of the file's amounts."""

INDICES = ("BTC.b", "WETH", "WBTC", "WAVAX")
"""The tokens that are traded: one market each, all on the one pool."""


@dataclass(frozen=True)
class TokenRow:
    """One token at one minute, in the house's units; ``weight`` as a count."""

    price: int
    pool: int
    reserved: int
    debt: int
    weight: int
    guaranteed: int = 0
    short_size: int = 0
    average: int = 0


@dataclass(frozen=True)
class PoolState:
    """The pool at one minute: time in ms, USDG, GLP and AUM in 1e-6, and its tokens.

    ``reported_aum`` (1e-30 dollar) and ``reported_price`` (dollars per GLP) are the chain's.
    """

    time: int
    usdg: int
    supply: int
    reported_aum: int
    reported_price: float
    tokens: dict[str, TokenRow] = field(default_factory=dict)


def read_states(path: str | Path) -> list[PoolState]:
    """Every minute of a recorded file. Raises :class:`BadScenario` where a column is missing."""
    table = pl.read_csv(path, infer_schema=False)
    vault = GlpMarket("WETH").vaults()[0]  # the column of the supply bears the vault's name
    for column in ("timestamp", vault, "usdg", "aum", "glp_price", "btc.b_price"):
        if column not in table.columns:
            raise BadScenario(f"{path}: no column {column!r}: not a recorded pool")
    return [_state(row, vault) for row in table.iter_rows(named=True)]


def _state(row: dict[str, Any], vault: str) -> PoolState:
    time = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
    return PoolState(
        time=round(time.timestamp() * 1000),
        usdg=_whole(row["usdg"]) // 10**12,
        supply=_whole(row[vault]) // 10**12,
        reported_aum=_whole(row["aum"]),
        reported_price=float(row["glp_price"]),
        tokens={name: _token(row, name) for name in COLUMNS},
    )


def _token(row: dict[str, Any], name: str) -> TokenRow:
    column, digits = COLUMNS[name]
    kept = 8 if name in INDICES else 6
    step = 10 ** (digits - kept)

    def found(field: str) -> int:
        return _whole(row.get(f"{column}_{field}") or "0")

    return TokenRow(
        price=found("price") // 10**20,
        pool=found("pool") // step,
        reserved=-(-found("reserved") // step),
        debt=found("usdg") // 10**12,
        weight=found("weight"),
        guaranteed=found("guaranteed") // 10**24,
        short_size=found("size") // 10**24,
        average=found("average") // 10**20,
    )


def _whole(text: str) -> int:
    """An integer that may have been written as a float with nothing behind the point."""
    whole, _, rest = text.partition(".")
    if rest.strip("0"):
        raise BadScenario(f"{text!r} is not a whole number")
    return int(whole)


def build(state: PoolState) -> tuple[Venue, dict[str, GlpMarket]]:
    """A venue whose pool is that of ``state``, with a market on every index token.

    One account holds all GLP. The last account opened is that one's.
    """
    oracle = OracleParams(quorum=1, max_age=0, jump=0)
    terms = GlpParams(pool=GlpPoolParams.avalanche(), oracle=oracle)
    venue = Venue()
    markets: dict[str, GlpMarket] = {}
    first: GlpMarket | None = None
    for name in INDICES:
        markets[name] = GlpMarket(name, terms, beside=first)
        first = first or markets[name]
        venue.list_market(markets[name])
    assert first is not None
    owner = venue.open_account()
    reports = {name: [Report("chain", state.tokens[name].price, state.time)] for name in INDICES}
    venue.advance(state.time, reports)
    rows: list[GlpTokenState] = []
    for name, row in state.tokens.items():
        if name not in INDICES and name != "USD":
            first.report_token(name, row.price)
        if row.pool > 0:
            venue.deposit(owner, row.pool, name)
        rows.append(
            GlpTokenState(
                name, row.pool, reserved=min(row.reserved, row.pool), debt=row.debt,
                guaranteed=row.guaranteed, short_size=row.short_size, average=row.average,
            )
        )  # fmt: skip
    first.restore(owner, rows, state.usdg, state.supply)
    return venue, markets
