"""Intents and dangers; and the machinery that finds the words of a lexicon."""

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bot.triage.escalation import EscalationFound, find_escalations
from bot.triage.language import detect
from bot.triage.lexicon import LEXICONS, Span, fold, load_lexicon, scan
from bot.triage.phrases import ChineseTree, EnglishTree, inflected, parse
from knowledge.errors import InvalidRules

THREATS = {
    "safety": (
        "煤气灶一直有股味儿，窗户开着都散不掉，孩子说头疼。",
        "电梯门卡着半截，里头有个老太太在喊。",
        "楼顶那块广告牌吱呀吱呀响，底下就是幼儿园。",
        "我妈的呼吸机只剩四十分钟的电。",
        "他每天在我楼下等，昨天把烟头扔在我家门口。",
        "这日子没什么过头了，药我都数好了。",
        "我把遗书写在你们的回执背面。",
        "再逼我，我就从你们楼上下去。",
        "你们谁敢来收房，我就让他横着出去。",
        "插座冒火星，我不敢拔。",
        "井盖没了，天黑，已经掉进去两个人。",
        "水里有股农药味，喝了的人都在吐。",
        "刹车踩下去是空的，我现在停在高速应急车道上。",
        "昨晚我站在江边，想着要不就算了。",
        "把我惹急了，咱俩谁也别想好。",
        "我要是哪天没了，就是你们害的。",
        "钱没了，我也没脸回家了，先跟孩子说声对不起。",
        "那根电线就搭在滑梯上，小孩在玩。",
        "门从外面反锁了，屋里有烟。",
        "老人摔在地上起不来，你们的急救按钮没反应。",
        "他说知道我几点下班，让我等着。",
        "我已经三天没吃药了，就等你们放这批胰岛素。",
        "活到这份上，不如一头撞死。",
        "楼下烧烤摊的煤气罐就靠着咱们的配电箱，我每天从那过都绕着走。",
        "催债的说要去我女儿学校门口等她放学。",
        "我老婆抱着孩子站在窗台上，你们快给她回个电话。",
        "你们的检修口敞着，我家三岁的差点栽下去。",
        "我也不想吵了，吃了半瓶，躺下了，就这样吧。",
        "逼我是吧，周一我拎着汽油去你们柜台。",
        "我妈对花生过敏，现在嘴唇肿得说不出话。",
        "滑索的安全扣是断的，前面还有小孩在排队。",
        "邻居说他在找我，手里拎着东西，我反锁了门。",
        "孩子困在充电车里，车门打不开，外面四十度。",
        "我爸听了电话以后就没说过话，今早在阳台上找绳子。",
        "要是这钱回不来，我们娘俩就一起走了。",
        "客栈的电热毯烧了个洞，再睡一晚就得烧死人。",
        "你让那个保安出来，我打断他的腿。",
        "There's a gas smell in the hallway and the baby next door won't stop coughing.",
        "The lift has stopped between floors and there's an old lady in it.",
        "The hoarding above the nursery gate is hanging by one bolt.",
        "Mum's oxygen has about forty minutes of battery.",
        "He waits under my window every night since you gave him the address.",
        "I've counted the tablets. There are enough.",
        "I wrote the note on the back of your letter.",
        "One more letter and I'll step off your roof.",
        "Send another bailiff and he'll leave on a stretcher.",
        "The socket spits when I touch it and the wall is hot.",
        "Everyone who drank it is being sick.",
        "The brake pedal goes to the floor and I'm on the hard shoulder with two kids.",
        "I stood at the river last night and thought that would settle the account.",
        "I can't see me getting to Christmas. The kids would have the insurance.",
        "You'd be doing me a favour if I didn't wake up.",
        "I'll come round there and you'll be picking your teeth off the carpet.",
        "The cable is lying across the slide and they're playing on it.",
        "We're locked in and I can smell smoke.",
        "She's on the kitchen floor and your alarm pendant does nothing.",
        "I've had no insulin since Thursday.",
        "He told me he knows what time I finish work.",
        "It would be easier for everybody if I just wasn't around.",
        "If that man comes to my door again I'll put him through the window.",
        "The collector said he'd be at my daughter's school gate at three.",
        "My wife is on the window sill with the baby, ring her, please ring her.",
        "Your inspection hatch is wide open and my three year old nearly went in.",
        "I'm not arguing any more. I've had half the bottle. That's that.",
        "Monday I'm bringing a can of petrol to your counter.",
        "Mum's allergic to nuts and her lips are swelling, she can't talk.",
        "He's looking for us and I've barricaded the door.",
        "My boy's locked in the charging car and it's forty degrees out.",
        "Dad hasn't spoken since your call and this morning he was looking for a rope.",
        "If that money doesn't come back we're both going, me and the little one.",
        "The electric blanket burned a hole; one more night and somebody dies.",
        "Send that guard out here and I'll break both his knees.",
        "I don't think there's a me after this month.",
    ),
    "churn": (
        "用了十一年，今天是最后一天。",
        "明天我去隔壁银行开户，工资卡一起带走。",
        "这家店从我的收藏里删了。",
        "到期那天就是咱们分手的日子。",
        "卡我剪成了四段，寄给你们留念。",
        "宽带给我停了，我家以后用别家的。",
        "会员费你们留着吧，我人走了。",
        "下次出差我宁可坐绿皮。",
        "保单我不要了，退。",
        "麻烦帮我把账户关了。",
        "这辈子不会踏进你们店半步。",
        "我已经在办转网了。",
        "谢谢，往后不打扰了。",
        "我们全家的号都转走。",
        "下个月起我换一家供货。",
        "孩子下学期不在你们这儿念了。",
        "租约到十二月，十二月我们走。",
        "我把自动续费关了，以后也不会再开。",
        "明年的车险我给另一家了。",
        "我跟全公司说了，差旅换平台。",
        "你们这个会员，我当得够够的了，退。",
        "从今天起，收款码换成别人家的。",
        "我们村信用社就在对面，我这就去开户。",
        "这是我给你们写的最后一封信，也是最后一次充值。",
        "Eleven years, and today is the last of them.",
        "I open an account across the road tomorrow and my salary goes with me.",
        "You've come off my favourites for good.",
        "The day this contract ends is the day we part.",
        "I cut the card in four and enclose the pieces.",
        "Please shut the account, I've moved the balance.",
        "Keep the points. I won't be needing them.",
        "Next time I'd rather walk to Edinburgh.",
        "I don't want the policy any more. Take me off it.",
        "My number goes to another network on Monday.",
        "We've booked with your rivals for next summer.",
        "Don't bother renewing me.",
        "The boy starts at another school in September.",
        "I've switched off auto-renew and it's staying off.",
        "Next year's motor insurance is with somebody else.",
        "I've told the whole office to book through another site.",
        "We change suppliers on the first.",
        "I'm handing in my membership.",
        "From today the card reader on my counter is another company's.",
        "The credit union is opposite, and that's where I'm going now.",
        "This is the last letter you'll have from me, and the last payment.",
    ),
    "media": (
        "视频我剪好了，今晚八点准时上线。",
        "我表妹在晚报跑民生口，她很感兴趣。",
        "你们等着看评论区吧。",
        "帖子已经三千多赞了。",
        "我把聊天记录一张张贴出去，让大家评评。",
        "问政节目的记者约了我周四见面。",
        "我会去点评网站如实写下每一句话。",
        "账号五十万粉，你们看着办。",
        "不解决就上电视。",
        "发到同城群里，让街坊都知道。",
        "我弟在电视台剪片子，素材已经拷给他了。",
        "我把你们的承诺截图做成了表情包，群里传疯了。",
        "本地论坛首页第一条就是你们。",
        "周五下午直播间见，我有八万粉丝。",
        "省台《帮忙》栏目已经来拍过一回。",
        "我会把这封信原样登在我的公众号上。",
        "The video is cut and goes live at eight tonight.",
        "My cousin works on the consumer desk at the Herald and she's interested.",
        "Have a look at your mentions tomorrow.",
        "The thread has three thousand likes already.",
        "I'll be putting every screenshot up for people to judge.",
        "A reporter is coming on Thursday.",
        "I'll be leaving an honest account on every review site.",
        "I've half a million subscribers, your move.",
        "The whole town will read about it on the community page.",
        "Your promise is already a meme in four group chats.",
        "You're top of the town forum this morning.",
        "I go live Friday at three; eighty thousand people usually watch.",
        "The consumer programme on channel four has been round with a camera.",
        "I'm printing this letter in my column, word for word.",
    ),
    "collective": (
        "我们楼里十七户，联名信已经写好了。",
        "群里五十几个家长，都签了字。",
        "大伙商量好了，周一一起去你们总部。",
        "全班家长都不交这个费了。",
        "不是我一个人，我们厂三十多个工友一起来要说法。",
        "车主们约好了，把车开到4S店门口。",
        "同一个团的二十个人，凑钱请了律师。",
        "楼上楼下一共二十六家，物业费都停了。",
        "我们班四十个学员开了会，选了三个人来谈。",
        "跟我一样的有六十多人，名单附在后面，大家一起要求退。",
        "商户们决定周六统一关门。",
        "Seventeen flats, one letter, all signed.",
        "Fifty parents have put their names to this.",
        "We've agreed to come to head office together on Monday.",
        "Those of us who were stung have set up a group and we're claiming as one.",
        "I'm writing for thirty of my workmates, and we'll all be at the gate.",
        "Twenty of us from the tour have clubbed together for a solicitor.",
        "Twenty-six flats have stopped paying the service charge.",
        "The forty of us on the course held a meeting and elected three to talk to you.",
        "There are sixty like me, the list is attached, and we ask together.",
        "The traders are all shutting on Saturday.",
    ),
    "regulator": (
        "我已经在12378登记了。",
        "下周我去金融监管局窗口递材料。",
        "市场监管所的人说让我先找你们。",
        "通信管理局那边给了受理号。",
        "我会逐级反映，直到有人管。",
        "劳动监察我跑过了。",
        "住建局说你们没备案。",
        "准备向网信部门举报。",
        "文旅的人让我补材料。",
        "能源局给了我一个编号。",
        "我去找过消保委了，他们让我等你们回话。",
        "我这就打12345。",
        "I have a reference from the Financial Ombudsman.",
        "Next stop is the insurance commissioner.",
        "Trading Standards told me to write to you first.",
        "Ofcom has given me a case number.",
        "The state attorney general gets a copy of this.",
        "I've been to the labour inspector.",
        "The health inspector was very interested.",
        "I'll be lodging this with the data protection people.",
        "The energy ombudsman has my file.",
        "I've filled in the form on the CFPB website.",
        "The licensing board will want to know about this.",
        "The council's food team came on Tuesday at my request.",
    ),
    "legal": (
        "咱们法庭上说。",
        "诉状下周就递。",
        "我已经委托了律师，函件随后到。",
        "该走什么程序走什么程序，小额法庭我去过。",
        "律师看过合同了，说这条无效，准备起诉。",
        "证据我都公证了，等传票吧。",
        "告到底，花多少钱都告。",
        "下礼拜我把状子递上去。",
        "我律师说这条款站不住，函今天寄出。",
        "法官怎么判我都认，但这口气要争。",
        "我不想打官司，可你们要是再拖，我也只能打。",
        "We can discuss it in front of a judge.",
        "The claim form goes in next week.",
        "I've instructed a solicitor and you'll get her letter.",
        "Small claims costs thirty quid and I have the time.",
        "My lawyer has read the contract and says clause nine won't stand up.",
        "Everything is notarised. Expect a summons.",
        "I'll sue, whatever it costs me.",
        "The papers go in next week.",
        "My solicitor says that clause is worthless and her letter is in tonight's post.",
        "Let a judge decide; I'll live with it.",
        "I don't want to go to court, but if you drag this out I will.",
    ),
}

