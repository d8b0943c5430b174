"""Small markets under hostile weather, and random commands that make much of it happen.

An *intent* is a kind of command and five numbers from 0 to 999; what it means depends on what is
there: which positions, orders and auctions are open, what the price is. So any list of intents is
a run, and a shorter list is a run as well.
"""

from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.layered import Params
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    LeverageStep,
    MarketFacts,
    PositionCap,
)
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report

from .compare import MARKET, Pair
from .money import DOLLAR, MINUTE, MOST_DOLLARS, MOST_PRICE, MOST_SIZE, PRICE, TOKEN, WORTH

PERCENT = 10**10
NOON = 1_700_000_000_000
LENDERS = (2, 3, 4)
TRADERS = tuple(range(5, 13))
EVERYBODY = (*LENDERS, *TRADERS)

KINDS = {
    "advance": 30,
    "place": 24,
    "crowd": 2,
    "cancel": 2,
    "add_margin": 2,
    "remove_margin": 2,
    "supply": 4,
    "request_redeem": 4,
    "claim": 2,
    "bid": 8,
    "deposit": 1,
    "withdraw": 1,
    "quote": 1,
    "restart_vault": 1,
    "nonsense": 1,
}
"""Kinds of intent and how often each is drawn."""


def small_tiers(*rows: tuple[int, int, int]) -> Tiers:
    """(limit in dollars, leverage, maintenance in percent), and a last row for the rest."""
    *steps, last = rows
    return Tiers(
        [Tier(limit * DOLLAR, leverage, rate * PERCENT) for limit, leverage, rate in steps]
        + [Tier(MOST_DOLLARS, last[1], last[2] * PERCENT)],
        False,
    )


class World:
    """A market, what stands behind it, and the weather over it."""

    def __init__(
        self, params, facts=None, *, senior, junior, price, breeze, gusts, steps, sources=1
    ) -> None:
        self.params = params
        self.facts = facts
        self.senior = senior * DOLLAR
        self.junior = junior * DOLLAR
        self.price = price
        self.breeze = breeze  # the usual moves of the price, 1e-4
        self.gusts = gusts
        self.steps = steps  # ms
        self.sources = sources


