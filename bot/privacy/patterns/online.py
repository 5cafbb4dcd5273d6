"""Where someone is reached or seen online: e-mail, WeChat, QQ, Alipay, IP and MAC address."""

import ipaddress
import re
from collections.abc import Iterator

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading

_LOCAL = re.compile(r"[A-Za-z0-9._%+'-]{1,64} ?\Z")
_DOMAIN = re.compile(
    r" ?(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})[.。]){1,8}(?:[A-Za-z]{2,24}|[A-Za-z0-9-]{2,24})(?![A-Za-z0-9])"
)
_SPELLED = re.compile(
    r"(?<![a-z0-9])[a-z0-9]{2,30}(?: (?:dot|underscore|dash) [a-z0-9]{1,30}){0,4}"
    r" at [a-z0-9-]{2,30}(?: dot [a-z]{2,10}){1,3}(?![a-z])"
)
_IPV4 = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")
_MAC = re.compile(
    r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Za-z:-])"
)
_VERSION_BEFORE = re.compile(
    r"(?:version|firmware|build|release|app|ios|android|版本号?|固件|系统|软件|v)[\s:：]{0,2}\Z"
)
_SHORTEST_IPV6_GROUPS = 4

_WECHAT = re.compile(
    r"(微信号?|加微信?|薇信|威信|v信|(?<![a-z])(?:vx|wx|wechat|weixin)(?![a-z]))(号码?|id|账号|帐号|是|为|加我|\s|[:=]|is(?![a-z])){0,5}"
    r"([a-z][a-z0-9_-]{5,19})(?![a-z0-9_-])"
)
_QQ = re.compile(
    r"((?<![a-z])qq(?![a-z])|扣扣|企鹅号?)(?:号码?|群|是|为|加|\s|[:=]){0,5}([1-9][0-9]{4,10})(?![0-9a-z@])"
)
_ALIPAY = re.compile(
    r"(?:支付宝|alipay)(?:账号|帐号|账户|account|id|是|为|is(?![a-z])|\s|[:=]){1,5}([a-z0-9][a-z0-9._-]{5,29})(?![a-z0-9])"
)


def find_online(reading: Reading) -> list[Candidate]:
    """Every address of the reading by which someone is reached or seen online."""
    found: list[Candidate] = []
    if "@" in reading.text:
        found += _emails(reading)
    if " dot " in reading.folded:
        found += [
            Candidate(*m.span(), Kind.EMAIL, "e-mail address, spelled out")
            for m in _SPELLED.finditer(reading.folded)
        ]
    if reading.has_digit:
        found += _network(reading)
        found += [
            Candidate(*m.span(2), Kind.QQ, f"5 to 11 digits after {m[1]!r}")
            for m in _QQ.finditer(reading.folded)
        ]
    if reading.has_latin:
        found += _accounts(reading)
    return found


def _emails(reading: Reading) -> Iterator[Candidate]:
    text, at = reading.text, -1
    while (at := text.find("@", at + 1)) >= 0:
        local = _LOCAL.search(text, max(0, at - 65), at)
        domain = _DOMAIN.match(text, at + 1)
        if local is None or local[0].isspace() or domain is None:
            continue
        if local[0].endswith(" ") != domain[0].startswith(" "):
            continue
        yield Candidate(local.start(), domain.end(), Kind.EMAIL, "e-mail address")


def _network(reading: Reading) -> Iterator[Candidate]:
    text = reading.text
    if text.count(".") > 2:
        for match in _IPV4.finditer(text):
            if _personal_ipv4(match[0]) and not _VERSION_BEFORE.search(
                reading.folded, max(0, match.start() - 12), match.start()
            ):
                yield Candidate(*match.span(), Kind.IP, "IPv4 address: four numbers below 256, not private")
    if text.count(":") + text.count("-") > 2:
        for match in _MAC.finditer(text):
            yield Candidate(*match.span(), Kind.MAC, "MAC address: six pairs of hexadecimal digits")
        for match in _IPV6.finditer(text):
            if match[0].count(":") + 1 >= _SHORTEST_IPV6_GROUPS and _is_ipv6(match[0]):
                yield Candidate(*match.span(), Kind.IP, "IPv6 address")


def _personal_ipv4(written: str) -> bool:
    try:
        address = ipaddress.IPv4Address(written)
    except ValueError:
        return False
    return not (address.is_private or address.is_loopback or address.is_multicast or address.is_unspecified)


def _is_ipv6(written: str) -> bool:
    try:
        ipaddress.IPv6Address(written)
    except ValueError:
        return False
    return True


def _accounts(reading: Reading) -> Iterator[Candidate]:
    for match in _WECHAT.finditer(reading.folded):
        named = any(sign in match[0] for sign in ("号", ":", "id", "=")) or not match[3].isalpha()
        if named:
            yield Candidate(*match.span(3), Kind.WECHAT, f"6 to 20 letters and digits after {match[1]!r}")
    for match in _ALIPAY.finditer(reading.folded):
        if any(c.isdigit() for c in match[1]):
            yield Candidate(*match.span(1), Kind.ACCOUNT, "Alipay account after its label")
