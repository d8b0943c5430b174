"""Everything Seawall raises on purpose, as one tree.

::

    SeawallError
    ├── Refusal                a command was not carried out; nothing changed
    │   ├── Unknown            no such account, market, order, vault, auction
    │   ├── OutOfRange         a number outside the bounds of its field
    │   ├── NotEnough          a pot, a margin or a share balance is too small
    │   ├── Closed             a halt, a stale price or an auction forbids it now
    │   ├── LimitReached       a cap or gate would be passed (interest, depth, cover, leverage)
    │   └── BadOrder           the fields of an order contradict each other or the position
    ├── BadParameters          a parameter set that cannot be run
    ├── BadScenario            a price file or an event table that cannot be run
    └── BrokenBooks            an invariant of the ledger failed: a fault of the program
"""


class SeawallError(Exception):
    """Root of every exception that Seawall raises on purpose."""


class Refusal(SeawallError):
    """A command that was not carried out. The state is what it was before.

    ``code`` is the stable name of the rule (``beyond-depth``), ``message`` says it in words,
    ``value`` is the number that was offered and ``bound`` the one it was held against, both in
    the integer unit that ``message`` names; they are 0 where the rule is not about a number.
    """

    def __init__(self, code: str, message: str, value: int = 0, bound: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.value = value
        self.bound = bound


class Unknown(Refusal):
    """The command names something that does not exist."""


class OutOfRange(Refusal):
    """A number outside the bounds of its field."""


class NotEnough(Refusal):
    """A pot, a margin or a share balance does not hold what the command needs."""


class Closed(Refusal):
    """The command is sound but not now: a halt, a stale price, an auction in progress."""


class LimitReached(Refusal):
    """The command would pass a cap or a gate."""


class BadOrder(Refusal):
    """The fields of an order contradict each other or the position they meet."""


class BadParameters(SeawallError):
    """A parameter set that cannot be run; the message names the field, its value and the rule."""


class BadScenario(SeawallError):
    """A price file or event table that cannot be run; the message names the row and the rule."""


class BrokenBooks(SeawallError):
    """An invariant of the ledger failed. Always a fault of the program: please report it."""
