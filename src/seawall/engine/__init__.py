"""The engine: a venue as a deterministic state machine on exact 64-bit integers.

Pure: no clock, no input or output, no randomness, no logging. Compiled by mypyc where there is a C
compiler; the same source interpreted gives the same numbers, to the last unit and byte.
"""
