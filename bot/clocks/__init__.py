"""Dates by which something is due: rule packs (packs/*.toml) and the arithmetic over them (rules).

cn, uk, us      what the law or the regulator asks, by sector; where people may turn; who helps in danger
company         what the company asks of itself, by urgency

This version counts calendar days, weeks and hours. Rules in business days wait for holiday calendars and are
not in the packs: a guessed holiday would be a wrong promise.
"""
