"""The real pool of GMX v1 on Avalanche, minute by minute, as a venue to trade on.

    states = read_states("gmx_v1_avalanche_glp_1m.csv.gz")
    venue, markets = build(states[0])

The file (zelos-alpha/demeter, tests/data) holds the contracts' own integers: prices and dollars of
30 digits, USDG and GLP of 18, pools in each token's digits. USDC is the house's dollar here. Of
positions the chain gives sums only: they count in what the pool is worth and what is reserved, and
are never closed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from seawall.designs import GlpMarket, GlpParams, GlpPoolParams, GlpTokenState, GlpTokenTerms
from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import Market, Venue
from seawall.storm.opening import Opening, Pool, whole_parts
from seawall.storm.units import iso

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


NAMED = {"BTC": ("BTC.b", "WBTC"), "ETH": ("WETH",), "AVAX": ("WAVAX",)}
"""A storm's markets by their own names, and the index tokens that become one token there."""


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


class Recording(Pool):
    """One state of the pool for a storm, at the first prices of the scenario's markets.

    Tokens of one market become one token. What is no market keeps its recorded price. Positions
    are sums: their reserves, guaranteed dollars and short sizes stand as recorded, nobody closes
    or liquidates them and they pay no fees; what they are owed moves with the price.
    """

    def __init__(self, file: str, state: PoolState, markets: Sequence[str]) -> None:
        super().__init__(file, state.time, markets)
        self.state = state
        self.rows = dict(state.tokens)
        for market in markets:
            parts = [self.rows.pop(name) for name in NAMED[market]]
            self.rows[market] = _joined(parts)

    def changes(self) -> Mapping[str, Any]:
        """The pool: its tokens with their recorded weights."""
        traded = {*INDICES, *self.markets}
        terms = [
            GlpTokenTerms(name, weight=row.weight)
            if name in traded
            else GlpTokenTerms(name, decimals=6, stable=True, weight=row.weight)
            for name, row in self.rows.items()
        ]
        return {"pool": GlpPoolParams(tokens=terms)}

    def seat(
        self,
        venue: Venue,
        markets: Mapping[str, Market],
        owners: Sequence[int],
        parts: Sequence[float],
    ) -> Opening:
        """Fill the pool from the purse of the first owner, and give each of them GLP."""
        first = markets[self.markets[0]]
        assert isinstance(first, GlpMarket)
        rows: list[GlpTokenState] = []
        tokens: dict[str, int] = {}
        prices: dict[str, int] = {}
        for name, row in self.rows.items():
            moved = row
            if name in self.markets:
                moved = _at_price(row, first.prices(name)[0])
            elif name != "USD":
                first.report_token(name, row.price)
                prices[name] = row.price
            if moved.pool > 0:
                venue.deposit(owners[0], moved.pool, name)
                tokens[name] = moved.pool
            rows.append(
                GlpTokenState(
                    name, moved.pool, reserved=moved.reserved, debt=moved.debt,
                    guaranteed=moved.guaranteed, short_size=moved.short_size,
                    average=moved.average,
                )
            )  # fmt: skip
        shares = whole_parts(self.state.supply, parts)
        first.restore(owners[0], rows, self.state.usdg, shares[0])
        for owner, share in zip(owners[1:], shares[1:], strict=True):
            first.liquidity.grant(owner, share, first.now)
        dollars = tokens.pop("USD", 0)
        standing = _standing(first, rows)
        return Opening(dollars, tokens, shares, standing=standing, prices=prices)


def _joined(rows: Sequence[TokenRow]) -> TokenRow:
    """Several tokens as one, at the price of the first."""
    rows = [_at_price(row, rows[0].price) for row in rows]
    shorts = sum(row.short_size for row in rows)
    tokens = sum(row.short_size * 10**10 // row.average for row in rows if row.average)
    return TokenRow(
        price=rows[0].price,
        pool=sum(row.pool for row in rows),
        reserved=sum(min(row.reserved, row.pool) for row in rows),
        debt=sum(row.debt for row in rows),
        weight=sum(row.weight for row in rows),
        guaranteed=sum(row.guaranteed for row in rows),
        short_size=shorts,
        average=shorts * 10**10 // tokens if tokens else 0,
    )


def _at_price(row: TokenRow, price: int) -> TokenRow:
    """The same dollars at another price: tokens change, and the price at which shorts stand."""
    pool = row.pool * row.price // price
    return TokenRow(
        price=price,
        pool=pool,
        reserved=min(pool, -(-row.reserved * row.price // price)),
        debt=row.debt,
        weight=row.weight,
        guaranteed=row.guaranteed,
        short_size=row.short_size,
        average=row.average * price // row.price,
    )


def _standing(market: GlpMarket, rows: Sequence[GlpTokenState]) -> Callable[[], int]:
    """What AUM leaves to the recorded positions: R * p - G of longs, S * (q - p) / q of shorts."""

    def owed() -> int:
        total = 0
        for row in rows:
            if row.guaranteed == 0 and row.short_size == 0:
                continue
            price = market.prices(row.name)[1]
            total += int(row.reserved) * price // 10**12 - int(row.guaranteed)
            if row.short_size > 0:
                gap = int(row.average) - price
                total += int(row.short_size) * gap // int(row.average)
        return total

    return owed


class Loader:
    """Files of the pool: what they are known by, and how one becomes a :class:`Recording`."""

    design = GlpMarket("WETH").design
    columns = frozenset(("timestamp", "usdg", "aum", "glp_price", "btc.b_price"))

    @staticmethod
    def load(path: Path, time: int | None, config: Path | None, markets: Sequence[str]) -> Pool:
        """The state of a moment (ms), for those of ``markets`` that it trades.

        Raises :class:`BadScenario` where it trades none of them or has nothing by then, and
        :class:`BadParameters` for a configuration file: the record has its own.
        """
        if config is not None:
            raise BadParameters(f"{config.name}: a record of this kind takes no configuration")
        traded = [market for market in markets if market in NAMED]
        if not traded:
            raise BadScenario(
                f"{path.name} trades {', '.join(NAMED)}; the scenario has {', '.join(markets)}"
            )
        states = read_states(path)
        if not states:
            raise BadScenario(f"{path.name}: has no rows")
        found = [state for state in states if time is None or state.time <= time]
        if not found:
            raise BadScenario(f"{path.name}: nothing was recorded by {iso(time or 0)}")
        return Recording(path.name, found[0 if time is None else -1], traded)
