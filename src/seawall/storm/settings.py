"""Everything that can be set in a storm, by name; what a sweep file varies.

=============================  ================================================================
name                           meaning
=============================  ================================================================
``traders``, ``capital``,      as :func:`seawall.storm.run.run_storm` takes them; ``tick_s`` in
``guards``, ``preset``,        seconds, ``population`` a name or the path of a file
``population``, ``tick_s``
``crash.depth``, ...           arguments of the generated path, where the scenario is one:
                               ``crash``, ``jumps`` or ``brownian``
``facts.market_value``,        what is known of every market of the scenario, in dollars
``facts.daily_volume``,
``facts.preset``
``population.traders.follow``  a figure of the population
``guards.price-breaker.pause`` a setting of a guard; it puts the guard up where there is none
``<design>.<vault>``           share of the capital that goes to a vault; the others keep their
                               proportions
``<design>.<parameter>``       a parameter of the design, as its manual lists them
=============================  ================================================================

For guards and designs a number with a point is a rate (0.05 is 5 %), a whole number is in the
engine's unit (rates 1e-12, dollars 1e-6, times ms).
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import msgspec

from seawall import designs as registry
from seawall.engine.errors import BadParameters, SeawallError
from seawall.engine.fixed import SECOND
from seawall.engine.venue import Market
from seawall.storm import guarding
from seawall.storm.designs import preset_of
from seawall.storm.paths import brownian_path, crash_path, jump_path
from seawall.storm.population import Population, load_population, populations
from seawall.storm.run import CAPITAL, StormResult, check_run, run_storm
from seawall.storm.scenario import Scenario
from seawall.storm.units import to_dollars

PATHS: Mapping[str, Callable[..., Scenario]] = {
    "crash": crash_path,
    "jumps": jump_path,
    "brownian": brownian_path,
}
"""Generated scenarios by name."""

RUN = ("traders", "capital", "guards", "preset", "population", "tick_s")
"""What :func:`seawall.storm.run.run_storm` takes, but the seed and the designs."""

FACTS = ("market_value", "daily_volume", "preset")

Value = Any
"""A number, a text, a truth value or a list of these, as TOML has them."""

_DENOMINATOR = 10**12
_GIVEN = ("tiers", "oracle", "guards")
"""What a design's parameters hold that a storm sets by other names."""


@dataclass(frozen=True)
class Settings:
    """One storm's worth of settings: ``values`` by name, for one ``design`` and one ``seed``.

    ``scenario`` is the name of a generated path, or a scenario that is ready.
    """

    scenario: str | Scenario
    design: str
    seed: int
    values: Mapping[str, Value] = field(default_factory=dict)

    def prepare(self) -> "Prepared":
        """The storm with everything set. Raises :class:`SeawallError` for what cannot be."""
        groups = groups_of(self.scenario, self.values)
        found = registry.design(self.design)
        own = groups.get(self.design, {})
        run = groups[""]
        guards = guarding.with_settings(
            _text("guards", run.get("guards", "none")), _by_guard(groups.get("guards", {}))
        )
        guarding.guards_of(guarding.for_design(guards, found.guards))
        storm = scenario_of(self.scenario, groups, self.seed)
        tick = run.get("tick_s")
        prepared = Prepared(
            scenario=storm,
            design=changed(found, own),
            seed=self.seed,
            population=people_of(run.get("population"), groups.get("population", {}), storm),
            traders=_whole("traders", run.get("traders")),
            capital=_whole("capital", run.get("capital", CAPITAL)) or 0,
            guards=guards,
            preset=None if run.get("preset") is None else _text("preset", run["preset"]),
            tick=None if tick is None else round(_number("tick_s", tick) * int(SECOND)),
        )
        check_run(storm, self.seed, prepared.traders, prepared.capital, prepared.tick)
        for market in storm.markets:
            preset_of(storm, market, prepared.preset)
        prepared.design(storm.markets[0])
        return prepared


