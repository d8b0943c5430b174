"""The layered market, rule by rule: each docstring names the rule of docs/layered.md it checks."""
