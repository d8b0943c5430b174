"""What a comparison finds, as it stands in its JSON document.

As everywhere amounts are exact integers in the engine's units (dollars in 1e-6, prices in 1e-10,
rates in 1e-12, times in ms) until they are displayed.
"""

from seawall.storm.result import Record, Result


class Cost(Record):
    """What a market order of ``dollars`` (whole) costs on one ``side``, in 1e-12 of its value.

    ``calm`` and ``worst`` leave the trade fee out: how far the fill is from the published price,
    with spread and impact, below zero where it is better. ``calm_all`` and ``worst_all`` hold the
    fee too. Calm is the median of the calm ticks, worst the most at any tick of the storm
    (``worst_time``); None where it could not be had at any of them. ``calm_refused`` and
    ``storm_refused`` count ticks at which it could not be had, ``refusals`` why, in both;
    ``storm_within`` those of the storm at which it cost 1 % at most, the fee included.
    """

    dollars: int
    side: str
    calm: int | None
    calm_all: int | None
    worst: int | None
    worst_all: int | None
    worst_time: int
    calm_refused: int
    storm_refused: int
    storm_within: int
    refusals: dict[str, int]


class Room(Record):
    """The largest further order of one ``side`` that is quoted, in whole dollars.

    ``calm`` is the median of a look a minute, ``tightest`` the least at any tick of the
    storm (``tightest_time``); one dollar more is refused with ``calm_code`` and ``tightest_code``
    (``halted`` where no order was taken at all). None where there was no such tick.
    """

    side: str
    calm: int | None
    calm_code: str
    tightest: int | None
    tightest_code: str
    tightest_time: int


class Leverage(Record):
    """The most leverage of a long of ``dollars`` (whole), in tenths.

    ``terms`` is what the market's tiers and guards allow; ``tried`` what was filled when an
    account brought that much and nothing more, None where nothing was; ``code`` is what refused a
    tenth more.
    """

    dollars: int
    terms: int
    tried: int | None
    code: str


class Carry(Record):
    """What positions of a ``side`` were charged for being held: ``paid`` (1e-6, below zero: got).

    Positions that nobody touched from one look to the next, a quarter of an hour later, over
    ``held`` (their value in 1e-6 dollar times days, rounded down): what longs or shorts paid per
    dollar and day is ``paid / held``.
    """

    side: str
    paid: int
    held: int


class Waits(Record):
    """From liquidatable to safe, for every account that the ladder acted on.

    Liquidatable is an account whose liquidation price the mark has passed, by the market's own
    views at the end of a tick. ``at_once`` are those for whom the ladder had done its work in the
    same tick; of all of them ``median`` and ``longest`` (ms), ``open`` those who still wait in
    the end, ``crowd`` the most who waited at the same time. ``escaped`` came out by themselves.
    ``discount`` is what the ladder's prices were off the published price, against the owners, in
    1e-6 dollar, on ``dollars`` closed.
    """

    count: int
    at_once: int
    median: int
    longest: int
    open: int
    crowd: int
    escaped: int
    dollars: int
    discount: int


class Exits(Record):
    """Owners of a ``vault`` on their way out: shares asked to be redeemed and not yet priced.

    ``ticks`` at which there were any, ``longest`` without a break (ms); the ``most`` they were
    worth and what they are at the ``end`` (1e-6), 0 where the vault has nothing left.
    ``free_least`` is the least that the vault let out at once in the storm.
    """

    vault: str
    ticks: int
    longest: int
    most: int
    end: int
    free_least: int | None


class Answer(Record):
    """One market of one design under one set of guards: everything that the tables show.

    ``calm_ticks`` end where the published price is first :data:`CALM` off its first, at
    ``storm_time`` (0 where it never is); from there ``storm_ticks``. ``rests`` says whether other
    people's orders are the other side, ``losses`` names the loss order, ``summary`` says what the
    design is. ``cap`` is the guards' cap on a side's open interest (None without one).
    """

    design: str
    guards: str
    market: str
    summary: str
    rests: bool
    losses: list[str]
    calm_ticks: int
    storm_ticks: int
    storm_time: int
    costs: list[Cost]
    rooms: list[Room]
    leverage: list[Leverage]
    carry: list[Carry]
    waits: Waits
    exits: list[Exits]
    cap: int | None


class Compared(Result):
    """A storm's measures, and the answers beside its rows: the same order, one for each row."""

    answers: list[Answer]
