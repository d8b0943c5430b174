"""Vaults: a parent that people own by shares, and the accounts that trade with its money.

The HLP has two children, one that makes the market and one that inherits positions. Each is an
account of its own, with its own margin, so that one can fall without the others. ``shared``
collateral, as in March 2025, lets every child draw on all of it instead: what one is short of to
its initial margin the others give, and nobody is deleveraged while anything is left. Otherwise the
liquidator child is refilled to its part of the whole, no more often than an interval.

A user vault has one account that its leader trades. Its leader takes a part of a depositor's
profit and keeps a least part of the shares.

Shares are those of :class:`Vault`; a withdrawal is asked for after the lock-up and settled at the
next advance. Where margin is short for it, orders are cancelled, the one that uses least first,
then a fifth of every position is closed again and again; what that costs is the withdrawer's.
Source: Hyperliquid's documentation, "Vaults" and "Protocol vaults".
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import VAULT_WITHDRAWAL
from seawall.engine.designs.orderbook.estates import Room, Support
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.levels import Resting
from seawall.engine.designs.orderbook.lookout import cross_equity, cross_initial, cross_notional
from seawall.engine.designs.orderbook.members import Holder, Member
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.errors import Closed, LimitReached
from seawall.engine.fixed import (
    MAX_PRICE,
    clamp,
    larger,
    mul_div,
    mul_div_up,
    notional,
    share,
    share_up,
    smaller,
)
from seawall.engine.pot import Pot
from seawall.engine.shares import Claim, RedeemRequest
from seawall.engine.vault import Vault
from seawall.engine.venue import Account

NOBODY: Final[i64] = -1
"""The leader of a vault that has none."""

HLP: Final = "hlp"
"""Name of the protocol's vault."""

ROUNDS: Final[i64] = 64
"""How many times a fifth of every position is closed for one settlement, at most."""


def spare(member: Member, rate: i64) -> i64:
    """Cash (1e-6 dollar) that may leave a cross account: ``rate`` is the transfer rule's."""
    needed: i64 = larger(cross_initial(member), share_up(cross_notional(member), rate))
    return larger(0, cross_equity(member) - needed)


