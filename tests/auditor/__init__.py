"""The auditor: a second, naive model of the layered market, written from ``docs/layered.md``.

It shares no code with the engine: it takes parameter objects and reports from it to read numbers
off, and nothing else. Numbers are unbounded, divisions are exact fractions that are rounded
once, sums over positions are sums over positions, and whoever is due is found by looking at
everybody. It is slow and short, and it must agree with the engine to the last unit.

==============  ================================================================
money           rounding, units, refusals, pots
oracle          reports to one trusted price
curve           bands, impact, who walked through which depth
tiers           margin requirements and the bankruptcy price
vaults          shares, requests, claims
guards          caps and breakers
market          one market: what stands behind a trade, the money of a position
orders          the line, and why an order is filled or not
minutes         what time does: price, accrual, settlement
ladder          who is liquidated, and by which rung
venue           accounts and commands
compare         engine and model side by side
storm           random commands that hurt
==============  ================================================================
"""
