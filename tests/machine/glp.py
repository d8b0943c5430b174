"""GMX v1's pool under the state machine: its laws."""

from fractions import Fraction

from machine.harness import Harness
from seawall.engine.designs.glp import GlpMarket, PoolParams
from seawall.engine.designs.glp import Params as GlpParams
from seawall.engine.designs.glp.watch import Holding
from seawall.engine.errors import Closed, LimitReached
from seawall.engine.events import Event, Filled
from seawall.engine.watch import DUE


class Glp(Harness):
    """The pool: small, so that reserves bind, and with borrowing that eats collateral."""

    design = "glp"
    vaults = ("glp",)
    seed = (("glp", 60_000),)
    seed_in_kind = (("glp", 60_000),)

    def __init__(self) -> None:
        self.changes = 0
        self.lost_on_spreads = Fraction(0)

    def list_as(self, name: str) -> GlpMarket:
        self.changes = 0
        self.lost_on_spreads = Fraction(0)
        pool = PoolParams(
            funding_factor=2_000, stable_factor=3_000, cooldown=60_000, fee_period=600_000
        )
        return GlpMarket(name, GlpParams(pool=pool, public_delay=4_000))

    def restart(self, market: GlpMarket, vault: str) -> None:
        raise Closed("not-worthless", f"{vault} goes on as it is, whatever it is worth")

    def note(self, events: list[Event], minutes: int) -> None:
        self.changes += len(events)

    def check_still(self, market: GlpMarket) -> None:
        assert 0 <= market.aum(False) <= market.aum(True)
        for token in market.pool.tokens:
            assert 0 <= token.reserved <= token.pool.amount
            assert min(token.fees.amount, token.debt, token.short_size) >= 0
        for account in market.open_positions():
            for view in market.positions_of(account):
                assert view.entry > 0
                assert view.equity == view.margin + view.result - view.accrued
        self._check_value(market)

    def _check_value(self, market: GlpMarket) -> None:
        """Pool and collateral are AUM and what the positions are worth, to the roundings.

        Who fills on a spread loses it at once. The pool has it, but AUM shows it only when the
        position is gone: a long reserves tokens at the lower price and owns fewer, at the higher;
        the average of all shorts follows the price at which they open, not the one at which they
        are valued. So AUM may be lower by those spreads, never higher.
        """
        if market.mark() == 0 or market.book.index.feed.low != market.book.index.feed.high:
            return
        index, cash = market.book.index, market.pool.named("USD")
        worth = cash.pool.amount + cash.custody.amount + index.dollars_low(index.pool.amount)
        views = [v for account in market.open_positions() for v in market.positions_of(account)]
        claims = sum(view.margin + view.result for view in views)
        entries = sum(view.entry for view in views)
        dust = 200 * (self.changes + 2) + (entries + index.short_size) // 10**6
        spreads = self.lost_on_spreads * market.mark() / 10**12
        assert -dust <= worth - claims - market.aum(True) <= dust + spreads
        assert -dust <= market.short_check() <= dust + spreads

    def _note_spread(self, market: GlpMarket, events: list[Event]) -> None:
        """Tokens (1e-8) that fills on a spread leave to the pool, at most: it, on all there was."""
        filled = sum(abs(event.size) for event in events if isinstance(event, Filled))
        feed = market.book.index.feed
        if filled and feed.low:
            spread = Fraction(int(feed.high - feed.low), int(feed.low))
            self.lost_on_spreads += (filled + sum(market.open_interest())) * spread

    def check_advance(self, market: GlpMarket, events: list[Event], thorough: bool) -> None:
        """By a plain scan: whoever could be liquidated waits for it."""
        self._note_spread(market, events)
        if market.mark() == 0 or market.oracle.is_stale(market.now):
            return
        for number, holding in market.book.positions.items():
            state, _, _ = market.book.state_of(holding)
            assert state == 0 or holding.standing == DUE, f"{number} is overlooked"
            assert state == 0 or not thorough or self._is_blocked(market, holding, events)

    def _is_blocked(self, market: GlpMarket, holding: Holding, events: list[Event]) -> bool:
        """Only what the pool cannot pay now may be left, or who came after the liquidations."""
        if any(isinstance(event, Filled) for event in events):
            return True
        try:
            market.book.plan_decrease(holding, holding.quantity(), 0)
        except LimitReached as refusal:
            return refusal.code == "reserve-exceeds-pool"
        return False

    def check_quote(self, market: GlpMarket, size: int) -> None:
        """There is no slippage: the price of an order does not depend on its size."""
        if market.mark() == 0 or abs(size) < 2:
            return
        try:
            whole, half = market.quote(size), market.quote(size // 2)
        except LimitReached:
            return
        assert whole.all_in == half.all_in
        assert (whole.all_in - market.mark()) * size >= 0
