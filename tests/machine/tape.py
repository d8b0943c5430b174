"""A long pseudo-random tape, drawn from a seed alone: the same in every process and flavour."""

import random
from collections.abc import Callable

from machine.harness import Harness
from machine.player import TRADERS, Player
from seawall.engine.venue import MAX_BUDGET

BUDGETS = [0, 1, 3, MAX_BUDGET, MAX_BUDGET, MAX_BUDGET]
KINDS = ["market", "market", "limit", "stop", "take-profit"]


def _trade(player: Player, rng: random.Random) -> None:
    reduce_only = rng.random() < 0.15
    player.place(
        rng.randrange(TRADERS), rng.choice([1, -1]) * rng.randint(20, 40_000), rng.randint(1, 55),
        rng.choice(KINDS), rng.randint(-200, 200), rng.choice([0, 0, 20, 200]), reduce_only,
        rng.random() < 0.3,
    )  # fmt: skip


def _money(player: Player, rng: random.Random) -> None:
    if rng.random() < 0.7:
        player.deposit(rng.randrange(TRADERS), rng.randint(1, 50_000))
    else:
        player.withdraw(rng.randrange(TRADERS), rng.randint(1, 30))


def _margin(player: Player, rng: random.Random) -> None:
    if rng.random() < 0.5:
        player.add_margin(rng.randrange(TRADERS), rng.randint(1, 1_000))
    else:
        player.remove_margin(rng.randrange(TRADERS), rng.randint(1, 100))


def _vault(player: Player, rng: random.Random) -> None:
    vault = rng.choice(player.harness.vaults)
    what = rng.random()
    if what < 0.5:
        player.supply(vault, rng.randrange(TRADERS), rng.randint(1, 1_500))
    elif what < 0.8:
        player.request_redeem(vault, rng.randint(-1, TRADERS - 1), rng.randint(1, 20))
    elif what < 0.95:
        player.claim(vault, rng.randint(-1, TRADERS - 1))
    else:
        player.restart(vault)


def _bid(player: Player, rng: random.Random) -> None:
    who, which = rng.randrange(TRADERS), rng.randrange(6)
    player.bid(who, which, rng.randint(1, 100), rng.randint(0, 3_000))


def _time(player: Player, rng: random.Random) -> None:
    what = rng.random()
    budget = rng.choice(BUDGETS)
    if what < 0.75:
        slow = rng.random() < 0.3
        player.tick(rng.randint(-60, 60), rng.randint(1, 30), 0, 11 if slow else budget, slow)
    elif what < 0.85:
        player.tick(rng.randint(-900, 900), 3, 0, 11, True)
    elif what < 0.90:
        player.tick(rng.randint(-50, 50), 3, rng.randint(1, 300), budget, False)
    elif what < 0.95:
        player.silence(rng.randint(1, 120), budget)
    else:
        player.tick(rng.randint(-100, 100), 60 * rng.randint(1, 60), 0, budget, False)


def _shake(player: Player, rng: random.Random) -> None:
    """A price that goes far and is confirmed there: the last rungs have their turn."""
    player.tick(rng.randint(-3_500, 5_000), 3, 0, MAX_BUDGET, False)
    for _ in range(rng.randint(1, 4)):
        player.tick(rng.randint(-50, 50), 12, 0, MAX_BUDGET, False)


ACTIONS: list[tuple[float, Callable[[Player, random.Random], None]]] = [
    (0.40, _time),
    (0.38, _trade),
    (0.05, _margin),
    (0.07, _vault),
    (0.10, _bid),
    (0.06, lambda player, rng: player.close(rng.randrange(6), rng.choice([30, 60, 100]))),
    (0.012, _shake),
    (0.02, _money),
    (0.03, lambda player, rng: player.cancel(rng.randrange(100))),
]


def schedule(seed: int, length: int, harness: Harness, checked: bool = False) -> Player:
    """Play ``length`` random actions; the player, with tape and outcomes.

    ``checked`` holds every step to the laws of the design, as the state machine does.
    """
    rng = random.Random(seed)
    player = Player(harness, checked)
    actions = [act for _, act in ACTIONS]
    weights = [weight for weight, _ in ACTIONS]
    for act in rng.choices(actions, weights, k=length):
        act(player, rng)
        if checked:
            player.venue.audit()
            harness.check_still(player.market)
    return player
