"""Pools as a chain recorded them, for a storm to begin with.

    run_storm("october-2025", ["gm"], state="gmx_v2_eth_usdc_pool_1m.parquet")

A file is known by its columns, whatever its name. What it says goes into the markets of the
scenario that it is of, moved to their first prices: dollars stay, tokens change. Its owners are
the storm's own vault owners, its open interest a class of its own, ``recorded traders``. Gains
count from there: everybody brought what they had at that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.venue import Market
from seawall.storm import chain_glp, chain_gm
from seawall.storm.broker import Broker
from seawall.storm.gains import RESERVE
from seawall.storm.in_kind import coins
from seawall.storm.opening import Opening, Pool
from seawall.storm.units import Moment, parse_time

TRADERS = "recorded traders"
"""The class of those who held the recorded open interest."""

_LOADERS = (chain_gm.Loader, chain_glp.Loader)


@dataclass(frozen=True)
class State:
    """A recorded pool: its file, the moment (None: the file's first), its configuration file."""

    path: str | Path
    time: Moment | None = None
    config: str | Path | None = None


def load_state(state: State | str | Path, designs: Sequence[str], markets: Sequence[str]) -> Pool:
    """The pool of a file, for markets of a scenario.

    Raises :class:`BadScenario` for a file that is not there or is no record, and for a record of
    other markets; :class:`BadParameters` for several designs, for one that the record is not of,
    and for a configuration that it has no use for.
    """
    wanted = state if isinstance(state, State) else State(state)
    path = Path(wanted.path)
    columns = _columns(path)
    for loader in _LOADERS:
        if loader.columns <= columns:
            break
    else:
        raise BadScenario(f"{path.name}: not a recorded pool; its columns are of no chain known")
    if list(designs) != [loader.design]:
        raise BadParameters(
            f"{path.name} is a recorded pool of {loader.design} and goes into that design alone, "
            f"not into {', '.join(designs)}"
        )
    config = None if wanted.config is None else _there(Path(wanted.config))
    time = None if wanted.time is None else parse_time(wanted.time)
    return loader.load(path, time, config, markets)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise BadScenario(f"{path}: there is no such file")
    return path


def _columns(path: Path) -> set[str]:
    """Names of the columns of a Parquet file, or of a CSV file that may be compressed."""
    with _there(path).open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    try:
        if is_parquet:
            return set(pl.read_parquet_schema(path))
        return set(pl.read_csv(path, n_rows=0).columns)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path.name}: cannot be read: {str(error).splitlines()[0]}") from None


def begin(
    pool: Pool, broker: Broker, owners: Sequence[int], parts: Sequence[float]
) -> tuple[list[int], list[str]]:
    """Put a pool into the market that it begins with: the owners' shares, the tokens it holds.

    What everybody has at this moment is what they brought, the vault's owners its tokens and, in
    dollars, the rest of what their shares are worth. Raises :class:`BadScenario` where a market
    has no price yet.
    """
    for name in pool.markets:
        if int(broker.markets[name].mark()) == 0:
            raise BadScenario(f"{name} has no price at the scenario's first tick")
    market = broker.markets[pool.markets[0]]
    opening = pool.seat(broker.venue, broker.markets, owners, parts)
    broker.prices.update(opening.prices)
    brought = opening.dollars
    for trader in opening.traders:
        views = market.positions_of(trader)
        equity = sum(int(view.equity) for view in views) + int(broker.venue.wallet(trader))
        broker.adopt(trader, TRADERS, market.name, equity)
        brought -= equity
    if opening.standing is not None:
        sums = broker.enrol(TRADERS, market.name, 0)
        broker.standing[sums] = opening.standing
        broker.paid_in[sums] = opening.standing()
        brought -= broker.paid_in[sums]
    brought -= _bring(broker, market, opening, owners)
    reserve = broker.enrol(RESERVE, market.name, 0)
    broker.paid_in[reserve] = brought
    for name, amount in opening.reserve.items():
        broker.in_kind[reserve, name] = amount
    return opening.shares, sorted(opening.tokens)


def _bring(broker: Broker, market: Market, opening: Opening, owners: Sequence[int]) -> int:
    """Count to the owners what the vault holds and is worth, by their shares; the dollars."""
    vault = market.vault(market.vaults()[-1])
    worth = int(vault.assets_high) + int(vault.claimable)
    amounts = {name: amount - opening.reserve.get(name, 0) for name, amount in
               opening.tokens.items()}  # fmt: skip
    for coin in coins(broker, sorted(amounts)):
        worth -= coin.worth(amounts[coin.name])
        split = _split(amounts[coin.name], opening.shares)
        for owner, part in zip(owners, split, strict=True):
            broker.in_kind[owner, coin.name] = part
    for owner, part in zip(owners, _split(worth, opening.shares), strict=True):
        broker.paid_in[owner] = part
    return worth


def _split(amount: int, shares: Sequence[int]) -> list[int]:
    """``amount`` by shares; the last owner has what rounding leaves."""
    whole = sum(shares)
    parts = [amount * share // whole for share in shares]
    parts[-1] += amount - sum(parts)
    return parts
