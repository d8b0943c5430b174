"""Files of winners and deficits: one row an account, read exactly.

=============  ================================================================================
column         meaning
=============  ================================================================================
``account``    its name (also ``user`` or ``address``); once in a wave
``profit``     unrealised result in dollars (also ``pnl`` or ``closed_pnl``), below 0: a loss
``collateral`` what the account brought, in dollars; 0 where there is no such column
``notional``   value of the position in dollars (also ``adl_notional``)
``size``       position in tokens, below 0: short
``leverage``   effective leverage (also ``leverage_realtime``); else notional / equity
``cap``        the most that may be taken of a profit, as a share; 1 where there is no such column
``taken``      what was taken in truth, in dollars, to be judged beside the policies
``wave``       which shock the row belongs to; one where there is no such column
=============  ================================================================================

The first two are needed. What may be taken of a winner is its profit, never its collateral; an
account whose collateral and profit come to less than nothing is a deficit of that much (T. Chitra,
"Autodeleveraging: Impossibilities and Optimization", arXiv 2512.01112, section on the corrected
endowment). A float in a Parquet file counts as the shortest text that means it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import polars as pl

from seawall.engine import fixed
from seawall.engine.adl import MAX_SCORE, effective_leverage
from seawall.engine.errors import BadScenario
from seawall.storm.units import steps

NAMES = {
    "account": ("account", "user", "address"),
    "profit": ("profit", "pnl", "closed_pnl"),
    "collateral": ("collateral",),
    "notional": ("notional", "adl_notional"),
    "size": ("size",),
    "leverage": ("leverage", "leverage_realtime"),
    "cap": ("cap",),
    "taken": ("taken",),
    "wave": ("wave",),
}
"""Names of the columns that are understood."""

_DOLLAR, _TOKEN, _RATE = int(fixed.DOLLAR), int(fixed.TOKEN), int(fixed.RATE)
_MOST = int(fixed.MAX_DOLLARS) // 2
_MOST_SIZE, _MOST_SCORE = int(fixed.MAX_SIZE), int(MAX_SCORE)


@dataclass(frozen=True)
class Account:
    """One account in one wave: dollars in 1e-6, ``size`` in 1e-8 token, shares in 1e-12.

    ``leverage`` is None where the file does not tell it, ``notional``, ``size`` and ``taken``
    likewise.
    """

    name: str
    profit: int
    collateral: int = 0
    notional: int | None = None
    size: int | None = None
    leverage: int | None = None
    cap: int = _RATE
    taken: int | None = None

    @property
    def equity(self) -> int:
        """Collateral and profit."""
        return self.collateral + self.profit

    @property
    def room(self) -> int:
        """The most that may be taken: of the profit what the cap allows, rounded down."""
        return max(0, self.profit) * self.cap // _RATE


@dataclass(frozen=True)
class Wave:
    """One shock: the winners in the order of the file, and what the losers cannot pay."""

    name: str
    winners: tuple[Account, ...]
    deficit: int

    @property
    def capacity(self) -> int:
        """All that the winners' caps allow to be taken (1e-6 dollar)."""
        return sum(winner.room for winner in self.winners)


def read_waves(path: str | Path) -> list[Wave]:
    """The waves of a CSV or Parquet file, in the order in which they first appear.

    Raises :class:`BadScenario` naming the file, the line or row, the value and the rule.

    Example::

        (wave,) = read_waves("winners.csv")
    """
    table, unit, first = _open(Path(path))
    label = Path(path).name
    found: dict[str, str] = {}
    for column, names in NAMES.items():
        here = [name for name in table.columns if name.strip().lower() in names]
        if len(here) > 1:
            raise BadScenario(f"{label}: {' and '.join(here)} are both the {column}; keep one")
        if here:
            found[column] = here[0]
    missing = [column for column in ("account", "profit") if column not in found]
    if missing:
        raise BadScenario(
            f"{label}: no column for {', '.join(missing)}; found {', '.join(table.columns)}"
        )
    reader = _Rows(label, unit, found)
    groups: dict[str, list[Account]] = {}
    for number, row in enumerate(table.select(found.values()).iter_rows(named=True), first):
        wave, account = reader.account(number, row)
        groups.setdefault(wave, []).append(account)
    if not groups:
        raise BadScenario(f"{label}: there is no account in it")
    return [wave_of(name, accounts) for name, accounts in groups.items()]


