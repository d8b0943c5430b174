"""The tables of a result, as they stand in its JSON document.

All amounts are exact integers in the engine's units (dollars in 1e-6, prices in 1e-10, rates and
shares in 1e-12, times in ms) until they are displayed.
"""

from typing import Any

import msgspec

from seawall.storm.population import Population


class Record(msgspec.Struct, kw_only=True):
    """A table of a result."""


class Rung(Record):
    """What one rung of the liquidation ladder did.

    ``shortfall`` is what margins did not cover, ``discount`` what the prices were off the mark
    against the owners (below zero: better for them than the mark). ``largest`` is the largest
    position closed at once (signed, 1e-8 token), ``largest_price`` what it was closed at.
    """

    rung: str
    count: int = 0
    accounts: int = 0
    dollars: int = 0
    discount: int = 0
    shortfall: int = 0
    largest: int = 0
    largest_price: int = 0


class Layer(Record):
    """A vault: ``worst`` is its largest loss at any tick (``worst_time``), ``end`` its gain.

    Both against what its owners put in less what they took out, the market's own token counted at
    its mark; ``least`` is the least it held.
    """

    vault: str
    put_in: int = 0
    worst: int = 0
    worst_time: int = 0
    least: int = 0
    end: int = 0
    exits_asked: int = 0
    exits_paid: int = 0


class Return(Record):
    """Where a vault's ``gain`` came from: ``assets + fees + carry + traders - kept``, exactly.

    ``assets`` is what the market's own token in the vault did, tick by tick; ``fees`` what it got
    of the charges for trading, ``carry`` of funding and borrowing, ``traders`` everything else:
    what traders and liquidations lost to it, or won. ``kept`` is what the tokens that were brought
    would have done in their owners' hands: a gain is counted against that. Its owners brought
    ``dollars`` and ``tokens`` (1e-8); what coming in cost them is taken off the fees. Vaults of a
    recorded pool hold several tokens and back several markets: they are not split.
    """

    vault: str
    dollars: int
    tokens: int
    assets: int
    fees: int
    carry: int
    traders: int
    kept: int
    gain: int


class Insurance(Record):
    """Insurance: what it advanced, what came back, the least and the last it held.

    ``apart`` where it is a pot of its own; elsewhere it is one of the vaults that advances.
    """

    apart: bool = False
    drawn: int = 0
    repaid: int = 0
    least: int = 0
    end: int = 0


class Probe(Record):
    """Trades of ``dollars`` (whole dollars) asked for at every tick, on both sides.

    Number of ticks at which both could be had within 1 % and 5 % of the mark, all charges
    included, and at which either was refused. ``worst`` is the farthest all-in price from the
    mark. The venue's caps are not asked: what they refuse stands in the orders.
    """

    dollars: int
    within_1: int = 0
    within_5: int = 0
    refused: int = 0
    worst: int = 0


class Deleveraging(Record):
    """Winners cut: ``taken`` is profit lost against the mark, ``withheld`` what was not paid."""

    count: int = 0
    accounts: int = 0
    dollars: int = 0
    profit: int = 0
    taken: int = 0
    withheld: int = 0


class Charges(Record):
    """What trading and holding cost: ``funding`` is net to the vaults, ``accrued`` by traders."""

    fees: int = 0
    spread: int = 0
    impact: int = 0
    penalties: int = 0
    accrued: int = 0
    funding: int = 0
    utilisation: int = 0
    funding_rate_most: int = 0
    funding_rate_least: int = 0


class Income(Record):
    """Where the income of the minutes went; ``arrears`` is coupon still owed to senior."""

    total: int = 0
    to_insurance: int = 0
    to_treasury: int = 0
    to_senior: int = 0
    to_junior: int = 0
    arrears_most: int = 0
    arrears_end: int = 0


class Interest(Record):
    """Open interest and skew (long less short) at the mark."""

    long_most: int = 0
    short_most: int = 0
    long_end: int = 0
    short_end: int = 0
    skew_most: int = 0
    skew_least: int = 0
    skew_mean: int = 0


class Halts(Record):
    """Breakers: how often which one tripped, ticks at which no order was taken, and the bad debt
    of the first tick after a halt.
    """

    count: dict[str, int] = {}
    ticks: int = 0
    shortfall_after: int = 0


class Auctions(Record):
    """Auctions opened and how they ended; ``dollars`` taken over, ``discount`` from the mark."""

    opened: int = 0
    sold: int = 0
    called_off: int = 0
    unsold: int = 0
    slices: int = 0
    dollars: int = 0
    discount: int = 0


class ClassOrders(Record):
    """One class's orders; ``asked`` and ``opened`` are dollars of positions."""

    placed: int
    filled: int
    asked: int
    opened: int
    refused: dict[str, int]
    cancelled: dict[str, int]


