"""Trials of replies: how good the checks and the composer are, and whether an attack gets through.

contexts      a complaint with all that surrounds its reply, as labelled data holds it
labelled      drafts written by hand, half with one planted violation: recall and false alarms of every check
composing     the composer on complaints it has not seen, at every stage
attacks       texts that try to make a model say what it must not, against a model that always obeys
identifiers   planted personal data, against a server that records what it is sent
obedient      the server of the last two
"""
