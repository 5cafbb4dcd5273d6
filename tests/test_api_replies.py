"""Drafts on request, rewriting and hand-over, through a real service on a real port."""

import json
import re
from collections.abc import Generator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.trials.obedient import Obedient, obedient_server
from tests import tiny_llm
from tests.services import Service, make_home, serving

TEXT = "信用卡年费没通知就扣了300元，11月3日扣的，打了三次电话没人管，要求退回并说明原因"
BY = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
UPHELD: dict[str, Any] = {
    "stage": "upheld",
    "findings": ["年费由系统重复扣收一次"],
    "reason": "合同约定首年免收年费",
    "remedies": [{"kind": "refund", "amount": "300", "currency": "CNY", "by": BY, "owner": "账务组"}],
}


def complain(api: httpx.Client, text: str = TEXT, **more: Any) -> str:
    body = {"text": text, "sector": "banking", "channel": "email", "reference": "GD-9917", **more}
    return api.post("/v1/complaints", json=body).json()["id"]


def drafted(api: httpx.Client, name: str, **wanted: Any) -> dict[str, Any]:
    answer = api.post(f"/v1/complaints/{name}/drafts", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def zh(day: str) -> str:
    found = date.fromisoformat(day)
    return f"{found.year}年{found.month}月{found.day}日"


def test_a_decision_becomes_a_letter_and_its_promises_go_on_the_ledger(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        suggestion = drafted(api, name, decision=UPHELD)
        draft = suggestion["draft"]
        assert draft["stage"] == "upheld"
        assert all(each["passed"] or not each["blocking"] for each in draft["checks"])
        for words in ("300元", zh(BY), "账务组", "合同约定首年免收年费"):
            assert words in draft["text"]
        refund = next(each for each in draft["commitments"] if each["kind"] == "refund")
        assert (refund["amount"], refund["currency"], refund["deadline"]) == ("300", "CNY", BY)
        assert (refund["owner"], refund["approved_by"], refund["source"]) == (
            "账务组", "handler", "authority.refund",
        )  # fmt: skip
        assert api.get(f"/v1/complaints/{name}/suggestion").json()["id"] == suggestion["id"]
        api.post(f"/v1/suggestions/{suggestion['id']}/outcome", json={"action": "sent", "owner": "林"})
        found = api.get("/v1/commitments").json()["commitments"]
        mine = [each for each in found if each["suggestion_id"] == suggestion["id"]]
        assert [(each["kind"], each["owner"], each["amount"]) for each in mine] == [
            ("refund", "账务组", "300.00")
        ]
        assert api.get(f"/v1/complaints/{name}/handover?language=zh").json()["promised"] == [
            f"{refund['text']}，由账务组负责（未到期）"
        ]


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (UPHELD | {"remedies": [UPHELD["remedies"][0] | {"amount": "3000"}]}, "approval of a team lead"),
        (UPHELD | {"findings": ["the fee was taken twice"]}, "give `findings`"),
        (UPHELD | {"findings": ["请回电13800138000"]}, "personal data (phone)"),
        (UPHELD | {"policy": "no-such"}, "no policy 'no-such' in force"),
        ({"stage": "ask", "ask": ["amount"]}, "has already given amount"),
        (UPHELD | {"remedies": [UPHELD["remedies"][0] | {"by": "2020-01-01"}]}, "which has passed"),
    ],
)
def test_a_decision_that_cannot_be_conveyed_is_refused_with_what_to_send(
    service: Service, decision: dict[str, Any], says: str
) -> None:
    with service.client() as api:
        answer = api.post(f"/v1/complaints/{complain(api)}/drafts", json={"decision": decision})
        assert answer.status_code == 400
        assert says in answer.json()["detail"]
        assert "13800138000" not in answer.text