@dataclass(frozen=True)
class Prepared:
    """A storm that is ready to run."""

    scenario: Scenario
    design: registry.Design
    seed: int
    population: Population | None
    traders: int | None
    capital: int
    guards: str
    preset: str | None
    tick: int | None

    def run(self) -> StormResult:
        """The storm's result."""
        return run_storm(
            self.scenario,
            [self.design],
            self.population,
            self.seed,
            traders=self.traders,
            capital=self.capital,
            guards=[self.guards],
            preset=self.preset,
            tick=self.tick,
        )


def changed(design: registry.Design, changes: Mapping[str, Value]) -> registry.Design:
    """A design with other shares of capital or other parameters, by their names.

    Raises :class:`BadParameters` for a name, a share or a value that cannot be.

    Example::

        run_storm("jelly", [changed(DESIGNS["layered"], {"junior": 0.5, "order_delay": 5000})])
    """
    known = design_settings(design)
    shares = {name: value for name, value in changes.items() if name in design.capital}
    parameters: dict[str, Value] = {}
    for name, value in changes.items():
        if name in shares:
            continue
        if name not in known:
            raise unknown(f"{design.name}.{name}", (f"{design.name}.{one}" for one in known))
        parameters[name] = _like(f"{design.name}.{name}", known[name], value)
    if shares:
        design = replace(design, capital=_shared(design, shares))
    if not parameters:
        return design
    build = design.build

    def build_changed(market: str, listing: registry.Listing) -> Market:
        try:
            made = build(market, replace(listing, changes={**listing.changes, **parameters}))
        except (TypeError, OverflowError) as error:
            raise BadParameters(f"{design.name}: {error}") from None
        for name, value in parameters.items():
            if getattr(getattr(made, "params", None), name) != value:
                raise BadParameters(f"{design.name}.{name}: this design does not take it")
        return made

    return replace(design, build=build_changed)


def design_settings(design: registry.Design) -> dict[str, Value]:
    """Shares of capital and plain parameters of a design by name, each as it stands by itself."""
    whole = sum(design.capital.values())
    found: dict[str, Value] = {name: part / whole for name, part in design.capital.items()}
    params = getattr(design("probe"), "params", None)
    if params is None:
        return found
    for name in inspect.signature(type(params)).parameters:
        value = getattr(params, name, None)
        plain = isinstance(value, (bool, int, str)) or (
            isinstance(value, list) and all(isinstance(one, int) for one in value)
        )
        if plain and name not in _GIVEN:
            found[name] = value
    return found


def known_settings(scenario: str | Scenario) -> dict[str, list[str]]:
    """Every name that can be set, by what stands before its point; "" for those without one."""
    found: dict[str, list[str]] = {"": list(RUN)}
    if isinstance(scenario, str):
        arguments = inspect.signature(PATHS[scenario]).parameters
        found[scenario] = [name for name in arguments if name != "seed"]
    found["facts"] = list(FACTS)
    found["guards"] = [
        f"{guard}.{one}" for guard, names in guarding.settings().items() for one in names
    ]
    people = msgspec.to_builtins(load_population(populations()[0]))
    found["population"] = [
        f"{part}.{one}"
        for part, figures in people.items()
        if isinstance(figures, dict)
        for one in figures
    ]
    for name, design in registry.DESIGNS.items():
        found[name] = list(design_settings(design))
    return found


def check_names(scenario: str | Scenario, names: Iterable[str]) -> None:
    """Raise :class:`BadParameters` for a name that nothing is set by, with those that there are."""
    known = known_settings(scenario)
    for name in names:
        group, point, rest = name.partition(".")
        if not point:
            if name not in known[""]:
                groups = [f"{one}. ..." for one in known if one]
                raise unknown(name, [*known[""], *groups])
        elif group not in known or rest not in known[group]:
            if group in known:
                raise unknown(name, (f"{group}.{one}" for one in known[group]))
            raise unknown(name, [*known[""], *(f"{one}. ..." for one in known if one)])


def unknown(name: str, known: Iterable[str]) -> SeawallError:
    """The refusal of a name, with those that are known."""
    return BadParameters(f"no parameter {name!r}; there are {', '.join(known)}")


def owner(name: str) -> str | None:
    """The design that a name belongs to, None where it concerns them all."""
    group = name.partition(".")[0]
    return group if "." in name and group in registry.DESIGNS else None