class Prices(Record):
    """The mark: first, lowest, highest, last."""

    first: int = 0
    low: int = 0
    high: int = 0
    last: int = 0


class Anchor(Record):
    """What holds the mark to the published price, and what it costs.

    ``off`` is the distance of the mark from that price, in 1e-12 of it, over all ticks. The rest
    is the arbitrageur's: dollars ``traded``, the largest position ``held``, the ``charges`` it
    paid (fees, spread, impact, penalties) and the ``funding`` (below zero: received). What it made
    by this together with its hedge is what the others paid for the anchor.
    """

    off_mean: int = 0
    off_most: int = 0
    traded: int = 0
    held_most: int = 0
    charges: int = 0
    funding: int = 0


class Dials(Record):
    """What a design shows of itself, by name (1e-6 dollar) at each of ``times`` (ms), and last."""

    times: list[int] = []
    series: dict[str, list[int]] = {}


class Departure(Record):
    """If everybody left at the end, in this order: dollars left unpaid by class, and accounts."""

    order: str
    unpaid: dict[str, int]
    accounts: int


class Inherited(Record):
    """The largest position of one of the market's own accounts, by its role.

    ``size`` is signed (1e-8 token), ``entry`` its price; ``worst`` is the largest unrealised loss
    at any tick and ``worst_mark`` the mark at it.
    """

    role: str
    size: int = 0
    entry: int = 0
    time: int = 0
    worst: int = 0
    worst_mark: int = 0


class Takeover(Record):
    """A position of ``size`` (signed, 1e-8 token) that ``rung`` closed at ``price``, its result."""

    rung: str
    size: int
    price: int
    result: int


class AtMark(Record):
    """The first tick at which the mark had come to ``price``, for which losses were published.

    ``vaults`` is what each had gained by then, ``results`` what the positions of the market's own
    accounts stood at, unrealised. ``takeover`` is the largest position that the ladder had closed
    at once by the first of the marks: its size (signed, 1e-8 token), price, rung, and what it
    stands at here for whoever took it over.
    """

    price: int
    mark: int
    time: int
    vaults: dict[str, int]
    results: dict[str, int]
    takeover: Takeover | None


class Row(Record):
    """One market of one design under one set of guards.

    ``gains`` by class add up to zero. ``hedges`` is what balancers, bidders and arbitrageur made
    elsewhere with the opposite positions, at the published price and without costs: no part of
    the sum. ``dials`` and ``departures`` are empty for a design that has nothing to say there.
    ``under_water`` is what positions that are still open owe beyond their margin, ``withheld`` the
    profit that winners were not paid, ``cover`` what stands before the last vault of the loss
    order.
    """

    design: str
    guards: str
    market: str
    preset: str
    ticks: int
    prices: Prices
    gains: dict[str, int]
    hedges: dict[str, int]
    under_water: int
    bad_debt: int
    liquidations: list[Rung]
    deleveraging: Deleveraging
    withheld: int
    layers: list[Layer]
    returns: list[Return]
    insurance: Insurance
    cover_least: int
    cover_end: int
    probes: list[Probe]
    charges: Charges
    income: Income
    interest: Interest
    auctions: Auctions
    halts: Halts
    anchor: Anchor
    dials: Dials
    departures: list[Departure]
    inherited: list[Inherited]
    at_marks: list[AtMark]
    orders: dict[str, ClassOrders]


class Source(Record):
    """The scenario of a result: everything but its prices."""

    name: str
    description: str
    markets: list[str]
    sources: list[str]
    start: str
    end: str
    reports: int
    provenance: list[str]


class Beginning(Record):
    """The recorded pool that ``markets`` began with: the name of its file, and its time."""

    file: str
    time: str
    markets: list[str]


class Configuration(Record):
    """All that a result follows from; ``capital`` in 1e-6 dollar a market, ``tick`` in ms."""

    scenario: Source
    population: Population
    seed: int
    traders: int
    capital: int
    tick: int
    designs: list[str]
    guards: list[str]
    presets: dict[str, str]
    state: Beginning | None = None


class Run(Record):
    """One venue: its design and guards, every parameter of its markets, and proof of the books.

    ``conservation`` is the sum of all gains and is 0. ``digest`` is that of the venue's last
    state: the same on every machine, compiled or interpreted. ``idle`` says which guards can do
    nothing here.
    """

    design: str
    guards: str
    conservation: int
    deposits: int
    digest: str
    parameters: dict[str, dict[str, Any]]
    idle: list[str] = []


class Result(Record):
    """A storm's measures, a row per design, guards and market, and what they follow from."""

    seawall: str
    configuration: Configuration
    runs: list[Run]
    rows: list[Row]
