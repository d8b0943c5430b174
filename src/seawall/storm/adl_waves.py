"""The published waves of 10 October 2025, and which of their totals can be computed again.

The analysis "Autodeleveraging: Impossibilities and Optimization" (T. Chitra, arXiv 2512.01112) came
with a folder of results, ``out`` in pluriholonomic/autodeleveraging-analysis: for each of 16
waves what was needed, what the venue took, the winners' capacity, and what six other rules would
have taken. The accounts themselves are not in it. Here every total that the folder states is
computed again from its tables (:func:`totals`), the policies that need no accounts are run on the
waves (:func:`levels`), and what cannot be had is named with the reason (:data:`NOT_HERE`).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from seawall.engine.adl import Policy, ProRata, Winner
from seawall.engine.errors import BadScenario
from seawall.engine.fixed import DOLLAR, RATE

WAVES = "policy_per_wave_metrics.csv"
"""The table of the waves; a folder that holds it is taken for the published one."""

HORIZONS = (0, 500, 1000, 2000, 5000)
"""Milliseconds after a wave at which what was taken is measured."""

RULES = {
    "prod": "the venue",
    "pr": "pro rata",
    "pnl_pr": "pro rata of profit",
    "eq_pr": "pro rata of equity",
    "vector": "mirror descent",
    "contract_pr": "contracts pro rata",
    "fixed_point_ilp_integer": "integer min-max",
}
"""The rules of the published table by the endings of their columns."""

NOT_HERE = (
    ("what a queue takes of whom, and its largest share",
     "needs the winners of each wave: the folder has only their sums. The venue's own largest "
     "shares are quoted above"),
    ("pro rata of profit, of equity and of contracts, mirror descent, integer min-max",
     "weigh by account or position; their budgets are added up again, not derived"),
    ("pro rata's largest share in five waves",
     "the table gives shares of equity, not of profit: the two agree only where somebody's "
     "profit is all of its equity"),
    ("the queue's average participation (0.862)",
     "a share of accounts; the tables are sums over accounts"),
    ("winners' equity over profit (median 4.41, mean 303)", "needs 17,771 accounts"),
    ("overshoot discounted over the horizons",
     "the weights between the five horizons are not published with it"),
    ("ratios of the top winner to the deficit (PTSR, PMR)", "need the top winner of each wave"),
    ("the deficits as true losses",
     "one vault's -10.93 M is counted again in nine waves: a deficit of 100.06 M is a sum of the "
     "table, not of money"),
)  # fmt: skip
"""What the published data do not allow, each with the reason."""

_DOLLAR, _RATE = int(DOLLAR), int(RATE)


@dataclass(frozen=True)
class Level:
    """One wave: dollars in 1e-6; ``level`` is pro rata's haircut by the engine, in 1e-12.

    ``production_worst`` and ``published`` (1e-12) are the largest shares the table gives for the
    venue and for pro rata.
    """

    wave: int
    time: str
    needed: int
    production: int
    capacity: int
    production_worst: int
    level: int
    published: int

    @property
    def agrees(self) -> bool:
        """Whether the engine's level is the published largest share, to nine digits."""
        return math.isclose(self.level, self.published, rel_tol=1e-9, abs_tol=2)


@dataclass(frozen=True)
class Total:
    """A total: as the folder states it in ``where``, and computed again ``again``; in dollars."""

    name: str
    published: float
    again: float
    where: str

    @property
    def agrees(self) -> bool:
        """To the micro-dollar, or nine digits where it is a ratio."""
        return math.isclose(self.published, self.again, rel_tol=1e-12, abs_tol=1e-6)


@dataclass(frozen=True)
class RuleSum:
    """One rule of the published table over all waves, in dollars; ``worst`` is a share."""

    rule: str
    budget: float
    overshoot: float
    worst: float
    worst_wave: int
    consistent: bool


