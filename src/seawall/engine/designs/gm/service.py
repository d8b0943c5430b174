"""What a GM market gives beside orders: collateral moved in and out, liquidity, claims."""

from mypy_extensions import i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.execution import check_purse, decrease_by, note_increase
from seawall.engine.designs.gm.increase import commit_increase, plan_increase
from seawall.engine.designs.gm.liquidity import plan_deposit
from seawall.engine.designs.gm.orders import PNL_TO_COLLATERAL
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.designs.gm.trading import Trading
from seawall.engine.errors import NotEnough, Refusal, Unknown
from seawall.engine.events import VaultFlow
from seawall.engine.fixed import HOUR, MAX_DOLLARS, MAX_TIME, PRICE, RATE, check_range
from seawall.engine.venue import TREASURY_ACCOUNT

VAULT = "gm"
"""Name of the pool among the vaults."""


class Service(Trading):
    """The commands of those who provide liquidity, move collateral and collect claims."""

    # collateral, as every design takes it

    def _dollar_position(self, account: int) -> Holding:
        desk = self.desk
        kind: i64 = desk.kind_of(0)
        best: Holding | None = None
        if kind >= 0:
            for is_long in (True, False):
                found = desk.find(account, is_long, kind)
                if found is not None and (best is None or found.quantity() > best.quantity()):
                    best = found
        if best is None:
            raise Unknown(
                "unknown-position", f"account {account} has no position on dollars in {self.name}"
            )
        return best

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars into the largest position on dollars; due fees are settled by it."""
        position = self._dollar_position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        check_purse(wallet.amount, amount, "USD")
        desk = self.desk
        kind: i64 = desk.kind(position)
        plan = plan_increase(desk, account, position.size > 0, kind, 0, 0, amount, 0, -1)
        before = desk.treasury_holds()
        commit_increase(desk, plan, wallet)
        desk.note_treasury(before)
        if self.journal.listening:
            note_increase(desk, plan, -1, kind, PRICE)

    def remove_margin(self, account: int, amount: int) -> None:
        """Move dollars out of the largest position on dollars, down to what opening needs."""
        position = self._dollar_position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_open()
        self._check_price_for_opening()
        if amount > position.amount:
            raise NotEnough(
                "collateral-too-small",
                f"{amount} is above {position.amount}, the collateral (1e-6 dollar)",
                amount,
                int(position.amount),
            )
        before = self.desk.treasury_holds()
        decrease_by(self.desk, position, 0, amount, False, 0, PNL_TO_COLLATERAL, -1, 0, -1, -1)
        self.desk.note_treasury(before)

    # liquidity

    def _check_vault(self, vault: str) -> None:
        if vault != VAULT:
            raise Unknown("unknown-vault", f"vault {vault!r} is not {VAULT}")

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Deposit dollars at once, at the last price; the GM minted."""
        self._check_vault(vault)
        check_range("assets", assets, 1, int(MAX_DOLLARS), "1e-6 dollar")
        kind: i64 = self.desk.kind_of(0)
        return self._deposit_now(
            account, assets if kind == LONG else 0, assets if kind == SHORT else 0
        )

    def supply_in_kind(self, vault: str, account: int, amount: int) -> int:
        """Deposit index tokens at once, at the last price; the GM minted."""
        self._check_vault(vault)
        self._check_account(account)
        check_range("amount", amount, 1, int(MAX_DOLLARS), "1e-8 token")
        desk = self.desk
        kind: i64 = desk.kind_of(i64(desk.pool.index.number))
        if kind < 0:
            raise Unknown("no-entry-in-kind", f"{self.name} takes dollars only")
        return self._deposit_now(
            account, amount if kind == LONG else 0, amount if kind == SHORT else 0
        )

    def supply_tokens(self, account: int, long: int, short: int) -> int:
        """Deposit long and short tokens at once, at the last price; the GM minted."""
        check_range("long", long, 0, int(MAX_DOLLARS), "the token's unit")
        check_range("short", short, 0, int(MAX_DOLLARS), "the token's unit")
        self._check_account(account)
        return self._deposit_now(account, long, short)

    def _deposit_now(self, account: int, long: i64, short: i64) -> int:
        desk = self.desk
        pool = desk.pool
        self._check_open()
        self._check_price_for_opening()
        long_purse = desk.purse(account, LONG)
        short_purse = desk.purse(account, SHORT)
        check_purse(long_purse.amount, long, pool.long.name)
        check_purse(short_purse.amount, short, pool.short.name)
        plan = plan_deposit(pool, desk.prices, long, short)
        before = desk.treasury_holds()
        plan.commit(long_purse, short_purse, account, self.accounts[TREASURY_ACCOUNT], None)
        desk.note_treasury(before)
        value: i64 = pool.long.usd(long, desk.collateral_price(LONG))
        value += pool.short.usd(short, desk.collateral_price(SHORT))
        self._vault_flow(account, value, plan.minted)
        return plan.minted

    def create_deposit(
        self,
        account: int,
        long: int,
        short: int,
        least: int = 0,
        *,
        locked: bool = False,
        long_token: str = "",
        short_token: str = "",
        long_path: list[Trading] | None = None,
        short_path: list[Trading] | None = None,
    ) -> int:
        """Ask to deposit long and short tokens at a later price; the request's number.

        ``least`` is the GM that must be minted. ``locked`` gives a first deposit's GM to nobody.
        Either leg may begin with another token and be swapped along a path of markets.
        """
        self._check_account(account)
        self._check_open()
        first: int = self.treasury.index(long_token) if long_token else -1
        second: int = self.treasury.index(short_token) if short_token else -1
        number = self.numbering.take()
        try:
            self.requests.create_deposit(
                number, account, long, short, least, _desks(long_path), _desks(short_path), first,
                second, locked,
            )  # fmt: skip
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def create_withdrawal(
        self,
        account: int,
        shares: int,
        least_long: int = 0,
        least_short: int = 0,
        *,
        long_path: list[Trading] | None = None,
        short_path: list[Trading] | None = None,
    ) -> int:
        """Ask to leave with ``shares`` at a later price; the request's number.

        The long and the short tokens are paid out, either along a path of markets.
        """
        self._check_account(account)
        self._check_open()
        number = self.numbering.take()
        try:
            self.requests.create_withdrawal(
                number, account, shares, least_long, least_short, _desks(long_path),
                _desks(short_path),
            )  # fmt: skip
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def create_shift(self, account: int, shares: int, target: Trading, least: int = 0) -> int:
        """Ask to move ``shares`` into another market of the same tokens; the request's number."""
        self._check_account(account)
        self._check_open()
        number = self.numbering.take()
        try:
            self.requests.create_shift(number, account, shares, target.desk, least)
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def cancel_request(self, account: int, number: int) -> None:
        """Take a request back once the delay is over; what it brought returns."""
        self.requests.cancel(account, number)

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Ask to leave with ``shares`` at a later price, in both tokens; the request's number."""
        self._check_vault(vault)
        return self.create_withdrawal(account, shares)

    def claim(self, vault: str, account: int) -> int:
        """Collect funding credited in dollars: exits are paid out by themselves.

        Raises :class:`NotEnough` (``nothing-to-claim``).
        """
        self._check_vault(vault)
        return self.claim_funding(account, "USD")

    def _vault_flow(self, account: i64, assets: i64, shares: i64) -> None:
        if self.journal.listening:
            self.journal.events.append(
                VaultFlow(self.now, self.name, VAULT, account, assets, shares)
            )

    def bid(self, account: int, auction: int, size: int, margin: int) -> int:
        """There are no auctions here; raises :class:`Unknown`."""
        raise Unknown("unknown-auction", f"auction {auction} is not open", auction, 0)

    # claims

    def claim_funding(self, account: int, token: str) -> int:
        """Collect the funding credited in ``token``; the amount (its unit).

        Raises :class:`NotEnough` (``nothing-to-claim``).
        """
        self._check_account(account)
        kind: i64 = self.desk.kind_of(self._token(token))
        amount: i64 = self.desk.pay_funding(account, kind)
        if amount == 0:
            raise _nothing(account, token)
        return int(amount)

    def claim_collateral(self, account: int, token: str) -> int:
        """Collect what is free of the impact beyond the cap; the amount (the token's unit).

        Raises :class:`NotEnough` (``nothing-to-claim``).
        """
        self._check_account(account)
        kind: i64 = self.desk.kind_of(self._token(token))
        claims = self.desk.claims
        free: i64 = 0
        for pot in claims.pots_of(account, int(kind)):
            free += claims.free(pot, self.now)
        if free == 0:
            raise _nothing(account, token)
        return int(claims.claim(account, int(kind), self.desk.purse(account, kind), self.now))

    def set_claim_factor(
        self, token: str, time: int, factor: int, account: int = -1, reduction: int = 0
    ) -> None:
        """Free ``factor`` (1e-12) of what was capped in the hour of ``time`` (ms).

        For everybody, or for one ``account`` alone, of whose factor ``reduction`` is kept back.
        """
        kind: int = int(self.desk.kind_of(self._token(token)))
        check_range("time", time, 0, int(MAX_TIME), "ms")
        check_range("factor", factor, 0, int(RATE), "1e-12")
        check_range("reduction", reduction, 0, int(RATE), "1e-12")
        hour: int = time // int(HOUR)
        if account >= 0:
            self._check_account(account)
            self.desk.claims.set_reduction(account, kind, hour, reduction)
        self.desk.claims.set_factor(account, kind, hour, factor)


def _nothing(account: int, token: str) -> NotEnough:
    return NotEnough("nothing-to-claim", f"account {account} has nothing to claim in {token}", 0, 1)


def _desks(path: list[Trading] | None) -> list[Desk]:
    return [] if path is None else [market.desk for market in path]
