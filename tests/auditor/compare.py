"""Engine and model side by side: every command goes to both, and afterwards all must agree."""

from collections import Counter

from seawall.engine.designs.layered import LayeredMarket
from seawall.engine.errors import Refusal
from seawall.engine.guards import MarketFacts
from seawall.engine.venue import Venue

from . import tiers as margins
from . import venue as model
from .money import Refused

MARKET = "M"

FIELDS = {
    "Filled": "account order size price fee spread impact result accrued withheld unpaid",
    "Cancelled": "account order reason",
    "RungReached": "rung account closed price result fee impact penalty shortfall returned",
    "AuctionOpened": "auction account size bankruptcy",
    "AuctionTaken": "auction account bidder size price penalty returned",
    "AuctionEnded": "auction account size_left outcome",
    "InsuranceMoved": "amount held advanced",
    "Deleveraged": "account size price profit withheld",
    "Settled": (
        "funding_rate funding utilisation income to_insurance to_treasury to_senior to_junior "
        "arrears"
    ),
    "VaultFlow": "vault account assets shares",
    "Halted": "guard until",
    "ReportRejected": "source",
}
QUOTED = ("size", "price", "value", "fee", "spread", "impact", "all_in")
TOLD_BY = {
    "Cancelled": "reason",
    "RungReached": "rung",
    "AuctionEnded": "outcome",
    "Halted": "guard",
}


class Pair:
    """A venue and its auditor, with one market or more."""

    def __init__(self, params, facts=None, markets=(MARKET,)) -> None:
        self.counted = Counter()
        facts = facts or MarketFacts()
        self.engine = Venue()
        self.model = model.Venue()
        for name in markets:
            self.engine.list_market(LayeredMarket(name, params, facts))
            self.model.list_market(name, params, facts)
        self.engine.listen()
        self.done: list[str] = []

    def __getitem__(self, name: str):
        return self.model.markets[name]

    def do(self, command: str, *args, **options):
        """Carry a command out on both; what it returned, or None where it was refused."""
        told = [*map(shown, args), *(f"{name}={value!r}" for name, value in options.items())]
        self.done.append(f"{command}({', '.join(told)})")
        try:
            expected, outcome = self.on_model(command, args, options), ""
        except Refused as refusal:
            expected, outcome = None, refusal.code
        except AssertionError as fault:
            raise self.failure("the model broke its own books", [repr(fault)]) from fault
        cause = None
        try:
            got, code = self.on_engine(command, args, options), ""
        except Refusal as refusal:
            got, code, cause = None, refusal.code, refusal
        if code != outcome:
            raise self.failure("refusal", [f"engine {code!r}, model {outcome!r}"]) from cause
        events = [told_of(event) for event in self.engine.drain()]
        differences = self.differences(events)
        if got != expected:
            differences.append(f"returned: engine {got}, model {expected}")
        if differences:
            raise self.failure("state", differences)
        self.count(command, outcome)
        self.model.events.clear()
        return got

    def on_model(self, command, args, options):
        return getattr(self.model, command)(*args, **options)

    def on_engine(self, command, args, options):
        if command == "restart_vault":
            return self.engine.market(args[0]).restart_vault(args[1])
        if command == "quote":
            quote = self.engine.market(args[0]).quote(args[1])
            return tuple(getattr(quote, field) for field in QUOTED)
        return getattr(self.engine, command)(*args, **options)

    def count(self, command: str, code: str) -> None:
        self.counted[f"{command}: refused, {code}" if code else f"{command}: done"] += 1
        for kind, _, *values in self.model.events:
            self.counted[f"{kind}{detail(kind, values)}"] += 1

    def failure(self, what: str, differences: list[str]) -> AssertionError:
        text = "\n".join(
            ["", f"auditor and engine differ ({what}) after:", *self.done, *differences]
        )
        return AssertionError(text)

    # what must agree

    def differences(self, events: list[tuple]) -> list[str]:
        expected = [event for event in self.model.events if event[0] in FIELDS]
        found = [
            f"event {a} of the engine is {b} in the model"
            for a, b in zip(events, expected, strict=False)
            if a != b
        ]
        for event in events[len(expected) :]:
            found.append(f"event {event} of the engine alone")
        for event in expected[len(events) :]:
            found.append(f"event {event} of the model alone")
        ours, theirs = self.model, self.engine
        pairs = [("now", theirs.now, ours.now), ("orders", theirs._numbering.next, ours.next_order)]
        for account in range(ours.accounts):
            pairs.append((f"wallet {account}", theirs.wallet(account), ours.wallet(account)))
        for name, market in ours.markets.items():
            pairs += market_pairs(name, theirs.market(name), market)
        assert ours.books.balanced()
        theirs.audit()
        return found + [
            f"{what}: engine {got}, model {wanted}" for what, got, wanted in pairs if got != wanted
        ]