def is_published(path: str | Path) -> bool:
    """Whether ``path`` is a folder with the published waves."""
    return (Path(path) / WAVES).is_file()


def levels(folder: str | Path) -> list[Level]:
    """The waves, with pro rata run on each by the engine.

    Pro rata takes the same share of every profit however the capacity is divided, so that one
    winner who holds all of it stands for those who are not published.

    Raises :class:`BadScenario` where a table is missing or does not have its columns.
    """
    table = _csv(folder, WAVES)
    return [_level(row) for row in _rows(table, WAVES, "wave", "t_start", "total_cap")]


def rule_sums(folder: str | Path) -> list[RuleSum]:
    """Every rule of the published table, added up over its waves."""
    table = _csv(folder, WAVES)
    needed = table["budget_needed"]
    sums = []
    for ending, rule in RULES.items():
        budget, overshoot = table[f"budget_{ending}"], table[f"overshoot_{ending}"]
        worst = table[f"max_pct_{ending}"]
        at = worst.arg_max() or 0
        gap = ((budget - needed) - overshoot).abs().max()
        sums.append(
            RuleSum(
                rule, _sum(budget), _sum(overshoot), worst[at], table["wave"][at],
                isinstance(gap, float) and gap < 1e-6,
            )
        )  # fmt: skip
    return sums


def totals(folder: str | Path) -> list[Total]:
    """Every total that the folder states and its tables can be added up to.

    Raises :class:`BadScenario` where a file is missing or does not have its columns.
    """
    found = [*_horizons(folder), *_coins(folder), *_queue(folder), *_deficits(folder)]
    headline = _json(folder, "headlines.json")
    overshoot = {total.name: total.again for total in found}
    ratio = headline["headline"]["winner_overcollateralization_equity_over_pnl"]["trimmed_mean"]
    naive = overshoot["queue: overshoot"] / ratio
    stated = headline["derived"]
    where = "headlines.json"
    found += [
        Total("queue: overshoot in profit", stated["naive_expected_pnl_closed_usd"], naive, where),
        Total("the same over the venue's", stated["factor_naive_expected_over_observed"],
              naive / overshoot["overshoot at 0 ms"], where),
    ]  # fmt: skip
    band = _json(folder, "overshoot_robustness.json")
    seen = [overshoot[f"overshoot at {horizon} ms"] for horizon in HORIZONS]
    where = "overshoot_robustness.json"
    return [
        *found,
        Total("least overshoot of the horizons", band["O_min_band"], min(seen), where),
        Total("most overshoot of the horizons", band["O_max_band"], max(seen), where),
    ]


def _level(row: dict[str, Any]) -> Level:
    needed, capacity = (round(row[name] * _DOLLAR) for name in ("budget_needed", "total_cap"))
    return Level(
        wave=row["wave"],
        time=str(row["t_start"])[11:19],
        needed=needed,
        production=round(row["budget_prod"] * _DOLLAR),
        capacity=capacity,
        production_worst=round(row["max_pct_prod"] * _RATE),
        level=pooled(ProRata(), capacity, needed) * _RATE // capacity,
        published=round(row["max_pct_pr"] * _RATE),
    )


def pooled(policy: Policy, capacity: int, needed: int) -> int:
    """What a policy takes (1e-6 dollar) of winners who hold ``capacity`` together."""
    return int(policy.haircuts([Winner(capacity, 0, _RATE)], needed)[0])


