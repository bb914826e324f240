//! Invented persons and their words. Each person has one case, so a leaked text leads to its case.

use std::collections::BTreeSet;

use hotline_proto::common::AppealType;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::Draft;
use crate::city::City;

const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩邓冯曹彭曾肖田董袁潘蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范廖石贺";
const GIVEN: &str = "梓涵奕辰沐宸雨桐欣妍浩宇诗琪俊杰佳怡志远晓芸建勋丽娟秀兰桂芳淑珍玉梅春燕凤英德贵茂森炳坤汉卿楚湘岚翊皓轩睿珂悦彤锦瑜靖雯韵菡嘉懿铭泽";
const STREETS: [&str; 20] = [
    "韶山中路",
    "建设南路",
    "福星中路",
    "芙蓉大道",
    "双拥路",
    "霞光东路",
    "湖湘南路",
    "吉安路",
    "河东大道",
    "莲城大道",
    "熙春路",
    "雨湖路",
    "车站路",
    "大湖路",
    "天易大道",
    "海棠路",
    "荷花路",
    "东山大道",
    "起凤路",
    "晓塘路",
];
/// Mobile range 154, which no operator uses. So no real person has such a number.
pub(super) const PHONE_RANGE: &str = "154";

/// One person with a matter, in its own words.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) phone: String,
    pub(super) id_number: String,
    pub(super) address: String,
    pub(super) title: String,
    pub(super) content: String,
    pub(super) place: String,
}

/// All personal values drawn so far.
#[derive(Default)]
pub(super) struct People {
    known: BTreeSet<String>,
}

impl People {
    /// Draws a new person.
    pub(super) fn meet(&mut self, draft: &Draft<'_>, city: &City, rng: &mut StdRng) -> Person {
        let region = draft.matter.region;
        let home = if region.code == city.code {
            city.name.clone()
        } else {
            format!("{}{}", city.name, region.name)
        };
        let name = self.unmet(|| name(rng));
        let phone = self.unmet(|| format!("{PHONE_RANGE}{:08}", rng.gen_range(0..100_000_000)));
        let id_number = self.unmet(|| id_number(&region.code, rng));
        let address = self.unmet(|| {
            let (house, block) = (rng.gen_range(1..400), rng.gen_range(1..30));
            let room = rng.gen_range(1..28) * 100 + rng.gen_range(1..5);
            format!("{home}{}{house}号{block}栋{room}室", street(rng))
        });
        let place = format!("{home}{}{}号附近", street(rng), rng.gen_range(1..400));
        let matter = draft
            .matter
            .category
            .matter
            .as_deref()
            .unwrap_or(&draft.matter.category.name);
        let (title, told) = words(draft.kind, matter, &place);
        let how = match (draft.channel.code.as_str(), draft.channel.platform.is_some()) {
            (super::PHONE, _) => "来电",
            (_, true) => "通过上级平台",
            _ => "网上留言",
        };
        let content = format!("{name}（联系电话{phone}，住{address}）{how}{told}");
        Person {
            name,
            phone,
            id_number,
            address,
            title,
            content,
            place,
        }
    }

    /// Draws until the value is new. The ranges are hundreds of times larger than a half-year of a city.
    fn unmet(&mut self, mut draw: impl FnMut() -> String) -> String {
        loop {
            let drawn = draw();
            if self.known.insert(drawn.clone()) {
                return drawn;
            }
        }
    }
}

/// Title and content, by type.
fn words(kind: AppealType, matter: &str, place: &str) -> (String, String) {
    match kind {
        AppealType::Consult => (
            format!("咨询{matter}"),
            format!("咨询{matter}的有关政策，请告知办理条件、所需材料和办理地点。"),
        ),
        AppealType::Help => (
            format!("求助：{matter}"),
            format!("求助，称在{place}遇到{matter}的问题，自行联系未能解决，请有关单位尽快处理并回复。"),
        ),
        AppealType::Complaint => (
            format!("投诉{matter}"),
            format!("投诉，称{place}{matter}的问题多次反映未果，要求核实处理并答复结果。"),
        ),
        AppealType::Report => (
            format!("举报{matter}"),
            format!("举报{place}存在{matter}的情况，请依法查处并注意保密。"),
        ),
        AppealType::Suggestion => (
            format!("关于{matter}的建议"),
            format!("建议就{matter}完善服务措施，方便群众办事，可先在{place}试行。"),
        ),
        AppealType::Praise => (
            format!("表扬：{matter}处理及时"),
            format!("表扬工作人员，称{place}{matter}的问题已及时解决，特此致谢。"),
        ),
        AppealType::Other | AppealType::Unspecified => (
            format!("反映{matter}"),
            format!("反映{place}{matter}的情况，希望有关单位了解。"),
        ),
    }
}

fn name(rng: &mut StdRng) -> String {
    let one = |of: &str, rng: &mut StdRng| of.chars().nth(rng.gen_range(0..of.chars().count())).unwrap_or('某');
    let surname = one(SURNAMES, rng);
    let first = one(GIVEN, rng);
    let second = one(GIVEN, rng);
    [surname, first, second].iter().collect()
}

fn street(rng: &mut StdRng) -> &'static str {
    STREETS.choose(rng).copied().unwrap_or(STREETS[0])
}

/// GB 11643: region, day of birth, sequence, check digit (ISO 7064, MOD 11-2).
fn id_number(region: &str, rng: &mut StdRng) -> String {
    let (year, month, day) = (rng.gen_range(1944..2006), rng.gen_range(1..13), rng.gen_range(1..29));
    let sequence = rng.gen_range(1..1000);
    let body = format!("{}{year}{month:02}{day:02}{sequence:03}", &region[..6]);
    let check = check_digit(&body);
    format!("{body}{check}")
}

/// The check digit of the first 17 digits.
pub(super) fn check_digit(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const DIGITS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let sum: u32 = body
        .bytes()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    DIGITS[(sum % 11) as usize]
}
