"""`python -m bot.cli` is `redress`."""

from bot.cli import main

if __name__ == "__main__":  # a second process imports this file and must not run the command again
    main()
