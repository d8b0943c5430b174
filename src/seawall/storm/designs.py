"""How a design is set up for a storm: its markets' terms, its guards, its capital.

Leverage goes by a preset, named by the scenario's facts or by the market's name:

=======  ==========================  =====================================================
preset   leverage, maintenance       for
=======  ==========================  =====================================================
major    50x 1 % to 1 M, 25x 2 %     markets that trade billions a day
         to 5 M, 10x 5 % to 20 M,
         then 5x 10 %
alt      20x 2.5 % to 250 k, 10x     tokens that have lost half of their value in an hour:
         5 % to 1 M, 5x 10 % to      a position at 20x has 2.5 % between its liquidation
         5 M, then 3x 16.7 %         and its end, where a major at 50x has 1 %
micro    3x 16.7 % to 1 M, then      tokens worth tens of millions, as order books list them
         2x 25 %                     today (3x)
flat     20x 2.5 % at any size       a listing without regard to its size, as the liquidator
                                     vault's screenshot shows JELLY (cross 20x)
=======  ==========================  =====================================================

Maintenance is half of the initial requirement throughout, as in Hyperliquid's documentation
("Margining"). Every design gets the same terms, the same guards, the same oracle and the same
capital; only how the capital is split is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seawall import designs
from seawall.engine import guards as guarding
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DAY, DOLLAR, MAX_DOLLARS, MINUTE
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Quorum
from seawall.engine.venue import Market
from seawall.storm.guarding import guards_of, names_of
from seawall.storm.scenario import Scenario

_MILLION = 1_000_000 * int(DOLLAR)
_PERCENT = 10_000_000_000
_REST = int(MAX_DOLLARS)

PRESETS: dict[str, list[tuple[int, int, int]]] = {
    "major": [
        (1 * _MILLION, 50, 1 * _PERCENT),
        (5 * _MILLION, 25, 2 * _PERCENT),
        (20 * _MILLION, 10, 5 * _PERCENT),
        (_REST, 5, 10 * _PERCENT),
    ],
    "alt": [
        (_MILLION // 4, 20, 5 * _PERCENT // 2),
        (1 * _MILLION, 10, 5 * _PERCENT),
        (5 * _MILLION, 5, 10 * _PERCENT),
        (_REST, 3, 50 * _PERCENT // 3),
    ],
    "micro": [
        (1 * _MILLION, 3, 50 * _PERCENT // 3),
        (_REST, 2, 25 * _PERCENT),
    ],
    "flat": [(_REST, 20, 5 * _PERCENT // 2)],
}
"""Rows of limit (1e-6 dollar), leverage, maintenance rate (1e-12)."""

MAJORS = ("BTC", "ETH")
"""Markets that are majors where the scenario does not say; every other one is an alt."""


@dataclass(frozen=True)
class Terms:
    """What a person who reads a market's rules knows: how much leverage it gives."""

    preset: str
    tiers: Tiers
    guards: guarding.Guards
    facts: guarding.MarketFacts

    def leverage(self, dollars: int) -> float:
        """The highest leverage of a position of ``dollars`` (1e-6)."""
        allowed = dollars / max(1, int(self.tiers.initial(dollars)))
        return min(allowed, float(self.guards.max_leverage(self.facts)))


def preset_of(scenario: Scenario, market: str, wanted: str | None = None) -> str:
    """The preset of a market: ``wanted``, else what the scenario says, else by its name.

    Raises :class:`BadParameters` for a preset that is not there.
    """
    chosen = wanted or scenario.facts[market].preset or ("major" if market in MAJORS else "alt")
    if chosen not in PRESETS:
        raise BadParameters(f"preset {chosen!r}: must be one of {', '.join(PRESETS)}")
    return chosen


