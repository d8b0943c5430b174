"""JELLY, 26 March 2025, as published, at the level of the engine: recipe, losses, counterfactuals.

One actor shorts 430 million tokens against himself, closes a part, takes the margin out and leaves
the rest to the liquidator vault at about 0.0113; then the price is driven up.
"""

import pytest

from orderbook.floor import PLAIN, Floor, dollars, flat, price, rate, tokens
from seawall.engine.designs.orderbook import FeeTable, Params
from seawall.engine.events import Deleveraged, RungReached
from seawall.engine.guards import Guards, MarketFacts

SHORT = 398_191_926


def jelly(**changes: object) -> tuple[Floor, list[int]]:
    """The venue of that day at 12:53, the short and its mirror open; the three accounts."""
    preset = Params.march_2025(oracle=PLAIN)
    settings: dict[str, object] = {
        "tiers": preset.tiers,
        "transfer_rate": int(preset.transfer_rate),
        "shared_collateral": preset.shared_collateral,
        "liquidator_part": int(preset.liquidator_part),
        "fees": FeeTable.flat(0, 0),
    }
    settings.update(changes)
    floor = Floor("0.0095", **settings)
    floor.fund(236_000_000)
    actor = floor.who(3_500_000)
    longs = [floor.who(2_150_000), floor.who(1_900_000)]
    size = -tokens(430_000_000)
    limit = {"kind": "limit", "trigger": price("0.0095")}
    floor.venue.place("COIN", actor, size, dollars(3_500_000), **limit)  # type: ignore[arg-type]
    for account, part, margin in zip(
        longs, (226_000_000, 204_000_000), (2_150_000, 1_900_000), strict=True
    ):
        floor.venue.place("COIN", account, tokens(part), dollars(margin))
    return floor, [actor, *longs]


def abandoned(**changes: object) -> tuple[Floor, list[int]]:
    """13:03: a part of the short closed, the margin taken out, the mark at 0.0113."""
    floor, people = jelly(**changes)
    actor = people[0]
    seller = floor.who(cross=5_000_000)
    floor.ask(seller, 430_000_000 - SHORT, "0.0095")
    floor.venue.place("COIN", actor, tokens(430_000_000 - SHORT), reduce_only=True)
    holder = floor.market.desk.coin.holders[actor]
    already = floor.wallet(actor)
    view = floor.position(actor)
    floor.venue.remove_margin("COIN", actor, int(view.equity - view.initial))
    assert holder.holding.size == -tokens(SHORT)
    taken = floor.wallet(actor)
    assert taken > already
    assert taken == pytest.approx(dollars(2_760_000), rel=0.01)
    floor.tick("0.0113", seconds=30)
    return floor, people


def test_the_vault_inherits_the_short_at_about_0_0113() -> None:
    """OB-LIQ-5, OB-MAR-5. HL-33: 398,191,926 tokens, between backstop and bankruptcy."""
    floor, people = abandoned()
    heir = floor.position(floor.liquidator)
    assert heir.size == -tokens(SHORT)
    assert heir.entry * 10**12 // tokens(SHORT) == pytest.approx(price("0.0113"), rel=0.001)
    assert floor.market.position(people[0]) is None
    assert floor.happened(RungReached)[-1].rung == "backstop"


@pytest.mark.parametrize(
    ("mark", "loss", "within"),
    [("0.0363955", 10_000_000, 0.01), ("0.037188", 10_315_560, 0.01),
     ("0.041418", 12_000_000, 0.01),
     ("0.0414", 12_000_000, 0.01), ("0.045185", 13_500_000, 0.01)],
)  # fmt: skip
def test_losses_at_the_published_marks(mark: str, loss: int, within: float) -> None:
    """HL-33: 10,315,560 dollars at 0.037188, about 12 million at 0.0414."""
    floor, _ = abandoned()
    before = floor.market.vault("hlp").assets
    floor.tick("0.02", seconds=1_500)
    floor.tick(mark, seconds=1_000)
    assert -floor.position(floor.liquidator).result == pytest.approx(dollars(loss), rel=within)
    assert before - floor.market.vault("hlp").assets == pytest.approx(dollars(loss), rel=within)
    assert floor.happened(Deleveraged) == []


def test_the_margin_of_the_screenshot_is_a_twentieth_of_the_notional() -> None:
    """OB-VAULT-4. HL-33: 14,807,961 / 20 = 740,398.07, drawn from the rest of the vault."""
    floor, _ = abandoned()
    floor.tick("0.037188", seconds=1_500)
    child = floor.market.account(floor.liquidator)
    assert child.equity == pytest.approx(dollars("740398.07"), abs=dollars("0.01"))
    assert floor.position(floor.liquidator).value == pytest.approx(dollars("14807961.3"), rel=1e-6)


def test_the_forced_settlement_turns_the_loss_into_a_gain() -> None:
    """OB-END-2. HL-33: at 0.0095 whoever had lost ten million wins seven hundred thousand."""
    floor, people = abandoned()
    floor.tick("0.037188", seconds=1_500)
    worth = floor.market.vault("hlp").assets
    floor.market.set_capped(True)
    with floor.refuses("position-increase-at-open-interest-cap"):
        floor.bid(floor.making, 1_000_000, "0.03")
    floor.market.delist(price("0.0095"))
    gained = floor.market.vault("hlp").assets - dollars(236_000_000)
    assert gained == pytest.approx(dollars(709_578) + dollars(40_000), rel=0.02)
    assert floor.market.vault("hlp").assets - worth > dollars(10_000_000)
    entries = (11_294 - 9_500) * 392_094_629
    assert entries // 10**6 == 703_417
    assert 392_094_629 * 95 // 10**4 == 3_724_898
    assert floor.market.open_positions() == []
    assert len(people) == 3


def test_the_articles_caps_refuse_the_short() -> None:
    """OB-GRD-3: of ten million dollars of market value a side holds one, a position half."""
    guards = Guards.hybrid()
    guards.quorum = None  # one source reports here
    floor = Floor("0.0095", tiers=flat(20), guards=guards)
    floor.market.set_facts(MarketFacts(market_value=dollars(10_000_000)))
    actor = floor.who(3_500_000)
    limit = {"kind": "limit", "trigger": price("0.0095")}
    with floor.refuses("adaptive-open-interest-cap", dollars(4_085_000), dollars(1_000_000)):
        floor.venue.place("COIN", actor, -tokens(430_000_000), dollars(3_500_000), **limit)  # type: ignore[arg-type]
    with floor.refuses("position-cap", dollars(950_000), dollars(500_000)):
        floor.venue.place("COIN", actor, -tokens(100_000_000), dollars(3_500_000), **limit)  # type: ignore[arg-type]


def test_a_liquidator_of_its_own_would_have_been_deleveraged() -> None:
    """OB-ADL-1, OB-ADL-3: with 5 % of the vault it holds to about 0.041, then the actor's longs
    are closed at the mark before.
    """
    floor, people = abandoned(shared_collateral=False, liquidator_part=rate("0.05"))
    child = floor.market.account(floor.liquidator)
    floor.tick("0.04", seconds=1_500)
    assert floor.happened(Deleveraged) == []
    floor.tick("0.0420", seconds=60)
    cut = floor.happened(Deleveraged)
    assert {int(event.account) for event in cut} == {people[1], people[2]}
    assert all(event.price == price("0.04") for event in cut)
    assert floor.market.position(floor.liquidator) is None
    lost = child.equity - floor.market.account(floor.liquidator).equity
    assert lost == pytest.approx(dollars(SHORT * (0.04 - 0.0113)), rel=0.001)
    assert floor.market.house.shortfall == 0
