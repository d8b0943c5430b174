"""Pots: money moves between them and is never made or lost.

A :class:`Pot` holds an amount of one token; :meth:`Pot.pay` is the only way money moves inside a
venue. A :class:`Treasury` mints on deposit and burns on withdrawal, and can prove at any time
that deposits - withdrawals = the sum of all pots, token by token.
"""

from mypy_extensions import i16, i64, mypyc_attr

from seawall.engine.errors import BadParameters, BrokenBooks, NotEnough, OutOfRange, Unknown
from seawall.engine.fixed import MAX_DOLLARS


@mypyc_attr(acyclic=True)  # numbers alone: nothing for the cycle collector to follow
class Pot:
    """An amount of one token, in its integer unit (1e-6 for dollars, 1e-8 for other tokens).

    ``token`` is the token's index in the treasury. A pot whose ``may_owe`` is set is a clearing
    pot: it may go below zero, and its balance is minus what others still owe it.
    """

    def __init__(self, token: i64 = 0, may_owe: bool = False) -> None:
        self.amount: i64 = 0
        self.token: i16 = i16(token)
        self.may_owe: bool = may_owe

    def pay(self, other: "Pot", amount: i64) -> None:
        """Move ``amount`` into ``other``.

        Raises :class:`NotEnough` on an overdraft, :class:`BrokenBooks` on a negative amount or
        on pots of two tokens.
        """
        if amount < 0:
            raise BrokenBooks(f"payment of {amount}: a payment is never negative")
        if self.token != other.token:
            raise BrokenBooks(f"payment from token {self.token} into token {other.token}")
        if amount > self.amount and not self.may_owe:
            raise NotEnough(
                "overdraft", f"a pot of {self.amount} cannot pay {amount}", amount, self.amount
            )
        self.amount -= amount
        other.amount += amount


class Treasury:
    """What came in and what went out, per token; the only place where pots gain or lose money.

    ``tokens`` are the names by index, ``decimals`` the digits of their integer unit.
    """

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.decimals: list[int] = []
        self._minted: list[int] = []
        self._burned: list[int] = []

    def register(self, token: str, decimals: int = 8) -> int:
        """The index of ``token``, which is added if it is new.

        Raises :class:`BadParameters` for a token that is there with other decimals.
        """
        if token not in self.tokens:
            self.tokens.append(token)
            self.decimals.append(decimals)
            self._minted.append(0)
            self._burned.append(0)
        index = self.tokens.index(token)
        if self.decimals[index] != decimals:
            raise BadParameters(
                f"token {token!r} has {self.decimals[index]} decimals here, not {decimals}"
            )
        return index

    def index(self, token: str) -> int:
        """The index of ``token``; raises :class:`Unknown` (``unknown-token``)."""
        if token not in self.tokens:
            raise Unknown(
                "unknown-token", f"token {token!r} is not held; there are {', '.join(self.tokens)}"
            )
        return self.tokens.index(token)

    def mint(self, pot: Pot, amount: i64) -> None:
        """Deposit ``amount`` into ``pot``.

        Raises :class:`OutOfRange` when all pots of the token together would pass ``MAX_DOLLARS``.
        """
        if amount < 0:
            raise BrokenBooks(f"deposit of {amount}: a deposit is never negative")
        room = MAX_DOLLARS - self.outstanding(pot.token)
        if amount > room:
            raise OutOfRange(
                "deposit-too-large",
                f"deposit {amount} is above {room}, what the ledger can still hold "
                f"(1e-{self.decimals[pot.token]})",
                amount,
                room,
            )
        self._minted[pot.token] += amount
        pot.amount += amount

    def burn(self, pot: Pot, amount: i64) -> None:
        """Withdraw ``amount`` from ``pot``; raises :class:`NotEnough` on an overdraft."""
        if amount < 0:
            raise BrokenBooks(f"withdrawal of {amount}: a withdrawal is never negative")
        if amount > pot.amount:
            raise NotEnough(
                "overdraft", f"a pot of {pot.amount} cannot pay out {amount}", amount, pot.amount
            )
        self._burned[pot.token] += amount
        pot.amount -= amount

    def minted(self, token: int) -> int:
        """All deposits of ``token`` so far."""
        return self._minted[token]

    def burned(self, token: int) -> int:
        """All withdrawals of ``token`` so far."""
        return self._burned[token]

    def outstanding(self, token: int) -> int:
        """Deposits less withdrawals of ``token``: what all its pots together hold."""
        return self._minted[token] - self._burned[token]

    def audit(self, pots: list[Pot]) -> None:
        """Re-add every pot; raises :class:`BrokenBooks` when a token does not add up."""
        held = [0 for _ in self.tokens]
        for pot in pots:
            held[pot.token] += pot.amount
        for index, name in enumerate(self.tokens):
            if held[index] != self.outstanding(index):
                raise BrokenBooks(
                    f"{name}: the pots hold {held[index]}, "
                    f"deposits less withdrawals are {self.outstanding(index)}"
                )
