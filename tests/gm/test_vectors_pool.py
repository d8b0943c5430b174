"""The protocol's own numbers on the pool's side, by the id of their vector.

Each is met to one unit of this house's scale, or to 1e-9 of it where that is more. The protocol's
impact carries the error of its power (about 2e-14); ours is exact for the exponent 2.
"""

import pytest

from gm.pools import (
    ETH,
    LP,
    USD,
    Basin,
    agrees,
    at,
    dollars,
    fine,
    laboratory,
    price,
    rate,
    tokens,
)
from seawall.engine.designs.gm import accrual, borrowing, funding, reserves, value
from seawall.engine.designs.gm.impact import (
    impact_tokens,
    liquidation_impact,
    position_impact,
)
from seawall.engine.designs.gm.params import ImpactParams, Params, SwapParams
from seawall.engine.designs.gm.pool import PER_SIZE, VirtualPositions, VirtualSwaps
from seawall.engine.designs.gm.swaps import plan_swap
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token

SQUARE = 2 * 10**12
FORTNIGHT = 1_209_600_000
START = 1_700_000_000_000


def curved(positive: str = "5e-9", negative: str = "1e-8") -> Params:
    params = laboratory()
    params.impact = ImpactParams(
        negative=fine(negative),
        positive=fine(positive),
        exponent_negative=SQUARE,
        exponent_positive=SQUARE,
        max_negative=rate("0.02"),
        max_positive=rate("0.02"),
    )
    params.swap = SwapParams(
        negative=fine(negative),
        positive=fine(positive),
        exponent=SQUARE,
        fee_improved=0,
        fee_worsened=0,
        deposit_improved=0,
        deposit_worsened=0,
        withdrawal=0,
    )
    return params


STEPS = [
    ("a", True, 200_000, -399999999999999992588018713340000),
    ("b", True, 200_000, -1199999999999999977764056140040000),
    ("d", False, 10_000, 39500000000000000326409486835000),
    ("e", False, -10_000, -79000000000000000652818973670000),
    ("f", False, 500_000, 699999999999999987029032748360000),
    ("g", False, 100_000, -299999999999999994441014035010000),
    ("h", True, 200_000, 199999999999999996294009356670000),
    ("i", True, 100_000, -99999999999999998147004678330000),
    ("j", True, -100_000, 49999999999999999073502339165000),
    ("k", True, -100_000, -99999999999999998147004678330000),
    ("l", False, -100_000, 49999999999999999073502339165000),
]
"""Step, side, change of open interest in dollars, impact in 1e-30 dollar."""


