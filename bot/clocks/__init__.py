"""Dates by which something is due: rule packs (packs/*.toml) and the arithmetic over them.

rules       the packs (pack: what one says), and the dates they give for one complaint, in words (traces)
  cn, uk, us, eu  what the law or the regulator asks, by sector; where people may turn; who helps in danger
  company         what the company asks of itself, by urgency
counting    days, weeks, business days, hours, with pauses that do not count
calendars   which days are worked, year by year (calendars/*.toml); a year that is not there is refused
course      a date as it moves: extended, paused, stopped; alarms, and a trace in words
"""
