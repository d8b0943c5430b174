"""The books of a vault: who holds how many shares, who asked to leave, who may claim what.

:class:`ShareBook` is the ERC-20 part (ethereum/ERCs, ERCS/erc-20.md): balances, transfers and
allowances, with an unlimited allowance that is never used up (OpenZeppelin, ERC20.sol). Added to
it are shares in escrow, which belong to a pending exit and still count as outstanding, and series:
a book whose shares became worthless is closed and continued from zero, the old holdings staying on
record.

:class:`ExitBook` adds the records of ERC-7540 (ERCS/erc-7540.md): pending requests, settled ones
that wait to be claimed with the money for them, and operators. When and at which price a request
is settled is decided by the vault (``vault.py``).

Accounts are plain numbers. A share has the unit of the asset, 1e-6 of a dollar-like token.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.errors import BrokenBooks, Closed, NotEnough
from seawall.engine.fixed import MAX_DOLLARS, check_range, mul_div, mul_div_up
from seawall.engine.pot import Pot

UNLIMITED: Final[i64] = 9_223_372_036_854_775_807
"""An allowance of this many shares is never used up."""


@mypyc_attr(allow_interpreted_subclasses=True)
class ShareBook:
    """Balances, allowances and escrow of one kind of share; all amounts in shares (1e-6).

    ``series`` counts from 1 and grows by one each time the book is continued from zero.
    """

    def __init__(self) -> None:
        self.series: i64 = 1
        self._supply: i64 = 0
        self._escrow: i64 = 0
        self._balances: dict[int, int] = {}
        self._allowances: dict[tuple[int, int], int] = {}
        self._past: list[dict[int, int]] = []

    def total_supply(self) -> i64:
        """Shares outstanding: all balances and what stands in escrow."""
        return self._supply

    def escrowed(self) -> i64:
        """Shares that left their owners for a pending exit and are not burned yet."""
        return self._escrow

    def balance_of(self, account: i64) -> i64:
        """Shares that ``account`` holds, without those it has in escrow."""
        return self._balances.get(account, 0)

    def past_balance_of(self, series: int, account: i64) -> i64:
        """Shares that ``account`` held when an earlier ``series`` was closed; worth nothing.

        Raises :class:`OutOfRange` unless ``series`` is one that was closed.
        """
        check_range("series", series, 1, self.series - 1, "closed series")
        return self._past[series - 1].get(account, 0)

    def allowance(self, owner: i64, spender: i64) -> i64:
        """Shares of ``owner`` that ``spender`` may still move; ``UNLIMITED`` is never used up."""
        key: tuple[int, int] = (owner, spender)
        return self._allowances.get(key, 0)

    def approve(self, shares: int, spender: i64, owner: i64) -> None:
        """Let ``spender`` move ``shares`` of ``owner``, in place of what was allowed before.

        ``shares`` is 0 (nothing more), at most ``MAX_DOLLARS``, or ``UNLIMITED``. Raises
        :class:`OutOfRange` otherwise.
        """
        unlimited: int = UNLIMITED
        if shares != unlimited:
            check_range("allowance", shares, 0, MAX_DOLLARS, "shares")
        self._set_allowance(owner, spender, shares)

    def transfer(self, shares: int, receiver: i64, owner: i64, caller: i64) -> None:
        """Move ``shares`` from ``owner`` to ``receiver``; none at all is a transfer too (ERC-20).

        A ``caller`` other than the owner uses up its allowance. Raises :class:`OutOfRange` on a
        number outside 0 to ``MAX_DOLLARS``, :class:`NotEnough` on a short allowance or balance.
        """
        check_range("shares", shares, 0, MAX_DOLLARS, "shares")
        self._check_spender(owner, caller, shares)
        self._check_balance(owner, shares)
        self._use_allowance(owner, caller, shares)
        self._add(owner, -shares)
        self._add(receiver, shares)

    def state(self) -> list[int]:
        """Every number of the book in a fixed order, for a digest."""
        numbers: list[int] = [self.series, self._supply, self._escrow, len(self._balances)]
        for account, shares in sorted(self._balances.items()):
            numbers += [account, shares]
        numbers.append(len(self._allowances))
        for (owner, spender), shares in sorted(self._allowances.items()):
            numbers += [owner, spender, shares]
        for past in self._past:
            numbers.append(len(past))
            for account, shares in sorted(past.items()):
                numbers += [account, shares]
        return numbers

    def audit(self) -> None:
        """Re-add the book; raises :class:`BrokenBooks` when a sum is not what it should be."""
        held: int = self._escrow
        for shares in self._balances.values():
            held += shares
        if held != self._supply:
            raise BrokenBooks(f"balances and escrow hold {held} of {self._supply} shares")

    def _check_spender(self, owner: i64, caller: i64, shares: i64) -> None:
        if caller == owner:
            return
        granted = self.allowance(owner, caller)
        if shares > granted:
            raise NotEnough(
                "short-allowance",
                f"account {caller} may move {granted} shares of account {owner}, not {shares}",
                shares,
                granted,
            )

    def _check_balance(self, owner: i64, shares: i64) -> None:
        held = self.balance_of(owner)
        if shares > held:
            raise NotEnough(
                "short-balance", f"account {owner} holds {held} shares, not {shares}", shares, held
            )

    def _use_allowance(self, owner: i64, caller: i64, shares: i64) -> None:
        granted = self.allowance(owner, caller)
        if caller != owner and granted != UNLIMITED:
            self._set_allowance(owner, caller, granted - shares)

    def _set_allowance(self, owner: i64, spender: i64, shares: i64) -> None:
        key: tuple[int, int] = (owner, spender)
        if shares > 0:
            self._allowances[key] = shares
        else:
            self._allowances.pop(key, 0)

    def _add(self, account: i64, change: i64) -> None:
        held = self.balance_of(account) + change
        if held > 0:
            self._balances[account] = held
        else:
            self._balances.pop(account, 0)

    def _mint(self, receiver: i64, shares: i64) -> None:
        self._supply += shares
        self._add(receiver, shares)

    def _burn(self, owner: i64, shares: i64) -> None:
        self._add(owner, -shares)
        self._supply -= shares

    def _move_to_escrow(self, owner: i64, shares: i64) -> None:
        self._add(owner, -shares)
        self._escrow += shares

    def _burn_escrow(self, shares: i64) -> None:
        self._escrow -= shares
        self._supply -= shares

    def _begin_series(self) -> None:
        """Close the book and go on from zero. Allowances were given for the old shares: gone."""
        self._past.append(self._balances)
        self._balances = {}
        self._allowances = {}
        self._escrow = 0
        self._supply = 0
        self.series += 1


class RedeemRequest:
    """Shares in escrow under one request id; ``due`` is the epoch at whose end they are settled."""

    def __init__(self, request_id: i64, controller: i64) -> None:
        self.request_id: i64 = request_id
        self.due: i64 = request_id
        self.controller: i64 = controller
        self.shares: i64 = 0


class Claim:
    """A settled part of a request: ``shares`` that were burned for ``assets``. Never changed."""

    def __init__(self, request_id: i64, controller: i64, shares: i64, assets: i64) -> None:
        self.request_id: i64 = request_id
        self.controller: i64 = controller
        self.shares: i64 = shares
        self.assets: i64 = assets


@mypyc_attr(allow_interpreted_subclasses=True)
class ExitBook(ShareBook):
    """A share book with requests to leave, in the order of their epochs, and claims.

    ``claims`` is the pot of what was settled and not yet claimed, in the unit of the asset.
    """

    def __init__(self, claims: Pot) -> None:
        super().__init__()
        self.claims: Pot = claims
        self._queue: list[RedeemRequest] = []
        self._latest: dict[int, RedeemRequest] = {}
        self._claims_of: dict[int, list[Claim]] = {}
        self._operators: dict[tuple[int, int], bool] = {}

    def set_operator(self, operator: i64, approved: bool, controller: i64) -> None:
        """Let ``operator`` request and claim in the name of ``controller``, or no longer."""
        key: tuple[int, int] = (controller, operator)
        if approved:
            self._operators[key] = True
        else:
            self._operators.pop(key, False)

    def is_operator(self, controller: i64, operator: i64) -> bool:
        """Whether ``operator`` may request and claim in the name of ``controller``."""
        key: tuple[int, int] = (controller, operator)
        return key in self._operators

    def pending_redeem_request(self, request_id: int | None, controller: i64) -> i64:
        """Shares of ``controller`` pending under ``request_id``, or under any if it is None."""
        shares: i64 = 0
        for request in self._queue:
            if request.controller == controller and _is_under(request_id, request.request_id):
                shares += request.shares
        return shares

    def claimable_redeem_request(self, request_id: int | None, controller: i64) -> i64:
        """Shares of ``controller`` claimable under ``request_id``, or under any if it is None."""
        shares: i64 = 0
        for claim in self._claims_of.get(controller, []):
            if _is_under(request_id, claim.request_id):
                shares += claim.shares
        return shares

    def claimable_assets(self, controller: i64) -> i64:
        """Assets that ``controller`` can claim now."""
        assets: i64 = 0
        for claim in self._claims_of.get(controller, []):
            assets += claim.assets
        return assets

    def claim_all(self, receiver: Pot, controller: i64, caller: i64) -> i64:
        """Pay all that is claimable for ``controller`` into ``receiver``; the assets paid.

        Raises :class:`NotEnough` when nothing is claimable, :class:`Closed` to a caller who is
        neither the controller nor its operator.
        """
        self._check_operator(controller, caller)
        assets = self.claimable_assets(controller)
        if assets == 0:
            raise NotEnough("nothing-to-claim", f"nothing is claimable for account {controller}")
        self.claims.pay(receiver, assets)
        self._claims_of.pop(controller)
        return assets

    def pots(self) -> list[Pot]:
        """The pots that the book owns: the one of claims."""
        return [self.claims]

    def state(self) -> list[int]:
        """Every number of the book but its pot in a fixed order, for a digest."""
        numbers = super().state()
        numbers.append(len(self._operators))
        for controller, operator in sorted(self._operators):
            numbers += [controller, operator]
        numbers.append(len(self._queue))
        for request in self._queue:
            numbers += [request.request_id, request.due, request.controller, request.shares]
        for account, claims in sorted(self._claims_of.items()):
            numbers += [account, len(claims)]
            for claim in claims:
                numbers += [claim.request_id, claim.shares, claim.assets]
        return numbers

    def audit(self) -> None:
        """Re-add shares, requests and claims; raises :class:`BrokenBooks` on a difference."""
        super().audit()
        pending: i64 = 0
        for request in self._queue:
            pending += request.shares
        if pending != self.escrowed():
            raise BrokenBooks(f"requests of {pending} shares, {self.escrowed()} in escrow")
        owed: i64 = 0
        for controller in self._claims_of:
            owed += self.claimable_assets(controller)
        if owed != self.claims.amount:
            raise BrokenBooks(f"claims of {owed}, {self.claims.amount} in their pot")

    def _check_operator(self, controller: i64, caller: i64) -> None:
        if caller != controller and not self.is_operator(controller, caller):
            raise Closed("not-operator", f"account {caller} is no operator of account {controller}")

    def _enqueue(self, request_id: i64, controller: i64, shares: i64) -> None:
        request = self._latest.get(controller)
        if request is None or request.request_id != request_id:
            request = RedeemRequest(request_id, controller)
            self._queue.append(request)
            self._latest[controller] = request
        request.shares += shares

    def _due(self, current: i64) -> list[RedeemRequest]:
        """The requests whose epoch is over. A quiet minute looks at the head of the queue alone."""
        if not self._queue or self._queue[0].due >= current:
            return []
        return [request for request in self._queue if request.due < current]

    def _record(self, due: list[RedeemRequest], settled: list[Claim], current: i64) -> None:
        """Take what was settled off the requests; what is left of them waits for ``current``."""
        for request, claim in zip(due, settled, strict=True):
            request.shares -= claim.shares
            request.due = current
            if claim.assets > 0:
                self._claims_of.setdefault(claim.controller, []).append(claim)
        self._queue = [request for request in self._queue if request.shares > 0]
        self._latest = {request.controller: request for request in self._queue}

    def _void_requests(self) -> list[Claim]:
        void = [Claim(r.request_id, r.controller, r.shares, 0) for r in self._queue]
        self._queue = []
        self._latest = {}
        return void

    def _claim_shares(self, shares: i64, receiver: Pot, controller: i64, caller: i64) -> i64:
        """Claim ``shares``, oldest first; the assets paid, rounded down, the rest staying."""
        self._check_operator(controller, caller)
        self._check_claimable(shares, self.claimable_redeem_request(None, controller))
        left = shares
        paid: i64 = 0
        rest: list[Claim] = []
        for claim in self._claims_of[controller]:
            if left == 0:
                rest.append(claim)
            elif claim.shares <= left:
                left -= claim.shares
                paid += claim.assets
            else:
                part = mul_div(claim.assets, left, claim.shares)
                rest.append(_remainder(claim, left, part))
                paid += part
                left = 0
        self._pay_claim(receiver, controller, paid, rest)
        return paid

    def _claim_assets(self, assets: i64, receiver: Pot, controller: i64, caller: i64) -> i64:
        """Claim ``assets``, oldest first; the shares given up for them, rounded up."""
        self._check_operator(controller, caller)
        self._check_claimable(assets, self.claimable_assets(controller))
        left = assets
        given_up: i64 = 0
        rest: list[Claim] = []
        for claim in self._claims_of[controller]:
            if left == 0:
                rest.append(claim)
            elif claim.assets <= left:
                left -= claim.assets
                given_up += claim.shares
            else:
                part = mul_div_up(claim.shares, left, claim.assets)
                rest.append(_remainder(claim, part, left))
                given_up += part
                left = 0
        self._pay_claim(receiver, controller, assets, rest)
        return given_up

    def _check_claimable(self, wanted: i64, claimable: i64) -> None:
        if wanted > claimable:
            raise NotEnough(
                "not-claimable", f"{claimable} is claimable, not {wanted}", wanted, claimable
            )

    def _pay_claim(self, receiver: Pot, controller: i64, assets: i64, rest: list[Claim]) -> None:
        self.claims.pay(receiver, assets)
        if rest:
            self._claims_of[controller] = rest
        else:
            self._claims_of.pop(controller)


def _is_under(request_id: int | None, number: int) -> bool:
    return request_id is None or request_id == number


def _remainder(claim: Claim, shares: i64, assets: i64) -> Claim:
    return Claim(claim.request_id, claim.controller, claim.shares - shares, claim.assets - assets)
