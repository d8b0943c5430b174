"""Downloads of candles, from a stub of an exchange on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from seawall.cli import main
from seawall.engine.errors import BadParameters, SeawallError
from seawall.storm import load_candles
from seawall.storm.download import Downloaded, Order, Unreachable, download

ccxt = pytest.importorskip("ccxt", reason="the candles extra is not installed")

MINUTE = 60_000
START = 1_760_000_400_000
LONG_AFTER = 2_000_000_000.0


class Stub:
    """An exchange with candles of a minute of BTC/USDT, in the paths that Binance's has.

    ``broken`` answers are failures before the next good one; a bar whose minute is in ``gaps``
    is not there; every request for bars is kept in ``asked`` by its start.
    """

    def __init__(self, bars: int) -> None:
        self.bars = bars
        self.gaps: set[int] = set()
        self.broken = 0
        self.good: int | None = None
        self.asked: list[int] = []
        self.page = 1000
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, answer = stub.answer(urlsplit(self.path).path, self.path)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path: str, whole: str) -> tuple[int, object]:
        if path.endswith("/exchangeInfo"):
            return 200, {"symbols": [MARKET]}
        query = parse_qs(urlsplit(whole).query)
        since = int(query["startTime"][0])
        self.asked.append(since)
        if self.broken or self.good == 0:
            self.broken = max(0, self.broken - 1)
            return 503, {"msg": "resting"}
        if self.good is not None:
            self.good -= 1
        limit = min(int(query["limit"][0]), self.page)
        first = max(0, -(-(since - START) // MINUTE))
        there = [n for n in range(first, min(first + limit, self.bars)) if n not in self.gaps]
        return 200, [bar(number) for number in there]


MARKET = {
    "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
    "isSpotTradingAllowed": True, "permissions": ["SPOT"],
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.01", "minPrice": "0.01",
         "maxPrice": "1000000"},
        {"filterType": "LOT_SIZE", "stepSize": "0.00001", "minQty": "0.00001", "maxQty": "9000"},
    ],
}  # fmt: skip


def bar(number: int) -> list[object]:
    """Bar ``number`` as Binance sends it: prices as text."""
    price = 50_000 + number % 700
    at = START + number * MINUTE
    return [at, f"{price}.10", f"{price + 5}.00", f"{price - 5}.25", f"{price + 1}.10", "1.5",
            at + MINUTE - 1, "75000", 10, "0.7", "35000", "0"]  # fmt: skip


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub(2500)
    yield stub
    stub.server.shutdown()
    stub.server.server_close()


def order(stub: Stub, bars: int = 2500, **changes: object) -> Order:
    settings: dict[str, object] = {
        "exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1m", "start": START,
        "end": START + bars * MINUTE, "url": stub.url,
    }  # fmt: skip
    return Order(**(settings | changes))  # type: ignore[arg-type]


def fetch(what: Order, file: Path) -> Downloaded:
    return download(what, file, wait=lambda _: None, now=lambda: LONG_AFTER)


def test_every_bar_of_every_page_is_in_the_file_once(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "btc.parquet"
    told: list[tuple[int, int]] = []
    done = download(order(stub), file, now=lambda: LONG_AFTER, progress=lambda *at: told.append(at))
    assert (done.bars, done.fresh, done.missing) == (2500, 2500, 0)
    assert told == [(1000, 2500), (2000, 2500), (2500, 2500)]
    table = pl.read_parquet(file)
    assert table["open_time"].dt.epoch("ms").to_list() == [
        START + number * MINUTE for number in range(2500)
    ]
    assert table.row(0, named=True)["low"] == 49_995.25
    assert not list(tmp_path.glob(".*"))


def test_a_download_is_a_storm_s_candles_as_it_is(stub: Stub, tmp_path: Path) -> None:
    fetch(order(stub, 100), tmp_path / "any.parquet")
    storm = load_candles(tmp_path / "any.parquet")
    assert storm.markets == ("BTC",)
    assert storm.series("BTC", "any")[1][0] == 50_000 * 10**10 + 10**9


def test_what_is_there_is_not_asked_for_again(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "btc.parquet"
    fetch(order(stub, 1500), file)
    stub.asked.clear()
    done = fetch(order(stub, 2500), file)
    assert stub.asked == [START + 1500 * MINUTE]
    assert (done.bars, done.fresh) == (2500, 1000)
    stub.asked.clear()
    fetch(order(stub, 2500), file)
    assert stub.asked == []


def test_a_download_that_broke_goes_on_where_it_stopped(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "btc.parquet"
    stub.good = 2
    with pytest.raises(Unreachable, match="what came before is kept, the same command goes on"):
        fetch(order(stub), file)
    assert not file.exists()
    stub.good, stub.asked = None, []
    done = fetch(order(stub), file)
    assert stub.asked == [START + 2000 * MINUTE]
    assert (done.bars, done.fresh) == (2500, 500)


def test_a_page_cut_short_by_a_kill_is_asked_for_again(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "btc.parquet"
    stub.good = 2
    with pytest.raises(Unreachable):
        fetch(order(stub), file)
    journal = tmp_path / ".btc.parquet.journal"
    journal.write_bytes(journal.read_bytes()[:-40])
    stub.good, stub.asked = None, []
    fetch(order(stub), file)
    assert stub.asked[0] == START + 1000 * MINUTE
    assert len(pl.read_parquet(file)) == 2500


def test_a_failure_that_passes_is_waited_out_longer_each_time(stub: Stub, tmp_path: Path) -> None:
    stub.broken = 3
    naps: list[float] = []
    done = download(
        order(stub, 10), tmp_path / "btc.parquet", wait=naps.append, now=lambda: LONG_AFTER
    )
    assert done.bars == 10
    assert naps == [2, 4, 8]


def test_a_gap_of_the_exchange_is_passed_and_counted(stub: Stub, tmp_path: Path) -> None:
    stub.gaps = set(range(400, 430)) | set(range(600, 1900))
    stub.page = 500
    done = fetch(order(stub), tmp_path / "btc.parquet")
    assert (done.bars, done.missing) == (2500 - 1330, 1330)


def test_no_bar_behind_a_gap_is_passed_over(stub: Stub, tmp_path: Path) -> None:
    """An exchange that looks through 500 bars at a time answers nothing inside a longer gap."""
    stub.gaps = set(range(200)) | set(range(600, 1200))
    stub.page = 500
    done = fetch(order(stub), tmp_path / "btc.parquet")
    assert (done.bars, done.missing) == (1700, 800)


def test_a_bar_that_is_not_over_is_left_out(stub: Stub, tmp_path: Path) -> None:
    now = (START + 10 * MINUTE) / 1000 + 30
    done = download(order(stub), tmp_path / "btc.parquet", now=lambda: now)
    assert done.last == START + 9 * MINUTE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exchange": "binanec"}, "no exchange 'binanec'.*binance"),
        ({"symbol": "BTC/USD"}, "no market 'BTC/USD'; of BTC there are BTC/USDT"),
        ({"timeframe": "7m"}, "no timeframe '7m'; there are .*1m"),
        ({"start": START + 2500 * MINUTE}, "is not before end"),
        ({"url": "nowhere"}, "write it as http://host:port"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(
    stub: Stub, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(BadParameters, match=told):
        fetch(order(stub, **changes), tmp_path / "btc.parquet")
    assert not (tmp_path / "btc.parquet").exists()


def test_an_exchange_that_is_not_reached_is_said(tmp_path: Path) -> None:
    closed = Stub(1)
    closed.server.shutdown()
    closed.server.server_close()
    with pytest.raises(Unreachable, match="binance does not answer"):
        fetch(order(closed), tmp_path / "btc.parquet")


def test_candles_that_do_not_exist_are_said(stub: Stub, tmp_path: Path) -> None:
    stub.bars = 0
    with pytest.raises(Unreachable, match="has no 1m candle of BTC/USDT"):
        fetch(order(stub, 20), tmp_path / "btc.parquet")


def test_a_file_of_something_else_is_left_alone(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "btc.parquet"
    fetch(order(stub, 20), file)
    before = file.read_bytes()
    with pytest.raises(BadParameters, match="holds binance BTC/USDT 1m; give binance BTC/USDT 5m"):
        fetch(order(stub, 20, timeframe="5m"), file)
    assert file.read_bytes() == before
    file.write_text("no table")
    with pytest.raises(SeawallError, match="is not a file of candles"):
        fetch(order(stub, 20), file)
    with pytest.raises(BadParameters, match=r"must end in \.parquet"):
        fetch(order(stub, 20), tmp_path / "btc.csv")


def test_the_command_says_what_it_brought(
    stub: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "btc.parquet"
    main(["candles", "binance", "BTC/USDT", "--start", "2025-10-09T09:00", "--end",
          "2025-10-09T10:00", "--out", str(file), "--url", stub.url])  # fmt: skip
    assert capsys.readouterr().out == (
        f"{file}: 60 bars of 1m from 2025-10-09T09:00:00Z to 2025-10-09T09:59:00Z, 60 of them new\n"
    )
