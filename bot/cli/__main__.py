"""`python -m bot.cli` is `redress`."""

from bot.cli import main

main()
