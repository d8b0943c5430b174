"""``seawall adl``: the deleveraging policies side by side on a file, or on the published waves."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import RenderableType

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DOLLAR, RATE
from seawall.storm import adl_waves
from seawall.storm.adl_files import Wave, read_waves
from seawall.storm.adl_lab import CAP, PROPERTIES, THRESHOLD, Outcome, judge, unreadable
from seawall.storm.printing import columns, percent, show
from seawall.storm.table import money
from seawall.storm.units import to_dollars

_DOLLAR, _RATE = int(DOLLAR), int(RATE)


def adl_command(
    path: Annotated[
        str,
        Parameter(help="CSV or Parquet file of accounts, or the folder of the published waves."),
    ],
    /,
    *,
    budget: Annotated[
        str | None,
        Parameter(help="Dollars needed of the winners of each wave. Default: the file's deficits."),
    ] = None,
    cap: Annotated[float, Parameter(help="Most of a profit that capped pro rata takes.")] = CAP
    / _RATE,
    threshold: Annotated[
        float, Parameter(help="Leverage above which the tail rule weighs.")
    ] = THRESHOLD / _RATE,
    by_wave: Annotated[
        bool, Parameter(help="A table for each wave, not one for all.", negative="")
    ] = False,
    as_json: Annotated[
        bool, Parameter(name="--json", help="Print one JSON document.", negative="")
    ] = False,
) -> None:
    """Run every deleveraging policy on winners and deficits; print who would have paid."""
    if not 0 < cap <= 1:
        raise BadParameters(f"--cap {cap:g}: must be above 0 and at most 1")
    if not 0 <= threshold <= 1_000_000:
        raise BadParameters(f"--threshold {threshold:g}: must be between 0 and 1000000")
    if adl_waves.is_published(path):
        if budget is not None:
            raise BadParameters("--budget: the published waves have budgets of their own")
        _published(path, as_json)
        return
    needed = None if budget is None else to_dollars(budget)
    waves = read_waves(path)
    outcomes = [judge(wave, needed, round(cap * _RATE), round(threshold * _RATE)) for wave in waves]
    if as_json:
        print(_json([outcome for wave in outcomes for outcome in wave]))
    else:
        show(file_parts(waves, outcomes, by_wave))


def file_parts(
    waves: Sequence[Wave], outcomes: Sequence[Sequence[Outcome]], by_wave: bool = False
) -> list[RenderableType]:
    """What ``seawall adl FILE`` prints: a heading, the table or tables, why properties broke."""
    winners = sum(len(wave.winners) for wave in waves)
    capacity = money(sum(wave.capacity for wave in waves))
    count = "1 wave" if len(waves) == 1 else f"{len(waves)} waves"
    needed = money(sum(found[0].budget for found in outcomes))
    parts: list[RenderableType] = [
        f"{count}, {winners:,} winners who can pay {capacity} dollars; needed: {needed}\n"
    ]
    if by_wave:
        for wave, found in zip(waves, outcomes, strict=True):
            parts += [f"wave {wave.name}", *_tables([[one] for one in found]), ""]
    else:
        names = dict.fromkeys(one.policy for found in outcomes for one in found)
        by_policy = [
            [one for found in outcomes for one in found if one.policy == name] for name in names
        ]
        parts += [*_tables(by_policy), ""]
    reasons = _reasons(outcomes)
    if reasons:
        parts += ["not kept:", *reasons]
    for name, needs in unreadable(waves).items():
        parts.append(f"{name}: not run, it reads {needs}")
    return parts


def _tables(policies: Sequence[Sequence[Outcome]]) -> list[RenderableType]:
    """A row per policy: sums over its waves and the worst of them; what held in every one."""
    figures = columns(
        "policy", "taken", "overshoot", "unpaid", "accounts", "worst account", "pays", "dollars",
        "top keeps", left=("worst account",),
    )  # fmt: skip
    held = columns("property kept", *PROPERTIES)
    for found in policies:
        worst = max(found, key=lambda one: (one.worst_share, one.worst_taken))
        figures.add_row(
            found[0].policy,
            money(sum(one.taken for one in found)),
            money(sum(one.overshoot for one in found)),
            money(sum(one.unpaid for one in found)),
            f"{sum(one.accounts for one in found):,}",
            _short(worst.worst),
            percent(worst.worst_share / _RATE),
            money(worst.worst_taken),
            percent(min(one.top_keeps for one in found) / _RATE),
        )
        held.add_row(
            found[0].policy,
            *("yes" if all(name in one.kept for one in found) else "no" for name in PROPERTIES),
        )
    return [figures, "", held]


def _short(name: str) -> str:
    return name if len(name) <= 10 else f"{name[:8]}.."


def _reasons(outcomes: Sequence[Sequence[Outcome]]) -> list[str]:
    """For each policy and property the first wave in which it was not kept, and why."""
    first: dict[tuple[str, str], str] = {}
    for found in outcomes:
        for one in found:
            for name, reason in one.broken.items():
                first.setdefault((one.policy, name), reason)
    return [f"  {policy}, {name}: {reason}" for (policy, name), reason in first.items()]


def _json(outcomes: Sequence[Outcome]) -> str:
    rows = [
        {
            **{name: getattr(one, name) for name in Outcome.__dataclass_fields__},
            "overshoot": one.overshoot,
            "unpaid": one.unpaid,
            "kept": list(one.kept),
        }
        for one in outcomes
    ]
    return _document(rows)


def _document(rows: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()


def _published(folder: str, as_json: bool) -> None:
    found = adl_waves.levels(folder)
    sums = adl_waves.rule_sums(folder)
    totals = adl_waves.totals(folder)
    if as_json:
        rows = {
            "waves": [{**vars(level), "agrees": level.agrees} for level in found],
            "rules": [vars(one) for one in sums],
            "totals": [{**vars(total), "agrees": total.agrees} for total in totals],
            "not_here": [{"what": what, "why": why} for what, why in adl_waves.NOT_HERE],
        }
        print(_document(rows))
    else:
        show(published_parts(found, sums, totals))


def published_parts(
    found: Sequence[adl_waves.Level],
    sums: Sequence[adl_waves.RuleSum],
    totals: Sequence[adl_waves.Total],
) -> list[RenderableType]:
    """What ``seawall adl FOLDER`` prints: the waves, the rules' sums, the totals, the rest."""
    waves = columns(
        "wave", "time", "needed", "the venue\ntook", "overshoot", "winners'\ncapacity",
        "venue's\nlargest", "pro rata,\nhere", "pro rata,\npublished", left=("time",),
    )  # fmt: skip
    for level in found:
        waves.add_row(
            str(level.wave),
            level.time,
            money(level.needed),
            money(level.production),
            money(level.production - level.needed, sign=True),
            money(level.capacity),
            percent(level.production_worst / _RATE),
            percent(level.level / _RATE, 4),
            percent(level.published / _RATE, 4) + ("" if level.agrees else " *"),
        )
    rules = columns("rule, over all waves", "budget", "overshoot", "largest\nshare", "in wave")
    for one in sums:
        overshoot = round(one.overshoot, 2)
        rules.add_row(
            one.rule,
            money(round(one.budget * _DOLLAR)),
            money(round(overshoot * _DOLLAR), sign=True),
            percent(one.worst),
            str(one.worst_wave),
        )
    again = columns("total", "published", "computed again", "agrees")
    for total in totals:
        again.add_row(
            total.name, _number(total.published), _number(total.again),
            "yes" if total.agrees else "NO",
        )  # fmt: skip
    return [
        waves,
        "\n* shares of equity in the table, of profit here\n",
        rules,
        "",
        again,
        "\ncannot be computed from the published data:",
        *(f"  {what}: {why}" for what, why in adl_waves.NOT_HERE),
    ]


def _number(value: float) -> str:
    return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.6g}"