def groups_of(scenario: str | Scenario, values: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """``values`` by what stands before the point of their names; "" for those without one."""
    check_names(scenario, values)
    groups: dict[str, dict[str, Value]] = {"": {}}
    for name, value in values.items():
        group, point, rest = name.partition(".")
        groups.setdefault(group if point else "", {})[rest if point else name] = value
    return groups


def scenario_of(
    scenario: str | Scenario, groups: Mapping[str, Mapping[str, Value]], seed: int
) -> Scenario:
    """The scenario with what is known of its markets; a path is generated from its name."""
    if isinstance(scenario, Scenario):
        storm = scenario
    else:
        arguments = dict(groups.get(scenario, {}))
        try:
            storm = PATHS[scenario](**arguments, seed=seed)
        except (TypeError, ValueError) as error:
            raise BadParameters(f"{scenario}: {error}") from None
    facts = groups.get("facts", {})
    if not facts:
        return storm
    amounts = {name: _fact(name, value) for name, value in facts.items()}
    known = {
        market: msgspec.structs.replace(fact, **amounts) for market, fact in storm.facts.items()
    }
    return replace(storm, facts=known)


def _fact(name: str, value: Value) -> Value:
    try:
        return value if name == "preset" else to_dollars(value)
    except SeawallError as error:
        raise BadParameters(f"facts.{name}: {error}") from None


def _by_guard(values: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    found: dict[str, dict[str, Value]] = {}
    for name, value in values.items():
        guard, _, rest = name.partition(".")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise BadParameters(f"guards.{name} {value!r}: must be a number")
        plain = format(Decimal(str(value)), "f") if isinstance(value, float) else value
        found.setdefault(guard, {})[rest] = plain
    return found


def people_of(name: Value, figures: Mapping[str, Value], storm: Scenario) -> Population | None:
    """The population of that name with ``figures`` changed; None where nothing is asked for."""
    if name is None and not figures:
        return None
    default = storm.name if storm.name in populations() else "crowd"
    people = load_population(default if name is None else _text("population", name))
    table = msgspec.to_builtins(people)
    for path, value in figures.items():
        part, _, one = path.partition(".")
        table[part][one] = value
    try:
        return msgspec.convert(table, Population)
    except msgspec.ValidationError as error:
        raise BadParameters(f"population: {error}") from None


def _shared(design: registry.Design, shares: Mapping[str, Value]) -> dict[str, int]:
    """The parts of the capital: the shares given, and the rest in the proportions it had."""
    for name, value in shares.items():
        if not 0 < _number(f"{design.name}.{name}", value) <= 1:
            raise BadParameters(
                f"{design.name}.{name} {value}: a share of the capital, above 0 and at most 1"
            )
    others = {name: part for name, part in design.capital.items() if name not in shares}
    left = _DENOMINATOR - sum(round(value * _DENOMINATOR) for value in shares.values())
    if left < 0 or (left > 0) != bool(others):
        raise BadParameters(
            f"{design.name}: shares of {', '.join(shares)} come to "
            f"{1 - left / _DENOMINATOR:g}; all vaults together must come to 1"
        )
    rest = sum(others.values())
    return {
        name: round(shares[name] * _DENOMINATOR)
        if name in shares
        else left * design.capital[name] // rest
        for name in design.capital
    }


def _like(name: str, example: Value, value: Value) -> Value:
    """``value`` in the kind of ``example``, a rate in the engine's units."""
    if isinstance(example, (bool, str)):
        if type(value) is not type(example):
            kind = "true or false" if isinstance(example, bool) else "text"
            raise BadParameters(f"{name} {value!r}: must be {kind}")
        return value
    if isinstance(example, list):
        if not isinstance(value, list):
            raise BadParameters(f"{name} {value!r}: must be a list of numbers")
        return [_like(name, 0, one) for one in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadParameters(f"{name} {value!r}: must be a number")
    return guarding.as_units(value)


def _number(name: str, value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadParameters(f"{name} {value!r}: must be a number")
    return value


def _whole(name: str, value: Value) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadParameters(f"{name} {value!r}: must be a whole number")
    return value


def _text(name: str, value: Value) -> str:
    if not isinstance(value, str):
        raise BadParameters(f"{name} {value!r}: must be text")
    return value
