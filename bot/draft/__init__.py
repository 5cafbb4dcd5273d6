"""The reply: what it may say, how it says it, and whether it holds.

stated        what the customer told us: amounts, dates, numbers, counts (amounts, times, products, numerals)
plan          what this reply must do: stage, facts to restate, needs, date, rights, commitments, citations
tone          how the customer feels, and what that asks of the wording (tone.toml)
clauses       approved wording by stage, feeling and slot (clauses/*.toml)
composer      a complete reply from clauses, without a language model
commitments   what a reply may promise, and promises nobody allowed
checks        the rubric, for composed and model drafts alike (checks.toml)
chat, drafter the language model, where one is configured
"""
