"""Published liquidation prices, tiers, ranks, fees and vault shares: the numbers of others."""

from fractions import Fraction

import pytest

from orderbook.floor import Floor, dollars, flat, price, rate, tokens
from seawall.engine.designs.orderbook import FeeTable, FeeTier
from seawall.engine.designs.orderbook.deleverage import rank
from seawall.engine.designs.orderbook.fees import fee_on
from seawall.engine.fixed import MAX_DOLLARS, mul_div
from seawall.engine.margin import Tier, Tiers, liquidation_price

POSITIONS = {
    "HL-2": ("2458.5", "0.015", "36.864593", 50, "0.86915825"),
    "HL-4": ("0.11586", "437", "25.29769", 20, "0.05945697"),
    "HL-6": ("65536", "-0.00099", "21.604172", 50, "86493.46174617"),
    "HL-8": ("66930", "0.0015", "20.043862", 50, "54108.51043771"),
    "HL-10": ("0.14333", "-351", "25.136807", 20, "0.20970228"),
}
TOLERANCE = {"HL-2": 10**6, "HL-4": 200, "HL-6": 15 * 10**6, "HL-8": 10**7, "HL-10": 200}
"""1e-10 dollar: what one unit of margin (1e-6 dollar) moves the price of so small a size."""


@pytest.mark.parametrize("vector", POSITIONS)
def test_the_liquidation_price_of_a_real_position(vector: str) -> None:
    """OB-MAR-9. Real positions of freqtrade's test file: HL-2, HL-4, HL-6, HL-8, HL-10."""
    entry, size, margin, leverage, published = POSITIONS[vector]
    value = dollars(abs(Fraction(size)) * Fraction(entry))
    found = liquidation_price(tokens(size), value, dollars(margin), flat(leverage))
    assert abs(found - price(published)) <= TOLERANCE[vector]


def btc(size: int) -> tuple[Floor, int]:
    floor = Floor(100_000, leverage=40)
    long, short = floor.pair(1, 100_000, 10_000, 10_000)
    return floor, long if size > 0 else short


@pytest.mark.parametrize(
    ("side", "liquidated", "backstop", "bankrupt"),
    [(1, "91139.2405", "90756.3025", "90000"), (-1, "108641.9753", "109090.9091", "110000")],
)
def test_the_three_prices_of_one_bitcoin(
    side: int, liquidated: str, backstop: str, bankrupt: str
) -> None:
    """OB-MAR-9. HL-12, off the market's own views."""
    floor, account = btc(side)
    view = floor.position(account)
    assert abs(view.liquidation_price - price(liquidated)) <= price("0.0001")
    assert abs(floor.market.backstop_price(account) - price(backstop)) <= price("0.0001")
    assert view.bankruptcy_price == price(bankrupt)


