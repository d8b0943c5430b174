"""Every refusal of the design: its code, and not a trace in the state (VAM-REF-1)."""

from collections.abc import Callable

import pytest

from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.vamm import Params, VammMarket
from seawall.engine.guards import AdaptiveOpenInterestCap, Guards, MarketFacts, PositionCap
from vamm.stage import Stage, dollars, price, rate, refused, tokens

Command = Callable[[Stage], object]


def place(size: str | int, margin: int = 0, who: str = "a", **more: object) -> Command:
    def command(stage: Stage) -> object:
        return stage.venue.place(
            "ETH",
            stage.who(who),
            tokens(size),
            dollars(margin),
            **more,  # type: ignore[arg-type]
        )

    return command


def held(**how: object) -> Callable[[], Stage]:
    """A stage on which ``a`` is long five tokens."""

    def stage() -> Stage:
        made = Stage(**how)  # type: ignore[arg-type]
        place(5, 20)(made)
        return made

    return stage


def plain(**how: object) -> Callable[[], Stage]:
    return lambda: Stage(**how)  # type: ignore[arg-type]


def priceless() -> Stage:
    stage = Stage()
    stage.venue.list_market(VammMarket("SOL", Params()))
    return stage


def shut() -> Stage:
    stage = held()()
    stage.market.shutdown()
    return stage


def sinking(**how: object) -> Stage:
    """A long at ten times whom a larger short has ruined; average and oracle agree."""
    settings: dict[str, object] = {
        "initial_ratio": rate("0.1"), "maintenance_ratio": rate("0.0625"),
        "liquidation_fee": rate("0.025"), "fund": 1_000,
    }  # fmt: skip
    stage = Stage(10_000, 100, oracle=100, **(settings | how))  # type: ignore[arg-type]
    stage.long("a", 100, 10)
    stage.short("b", 260, 1)
    stage.wait(1_000, oracle=114)
    return stage


def in_loss() -> Stage:
    stage = sinking(keeper_backstop=False)
    stage.short("b", 500, 1)
    stage.wait(1_000, oracle=100)
    return stage


def in_profit() -> Stage:
    """A long of half the reserve whose mark others have carried to a hundredfold."""
    stage = Stage()
    place(50, 100)(stage)
    place(40, 600, "b")(stage)
    return stage


def crowded() -> Stage:
    """A block in which somebody was liquidated after ``c`` had traded."""
    stage = sinking()
    stage.long("c", 1, 1)
    stage.liquidate("a")
    return stage


def small_token(guards: Guards) -> Callable[[], Stage]:
    """A token worth a thousand dollars."""

    def stage() -> Stage:
        made = Stage(guards=guards)
        made.market.set_facts(MarketFacts(market_value=dollars(1_000)))
        return made

    return stage


def price_halted() -> Stage:
    stage = Stage(guards=Guards(price_breaker=PriceBreaker()))
    stage.wait(15, oracle=4)
    return stage


def funding_halted() -> Stage:
    stage = Stage(funding_period=3_600_000, guards=Guards(funding_breaker=FundingBreaker(1)))
    place(20, 100)(stage)
    stage.wait(7_200, oracle=10)
    stage.wait(15, oracle=10)
    return stage


def drained() -> Stage:
    """The winner's profit is there only on paper: the loser has not lost it yet."""
    stage = Stage(10_000, 100, oracle=100, fund=0, initial_ratio=rate("0.1"))
    stage.long("a", 100, 10)
    stage.long("b", 100, 10)
    return stage