def _horizons(folder: str | Path) -> list[Total]:
    found = []
    for horizon in HORIZONS:
        name = f"two_pass_equity_delta_by_wave_gap5000_h{horizon}.csv"
        table = _csv(folder, name)
        where = f"two_pass_equity_delta_summary_gap5000_h{horizon}.json"
        stated = _json(folder, where)
        if horizon == 0:
            found += [
                Total("waves", stated["num_waves"], len(table), where),
                Total("deficit of the waves", stated["total_deficit_usd"],
                      _sum(table["deficit_usd"]), where),
                Total("budget needed", stated["total_budget_needed_usd"],
                      _sum(table["budget_needed_usd"]), where),
                Total("needed over deficit, at most 1, mean", stated["mean_theta_needed_capped"],
                      _mean_share(table, "budget_needed_usd"), where),
            ]  # fmt: skip
        found += [
            Total(f"taken at {horizon} ms", stated["total_H_prod_usd"],
                  _sum(table["budget_prod_usd"]), where),
            Total(f"overshoot at {horizon} ms", stated["total_overshoot_prod_minus_needed_usd"],
                  _sum(table["budget_prod_usd"] - table["budget_needed_usd"]), where),
            Total(f"taken over deficit at {horizon} ms, mean", stated["mean_theta_prod_capped"],
                  _mean_share(table, "budget_prod_usd"), where),
        ]  # fmt: skip
    return found


def _sum(series: pl.Series) -> float:
    return math.fsum(series.to_list())


def _most(series: pl.Series) -> float:
    return float(max(series.to_list()))


def _mean_share(table: pl.DataFrame, column: str) -> float:
    shares = (table[column] / table["deficit_usd"]).clip(0, 1)
    return _sum(shares) / len(shares)


def _coins(folder: str | Path) -> list[Total]:
    """The needed budget again, from the gaps between marks and prices of every coin."""
    name = "two_pass_wave_coin_gap_per_contract_gap5000_h0.csv"
    gaps = _csv(folder, name)
    needed = _json(folder, "two_pass_equity_delta_summary_gap5000_h0.json")
    again = _sum(gaps["gap_per_contract_usd"] * gaps["qty_contracts"])
    return [
        Total("budget needed, by coin", needed["total_budget_needed_usd"], round(again, 6), name)
    ]


def _queue(folder: str | Path) -> list[Total]:
    table = _csv(folder, "per_shock_metrics_queue.csv")
    where = "summary_totals.csv"
    stated = _csv(folder, where).row(0, named=True)
    taken, due = table["budget_queue_usd"], table["deficit_usd"]
    over, short = (taken - due).clip(lower_bound=0), (due - taken).clip(lower_bound=0)
    return [
        Total("queue: overshoot", stated["total_overshoot"], _sum(over), where),
        Total("queue: unpaid", stated["total_residual"], _sum(short), where),
    ]


def _deficits(folder: str | Path) -> list[Total]:
    table = _csv(folder, "bad_debt_loser_waves.csv")
    where = "bad_debt_loser_waves.json"
    stated = _json(folder, where)
    due, most = table["deficit_usd"], table["max_loss_usd"]
    return [
        Total("deficit of the losers", stated["total_deficit_usd"], _sum(due), where),
        Total(
            "largest deficit of a wave", stated["max_wave_deficit_usd"], max(due.to_list()), where
        ),
        Total(
            "largest loss of an account",
            stated["max_wave_max_loss_usd"],
            max(most.to_list()),
            where,
        ),
    ]


def _csv(folder: str | Path, name: str) -> pl.DataFrame:
    path = Path(folder) / name
    if not path.is_file():
        raise BadScenario(f"{path}: there is no such file in the published folder")
    try:
        return pl.read_csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise BadScenario(f"{path}: cannot be read as a table: {reason}") from None


def _json(folder: str | Path, name: str) -> dict[str, Any]:
    path = Path(folder) / name
    if not path.is_file():
        raise BadScenario(f"{path}: there is no such file in the published folder")
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BadScenario(f"{path}: cannot be read as JSON: {error}") from None


def _rows(table: pl.DataFrame, name: str, *columns: str) -> list[dict[str, Any]]:
    needed = [*columns, "budget_needed", "budget_prod", "max_pct_prod", "max_pct_pr"]
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise BadScenario(f"{name}: no column {', '.join(missing)}")
    return list(table.iter_rows(named=True))