def table(*rows: tuple[str | int, int]) -> Tiers:
    """Tiers by their upper limit in dollars and leverage; the last holds the rest."""
    return Tiers(
        [
            Tier(
                dollars(limit) if limit else int(MAX_DOLLARS),
                leverage,
                -(-(10**12) // (2 * leverage)),
            )
            for limit, leverage in rows
        ],
        True,
    )


@pytest.mark.parametrize(
    ("rows", "notional", "maintenance"),
    [
        ([(150_000_000, 40), (0, 20)], 200_000_000, "3125000"),
        ([(100_000_000, 25), (0, 15)], 150_000_000, "3666666.67"),
        ([(70_000_000, 20), (0, 10)], 100_000_000, "3250000"),
        ([(10_000, 40), (50_000, 25), (0, 10)], 120_000, "4425"),
        ([(10_000, 40), (50_000, 25), (100_000, 10), (300_000, 5), (0, 3)], 400_000, "40091.67"),
    ],
)
def test_maintenance_by_tiers_with_deductions(
    rows: list[tuple[int, int]], notional: int, maintenance: str
) -> None:
    """OB-MAR-4. The five worked tables of the margin page."""
    found = table(*rows).maintenance(dollars(notional))
    assert abs(found - dollars(maintenance)) <= dollars("0.01")


def test_the_rank_of_two_longs() -> None:
    """OB-ADL-2. HL-26: 1.2 * 2 = 2.4 stands behind 1.0345 * 10 = 10.345."""
    floor = Floor(2500, leverage=50)
    first, _ = floor.pair(1, 2500, 1000, 3000)
    floor.tick(2900)
    second, _ = floor.pair(10, 2900, 2000, 9000)
    floor.tick(3000)
    holders = floor.market.desk.coin.holders
    low = rank(holders[first], floor.params)
    high = rank(holders[second], floor.params)
    assert floor.position(first).equity == dollars(1500)
    assert floor.position(second).equity == dollars(3000)
    assert low == 2_400_000_000_000
    assert abs(high - rate("10.3448275862")) < 10**3


def test_the_fee_is_cut_off_after_six_decimals() -> None:
    """OB-FEE-3. HL-22: 0.061384635 is 0.061384, 0.004637 for the maker; HL-24: a rebate."""
    assert fee_on(tokens(890), price("0.15327"), rate("0.00045")) == 61_384
    assert fee_on(tokens(890), price("0.15327"), rate("0.000034")) == 4_637
    assert fee_on(tokens(255), price("0.15021"), -rate("0.00001")) == -383


def test_the_closed_result_of_a_recorded_fill_names_its_entry() -> None:
    """OB-HOUSE-2. HL-22: 890 bought back at 0.15327 with -11.3475 were sold at 0.14052."""
    floor = Floor("0.14052", leverage=10)
    long, short = floor.pair(890, "0.14052", 125, 125)
    floor.tick("0.15327")
    house, holder = floor.market.house, floor.market.desk.coin.holders[short]
    assert house.close(holder, tokens(890), price("0.15327")) == dollars("-11.3475")
    assert floor.position(long).entry == dollars(Fraction("0.14052") * 890)


def test_the_average_price_of_a_walk_through_three_levels() -> None:
    """OB-FUN-2. HL-30: of 1 at 1.0, 3 at 1.1 and 10 at 1.2, five cost 1.1 each."""
    floor = Floor(1, leverage=5)
    maker = floor.who(cross=100)
    for at, size in (("1.0", 1), ("1.1", 3), ("1.2", 10)):
        floor.ask(maker, size, at)
    reach = floor.market.book.reach_of_size(True, tokens(5), price(2))
    assert reach.average() == price("1.1")


def test_what_a_sale_below_bankruptcy_would_have_left_unpaid() -> None:
    """OB-LIQ-3. HL-30: 0.4 at 0.8, bankrupt at 0.894737, is 0.0379 short; here it is not sold."""
    floor = Floor(1, leverage=5, size_decimals=2)
    long, _ = floor.pair("0.4", 1, "0.1", "10")
    holder = floor.market.desk.coin.holders[long]
    floor.market.house.charge(holder.holding.purse, dollars("0.1") - dollars("0.0421052"))
    bankrupt = floor.position(long).bankruptcy_price
    assert abs(bankrupt - price("0.894737")) < price("0.000001")
    assert abs(mul_div(bankrupt - price("0.8"), tokens("0.4"), 10**12) - 37_895) <= 1
    floor.bid(floor.who(cross=10), "0.4", "0.8")
    floor.tick("0.96")
    assert floor.position(long).size == tokens("0.4")


def test_a_hundred_in_a_vault_of_nine_hundred_takes_a_hundred_and_ninety_out() -> None:
    """OB-VAULT-6. HL-32: the vault grows to 2000, the leader has a tenth of the profit."""
    floor = Floor(100)
    leader, friend = floor.who(12_000), floor.who(100)
    account = floor.market.create_vault(leader, "lynx", dollars(900))
    shares = floor.venue.supply("COIN", "lynx", friend, dollars(100))
    assert floor.market.vault("lynx").assets == dollars(1000)
    floor.market.pay_in(floor.who(1000), dollars(1000))
    floor.market.house.shift(
        floor.market.house.members[max(floor.market.house.members)],
        floor.market.house.members[account],
        dollars(1000),
    )
    before = floor.wallet(leader)
    floor.tick(seconds=86_400)
    floor.venue.request_redeem("COIN", "lynx", friend, shares)
    floor.tick()
    assert abs(floor.venue.claim("COIN", "lynx", friend) - dollars(190)) <= 2
    assert abs(floor.wallet(leader) - before - dollars(10)) <= 2


@pytest.mark.parametrize(
    ("volume", "taker", "maker"),
    [
        ("0", "0.00045", "0.00015"),
        ("5000000", "0.00045", "0.00015"),
        ("5000001", "0.0004", "0.00012"),
        ("25000001", "0.00035", "0.00008"),
        ("100000001", "0.0003", "0.00004"),
        ("500000001", "0.00028", "0"),
        ("2000000001", "0.00026", "0"),
        ("7000000001", "0.00024", "0"),
    ],
)
def test_the_fee_tiers_of_the_documentation(volume: str, taker: str, maker: str) -> None:
    """OB-FEE-1."""
    tier: FeeTier = FeeTable().tier_of(dollars(volume))
    assert (tier.taker, tier.maker) == (rate(taker), rate(maker))
