"""The small Dutch auction of a position.

The position on offer changes hands at a transfer price that starts at the mark price and moves
in equal steps towards its owner's bankruptcy price: p = mark - d * (mark - bankruptcy), with the
discount d rising from 0 to 1. Anyone may take any slice at any time. It is Maker's Clipper turned
round (makerdao/dss, src/clip.sol and src/abaci.sol: a linear fall, taken in steps), with the
owner's remaining margin as the dowry: at d = 1 the owner keeps nothing and owes nothing.
"""

from mypy_extensions import i64

from seawall.engine.errors import BrokenBooks, Closed
from seawall.engine.fixed import DAY, RATE, check_range, larger, magnitude, mul_div, parameter


class AuctionTerms:
    """How long an auction lasts and how often its price moves, both in milliseconds.

    Raises :class:`BadParameters` unless 1 <= ``step`` <= ``duration`` <= one day.
    """

    def __init__(self, duration: int, step: int) -> None:
        self.duration: i64 = parameter("auction duration", duration, 1, DAY, "ms")
        self.step: i64 = parameter("auction step", step, 1, duration, "ms")


class Auction:
    """One position on offer.

    ``left`` is the signed size (1e-8 token) not yet taken, ``started`` the time it opened (ms
    since the epoch). It stands open up to and including the last millisecond of its duration,
    when the discount is whole.
    """

    def __init__(
        self, auction_id: i64, account: i64, size: i64, started: i64, terms: AuctionTerms
    ) -> None:
        if size == 0:
            raise BrokenBooks("an auction needs a position to offer")
        self.id: i64 = auction_id
        self.account: i64 = account
        self.left: i64 = size
        self.started: i64 = started
        self.terms: AuctionTerms = terms

    def _elapsed(self, now: i64) -> i64:
        """Milliseconds that count for the price: whole steps, or the whole duration."""
        elapsed: i64 = larger(0, now - self.started)
        if elapsed >= self.terms.duration:
            return self.terms.duration
        return elapsed - elapsed % self.terms.step

    def discount(self, now: i64) -> i64:
        """How far (1e-12, rounded down) the price has gone from mark to bankruptcy."""
        return mul_div(self._elapsed(now), RATE, self.terms.duration)

    def is_over(self, now: i64) -> bool:
        """Whether its time is past or nothing is left."""
        return now - self.started > self.terms.duration or self.left == 0

    def transfer_price(self, now: i64, mark: i64, bankruptcy: i64) -> i64:
        """Price (1e-10) at which the position changes hands.

        Rounded against the taker: up where the owner sells a long, down where the owner hands
        over a short. Raises :class:`Closed` when the mark has passed the bankruptcy price:
        nobody takes a position that is worth less than nothing.
        """
        gap: i64 = mark - bankruptcy if self.left >= 0 else bankruptcy - mark
        if gap < 0:
            raise Closed(
                "auction-under-water",
                f"mark {mark} has passed the bankruptcy price {bankruptcy} (1e-10)",
                mark,
                bankruptcy,
            )
        moved: i64 = mul_div(gap, self._elapsed(now), self.terms.duration)
        return mark - moved if self.left >= 0 else mark + moved

    def take(self, amount: int, now: i64) -> i64:
        """Take ``amount`` (1e-8 token, positive) off the offer; returns it with the offer's sign.

        Raises :class:`Closed` once the auction is over, :class:`OutOfRange` on an amount below
        1 or above what is left.
        """
        if self.is_over(now):
            raise Closed(
                "auction-over",
                f"auction {self.id} ended at {self.started + self.terms.duration} (ms)",
                now,
                self.started + self.terms.duration,
            )
        check_range("auction-size", amount, 1, magnitude(self.left), "1e-8 token")
        taken: i64 = i64(amount) if self.left > 0 else -i64(amount)
        self.left -= taken
        return taken

    def state(self) -> list[int]:
        """Everything that tells this auction from another, for a digest."""
        return [self.id, self.account, self.left, self.started]