NONE = (
    "气死我了，排了一个小时的队。",
    "累死累活等了一上午。",
    "笑死，这也叫五星酒店。",
    "想死你们家的红烧肉了，能不能恢复外卖？",
    "热死了，空调修一下吧。",
    "请问12315是什么电话？",
    "我没有投诉过12315，也不打算投诉。",
    "我的律师推荐了你们银行，想开个户。",
    "在抖音上看到你们的广告，想咨询一下。",
    "电视上看到你们的新闻，恭喜上市。",
    "跳楼价买的沙发，三天就塌了。",
    "帮我砍价砍到零元，结果说我作弊。",
    "手机死机了三次。",
    "催收说要起诉我，我很害怕，可是我早还清了。",
    "他们发来律师函催我还款，可我没借过。",
    "你们把我的账户注销了，为什么不通知我？",
    "航班被取消了，改签排不上。",
    "我是法院的书记员，想问公积金贷款。",
    "告诉我怎么退款。",
    "广告里说终身保修。",
    "小区业主群里大家都说网慢。",
    "人民银行规定的利率是多少？",
    "根据银保监会的规定，手续费应该公示。",
    "我不想注销，只想改个密码。",
    "打车软件卡死了。",
    "这款菜刀用了一周就生锈。",
    "爆款商品发货太慢。",
    "烧烤摊的炸串不新鲜，退款。",
    "新闻里说今年利率下调，你们什么时候调？",
    "公司注销了这个业务，没人告诉我。",
    "我表姐是律师，她也爱用你们的洗面奶。",
    "律师楼下那家分店服务最好。",
    "法院对面的网点什么时候搬走的？",
    "看新闻说你们要上市了，恭喜。",
    "听广播里说可以免年费，怎么申请？",
    "小红书上种草来的，包装很好看。",
    "晚报上登的优惠券还能用吗？",
    "我们全家都用你们的卡，很满意。",
    "小区群里有人团购你们的水果，怎么参加？",
    "孩子班里好几个同学都在你们这学琴。",
    "去年我在健身房摔断了腿，保险什么时候赔？",
    "上个月电梯坏过一次，已经修好了，谢谢。",
    "烤箱预热的时候有点烟，是正常的吗？",
    "这个刀架螺丝松了，能补寄吗？",
    "我的会员卡丢了，怎么补办？",
    "怎么注销一个绑错的手机号？",
    "换银行卡绑定在哪里操作？",
    "不想取消订单，只想改地址。",
    "热得要死，空调几点开？",
    "堵车堵死了，外卖晚到二十分钟没关系。",
    "这游戏的自杀关卡打不开。",
    "书名叫《活着》，发错成《活法》了。",
    "警察已经来登记过了，请把监控给他们。",
    "总部客服让我找你们。",
    "汽油味的打火机漏油了，换一个。",
    "I'm dying to know when my parcel comes.",
    "This queue is killing me.",
    "My lawyer recommended your bank, can I open an account?",
    "I saw you on the BBC last night, lovely piece.",
    "As seen on Instagram, the dress looked blue; it arrived grey.",
    "What is the Financial Ombudsman and are you regulated by the FCA?",
    "I have never complained to the ombudsman and I don't intend to.",
    "I'm not going to sue anyone, I just want my parcel.",
    "Your collectors threatened to sue me over a debt I paid.",
    "They sent me a lawyer's letter about somebody else's loan.",
    "You closed my account without telling me.",
    "My flight was cancelled and nobody rebooked us.",
    "The deadline killed my weekend.",
    "Bath bombs arrived broken.",
    "The bread knife I ordered is blunt.",
    "Tickets to the basketball court were double booked.",
    "My battery died after two hours.",
    "I'd kill for a working website.",
    "The app is a dead loss.",
    "Over my dead body will I pay that fee.",
    "I read about the bank in the paper years ago.",
    "Lots of my neighbours have slow broadband too.",
    "Is there a branch near the county court?",
    "Under FCA rules you must send me a summary box.",
    "I don't want to cancel, I want it fixed.",
    "The gate was jumped by the rider in front.",
    "It costs a bomb and doesn't work.",
    "I was bored to death on hold.",
    "My phone went dead in the middle of the call.",
    "The gas bill went up again.",
    "My cousin's a barrister and she loves your face wash.",
    "The branch under the law firm has the best service.",
    "When did the branch opposite the courthouse move?",
    "I heard on the radio there's no annual fee, how do I apply?",
    "Found you on Instagram, lovely packaging.",
    "Is the voucher from the evening paper still valid?",
    "The whole family has your card and we're very happy.",
    "People in the residents' group are ordering your fruit boxes, how do I join?",
    "Several children in my son's class learn piano with you.",
    "I broke my leg at the gym last year; when does the policy pay?",
    "The lift was stuck once last month and it's been repaired, thank you.",
    "There's a little smoke when the oven preheats, is that normal?",
    "The screw on the knife rack is loose, can you send another?",
    "I lost my membership card, how do I get a new one?",
    "How do I cancel a booking made by mistake?",
    "Where do I change the bank card on my account?",
    "I don't want to cancel the order, just change the address.",
    "It's boiling in here, when does the air con come on?",
    "The traffic was murder, don't worry about the twenty minutes.",
    "Level nine of the game, Suicide Ridge, won't load.",
    "You sent 'To Kill a Mockingbird' instead of 'Go Set a Watchman'.",
    "The police have the footage already, please keep a copy.",
    "Your head office told me to write to this branch.",
    "The lighter leaks petrol, please swap it.",
)


