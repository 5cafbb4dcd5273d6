/* Every word of the interface, Chinese and English. Codes of the service are translated by `word`; a code without
   a translation (another taxonomy, a new field) is shown as it is. */

const ZH = {
  "nav.back": "返回列表", "nav.language": "EN · Switch to English", "nav.language.short": "EN", "nav.jumps": "跳到",
  "key.title": "输入 API 密钥", "key.help": "密钥只留在此标签页，关闭即清除。由管理员用 redress keys new 生成。",
  "key.label": "API 密钥", "key.use": "进入", "key.leave": "退出", "key.refused": "这个密钥不能用，请核对后重新输入。",
  "new.title": "新的投诉", "new.placeholder": "把客户的原话粘贴到这里", "new.more": "客户与行业（可不填）",
  "new.customer": "客户标识", "new.kind": "标识类型", "new.sector": "行业", "new.verified": "已核实是本人", "new.send": "分析并起草",
  "new.sector.none": "按公司设置",
  "inbox.title": "最近的投诉", "inbox.empty": "还没有投诉。把客户的原话粘贴到上面，就能看到分析和草稿。",
  "inbox.turns": (n) => `${n} 条消息`, "inbox.working": "分析中", "inbox.undecided": "类别未定",
  "desk.title": (tail) => `投诉 …${tail}`,
  "glance.title": "概要", "glance.urgency": "紧急程度", "glance.category": "类别", "glance.abstained": "没有判定类别，请人工判断",
  "glance.alternatives": "也可能是", "glance.candidates": "最接近的几类", "glance.reasons": "依据", "glance.queue": "转交",
  "glance.praise": "不像是投诉", "glance.confidence": (words, percent) => `${words}（${percent}）`,
  "clocks.title": "时限", "clocks.none": "没有适用的时限。", "clocks.unverified": "规则未核实", "clocks.how": "怎么算的",
  "days.over": (n) => `已超 ${n} 天`, "days.today": "今天到期", "days.left": (n) => `还剩 ${n} 天`,
  "jump.glance": "概要", "jump.words": "原话", "jump.reply": "草稿", "jump.customer": "客户", "jump.cases": "案例", "jump.passages": "规定",
  "words.title": "客户原话", "words.feeling": "情绪", "words.intensity": (n) => `强度 ${n}/4`, "words.also": "另有",
  "words.escalations": "升级风险", "words.needs": "诉求", "words.implied": "言下之意", "words.vulnerability": "可能需要特别照顾",
  "words.confirm": "请与客户确认", "words.turned": (n) => `第 ${n} 条起`, "words.none": "没有明显情绪", "words.legend": "标记",
  "speaker.customer": "客户", "speaker.agent": "客服", "speaker.bot": "机器人",
  "mark.emotion": "情绪", "mark.escalation": "升级风险", "mark.need": "诉求", "mark.vulnerability": "特别照顾",
  "reply.title": "回复草稿", "reply.promise": "系统不会替您发送。复制后由您发出，再告诉我们结果。",
  "reply.copy": "复制", "reply.copied": "已复制", "reply.copy.failed": "浏览器不让复制；已选中全文，请按 Ctrl+C",
  "reply.sent": "已原样发出", "reply.edited": "已改后发出", "reply.discard": "不采用", "reply.restore": "恢复草稿",
  "reply.writing": "正在起草…", "reply.none": "还没有草稿。", "reply.ready": "草稿已写好。", "reply.source.model": "由语言模型起草", "reply.source.composer": "由模板起草",
  "reply.fallback": (why) => `未用语言模型：${why}`, "reply.failed": (n) => `${n} 项检查未通过，发出前请看一看`,
  "reply.passed": (n) => `${n} 项检查都已通过`, "reply.passed.some": (n) => `其余 ${n} 项通过`, "reply.citations": "引用",
  "reply.commitments": "草稿里的承诺", "reply.newer": "新的草稿已写好，您的修改还在。", "reply.take": "换成新草稿",
  "rewrite.label": "换一种说法", "rewrite.shorten": "短一些", "rewrite.expand": "详细些", "rewrite.warm": "温和些", "rewrite.formalise": "正式些", "rewrite.translate": "译成英文",
  "rewrite.translate.back": "译成中文", "rewrite.done": "已换一种说法，检查已重做。", "rewrite.kept": (why) => `没有改动：${why}`,
  "precedent.title": (n) => `可比案例 ${n} 件`, "precedent.band": (low, high, median, n) => `${low} 至 ${high}，中位 ${median}，${n} 件`,
  "precedent.advisory": (n) => `另有 ${n} 件依据的规定已失效，仅供参考。`,
  "decide.title": "已有决定？据此起草", "decide.stage": "告知客户", "decide.cause": "为什么还需要时间", "decide.findings": "查明的事实（每行一句，写给客户看）",
  "decide.reason": "理由", "decide.remedy": "怎么补救", "decide.kind": "补救方式", "decide.none": "无", "decide.amount": "金额", "decide.currency": "币种", "decide.by": "哪天之前", "decide.owner": "由谁办理",
  "decide.what": "对象（维修、更换、更正什么）", "decide.more": "再加一项", "decide.ask": "请客户提供", "decide.fault": "已由有权的人确认是我们的过错", "decide.approved": "批准人", "decide.approval": "批准记录在哪里",
  "decide.draft": "据此起草", "decide.danger": "已与客户本人通过话，危险已解除",
  "recorded.sent": "已记录：原样发出", "recorded.edited": "已记录：改后发出", "recorded.discarded": "已记录：未采用", "recorded.corrected": "已记录：类别更正为",
  "correct.label": "类别不对？改成", "correct.choose": "选择类别", "correct.save": "更正",
  "customer.title": "客户", "customer.none": "这条投诉没有写明客户，所以没有客户资料。", "customer.unknown": "没有查到这位客户，所以没有资料。",
  "customer.verified": "身份已核实", "customer.unverified": "身份未核实", "customer.contacts": "以往联系", "customer.promises": "尚未了结的承诺",
  "customer.situations": "这次的情况", "customer.strategies": "建议这样接待", "customer.needs": "没说出口的需要", "customer.relevant": "与这次有关的往事", "customer.risks": "多加关照，可以避免", "customer.history": "过往小结", "customer.human_only": "客户要求：不得仅由机器对其作决定，请人工处理。",
  "customer.promised": "当时承诺", "customer.nothing": "没有可以显示的资料。", "customer.from": (source, day) => `${source} · ${day}`, "customer.unsure": (p) => `可信度 ${p}`,
  "match.shared": (words) => `共有：${words}`, "match.meaning": "意思相近",
  "cases.title": "相似案例", "cases.none": "没有相似的案例。", "cases.similarity": (s) => `相似度 ${s}`, "cases.superseded": "所依规定已失效", "cases.resolution": "处理经过",
  "cases.unknown": "结果未记录",
  "passages.title": "规定与知识", "passages.none": "没有相关的规定。", "passages.superseded": "已失效", "passages.version": (v) => `版本 ${v}`,
  "passages.until": (day) => `有效至 ${day}`, "passages.cited": "草稿引用",
  "live.waiting": (n) => `连接断了，${n} 秒后重试…`, "live.reading": "正在分析…", "live.done": "分析完成。", "live.more": "客户又发来了消息。", "live.again": "重新分析",
  "trouble.offline": "连不上服务，请检查网络。", "trouble.forbidden": "这个密钥没有处理投诉的权限。", "trouble.missing": "找不到这条投诉。",
  "trouble.failed": "没有成功，请重试。", "trouble.retry": "重试", "trouble.close": "关闭",
  confidence: { high: "很有把握", good: "较有把握", low: "把握不大", guess: "只是猜测" },
  path: { rising: "情绪上升", falling: "情绪缓和", turning: "情绪有起伏", steady: "情绪平稳" },
  intensity: ["平静", "略有", "明显", "强烈", "极强"],
  urgency: { low: "不急", normal: "一般", high: "加急", critical: "紧急" },
  category: {
    fees_pricing: "收费与定价", billing_error: "账务差错", product_quality: "产品与服务质量", service_attitude: "服务态度", delay: "时效延误", process_rules: "流程与规则",
    disclosure_misleading: "信息披露与误导", sales_marketing: "营销与未经同意开通", fraud_unauthorised: "欺诈与盗用", privacy_data: "个人信息与隐私",
    collection_conduct: "催收行为", system_failure: "系统与设施故障", contract_terms: "合同条款", discrimination_dignity: "歧视与人格尊严", safety: "人身与公共安全",
    other: "其他",
  },
  emotion: { anger: "愤怒", anxiety: "焦虑", disappointment: "失望", sadness: "悲伤", confusion: "困惑", gratitude: "感谢", neutral: "平静" },
  escalation: { regulator: "监管投诉", media: "媒体曝光", legal: "法律诉讼", collective: "集体维权", safety: "安全风险", churn: "客户流失" },
  vulnerability: { health: "健康", life_event: "重大变故", resilience: "经济困难", capability: "能力受限" },
  need: {
    refund: "退款", repair: "维修恢复", replacement: "更换", explanation: "解释", apology: "道歉", compensation: "赔偿", stop_contact: "停止联系",
    correct_record: "更正记录", speed_up: "加快处理", human_contact: "与人沟通", written_answer: "书面答复", investigation: "查清事实", cancel_service: "取消服务",
    data_deletion: "删除信息", fee_waiver: "减免费用", accessibility: "无障碍服务", safety_of_funds: "资金安全", face_and_respect: "体面与尊重",
    certainty_of_date: "确定的日期", not_repeating_self: "不必再说一遍", other: "其他",
  },
  outcome: { upheld: "投诉成立", partly_upheld: "部分成立", rejected: "不成立", goodwill: "善意处理", withdrawn: "已撤回", answered: "已答复" },
  redress: {
    refund: "退款", compensation: "赔偿", fee_waiver: "减免费用", repair: "维修", replacement: "更换", correction: "更正", apology: "道歉",
    explanation: "解释", service_credit: "服务抵扣", none: "无补救",
  },
  decided: { upheld: "投诉成立", partly: "部分成立", rejected: "不成立", goodwill: "善意处理", progress: "进展或延期", ask: "请补充材料" },
  cause: { waiting_third_party: "等第三方答复", records_requested: "正在调取记录", technical_investigation: "技术检测中", complex: "情况复杂", waiting_customer: "等客户补充" },
  asked: {
    receipt: "付款凭证", photos: "照片", contract: "合同", screenshot: "截图", bank_statement: "银行流水", order: "订单号", date: "日期", amount: "金额",
    account_holder: "账户持有人", preferred_contact: "联系方式与时间",
  },
  role: { handler: "处理人", team_lead: "组长", manager: "经理", director: "总监" },
  stage: { first_reply: "首次答复", acknowledge: "确认收到", progress: "告知进展", final: "最终答复", extended: "延长后答复", limit: "最长期限" },
  channel: { api: "接口", email: "邮件", phone: "电话", web: "网页", app: "App", chat: "在线聊天", branch: "网点", letter: "信函", social: "社交媒体", widget: "聊天窗口", webhook: "其他系统", sidebar: "手工录入" },
  source: { crm: "客户系统", agent: "客服记录", call_centre: "呼叫中心", complaint: "投诉内容", order_system: "订单系统", app: "App", survey: "调查" },
  field: {
    name: "姓名", title: "称呼", language: "语言", preferred_channel: "偏好联系方式", preferred_contact_time: "方便联系时间", accessibility_need: "无障碍需求",
    life_event: "重大变故", open_promise: "未兑现的承诺", product: "产品", plan: "套餐合同", policy_number_tail: "保单尾号", recent_order: "最近订单",
    customer_since: "客户起始", segment: "客户分群", region: "地区", age_band: "年龄段", occupation: "职业", relationship: "与账户的关系",
    lifetime_contacts: "累计联系", payment_behaviour: "付款习惯",
  },
  check: {
    R1: "编号与称呼", R2: "语言一致", R3: "说到具体事实", R4: "回应情绪", R5: "该道歉则道歉", R6: "不推诿不指责", R7: "金额有依据", R8: "日期明确",
    R9: "承诺有依据", R10: "说明决定", R11: "回应每项诉求", R12: "告知权利", R13: "不自认责任", R14: "不作绝对保证", R15: "不以撤诉为条件",
    R16: "不露个人信息", R17: "不露内部信息", R18: "篇幅合适", R19: "语气得体", R20: "不推销", C1: "引用属实且有效", C2: "联系方式已核准", S1: "安全话术", P1: "与先例相称",
  },
  queue: {
    general: "综合组", safety_desk: "安全专席", fraud: "反欺诈", regulatory_affairs: "监管事务", legal_and_media: "法务与舆情", group_matters: "群体事项",
    vulnerable_customers: "特别关怀", privacy: "个人信息保护", collections_conduct: "催收规范", conduct_and_dignity: "服务行为", billing: "账务收费",
    sales_and_disclosure: "销售与披露", technical: "技术支持", product_and_delivery: "产品与履约", terms_and_process: "条款与流程", retention: "客户挽留",
  },
  sector: { banking: "银行", insurance: "保险", telecom: "电信", ecommerce: "电商", travel: "出行旅游", utilities: "公用事业" },
  kind: { external_id: "客户编号", email: "邮箱", phone: "电话", wechat: "微信", app_user: "App 用户" },
};