class Fund(Vault):
    """A vault over the accounts ``parent`` and ``children`` of a house.

    ``leader`` is an account, or NOBODY; ``wallet`` is the leader's. ``lock`` is in ms,
    ``commission`` (1e-6 dollar) waits for the leader.
    """

    def __init__(self, name: str, house: House, parent: Member, params: Params, lock: i64) -> None:
        super().__init__(parent, params.vault_epoch)
        self.name = name
        self.house = house
        self.params = params
        self.parent = parent
        self.children: list[Member] = []
        self.rooms: list[Room] = []
        self.lock: i64 = lock
        self.leader: i64 = NOBODY
        self.wallet: Account | None = None
        self.commission: i64 = 0
        self.basis: dict[int, int] = {}
        self.entered: dict[int, int] = {}

    # what it is worth

    def equity(self) -> i64:
        """Equity of parent and children together (1e-6 dollar); below zero where they owe.

        Isolated positions count too, unless their margin came out of a wallet.
        """
        total: i64 = 0
        for member in self.accounts():
            total += cross_equity(member)
            for holder in member.holders:
                if holder.isolated and not holder.from_wallet and holder.holding.size != 0:
                    held = holder.holding
                    total += held.purse.cash() + held.result(holder.coin.mark)
        return total

    def total_assets(self) -> i64:
        """Equity, never below 0."""
        return larger(0, self.equity())

    def accounts(self) -> list[Member]:
        """Parent and children."""
        found: list[Member] = [self.parent]
        found.extend(self.children)
        return found

    def owns(self, account: i64) -> bool:
        """Whether the account is one of the vault's."""
        return any(member.account == account for member in self.accounts())

    # entry and exit

    def enter(self, assets: int, account: i64, payer: Pot, now: i64) -> i64:
        """Deposit ``assets`` (1e-6 dollar); the shares minted. The lock-up begins anew."""
        if self.leader != NOBODY and account != self.leader:
            worth: int = self.total_assets() + i64(assets)
            held: int = self.convert_to_assets(self.balance_of(self.leader))
            least: int = self.params.leader_least
            if held * 1_000_000_000_000 < worth * least:
                raise LimitReached(
                    "leader-share",
                    f"the leader's {held} would be less than its part of {worth} (1e-6 dollar)",
                    held,
                    worth * least // 1_000_000_000_000,
                )
        shares: i64 = self.deposit(assets, account, payer)
        self.basis[account] = self.basis.get(account, 0) + assets
        self.entered[account] = now
        return shares

    def ask(self, shares: int, account: i64, now: i64) -> i64:
        """Ask to leave with ``shares`` once the lock-up is over; the request's epoch."""
        free_at: int = self.entered.get(account, 0) + int(self.lock)
        if self.balance_of(account) > 0 and now < free_at:
            raise Closed(
                "vault-locked",
                f"account {account} deposited into {self.name} too recently: its shares are free "
                f"at {free_at} (ms since the epoch)",
                int(now),
                free_at,
            )
        if account == self.leader:
            left: int = self.balance_of(account) - i64(shares)
            supply: int = self.total_supply()
            others: int = supply - self.balance_of(account) - self.escrowed()
            least: int = self.params.leader_least
            if others > 0 and left * 1_000_000_000_000 < (left + others) * least:
                raise LimitReached(
                    "leader-share",
                    f"the leader would keep {left} of {left + others} shares",
                    left,
                    (left + others) * least // 1_000_000_000_000,
                )
        return self.request_redeem(shares, account, account, account, now)

    def exit_limit(self) -> i64:
        """All there is, as far as the house holds that much money."""
        return smaller(self.total_assets(), self.house.payable())

    def _take_in(self, payer: Pot, assets: i64) -> None:
        self.house.take_in(payer, self.parent, assets)

    def _hand_out(self, receiver: Pot, assets: i64, shares: i64) -> None:
        self.house.pay_out(self.parent, receiver, assets)

    def settle(self, now: i64) -> list[Claim]:
        """Settle what was asked for, and pay the leader."""
        settled = super().settle(now)
        wallet = self.wallet
        if self.commission > 0 and wallet is not None:
            self.house.pay_out(self.parent, wallet, self.commission)
            self.commission = 0
        return settled

    def _price(self, due: list[RedeemRequest]) -> list[Claim]:
        """Free what is asked for, and divide it; what freeing cost is taken off."""
        asked: i64 = 0
        for request in due:
            asked += request.shares
        supply: i64 = self.total_supply()
        before: i64 = self.total_assets()
        worth: i64 = mul_div(asked, before + 1, supply + 1)
        if worth == 0:
            return super()._price(due)
        self._free_up(worth)
        cost: i64 = smaller(larger(0, before - self.total_assets()), worth)
        room: i64 = smaller(self._gather(worth), self.house.payable())
        let_out: i64 = asked
        if room < worth - cost:
            let_out = mul_div(asked, room, worth - cost)
        priced: list[Claim] = []
        for request in due:
            shares: i64 = mul_div(request.shares, let_out, asked)
            gross: i64 = mul_div(shares, before + 1, supply + 1)
            gross = larger(0, gross - mul_div_up(cost, shares, asked))
            net: i64 = gross - self._commission_on(request.controller, shares, gross)
            priced.append(Claim(request.request_id, request.controller, shares, net))
        return priced

    def _commission_on(self, account: i64, shares: i64, gross: i64) -> i64:
        """The leader's part (rounded up) of what ``shares`` earned; their basis is used up."""
        held: i64 = self.balance_of(account) + self.pending_redeem_request(None, account)
        all_basis: i64 = i64(self.basis.get(account, 0))
        basis: i64 = mul_div(all_basis, shares, larger(1, held))
        if shares >= held:
            self.basis.pop(account, 0)
        else:
            self.basis[account] = all_basis - basis
        profit: i64 = gross - basis
        if self.leader == NOBODY or account == self.leader or profit <= 0:
            return 0
        part: i64 = share_up(profit, self.params.leader_share)
        self.commission += part
        return part

    # freeing margin

    def free(self) -> i64:
        """Cash (1e-6 dollar) that all accounts together can give now."""
        total: i64 = 0
        for member in self.accounts():
            total += spare(member, self.params.transfer_rate)
        return total

    def _free_up(self, wanted: i64) -> None:
        if self.free() >= wanted:
            return
        self._cancel_until(wanted)
        rounds: i64 = 0
        while rounds < ROUNDS and self.free() < wanted:
            rounds += 1
            if not self._close_a_fifth():
                return

    def _cancel_until(self, wanted: i64) -> None:
        """Cancel orders, the one that uses least margin first, until enough is free."""
        ranked: list[tuple[int, int, Room, Resting]] = []
        for member in self.accounts():
            for holder in member.holders:
                room = self.rooms[holder.coin.index]
                for order in holder.open_orders():
                    use: int = notional(order.left, order.price)
                    ranked.append((use, int(order.number), room, order))
        ranked.sort(key=_use_of)
        for _, _, room, order in ranked:
            if self.free() >= wanted:
                return
            if order.level is not None:
                room.orders.book.drop(order, room.desk, VAULT_WITHDRAWAL)

    def _close_a_fifth(self) -> bool:
        """Close a fifth of every position on the book; whether anything was filled."""
        filled: i64 = 0
        for member in self.accounts():
            for holder in member.holders:
                if holder.holding.size != 0:
                    filled += self._close_part(holder)
        return filled > 0

    def _close_part(self, holder: Holder) -> i64:
        room = self.rooms[holder.coin.index]
        lot: i64 = room.orders.entry.ticks.lot
        quantity: i64 = holder.holding.quantity()
        fifth: i64 = (quantity + 4) // 5
        size: i64 = smaller((fifth + lot - 1) // lot * lot, quantity)
        is_buy: bool = holder.holding.size < 0
        slip: i64 = share(holder.coin.mark, self.params.orders.market_slippage)
        limit: i64 = holder.coin.mark + slip if is_buy else holder.coin.mark - slip
        return room.orders.take(holder, is_buy, size, clamp(limit, 1, MAX_PRICE))

    def _gather(self, wanted: i64) -> i64:
        """Bring what the children can spare to the parent; what the parent can pay then."""
        for child in self.children:
            held: i64 = smaller(self.parent.amount, spare(self.parent, self.params.transfer_rate))
            missing: i64 = wanted - held
            if missing > 0:
                self.give(child, self.parent, missing)
        return smaller(self.parent.amount, spare(self.parent, self.params.transfer_rate))

    def give(self, giver: Member, taker: Member, most: i64) -> i64:
        """Move up to ``most`` of the cash a member can spare to another; what was moved."""
        free: i64 = spare(giver, self.params.transfer_rate)
        amount: i64 = smaller(most, smaller(free, giver.amount))
        if amount > 0:
            self.house.shift(giver, taker, amount)
            self.house.watch_member(giver)
            self.house.watch_member(taker)
        return larger(0, amount)

    def fund_state(self) -> list[int]:
        """Every number beside the accounts', for a digest."""
        numbers = self.state()
        numbers.extend([self.claims.amount, self.leader, self.commission, self.lock])
        for account in sorted(self.basis):
            numbers.extend([account, self.basis[account], self.entered.get(account, 0)])
        return numbers


def _use_of(row: tuple[int, int, Room, Resting]) -> tuple[int, int]:
    return row[0], row[1]


class Hlp(Fund):
    """The protocol's vault: its market-making child and its liquidator child."""

    def __init__(
        self, house: House, parent: Member, maker: Member, liquidator: Member, params: Params
    ) -> None:
        super().__init__(HLP, house, parent, params, params.vault_lock)
        self.maker = maker
        self.liquidator = liquidator
        self.children.append(maker)
        self.children.append(liquidator)
        self.balanced_at: i64 = 0
        for member in self.accounts():
            member.customer.exempt = True
        liquidator.is_liquidator = True

    def spread(self) -> None:
        """Hand what lies with the parent to the children, the liquidator up to its part first."""
        wanted: i64 = self._target() - cross_equity(self.liquidator)
        if wanted > 0:
            self.give(self.parent, self.liquidator, wanted)
        self.give(self.parent, self.maker, self.parent.amount)

    def _target(self) -> i64:
        """What the liquidator child is given of the whole (1e-6 dollar)."""
        return share(self.total_assets(), self.params.liquidator_part)

    def rebalance(self, now: i64) -> None:
        """Once an interval, bring the liquidator to its part of the whole."""
        if now - self.balanced_at < self.params.rebalance_interval:
            return
        self.balanced_at = now
        wanted: i64 = self._target() - cross_equity(self.liquidator)
        if wanted > 0:
            self.give(self.maker, self.liquidator, wanted)
        else:
            self.give(self.liquidator, self.maker, -wanted)

    def refill(self) -> None:
        """Shared collateral: what a child lacks to its initial margin the others give."""
        if not self.params.shared_collateral:
            return
        for child in self.children:
            for giver in (self.parent, self.maker, self.liquidator):
                missing: i64 = cross_initial(child) - cross_equity(child)
                if missing > 0 and giver is not child:
                    self._lend(giver, child, missing)

    def _lend(self, giver: Member, taker: Member, most: i64) -> None:
        free: i64 = larger(0, cross_equity(giver) - cross_initial(giver))
        amount: i64 = smaller(most, smaller(free, giver.amount))
        if amount > 0:
            self.house.shift(giver, taker, amount)
            self.house.watch_member(giver)
            self.house.watch_member(taker)


class SharedCollateral(Support):
    """The vault as the liquidation calls on it."""

    def __init__(self, vault: Hlp) -> None:
        self.vault = vault

    def refill(self) -> None:
        """See :meth:`Hlp.refill`."""
        self.vault.refill()