def detail(kind: str, values: list) -> str:
    """What tells one event from another of its kind in the table of counts."""
    told = dict(zip(FIELDS.get(kind, "").split(), values, strict=False))
    if kind in ("Deleveraged", "Filled"):
        return ", short of the profit" if told["withheld"] > 0 else ""
    if kind == "InsuranceMoved":
        return ", into the pool" if told["amount"] > 0 else ", back"
    if kind == "VaultFlow":
        settled = ", settled" if told["assets"] else ", settled at nothing"
        return f", {told['vault']}{settled if told['account'] < 0 else ', deposit'}"
    if kind in TOLD_BY:
        return f", {told[TOLD_BY[kind]]}"
    return f", {values[-1]}" if values and kind not in FIELDS else ""


def shown(argument) -> str:
    """An argument of a command, as one would type it."""
    if not isinstance(argument, dict):
        return repr(argument)
    reports = {
        name: ", ".join(f"Report({r.source!r}, {r.price}, {r.time}, {r.confidence})" for r in heard)
        for name, heard in argument.items()
    }
    return "{" + ", ".join(f"{name!r}: [{heard}]" for name, heard in reports.items()) + "}"


def told_of(event) -> tuple:
    kind = type(event).__name__
    return (kind, event.market, *(getattr(event, field) for field in FIELDS[kind].split()))


def market_pairs(name, engine, market) -> list[tuple]:
    """(what, in the engine, in the model) for all that a market holds."""
    desk, pool = engine.desk, engine.desk.pool
    pairs = [
        ("mark", engine.mark(), market.mark),
        ("low", desk.low, market.low),
        ("high", desk.high, market.high),
        ("cash", pool.cash.amount, market.holds("cash")),
        ("reserve", pool.reserve.amount, market.holds("reserve")),
        ("income", pool.income.amount, market.holds("income")),
        ("insurance", pool.insurance.amount, market.holds("insurance")),
        ("clearing", desk.accrual.clearing.amount, market.holds("clearing")),
        ("claim", pool.claim, market.claim),
        ("arrears", pool.arrears, market.arrears),
        ("advanced", pool.advanced, market.advanced),
        ("shortfall", desk.accrual.shortfall, market.shortfall),
        ("open interest", engine.open_interest(), (market.interest(1), market.interest(-1))),
        ("entries", (desk.book.long_entry, desk.book.short_entry),
         (market.entries(1), market.entries(-1))),
        ("funding rate", desk.accrual.rate, market.rate),
        ("long index", desk.accrual.long_index, market.index[1]),
        ("short index", desk.accrual.short_index, market.index[-1]),
        ("move fee", desk.move_fee.at(market.now), market.move_fee.at(market.now)),
        ("positions", engine.open_positions(), sorted(market.positions)),
        ("orders", {n: (o.account, o.size, o.amount) for n, o in engine.waiting.orders.items()},
         {n: (o.account, o.size, market.holds("order", n)) for n, o in market.waiting.items()}),
        ("auctions", [(a.id, a.account, a.left, a.started) for a in engine.care.auctions.values()],
         [(a.number, a.owner.account, a.owner.size, a.started) for a in market.auctions]),
    ]  # fmt: skip
    for account, position in market.positions.items():
        pairs.append(
            (f"position {account}", seen(engine.position(account)), known(market, position))
        )
        index = desk.positions[account].index
        pairs.append((f"index of {account}", index, position.index))
    for vault, book in market.vaults.items():
        pairs += vault_pairs(vault, getattr(engine, vault), engine.vault(vault), market, book)
    return [(f"{name} {what}", got, wanted) for what, got, wanted in pairs]


def seen(view) -> tuple:
    """The engine's view of a position."""
    return (
        view.size, view.entry, view.margin, view.result, view.accrued, view.equity, view.value,
        view.initial, view.maintenance, view.bankruptcy_price, view.in_auction,
    )  # fmt: skip


def known(market, position) -> tuple:
    """The same of the model."""
    worth, tiers = market.worth(position), market.params.tiers
    return (
        position.size, position.entry, market.margin(position),
        market.result(position, market.mark), market.accrued(position), market.equity(position),
        worth, margins.initial(tiers, worth), margins.maintenance(tiers, worth),
        market.bankruptcy(position), position.auction is not None,
    )  # fmt: skip


def vault_pairs(name, vault, view, market, book) -> list[tuple]:
    pairs = [
        ("assets", view.assets, market.assets(name, market.low_value())),
        ("assets high", view.assets_high, market.assets(name, market.high_value())),
        ("shares", view.shares, book.supply()),
        ("series", view.series, book.series),
        ("pending", view.pending, book.escrow()),
        ("claims", view.claimable, market.holds(f"{name}-claims")),
        ("claims of all", view.claimable, sum(assets for _, _, assets in book.claims)),
        ("entry limit", view.entry_limit, market.entry_limit(name)),
        ("exit limit", view.exit_limit, market.exit_limit(name)),
    ]
    for account in (
        {r.account for r in book.requests} | {c[0] for c in book.claims} | {*book.balances}
    ):
        pairs += [
            (f"shares of {account}", vault.balance_of(account), book.balances.get(account, 0)),
            (f"pending of {account}", vault.pending_redeem_request(None, account),
             book.pending(account)),
            (f"claimable of {account}", vault.claimable_assets(account), book.claimable(account)),
        ]  # fmt: skip
    return [(f"{name} {what}", got, wanted) for what, got, wanted in pairs]
