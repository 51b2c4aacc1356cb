"""The class, live: a server for one room, and the instructor's board that shows who is done, trying or stuck.

`outline` is what `workshop build` writes about a workshop; `pseudonyms` draws names; `room_journal` keeps what happened in a
file that only grows; `room` is the state that follows from it; `class_server` is what browsers speak with.

What a learner shares is the outcome of a check, under a drawn name, and only after saying yes.
"""
