"""The passes of the plan: each takes what was gathered and the sections so far, and returns the sections it adds."""