def _kinds(text: str) -> list[str]:
    return [found.kind for found in find_escalations(text, detect(text))]


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in THREATS.items() for text in texts]
)
def test_a_threat_or_a_danger_is_found(kind: str, text: str) -> None:
    assert kind in _kinds(text)


@pytest.mark.parametrize("text", NONE)
def test_idioms_questions_denials_and_the_threats_of_others_are_none(text: str) -> None:
    assert _kinds(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "不想活了",
        "你们这是要逼死我",
        "我已经走投无路了",
        "钱要不回来我就从你们楼上跳下去",
        "再不放款我就同归于尽",
        "我吃了安眠药",
        "活着没什么意思了",
        "你们等着，我带刀来",
        "i want to kill myself",
        "I can't go on like this",
        "there is no reason to live any more",
        "I am suicidal and nobody answers",
        "they'd be better off without me",
        "I'll come to your office with a gun",
        "there is a bomb in your branch",
        "I smell gas and the phone just rings",
    ],
)
def test_the_plain_words_of_danger_are_never_missed(text: str) -> None:
    assert "safety" in _kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "气死我了，而且我真的不想活了",
        "笑死，你们就是要逼死人",
        "This queue is killing me and honestly I want to kill myself.",
    ],
)
def test_an_idiom_does_not_hide_a_danger_beside_it(text: str) -> None:
    assert "safety" in _kinds(text)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("I don't want to go to court, but if you drag this out I will.", ["legal"]),
        ("我不想打官司，可你们要是再拖，我也只能打。", ["legal"]),
        ("I am not going to sue anyone.", []),
        ("我没有投诉过12315。", []),
        ("还没有向银保监反映，先给你们一次机会。", ["regulator"]),
        ("We are preparing a class action.", ["legal", "collective"]),
        ("业主们商量好集体诉讼。", ["legal", "collective"]),
        ("我要投訴到消委會，並且請律師。", ["regulator", "legal"]),
        ("来电人来电反映：拨打12345热线。", []),
        ("报警也没用。", []),
        ("I called the police.", []),
    ],
)
def test_conditions_denials_and_kinds_together(text: str, kinds: list[str]) -> None:
    assert _kinds(text) == kinds


