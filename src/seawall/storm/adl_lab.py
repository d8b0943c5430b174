"""The deleveraging lab: every policy on the same winners and the same deficit.

    for outcome in judge(read_waves("winners.csv")[0]):
        print(outcome.policy, outcome.taken, outcome.worst_share, outcome.broken)

Glossary (dollars in 1e-6, shares in 1e-12)::

    budget      what is needed
    taken       what the policy takes of all winners together
    overshoot   what is taken beyond the budget
    unpaid      what is needed and not taken
    worst       the winner who loses the largest share of the profit
    top keeps   the share of its profit that the largest winner keeps

Properties are checked on the file itself, not quoted: a property that holds for every file holds
for this one, and one that does not may still hold here by chance.

==========  =====================================================================================
property    kept when
==========  =====================================================================================
``exact``   taken is the budget, or all there is room for where that is less
``profit``  nobody pays more than the profit
``rank``    who had won more still has more
``split``   none of those looked at would pay less as two accounts of half the size
``scale``   twice the money makes twice the haircuts
``pain``    no other division of the budget has a smaller sum of (haircut squared / profit)
==========  =====================================================================================

All hold up to whole units. ``split`` looks at the largest winners and at those who pay most.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from seawall.engine import adl
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import RATE
from seawall.storm.adl_files import Account, Wave
from seawall.storm.table import money

CAP = 200_000_000_000
"""Cap of the capped rules where nothing else is said: a fifth of a profit, in 1e-12."""

THRESHOLD = 2_000_000_000_000
"""Leverage above which the tail rule weighs where nothing else is said: 2, in 1e-12."""

PROPERTIES = ("exact", "profit", "rank", "split", "scale", "pain")

_RATE = int(RATE)
_LOOKED_AT = 4

Score = Callable[[Account], int | None]


@dataclass(frozen=True)
class Rule:
    """A policy of the engine with what it ranks or weighs by; ``needs`` says what it reads.

    A rule that only ``ranks`` is given places for scores, which may then be of any size; ``whole``
    closes whom it reaches altogether, as a venue does that closes whole positions. ``cap`` (1e-12)
    is the most of a profit that the rule itself takes.
    """

    name: str
    policy: adl.Policy
    score: Score
    needs: str = ""
    ranks: bool = False
    whole: bool = False
    cap: int = _RATE

    def readable(self, wave: Wave) -> bool:
        """Whether the file tells what the rule reads, for every winner."""
        return all(self.score(winner) is not None for winner in wave.winners)

    def haircuts(self, winners: Sequence[Account], budget: int) -> list[int]:
        """What each winner pays (1e-6 dollar)."""
        scores = [self.score(winner) or 0 for winner in winners]
        if self.ranks:
            places = {score: place for place, score in enumerate(sorted(set(scores)))}
            scores = [places[score] for score in scores]
        listed = [
            adl.Winner(winner.profit, score, winner.cap)
            for winner, score in zip(winners, scores, strict=True)
        ]
        cuts = [int(cut) for cut in self.policy.haircuts(listed, budget)]
        if self.whole:
            return [winner.room if cut else 0 for winner, cut in zip(winners, cuts, strict=True)]
        return cuts


@dataclass(frozen=True)
class Outcome:
    """What one policy does to one wave; ``broken`` has a reason for each property not kept."""

    wave: str
    policy: str
    budget: int
    capacity: int
    taken: int
    accounts: int
    worst: str
    worst_taken: int
    worst_share: int
    top_keeps: int
    broken: dict[str, str]

    @property
    def overshoot(self) -> int:
        """Taken beyond the budget (1e-6 dollar)."""
        return max(0, self.taken - self.budget)

    @property
    def unpaid(self) -> int:
        """Needed and not taken (1e-6 dollar)."""
        return max(0, self.budget - self.taken)

    @property
    def kept(self) -> tuple[str, ...]:
        """The properties that hold here."""
        return tuple(name for name in PROPERTIES if name not in self.broken)


def rules(cap: int = CAP, threshold: int = THRESHOLD) -> list[Rule]:
    """Every policy of the engine; ``cap`` and ``threshold`` in 1e-12.

    Raises :class:`BadParameters` for a cap or a threshold out of bounds.

    Example::

        [rule.name for rule in rules()]
    """
    margin = "collateral, notional or leverage"
    position = "notional and size"
    return [
        Rule("queue", adl.Queue(), _profit_by_leverage, margin, ranks=True),
        Rule("queue, whole", adl.Queue(), _profit_by_leverage, margin, ranks=True, whole=True),
        Rule("queue by rank", adl.Queue(), _rank, position, ranks=True),
        Rule("queue by price", adl.Queue(), _price_rank, position, ranks=True),
        Rule("pro rata", adl.ProRata(), _nothing),
        Rule("capped pro rata", adl.CappedProRata(cap), _nothing, cap=cap),
        Rule("risk, linear", adl.RiskAware(1, 0, _RATE), _leverage, margin),
        Rule("risk, square", adl.RiskAware(2, 0, _RATE), _leverage, margin),
        Rule("risk, tail", adl.RiskAware(1, threshold, _RATE), _leverage, margin),
        Rule("contracts pro rata", adl.ContractsProRata(_RATE), _size, "size"),
    ]


def judge(
    wave: Wave, budget: int | None = None, cap: int = CAP, threshold: int = THRESHOLD
) -> list[Outcome]:
    """Every policy that the wave tells enough for; last, what was taken in truth if it says so.

    ``budget`` (1e-6 dollar) is what is needed: the wave's deficit where nothing else is said.
    Raises :class:`BadParameters` where nobody has won or nothing is needed.

    Example::

        judge(wave, budget=1_000_000 * DOLLAR)[0].worst_share
    """
    needed = wave.deficit if budget is None else budget
    if not wave.winners:
        raise BadParameters(f"wave {wave.name}: nobody has won, so there is nobody to deleverage")
    if needed <= 0:
        raise BadParameters(
            f"wave {wave.name}: a budget of {needed / 1e6:g} dollars; it must be above 0, or the "
            "file must hold accounts that owe more than they have"
        )
    if needed > 2**62:
        raise BadParameters(f"wave {wave.name}: a budget of {needed / 1e6:g} dollars is too large")
    outcomes = [
        _judge_rule(rule, wave, needed) for rule in rules(cap, threshold) if rule.readable(wave)
    ]
    if any(winner.taken is not None for winner in wave.winners):
        taken = [winner.taken or 0 for winner in wave.winners]
        outcomes.append(outcome(wave, "as recorded", needed, taken, _judged(wave, needed, taken)))
    return outcomes


def unreadable(waves: Sequence[Wave]) -> dict[str, str]:
    """The policies that some wave tells too little for, each with the columns that it reads."""
    return {
        rule.name: rule.needs for rule in rules() if not all(rule.readable(wave) for wave in waves)
    }


def outcome(
    wave: Wave, policy: str, budget: int, cuts: Sequence[int], broken: dict[str, str]
) -> Outcome:
    """The figures of one division of a budget among a wave's winners."""
    shares = [cut * _RATE // winner.profit for cut, winner in zip(cuts, wave.winners, strict=True)]
    beyond_rounding = [
        max(0, cut - 1) * _RATE // winner.profit
        for cut, winner in zip(cuts, wave.winners, strict=True)
    ]
    worst = max(range(len(shares)), key=lambda index: (beyond_rounding[index], cuts[index]))
    top = max(range(len(shares)), key=lambda index: wave.winners[index].profit)
    return Outcome(
        wave=wave.name,
        policy=policy,
        budget=budget,
        capacity=wave.capacity,
        taken=sum(cuts),
        accounts=sum(cut > 0 for cut in cuts),
        worst=wave.winners[worst].name,
        worst_taken=cuts[worst],
        worst_share=shares[worst],
        top_keeps=_RATE - shares[top],
        broken=broken,
    )


def _judge_rule(rule: Rule, wave: Wave, budget: int) -> Outcome:
    cuts = rule.haircuts(wave.winners, budget)
    broken = _judged(wave, budget, cuts, rule.cap)
    split = _splitting_pays(rule, wave, budget, cuts)
    if split:
        broken["split"] = split
    twice = [_times_two(winner) for winner in wave.winners]
    for winner, cut, double in zip(
        wave.winners, cuts, rule.haircuts(twice, 2 * budget), strict=True
    ):
        if abs(double - 2 * cut) > 2:
            broken["scale"] = (
                f"{winner.name} pays {money(double)} of twice the money, {money(cut)} of it once"
            )
            break
    return outcome(wave, rule.name, budget, cuts, broken)


def _judged(wave: Wave, budget: int, cuts: Sequence[int], cap: int = _RATE) -> dict[str, str]:
    """What can be seen from the haircuts alone; ``cap`` is the rule's own."""
    broken: dict[str, str] = {}
    winners = wave.winners
    rooms = [min(w.room, w.profit * cap // _RATE) for w in winners]
    due = min(budget, sum(rooms))
    if sum(cuts) != due:
        broken["exact"] = f"takes {money(sum(cuts))} where {money(due)} are due"
    for winner, cut in zip(winners, cuts, strict=True):
        if cut > winner.profit:
            broken["profit"] = f"{winner.name} pays {money(cut)}, having won {money(winner.profit)}"
            break
    left = sorted(
        (winner.profit, winner.profit - cut, winner.name)
        for winner, cut in zip(winners, cuts, strict=True)
    )
    for (less, kept_less, poorer), (more, kept_more, richer) in pairwise(left):
        if more > less and kept_more < kept_less - 1:
            broken["rank"] = f"{richer} won more than {poorer} and is left with less"
            break
    capped = [replace(winner, cap=min(winner.cap, cap)) for winner in winners]
    best = Rule("", adl.ProRata(), _nothing).haircuts(capped, budget)
    pain, least = _pain(winners, cuts), _pain(winners, best)
    if pain > least * (1 + 1e-9) + len(winners):
        broken["pain"] = f"{pain / least:.3g} times the least"
    return broken


def _pain(winners: Sequence[Account], cuts: Sequence[int]) -> float:
    return sum(cut * cut / winner.profit for cut, winner in zip(cuts, winners, strict=True))


def _splitting_pays(rule: Rule, wave: Wave, budget: int, cuts: Sequence[int]) -> str:
    """The first winner looked at who would pay less as two, in words; empty where there is none."""
    winners = wave.winners
    largest = sorted(range(len(winners)), key=lambda index: -winners[index].profit)
    payers = sorted(range(len(winners)), key=lambda index: -cuts[index])
    for index in dict.fromkeys([*largest[:_LOOKED_AT], *payers[:_LOOKED_AT]]):
        first, second = _halves(winners[index])
        if first.profit < 1 or second.profit < 1:
            continue
        parts = [*winners[:index], first, second, *winners[index + 1 :]]
        paid = sum(rule.haircuts(parts, budget)[index : index + 2])
        if paid < cuts[index] - 2:
            return (
                f"{winners[index].name} would pay {money(paid)} as two accounts, "
                f"{money(cuts[index])} as one"
            )
    return ""


def _halves(account: Account) -> tuple[Account, Account]:
    """Two accounts that are the one together; the first has the odd units."""
    smaller = replace(
        account,
        profit=account.profit // 2,
        collateral=account.collateral // 2,
        notional=None if account.notional is None else account.notional // 2,
        size=None if account.size is None else account.size // 2,
    )
    larger = replace(
        account,
        profit=account.profit - smaller.profit,
        collateral=account.collateral - smaller.collateral,
        notional=None if account.notional is None else account.notional - (smaller.notional or 0),
        size=None if account.size is None else account.size - (smaller.size or 0),
    )
    return larger, smaller


def _times_two(account: Account) -> Account:
    return replace(
        account,
        profit=2 * account.profit,
        collateral=2 * account.collateral,
        notional=None if account.notional is None else 2 * account.notional,
    )


def _nothing(account: Account) -> int:
    return 0


def _leverage(account: Account) -> int | None:
    return account.leverage


def _size(account: Account) -> int | None:
    return None if account.size is None else abs(account.size)


def _profit_by_leverage(account: Account) -> int | None:
    return None if account.leverage is None else account.profit * account.leverage


def _entry(account: Account) -> tuple[int, int, int] | None:
    """Size, value of the position at its entry and now (1e-6 dollar)."""
    if account.notional is None or not account.size:
        return None
    gain = account.profit if account.size > 0 else -account.profit
    return account.size, max(0, account.notional - gain), account.notional


def _rank(account: Account) -> int | None:
    found = _entry(account)
    if found is None:
        return None
    _, entry, notional = found
    return int(adl.profit_rank(account.profit, entry, notional, account.equity))


def _price_rank(account: Account) -> int | None:
    found = _entry(account)
    if found is None:
        return None
    size, entry, notional = found
    return int(adl.price_rank(size, entry, notional, account.equity, False))