def terms_of(
    scenario: Scenario, market: str, guards: str = "none", preset: str | None = None
) -> Terms:
    """A market's terms with the guards named ``guards``.

    A quorum never asks for more sources than report.
    """
    known = scenario.facts[market]
    chosen = preset_of(scenario, market, preset)
    made = guards_of(guards)
    if made.quorum is not None:
        made.quorum = Quorum(min(int(made.quorum.sources), len(_sources(scenario, market))))
    return Terms(
        chosen,
        Tiers([Tier(*row) for row in PRESETS[chosen]], False),
        made,
        guarding.MarketFacts(market_value=known.market_value or 0, volume=known.daily_volume or 0),
    )


def oracle_of(scenario: Scenario, tick: int) -> OracleParams:
    """The oracle of a market before any guard: a plain weighted median.

    A source may be silent for the scenario's cadence.
    """
    age = min(int(DAY), max(int(MINUTE), scenario.cadence + tick))
    return OracleParams(outlier=0, quorum=1, max_age=age)


def idle_guards(
    design: designs.Design, scenario: Scenario, market: str, text: str
) -> dict[str, str]:
    """Which of the guards of a text can do nothing in this market of the design, and why."""
    found = dict(design.idle)
    if len(_sources(scenario, market)) == 1:
        alone = "one source reports, there is nothing to compare it with"
        found |= dict.fromkeys(("venue-weights", "outlier-rejection", "quorum"), alone)
    if not scenario.facts[market].market_value:
        unknown = "the market value is not known"
        found |= dict.fromkeys(("open-interest-cap", "position-cap", "adaptive-leverage"), unknown)
    return {name: found[name] for name in names_of(text) if name in found}


def idle_notes(design: str, market: str, idle: Mapping[str, str]) -> list[str]:
    """The same in sentences, one for each reason."""
    reasons: dict[str, list[str]] = {}
    for name, why in idle.items():
        reasons.setdefault(why, []).append(name)
    return [
        f"{', '.join(names)}: of no use in {design} {market}; {why}"
        for why, names in reasons.items()
    ]


def _sources(scenario: Scenario, market: str) -> list[str]:
    """Who reports a price of the market."""
    return [name for name in scenario.sources if len(scenario.series(market, name)[0])]


def build(
    design: designs.Design,
    scenario: Scenario,
    market: str,
    tick: int,
    terms: Terms,
    capital: int | None = None,
    changes: Mapping[str, Any] | None = None,
    beside: Market | None = None,
) -> Market:
    """One market of ``design`` on these terms, behind which ``capital`` (1e-6) will stand.

    ``changes`` are parameters of its own, ``beside`` the market whose capital it shares.
    """
    listing = designs.Listing(
        tiers=terms.tiers,
        oracle=oracle_of(scenario, tick),
        guards=terms.guards,
        facts=terms.facts,
        capital=capital,
        changes={} if changes is None else changes,
        era=scenario.facts[market].era,
        beside=beside,
    )
    return design(market, listing)


def split(design: designs.Design, capital: int) -> dict[str, int]:
    """``capital`` (1e-6 dollar) by vault; the last vault gets what rounding leaves."""
    parts = design.capital
    whole = sum(parts.values())
    amounts = {vault: capital * part // whole for vault, part in parts.items()}
    if amounts:
        last = list(amounts)[-1]
        amounts[last] += capital - sum(amounts.values())
    return amounts


def parameters(market: Market) -> dict[str, Any]:
    """Every parameter of a market in the engine's units, by name."""
    found = _plain(getattr(market, "params", None))
    return found if isinstance(found, dict) else {}


def _plain(thing: object) -> object:
    if thing is None or isinstance(thing, (bool, int, str)):
        return thing
    if isinstance(thing, Sequence):
        return [_plain(item) for item in thing]
    if isinstance(thing, dict):
        return {str(key): _plain(value) for key, value in sorted(thing.items())}
    names = getattr(type(thing), "__mypyc_attrs__", None) or vars(thing)
    return {name: _plain(getattr(thing, name)) for name in sorted(names) if name[0] != "_"}
