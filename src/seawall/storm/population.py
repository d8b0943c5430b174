"""Who trades in a storm: every figure of a population, as its file has it.

A population is a TOML file (:func:`load_population`; the package ships some in
``data/populations``, each figure with what it means). Shares, rates and price offsets are
fractions, amounts dollars, times as their names say.
"""

from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from seawall.engine.errors import BadParameters
from seawall.storm import toml
from seawall.storm.units import parse_time

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Spread = Annotated[float, msgspec.Meta(ge=0, le=5)]
Above = Annotated[float, msgspec.Meta(gt=0, le=1e12)]
Most = Annotated[float, msgspec.Meta(ge=1, le=100)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of a population file."""


class Traders(Part, frozen=True):
    """People who come, hold and go. See ``data/populations/crowd.toml`` for every field."""

    count: Count
    follow: Share
    fade: Share
    trend_minutes: Above
    trend_before: Annotated[float, msgspec.Meta(gt=-1, lt=1)]
    trend_threshold: Share
    long: Share
    opening_long: Share
    opening_minutes: Above
    idle_hours: Above
    hold_hours: Above
    hold_spread: Spread
    dollars: Above
    dollars_spread: Spread
    dollars_most: Above
    leverage: Most
    leverage_spread: Spread
    leverage_most: Most
    spare: Above
    spare_spread: Spread
    rush: Most
    tolerance: Share
    add_margin: Share
    add_near: Share
    add_part: Share
    stop: Share
    stop_loss: Share
    stop_loss_spread: Spread


class Balancers(Part, frozen=True):
    """People who are hedged elsewhere and take the side that is paid for."""

    count: Count
    capital: Share
    capital_spread: Spread
    leverage: Most
    hurdle: Above
    hurdle_spread: Spread
    stay: Share
    horizon_hours: Above
    clip: Share
    look_minutes: Positive


class Makers(Part, frozen=True):
    """People who quote both sides where limit orders rest, and step away when it blows."""

    count: Positive
    capital: Share
    capital_spread: Spread
    leverage: Most
    width: Above
    width_spread: Spread
    volatility: Above
    skew: Above
    levels: Annotated[int, msgspec.Meta(ge=1, le=20)]
    step: Above
    show: Share
    limit: Above
    limit_spread: Spread
    calm: Share
    memory_minutes: Above


class Providers(Part, frozen=True):
    """Owners of vault shares; some of them run."""

    count: Positive
    capital_spread: Spread
    run: Share
    drawdown: Above
    drawdown_spread: Spread


class Bidders(Part, frozen=True):
    """People who take positions over in auctions."""

    count: Count
    capital: Share
    capital_spread: Spread
    leverage: Most
    discount: Share
    discount_spread: Spread
    hold_minutes: Above


class Arbitrageur(Part, frozen=True):
    """Sees the true price one tick ahead and trades where the venue does not."""

    capital: Share
    leverage: Most
    edge: Above
    exit: Share


class Keeper(Part, frozen=True):
    """Who works off liquidations, fills and auctions."""

    actions_per_minute: Positive


class Step(Part, frozen=True):
    """One act of a scripted attacker, and who published it.

    ``open`` takes ``tokens`` (signed) on ``dollars`` of margin, with ``rests`` as an order that
    waits at the mark where orders can rest; ``close`` gives up ``tokens`` of the position or all
    of it, ``take-margin`` withdraws ``dollars`` as far as the venue allows.
    """

    time: datetime
    market: str
    account: str
    do: Literal["open", "close", "take-margin"]
    source: str
    tokens: float = 0.0
    dollars: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    rests: bool = False


class Population(Part, frozen=True):
    """A whole population file; ``until`` ends a storm early, ``attack`` is a script in time."""

    name: str
    description: str
    traders: Traders
    balancers: Balancers
    providers: Providers
    bidders: Bidders
    arbitrageur: Arbitrageur
    keeper: Keeper
    makers: Makers
    until: datetime | None = None
    attack: list[Step] = []


def populations() -> list[str]:
    """Names of the populations that the package ships, in alphabetical order.

    Example::

        assert "crowd" in populations()
    """
    folder = resources.files("seawall.storm") / "data" / "populations"
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def load_population(name: str | Path) -> Population:
    """A shipped population by its name, or one of your own by the path of its ``.toml`` file.

    Raises :class:`BadParameters` naming the field, its value and the rule.

    Example::

        load_population("crowd").traders.count
    """
    path = Path(name)
    if not str(name).endswith(".toml"):
        return _shipped(str(name))
    if not path.is_file():
        raise BadParameters(f"{path}: there is no such file")
    return _read(path.read_bytes(), path.stem)


@cache
def _shipped(name: str) -> Population:
    if name not in populations():
        raise BadParameters(
            f"no population {name!r}; there are {', '.join(populations())}, "
            "or give the path of a .toml file"
        )
    file = resources.files("seawall.storm") / "data" / "populations" / f"{name}.toml"
    return _read(file.read_bytes(), name)


def _read(text: bytes, name: str) -> Population:
    try:
        return toml.read(text, Population, name=name)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadParameters(f"population {name}: {error}") from None


def attack_at(step: Step) -> int:
    """When a step of an attack happens, ms since the epoch."""
    return parse_time(step.time)
