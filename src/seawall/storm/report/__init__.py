"""The report of a storm: what happened in words, tables and charts, on one page."""
