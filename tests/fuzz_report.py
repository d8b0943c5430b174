"""What the fuzzers really did, counted by action and told at the end of the test run.

A fuzz that calls everything and moves nothing proves nothing: every harness counts here what was
carried out, what was refused and why, and what each command set off.
"""

from collections import Counter

_TABLES: dict[str, dict[str, Counter[str]]] = {}


def count(fuzzer: str, action: str, times: int = 1, setting: str = "times") -> None:
    """Note that ``fuzzer`` did ``action``; ``setting`` says where, if it knows several."""
    _TABLES.setdefault(fuzzer, {}).setdefault(setting, Counter())[action] += times


def told() -> list[tuple[str, str, str, int]]:
    """Everything counted so far, as rows that :func:`count` takes: fuzzer, setting, action."""
    return [
        (fuzzer, setting, action, times)
        for fuzzer, columns in _TABLES.items()
        for setting, counts in columns.items()
        for action, times in counts.items()
    ]


def summary() -> list[str]:
    """A table for each fuzzer, actions by settings; nothing where no fuzzer ran."""
    lines: list[str] = []
    for fuzzer, columns in sorted(_TABLES.items()):
        actions = sorted({action for counts in columns.values() for action in counts})
        wide = max(len(action) for action in [fuzzer, *actions])
        widths = {name: max(len(name), 8) for name in columns}
        lines.append(f"{fuzzer:<{wide}}" + "".join(f"  {n:>{w}}" for n, w in widths.items()))
        for action in actions:
            cells = [f"  {columns[n][action] or '-':>{w}}" for n, w in widths.items()]
            lines.append(f"{action:<{wide}}" + "".join(cells))
    return lines
