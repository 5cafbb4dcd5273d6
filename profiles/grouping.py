"""The groups of each tenant: found at a refresh, kept in a file, read anew when that changes."""

import difflib
import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from profiles.behaviour import traits_of
from profiles.errors import InvalidInput
from profiles.event import Event
from profiles.segment import Segments
from profiles.segment_card import ClusterCard, Clusters
from profiles.segment_rules import SegmentRules
from profiles.tally import Tally
from profiles.traits import Traits

if TYPE_CHECKING:
    from profiles.segment_history import Drift

log = logging.getLogger(__name__)

OF_RULES: Final = Segments(SegmentRules.shipped())


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found."""

    card: ClusterCard
    customers: int
    layers: dict[str, dict[str, int]]
    """Customers by layer and segment of the rules; `none` for those no rule of the layer names."""
    groups: dict[str, int]
    """Customers by group; `none` for no stable one."""
    kept: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    drift: "Drift | None" = None
    """Since the refresh before; None at the first."""


class Groupings:
    """One file a tenant, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[int, Segments]] = {}

    def file(self, tenant: str) -> Path:
        """Where a tenant's groups are kept."""
        return self._folder / f"{hashlib.sha256(tenant.encode()).hexdigest()[:24]}.json"

    def of(self, tenant: str) -> Segments:
        """The tenant's segments as refreshed last; those of the rules alone where that cannot be used."""
        try:
            changed = self.file(tenant).stat().st_mtime_ns
        except OSError:
            return OF_RULES
        known = self._read.get(tenant)
        if known is not None and known[0] == changed:
            return known[1]
        try:
            segments = Segments.load(self.file(tenant))
        except InvalidInput as error:
            log.warning("segments are those of the rules alone: %s", error)
            segments = OF_RULES
        self._read[tenant] = changed, segments
        return segments

    def refresh(self, tenant: str, rows: Mapping[str, Traits], on: date) -> Refreshed:
        """Find the groups of these customers; those found again keep their codes and names."""
        from profiles.segment_clusters import find_clusters  # scikit-learn: only where segments are refreshed
        from profiles.segment_history import drift, rename

        before, found = self._before(tenant, rows), find_clusters(rows)
        changed, renamed = None, None
        if before is not None:
            renamed = rename(found, before)
            found = renamed.clusters
            changed = drift(found, before, rows)
        file = self.file(tenant)
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        found.save(fresh)
        fresh.replace(file)
        return Refreshed(
            card=found.card,
            customers=len(rows),
            layers=_layers(rows, on),
            groups=dict(Counter(code or "none" for code in found.members.values())),
            kept=renamed.kept if renamed else (),
            new=renamed.new if renamed else tuple(str(group.code) for group in found.card.claimed),
            vanished=renamed.vanished if renamed else (),
            drift=changed,
        )

    def _before(self, tenant: str, rows: Mapping[str, Traits]) -> Clusters | None:
        """The groups of the refresh before, with whom of today's customers they would hold."""
        try:
            segments = Segments.load(self.file(tenant))
        except InvalidInput:
            return None
        members: dict[str, str | None] = {}
        for customer, traits in rows.items():
            group = segments.assign(traits).group
            members[customer] = None if group is None else group.code
        return Clusters.load(self.file(tenant), members)


def in_segment(
    segments: Segments, code: str, histories: Iterable[list[Event]], now: datetime
) -> Iterator[list[Event]]:
    """The histories of those customers who are in a segment or group now.

    Raises:
        InvalidInput: there is none of that code; says which there are.
    """
    known = [rule.code for layer in segments.rules.layers for rule in layer.rules]
    known += [str(group.code) for group in segments.card.claimed] if segments.card else []
    if code not in known:
        close = difflib.get_close_matches(code, known, n=2)
        meant = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
        raise InvalidInput(f"there is no segment {code[:60]!r}: {meant}")
    for events in histories:
        if code in segments.assign(traits_of(Tally.of(events), (), now), now.date()).codes:
            yield events


def _layers(rows: Mapping[str, Traits], on: date) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {layer.code: Counter() for layer in OF_RULES.rules.layers}
    for traits in rows.values():
        named = {placed.layer: placed.code for placed in OF_RULES.assign(traits, on).layers}
        for layer in counts:
            counts[layer][named.get(layer, "none")] += 1
    return {layer: dict(found.most_common()) for layer, found in counts.items()}
