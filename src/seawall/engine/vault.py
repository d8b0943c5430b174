"""A vault: shares over an amount of assets, left at once or by request and claim.

With S shares outstanding and A assets (A_high where one enters, A_low where one leaves)::

    shares minted by a deposit of a      floor(a * (S + 1) / (A_high + 1))
    assets paid for a mint of s          ceil(s * (A_high + 1) / (S + 1))
    shares burned by a withdrawal of a   ceil(a * (S + 1) / (A_low + 1))
    assets paid for a redemption of s    floor(s * (A_low + 1) / (S + 1))

What the vault gives is rounded down and what it takes is rounded up, so that nobody gains by going
in and out. The functions, their rounding and their limits are those of ERC-4626 (ethereum/ERCs,
ERCS/erc-4626.md). The one share and the one asset added to the totals belong to nobody: they make
it cost an attacker at least as much to inflate the share price as the next depositor would lose
(OpenZeppelin, ERC4626.sol with an offset of 0). Two values of one vault are dual pricing (Level
Finance, Pool.sol): who enters pays the high value, who leaves takes the low one.

A vault with an epoch is left by request and claim (ERC-7540, ERCS/erc-7540.md): the shares of a
request go into escrow and stay at risk, all requests of an epoch are settled at its end at one
price, and the proceeds wait to be claimed. A gate is tested at the request and again at the
settlement, where it lets the same proportion of every request out; the rest waits another epoch.

Amounts are in the unit of the asset (1e-6 of a dollar-like token), shares likewise, times in
milliseconds. Numbers of users are checked against 1 to ``MAX_DOLLARS`` before anything else.
"""

from mypy_extensions import i64, mypyc_attr

from seawall.engine.errors import BadParameters, Closed, LimitReached, OutOfRange
from seawall.engine.fixed import (
    MAX_DOLLARS,
    check_range,
    clamp,
    larger,
    mul_div,
    mul_div_up,
    smaller,
)
from seawall.engine.pot import Pot
from seawall.engine.shares import Claim, ExitBook, RedeemRequest