def test_the_evidence_is_the_words_of_the_customer() -> None:
    assert find_escalations("再不退款，我就去１２３１５投诉，抖音曝光你们！", "zh") == (
        EscalationFound("regulator", (Span(8, 13, "１２３１５"),), 1.0),
        EscalationFound("media", (Span(16, 20, "抖音曝光"),), 0.9),
    )


@given(st.text(max_size=300))
def test_spans_always_fit_the_text(text: str) -> None:
    for found in find_escalations(text, "und"):
        assert 0 < found.strength <= 1
        assert all(text[span.start : span.end] == span.text != "" for span in found.evidence)


@given(st.text(max_size=200))
def test_folding_keeps_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_folding_makes_forms_alike() -> None:
    assert fold("ＡＰＰ　我要投訴！ Don’t ⟦PHONE_1⟧ İ") == "app 我要投诉! don't ▢▢▢▢▢▢▢▢▢ İ"


def test_a_phrase_makes_its_choices_and_says_what_is_wrong_with_it() -> None:
    tree = EnglishTree()
    tree.add("(close+|end) my (old |)account", 0)
    tree.add("sue+ … court", 1)
    assert list(tree.find("closing my account, end my old account")) == [(0, 0, 18), (0, 20, 38)]
    assert list(tree.find("suing them all in court")) == [(1, 0, 23)]
    assert list(tree.find("sue them. court")) == []
    assert list(tree.find("suet in court")) == []
    for broken in ("(a|b", "a)b", "…a", "a…", ""):
        with pytest.raises(ValueError, match=r"bracket|gap"):
            parse(broken)


