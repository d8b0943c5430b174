"""A storm with settings changed by their names, as :mod:`seawall.storm.settings` lists them.

one = with_changes("crash", ["layered"], None, 1, {"crash.depth": 0.5, "layered.junior": 0.4})
run_storm(one.scenario, one.designs, one.population)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from seawall import designs as registry
from seawall.engine.errors import BadParameters
from seawall.storm.parameters import Value, changed
from seawall.storm.population import Population
from seawall.storm.scenario import Scenario
from seawall.storm.settings import groups_of, people_of, scenario_of


@dataclass(frozen=True)
class Changed:
    """A storm of several designs with settings changed by name, as a run takes it."""

    scenario: Scenario
    designs: list[registry.Design]
    population: Population | None


def with_changes(
    scenario: str | Scenario,
    designs: Sequence[str] | None,
    population: str | None,
    seed: int,
    values: Mapping[str, Value],
) -> Changed:
    """A storm, ``scenario`` a ready one or the name of a generated path, with ``values`` by name.

    Raises :class:`BadParameters` for a name that nothing is set by, with those that there are, and
    for what a storm says in other words: its guards, traders, capital, preset, population and tick.
    """
    every = not designs or "all" in designs
    chosen = {
        name: registry.design(name) for name in (registry.DESIGNS if every else designs or ())
    }
    groups = groups_of(scenario, values)
    if groups[""]:
        raise BadParameters(f"{next(iter(groups['']))}: this has an option of its own")
    if "guards" in groups:
        raise BadParameters(
            "settings of guards are written behind their names, as "
            "--guards 'open-interest-cap(value_share=0.05)'"
        )
    for group in groups:
        if group in registry.DESIGNS and group not in chosen:
            raise BadParameters(f"{group}. ...: the design {group} is not in this storm")
    storm = scenario_of(scenario, groups, seed)
    return Changed(
        storm,
        [changed(design, groups.get(name, {})) for name, design in chosen.items()],
        people_of(population, groups.get("population", {}), storm),
    )


def parse_changes(texts: Iterable[str] | None) -> dict[str, Value]:
    """Settings written as ``name=value``, the value a number, a list or a truth value, else text.

    Raises :class:`BadParameters` for what is no setting or is there twice.
    """
    found: dict[str, Value] = {}
    for text in texts or ():
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise BadParameters(f"{text!r} is not a setting; write it like crash.depth=0.5")
        if name in found:
            raise BadParameters(f"{name} is set twice")
        try:
            found[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            found[name] = value
    return found
