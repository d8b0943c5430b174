"""What is due at a time: a heap of errands in which each knows its own place."""

from mypy_extensions import i64


class Errand:
    """Something due ``at`` a time (ms); of two due at once the lower ``number`` is first."""

    def __init__(self, number: i64, at: i64) -> None:
        self.number: i64 = number
        self.at: i64 = at
        self.slot: i64 = -1

    def before(self, other: "Errand") -> bool:
        """Whether this one is first."""
        if self.at != other.at:
            return self.at < other.at
        return self.number < other.number


class Agenda:
    """Errands by time: a quiet tick looks at the first alone; each change costs O(log n)."""

    def __init__(self) -> None:
        self.items: list[Errand] = []

    def add(self, errand: Errand) -> None:
        """Enter an errand."""
        self.items.append(errand)
        self._rise(errand, len(self.items) - 1)

    def remove(self, errand: Errand) -> None:
        """Strike an errand out; nothing happens if it is not in."""
        slot: i64 = errand.slot
        if slot < 0:
            return
        errand.slot = -1
        last = self.items.pop()
        if last is errand:
            return
        if slot > 0 and last.before(self.items[(slot - 1) >> 1]):
            self._rise(last, slot)
        else:
            self._sink(last, slot)

    def due(self, now: i64) -> Errand | None:
        """The first errand that is due at ``now``, struck out, or None."""
        if len(self.items) == 0:
            return None
        first = self.items[0]
        if first.at > now:
            return None
        self.remove(first)
        return first

    def _rise(self, errand: Errand, slot: i64) -> None:
        items = self.items
        while slot > 0:
            above: i64 = (slot - 1) >> 1
            other = items[above]
            if not errand.before(other):
                break
            items[slot] = other
            other.slot = slot
            slot = above
        items[slot] = errand
        errand.slot = slot

    def _sink(self, errand: Errand, slot: i64) -> None:
        items = self.items
        count: i64 = len(items)
        while True:
            below: i64 = 2 * slot + 1
            if below >= count:
                break
            other = items[below]
            if below + 1 < count and items[below + 1].before(other):
                below += 1
                other = items[below]
            if not other.before(errand):
                break
            items[slot] = other
            other.slot = slot
            slot = below
        items[slot] = errand
        errand.slot = slot