def test_v2_02_impact_follows_the_balance_of_open_interest_step_by_step() -> None:
    """V2-02 (GM-IMP-1, 2): the impacts of PairMarket.ts, and what two are remembered as."""
    basin = Basin(curved(), eth=1000, usd=2_000_000)
    prices = at(5000)
    for step, long, usd, published in STEPS:
        change = dollars(usd)
        size = tokens(usd // 5000)
        found = position_impact(basin.pool, prices, long, change, size)
        assert agrees(found.usd, published, 24), step
        if step in "aj":
            remembered = impact_tokens(basin.pool, prices, found.usd)
            assert agrees(remembered, {"a": -79999999999999999, "j": 10**16}[step], 10)
        basin.pool.change_interest(long, SHORT, change, size)


def test_v2_02_a_steep_curve_charges_more_than_the_trade() -> None:
    """V2-02 c: by a factor of 1e-4 a trade of 500 000 is charged many times its size."""
    basin = Basin(curved(), eth=1000, usd=2_000_000)
    basin.open(True, 400_000)
    basin.params.impact = ImpactParams(negative=fine("1e-4"), exponent_positive=SQUARE)
    found = position_impact(basin.pool, at(5000), True, dollars(500_000), tokens(100))
    assert found.usd < -dollars(500_000)


def test_v2_06_markets_that_share_an_inventory_feel_each_other() -> None:
    """V2-06 (GM-IMP-4): the second long pays for the first, the short does not gain by it."""
    shared = VirtualPositions()
    first = Basin(curved(), eth=1000, usd=1_000_000, positions=shared)
    second = Basin(curved(), eth=1000, usd=1_000_000, positions=shared)
    prices, size, amount = at(5000), dollars(200_000), tokens(40)
    found = position_impact(first.pool, prices, True, size, amount)
    assert agrees(found.usd, -399999999999999992588018713340000, 24)
    first.pool.change_interest(True, SHORT, size, amount)
    found = position_impact(second.pool, prices, True, size, amount)
    assert agrees(found.usd, -1199999999999999977764056140040000, 24)
    opposite = position_impact(second.pool, prices, False, size, amount)
    assert agrees(opposite.usd, -399999999999999992588018713340000, 24)
    second.pool.change_interest(False, SHORT, size, amount)
    closing = position_impact(second.pool, prices, False, -size, -amount)
    assert agrees(closing.usd, 199999999999999996294009356670000, 24)


def test_v2_06_pools_that_share_an_inventory_feel_each_others_swaps() -> None:
    """V2-06 (GM-SWP-6): the impact of a swap in the sibling market."""
    shared = VirtualSwaps()
    first = Basin(curved(), eth=1000, usd=5_000_000, swaps=shared)
    second = Basin(curved(), eth=1000, usd=5_000_000, swaps=shared)
    swap = first.swap(SHORT, dollars(50_000), at(5000))
    assert agrees(swap.impact, -99999999999999998147004678330000, 24)
    sibling = plan_swap(second.pool, at(5000), SHORT, dollars(50_000))
    assert agrees(sibling.impact, -299599999999999993940174820850000, 24)


def test_v2_10_usage_is_measured_against_what_may_be_reserved() -> None:
    """V2-10 (GM-RES-3): 200 000 of longs on 1 000 ETH with a reserve of half are 8 %."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.open(True, 200_000)
    assert reserves.usage(basin.pool, at(5000), True) == rate("0.08")


def test_v2_12_winners_share_what_the_cap_leaves_them() -> None:
    """V2-12 (GM-VAL-4): a single-token pool of 2 M dollars and two longs far in profit."""
    params = laboratory()
    basin = Basin(params, usd=2_000_000, long=USD)
    dollar = price(1)
    prices = Prices(price(7500), price(7500), dollar, dollar, dollar, dollar)
    pool = basin.pool
    basin.open(True, 250_000)
    basin.open(True, 250_000)
    won = dollars(125_000)
    assert value.capped_result(pool, prices, True, won) == won
    params.longs.pnl_traders = rate("0.07")
    params.longs.pnl_withdrawals = rate("0.5")

    def worth() -> int:
        return value.pool_value(pool, prices, value.WITHDRAWALS, False).total

    assert worth() == dollars(1_750_000)
    for paid, left, gm_price in ((35_000, 1_840_000, "0.92"), (68_775, 1_896_225, "0.9481125")):
        assert value.capped_result(pool, prices, True, won) == dollars(paid)
        pool.short_pot.amount -= dollars(paid)
        pool.change_interest(True, SHORT, -dollars(250_000), -tokens(50))
        assert worth() == dollars(left)
        assert value.gm_price(pool, prices, value.WITHDRAWALS, False) == price(gm_price)


def test_v2_14_the_larger_side_pays_in_its_collateral() -> None:
    """V2-14 (GM-FUN-1, 4, 5): a long in ETH pays a short, then the other way round."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.params.funding.factor = fine("1e-10")
    pool, prices = basin.pool, at(5000)
    basin.open(True, 200_000, LONG)
    basin.open(False, 100_000, SHORT)
    accrual.accrue(pool, prices, START)
    accrual.accrue(pool, prices, START + FORTNIGHT + 3000)
    assert agrees(pool.book(False, LONG).claim_per_size, 16128039999999999999838719, 10)
    assert agrees(pool.book(True, LONG).fee_per_size, 8064020000000000000000000, 10)
    assert PER_SIZE == 10**21
    size = dollars(200_000)
    assert agrees(funding.fee(pool, True, LONG, size, 0), 1612804000000000, 10)
    assert agrees(funding.claim(pool, False, LONG, dollars(100_000), 0), 1612803999999999, 10)
    assert funding.claim(pool, False, SHORT, dollars(100_000), 0) == 0
    pool.change_interest(True, LONG, -dollars(190_000), -tokens(38))
    pool.change_interest(False, SHORT, -dollars(80_000), -tokens(16))
    accrual.accrue(pool, prices, START + 2 * FORTNIGHT + 6000)
    assert abs(funding.fee(pool, False, SHORT, dollars(20_000), 0) - 806_402) <= 10
    assert abs(funding.claim(pool, True, SHORT, dollars(10_000), 0) - 806_402) <= 10


def test_v2_14_in_a_single_token_market_the_halves_add_up() -> None:
    """V2-14 (GM-FUN-6): SingleTokenMarket.ts: the fee, and half of it for either slot."""
    basin = Basin(usd=2_000_000, long=USD)
    basin.params.funding.factor = fine("1e-10")
    dollar = price(1)
    prices = Prices(price(5000), price(5000), dollar, dollar, dollar, dollar)
    basin.open(True, 200_000)
    basin.open(False, 100_000)
    accrual.accrue(basin.pool, prices, START)
    accrual.accrue(basin.pool, prices, START + FORTNIGHT)
    assert agrees(funding.fee(basin.pool, True, SHORT, dollars(200_000), 0), 8064000, 0)
    for slot in (LONG, SHORT):
        assert agrees(funding.claim(basin.pool, False, slot, dollars(100_000), 0), 4031999, 0)


def test_v2_16_borrowing_grows_with_what_is_reserved() -> None:
    """V2-16 (GM-BOR-1, 3, 5): two longs a fortnight apart, and what the pool is worth by then."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.params.longs.borrowing_factor = fine("1e-7")
    pool, prices = basin.pool, at(5000)
    size = dollars(200_000)
    basin.open(True, 200_000)
    accrual.accrue(pool, prices, START)
    accrual.accrue(pool, prices, START + FORTNIGHT)
    assert borrowing.fee_usd(pool, True, size, 0) == dollars("967.68")
    assert borrowing.pending(pool, True) == dollars("967.68")
    worth = value.pool_value(pool, prices, value.DEPOSITS, True)
    assert worth.total == dollars("6000967.68")
    assert value.gm_price(pool, prices, value.DEPOSITS, True) == price("1.00016128")
    accrual.accrue(pool, prices, START + FORTNIGHT + 4000)
    entry = pool.cumulative(True)
    basin.open(True, 200_000)
    pool.change_borrowed(True, 0, 0, size, entry)
    accrual.accrue(pool, prices, START + 2 * FORTNIGHT + 4000)
    assert borrowing.fee_usd(pool, True, size, 0) == dollars("2903.0432")
    assert borrowing.fee_usd(pool, True, size, entry) == dollars("1935.36")
    assert value.pool_value(pool, prices, value.DEPOSITS, True).total == dollars("6004838.4032")


def test_v2_16_the_smaller_side_may_be_spared() -> None:
    """V2-16 (GM-BOR-4): a short of 150 000 pays 5 443.20, or nothing beside a larger long."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.params.shorts.borrowing_factor = fine("2e-7")
    pool, prices = basin.pool, at(5000)
    basin.open(True, 200_000)
    basin.open(False, 150_000)
    basin.params.skip_smaller_side = True
    assert borrowing.rate(pool, prices, False) == 0
    basin.params.skip_smaller_side = False
    accrual.accrue(pool, prices, START)
    accrual.accrue(pool, prices, START + FORTNIGHT)
    assert borrowing.fee_usd(pool, False, dollars(150_000), 0) == dollars("5443.2")
    accrual.accrue(pool, prices, START + FORTNIGHT + 4000)
    assert pool.cumulative(False) == fine("0.03628812")


def swapping(improved: str = "0", worsened: str = "0") -> Basin:
    basin = Basin(usd=50_000)
    basin.params.swap = SwapParams(
        negative=fine("2e-6"),
        positive=fine("1e-6"),
        fee_improved=rate(improved),
        fee_worsened=rate(worsened),
    )
    basin.params.shorts.reserve = rate(1)
    return basin


def test_v2_18_swaps_pay_into_the_impact_pool_and_are_paid_from_it() -> None:
    """V2-18 (GM-SWP-1, 2, 3): three swaps of SwapOrder.ts."""
    basin = swapping()
    prices = at(5000)
    first = basin.swap(LONG, tokens(5), prices)
    assert agrees(first.impact, 2499999999999999953675116958000000, 24)
    assert (first.bonus, first.received) == (0, dollars(25_000))
    second = basin.swap(LONG, tokens(1), prices)
    assert agrees(second.impact, -199999999999999996247043298000000, 24)
    assert (second.charged, second.received) == (tokens("0.04"), dollars(4800))
    assert basin.pool.amount(LONG) == tokens("5.96")
    assert basin.pool.amount(SHORT) == dollars(20_200)
    third = basin.swap(SHORT, dollars(5000), prices)
    assert agrees(third.impact, 91839999999999998574976675000000, 24)
    assert agrees(third.bonus, 18367999999999999, 10)
    assert agrees(third.received, 1018367999999999999, 10)


def test_v2_18_swaps_with_fees() -> None:
    """V2-18 (GM-SWP-4): the same with 0.05 % where the balance improves, else 0.5 %."""
    basin = swapping("0.0005", "0.005")
    prices = at(5000)
    assert basin.swap(LONG, tokens(5), prices).received == dollars("24987.5")
    second = basin.swap(LONG, tokens(1), prices)
    assert agrees(second.impact, -199500156249999996338625122000000, 24)
    assert agrees(second.charged, 39900031250000000, 10)
    assert agrees(second.received, 4775499843, 0)
    assert agrees(basin.pool.amount(LONG), 5960099968750000000, 10)
    assert agrees(basin.pool.amount(SHORT), 20237000157, 0)
    third = basin.swap(SHORT, dollars(5000), prices)
    # the pool's ETH is an eighth of its unit (6e-6 dollar) off, which moves the impact by 1e-6
    assert abs(third.impact - 91079461) <= 2
    assert agrees(third.bonus, 18215892242306530, 10)
    assert agrees(third.received, 1017715892242306530, 10)


def test_v2_20_a_withdrawal_takes_its_part_of_both_tokens() -> None:
    """V2-20 (GM-LP-5): 1 000 of 100 000 GM on 10 ETH and 50 000 dollars."""
    basin = Basin(eth=10, usd=50_000)
    assert basin.pool.shares.total_supply() == dollars(100_000)
    assert basin.withdraw(dollars(1000), at(5000)) == (tokens("0.1"), dollars(500))


def test_v2_20_fees_and_impact_stay_behind() -> None:
    """V2-20 (GM-LP-1, 2, 5, 6): fees of 0.05 %, impact 1e-8, and the last GM of a pool."""
    basin = Basin()
    fee = rate("0.0005")
    basin.params.swap = SwapParams(
        negative=fine("1e-8"),
        positive=fine("1e-8"),
        deposit_improved=fee,
        deposit_worsened=fee,
        withdrawal=fee,
    )
    pool, prices = basin.pool, at(5000)
    assert basin.deposit(tokens(10), 0, prices) == dollars(49_950)

    def gm_price() -> int:
        return value.gm_price(pool, prices, value.DEPOSITS, True)

    assert agrees(gm_price(), 1000500500500500500500500500500, 20)
    basin.params.swap_receiver = rate("0.3")
    long, short = basin.withdraw(dollars(49_940), prices)
    assert short == 0
    assert agrees(long, 9988002499499499499, 10)
    assert agrees(basin.treasury.purse(1).amount, 1498949849849849, 10)
    assert agrees(pool.amount(LONG), 5498550650650652, 10)
    # 10 GM on 0.0055 ETH: one unit of ETH, 5e-5 dollar, is 5e-6 dollar of the price
    assert abs(gm_price() - 27492753253) <= 50_000
    basin.withdraw(dollars(10), prices)
    assert abs(pool.amount(LONG) - 192) <= 2  # 1.92e-6 ETH, some units of 1e-8
    assert pool.shares.total_supply() == 0
    assert gm_price() == price(1)
    assert pool.shares.balance_of(LP) == 0


def test_v2_24_exactly_at_the_cap_is_not_beyond_it() -> None:
    """V2-24 (GM-VAL-5): longs of SOL, opened at 20 against 1 000 ETH, capped at 10 %."""
    basin = Basin(eth=1000)
    basin.params.longs.pnl_adl = rate("0.1")
    basin.open(True, 2_000_000, LONG, entry=20)

    def prices(sol: int) -> Prices:
        return Prices(price(sol), price(sol), price(5000), price(5000), price(1), price(1))

    for sol, factor, beyond in ((22, "0.04", False), (25, "0.1", False), (26, "0.12", True)):
        assert value.pnl_factor(basin.pool, prices(sol), True) == rate(factor)
        assert value.exceeded(basin.pool, prices(sol), True, value.ADL) is beyond


def test_v2_24_longs_of_the_pools_own_token() -> None:
    """V2-24: 2 M dollars of ETH at 5 000 have won a fifth of the pool's ETH at 10 000."""
    basin = Basin(eth=1000)
    basin.open(True, 2_000_000, LONG)
    assert value.pnl_factor(basin.pool, at(10_000), True) == rate("0.2")


@pytest.mark.parametrize(
    ("decimals", "whole", "units", "usd"),
    [(8, 5000, 10**8, 5000), (8, 60_000, 10**8, 60_000), (6, 1, 10**6, 1)],
)
def test_v2_26_a_whole_token_is_worth_its_price(
    decimals: int, whole: int, units: int, usd: int
) -> None:
    """V2-26 (GM-UNIT-1): here a price is that of a whole token, whatever its digits."""
    token = Token("T", 1, decimals)
    assert token.usd(units, price(whole)) == dollars(usd)
    assert token.units(dollars(usd), price(whole)) == units


def test_v2_22_impact_never_helps_in_a_liquidation_test() -> None:
    """V2-22 (GM-IMP-6): held to 1 % of the size where it is a charge, dropped where it is none."""
    basin = Basin(laboratory(), eth=1000)
    size = dollars(200_000)
    assert liquidation_impact(basin.pool, dollars(5), size) == 0
    assert liquidation_impact(basin.pool, -dollars(3000), size) == -dollars(2000)
    basin.params.impact.max_liquidation = 0
    assert liquidation_impact(basin.pool, -dollars(3000), size) == 0
    assert basin.pool.index is ETH
