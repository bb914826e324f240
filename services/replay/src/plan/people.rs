//! Invented persons and their words. A person follows from the seed and its number, so nothing of it is kept. Names,
//! numbers, documents and addresses are unique, so a leaked text leads to its person.

use hotline_proto::common::AppealType;

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
const PHONE_RANGE: &str = "154";
/// Numbers of the range for persons, and as many for callers.
const PHONES: u64 = 50_000_000;
/// Multipliers that share no factor with the sizes that they permute: primes above every factor of them.
const STRIDES: [u64; 4] = [15_485_863, 6_700_417, 5_915_587, 32_452_843];

/// One person.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) phone: String,
    number: u64,
    seed: u64,
}

impl Person {
    /// The person with this number, in the plan of a seed.
    pub(super) fn new(seed: u64, number: u32) -> Self {
        let number = u64::from(number);
        let size = |of: &str| of.chars().count() as u64;
        let (surnames, given) = (size(SURNAMES), size(GIVEN));
        let at = scattered(number, seed, surnames * given * given, STRIDES[0]);
        let name = [
            letter(SURNAMES, at % surnames),
            letter(GIVEN, at / surnames % given),
            letter(GIVEN, at / surnames / given),
        ];
        Self {
            name: name.iter().collect(),
            phone: number_of(2 * scattered(number, seed, PHONES, STRIDES[1])),
            number,
            seed,
        }
    }

    /// Identity number with a right check digit. GB 11643: region, day of birth, sequence, check digit (ISO 7064,
    /// MOD 11-2).
    pub(super) fn id_number(&self, region: &str) -> String {
        let at = scattered(self.number, self.seed, 62 * 12 * 28 * 999, STRIDES[2]);
        let (year, month, day) = (1944 + at % 62, 1 + at / 62 % 12, 1 + at / (62 * 12) % 28);
        let sequence = 1 + at / (62 * 12 * 28);
        let region = region.get(..6).unwrap_or("430300");
        let body = format!("{region}{year}{month:02}{day:02}{sequence:03}");
        let check = check_digit(&body);
        format!("{body}{check}")
    }

    /// Street, house, block and room.
    pub(super) fn address(&self) -> String {
        let streets = STREETS.len() as u64;
        let at = scattered(self.number, self.seed, streets * 399 * 29 * 108, STRIDES[3]);
        let street = street(at);
        let (house, block) = (1 + at / streets % 399, 1 + at / streets / 399 % 29);
        let room = at / streets / 399 / 29;
        let (floor, door) = (1 + room / 4, 1 + room % 4);
        format!("{street}{house}号{block}栋{}室", floor * 100 + door)
    }
}

/// A permutation of the numbers below `size`; `number` is below it.
fn scattered(number: u64, seed: u64, size: u64, stride: u64) -> u64 {
    (number + seed % size) * stride % size
}

/// The telephone number with this place in the range; callers have the odd ones.
fn number_of(place: u64) -> String {
    format!("{PHONE_RANGE}{place:08}")
}

/// Telephone number of the call with this index in the plan.
pub(super) fn caller(call: usize) -> String {
    number_of(2 * scattered(call as u64, 0, PHONES, STRIDES[1]) + 1)
}

/// Street and number near which a matter is.
pub(super) fn spot(number: u32) -> String {
    let at = u64::from(number) * STRIDES[0];
    format!("{}{}号附近", street(at), 1 + at / STREETS.len() as u64 % 399)
}

fn street(at: u64) -> &'static str {
    STREETS[usize::try_from(at % STREETS.len() as u64).unwrap_or_default()]
}

fn letter(of: &str, at: u64) -> char {
    of.chars().nth(usize::try_from(at).unwrap_or_default()).unwrap_or('某')
}

/// Title and content, by type.
pub(super) fn words(kind: AppealType, matter: &str, place: &str) -> (String, String) {
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
