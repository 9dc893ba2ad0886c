"""Invented names, phones, codes and sentences. Nobody here exists."""

from __future__ import annotations

import random

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜谢邹喻柏章云苏潘葛范彭鲁韦马苗方"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志文海波晓东雪梅佳欣宇轩子涵浩然思远"
)
CITIES = {
    "华东": ["上海", "杭州", "宁波", "苏州", "南京", "无锡", "嘉兴", "绍兴", "常州", "合肥"],
    "华南": ["广州", "深圳", "厦门", "东莞", "佛山", "福州", "泉州", "珠海", "惠州", "中山"],
    "华北": ["北京", "济南", "天津", "石家庄", "青岛", "太原", "烟台", "保定", "潍坊", "唐山"],
    "西南": ["成都", "重庆", "昆明", "贵阳", "绵阳", "遵义", "宜宾", "曲靖", "泸州", "南充"],
}
WORDS = [
    "仁和",
    "康宁",
    "博爱",
    "同济堂",
    "瑞安",
    "安泰",
    "惠民",
    "广济",
    "长青",
    "明德",
    "润泽",
    "新华康",
    "嘉禾",
    "天佑",
    "百川",
    "德馨",
    "恒康",
    "颐和",
    "东篱",
    "盛康",
    "宏济",
    "慈航",
    "云杉",
    "北辰",
    "朗润",
    "海棠",
    "清源",
    "华安",
    "佑康",
    "和睦",
    "金桥",
    "启明",
    "晨曦",
    "万福",
    "众诚",
    "泰和",
    "诚信堂",
    "福泽",
    "锦程",
    "星河",
]
KINDS = [
    ("医院", "民营医院"),
    ("人民医院", "三级医院"),
    ("中医院", "二级医院"),
    ("口腔门诊部", "诊所"),
    ("体检中心", "体检中心"),
    ("医疗器械有限公司", "经销商"),
    ("健康管理有限公司", "体检中心"),
    ("医学检验有限公司", "检验机构"),
    ("生物科技股份有限公司", "经销商"),
    ("眼科诊所", "诊所"),
]
TITLES = [
    "院长",
    "副院长",
    "设备科主任",
    "检验科主任",
    "信息科主任",
    "采购经理",
    "总经理",
    "财务主管",
]
CONTENTS = [
    "与设备科主任沟通了采购预算和到货时间安排",
    "演示了新版系统的报表功能，客户提出三点修改意见",
    "确认了招标流程和评分标准，准备下周提交方案",
    "了解到竞品报价比我们低一成，需要申请折扣",
    "客户科室会上讨论了试用结果，总体满意度较高",
    "梳理了现有设备的使用年限和更换计划",
    "就付款方式和质保期限做了进一步的沟通",
    "回访了上一批试剂的使用情况，约定月底补货",
    "介绍了同级医院的成功案例，客户希望实地参观",
    "和信息科核对了接口清单，预计两周内完成评估",
]
FEEDBACKS = [
    "认可方案，等待院内审批",
    "价格偏高，希望优惠",
    "需要再比较两家",
    "时间往后推一个月",
    "同意安排试用",
    "",
]
NEXT_STEPS = ["提交正式报价", "安排现场演示", "约见分管院长", "发送案例资料", "跟进合同审批", ""]
STOP_PHRASES = ["已联系", "有意向", "跟进中"]
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]


def person_name(rng: random.Random) -> str:
    """Make up a person's name."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))


def mobile(number: int) -> str:
    """Return the n-th mobile number: 11 digits, never twice the same."""
    return f"1{(38, 39, 86, 59, 77)[number % 5]}{(number * 7919) % 100_000_000:08d}"


def credit_code(number: int) -> str:
    """Return the n-th unified social credit code, with a right check character."""
    body = f"91{310000 + number % 9000:06d}MA{number * 31 % 10_000_000:07d}"
    total = sum(_CODE.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True))
    return body + _CODE[(31 - total % 31) % 31]


def full_width(text: str) -> str:
    """Write ASCII characters as their full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if 0x21 <= ord(c) <= 0x7E else c for c in text)
