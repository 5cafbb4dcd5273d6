"""What a complaint says, read by rules a product person can open and change, and by heads beside them.

language        which language it is written in
lexicon         the words: lexicons/*.toml, matched in one pass (phrases: how a phrase is written)
emotion         how the customer feels, how strongly, and the words that show it
escalation      regulator, media, legal, collective, safety, churn
needs           what is asked for, what is implied, and whether it is a complaint at all
vulnerability   words that suggest someone needs extra care
urgency         how soon a person must look (urgency.toml)
routing         which queue and which skills (routes.toml)
signals         what these rules read, as numbers
learned         rules and trained heads together: what the service uses (fusion: how they are joined)
shipped         makes the heads and the fusion (stacking: fits them; report: what they are worth)
measure         how well the readings agree with labelled cases

Nothing here knows who the customer is: only the words of the text go in.
"""
