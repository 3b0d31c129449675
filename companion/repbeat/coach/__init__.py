"""The coach. `rules` and `planner` are pure: values in, values out, no clock, no store, no radio.

`desk` reads sessions and plans from the store and files what the rules answer, `after_session` has it asked
whenever a session has come in, `command` is `repbeat plan`.
"""
