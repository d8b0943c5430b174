"""Open-interest caps of one market.

A coin is at its cap while it is on the list (a parameter, or set by the operator), or while its
open interest has reached a number of dollars. Then orders that would grow a position are refused,
resting ones that would are cancelled when they are met, and an order that reduces may not be
priced more aggressively than the oracle; one marked reduce-only may. How Hyperliquid sets its caps
is not public. Source: its documentation and the error words of its API.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.members import Coin
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import notional_up


class InterestWatch:
    """Whether a market is at its cap, and how fast its open interest grew."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.listed: bool = params.capped
        self.window: i64 = -1
        self.base: i64 = 0

    def value(self, coin: Coin) -> i64:
        """Open interest (1e-6 dollar, rounded up) at the mark."""
        return notional_up(coin.longs, coin.mark)

    def is_capped(self, coin: Coin) -> bool:
        """Whether the coin is at its cap now."""
        cap: i64 = self.params.interest_cap
        return self.listed or (cap > 0 and self.value(coin) >= cap)

    def is_bound(self) -> bool:
        """Whether anything limits the growth of open interest."""
        return self.listed or self.params.interest_cap > 0 or self.params.interest_speed > 0

    def check_growth(self, coin: Coin, flips: bool, adds: i64, now: i64) -> None:
        """Refuse an order that would grow a position by ``adds`` (1e-6 dollar) at the cap."""
        if not self.is_bound():
            return
        speed: i64 = self.params.interest_speed
        held: i64 = self.value(coin)
        if self.is_capped(coin):
            cap: i64 = held if self.listed else self.params.interest_cap
            if flips:
                raise LimitReached(
                    "position-flip-at-open-interest-cap",
                    f"{coin.name} is at its cap of {cap}: a position may close, but not turn "
                    "round (1e-6 dollar)",
                    held + adds,
                    cap,
                )
            raise LimitReached(
                "position-increase-at-open-interest-cap",
                f"{coin.name} is at its cap of {cap}: no position may grow (1e-6 dollar)",
                held + adds,
                cap,
            )
        if speed > 0:
            base: i64 = self.base if self.window == now // self.params.speed_window else held
            if held + adds - base > speed:
                raise LimitReached(
                    "open-interest-increase",
                    f"open interest of {held + adds} would be above {base + speed}, the most in "
                    "this window (1e-6 dollar)",
                    held + adds,
                    base + speed,
                )

    def check_price(self, coin: Coin, is_buy: bool, price: i64) -> None:
        """Refuse an order at the cap that is priced beyond the oracle."""
        beyond: bool = price > coin.oracle if is_buy else price < coin.oracle
        if beyond and self.is_capped(coin):
            raise LimitReached(
                "too-aggressive-at-open-interest-cap",
                f"price {price} is beyond the oracle's {coin.oracle}, at the cap (1e-10)",
                price,
                coin.oracle,
            )

    def turn(self, coin: Coin, now: i64) -> None:
        """Begin a new window where one is over."""
        window: i64 = now // self.params.speed_window
        if window != self.window:
            self.window = window
            self.base = self.value(coin)

    def state(self) -> list[int]:
        """Every number, for a digest."""
        return [int(self.listed), self.window, self.base]
