"""Tenants and keys: hashed, scoped, shown once, revocable."""

import pytest

from bot.access import Tenants, TenantSettings
from bot.database import Database
from bot.errors import Conflict, InvalidRequest, NotFound, Unauthorised


def test_a_key_opens_its_tenant_with_its_scopes(database: Database) -> None:
    tenants = Tenants(database)
    tenants.create("a", TenantSettings(company="甲公司"))
    key = tenants.new_key("a", "sidebar", ["agent"])
    access = tenants.access(key)
    assert access.tenant == "a"
    assert access.allows("agent")
    assert not access.allows("curator")
    assert tenants.access(tenants.new_key("a", "root", ["admin"])).allows("curator")
    assert tenants.names() == ["a"]


def test_a_key_is_not_stored(sqlite_database: Database) -> None:
    tenants = Tenants(sqlite_database)
    tenants.create("a", TenantSettings())
    secret = tenants.new_key("a", "x", ["agent"]).split("_", 2)[2]
    path = sqlite_database.url.database or ""
    sqlite_database.close()
    with open(path, "rb") as file:  # noqa: PTH123  # bytes of the whole file
        assert secret.encode() not in file.read()


def test_a_wrong_or_revoked_key_is_refused_the_same_way(database: Database) -> None:
    tenants = Tenants(database)
    tenants.create("a", TenantSettings())
    key = tenants.new_key("a", "x", ["agent"])
    tenants.revoke("a", tenants.keys("a")[0].id)
    wrong = key[:-1] + ("a" if key[-1] != "a" else "b")
    said = set[str]()
    for bad in (key, wrong, "rk_x_y", "", "bearer", "rk_" + "😀"):
        with pytest.raises(Unauthorised) as caught:
            tenants.access(bad)
        said.add(str(caught.value))
    assert len(said) == 1


def test_what_cannot_be_is_said(database: Database) -> None:
    tenants = Tenants(database)
    tenants.create("a", TenantSettings())
    with pytest.raises(Conflict):
        tenants.create("a", TenantSettings())
    with pytest.raises(NotFound, match="redress init --tenant b"):
        tenants.new_key("b", "x", ["agent"])
    with pytest.raises(InvalidRequest, match="agent, widget, curator, admin"):
        tenants.new_key("a", "x", ["root"])
    with pytest.raises(NotFound):
        tenants.revoke("a", "nothing")
    with pytest.raises(ValueError, match="Asia/Shanghai"):
        TenantSettings(timezone="Mars/Olympus")
