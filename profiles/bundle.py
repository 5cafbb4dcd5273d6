"""All that is known of a person, as they may have it: one archive, readable by people and by machines."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from profiles.customer import Customer
from profiles.event import Event
from profiles.people import Relation
from profiles.rights import Access

README: Final = """\
# What we know about you · 我们掌握的您的信息

Made on {day}. 生成日期：{day}。

- profile.json: who you are to us, with the source, the day and the purpose of every fact
  （您的资料；每一项都注明来源、日期和用途）
- events.jsonl: what happened, one a line, oldest first（发生过的事，每行一件，从早到晚）
- consents.json: what you agreed to, took back or objected to（您同意、撤回或拒绝过的事项）
- accesses.jsonl: who read your data, when and what for（谁在何时为何查阅过您的信息）
- {extra}manifest.json: the SHA-256 of every file（各文件的校验值）

You may ask us to correct or delete any of it, or to stop using it.
您可以要求我们更正、删除其中任何内容，或停止使用。
"""


def bundle(
    customer: Customer,
    computed: Mapping[str, Any],
    relations: Iterable[Relation],
    events: Iterable[Event],
    accesses: Iterable[Access],
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> bytes:
    """A ZIP archive.

    Args:
        customer: with every fact, contact and consent.
        computed: what was made of the rest.
        relations: to other customers.
        events: oldest first.
        accesses: newest first.
        now: the day it says it was made.
        more: further JSON files by name, from what else keeps data of the person.
    """
    extra = dict(more or {})
    files = {
        "profile.json": _json(
            {
                "customer": customer.model_dump(mode="json", exclude={"consents", "controls"}),
                "computed": dict(computed),
                "relations": [relation.model_dump(mode="json") for relation in relations],
            }
        ),
        "events.jsonl": _lines(event.model_dump(mode="json", exclude_defaults=True) for event in events),
        "consents.json": _json(
            {
                "consents": [entry.model_dump(mode="json") for entry in customer.consents],
                "controls": [entry.model_dump(mode="json") for entry in customer.controls],
            }
        ),
        "accesses.jsonl": _lines(access.model_dump(mode="json") for access in accesses),
        **{name: _json(value) for name, value in extra.items()},
    }
    listed = "".join(f"{name}\n- " for name in extra)
    files["README.md"] = README.format(day=now.date(), extra=listed).encode()
    files["manifest.json"] = _json(
        {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, now.timetuple()[:6]), content)
    return out.getvalue()


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
