"""What an agent made of a draft is held to the same checks as any other."""

import pytest

from tests.services import Service

COMPLAINTS = {
    "zh": {
        "text": "3月2日扣了我300元信用卡年费，打了三次电话都没人理，要求退回",
        "sector": "banking",
        "language": "zh",
    },
    "en": {
        "text": "My parcel SO-77120 is nine days late and nobody answers. I want my £48 back.",
        "language": "en",
    },
}


@pytest.mark.parametrize(
    ("language", "added", "check"),
    [
        ("zh", "我们保证退还您500元。", "R7"),
        ("zh", "请您先撤销对监管的投诉，我们再给您退款。", "R15"),
        ("zh", "详情请见 http://evil.example/pay 。", "C2"),
        ("en", "We guarantee you a refund of £500.", "R7"),
        ("en", "Please withdraw your complaint and we will pay you.", "R15"),
        ("en", "Pay here: https://evil.example/pay .", "C2"),
    ],
)
def test_a_draft_passes_and_a_violation_put_into_it_does_not(
    service: Service, language: str, added: str, check: str
) -> None:
    with service.client() as api:
        name = api.post("/v1/complaints", json=COMPLAINTS[language]).json()["id"]
        draft = api.get(f"/v1/complaints/{name}/suggestion").json()["draft"]["text"]
        asked = {"complaint_id": name, "text": draft}
        fine = api.post("/v1/drafts/check", json=asked).json()
        assert (fine["sendable"], fine["must_change"]) == (True, []), fine
        first, _, rest = draft.rpartition("\n\n")
        spoilt = api.post("/v1/drafts/check", json={**asked, "text": f"{first}\n\n{added}\n\n{rest}"}).json()
        assert not spoilt["sendable"]
        assert check in spoilt["must_change"]
        (why,) = [each["detail"] for each in spoilt["checks"] if each["id"] == check]
        assert why


def test_a_complaint_that_is_not_there_and_a_text_that_is_none_are_refused(service: Service) -> None:
    with service.client() as api:
        gone = api.post("/v1/drafts/check", json={"complaint_id": "cmp_nobody", "text": "您好"})
        assert gone.status_code == 404
        assert api.post("/v1/drafts/check", json={"complaint_id": "x", "text": ""}).status_code == 400