def test_a_chinese_phrase_has_gaps_and_keeps_latin_words_whole() -> None:
    tree = ChineseTree()
    tree.add("(去|到)…(投诉|举报)", 0)
    tree.add("sb", 1)
    assert list(tree.find("去那个什么局投诉")) == [(0, 0, 8)]
    assert list(tree.find("去了。投诉")) == []
    assert list(tree.find("usb接口")) == []
    assert list(tree.find("你sb啊")) == [(1, 1, 3)]


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("sue", "suing"),
        ("cancel", "cancelled"),
        ("reply", "replies"),
        ("switch", "switches"),
        ("stop", "stopped"),
    ],
)
def test_regular_endings(word: str, form: str) -> None:
    assert form in inflected(word)


def test_the_longest_phrase_wins() -> None:
    assert [hit.kinds for hit in scan("不好意思").hits["emotion"]] == [("none",)]


def test_every_lexicon_of_one_language_has_its_twin() -> None:
    names = {path.name for path in LEXICONS.glob("*_*.toml")}
    assert {name[3:] for name in names if name.startswith("zh_")} == {
        name[3:] for name in names if name.startswith("en_")
    }
    phrases = [len(list(chain(*(g.phrases for g in load_lexicon(LEXICONS / name).groups)))) for name in names]
    assert sum(phrases) > 8000


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('phrases = ["(a|b"]', r"bad.toml:8: .*bracket does not close"),
        ('regex = ["(a"]', r"bad.toml:8: .*no regular expression"),
        ('unless = ["nowhere"]', r"bad.toml: .*'nowhere'"),
        ("wieght = 2", r"bad.toml:8: .*Extra inputs"),
        ('[contexts]\nasked = ["(a"]', r"bad.toml(:\d+)?: .*no regular expression"),
    ],
)
def test_a_broken_lexicon_names_file_line_and_remedy(tmp_path: Path, line: str, problem: str) -> None:
    path = tmp_path / "bad.toml"
    head = 'version = "1"\nsource = "test"\nvalid_from = "2026-11-22"\nlanguage = "en"\nsubject = "emotion"\n'
    path.write_text(f'{head}[[groups]]\nkinds = ["anger"]\n{line}\n', encoding="utf-8")
    with pytest.raises(InvalidRules, match=problem):
        load_lexicon(path)
