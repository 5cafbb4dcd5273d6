"""The reply: what it may say, how it says it, and whether it holds.

stated          what the customer told us: amounts, times, numbers, counts, products (numerals, identifiers)
plan            what this reply must do: stage, facts to restate, needs, date, rights, promises, citations
  tone          how the customer feels and what that asks of the wording (tone.toml)
  restate       which stated facts are restated, and in what words
  passages      sentences of policies in force that can be quoted
  commitments   what a reply may promise: a look and an answer, by dates of the clocks; never money
clauses         approved wording by stage, feeling, form and slot (clauses/*.toml)
composer        a complete reply from clauses, without a language model
checks          the rubric, for composed and model drafts alike (rubric and lexicon read checks.toml)
  exhibit       a draft with what it is judged against (sources: what it may draw on)
  truth         what it says              manners   how it says it
  overlap       words shared with other people's cases
chat, drafter   the language model, where one is configured (prompt, stream, manuscript, model_checks)
"""