@mypyc_attr(allow_interpreted_subclasses=True)
class Vault(ExitBook):
    """Shares over the money of ``pot``; ``epoch`` is the length of one in ms, 0 for exits at once.

    A subclass says through the hooks what the vault is worth, how much may enter and leave now,
    and how the money moves. ``claims`` holds what was settled and not yet claimed.
    """

    def __init__(self, pot: Pot, epoch: i64 = 0) -> None:
        super().__init__(Pot(i64(pot.token)))
        if epoch < 0:
            raise BadParameters(f"epoch {epoch}: a length in ms is not negative")
        self.pot: Pot = pot
        self.epoch: i64 = epoch

    # Hooks

    def total_assets(self) -> i64:
        """What the vault is worth to those who leave: the low value. 0 to ``MAX_DOLLARS``."""
        return self.pot.amount

    def total_assets_high(self) -> i64:
        """What the vault is worth to those who enter; never below :meth:`total_assets`."""
        return self.total_assets()

    def entry_limit(self) -> i64:
        """The most assets that may still be deposited now; 0 or less closes the entry."""
        return MAX_DOLLARS - self.total_assets_high()

    def exit_limit(self) -> i64:
        """The most assets that may leave now; 0 or less closes the exit.

        Never more than :meth:`_hand_out` could pay at once.
        """
        return self.total_assets()

    def _take_in(self, payer: Pot, assets: i64) -> None:
        """Move the money of a deposit; refuses with nothing changed. Supply: before the mint."""
        payer.pay(self.pot, assets)

    def _hand_out(self, receiver: Pot, assets: i64, shares: i64) -> None:
        """Move the money of an exit of ``shares``; refuses with nothing changed.

        The supply is still the one before the burn, so that a claim that the shares stand for can
        be reduced by ``shares / total_supply()``. A settlement calls this once for all it lets
        out, also when the assets are 0.
        """
        self.pot.pay(receiver, assets)

    # Value and limits (ERC-4626)

    def asset(self) -> int:
        """The treasury's index of the token that the vault holds."""
        return self.pot.token

    def convert_to_shares(self, assets: int) -> i64:
        """Shares that ``assets`` stand for at the low value, rounded down, without any limit."""
        check_range("assets", assets, 0, MAX_DOLLARS, "assets")
        return mul_div(assets, self.total_supply() + 1, self.total_assets() + 1)

    def convert_to_assets(self, shares: int) -> i64:
        """Assets that ``shares`` stand for at the low value, rounded down, without any limit."""
        check_range("shares", shares, 0, MAX_DOLLARS, "shares")
        return mul_div(shares, self.total_assets() + 1, self.total_supply() + 1)

    def preview_deposit(self, assets: int) -> i64:
        """Shares that a deposit of ``assets`` would mint; no limit considered."""
        check_range("assets", assets, 0, MAX_DOLLARS, "assets")
        return mul_div(assets, self.total_supply() + 1, self.total_assets_high() + 1)

    def preview_mint(self, shares: int) -> i64:
        """Assets that a mint of ``shares`` would cost; no limit considered."""
        check_range("shares", shares, 0, MAX_DOLLARS, "shares")
        return mul_div_up(shares, self.total_assets_high() + 1, self.total_supply() + 1)

    def preview_withdraw(self, assets: int) -> i64:
        """Shares that a withdrawal of ``assets`` would burn; no limit considered.

        Raises :class:`Closed` in a vault with epochs, whose price is not known before the
        settlement; :meth:`convert_to_shares` tells the value now.
        """
        self._check_sync()
        check_range("assets", assets, 0, MAX_DOLLARS, "assets")
        return mul_div_up(assets, self.total_supply() + 1, self.total_assets() + 1)

    def preview_redeem(self, shares: int) -> i64:
        """Assets that a redemption of ``shares`` would pay; no limit considered.

        Raises :class:`Closed` in a vault with epochs, whose price is not known before the
        settlement; :meth:`convert_to_assets` tells the value now.
        """
        self._check_sync()
        return self.convert_to_assets(shares)

    def max_deposit(self, receiver: i64) -> i64:
        """The most assets that ``receiver`` can be sure to deposit now; 0 if none. Never raises."""
        if self.is_worthless():
            return 0
        total: int = self.total_assets_high()
        supply: int = self.total_supply()
        ceiling: int = MAX_DOLLARS
        limit: int = clamp(self.entry_limit(), 0, MAX_DOLLARS)
        # The most whose shares, rounded down, still fit under the ceiling of the supply.
        fitting = -(-(ceiling - supply + 1) * (total + 1) // (supply + 1)) - 1
        most = fitting if fitting < limit else limit
        return most if self.preview_deposit(most) > 0 else 0

    def max_mint(self, receiver: i64) -> i64:
        """The most shares that can surely be minted to ``receiver`` now. Never raises."""
        return self.preview_deposit(self.max_deposit(receiver))

    def max_withdraw(self, owner: i64) -> i64:
        """The most assets that :meth:`withdraw` would pay out for ``owner`` now. Never raises."""
        if self.epoch > 0:
            return self.claimable_assets(owner)
        worth = self.preview_redeem(self.balance_of(owner))
        return smaller(worth, larger(self.exit_limit(), 0))

    def max_redeem(self, owner: i64) -> i64:
        """The most shares that :meth:`redeem` would take of ``owner`` now. Never raises."""
        if self.epoch > 0:
            return self.claimable_redeem_request(None, owner)
        return smaller(self.balance_of(owner), self._shares_through_gate())

    def max_request(self, owner: i64) -> i64:
        """The most shares that ``owner`` may request to redeem now. Never raises.

        What is already pending, of everybody, counts against the gate. 0 in a vault without epochs.
        """
        if self.epoch == 0:
            return 0
        return smaller(self.balance_of(owner), self._room_for_requests())

    def is_worthless(self) -> bool:
        """Whether shares are outstanding with nothing behind them: closed until a restart."""
        return self.total_supply() > 0 and self.total_assets_high() == 0

    # Entry

    def deposit(self, assets: int, receiver: i64, payer: Pot) -> i64:
        """Take exactly ``assets`` from ``payer``; the shares minted to ``receiver``, rounded down.

        Raises :class:`OutOfRange` on a number out of bounds, a deposit too small for one share or
        too many shares, :class:`Closed` in a worthless vault, :class:`LimitReached` at the entry
        gate, :class:`NotEnough` when the payer is short.
        """
        check_range("assets", assets, 1, MAX_DOLLARS, "assets")
        self._check_worth()
        shares = self.preview_deposit(assets)
        if shares == 0:
            least = self.preview_mint(1)
            raise OutOfRange(
                "deposit-too-small",
                f"a deposit of {assets} mints no share, one costs {least} (assets)",
                assets,
                least,
            )
        self._enter(assets, shares, receiver, payer)
        return shares

    def mint(self, shares: int, receiver: i64, payer: Pot) -> i64:
        """Mint exactly ``shares`` to ``receiver``; the assets that ``payer`` paid, rounded up.

        Errors as in :meth:`deposit`.
        """
        check_range("shares", shares, 1, MAX_DOLLARS, "shares")
        self._check_worth()
        assets = self.preview_mint(shares)
        self._enter(assets, shares, receiver, payer)
        return assets

    # Exit: at once in a vault without epochs, else the claim of what was settled

    def withdraw(self, assets: int, receiver: Pot, owner: i64, caller: i64) -> i64:
        """Pay exactly ``assets`` into ``receiver``; the shares that it took, rounded up.

        Without epochs the shares of ``owner`` are burned; another ``caller`` uses up its allowance.
        Raises :class:`LimitReached` at the exit gate, :class:`NotEnough` on a short balance or
        allowance. With epochs ``owner`` is the controller whose settled requests are claimed,
        oldest first, by itself or its operator: :class:`NotEnough` beyond what is claimable,
        :class:`Closed` to others. :class:`OutOfRange` on a number out of bounds.
        """
        check_range("assets", assets, 1, MAX_DOLLARS, "assets")
        if self.epoch > 0:
            return self._claim_assets(assets, receiver, owner, caller)
        self._check_exit(assets)
        shares = self.preview_withdraw(assets)
        self._check_spender(owner, caller, shares)
        self._check_balance(owner, shares)
        self._leave(assets, shares, receiver, owner, caller)
        return shares

    def redeem(self, shares: int, receiver: Pot, owner: i64, caller: i64) -> i64:
        """Give up exactly ``shares``; the assets paid into ``receiver``, rounded down.

        Owner, caller and errors as in :meth:`withdraw`.
        """
        check_range("shares", shares, 1, MAX_DOLLARS, "shares")
        if self.epoch > 0:
            return self._claim_shares(shares, receiver, owner, caller)
        self._check_spender(owner, caller, shares)
        self._check_balance(owner, shares)
        assets = self.preview_redeem(shares)
        self._check_exit(assets)
        self._leave(assets, shares, receiver, owner, caller)
        return assets

    # Requests (ERC-7540)

    def request_redeem(
        self, shares: int, controller: i64, owner: i64, caller: i64, now: i64
    ) -> i64:
        """Put ``shares`` of ``owner`` into escrow until the epoch of ``now`` is over.

        The request id is the number of that epoch, ``now // epoch``; ids are plain numbers, none
        has a meaning of its own. ``controller`` will claim the proceeds. A ``caller`` other than
        the owner is its operator or uses up its allowance. ``now`` never goes back.

        Raises :class:`Closed` in a vault without epochs, :class:`OutOfRange` on a number out of
        bounds, :class:`NotEnough` on a short balance or allowance, :class:`LimitReached` when the
        gate would not let these shares and all that is already pending out.
        """
        if self.epoch == 0:
            raise Closed("exit-at-once", "this vault has no epochs: withdraw or redeem at once")
        check_range("shares", shares, 1, MAX_DOLLARS, "shares")
        delegate = self.is_operator(owner, caller)
        if not delegate:
            self._check_spender(owner, caller, shares)
        self._check_balance(owner, shares)
        room = self._room_for_requests()
        if shares > room:
            raise LimitReached(
                "exit-gate", f"{shares} shares are above {room}, what may leave", shares, room
            )
        if not delegate:
            self._use_allowance(owner, caller, shares)
        self._move_to_escrow(owner, shares)
        request_id = now // self.epoch
        self._enqueue(request_id, controller, shares)
        return request_id

    def settle(self, now: i64) -> list[Claim]:
        """Settle all requests whose epoch is over, at the low value of this moment.

        When the exit gate is below what they are worth together, every request gets the same
        proportion of its shares out, rounded down, and the rest waits for the end of the epoch of
        ``now``. Requests on a vault worth nothing are settled at zero: their shares are burned.
        Returns what was let out in the order of the requests; what was paid for it is claimable.
        """
        if self.epoch == 0:
            return []
        current = now // self.epoch
        due = self._due(current)
        if not due:
            return []
        settled = self._price(due)
        assets: i64 = 0
        shares: i64 = 0
        for claim in settled:
            assets += claim.assets
            shares += claim.shares
        if shares > 0:
            self._hand_out(self.claims, assets, shares)
            self._burn_escrow(shares)
        self._record(due, settled, current)
        return [claim for claim in settled if claim.shares > 0]

    def restart(self) -> list[Claim]:
        """Continue a worthless vault as a new series, from no shares.

        The old shares stay on record (:meth:`past_balance_of`) and are worth nothing for good,
        allowances on them end, pending requests are void: they are returned, at zero assets. What
        was settled before stays claimable, and operators stay.

        Raises :class:`Closed` unless shares are outstanding and worth nothing.
        """
        if not self.is_worthless():
            worth = self.total_assets_high()
            raise Closed(
                "not-worthless",
                f"{self.total_supply()} shares over {worth} assets: not a worthless vault",
                worth,
                0,
            )
        void = self._void_requests()
        self._begin_series()
        return void

    # Inside: entry and exit

    def _check_sync(self) -> None:
        if self.epoch > 0:
            raise Closed("exit-by-request", "the price of an exit is known at its settlement only")

    def _check_worth(self) -> None:
        if self.is_worthless():
            raise Closed(
                "worthless-vault",
                f"{self.total_supply()} shares over nothing: closed until it is restarted",
                self.total_supply(),
                0,
            )

    def _check_exit(self, assets: i64) -> None:
        limit = larger(self.exit_limit(), 0)
        if assets > limit or limit == 0:
            raise LimitReached(
                "exit-gate", f"{assets} is above {limit}, what may leave (assets)", assets, limit
            )

    def _enter(self, assets: i64, shares: i64, receiver: i64, payer: Pot) -> None:
        limit = larger(self.entry_limit(), 0)
        if assets > limit:
            raise LimitReached(
                "entry-gate", f"{assets} is above {limit}, what may enter (assets)", assets, limit
            )
        check_range("shares", shares, 1, MAX_DOLLARS - self.total_supply(), "shares to be minted")
        self._take_in(payer, assets)
        self._mint(receiver, shares)

    def _leave(self, assets: i64, shares: i64, receiver: Pot, owner: i64, caller: i64) -> None:
        self._hand_out(receiver, assets, shares)
        self._use_allowance(owner, caller, shares)
        self._burn(owner, shares)

    def _shares_through_gate(self) -> i64:
        """The most shares that are worth, rounded down, no more than the exit limit."""
        total = self.total_assets()
        limit = self.exit_limit()
        if limit <= 0:
            return 0
        if limit >= total:
            return self.total_supply()
        return mul_div_up(limit + 1, self.total_supply() + 1, total + 1) - 1

    # Inside: requests

    def _room_for_requests(self) -> i64:
        return larger(self._shares_through_gate() - self.escrowed(), 0)

    def _price(self, due: list[RedeemRequest]) -> list[Claim]:
        """What each of these requests gets now, at one price and in one proportion."""
        asked: i64 = 0
        for request in due:
            asked += request.shares
        total = self.total_assets()
        let_out = asked if total == 0 else smaller(asked, self._shares_through_gate())
        priced: list[Claim] = []
        for request in due:
            shares = mul_div(request.shares, let_out, asked)
            assets = mul_div(shares, total + 1, self.total_supply() + 1)
            priced.append(Claim(request.request_id, request.controller, shares, assets))
        return priced
