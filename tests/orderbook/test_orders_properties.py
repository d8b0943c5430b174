"""Whatever is asked in whatever order: counts agree, each order ends once, nothing is left over."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.pit import SECOND, Pit, price, tokens
from seawall.engine.errors import Refusal

PEOPLE = (2, 3, 4)

people = st.sampled_from(PEOPLE)
sizes = st.sampled_from([-3, -2, -1, 1, 2, 3])
prices = st.integers(94, 106)
steps = st.one_of(
    st.tuples(st.just("limit"), people, sizes, prices, st.sampled_from(["gtc", "alo", "ioc"])),
    st.tuples(st.just("limit"), people, sizes, prices, st.just("gtc")),
    st.tuples(st.just("reduce"), people, sizes, prices),
    st.tuples(st.just("market"), people, sizes),
    st.tuples(st.just("trigger"), people, sizes, prices, st.sampled_from(["sl", "tp"])),
    st.tuples(st.just("family"), people, sizes, prices, st.sampled_from(["gtc", "market", "ioc"])),
    st.tuples(st.just("exits"), people, prices, prices),
    st.tuples(st.just("cancel"), people, st.integers(0, 20)),
    st.tuples(st.just("modify"), people, st.integers(0, 20), sizes, prices),
    st.tuples(st.just("broke"), people),
    st.tuples(st.just("tick"), prices, st.integers(0, 5)),
)


def act(pit: Pit, step: tuple) -> None:
    kind, who = step[0], step[1]
    open_orders = pit.open(who) if kind in ("cancel", "modify") else []
    if kind == "limit":
        pit.limit(who, step[2], step[3], step[4])
    elif kind == "reduce":
        pit.limit(who, step[2], step[3], reduce_only=True)
    elif kind == "market":
        pit.market(who, step[2])
    elif kind == "trigger":
        pit.trigger(who, step[2], step[3], step[4], reduce_only=step[3] % 2 == 0)
    elif kind == "family":
        at = 0 if step[4] == "market" else step[3]
        around = (at or 100) + (2 if step[2] > 0 else -2), (at or 100) - (2 if step[2] > 0 else -2)
        pit.with_exits(who, step[2], at, step[4], take=around[0], stop=around[1])
    elif kind == "exits":
        pit.exits(who, take=step[2], stop=step[3], take_limit=step[2])
    elif kind == "cancel" and open_orders:
        pit.cancel(who, open_orders[step[2] % len(open_orders)])
    elif kind == "modify" and open_orders:
        old = open_orders[step[2] % len(open_orders)]
        pit.orders.modify(
            pit.number(), pit.owner_of(who), old, step[3] > 0, abs(tokens(step[3])), price(step[4])
        )
    elif kind == "broke":
        pit.broke ^= {who}
    elif kind == "tick":
        pit.tick(step[1], step=step[2] * SECOND)


def refusal_of(pit: Pit, step: tuple) -> Refusal | None:
    try:
        act(pit, step)
    except Refusal as refusal:
        return refusal
    return None


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, max_size=60))
def test_every_order_ends_once_and_nothing_is_left_over(story: list[tuple]) -> None:
    """OB-ORD-6, 12, 18, 20, 21: refusals leave no trace, cancelling everything leaves nothing."""
    pit = Pit()
    for step in story:
        before = pit.trace()
        refusal = refusal_of(pit, step)
        assert refusal is None or pit.trace() == before, f"{step}: {refusal}"
        pit.orders.audit()
        assert sum(pit.held.values()) == 0
        for who in PEOPLE:
            reducing = [n for n in pit.open(who) if is_reducing(pit, n)]
            assert not reducing or pit.held.get(who, 0) != 0
    pit.orders.cancel_everything("delistedCanceled")
    assert [pit.open(who) for who in PEOPLE] == [[], [], []]
    assert pit.orders.triggers.families == {}
    assert pit.orders.triggers.by_owner == {}
    assert pit.orders.triggers.room.orders == {}
    ends = Counter([number for number, _ in pit.ends] + pit.finished)
    assert [number for number, times in ends.items() if times > 1] == []


def is_reducing(pit: Pit, number: int) -> bool:
    order = pit.book.orders.get(number) or pit.orders.triggers.room.orders.get(number)
    return order is not None and order.reduce_only
