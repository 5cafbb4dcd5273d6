"""Numbers and codes that identify someone: by shape, check digit, and the word in front of them."""