CASES: list[tuple[str, Callable[[], Stage], Command]] = [
    ("size-zero", plain(), place(0)),
    ("size-too-large", plain(), place(10**11)),
    ("margin-too-small", plain(), place(1, -1)),
    ("acceptable-too-small", plain(), place(1, acceptable=-1)),
    ("unknown-kind", plain(), place(1, kind="iceberg")),
    ("trigger-on-market", plain(), place(1, trigger=1)),
    ("trigger-too-small", plain(), place(1, kind="stop")),
    ("margin-on-reduce", held(), place(-1, 1, reduce_only=True)),
    ("nothing-to-reduce", plain(), place(-1, reduce_only=True)),
    ("wallet-too-small", plain(), place(1, 10**7)),
    ("order-too-small", plain(), place("-0.00000001", 1)),
    ("initial-margin", plain(), place(20, 1)),
    ("leverage", plain(), lambda stage: stage.long("a", 1, 21)),
    (
        "maintenance-margin",
        lambda: sinking(fund=0),
        lambda stage: stage.long("a", 1, 10),
    ),
    ("trade-limit", plain(), place(95, 4_000)),
    (
        "reserve-bound",
        plain(),
        lambda stage: stage.market.open_position(stage.who("a"), True, 10**15, rate(20)),
    ),
    ("fluctuation-band", plain(fluctuation=rate("0.01")), place(20, 100)),
    ("acceptable-price", plain(), place(20, 100, acceptable=price("12.4"))),
    ("acceptable-base", plain(), lambda stage: stage.long("a", 10, 1, 50)),
    ("acceptable-quote", held(), lambda stage: stage.close("a", 1_000)),
    ("nothing-left", in_profit, place(-10)),
    ("bad-debt", in_loss, lambda stage: stage.close("a")),
    ("backstop-only", in_loss, lambda stage: stage.liquidate("a")),
    ("not-liquidatable", held(), lambda stage: stage.liquidate("a")),
    ("vault-short", drained, lambda stage: stage.close("a")),
    ("interest-cap", plain(interest_cap=dollars(50)), place(20, 100)),
    ("holding-cap", plain(holding_cap=tokens(1)), place(20, 100)),
    ("position-cap", small_token(Guards(position=PositionCap())), place(20, 100)),
    (
        "adaptive-open-interest-cap",
        small_token(Guards(open_interest=AdaptiveOpenInterestCap())),
        place(20, 100),
    ),
    ("restricted", crowded, lambda stage: stage.close("c")),
    ("no-price", priceless, lambda stage: stage.venue.place("SOL", stage.who("a"), 1)),
    ("shutdown", shut, place(1, 20, "b")),
    ("not-shut-down", held(), lambda stage: stage.market.settle_position(stage.who("a"))),
    ("price-breaker", price_halted, place(1, 20)),
    ("funding-breaker", funding_halted, place(1, 20)),
    (
        "free-collateral",
        held(),
        lambda stage: stage.venue.remove_margin("ETH", stage.who("a"), dollars(20)),
    ),
    ("depth-unpaid", held(fund=0), lambda stage: stage.market.set_depth(rate(2))),
    ("depth-bound", plain(), lambda stage: stage.market.set_depth(1)),
    ("unknown-position", plain(), lambda stage: stage.close("a")),
    ("unknown-order", plain(), lambda stage: stage.venue.cancel("ETH", stage.who("a"), 7)),
    ("unknown-vault", plain(), lambda stage: stage.venue.supply("ETH", "no", stage.who("a"), 1)),
    ("unknown-auction", plain(), lambda stage: stage.venue.bid("ETH", stage.who("a"), 1, 1, 1)),
    ("unknown-account", plain(), lambda stage: stage.market.set_backstop(99, True)),
]


@pytest.mark.parametrize(("code", "scene", "command"), CASES, ids=[case[0] for case in CASES])
def test_a_refusal_names_its_rule_and_leaves_no_trace(
    code: str, scene: Callable[[], Stage], command: Command
) -> None:
    """VAM-REF-1."""
    stage = scene()
    for name in ("a", "b", "c", "carol"):
        stage.who(name)
    before = stage.venue.digest()
    with refused(code):
        command(stage)
    assert stage.venue.digest() == before
    stage.audit()
