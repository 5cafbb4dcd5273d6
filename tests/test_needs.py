"""What is asked for, what is implied, and whether it is a complaint at all."""

import pytest
from hypothesis import given, strategies as st

from bot.triage.language import detect
from bot.triage.lexicon import Span
from bot.triage.needs import NeedFound, find_needs, looks_like_complaint

CHINESE = {
    "refund": ("请把多扣的钱退给我", "要求全额退款", "我要退钱！", "退我三百"),
    "repair": ("请尽快派人来修", "麻烦上门维修一下", "要求恢复网络服务"),
    "replacement": ("希望给我换一台新的", "请补发缺的那件"),
    "explanation": ("请说明扣款的依据", "这笔费用是什么意思？", "给个说法"),
    "apology": ("要求当面道歉", "你们欠我一个道歉，必须说声对不起"),
    "compensation": ("要求赔偿我的损失", "医药费谁来承担？"),
    "stop_contact": ("别再给我打电话了", "请停止骚扰我的家人"),
    "correct_record": ("请更正我的征信记录", "麻烦把名字改过来，核对一下"),
    "speed_up": ("请尽快处理", "什么时候能退？"),
    "human_contact": ("我要人工客服", "能不能让经理给我回电"),
    "written_answer": ("请给书面答复", "要求出具书面说明"),
    "cancel_service": ("请帮我取消自动续费", "我要注销账户"),
    "investigation": ("请核实监控", "要求调查那个员工"),
    "fee_waiver": ("请减免违约金", "希望免除这笔年费"),
    "data_deletion": ("请删除我的个人信息", "要求把我的号码全部删掉，删除我的资料"),
    "certainty_of_date": ("给个准话，到底哪天能修好？",),
    "accessibility": ("请写大一点的字，我看不清",),
}
ENGLISH = {
    "refund": ("Please refund me.", "I want my money back.", "Return my deposit, please."),
    "repair": ("Please send an engineer out.", "I need it fixed."),
    "replacement": ("I would like a replacement.", "Please send another one, the right size."),
    "explanation": ("Please explain this charge.", "Why was I charged?"),
    "apology": ("I want an apology.", "You should apologise."),
    "compensation": ("I want compensation for the damage.", "You must cover my costs."),
    "stop_contact": ("Stop calling me.", "Please take me off your list."),
    "correct_record": ("Please correct my credit report.", "I need the marker removed."),
    "speed_up": ("Please sort it as soon as possible.", "When will it arrive?"),
    "human_contact": ("I want to speak to a manager.", "Please call me back."),
    "written_answer": ("Please confirm in writing.", "I require a written answer."),
    "cancel_service": ("Please cancel my subscription.", "I want to close my account."),
    "investigation": ("Please investigate.", "I want you to check the CCTV."),
    "fee_waiver": ("Please waive the fee.", "I would ask you to write off the late charge."),
    "data_deletion": ("Please delete my data.", "Erase my account, please."),
    "certainty_of_date": ("I should simply like to know upon which day it will come.",),
    "accessibility": ("Please answer in large print.",),
}
IMPLIED = {
    "safety_of_funds": ("那是我的血汗钱，一下子没了。", "My life savings have gone."),
    "face_and_respect": ("她当着所有人的面嘲笑我。", "He laughed at me in front of the whole queue."),
    "certainty_of_date": ("等了三个月，一直说正在处理。", "Still waiting after six weeks, no update."),
    "not_repeating_self": ("这是我第三次打电话了。", "This is the fourth time I have told the same story."),
    "accessibility": ("我坐轮椅，门口没有坡道。", "I use a wheelchair and there is no ramp."),
}