def test_a_decision_that_contradicts_itself_names_the_field(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        wrong = UPHELD | {"stage": "rejected"}
        answer = api.post(f"/v1/complaints/{name}/drafts", json={"decision": wrong})
        assert answer.status_code == 400
        assert "can promise no remedy" in answer.text
        assert api.post("/v1/complaints/cmp_none/drafts", json={}).status_code == 404


def test_three_alternatives_are_three_texts_with_the_same_promises(service: Service) -> None:
    with service.client() as api:
        suggestion = drafted(api, complain(api), decision=UPHELD, alternatives=3)
        drafts = [suggestion["draft"], *suggestion["alternatives"]]
        assert len({each["text"] for each in drafts}) == 3
        assert all(each["commitments"] == drafts[0]["commitments"] for each in drafts)


def test_styles_and_the_other_language(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        usual = drafted(api, name)["draft"]["text"]
        for style in ("shorter", "longer", "warmer", "formal"):
            assert drafted(api, name, style=style)["draft"]["text"] != usual
        english = drafted(api, name, language="en")["draft"]
        assert english["language"] == "en"
        assert "¥300" in english["text"] and "3 November" in english["text"]
        assert api.post(f"/v1/complaints/{name}/drafts", json={"style": "rude"}).status_code == 400


def test_without_a_model_a_draft_of_ours_is_rewritten_by_clauses_and_edited_text_is_not(
    service: Service,
) -> None:
    with service.client() as api:
        name = complain(api)
        text = drafted(api, name, decision=UPHELD)["draft"]["text"]
        for way in ("shorten", "expand", "warm", "formalise"):
            answer = api.post(
                "/v1/drafts/rewrite", json={"complaint_id": name, "text": text, "way": way}
            ).json()
            assert answer.get("source") == "composer" and answer["sendable"], answer
            assert answer["text"] != text and zh(BY) in answer["text"]
        edited = api.post(
            "/v1/drafts/rewrite", json={"complaint_id": name, "text": text + "谢谢。", "way": "warm"}
        )
        assert edited.status_code == 409 and "REDRESS_LLM_URL" in edited.json()["detail"]
        other = api.post("/v1/drafts/rewrite", json={"complaint_id": name, "text": text, "way": "translate"})
        assert other.status_code == 409 and "words of its own" in other.json()["detail"]
        plain = complain(api)
        first = api.get(f"/v1/complaints/{plain}/suggestion").json()["draft"]["text"]
        english = api.post(
            "/v1/drafts/rewrite", json={"complaint_id": plain, "text": first, "way": "translate"}
        ).json()
        assert (english["language"], english["source"], english["sendable"]) == ("en", "composer", True)


def test_an_edited_reply_is_held_to_the_decision_it_conveys(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        text = drafted(api, name, decision=UPHELD)["draft"]["text"]
        fine = api.post("/v1/drafts/check", json={"complaint_id": name, "text": text}).json()
        assert fine["sendable"], fine
        more = text.replace("退还给您", "退还给您，另外再补偿您500元")
        spoilt = api.post("/v1/drafts/check", json={"complaint_id": name, "text": more}).json()
        assert {"R7", "R9"} <= set(spoilt["must_change"])
        found = {each["id"]: each["span"] for each in spoilt["checks"] if each["id"] in {"R7", "R9"}}
        assert found["R7"]["text"] == "500元" == more[found["R7"]["start"] : found["R7"]["end"]]
        opposite = re.sub(
            r"(?:我们)?支持您的(?:投诉|诉求|请求)|投诉成立", "我们无法支持您的投诉", text
        ).replace("属实", "已看过")
        assert (
            "R10"
            in api.post("/v1/drafts/check", json={"complaint_id": name, "text": opposite}).json()[
                "must_change"
            ]
        )


def test_the_next_draft_after_a_reply_reports_progress(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        first = api.get(f"/v1/complaints/{name}/suggestion").json()
        assert first["draft"]["stage"] == "acknowledge"
        api.post(f"/v1/suggestions/{first['id']}/outcome", json={"action": "sent"})
        api.post(f"/v1/complaints/{name}/turns", json={"turns": [{"text": "已经过去两天了，有结果吗？"}]})
        assert api.get(f"/v1/complaints/{name}/suggestion").json()["draft"]["stage"] == "progress"


def test_a_handover_tells_the_case_without_personal_data(service: Service) -> None:
    with service.client() as api:
        name = complain(api, text=TEXT + "，我叫王秀兰，电话13800138000，再不处理就找12378")
        told = api.get(f"/v1/complaints/{name}/handover").json()
        assert all(each["passed"] for each in told["checks"])
        assert "13800138000" not in json.dumps(told) and "王秀兰" not in json.dumps(told, ensure_ascii=False)
        assert any("300元" in line for line in told["happened"])
        assert any("尚未答复" in line for line in told["open"])
        assert "还没有发出过答复。" in told["happened"]
        english = api.get(f"/v1/complaints/{name}/handover?language=en").json()
        assert english["text"].startswith("What happened") and "¥300" in english["text"]
        assert api.get("/v1/complaints/cmp_none/handover").status_code == 404
    asked = CliRunner().invoke(
        main,
        ["handover", name, "--tenant", "demo", "--language", "zh"],
        env={"REDRESS_HOME": str(service.settings.home)},
    )
    assert asked.exit_code in {0, 1}, asked.output


@pytest.fixture(scope="module")
def with_model(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[Service, Obedient]]:
    """A service whose language model writes what a test tells it to."""
    with obedient_server() as model:
        home = tmp_path_factory.mktemp("with-model") / "home"
        settings, key, other = make_home(
            home, llm_url=model.url, llm_model="told", llm_price_prompt="2", llm_price_completion="8",
            llm_currency="CNY",
        )  # fmt: skip
        with serving(settings, key, other) as service:
            yield service, model


def test_a_model_rewrites_edited_text_and_every_name_comes_back(
    with_model: tuple[Service, Obedient],
) -> None:
    service, model = with_model
    with service.client() as api:
        model.answer = lambda _: ""
        name = complain(api)
        text = (
            drafted(api, name)["draft"]["text"].replace("尊敬的客户", "尊敬的王秀兰女士")
            + "\n回电13800138000。"
        )

        def echo(prompt: str) -> str:
            fenced = prompt.split("==")
            assert "13800138000" not in prompt and "王秀兰" not in prompt
            return fenced[-3].strip().replace("我们", "我们这边", 1)

        model.answer = echo
        answer = api.post(
            "/v1/drafts/rewrite", json={"complaint_id": name, "text": text, "way": "warm"}
        ).json()
        # the text itself fails a check (a number that identifies a person), so it is not shown as the model's
        assert answer["source"] == "agent" and "R16" in answer["note"], answer
        assert answer["text"] == text
        clean = text.replace("\n回电13800138000。", "")
        model.answer = lambda prompt: prompt.split("==")[-3].strip() + "\n⟦PHONE_1⟧"
        invented = api.post(
            "/v1/drafts/rewrite", json={"complaint_id": name, "text": clean, "way": "warm"}
        ).json()
        assert invented["source"] == "agent" and "lost or invented" in invented["note"]


def test_a_model_that_promises_more_while_rewriting_is_not_shown(
    with_model: tuple[Service, Obedient],
) -> None:
    service, model = with_model
    with service.client() as api:
        model.answer = lambda _: ""
        name = complain(api)
        text = drafted(api, name)["draft"]["text"]
        model.answer = lambda prompt: prompt.split("==")[-3].strip() + "\n我们会赔偿您5000元。"
        answer = api.post(
            "/v1/drafts/rewrite", json={"complaint_id": name, "text": text, "way": "warm"}
        ).json()
        assert answer["source"] == "composer" and "5000" not in answer["text"]
        model.answer = lambda prompt: prompt.split("==")[-3].strip().replace("正在核查", "这就核查", 1)
        fine = api.post("/v1/drafts/rewrite", json={"complaint_id": name, "text": text, "way": "warm"}).json()
        assert fine["source"] == "model" and fine["sendable"], fine


def test_a_story_is_told_only_where_the_record_bears_it_out(with_model: tuple[Service, Obedient]) -> None:
    service, model = with_model
    with service.client() as api:
        model.answer = lambda _: ""
        name = complain(api)
        drafted(api, name)
        model.answer = lambda _: (
            '```json\n{"story": "客户的信用卡被扣年费300元，打过三次电话，要求退回。"}\n```'
        )
        assert "300元" in api.get(f"/v1/complaints/{name}/handover").json()["story"]
        model.answer = lambda _: '{"story": "客户被扣了800元。"}'
        invented = api.get(f"/v1/complaints/{name}/handover").json()
        assert (invented["story"], invented["note"]) == ("", "check_failed")
        model.answer = lambda _: "no json here"
        broken = api.get(f"/v1/complaints/{name}/handover").json()
        assert (broken["story"], broken["note"]) == ("", "model_unavailable")


def test_tokens_and_their_price_are_told(with_model: tuple[Service, Obedient]) -> None:
    service, model = with_model
    with service.client() as api:
        model.answer = lambda _: "不是答复"
        tokens = drafted(api, complain(api))["draft"]["tokens"]
        assert tokens["estimated"] and tokens["prompt"] > 300 and tokens["currency"] == "CNY"
        assert float(tokens["cost"]) > 0


def events(answer: httpx.Response) -> Generator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_real_server_streams_a_reply_through_the_service(tmp_path: Path) -> None:
    settings, key, other = make_home(
        tmp_path / "home", llm_url=tiny_llm.running().url, llm_model=tiny_llm.MODEL, llm_seconds=60
    )
    with serving(settings, key, other) as service, service.client() as api:
        name = complain(api)
        seen: list[tuple[str, Any]] = []
        for _ in range(2):  # a model's first reply comes in one piece
            with api.stream(
                "POST",
                f"/v1/complaints/{name}/drafts",
                json={"decision": UPHELD},
                headers={"accept": "text/event-stream"},
                timeout=120,
            ) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                seen = list(events(answer))
        names = [kind for kind, _ in seen]
        assert names[:3] == ["triage", "matches", "profile"] and names[-2:] == ["draft", "done"]
        assert names.count("delta") > 1
        done = seen[-1][1]
        # what a model with random weights writes passes no check: the composer's letter comes, and says why
        assert done["draft"]["source"] == "composer" and done["draft"]["fallback_reason"]
        assert done["draft"]["stage"] == "upheld"
        assert done["draft"]["tokens"] is None or not done["draft"]["tokens"]["estimated"]


def test_a_refused_decision_is_no_stream(service: Service) -> None:
    with service.client() as api:
        late = UPHELD | {"remedies": [UPHELD["remedies"][0] | {"by": "2020-01-01"}]}
        answer = api.post(
            f"/v1/complaints/{complain(api)}/drafts",
            json={"decision": late},
            headers={"accept": "text/event-stream"},
        )
        assert answer.status_code == 400
