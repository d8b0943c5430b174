"""The state machine: any design, driven by everybody at once, held to its laws at every step."""