def worlds() -> dict[str, World]:
    """Every world that the auditor visits, by name."""
    short = {"junior_epoch": 5 * MINUTE, "senior_epoch": 2 * MINUTE}
    second = 1000
    return {
        "defaults": World(
            Params(junior_epoch=60 * MINUTE, senior_epoch=20 * MINUTE),
            senior=10_000_000, junior=4_000_000, price=2000 * PRICE,
            breeze=(0, 4, -4, 25, -25, 60, -60, -90), gusts=(300, -300, -700, 600, -1500, 1500),
            steps=(0, 1, 999, second, 5 * second, 15 * second, MINUTE, 3 * MINUTE),
        ),
        "small": World(
            Params(
                **short,
                move_fee=5 * PERCENT,
                tiers=small_tiers((2_000, 50, 1), (10_000, 20, 3), (60_000, 10, 5), (0, 5, 10)),
            ),
            senior=100_000, junior=40_000, price=17 * PRICE + 123_457,
            breeze=(0, 5, -5, 30, -30, 70, -70), gusts=(250, -250, -1200, 1100, -3000, 4000),
            steps=(0, 1, 999, second, 2 * second, 10 * second, 30 * second, MINUTE, 4 * MINUTE),
        ),
        "thin": World(
            Params(
                **short,
                band_edges=[10 * PERCENT // 100, 3 * PERCENT, 10 * PERCENT],
                senior_weights=[70 * PERCENT, 30 * PERCENT, 0],
                junior_weights=[0, 50 * PERCENT, 50 * PERCENT],
                depth_factor=7 * 10**11 + 13,
                tiers=small_tiers((3_000, 90, 1), (0, 20, 4)),
                order_delay=1,
                move_fee=PERCENT,
                move_fee_fade=7 * second,
                partial_pace=4 * 10**9,
                partial_target=15 * 10**11,
                deleverage_every=5 * second,
                deleverage_batch=37 * PERCENT,
                cover_floor=15 * PERCENT,
                coupon_base=90 * PERCENT,
                coupon_slope=90 * PERCENT,
                insurance_share=40 * PERCENT,
                insurance_target=20 * PERCENT,
                utilisation_high=60 * 10**12,
                funding_max=10 * PERCENT,
                side_cap=2 * 10**12,
                smallest_position=37 * DOLLAR,
                auction_duration=17 * second,
                auction_step=4 * second,
                oracle=OracleParams(quorum=1, jump=0, max_age=20 * second),
            ),
            senior=30_000, junior=7_000, price=PRICE // 250 + 7,
            breeze=(0, 9, -9, 45, -45, 90), gusts=(-700, 900, 2500, -2000, -6000, 9000, 16000),
            steps=(0, 1, second, 3 * second, 10 * second, 30 * second, 2 * MINUTE, 20 * MINUTE),
        ),
        "guarded": World(
            Params(
                **short,
                tiers=small_tiers((5_000, 50, 1), (20_000, 25, 2), (0, 5, 10)),
                funding_max=3 * PERCENT,
                funding_pace=2 * 10**11,
                oracle=OracleParams(
                    quorum=2, weights={"a": 3, "b": 2, "c": 1}, outlier=5 * PERCENT,
                    use_spread=True, max_age=30 * second, jump=8 * PERCENT,
                    max_confidence=15 * 10**9,
                ),
                guards=Guards(
                    open_interest=AdaptiveOpenInterestCap(
                        value_share=15 * PERCENT, depth_share=60 * PERCENT
                    ),
                    position=PositionCap(),
                    leverage=AdaptiveLeverage(
                        value_steps=[LeverageStep(10**6 * DOLLAR, 30)],
                        volume_steps=[LeverageStep(10**5 * DOLLAR, 12)],
                    ),
                    price_breaker=PriceBreaker(
                        move=20 * PERCENT, window=3 * MINUTE, pause=40 * second
                    ),
                    funding_breaker=FundingBreaker(15 * 10**9),
                ),
            ),
            MarketFacts(
                market_value=900_000 * DOLLAR, volume=150_000 * DOLLAR, depth=170_000 * DOLLAR
            ),
            senior=90_000, junior=50_000, price=250 * PRICE,
            breeze=(0, 7, -7, 30, -30, 60, -60), gusts=(-300, 300, 900, -900, -2500, 2000),
            steps=(0, 1, second, 5 * second, 20 * second, 40 * second, MINUTE, 4 * MINUTE),
            sources=3,
        ),
    }  # fmt: skip


class Storm:
    """One run through a world: intents in, commands out, engine and auditor compared."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.pair = Pair(world.params, world.facts)
        self.market = self.pair[MARKET]
        self.price = world.price
        self.heard: dict[str, int] = {}
        self.now = NOON
        for number in EVERYBODY:
            assert self.pair.do("open_account") == number
            self.pair.do("deposit", number, 3 * (world.senior + world.junior))
        self.pair.do("supply", MARKET, "junior", LENDERS[0], world.junior)
        self.report([0] * 5)
        self.pair.do("supply", MARKET, "senior", LENDERS[1], world.senior)

    def run(self, intents) -> None:
        for kind, *numbers in intents:
            if self.market.auctions and kind == "place" and numbers[0] % 3 == 0:
                kind = "bid"  # while something is on offer, many bid
            getattr(self, kind)(*numbers)

    # what a number picks

    def trader(self, a: int) -> int:
        return TRADERS[a % len(TRADERS)]

    def owner(self, a: int) -> int:
        """Mostly somebody with a position."""
        held = list(self.market.positions)
        return held[a % len(held)] if held and a % 10 else self.trader(a)

    def tokens(self, dollars: int) -> int:
        return dollars * WORTH // max(self.market.mark, 1)

    # time

    def advance(self, a, b, c, d, e) -> None:
        self.now += self.world.steps[a % len(self.world.steps)]
        moves = self.world.gusts if b % 24 == 0 else self.world.breeze
        move = moves[b // 24 % len(moves)]
        if b % 24 > 6:  # for some minutes the wind blows one way
            move = abs(move) if self.now // (5 * MINUTE) % 2 else -abs(move)
        self.price = self.price * (10_000 + move) // 10_000 + b % 7
        self.price = min(max(self.price, 10), 10**14)
        if a % 9 == 0:
            self.price = self.brink(b, c % 3 - 1)
        budget = d // 6 % 6 if d % 6 == 0 else 10**9
        if c % 12 == 0:
            self.pair.do("advance", self.now, budget=budget)
        else:
            self.report([a, b, c, d, e], budget)

    def brink(self, a: int, beside: int) -> int:
        """The price at which somebody is just liquidated, or the one next to it."""
        view = self.pair.engine.market(MARKET).position(self.owner(a))
        price = view.liquidation_price + beside if view else self.price
        return price if 2 * abs(price - self.price) < self.price else self.price

    def report(self, numbers, budget=10**9) -> None:
        a, _, c, d, e = numbers
        reports = []
        for place, source in enumerate("abc"[: self.world.sources]):
            time = self.now - (d % 3000 if e % 9 == 0 else 0)
            if time <= self.heard.get(source, -1) or (self.world.sources > 1 and e % 7 == place):
                continue
            self.heard[source] = time
            price = self.price
            if self.world.sources > 1:
                price += price * (a * (place + 1) % 11 - 5) // 3000
            if c % 31 == place + 1:
                price = price * 2 if e % 2 else price // 2
            width = (0, 0, 0, 0, 0, 1, 4, 8, 12, 30)[c // 12 % 10] * price // 1000
            reports.append(Report(source, max(price, 1), time, width))
        self.pair.do("advance", self.now, {MARKET: reports}, budget)

    # orders

    def place(self, a, b, c, d, e) -> None:
        account = self.trader(a)
        held = self.market.positions.get(account)
        side = 1 if b % 2 else -1
        if e % 3 == 0:
            side = 1 if self.now // (7 * MINUTE) % 2 else -1  # the crowd leans one way
        capital = max(self.market.capital(), 1000 * DOLLAR)
        dollars = capital * (1, 3, 8, 20, 50, 120, 400, 1200)[b // 2 % 8] // 1000
        size = side * self.tokens(dollars + d)
        if held and c % 3 == 0:  # some of it, all of it, and the other way
            size = -held.size * (1, 2, 1, 3, 1, 199, 3)[d % 7] // (1, 1, 2, 2, 3, 200, 1)[d % 7]
        size = max(min(size, MOST_SIZE), -MOST_SIZE)
        dollars = abs(size) * self.market.mark // WORTH
        tiers = self.world.params.tiers
        leverage = tiers.tiers[tiers.index_of(dollars)].leverage
        margin = dollars * (104, 110, 120, 140, 170, 200, 250, 400)[e % 8] // leverage // 100
        margin = margin if e % 13 else margin // 2
        options = {}
        reduces = held and held.size * size < 0 and d % 5 < 2
        if reduces or d % 41 == 0:
            options["reduce_only"] = True
            margin = 0 if e % 20 else margin
        kind = ("market", "market", "limit", "stop", "take-profit", "limit")[c // 3 % 6]
        near = (-30, -10, -3, -1, 0, 1, 3, 10, 30)[c // 18 % 9]
        if kind != "market":
            options |= {"kind": kind, "trigger": max(self.market.mark * (1000 + near) // 1000, 1)}
        if e // 10 % 3 == 0 or (kind == "limit" and e // 10 % 3 == 1):
            slack = (2, 20, 300, 1)[e // 30 % 4] * (1 if size > 0 else -1)
            options["acceptable"] = max(self.market.mark * (1000 + slack) // 1000, 0)
        if d // 5 % 3 == 0:
            options["partial"] = True
        if d % 97 == 0:  # nothing is too large for an order but the number itself
            size, margin = side * MOST_SIZE // (1 + e), 0
        if d % 53 == 0:
            options["acceptable"] = MOST_PRICE // (1 + e % 5)
        if size != 0:
            self.pair.do("place", MARKET, account, size, margin, **options)

    def crowd(self, a, b, c, d, e) -> None:
        """Many do the same, with the least margin, and the next report fills them."""
        side = 1 if b % 2 else -1
        dollars = self.market.capital() * (1, 2, 5, 10, 30)[c % 5] // 1000
        for number in range(3 + a % 4):
            size = side * self.tokens(dollars * (20 + number) // 20 + d)
            worth = abs(size) * self.market.mark // WORTH
            tiers = self.world.params.tiers
            margin = worth * 107 // 100 // tiers.tiers[tiers.index_of(worth)].leverage
            if size != 0:
                self.pair.do("place", MARKET, self.trader(e + number), size, margin)
        self.now += 1000 + d
        self.report([1, b, 1, 1, 1])

    def cancel(self, a, *_) -> None:
        orders = list(self.market.waiting.values())
        if orders:
            order = orders[a % len(orders)]
            self.pair.do("cancel", MARKET, order.account, order.number)

    def add_margin(self, a, b, c, *_) -> None:
        account = self.owner(a)
        worth = self.market.holds("margin", account)
        self.pair.do("add_margin", MARKET, account, worth * (b % 200) // 100 + 1 + c)

    def remove_margin(self, a, b, c, *_) -> None:
        account = self.owner(a)
        part = self.market.holds("margin", account) * (b % 100) // 100
        self.pair.do("remove_margin", MARKET, account, part // (1, 2, 5, 10)[c % 4] + 1)

    def bid(self, a, b, c, d, e) -> None:
        if not self.market.auctions:
            return
        auction = self.market.auctions[a % len(self.market.auctions)]
        offered = abs(auction.owner.size)
        size = max(offered * (100, 100, 50, 30, 7, 99, 130)[b % 7] // 100, 1)
        worth = size * self.market.mark // WORTH
        margin = worth // (5, 10, 20, 30, 60)[c % 5] + d
        same = [
            account
            for account, p in self.market.positions.items()
            if p.size * auction.owner.size > 0 and p is not auction.owner
        ]
        bidder = same[d % len(same)] if same and e % 2 else EVERYBODY[d % len(EVERYBODY)]
        self.pair.do("bid", MARKET, bidder, auction.number, size, margin)

    # vaults

    def vault(self, a: int) -> str:
        return ("junior", "senior")[a % 2]

    def supply(self, a, b, c, d, *_) -> None:
        vault = self.vault(a)
        limit = self.market.entry_limit(vault)
        assets = self.world.junior * (b % 60 + 1) // 200 + d
        if c % 4 == 0 and limit > 0:
            assets = limit // (1, 2, 3)[c % 3] + d % 2
        self.pair.do("supply", MARKET, vault, LENDERS[c % len(LENDERS)], assets + 1)

    def request_redeem(self, a, b, c, *_) -> None:
        vault = self.vault(a)
        account = LENDERS[c % len(LENDERS)]
        book = self.market.vaults[vault]
        shares = book.balances.get(account, 0) * (b % 103) // 100 // (1 + c % 3) + 1
        if b % 4 == 0:  # as much as may leave now
            assets = self.market.assets(vault, self.market.low_value())
            room = book.through_gate(assets, self.market.exit_limit(vault)) - book.escrow()
            account = max(book.balances, key=book.balances.get, default=account)
            shares = min(room, book.balances.get(account, 0))
        self.pair.do("request_redeem", MARKET, vault, account, shares)

    def claim(self, a, b, *_) -> None:
        claims = self.market.vaults[self.vault(a)].claims
        account = claims[0][0] if claims else LENDERS[b % len(LENDERS)]
        self.pair.do("claim", MARKET, self.vault(a), account)

    def restart_vault(self, a, *_) -> None:
        self.pair.do("restart_vault", MARKET, self.vault(a))

    # the rest

    def deposit(self, a, b, *_) -> None:
        self.pair.do("deposit", EVERYBODY[a % len(EVERYBODY)], self.world.junior * (b + 1) // 1000)

    def withdraw(self, a, b, *_) -> None:
        account = EVERYBODY[a % len(EVERYBODY)]
        self.pair.do("withdraw", account, self.pair.model.wallet(account) * (b % 30) // 25 + 1)

    def quote(self, a, b, *_) -> None:
        dollars = self.market.capital() * (b + 1) // 700
        self.pair.do("quote", MARKET, self.tokens(dollars + a) * (1 if a % 2 else -1))

    def nonsense(self, a, b, *_) -> None:
        """Commands that nobody should send."""
        trader, huge = self.trader(b), 10**19
        choices = (
            ("deposit", 999, 1),
            ("deposit", trader, 0),
            ("deposit", trader, MOST_DOLLARS),
            ("deposit", trader, huge),
            ("withdraw", trader, huge),
            ("place", "elsewhere", trader, TOKEN, 0),
            ("place", MARKET, trader, 0, 0),
            ("place", MARKET, trader, -huge, 0),
            ("place", MARKET, trader, TOKEN, -1),
            ("place", MARKET, trader, 1, 0),
            ("place", MARKET, trader, TOKEN, MOST_DOLLARS),
            ("place", MARKET, trader, MOST_SIZE, MOST_DOLLARS),
            ("cancel", MARKET, trader, 0),
            ("add_margin", MARKET, trader, 0),
            ("add_margin", MARKET, trader, MOST_DOLLARS),
            ("remove_margin", MARKET, trader, huge),
            ("supply", MARKET, "mezzanine", trader, 1),
            ("supply", MARKET, "junior", trader, 0),
            ("supply", MARKET, "senior", trader, MOST_DOLLARS),
            ("request_redeem", MARKET, "junior", trader, 0),
            ("request_redeem", MARKET, "senior", trader, 1),
            ("claim", MARKET, "mezzanine", trader),
            ("bid", MARKET, trader, 10**6, TOKEN, 0),
            ("bid", MARKET, trader, 1, 0, 0),
            ("bid", MARKET, trader, 1, TOKEN, -1),
            ("advance", self.now - 1),
            ("advance", huge),
            ("advance", self.now + 401 * 1440 * MINUTE),
            ("advance", self.now, None, -1),
            ("advance", self.now, {"elsewhere": []}),
            ("advance", self.now, {MARKET: [Report("a", 0, self.now)]}),
            ("advance", self.now, {MARKET: [Report("a", 1, self.now + 1)]}),
            ("advance", self.now, {MARKET: [Report("a", PRICE, 1)]}),
            ("quote", MARKET, 0),
        )
        command, *args = choices[a % len(choices)]
        self.pair.do(command, *args)
