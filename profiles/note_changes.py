"""The line that whoever writes about a customer leaves for the vectors of their notes."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from profiles.schema import NoteChangeRow
from profiles.sql import chunks


def touch(session: Session, customers: Sequence[str]) -> None:
    """Something was written about these customers that their vectors may have to follow."""
    for some in chunks(list(dict.fromkeys(customers))):
        session.execute(delete(NoteChangeRow).where(NoteChangeRow.customer_id.in_(some)))
        session.execute(
            insert(NoteChangeRow), [{"customer_id": i, "stamp": secrets.token_hex(8)} for i in some]
        )
