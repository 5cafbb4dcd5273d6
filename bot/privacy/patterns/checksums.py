"""Check digits. Every function takes what it names as ASCII letters and digits, without separators."""

from datetime import date

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_COMPANY_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_COMPANY_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LUHN_DOUBLE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_HONG_KONG_A = 10
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


def luhn(digits: str) -> bool:
    """Bank cards and IMEI (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        total += _LUHN_DOUBLE[int(digit)] if place % 2 else int(digit)
    return total % 10 == 0


def identity_number(number: str) -> bool:
    """Chinese identity number of 18 characters (GB 11643-1999): the check digit only, not the region."""
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def real_date(digits: str) -> bool:
    """Whether yyyymmdd is a day of the calendar from 1800 to 2099."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1800 <= day.year <= 2099


def company_id(code: str) -> bool:
    """Unified social credit code of 18 characters, upper case (GB 32100-2015)."""
    values = [_COMPANY_ALPHABET.find(character) for character in code]
    if min(values) < 0:
        return False
    total = sum(weight * value for weight, value in zip(_COMPANY_WEIGHTS, values, strict=False))
    return (31 - total % 31) % 31 == values[17]


def iban(code: str) -> bool:
    """International bank account number, upper case (ISO 13616): remainder 1 modulo 97."""
    moved = code[4:] + code[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def hong_kong_identity(letters: str, digits: str, check: str) -> bool:
    """Hong Kong identity card: one or two letters, six digits, check digit 0 to 9 or A."""
    values = [int(letter, 36) for letter in letters.upper().rjust(2)] if len(letters) == 2 else []
    values = values or [36, int(letters, 36)]
    values += [int(digit) for digit in digits]
    total = sum(weight * value for weight, value in zip(range(9, 1, -1), values, strict=True))
    expected = (11 - total % 11) % 11
    return expected == (_HONG_KONG_A if check.upper() == "A" else int(check))


def taiwan_identity(number: str) -> bool:
    """Taiwan identity number, upper case: a letter and nine digits."""
    letter = _TAIWAN_LETTERS.find(number[0]) + 10
    values = [letter // 10, letter % 10, *(int(digit) for digit in number[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) % 10 == 0
