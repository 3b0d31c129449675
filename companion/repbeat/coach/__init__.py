"""The coach. `rules` and `planner` are pure: values in, values out, no clock, no store, no radio.

`desk` reads sessions and plans from the store and files what the rules answer, `arrivals` has it asked
whenever a session or a morning has come in, `command` is `repbeat plan`.
"""
