"""Trials of replies: how good the checks and the composer are, and whether an attack gets through.

contexts      a complaint with all that surrounds its reply, as labelled data holds it
labelled      drafts written by hand, half with one planted violation: recall and false alarms of every check
composing     the composer on complaints it has not seen, at every stage
attacks       texts that try to make a model say what it must not, against a model that always obeys
obedient      the model's server of the attacks: it obeys, and records what it is sent
desks         a desk of its own for a trial
texts         complaints to try the composer on
"""
