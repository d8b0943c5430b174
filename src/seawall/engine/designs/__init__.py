"""One folder per market design, each readable alone; a design never imports another.

The same file names mean the same things in each: ``params`` every parameter with unit, default
and source; ``pricing`` glossary, equations and code of what a trade costs; ``pool`` who stands
behind it; ``funding`` what accrues with time; ``liquidation`` when, and the ladder; ``market`` the
machine. A file that a design has no use for is left out.
"""
