"""Personal data out of customer text, before anything else reads it.

read       normal.py        the text as rules see it: same characters, one spelling, offsets kept
find       patterns/        numbers and codes, by shape, check digit and the word in front of them
           addresses.py     street level and below; city and district stay
           names.py         people, by the words that introduce them
together   search.py        every rule over one text, and found values wherever else they stand
settle     candidates.py    where finds overlap, the surer kind wins
replace    redaction.py     ⟦PHONE_1⟧ for the number, and back again
"""
