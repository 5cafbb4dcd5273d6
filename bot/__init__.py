"""One complaint, start to end.

receive     bot.desk        check, store the raw text (the one table that holds it); a 2xx means committed
redact      bot.privacy     personal data out; everything from here on sees redacted text
embed       knowledge       one vector, for triage and for search
triage      bot.triage      category or abstention, emotion, escalations, needs, urgency, route
recall      knowledge       similar cases and passages; profiles: the customer's facts
brief       bot.brief       all the evidence for one reply, and nothing more
draft       bot.draft       model if configured, composer if not or if the model fails a check
suggest     bot.desk        what the agent sees; the agent sends, we record the outcome
"""
