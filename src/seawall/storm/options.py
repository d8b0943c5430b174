"""What the commands that run a storm take: each option once, with what ``--help`` says of it."""

from typing import Annotated

from cyclopts import Parameter

from seawall.storm.candles import Gaps

ScenarioName = Annotated[
    str | None,
    Parameter(
        help="A published event or a generated path; `seawall scenarios` lists them. "
        "Or a .toml file."
    ),
]
CandleFiles = Annotated[
    list[str] | None,
    Parameter(
        help="Candle file, CSV or Parquet, as PATH or SOURCE=PATH; may be repeated.", negative=""
    ),
]
Symbols = Annotated[
    str | None, Parameter(help="Markets to take from the candle files, as BTC,ETH.")
]
Start = Annotated[str | None, Parameter(help="Begin here, as 2025-10-10T12:00 (UTC).")]
Hours = Annotated[float | None, Parameter(help="End so many hours after the start.")]
MissingBars = Annotated[
    Gaps, Parameter(help="`hold` takes candle files with missing bars: the source is silent.")
]
DesignNames = Annotated[
    list[str] | None,
    Parameter(help="Design, or `all` (the default); may be repeated.", negative=""),
]
GuardSets = Annotated[
    list[str] | None,
    Parameter(
        help="`none`, `defaults`, `hybrid`, `each` or a guard's name; may be repeated.", negative=""
    ),
]
Preset = Annotated[
    str | None,
    Parameter(help="Leverage for all markets: major, alt or micro. Default: by market."),
]
PopulationName = Annotated[
    str | None, Parameter(help="A shipped population or a .toml file of your own.")
]
Traders = Annotated[int | None, Parameter(help="Number of traders in all markets.")]
Capital = Annotated[int, Parameter(help="Dollars of vault capital behind each market.")]
Seed = Annotated[int, Parameter(help="The same seed gives the same storm.")]
TickSeconds = Annotated[float | None, Parameter(help="Seconds from one look to the next.")]
Changes = Annotated[
    list[str] | None,
    Parameter(
        name="--set",
        help="Change a setting by its name, as crash.depth=0.5 or layered.junior=0.4; "
        "may be repeated.",
        negative="",
    ),
]
AsJson = Annotated[bool, Parameter(name="--json", help="Print one JSON document.", negative="")]
