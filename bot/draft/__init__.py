"""The reply: what it may say, how it says it, and whether it holds.

stated          what the customer told us: amounts, times, numbers, counts, products (numerals, identifiers)
wanted          what an agent asks of a draft: a decision, a style, a language, alternatives
  decision      what a person decided, the only source of money, findings and verdicts
  authority     who may promise how much (authority.toml)
plan            what this reply must do: stage, facts to restate, needs, date, rights, promises, citations
  tone          how the customer feels and what that asks of the wording (tone.toml)
  restate       which stated facts are restated, and in what words
  asking        what such complaints need to be settled, and this one does not say (asking.toml)
  passages      sentences of policies in force that can be quoted
  commitments   what a reply promises: an answer by the clocks' dates, and what was decided
  precedent     the band of what comparable cases got
clauses         approved wording by stage, feeling, form and slot (clauses/*.toml)
composer        a complete reply from clauses, without a language model
checks          the rubric, for composed, model and edited drafts alike (rubric and lexicon read checks.toml)
  exhibit       a draft with what it is judged against (sources: what it may draw on)
  addressing    whom it addresses         truth         what it says of the facts
  promised      what it promises          decided       what it says was decided or found
  answering     what it answers           disclosing    what it lets out
  manners       how it says it            overlap       words shared with other people's cases
chat, drafter   the language model, where one is configured (prompt, stream, manuscript, model_checks)
  structured    answers in a shape        local_model   a model in this process
  suspicion     words meant for a model, which it is not given (suspicion.toml)
  rewriting     a reply said in another way
"""
