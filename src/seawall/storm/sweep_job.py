"""One storm of a sweep, as a worker runs it: settings in, rows of measures out.

Columns of a row: amounts are whole numbers of 1e-6 dollar, prices of 1e-10; ``ticks``, ``halted``
and ``within_...`` count ticks; ``loss.<vault>`` is the deepest loss as a share of the capital that
the vault was given.
"""

import os
import threading
import time
from functools import lru_cache
from typing import Any

import msgspec

from seawall.about import VERSION
from seawall.engine.errors import SeawallError
from seawall.engine.fixed import DOLLAR
from seawall.storm.designs import split
from seawall.storm.measure import PROBES
from seawall.storm.result import Row, Run
from seawall.storm.scenario import Scenario
from seawall.storm.settings import Prepared
from seawall.storm.sweep import Job, Source, Sweep
from seawall.storm.table import money

Cell = int | float | str | None

_DOLLAR = int(DOLLAR)


class Answer(msgspec.Struct, frozen=True):
    """What came of one job: rows of measures, or the refusal; ``seconds`` it took."""

    key: str
    seawall: str
    seconds: float
    rows: list[dict[str, Any]] = []
    error: str = ""


def work(sweep: Sweep, job: Job) -> Answer:
    """Run one storm. What Seawall refuses is an answer too; everything else is raised."""
    begun = time.monotonic()
    try:
        prepared = sweep.settings(job, _scenario(sweep.source)).prepare()
        result = prepared.run()
    except SeawallError as error:
        return Answer(job.key, VERSION, time.monotonic() - begun, error=str(error))
    run = result.runs[0]
    rows = [measures(row, run, prepared) for row in result.rows]
    return Answer(job.key, VERSION, time.monotonic() - begun, rows)


def measures(row: Row, run: Run, prepared: Prepared) -> dict[str, Cell]:
    """The measures of one market that are single numbers, by column name."""
    found: dict[str, Cell] = {
        "market": row.market,
        "ticks": row.ticks,
        "price_first": row.prices.first,
        "price_low": row.prices.low,
        "price_high": row.prices.high,
        "price_last": row.prices.last,
        "bad_debt": row.bad_debt,
        "under_water": row.under_water,
        "withheld": row.withheld,
        "liquidated": sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars,
        "liquidations": sum(rung.count for rung in row.liquidations),
        "deleveraged": row.deleveraging.taken,
        "deleveraged_accounts": row.deleveraging.accounts,
        "insurance_drawn": row.insurance.drawn,
        "halted": row.halts.ticks,
        "interest_most": max(row.interest.long_most, row.interest.short_most),
        "skew_most": max(row.interest.skew_most, -row.interest.skew_least),
        "funding": row.charges.funding,
        "fees": row.charges.fees,
        "orders_refused": sum(sum(orders.refused.values()) for orders in row.orders.values()),
    }
    for dollars, probe in zip(PROBES, row.probes, strict=True):
        size = money(dollars * _DOLLAR).replace(".00", "").replace(" ", "")
        found[f"within_1_percent.{size}"] = probe.within_1
        found[f"within_5_percent.{size}"] = probe.within_5
    given = split(prepared.design, prepared.capital * _DOLLAR)
    for layer in row.layers:
        found[f"worst.{layer.vault}"] = layer.worst
        found[f"end.{layer.vault}"] = layer.end
        if given.get(layer.vault):
            found[f"loss.{layer.vault}"] = layer.worst / given[layer.vault]
    for kind, gain in row.gains.items():
        found[f"gain.{kind}"] = gain
    found["conservation"] = run.conservation
    found["digest"] = run.digest
    return found


def stay_with(parent: int) -> None:
    """End this worker when the program that started it is gone, also when that was killed."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


@lru_cache(maxsize=4)
def _read(source: bytes) -> str | Scenario:
    return msgspec.json.decode(source, type=Source).load()


def _scenario(source: Source) -> str | Scenario:
    """The scenario of a sweep, read once in each worker."""
    return _read(msgspec.json.encode(source))
