"""Cases, articles, customers, search and health over real HTTP."""

import json
import time

import httpx

from tests.services import Service

CASE = {
    "id": "api-1",
    "language": "zh",
    "text": "我叫王小明，手机13912345678，水晶吊灯送来碎成了八瓣",
    "category": "product_quality",
    "outcome": "upheld",
    "resolution": "已为客户王小明换新",
}


def _until_applied(client: httpx.Client) -> None:
    deadline = time.monotonic() + 20
    while client.get("/health/ready").json()["index"]["lag_changes"] and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_case_is_stored_redacted_found_and_forgotten(service: Service) -> None:
    with service.client() as client:
        assert client.put("/v1/cases/api-1", json=CASE).json() == {"new": 1, "changed": 0, "unchanged": 0}
        assert client.put("/v1/cases/api-1", json=CASE).json() == {"new": 0, "changed": 0, "unchanged": 1}
        stored = client.get("/v1/cases/api-1").json()
        assert "13912345678" not in json.dumps(stored, ensure_ascii=False)
        assert "王小明" not in json.dumps(stored, ensure_ascii=False)
        _until_applied(client)
        found = client.post("/v1/search", json={"query": "水晶吊灯碎了", "kinds": ["cases"]}).json()
        assert found["cases"][0]["id"] == "api-1"
        assert found["passages"] == []
        assert client.delete("/v1/cases/api-1").status_code == 204
        assert client.get("/v1/cases/api-1").status_code == 404
        _until_applied(client)
        again = client.post("/v1/search", json={"query": "水晶吊灯碎了"}).json()
        assert "api-1" not in {case["id"] for case in again["cases"]}


def test_pages_reach_every_case_once(service: Service) -> None:
    seen: list[str] = []
    after = ""
    with service.client() as client:
        while after is not None:
            page = client.get("/v1/cases", params={"after": after, "limit": 200}).json()
            seen += [case["id"] for case in page["cases"]]
            after = page["next"]
    assert len(seen) == len(set(seen)) >= 504
    assert seen == sorted(seen)


def test_an_article_comes_as_passages_with_its_validity(service: Service) -> None:
    article = {
        "id": "api-a1",
        "language": "en",
        "title": "Chandelier guarantee",
        "text": "A chandelier is guaranteed for five years.\n\nBroken crystals are replaced within ten days.",
        "valid_to": "2020-01-01",
    }
    newer = {**article, "id": "api-a2", "valid_to": None, "text": "A chandelier is guaranteed for six years."}
    with service.client(service.other_key) as client:
        assert client.post("/v1/articles", json={"articles": [article, newer]}).json()["new"] == 2
        _until_applied(client)
        body = {"query": "chandelier crystals", "kinds": ["passages"], "limit": 10}
        passages = client.post("/v1/search", json=body).json()["passages"]
        assert [(p["article_id"], p["superseded"]) for p in passages] == [
            ("api-a2", False),
            ("api-a1", True),
            ("api-a1", True),
        ]
        in_force = client.post("/v1/search", json={**body, "in_force_only": True}).json()["passages"]
        assert [passage["article_id"] for passage in in_force] == ["api-a2"]
        for name in ("api-a1", "api-a2"):
            assert client.delete(f"/v1/articles/{name}").status_code == 204


def test_search_filters(service: Service) -> None:
    body = {"query": "refund", "kinds": ["cases"], "limit": 5, "language": "zh", "outcome": "rejected"}
    with service.client() as client:
        cases = client.post("/v1/search", json=body).json()["cases"]
    assert len(cases) == 5
    assert {case["outcome"] for case in cases} == {"rejected"}
    assert all(case["id"].startswith("zh-") for case in cases)


def test_health_names_models_lag_and_the_database(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        assert client.get("/health/live").json() == {"status": "ok"}
        ready = client.get("/health/ready")
    assert ready.status_code == 200
    body = ready.json()
    assert body["status"] == "ready"
    assert body["models"]["embedder"].startswith("redress-static@")
    assert body["database"]["kind"] == "sqlite"
    assert "wal_reset_bug" in body["database"]


def test_metrics_need_a_key_and_count_requests_and_steps(service: Service) -> None:
    with service.client() as client:
        client.post("/v1/complaints?wait=suggestion", json={"text": "退款没到"})
        text = client.get("/metrics").text
        assert httpx.get(f"{service.url}/metrics", trust_env=False).status_code == 401
    assert 'redress_requests_total{method="POST",route="/v1/complaints",status="201"}' in text
    assert 'redress_step_seconds_count{step="recall"}' in text
    assert "redress_index_lag_changes" in text
    assert "退款" not in text


def test_the_openapi_document_has_the_contract(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        document = client.get("/schema/openapi.json").json()
    assert {
        "/v1/complaints",
        "/v1/complaints/{complaint_id}",
        "/v1/complaints/{complaint_id}/turns",
        "/v1/complaints/{complaint_id}/suggestion",
        "/v1/complaints/{complaint_id}/events",
        "/v1/suggestions/{suggestion_id}/outcome",
        "/v1/triage",
        "/v1/search",
        "/v1/cases",
        "/v1/articles",
        "/v1/customers",
        "/v1/insight/summary",
        "/webhooks/rest/webhook",
        "/webhooks/complaints",
        "/health/live",
        "/health/ready",
        "/metrics",
    } <= set(document["paths"])
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_the_sidebar_is_served_with_a_strict_policy(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False, follow_redirects=True) as client:
        page = client.get("/sidebar/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
