"""Synthetic personal data in sentences of our own, and sentences that only look as if they held some.

Everything is drawn from a seeded generator: the same seed gives the same samples. Values are made up and, where
a check digit exists, valid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bot.privacy.kinds import Kind

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_COMPANY_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_COMPANY_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with one value in it that must not survive."""

    text: str
    start: int
    end: int
    kind: Kind


def _digits(random: Random, count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))


def with_luhn(head: str) -> str:
    """`head` and its Luhn check digit."""
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in head[::-2])
    return head + str(-(doubled + sum(map(int, head[-2::-2]))) % 10)


def identity_number(random: Random) -> str:
    region = random.choice(
        ["110105", "310115", "440306", "510104", "320508", "370202", "420111", "610113", "210102", "350203"]
    )
    birth = f"{random.randint(1950, 2008)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    head = region + birth + _digits(random, 3)
    return head + "10X98765432"[sum(w * int(d) for w, d in zip(_IDENTITY_WEIGHTS, head, strict=True)) % 11]


def company_id(random: Random) -> str:
    head = (
        random.choice(["91", "92", "12"])
        + _digits(random, 6)
        + "MA"
        + "".join(random.choice(_COMPANY_ALPHABET) for _ in range(7))
    )
    total = sum(w * _COMPANY_ALPHABET.index(c) for w, c in zip(_COMPANY_WEIGHTS, head, strict=True))
    return head + _COMPANY_ALPHABET[-total % 31]


def iban(random: Random) -> str:
    country, body = random.choice(
        [
            ("GB", "WEST" + _digits(random, 14)),
            ("DE", _digits(random, 18)),
            ("FR", _digits(random, 23)),
            ("NL", "ABNA" + _digits(random, 10)),
        ]
    )
    remainder = int("".join(str(int(c, 36)) for c in body + country + "00")) % 97
    code = f"{country}{98 - remainder:02}{body}"
    return code if random.random() < 0.5 else " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def chinese_mobile(random: Random) -> str:
    number = "1" + random.choice("3456789") + _digits(random, 9)
    grouped = (number[:3], number[3:7], number[7:])
    return random.choice(
        [
            number,
            number,
            "-".join(grouped),
            " ".join(grouped),
            f"+86 {number}",
            f"+86-{'-'.join(grouped)}",
            f"86{number}",
        ]
    )