NO_COMPLAINT = (
    "快递小哥把我落在车上的身份证送回来了，大雨天，一口水没喝就走了。",
    "多亏你们客服半夜帮我把卡锁了，钱一分没少。",
    "表扬一下三号窗口的小陈，业务熟，人也和气。",
    "理赔款到了，比说好的还早两天，谢谢。",
    "修空调的师傅三十八度的天爬到六楼，修完还把地擦了，真是好人。",
    "我那位当律师的表弟都说你们这回办得漂亮。谢谢。",
    "请问信用卡可以绑定几个手机支付？",
    "外地户口能办居住证贷款吗，要带什么？",
    "想问下十一期间营业厅开不开门。",
    "保单受益人怎么改，需要本人到场吗？",
    "建议在候车厅加几个充电口。",
    "希望以后账单能做成大字版，方便老人。",
    "下个月搬家，宽带移机大概要几天？",
    "能不能出一个家庭共享的流量包？",
    "麻烦把我的收货地址改成新的，谢谢。",
    "Because your night team locked my card in time I didn't lose a penny. Bless you.",
    "A word for young Chen at window three: knows her stuff and has manners.",
    "The claim was paid two days early. Much obliged.",
    "Your engineer climbed six floors in a heatwave, fixed it and mopped up after himself. Gold.",
    "Even my cousin the barrister says you handled this beautifully. Thank you.",
    "How many phones can I add one card to?",
    "Can a non-resident apply for the home loan, and what should I bring?",
    "Are the shops open over the bank holiday?",
    "How do I change the beneficiary on my policy? Do I have to come in?",
    "A few more charging points in the waiting hall would be welcome.",
    "It'd be handy if the bill came in large print for older folk.",
    "We move next month; how long does it take to transfer the broadband?",
    "Any plans for a shared family data bundle?",
    "Please change my delivery address to the new one, thanks.",
)
COMPLAINT = (
    "8月账单显示扣费两笔，金额均为39元，请核查后退还一笔。",
    "订单11月2日显示签收，本人未收到，请提供签收凭证。",
    "来电人反映小区水压不足，已持续一周，要求处理。",
    "来电人反映购买的电视有坏点，商家拒绝退换，来电人不认可，要求退款。",
    "我等了四个小时，等来一句“系统升级”。你们升级能不能挑个没人的时候？",
    "退款退到哪个平行宇宙去了？",
    "这种态度也配叫服务？叫你们经理出来！",
    "收了我三年管理费，灯坏了半年没人换，物业费倒是催得准时。",
    "说好的海景，推开窗是垃圾站。行，你们赢了。",
    "钱转错了，对方账户我不认识，现在心里七上八下的，能追回来吗？",
    "孩子明天中考，准考证打不出来，网站一直转圈，急死我了！",
    "收到短信说我在外地开了卡，我从没去过，吓得一身冷汗，是不是被盗了？",
    "药还没到，妈妈只剩两天的量了，拜托快一点。",
    "用了八年，一直觉得你们靠得住，这次真让人心凉。",
    "冲着老字号来的，吃到嘴里不是那个味儿了，唉。",
    "宣传册上写着一对一，去了才知道一对十二，和想的差太远。",
    "满心欢喜等了两个月，打开一看颜色都不对，扫兴。",
    "奶奶走的那天，你们还给她的号码发生日祝福。我看着那条短信，哭了很久。",
    "他们当着一屋子人说我买不起就别摸。我出来坐在马路边，眼泪止不住。",
    "那张照片是爸爸留下的最后一张，你们洗丢了，再也没有了。",
    "账单上有个“综合服务费”，是什么意思？我看了三遍没看懂。",
    "一个客服说能退，一个说不能退，我到底听谁的？",
    "为什么我的积分比上个月少了两千？我没用过呀。",
    "流量明明还有，怎么就提示用完了？搞不明白。",
    "August statement shows two charges of $39. Please reverse one.",
    "Order marked delivered 2 November. Not received. Please send proof of delivery.",
    "Caller reports low water pressure for one week and asks for it to be looked at.",
    "I waited four hours to be told 'system upgrade'. Could you upgrade when nobody's looking?",
    "Which parallel universe did you refund me in?",
    "You call this service? Get me the manager!",
    "Sea view, you said. I opened the window on a skip. You win.",
    "My son's exam is tomorrow and the ticket won't print, the site just spins, I'm frantic!",
    "The tablets haven't come and Mum has two days left. Please, quickly.",
    "Eight years I thought you were the dependable ones. This has taken the heart out of me.",
    "Came for the old name on the door. It isn't the same food any more, more's the pity.",
    "The brochure said one to one. It was one to twelve. Not what we'd been led to expect.",
    "Two months I looked forward to it and the colour's wrong. What a let-down.",
    "The day Gran died you texted her a birthday voucher. I looked at it and cried for an hour.",
    "It was the last photograph of Dad and you lost it. There isn't another.",
    "There's a 'general service charge' on the bill. What does it mean? I've read it three times.",
    "One agent says refundable, the next says not. Who am I to believe?",
    "Why have I two thousand fewer points than last month when I haven't spent any?",
    "It says my data's used up, but the counter says there's plenty. I can't make sense of it.",
)


@pytest.mark.parametrize(
    ("need", "text"),
    [(need, text) for wanted in (CHINESE, ENGLISH) for need in wanted for text in wanted[need]],
)
def test_what_is_asked_for_is_found(need: str, text: str) -> None:
    assert ("explicit", need) in {(found.kind, found.need) for found in find_needs(text, detect(text))}


@pytest.mark.parametrize(("need", "text"), [(need, text) for need in IMPLIED for text in IMPLIED[need]])
def test_what_is_implied_is_found(need: str, text: str) -> None:
    assert ("implicit", need) in {(found.kind, found.need) for found in find_needs(text, detect(text))}


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("I don't want a refund, I want it repaired.", "refund"),
        ("你们一直不退款。", "refund"),
        ("I do not want an apology.", "apology"),
        ("商家说会赔偿。", "compensation"),
    ],
)
def test_what_is_refused_or_only_told_is_not_asked_for(text: str, need: str) -> None:
    assert ("explicit", need) not in {(found.kind, found.need) for found in find_needs(text, detect(text))}


def test_a_need_shows_the_clause_of_the_customer() -> None:
    text = "账单多了三十八块。请把多扣的钱退给我，谢谢！"
    assert find_needs(text, "zh") == (
        NeedFound("explicit", "refund", "请把多扣的钱退给我", Span(9, 18, "请把多扣的钱退给我")),
    )


@pytest.mark.parametrize("text", COMPLAINT)
def test_something_wrong_failed_or_unfair_is_a_complaint(text: str) -> None:
    complains, evidence = looks_like_complaint(text, detect(text))
    assert complains
    assert all(text[span.start : span.end] == span.text for span in evidence)


@pytest.mark.parametrize("text", [*NO_COMPLAINT, "", "你好", "hello", "谢谢"])
def test_praise_questions_and_requests_are_none(text: str) -> None:
    assert looks_like_complaint(text, detect(text)) == (False, ())


@given(st.text(max_size=300))
def test_a_need_is_always_words_of_the_text(text: str) -> None:
    found = find_needs(text, "und")
    assert all(text[need.span.start : need.span.end] == need.text == need.span.text for need in found)
    assert len({need.need for need in found}) == len(found)