const EN = {
  "nav.back": "Back to the list", "nav.language": "中 · 切换到中文", "nav.language.short": "中", "nav.jumps": "Jump to",
  "key.title": "Enter your API key", "key.help": "The key stays in this tab and is gone when you close it. An administrator makes one with: redress keys new",
  "key.label": "API key", "key.use": "Continue", "key.leave": "Sign out", "key.refused": "This key does not work. Check it and enter it again.",
  "new.title": "New complaint", "new.placeholder": "Paste the customer's words here", "new.more": "Customer and industry (optional)",
  "new.customer": "Customer reference", "new.kind": "Kind of reference", "new.sector": "Industry", "new.verified": "I have checked that it is them", "new.send": "Read and draft",
  "new.sector.none": "As set for the company",
  "inbox.title": "Newest complaints", "inbox.empty": "No complaints yet. Paste a customer's words above to see a reading and a draft.",
  "inbox.turns": (n) => (n === 1 ? "1 message" : `${n} messages`), "inbox.working": "being read", "inbox.undecided": "no category",
  "desk.title": (tail) => `Complaint …${tail}`,
  "glance.title": "At a glance", "glance.urgency": "Urgency", "glance.category": "Category", "glance.abstained": "No category: please decide yourself",
  "glance.alternatives": "Could also be", "glance.candidates": "Closest categories", "glance.reasons": "Why", "glance.queue": "For",
  "glance.praise": "not a complaint, it seems", "glance.confidence": (words, percent) => `${words} (${percent})`,
  "clocks.title": "Deadlines", "clocks.none": "No deadline applies.", "clocks.unverified": "rule not verified", "clocks.how": "How it is counted",
  "days.over": (n) => (n === 1 ? "1 day late" : `${n} days late`), "days.today": "due today", "days.left": (n) => (n === 1 ? "1 day left" : `${n} days left`),
  "jump.glance": "Glance", "jump.words": "Words", "jump.reply": "Draft", "jump.customer": "Customer", "jump.cases": "Cases", "jump.passages": "Policies",
  "words.title": "The customer's words", "words.feeling": "Feels", "words.intensity": (n) => `intensity ${n} of 4`, "words.also": "also",
  "words.escalations": "May escalate", "words.needs": "Wants", "words.implied": "implied", "words.vulnerability": "May need extra care",
  "words.confirm": "please confirm with the customer", "words.turned": (n) => `since turn ${n}`, "words.none": "No clear feeling", "words.legend": "Marked",
  "speaker.customer": "Customer", "speaker.agent": "Agent", "speaker.bot": "Bot",
  "mark.emotion": "feeling", "mark.escalation": "escalation", "mark.need": "need", "mark.vulnerability": "extra care",
  "reply.title": "Draft reply", "reply.promise": "Nothing is sent from here. Copy it, send it yourself, then tell us what you did.",
  "reply.copy": "Copy", "reply.copied": "Copied", "reply.copy.failed": "The browser did not allow copying; the text is selected, press Ctrl+C",
  "reply.sent": "Sent as is", "reply.edited": "Sent edited", "reply.discard": "Not used", "reply.restore": "Undo my edits",
  "reply.writing": "Writing…", "reply.none": "There is no draft yet.", "reply.ready": "The draft is ready.", "reply.source.model": "Written by the language model", "reply.source.composer": "Written from templates",
  "reply.fallback": (why) => `Language model not used: ${why}`, "reply.failed": (n) => `${n} ${n === 1 ? "check" : "checks"} failed: look at ${n === 1 ? "it" : "them"} before you send`,
  "reply.passed": (n) => `All ${n} checks passed`, "reply.passed.some": (n) => `The other ${n} passed`, "reply.citations": "Sources",
  "reply.commitments": "What the draft promises", "reply.newer": "A newer draft is ready. Your edits are still here.", "reply.take": "Use the new draft",
  "rewrite.label": "Say it another way", "rewrite.shorten": "Shorter", "rewrite.expand": "Fuller", "rewrite.warm": "Warmer", "rewrite.formalise": "More formal", "rewrite.translate": "In English",
  "rewrite.translate.back": "In Chinese", "rewrite.done": "Said another way and checked again.", "rewrite.kept": (why) => `Left as it was: ${why}`,
  "precedent.title": (n) => (n === 1 ? "1 comparable case" : `${n} comparable cases`), "precedent.band": (low, high, median, n) => `${low} to ${high}, median ${median}, ${n} ${n === 1 ? "case" : "cases"}`,
  "precedent.advisory": (n) => (n === 1 ? "1 more followed a policy no longer in force: advice only." : `${n} more followed a policy no longer in force: advice only.`),
  "decide.title": "Something was decided? Draft from it", "decide.stage": "Tell the customer", "decide.cause": "Why it takes longer", "decide.findings": "What was found (a sentence a line, for the customer)",
  "decide.reason": "Reason", "decide.remedy": "What we do about it", "decide.kind": "Remedy", "decide.none": "none", "decide.amount": "Amount", "decide.currency": "Currency", "decide.by": "Done by", "decide.owner": "Who does it",
  "decide.what": "Of what (repaired, replaced, corrected)", "decide.more": "Add another", "decide.ask": "Ask the customer for", "decide.fault": "Somebody with authority has confirmed that we are at fault", "decide.approved": "Approved by", "decide.approval": "Where the approval is recorded",
  "decide.draft": "Draft from this", "decide.danger": "Somebody has spoken with the customer; the danger is over",
  "recorded.sent": "Recorded: sent as is", "recorded.edited": "Recorded: sent edited", "recorded.discarded": "Recorded: not used", "recorded.corrected": "Recorded: category corrected to",
  "correct.label": "Wrong category? It is", "correct.choose": "Choose a category", "correct.save": "Correct",
  "customer.title": "Customer", "customer.none": "The complaint names no customer, so nothing is known about them.", "customer.unknown": "No customer is on file under this reference, so there is nothing to show.",
  "customer.verified": "Identity checked", "customer.unverified": "Identity not checked", "customer.contacts": "Earlier contacts", "customer.promises": "Open promises",
  "customer.situations": "This contact", "customer.strategies": "How to serve them", "customer.needs": "Needs they did not voice", "customer.relevant": "Earlier, and bearing on this", "customer.risks": "What care may prevent", "customer.history": "The past in short", "customer.human_only": "The customer asked that no machine alone decides about them: a person handles this.",
  "customer.promised": "Promised", "customer.nothing": "There is nothing that may be shown.", "customer.from": (source, day) => `${source} · ${day}`, "customer.unsure": (p) => `${p} sure`,
  "match.shared": (words) => `shares: ${words}`, "match.meaning": "close in meaning",
  "cases.title": "Similar cases", "cases.none": "No similar case.", "cases.similarity": (s) => `similarity ${s}`, "cases.superseded": "followed a policy no longer in force", "cases.resolution": "How it was resolved",
  "cases.unknown": "outcome not recorded",
  "passages.title": "Policies and knowledge", "passages.none": "No policy bears on this.", "passages.superseded": "no longer in force", "passages.version": (v) => `version ${v}`,
  "passages.until": (day) => `valid until ${day}`, "passages.cited": "cited in the draft",
  "live.waiting": (n) => `Connection lost; trying again in ${n}\u00a0s…`, "live.reading": "Reading…", "live.done": "Reading done.", "live.more": "The customer has written again.", "live.again": "Read again",
  "trouble.offline": "The service cannot be reached. Check your connection.", "trouble.forbidden": "This key may not handle complaints.", "trouble.missing": "There is no such complaint.",
  "trouble.failed": "That did not work. Please try again.", "trouble.retry": "Try again", "trouble.close": "Close",
  confidence: { high: "very sure", good: "fairly sure", low: "not sure", guess: "a guess" },
  path: { rising: "rising", falling: "easing", turning: "turning", steady: "steady" },
  intensity: ["calm", "slight", "clear", "strong", "extreme"],
  urgency: { low: "Low", normal: "Normal", high: "High", critical: "Critical" },
  category: {
    fees_pricing: "Fees and pricing", billing_error: "Billing error", product_quality: "Product and service quality",
    service_attitude: "Staff conduct", delay: "Delay", process_rules: "Process and rules",
    disclosure_misleading: "Disclosure and misleading information", sales_marketing: "Sales and marketing conduct",
    fraud_unauthorised: "Fraud and unauthorised use", privacy_data: "Privacy and personal data", collection_conduct: "Debt collection conduct",
    system_failure: "System and facility failure", contract_terms: "Contract terms", discrimination_dignity: "Discrimination and dignity",
    safety: "Safety", other: "Other",
  },
  emotion: { anger: "Anger", anxiety: "Anxiety", disappointment: "Disappointment", sadness: "Sadness", confusion: "Confusion", gratitude: "Gratitude", neutral: "Calm" },
  escalation: { regulator: "Regulator", media: "Media", legal: "Legal action", collective: "Collective action", safety: "Safety", churn: "Leaving" },
  vulnerability: { health: "Health", life_event: "Life event", resilience: "Money trouble", capability: "Capability" },
  need: {
    refund: "refund", repair: "repair", replacement: "replacement", explanation: "explanation", apology: "apology", compensation: "compensation", stop_contact: "no more contact",
    correct_record: "corrected record", speed_up: "speed", human_contact: "a person to talk to", written_answer: "answer in writing", investigation: "investigation", cancel_service: "cancellation",
    data_deletion: "deleted data", fee_waiver: "waived fee", accessibility: "accessibility", safety_of_funds: "safety of funds", face_and_respect: "respect",
    certainty_of_date: "a firm date", not_repeating_self: "not repeating themselves", other: "other",
  },
  outcome: { upheld: "upheld", partly_upheld: "partly upheld", rejected: "rejected", goodwill: "goodwill", withdrawn: "withdrawn", answered: "answered" },
  redress: {
    refund: "refund", compensation: "compensation", fee_waiver: "waived fee", repair: "repair", replacement: "replacement", correction: "correction", apology: "apology",
    explanation: "explanation", service_credit: "service credit", none: "no redress",
  },
  decided: { upheld: "Upheld", partly: "Partly upheld", rejected: "Not upheld", goodwill: "Goodwill", progress: "Progress or delay", ask: "Ask for more" },
  cause: {
    waiting_third_party: "waiting for a third party", records_requested: "records requested", technical_investigation: "technical investigation",
    complex: "a complex matter", waiting_customer: "waiting for the customer",
  },
  asked: {
    receipt: "a receipt", photos: "photos", contract: "the contract", screenshot: "a screenshot", bank_statement: "a bank statement", order: "the order number", date: "a date",
    amount: "an amount", account_holder: "the account holder", preferred_contact: "how and when to reach them",
  },
  role: { handler: "the handler", team_lead: "team lead", manager: "manager", director: "director" },
  stage: { first_reply: "First reply", acknowledge: "Acknowledgement", progress: "Progress", final: "Final answer", extended: "If extended", limit: "Outer limit" },
  channel: { api: "API", email: "Email", phone: "Phone", web: "Web", app: "App", chat: "Chat", branch: "Branch", letter: "Letter", social: "Social media", widget: "Chat widget", webhook: "Other system", sidebar: "Typed in" },
  source: { crm: "CRM", agent: "agent's note", call_centre: "call centre", complaint: "a complaint", order_system: "order system", app: "app", survey: "survey" },
  field: {
    name: "Name", title: "Form of address", language: "Language", preferred_channel: "Prefers", preferred_contact_time: "Best time", accessibility_need: "Accessibility",
    life_event: "Life event", open_promise: "Open promise", product: "Products", plan: "Plan", policy_number_tail: "Policy ending", recent_order: "Recent order",
    customer_since: "Customer since", segment: "Segment", region: "Lives in", age_band: "Age", occupation: "Occupation", relationship: "Relationship",
    lifetime_contacts: "Contacts so far", payment_behaviour: "Payments",
  },
  check: {
    R1: "reference and name", R2: "right language", R3: "names the facts", R4: "answers the feeling", R5: "apology where due", R6: "no blame, no deflecting", R7: "amounts have a source", R8: "exact dates",
    R9: "promises have a source", R10: "says the decision", R11: "answers every request", R12: "states rights", R13: "admits no liability", R14: "no absolute promise", R15: "asks for no withdrawal",
    R16: "no personal data", R17: "nothing internal", R18: "right length", R19: "right tone", R20: "no selling", C1: "quotes true and in force", C2: "approved contacts", S1: "safety wording", P1: "in line with precedent",
  },
  queue: {
    general: "general", safety_desk: "safety desk", fraud: "fraud", regulatory_affairs: "regulatory affairs", legal_and_media: "legal and media", group_matters: "group matters",
    vulnerable_customers: "vulnerable customers", privacy: "privacy", collections_conduct: "collections conduct", conduct_and_dignity: "conduct", billing: "billing",
    sales_and_disclosure: "sales and disclosure", technical: "technical", product_and_delivery: "product and delivery", terms_and_process: "terms and process", retention: "retention",
  },
  sector: { banking: "Banking", insurance: "Insurance", telecom: "Telecoms", ecommerce: "Online shopping", travel: "Travel", utilities: "Utilities" },
  kind: { external_id: "Customer number", email: "Email", phone: "Phone", wechat: "WeChat", app_user: "App user" },
};

