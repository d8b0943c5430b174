"""The tables of ``seawall guards``: one for each design, a row for each set of guards."""

from collections.abc import Iterable, Sequence

from rich.console import RenderableType

from seawall.storm.designs import idle_notes
from seawall.storm.guard_lab import ATTACKER, Trial
from seawall.storm.printing import columns
from seawall.storm.table import money, share


def guard_tables(trials: Sequence[Trial]) -> list[RenderableType]:
    """A table for each design, and below it what is idle and why."""
    attacked = any(ATTACKER in trial.row.gains for trial in trials)
    parts: list[RenderableType] = []
    for design in dict.fromkeys(trial.design for trial in trials):
        of_design = [trial for trial in trials if trial.design == design]
        parts.append(_attack(design, of_design) if attacked else _calm(design, of_design))
        idle: dict[str, dict[str, str]] = {}
        for trial in of_design:
            idle.setdefault(trial.row.market, {}).update(trial.idle)
        told = [note for market, why in idle.items() for note in idle_notes(design, market, why)]
        parts.append("\n".join([*told, ""]))
    return parts


def _attack(design: str, trials: Iterable[Trial]) -> RenderableType:
    table = columns(
        design,
        "short\nopened",
        "attack\ngot",
        "inher-\nited",
        "its\nworst",
        "vaults\nat end",
        "honest",
        "halted",
        "lost in\nhalts",
    )
    for trial in trials:
        row = trial.row
        inherited, worst = trial.inherited
        table.add_row(
            _label(trial),
            money(trial.opened),
            money(row.gains.get(ATTACKER, 0), sign=True),
            money(inherited),
            money(-worst),
            money(trial.vaults, sign=True),
            money(trial.honest, sign=True),
            share(row.halts.ticks, row.ticks),
            money(-trial.locked_in),
        )
    return table


def _calm(design: str, trials: Iterable[Trial]) -> RenderableType:
    table = columns(
        design,
        "liqui-\ndated",
        "bad\ndebt",
        "vaults\nworst",
        "vaults\nat end",
        "arbi-\ntrage",
        "honest",
        "halted",
        "lost in\nhalts",
    )
    for trial in trials:
        row = trial.row
        closed = sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
        table.add_row(
            f"{row.market} {_label(trial)}",
            money(closed),
            money(row.bad_debt),
            money(-trial.deepest),
            money(trial.vaults, sign=True),
            money(row.gains.get("arbitrageur", 0), sign=True),
            money(trial.honest, sign=True),
            share(row.halts.ticks, row.ticks),
            money(-trial.locked_in),
        )
    return table


def _label(trial: Trial) -> str:
    return f"{trial.guards} (idle)" if trial.is_idle else trial.guards