def wave_of(name: str, accounts: Iterable[Account]) -> Wave:
    """A wave from its accounts: who has won, and the sum of what the others owe."""
    everybody = list(accounts)
    winners = tuple(account for account in everybody if account.profit > 0 and account.equity >= 0)
    return Wave(name, winners, -sum(min(0, account.equity) for account in everybody))


def _open(path: Path) -> tuple[pl.DataFrame, str, int]:
    if not path.is_file():
        raise BadScenario(f"{path}: there is no such file")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            return pl.read_parquet(path), "row", 1
        return pl.read_csv(path, infer_schema_length=0), "line", 2
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise BadScenario(f"{path.name}: cannot be read as a table: {reason}") from None


class _Rows:
    """Reads the cells of rows, and knows which accounts were there before."""

    def __init__(self, label: str, unit: str, columns: dict[str, str]) -> None:
        self.label = label
        self.unit = unit
        self.columns = columns
        self.seen: dict[tuple[str, str], int] = {}

    def account(self, number: int, row: dict[str, object]) -> tuple[str, Account]:
        """The wave's name and the account of one row."""
        where = f"{self.label}, {self.unit} {number}"
        name, wave = self._text(row, "account"), self._text(row, "wave") or "1"
        if not name:
            raise BadScenario(f"{where}: the account has no name")
        if (wave, name) in self.seen:
            raise BadScenario(
                f"{where}: account {name} of wave {wave} was there in {self.unit} "
                f"{self.seen[wave, name]}; join the two"
            )
        self.seen[wave, name] = number
        profit = self._number(where, row, "profit", _DOLLAR, -_MOST, _MOST)
        if profit is None:
            raise BadScenario(f"{where}: the profit is empty")
        collateral = self._number(where, row, "collateral", _DOLLAR, -_MOST, _MOST) or 0
        notional = self._number(where, row, "notional", _DOLLAR, 0, _MOST)
        leverage = self._leverage(where, row)
        if leverage is None and notional is not None:
            leverage = int(effective_leverage(notional, collateral + profit))
        cap = self._number(where, row, "cap", _RATE, 0, _RATE)
        return wave, Account(
            name=name,
            profit=profit,
            collateral=collateral,
            notional=notional,
            size=self._number(where, row, "size", _TOKEN, -_MOST_SIZE, _MOST_SIZE),
            leverage=leverage,
            cap=_RATE if cap is None else cap,
            taken=self._number(where, row, "taken", _DOLLAR, 0, _MOST),
        )

    def _text(self, row: dict[str, object], column: str) -> str:
        cell = row[self.columns[column]] if column in self.columns else None
        return "" if cell is None else str(cell).strip()

    def _decimal(self, where: str, row: dict[str, object], column: str) -> Decimal | None:
        text = self._text(row, column)
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise BadScenario(f"{where}: {column} {text!r} is not a number")
        return number

    def _number(
        self, where: str, row: dict[str, object], column: str, scale: int, low: int, high: int
    ) -> int | None:
        number = self._decimal(where, row, column)
        if number is None:
            return None
        if not low <= number * scale <= high:
            raise BadScenario(
                f"{where}: {column} {number} must be between {low / scale:g} and {high / scale:g}"
            )
        return steps(number, scale)

    def _leverage(self, where: str, row: dict[str, object]) -> int | None:
        """Leverage (1e-12), cut to what a policy reads: equity near nothing makes it endless."""
        number = self._decimal(where, row, "leverage")
        if number is None:
            return None
        if number < 0:
            raise BadScenario(f"{where}: leverage {number} must not be below 0")
        return min(steps(number, _RATE), _MOST_SCORE)