const ALL = { zh: ZH, en: EN };

let language = "zh";

/* The language to start in: `?lang=`, else the browser's. */
export function chosen(search, preferred) {
  const asked = new URLSearchParams(search).get("lang");
  if (asked && asked.slice(0, 2).toLowerCase() in ALL) return asked.slice(0, 2).toLowerCase();
  return (preferred ?? "").toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function setLanguage(name) { language = name; }
export const spoken = () => language;

/* A phrase of the interface; phrases with a number or a name in them take it as argument. */
export function say(key, ...values) {
  const phrase = ALL[language][key];
  return typeof phrase === "function" ? phrase(...values) : phrase;
}

/* What a code of the service is called: word("category", "delay"). */
export function word(group, code) {
  const known = ALL[language][group];
  return Object.hasOwn(known, code) ? known[code] : String(code).replaceAll("_", " ");
}

/* The codes a group has words for, in order. */
export const codes = (group) => Object.keys(ALL[language][group]);

export const percent = (share) => new Intl.NumberFormat(tag(), { style: "percent" }).format(share);

/* A day as the service writes it, 2026-12-07, in words; this year's days go without the year. */
export function day(text, now = new Date()) {
  const date = atMidnight(text);
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(tag(), { ...year, month: "short", day: "numeric" }).format(date);
}

/* Days from today until that day; negative when it has passed. */
export function daysUntil(text, now = new Date()) {
  return Math.round((atMidnight(text) - new Date(now.getFullYear(), now.getMonth(), now.getDate())) / 86400000);
}

/* The same in words. */
export function remaining(text) {
  const days = daysUntil(text);
  return days < 0 ? say("days.over", -days) : days === 0 ? say("days.today") : say("days.left", days);
}

/* How long ago a moment was, in its largest unit. */
export function ago(moment, now = Date.now()) {
  const seconds = (new Date(moment) - now) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3];
  return new Intl.RelativeTimeFormat(tag(), { numeric: "auto", style: "short" }).format(Math.round(seconds / size), unit);
}

export const money = (amount, currency) => new Intl.NumberFormat(tag(), { style: "currency", currency }).format(amount);

const tag = () => (language === "zh" ? "zh-CN" : "en-GB");

function atMidnight(text) {
  const [year, month, date] = text.slice(0, 10).split("-").map(Number);
  return new Date(year, month - 1, date);
}

/* The two languages, for a test that they say the same things. */
export const tables = ALL;
