"""``seawall candles``: history of an exchange through CCXT, as a Parquet file."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from seawall.storm.choosing import a_bar_each
from seawall.storm.download import Order, download
from seawall.storm.units import iso, parse_time


def candles_command(
    exchange: Annotated[str, Parameter(help="CCXT's name of the exchange, as binance.")],
    symbol: Annotated[str, Parameter(help="As CCXT writes it: BTC/USDT; BTC/USDT:USDT a perp.")],
    /,
    *,
    start: Annotated[str, Parameter(help="First bar, as 2025-10-10T12:00 (UTC).")],
    end: Annotated[str | None, Parameter(help="Before this time. Default: now.")] = None,
    timeframe: Annotated[str, Parameter(help="Length of a bar: 1m, 5m, 1h ...")] = "1m",
    out: Annotated[str | None, Parameter(help="File. Default: by exchange and symbol.")] = None,
    url: Annotated[
        str | None, Parameter(help="Another address of the exchange: a mirror or a proxy.")
    ] = None,
) -> None:
    """Download candles; the same command goes on where it was stopped."""
    last = int(time.time() * 1000) if end is None else parse_time(end)
    order = Order(exchange, symbol, timeframe, parse_time(start), last, url)
    plain = symbol.replace("/", "").replace(":", "_")
    file = Path(out) if out is not None else Path(f"{plain}-{timeframe}-{exchange}.parquet")
    screen = Console(stderr=True)
    with a_bar_each(screen) as bars:
        task = bars.add_task(f"{exchange} {symbol}", total=None)
        done = download(
            order, file, progress=lambda at, total: bars.update(task, completed=at, total=total)
        )
    gaps = f", {done.missing:,} missing in between" if done.missing else ""
    print(
        f"{file}: {done.bars:,} bars of {timeframe} from {iso(done.first)} to {iso(done.last)}"
        f"{gaps}, {done.fresh:,} of them new"
    )
