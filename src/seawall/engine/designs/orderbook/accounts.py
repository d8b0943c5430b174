"""What participants ask of the clearing house: margin, leverage, transfers, vaults.

The base commands take margin from the wallet: with an order, into the isolated position it opens;
by :meth:`add_margin`, into an open isolated position, else into the cross balance.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import Book
from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.estates import Room
from seawall.engine.designs.orderbook.fees import VAULT_FEE
from seawall.engine.designs.orderbook.fund import HLP, Fund, Hlp, SharedCollateral
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.liquidation import Care
from seawall.engine.designs.orderbook.lookout import equity_of, value_of
from seawall.engine.designs.orderbook.members import Holder
from seawall.engine.designs.orderbook.orders import Orders
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.designs.orderbook.refusals import (
    check_leverage,
    no_position,
    short_of_margin,
    too_large_for_leverage,
    transfer_rule,
    wallet_short,
)
from seawall.engine.designs.orderbook.rungs import order_ladder
from seawall.engine.designs.orderbook.trading import Trading
from seawall.engine.designs.orderbook.views import account_view
from seawall.engine.errors import BadOrder, BadParameters, Closed, OutOfRange, Unknown
from seawall.engine.events import VaultFlow
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, check_range, larger, share_up
from seawall.engine.guards import MarketFacts
from seawall.engine.margin import MAX_LEVERAGE
from seawall.engine.watch import IN_AUCTION


class Accounts(Trading):
    """The counter of one market for everything but orders.

    ``beside`` is another market of the same venue, already listed, whose clearing house and vault
    this one shares; without it the market has its own.
    """

    def __init__(
        self,
        name: str,
        params: Params | None = None,
        facts: MarketFacts | None = None,
        beside: "Accounts | None" = None,
    ) -> None:
        chosen: Params = Params() if params is None else params
        book = Book()
        house: House = House(chosen.fees) if beside is None else beside.house
        desk = Desk(name, chosen, house, book)
        super().__init__(name, Orders(book, desk, chosen.orders))
        self.params = chosen
        self.house: House = house
        self.desk: Desk = desk
        self.book: Book = book
        self.is_founder: bool = beside is None
        self.care: Care = Care(house, chosen) if beside is None else beside.care
        if beside is None:
            self.care.ladder = order_ladder(self.care)
        self.care.rooms.append(Room(desk, self.orders))
        self.funds: dict[str, Fund] = {} if beside is None else beside.funds
        self.first: Accounts = self if beside is None else beside.first
        self.set_facts(MarketFacts() if facts is None else facts)

    def set_facts(self, facts: MarketFacts) -> None:
        """Replace what is known of the token's own market."""
        self.desk.facts = facts
        most: i64 = self.desk.guards.max_leverage(facts)
        self.desk.coin.most_leverage = 0 if most == MAX_LEVERAGE else most

    def listed(self) -> None:
        """Know the venue's accounts and events, or join the house of the market beside."""
        super().listed()
        self.desk.accounts = self.accounts
        self.desk.journal = self.journal
        if self.first.accounts is not self.accounts:
            raise BadParameters(f"{self.name}: its house belongs to another venue")

    def open_vault(self) -> None:
        """Open the vault with its accounts, at the first advance of the house's first market."""
        parent = self.house.member(int(self.open_account().number))
        maker = self.house.member(int(self.open_account().number))
        liquidator = self.house.member(int(self.open_account().number))
        vault = Hlp(self.house, parent, maker, liquidator, self.params)
        vault.rooms = self.care.rooms
        self.funds[HLP] = vault
        self.care.liquidator = liquidator
        self.care.support = SharedCollateral(vault)

    def hlp(self) -> Hlp | None:
        """The protocol's vault, None before the first advance."""
        found = self.funds.get(HLP)
        return found if isinstance(found, Hlp) else None

    # tickets

    def _open_ticket(self, number: int, account: int, margin: i64) -> None:
        holder = self.desk.holder(account)
        if holder.holding.size != 0 and not holder.isolated:
            raise BadOrder(
                "cross-position",
                f"account {account} has a cross position here: orders on it bring no margin of "
                "their own",
                int(margin),
                0,
            )
        self.desk.issue(number, self.accounts[account], margin)

    def _close_ticket(self, number: int) -> None:
        self.desk.tear(number)

    # margin

    def _isolated(self, account: int) -> Holder | None:
        """The account's open isolated position, or None."""
        holder = self.desk.coin.holders.get(account)
        if holder is None or holder.holding.size == 0 or not holder.isolated:
            return None
        return holder

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars from the wallet into the isolated position, or the cross balance."""
        holder = self._isolated(account)
        if holder is None:
            self.pay_in(account, amount)
            return
        self._check_wallet(account, amount)
        self.house.take_in(self.accounts[account], holder.holding.purse, amount)
        self.house.watch(holder)

    def remove_margin(self, account: int, amount: int) -> None:
        """Move dollars from the isolated position, or the cross balance, into the wallet."""
        holder = self._isolated(account)
        if holder is None:
            self.pay_out(account, amount)
            return
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_own(account)
        self._check_removal(holder, amount)
        self.house.check_payable(amount)
        self.house.pay_out(holder.holding.purse, self.accounts[account], amount)
        self.house.watch(holder)

    def _check_wallet(self, account: int, amount: int) -> None:
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        if amount > wallet.amount:
            raise wallet_short(wallet.amount, amount)

    def _check_own(self, account: int) -> None:
        """Refuse to take a vault's money out other than by its shares."""
        for name in sorted(self.funds):
            if self.funds[name].owns(account):
                raise Closed(
                    "vault-account", f"account {account} is of vault {name}: only shares leave it"
                )

    def _check_removal(self, holder: Holder, amount: int) -> None:
        """The transfer rule for an isolated position."""
        self.desk.guards.check_halt(self.desk.time)
        if holder.holding.standing == IN_AUCTION:
            raise Closed(
                "in-auction", f"the position of account {holder.account} is on offer in an auction"
            )
        if self.params.strict_isolated:
            raise Closed("strict-isolated", f"{self.name} lets no isolated margin out")
        quantity: i64 = holder.holding.quantity()
        keep: i64 = larger(
            holder.requirement(quantity, self.desk.coin.mark),
            share_up(value_of(holder), self.params.transfer_rate),
        )
        free: i64 = larger(0, equity_of(holder) - keep)
        if amount > free:
            raise transfer_rule(amount, free)

    def pay_in(self, account: int, amount: int) -> None:
        """Move dollars (1e-6) from the wallet into the cross balance."""
        self._owner(account)
        self._check_wallet(account, amount)
        member = self.house.member(account)
        self.house.take_in(self.accounts[account], member, amount)
        self.house.watch_member(member)

    def pay_out(self, account: int, amount: int) -> None:
        """Move dollars (1e-6) from the cross balance into the wallet, by the transfer rule."""
        self._owner(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_own(account)
        self.desk.guards.check_halt(self.desk.time)
        member = self.house.member(account)
        free: i64 = account_view(member, self.params.transfer_rate).free
        if amount > free:
            raise transfer_rule(amount, free)
        self.house.check_payable(amount)
        self.house.pay_out(member, self.accounts[account], amount)
        self.house.watch_member(member)

    def move_margin(self, account: int, amount: int) -> None:
        """Move dollars (1e-6) from the cross balance into the isolated position, or back (< 0)."""
        self._owner(account)
        holder = self._isolated(account)
        if holder is None:
            raise no_position(account, self.name)
        check_range("margin", amount, -int(MAX_DOLLARS), int(MAX_DOLLARS), "1e-6 dollar")
        if amount == 0:
            raise OutOfRange("margin-zero", "moving 0 moves nothing (1e-6 dollar)", 0, 1)
        member = holder.member
        if amount > 0:
            free: i64 = account_view(member, self.params.transfer_rate).free
            if amount > free:
                raise transfer_rule(amount, free)
            self.house.shift(member, holder.holding.purse, amount)
        else:
            self._check_removal(holder, -amount)
            self.house.shift(holder.holding.purse, member, -amount)
        self.house.watch(holder)
        self.house.watch_member(member)

    # leverage

    def set_leverage(self, account: int, leverage: int, isolated: bool) -> None:
        """Choose leverage and mode of this market for an account.

        The mode cannot change while there is a position or an order; the leverage may whenever
        the margin suffices. An isolated position that lacks margin takes it from the cross
        balance.
        """
        self._owner(account)
        check_leverage(leverage, self.params.tiers.leverage(0))
        holder = self.desk.holder(account)
        held = holder.holding
        busy: bool = held.size != 0 or holder.resting > 0 or holder.dormant > 0
        if busy and isolated != (holder.isolated if held.size != 0 else holder.prefers_isolated):
            raise Closed(
                "mode-in-use",
                f"account {account} has a position or orders in {self.name}: the mode stays",
            )
        if not isolated and not self.params.cross_allowed:
            raise Closed("cross-not-allowed", f"{self.name} takes isolated positions only")
        before: i64 = holder.leverage
        holder.leverage = i64(leverage)
        self._check_leverage(holder, before)
        holder.chosen = True
        holder.prefers_isolated = isolated
        if held.size == 0:
            holder.isolated = isolated

    def _check_leverage(self, holder: Holder, before: i64) -> None:
        """Hold position and orders against the new leverage; put the old one back on a refusal."""
        mark: i64 = self.desk.coin.mark
        chosen: i64 = holder.leverage
        held = holder.holding
        value: i64 = value_of(holder)
        bound: i64 = self.params.tiers.limit_at(chosen)
        if value > bound:
            holder.leverage = before
            raise too_large_for_leverage(value, bound, chosen)
        view = account_view(holder.member, 0)
        missing: i64 = view.initial - view.equity
        if missing > 0 and chosen < before:
            holder.leverage = before
            raise short_of_margin(view.initial, larger(0, view.equity))
        if held.size == 0 or not holder.isolated:
            return
        missing = holder.requirement(held.quantity(), mark) - equity_of(holder)
        if missing <= 0:
            return
        if missing > -(view.initial - view.equity) or missing > holder.member.cash():
            holder.leverage = before
            raise short_of_margin(missing, larger(0, view.equity - view.initial))
        self.house.shift(holder.member, held.purse, missing)
        self.house.watch(holder)
        self.house.watch_member(holder.member)

    # vaults

    def _fund(self, vault: str) -> Fund:
        found = self.funds.get(vault)
        if found is None and vault == HLP:
            raise Closed("no-price", f"{self.name} has not begun: its vault is not open yet")
        if found is None:
            raise Unknown("unknown-vault", f"vault {vault!r} is none of {', '.join(self.funds)}")
        return found

    def supply(self, vault: str, account: int, assets: int) -> int:
        """Deposit into a vault; the shares minted. The lock-up of all of them begins anew."""
        fund = self._fund(vault)
        wallet = self.accounts[account]
        check_range("assets", assets, 1, int(MAX_DOLLARS), "1e-6 dollar")
        if assets > wallet.amount:
            raise wallet_short(wallet.amount, assets)
        shares: i64 = fund.enter(assets, account, wallet, self.desk.time)
        if isinstance(fund, Hlp):
            fund.spread()
        self.house.watch_member(fund.parent)
        self._vault_flow(fund, account, assets, shares)
        return int(shares)

    def request_redeem(self, vault: str, account: int, shares: int) -> int:
        """Ask to leave after the lock-up; the epoch at whose end the request is priced."""
        return int(self._fund(vault).ask(shares, account, self.desk.time))

    def claim(self, vault: str, account: int) -> int:
        """Collect what settled requests brought."""
        return int(self._fund(vault).claim_all(self.accounts[account], account, account))

    def restart_vault(self, vault: str) -> None:
        """Continue a vault that is worth nothing as a new series."""
        self._fund(vault).restart()

    def create_vault(self, leader: int, name: str, deposit: int) -> int:
        """Found a user vault with the leader's ``deposit`` (1e-6 dollar); its account's number.

        The leader trades the vault's money by that number, in cross mode.
        """
        self._owner(leader)
        least = 100 * int(DOLLAR)
        check_range("vault-deposit", deposit, least, int(MAX_DOLLARS) // 2, "1e-6 dollar")
        if name in self.funds or name == HLP:
            raise BadOrder("vault-name", f"there is a vault {name!r} already")
        wallet = self.accounts[leader]
        whole: i64 = VAULT_FEE + i64(deposit)
        if whole > wallet.amount:
            raise wallet_short(wallet.amount, whole)
        wallet.pay(self.house.income, VAULT_FEE)
        number = int(self.open_account().number)
        parent = self.house.member(number)
        fund = Fund(name, self.house, parent, self.params, self.params.user_lock)
        fund.rooms = self.care.rooms
        fund.leader = leader
        fund.wallet = wallet
        self.funds[name] = fund
        shares: i64 = fund.enter(deposit, leader, wallet, self.desk.time)
        self._vault_flow(fund, leader, deposit, shares)
        return number

    def _vault_flow(self, fund: Fund, account: i64, assets: i64, shares: i64) -> None:
        if self.journal.listening:
            self.journal.events.append(
                VaultFlow(self.desk.time, self.name, fund.name, account, assets, shares)
            )

    def settle_vaults(self) -> None:
        """Settle what was asked for in every vault."""
        for name in sorted(self.funds):
            assets: i64 = 0
            shares: i64 = 0
            fund = self.funds[name]
            for paid in fund.settle(self.desk.time):
                assets += paid.assets
                shares += paid.shares
            if shares > 0:
                self._vault_flow(fund, -1, -assets, -shares)
