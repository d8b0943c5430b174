"""What time does: a price is taken, minutes are charged, the keeper works, minutes are settled."""

from fractions import Fraction
from math import ceil, floor

from . import ladder
from .market import Market
from .money import DEBT, MINUTE, RATE, ratio, sign, trunc

HOURS = 60 * 10**9  # rate * price an hour, in index units a minute
YEARS = 525_600 * 10**9
TREASURY = ("wallet", 0)


def advance(market: Market, now: int, reports, budget: int) -> None:
    minutes = now // MINUTE - market.now // MINUTE if market.now > 0 else 0
    market.now = now
    take_price(market, reports)
    report = dict.fromkeys(
        ["funding_rate", "funding", "utilisation", "income", "to_insurance", "to_treasury",
         "to_senior", "to_junior", "arrears"], 0,
    )  # fmt: skip
    if market.mark > 0:
        accrue(market, minutes, report)
        for breaker in market.guards.watch(market.mark, market.rate, now):
            until = market.guards.price_halt if breaker == "price-breaker" else 0
            market.log("Halted", breaker, until)
        market.halted = market.guards.halted_by(now) != ""
        ladder.work(market, budget)
    for _ in range(minutes):
        settle_minute(market, report)
    if minutes > 0:
        market.paced = 0
        market.log("Settled", *report.values())
    settle_epochs(market)


def take_price(market: Market, reports) -> None:
    oracle = market.oracle
    oracle.take(reports, market.now)
    for source in oracle.rejected:
        market.log("ReportRejected", source)
    if oracle.price == 0:
        return
    if (oracle.price, oracle.low, oracle.high) != (market.mark, market.low, market.high):
        market.move_fee.move(market.mark, oracle.price, market.now)
        market.mark, market.low, market.high = oracle.price, oracle.low, oracle.high
        market.vaults_changed()


def accrue(market: Market, minutes: int, report: dict) -> None:
    for _ in range(minutes):
        fund(market, report)
        market.vaults_changed()


def fund(market: Market, report: dict) -> None:
    params = market.params
    skew, used = market.skew(), market.utilisation()
    target = trunc(params.funding_max * ratio(skew))
    market.rate += trunc((target - market.rate) * ratio(params.funding_pace))
    way = 1 if market.rate > 0 else -1
    pays = ceil(Fraction(abs(market.rate) * market.mark, HOURS))
    gets = floor(Fraction(abs(market.rate) * market.mark, HOURS))
    raised = floor(Fraction(market.interest(way) * pays, DEBT))
    receivers = market.interest(-way)
    if ceil(Fraction(receivers * gets, DEBT)) > raised + market.holds("cash"):
        gets = floor(Fraction((raised + market.holds("cash")) * DEBT, receivers))
        market.log("funding cut to what there is")
    promised = ceil(Fraction(receivers * gets, DEBT))
    market.index[way] += pays
    market.index[-way] -= gets
    if raised < promised:
        due = min(promised - raised, market.holds("cash"))
        market.pay(market.pot("cash"), market.pot("clearing"), due)
        market.log("vaults pay funding")
    else:
        market.pay(market.pot("clearing"), market.pot("income"), raised - promised)
    fee = 0
    if skew != 0:
        step = ceil(Fraction(utilisation_fee(market, used) * market.mark, YEARS))
        fee = floor(Fraction(market.interest(sign(skew)) * step, DEBT))
        market.index[sign(skew)] += step
        market.pay(market.pot("clearing"), market.pot("income"), fee)
    report["funding_rate"] = market.rate
    report["funding"] += raised - promised
    report["utilisation"] += fee


def utilisation_fee(market: Market, used: int) -> int:
    """a(u)."""
    if used > market.params.utilisation_kink:
        market.log("utilisation beyond the kink")
    low, high = market.params.utilisation_low, market.params.utilisation_high
    kink = market.params.utilisation_kink
    if used <= kink:
        return ceil(Fraction(low * used, kink))
    return low + ceil(Fraction((high - low) * (used - kink), RATE - kink))


def settle_minute(market: Market, report: dict) -> None:
    cost = ceil(Fraction(market.curve().cost(market.used(), ceil), 1000))
    surplus = max(market.holds("reserve") - cost, 0)
    market.pay(market.pot("reserve"), market.pot("income"), surplus // 60)
    share_income(market, report)
    repaid = min(market.advanced, max(market.low_value() - market.claim, 0), market.holds("cash"))
    market.pay(market.pot("cash"), market.pot("insurance"), repaid)
    market.advanced -= repaid
    if repaid:
        market.log("InsuranceMoved", -repaid, market.holds("insurance"), market.advanced)
    market.vaults_changed()


def share_income(market: Market, report: dict) -> None:
    params = market.params
    income = market.holds("income")
    target = floor(market.claim * ratio(params.insurance_target))
    insured = min(
        floor(income * ratio(params.insurance_share)),
        max(target - market.holds("insurance"), 0),
    )
    treasury = floor(income * ratio(params.treasury_share))
    left = income - insured - treasury
    to_senior = due = 0
    if market.vaults["senior"].supply() > 0:
        slope = floor(params.coupon_slope * ratio(market.utilisation()))
        yearly = market.claim * ratio(params.coupon_base + slope)
        due = floor(yearly / 525_600) + market.arrears
        earned = floor(Fraction(left * market.walked_senior, market.walked)) if market.walked else 0
        to_senior = min(left, max(due, earned))
    market.arrears = max(due - to_senior, 0)
    market.claim += to_senior
    market.pay(market.pot("income"), market.pot("insurance"), insured)
    market.pay(market.pot("income"), TREASURY, treasury)
    market.pay(market.pot("income"), market.pot("cash"), left)
    market.walked = market.walked_senior = 0
    for name, amount in (
        ("income", income),
        ("to_insurance", insured),
        ("to_treasury", treasury),
        ("to_senior", to_senior),
        ("to_junior", left - to_senior),
    ):
        report[name] += amount
    report["arrears"] = market.arrears
    if market.arrears:
        market.log("coupon in arrears")


def settle_epochs(market: Market) -> None:
    if not market.vaults_priced():
        return
    for name in ("senior", "junior"):
        vault = market.vaults[name]
        supply = vault.supply()
        asked = vault.due(market.now)
        shares, assets = vault.settle(
            market.assets(name, market.low_value()), market.exit_limit(name), market.now
        )
        if shares == 0:
            continue
        if name == "senior":
            market.claim -= ceil(Fraction(market.claim * shares, supply))
        market.pay(market.pot("cash"), market.pot(f"{name}-claims"), assets)
        market.vaults_changed()
        market.log("VaultFlow", name, -1, -assets, -shares)
        market.log("requests settled", f"{name} in part" if shares < asked else f"{name} whole")