def full_width(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def spoken(random: Random) -> str:
    number = "1" + random.choice("3578") + _digits(random, 9)
    return number.translate(
        str.maketrans(
            "0123456789",
            random.choice(["零一二三四五六七八九", "零幺二三四五六七八九", "〇幺两三四五六七八九"]),
        )
    )


def bank_card(random: Random) -> str:
    number = with_luhn(
        random.choice(["622848", "621700", "622202", "621226", "625965"])
        + _digits(random, random.choice([9, 12]))
    )
    return (
        number if random.random() < 0.5 else " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    )


def western_card(random: Random) -> str:
    number = with_luhn(
        random.choice(["4", "51", "55", "4", "53"]).ljust(6, random.choice("123456789")) + _digits(random, 9)
    )
    return random.choice(
        [
            number,
            " ".join(number[at : at + 4] for at in range(0, 16, 4)),
            "-".join(number[at : at + 4] for at in range(0, 16, 4)),
        ]
    )


def plate(random: Random) -> str:
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    head = random.choice("京沪粤苏浙川鄂陕闽鲁") + random.choice("ABCDEF") + random.choice(["", "·", "", " "])
    return head + random.choice(
        [
            random.choice(letters) + _digits(random, 4),
            _digits(random, 5),
            "D" + _digits(random, 5),
            _digits(random, 3) + "".join(random.sample(letters, 2)),
        ]
    )


def email(random: Random) -> str:
    local = random.choice(["lin.xiaoyu", "zhou_88", "k.o-hara", "maria+shop", "wzh2003", "t.okafor", "hq77"])
    return f"{local}{random.randint(1, 99)}@{random.choice(['163.com', 'qq.com', 'outlook.com', 'mail.example.co.uk', 'foxmail.com', 'gmail.com'])}"


def wechat(random: Random) -> str:
    return random.choice(["lucky", "sunny_", "wxid_", "mm-", "tiger"]) + _digits(random, random.randint(3, 6))


def landline(random: Random) -> str:
    area, size = random.choice([("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0513", 8), ("0931", 7)])
    return area + random.choice(["-", "", " ", "-"]) + random.choice("2345678") + _digits(random, size - 1)


def passport(random: Random) -> str:
    return (
        random.choice(["E", "G"]) + _digits(random, 8)
        if random.random() < 0.6
        else "E" + random.choice("ABCDFGHJ") + _digits(random, 7)
    )


def american_phone(random: Random) -> str:
    area, exchange, line = (
        random.choice(["212", "415", "312", "617", "702", "954"]),
        random.choice("23456789") + _digits(random, 2),
        _digits(random, 4),
    )
    return random.choice(
        [
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"+1 {area} {exchange} {line}",
            f"1-{area}-{exchange}-{line}",
        ]
    )


def british_phone(random: Random) -> str:
    tail = _digits(random, 6)
    return random.choice(
        [
            f"07{_digits(random, 3)} {tail}",
            f"+44 7{_digits(random, 3)} {tail}",
            f"020 7{_digits(random, 3)} {_digits(random, 4)}",
            f"0161 {_digits(random, 3)} {_digits(random, 4)}",
            f"07{_digits(random, 9)}",
        ]
    )


def ssn(random: Random) -> str:
    return f"{random.randint(101, 665)}-{random.randint(11, 99)}-{random.randint(1001, 9999)}"


def nino(random: Random) -> str:
    code = random.choice(["AB", "JK", "CE", "PW", "SL"]) + _digits(random, 6) + random.choice("ABCD")
    return code if random.random() < 0.5 else f"{code[:2]} {code[2:4]} {code[4:6]} {code[6:8]} {code[8]}"


def public_ip(random: Random) -> str:
    return f"{random.choice([24, 61, 81, 93, 113, 203])}.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


def chinese_street(random: Random) -> str:
    road = random.choice(["建设北路", "文昌巷", "长江西路", "解放大道", "梧桐街", "和平里大街", "学府路"])
    return road + random.choice(
        [
            f"{random.randint(2, 300)}号",
            f"{random.randint(2, 300)}号{random.randint(1, 20)}栋{random.randint(101, 2804)}室",
            f"{random.randint(2, 99)}弄{random.randint(1, 30)}号{random.randint(101, 804)}室",
        ]
    )


def chinese_estate(random: Random) -> str:
    estate = random.choice(["翠湖花园", "阳光家园", "锦绣小区", "金色公寓", "绿地大厦", "东方明珠苑"])
    return estate + random.choice(
        [
            f"{random.randint(1, 30)}栋{random.randint(1, 4)}单元{random.randint(101, 2804)}室",
            f"{random.randint(1, 30)}号楼{random.randint(101, 2804)}",
            f"{random.choice('ABC')}座{random.randint(101, 2804)}室",
        ]
    )


def english_street(random: Random) -> str:
    street = random.choice(
        [
            "Maple Avenue",
            "Station Road",
            "Queen Street",
            "Willow Lane",
            "Church Close",
            "Sunset Boulevard",
            "Park Drive",
            "St John's Court",
        ]
    )
    return random.choice(["", "Flat 2, ", "Apt 5B, "]) + f"{random.randint(1, 1999)} {street}"


CHINESE_NAMES = (
    "张晓丽 李志强 王秀兰 赵磊 孙雅婷 周建军 吴敏 郑浩然 冯佳怡 陈国栋 褚明 卫东升 蒋欣 沈梦琪 韩雪 杨子涵 朱启航 秦岚 尤美玲 许文博 何静 吕思远 施琳 孔令辉 "
    "曹瑞 严志明 华春莹 金鑫 魏子轩 陶然 姜海涛 戚薇 谢宇 邹凯 苏倩 潘伟 葛优良 范冰洁 彭浩 鲁班平 马晓东 苗圃 方媛 俞飞鸿 任嘉伦 袁宏 柳青 欧阳娜 司马文静 上官云 诸葛明 "
    "刘强 黄丽华 林婉儿 徐峰 高洁 罗翔 梁家辉 宋祖英 唐嫣 邓超 萧敬 程潇 薛之谦 贾静 江一燕 雷军 侯勇 龙丹 万茜 段奕 汤唯 尹正 武艺 乔欣 赖美云 龚俊 文章丽"
).split()
ENGLISH_NAMES = (
    "Margaret Hill|Tom Beckett|Aisha Rahman|Ian Fletcher|Grace Okonkwo|Luis Herrera|Hannah Vogel|Peter Novak|Chloe Bennett|Imran Sheikh|Fiona MacLeod|Derek Shaw|"
    "Yuki Tanaka|Carlos Mendes|Ruth Abrams|Victor Lindqvist|Naomi Clarke|Gareth Pugh|Leila Haddad|Owen Walsh|Sanjay Iyer|Beth Carver|Mei Lin|Oksana Bondar|Jamal Edwards"
).split("|")

Make = Callable[[Random], str]

POSITIVES: tuple[tuple[Kind, Make, tuple[str, ...]], ...] = (
    (Kind.PHONE, chinese_mobile, (
        "有结果请打{}通知我", "手机号写错了，应该是{}，麻烦改一下", "（{}）这是我的电话，随时可以打", "回访号码{}一直没人联系", "你们把我的号码{}泄露给了贷款公司",
        "我老婆的电话{}也接到骚扰", "call me back at {} please", "本机{}，套餐无法取消", "登记的是{}\n但收不到短信", "每天都有人打{}催收",
    )),
    (Kind.PHONE, lambda random: full_width("1" + random.choice("3578") + _digits(random, 9)), ("请回电{}，谢谢", "我的号：{}。")),
    (Kind.PHONE, spoken, ("我电话是{}你记一下", "打这个号{}找我")),
    (Kind.PHONE, landline, ("家里座机{}打不通", "单位电话是{}，工作时间可接", "请拨{}找我", "公司固话：{}")),
    (Kind.PHONE, american_phone, ("You can reach me on {} after six.", "My cell is {}, leave a voicemail", "Please phone {} before noon", "I have been texting from {} for days")),
    (Kind.PHONE, british_phone, ("Ring me on {} any time.", "my mobile, {}, has no signal", "Contact number: {}", "I waited by the phone ({}) all day")),
    (Kind.ID_NUMBER, identity_number, (
        "我的证件号{}被人拿去开户", "身份证：{}，请核实", "业务员用我{}办了三张卡", "实名信息{}与本人不符", "ID card number {} was printed on the envelope", "以{}的名义贷款",
    )),
    (Kind.CARD, bank_card, ("工资打到{}里没到账", "从{}扣走了两千块，卡在我手里", "我的储蓄卡{}被冻结", "卡号是{}，密码输错三次", "退款请退回{}这张卡")),
    (Kind.CARD, western_card, ("The card I used was {}.", "you charged {} twice, that is my visa card", "my debit card number is {}", "Card: {} exp 09/29")),
    (Kind.IBAN, iban, ("Please pay the refund into {}.", "transfer went to {} instead", "IBAN: {}", "退款账户{}，请核对")),
    (Kind.COMPANY_ID, company_id, ("我司统一社会信用代码{}，要求开票", "营业执照上是{}", "税号：{}")),
    (Kind.PLATE, plate, ("我的车{}停在楼下被刮", "车牌{}被重复扣费", "ETC显示{}通行两次", "司机开的是{}，拒载")),
    (Kind.EMAIL, email, ("资料发到{}就行", "请把发票发我邮箱{}，谢谢", "You can write to {}.", "email me at {} or I will sue", "账号绑定了{}但收不到验证码")),
    (Kind.WECHAT, wechat, ("加我微信{}私下解决", "客服微信号:{}，已经拉黑我", "微信是{}，请联系", "my WeChat ID is {}")),
    (Kind.QQ, lambda random: random.choice("123456789") + _digits(random, random.randint(6, 9)), ("QQ{}被盗了", "我的QQ号：{}", "联系QQ:{}即可")),
    (Kind.PASSPORT, passport, ("护照{}被酒店复印", "用护照号{}订的票", "我的{}护照信息填错了，护照号{}")),
    (Kind.TRAVEL_PERMIT, lambda random: random.choice("CHM") + _digits(random, 8), ("通行证号码{}录入有误", "港澳通行证{}已过期")),
    (Kind.SSN, ssn, ("They printed my social security number {} on the letter.", "SSN {} was exposed", "someone opened a loan with {}")),
    (Kind.NINO, nino, ("My National Insurance number is {}.", "NI no. {} is wrong in your records", "you asked for {} twice")),
    (Kind.ACCOUNT, lambda random: _digits(random, 8), ("my account number is {}", "Account no: {} has been closed without notice", "acct {} shows the wrong balance")),
    (Kind.ACCOUNT, lambda random: f"{_digits(random, 2)}-{_digits(random, 2)}-{_digits(random, 2)}", ("sort code {} please", "Sort code: {}")),
    (Kind.ACCOUNT, lambda random: "1" + _digits(random, 11), ("缴费户号{}多收了钱", "我的账号{}无法登录", "会员号：{}，积分没了")),
    (Kind.IP, public_ip, ("提示从{}异地登录，不是我", "the log shows a login from {}", "IP地址{}被封")),
    (Kind.IMEI, lambda random: with_luhn("86" + _digits(random, 12)), ("手机IMEI：{}，已进水", "IMEI {} is on your blacklist", "串号{}查不到保修")),
    (Kind.ADDRESS, chinese_street, ("快递送到{}没人打电话", "杭州市拱墅区{}的宽带又断了", "我家在四川省成都市武侯区{}", "收货地址是{}，物流显示已签收", "地址：苏州市姑苏区{}")),
    (Kind.ADDRESS, chinese_estate, ("住{}，三天没水", "南京市鼓楼区{}电梯坏了", "上门地址为{}", "请派人到{}维修")),
    (Kind.ADDRESS, english_street, ("The engineer never came to {}.", "We live at {}, and the bins are full", "Deliver it to {} please", "your van blocked {} again")),
    (Kind.DATE_OF_BIRTH, lambda random: f"{random.randint(1940, 2005)}年{random.randint(1, 12)}月{random.randint(1, 28)}日", ("出生日期：{}", "本人{}出生", "生日是{}，系统里写错了")),
    (Kind.DATE_OF_BIRTH, lambda random: f"{random.randint(1, 28)}/{random.randint(1, 12):02}/{random.randint(1940, 2005)}", ("Date of birth {}", "DOB: {}", "I was born on {} and you have it wrong")),
    (Kind.SOCIAL_INSURANCE, lambda random: _digits(random, 10), ("社保号{}查不到缴费记录", "医保卡号：{}，刷不了")),
    (Kind.DRIVER_LICENCE, lambda random: "ABCDE"[random.randint(0, 4)] + _digits(random, 11), ("my driver's license is {}", "Driving licence: {}")),
)  # fmt: skip

CHINESE_NAME_TEMPLATES = (
    "你好，我叫{}，我要投诉", "我的名字是{}，办过你们的卡", "姓名：{}\n电话：保密", "收件人写的是{}，却给了别人", "持卡人{}，卡片丢失", "本人{}，现就扣费一事投诉如下", "投诉人：{}",
    "联系人是{}，白天可接听", "我爸爸{}今年七十二岁，不会用手机", "我女儿{}在你们机构上课", "接待我的是{}经理，态度恶劣", "{}女士承诺三天内退款", "贵行{}先生多次打电话骚扰", "那个叫{}的销售骗我签字",
    "客服人员{}挂了我的电话", "户名{}，请退到原卡", "被保险人{}去年住院", "业务员{}说保本保息", "我老婆{}替我去的网点", "{}医生开错了药", "快递员{}把件扔在门口", "投保人为{}，保单已生效", "乘机人：{}，航班取消",
    "租客{}已经搬走", "找{}师傅来修了两次没修好",
)  # fmt: skip
ENGLISH_NAME_TEMPLATES = (
    "Hello, my name is {} and I want my money back.", "I am {}, the account holder.", "Kind regards,\n{}", "Yours faithfully\n\n{}", "I was served by a lady called {}.", "Your adviser {} told me it was free.",
    "Mr {} refused to give his surname.", "Please pass this to Mrs {}.", "Name: {}\nOrder delayed", "I spoke to {} in your Leeds office.", "My husband {} has been ill.", "my daughter, {}, was left alone at the gate.",
    "Dr {} never called back.", "Sincerely, {}", "this is {} again, third email", "The manager {} shouted at me.", "Cardholder: {}", "an agent named {} hung up on me", "Thanks,\n{}",
    "I'm {} and I live in Hull.", "I was transferred to {} who cut me off.", "On behalf of {} I complain about the delay.",
)  # fmt: skip


def _fill(random: Random, template: str, value: str, kind: Kind) -> Sample:
    start = template.index("{}")
    return Sample(template.replace("{}", value, 1).replace("{}", value), start, start + len(value), kind)


def positives(seed: int, rounds: int = 6) -> Iterator[Sample]:
    """Direct identifiers in both languages, `rounds` values for every sentence."""
    random = Random(seed)
    for _ in range(rounds):
        for kind, make, templates in POSITIVES:
            for template in templates:
                yield _fill(random, template, make(random), kind)


def named(seed: int, rounds: int = 6) -> Iterator[Sample]:
    """People introduced by a trigger, in both languages."""
    random = Random(seed)
    for _ in range(rounds):
        for template in CHINESE_NAME_TEMPLATES:
            yield _fill(random, template, random.choice(CHINESE_NAMES), Kind.PERSON)
        for template in ENGLISH_NAME_TEMPLATES:
            yield _fill(random, template, random.choice(ENGLISH_NAMES), Kind.PERSON)


def _order(random: Random) -> str:
    return random.choice(
        [
            with_luhn("4" + _digits(random, 14)),
            "2026" + _digits(random, 14),
            _digits(random, 12),
            "1" + random.choice("3578") + _digits(random, 9),
            _digits(random, 19),
        ]
    )


def _amount(random: Random) -> str:
    return random.choice(
        [
            str(random.randint(100, 99999999)),
            f"{random.randint(1, 999)},{_digits(random, 3)},{_digits(random, 3)}",
            f"{random.randint(100, 9999999)}.{_digits(random, 2)}",
        ]
    )


def _date(random: Random) -> str:
    year, month, day = random.randint(2019, 2027), random.randint(1, 12), random.randint(1, 28)
    return random.choice(
        [
            f"{year}年{month}月{day}日",
            f"{year}-{month:02}-{day:02}",
            f"{year}/{month}/{day}",
            f"{year}{month:02}{day:02}",
            f"{year}.{month}.{day} {random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}",
        ]
    )


def _hotline(random: Random) -> str:
    return random.choice(
        [
            "95588",
            "95533",
            "12378",
            "12315",
            "12345",
            "10086",
            "110",
            "400-610-0000",
            "4008308300",
            "800-820-8820",
            "956056",
            "12306",
        ]
    )


HARD_NEGATIVES: tuple[tuple[Make, tuple[str, ...]], ...] = (
    (_order, (
        "订单号{}到现在没发货", "我的订单编号是{}，请查", "交易流水号：{}", "运单号{}三天不动", "快递单号为{}", "退款单号{}显示失败", "工单{}没人处理", "合同编号{}的条款", "发票号码{}开错了",
        "Order number {} never arrived", "my reference is {}", "tracking no. {} is stuck", "Case {} was closed", "transaction ID: {}", "invoice #{} is wrong", "booking {} cancelled", "claim number {} rejected",
        "保单号{}到期", "受理编号：{}", "参考号 {}",
    )),
    (_amount, ("一共扣了{}元", "余额还有¥{}", "损失约{}万元", "you owe me ${}", "a balance of £{} remains", "赔偿金额{}", "被收取违约金{}元整", "total of {} dollars")),
    (_date, ("{}买的洗衣机", "自{}起多次投诉", "The parcel left on {}", "系统时间{}报错", "约定{}前退款", "since {} nothing works")),
    (_hotline, ("打了{}没人接", "拨{}排队四十分钟", "客服热线{}是摆设", "I rang {} twice", "已向{}反映", "你们的电话{}永远占线")),
    (lambda random: _digits(random, 4), ("尾号{}的卡被盗刷", "卡尾号为{}", "card ending {} was declined", "the card ending in {} is mine", "last four digits {}", "工号{}的客服态度差")),
    (lambda random: random.choice(["CA", "MU", "CZ", "BA", "UA"]) + str(random.randint(100, 9999)), ("{}航班晚点五小时", "flight {} was cancelled", "乘坐{}去上海")),
    (lambda random: random.choice(["SF", "YT", "JD", "ZT"]) + _digits(random, 13), ("单号{}显示签收", "{}这个件丢了", "parcel {} is lost")),
    (lambda random: random.choice(["iPhone 15 Pro Max", "华为Mate60", "RTX 4090", "小米14 Ultra", "Galaxy S24", "戴森V12", "美的KFR-35GW", "Model 3", "X1 Carbon"]), ("买的{}用了三天就坏", "我的{}无法开机", "the {} overheats", "{}降价不补差")),
    (lambda random: random.choice(["北京市朝阳区", "杭州西湖区", "广东省深圳市南山区", "成都市", "苏州工业园区", "江苏南通"]), ("我在{}的门店办的", "{}的网点排队两小时", "家住{}，离得很远", "{}没有信号")),
    (lambda random: random.choice([
        "客户经理让我等通知，等了一周", "你们经理和主管互相推诿", "我是老客户了，十几年一直用", "我是黄金会员，却没有优先", "本人于上周在柜台办理", "高铁票退不了，方便面也没发", "安装师傅说要加钱", "周末没人值班",
        "对方公司不承认", "老师和家长都不知道", "用户协议写得很清楚", "联系人一栏不能修改", "客户安全谁来保障", "平台客服只会道歉", "保安师傅不让进", "我是江苏用户，外地用不了", "叫了三次维修，没人来", "姓名填错了改不了",
        "收件人电话打不通", "销售人员夸大宣传", "你们总说在处理", "工作人员都说不清楚", "金额不对，时间也不对", "白天没空，晚上没人", "申请人信息审核失败", "小区门口的快递柜坏了", "一共投诉了一二三四五六次", "消费者权益在哪里",
        "I am very disappointed with your service", "I'm Furious about this", "This is Unacceptable", "Dear Customer Relations Team", "I spoke to Customer Services on Monday", "Thanks in advance", "Kind regards, A Disappointed Customer",
        "My manager said no", "the driver was rude to my son", "I am a Gold member since 2019", "I'm British and I expect better", "Your London branch was closed", "this is the third time", "I am Still waiting for April's bill",
        "spoke to Barclays and Visa about it", "The High Street branch lost my form", "I walked 5 miles down the road", "it is 10 minutes by car", "we waited 3 hours in the park", "He lives in Manchester now", "I called four times in March",
        "software version 10.2.1.4 crashes", "Room 1204 was dirty", "my router at 192.168.1.1 keeps failing", "2 adults and 3 children", "9am to 5pm, Monday to Friday", "size 42, colour blue", "Section 75 of the Consumer Credit Act 1974",
        "They ignored me at Gatwick and Heathrow", "XXXX XXXX on XX/XX/2026", "the agent hung up", "a supervisor will call", "I met the deadline", "ISO 9001:2015 means nothing", "article 27 of your terms", "PS5 and Xbox One X do not connect",
    ]), ("{}", "{}。", "{}, and more", "唉，{}")),
)  # fmt: skip


def hard_negatives(seed: int, rounds: int = 6) -> Iterator[str]:
    """Sentences in which nothing is to be redacted, `rounds` values for every one."""
    random = Random(seed)
    for _ in range(rounds):
        for make, templates in HARD_NEGATIVES:
            repeat = 12 if len(templates) == 4 and "{}" in templates else 1
            for template in templates * repeat:
                yield template.replace("{}", make(random))
