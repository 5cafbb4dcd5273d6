"""What the rules propose, and how overlapping proposals are settled."""

from bisect import bisect_right, insort
from collections.abc import Iterable
from typing import NamedTuple

from bot.privacy.kinds import Kind

_SUREST_FIRST = (
    Kind.EMAIL, Kind.IBAN, Kind.ID_NUMBER, Kind.CARD, Kind.COMPANY_ID, Kind.SSN, Kind.NINO, Kind.PHONE,
    Kind.IMEI, Kind.WECHAT, Kind.QQ, Kind.SOCIAL_INSURANCE, Kind.PASSPORT, Kind.TRAVEL_PERMIT,
    Kind.DRIVER_LICENCE, Kind.VEHICLE, Kind.PLATE, Kind.MAC, Kind.IP, Kind.ACCOUNT, Kind.DATE_OF_BIRTH,
    Kind.PERSON, Kind.ADDRESS,
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_SUREST_FIRST)}


class Candidate(NamedTuple):
    """Characters `start` to `end` (excluded) that look like a `kind`, and which rule says so."""

    start: int
    end: int
    kind: Kind
    reason: str


def settle(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates in order, none overlapping.

    Where some overlap the surer kind wins, then the longer one; what sticks out of the winner stays.
    """
    settled: list[Candidate] = []
    cluster: list[Candidate] = []
    end = 0
    for candidate in sorted(candidates):
        if cluster and candidate.start >= end:
            settled += _surest(cluster)
            cluster = []
        cluster.append(candidate)
        end = max(end, candidate.end) if len(cluster) > 1 else candidate.end
    return settled + _surest(cluster)


def _surest(cluster: list[Candidate]) -> list[Candidate]:
    """What remains of candidates that overlap."""
    if len(cluster) < 2:
        return cluster
    taken: list[Candidate] = []
    for candidate in sorted(cluster, key=lambda c: (_RANK[c.kind], c.start - c.end, c.start)):
        for piece in _free(candidate, taken):
            insort(taken, piece)
    return taken


def _free(candidate: Candidate, taken: list[Candidate]) -> list[Candidate]:
    """The parts of a candidate that nothing has taken yet."""
    at = bisect_right(taken, (candidate.start,), key=lambda c: (c.start,))
    if at and taken[at - 1].end > candidate.start:
        at -= 1
    pieces: list[Candidate] = []
    start = candidate.start
    while at < len(taken) and taken[at].start < candidate.end:
        if taken[at].start > start:
            pieces.append(candidate._replace(start=start, end=taken[at].start))
        start = max(start, taken[at].end)
        at += 1
    if start < candidate.end:
        pieces.append(candidate._replace(start=start))
    return pieces
