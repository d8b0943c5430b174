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
``<design>.<parameter>``       a parameter of the design, as its manual lists them; one of a group
                               of them as ``gm.longs.max_interest``
=============================  ================================================================

For guards and designs a number with a point is a rate (0.05 is 5 %), a whole number is in the
engine's unit (rates 1e-12, dollars 1e-6, times ms).
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import msgspec

from seawall import designs as registry
from seawall.engine.errors import BadParameters, SeawallError
from seawall.engine.fixed import SECOND
from seawall.storm import guarding
from seawall.storm.designs import preset_of
from seawall.storm.parameters import Value, changed, design_settings, number, unknown
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
            tick=None if tick is None else round(number("tick_s", tick) * int(SECOND)),
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
    wanted = list(names)
    known = known_settings(scenario) if wanted else {}
    for name in wanted:
        group, point, rest = name.partition(".")
        if not point:
            if name not in known[""]:
                groups = [f"{one}. ..." for one in known if one]
                raise unknown(name, [*known[""], *groups])
        elif group not in known or rest not in known[group]:
            if group in known:
                raise unknown(name, (f"{group}.{one}" for one in known[group]))
            raise unknown(name, [*known[""], *(f"{one}. ..." for one in known if one)])


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
