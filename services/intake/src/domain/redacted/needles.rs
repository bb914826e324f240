//! What of a person is looked for in a text, and where it is found.

use personal::Phone;
use personal::mask::{mask_address, mask_id, mask_name, mask_phone};

use super::address;
use super::folded::{Kind, Sign, folded};
use crate::domain::draft::Appellant;

/// A value of one sign is in every text.
const SHORTEST: usize = 2;
/// Digits of a number that is in no text by chance; a shorter one has to stand for itself.
const UNMISTAKABLE: usize = 10;
/// Digits that are a telephone number at all.
const SHORTEST_NUMBER: usize = 5;
/// Digits of a foreign number that people say at home: Hong Kong and Macau have no area codes.
const ABROAD: usize = 8;
/// Signs of a part that is looked for without the whole, such as a given name before its dot.
const SHORTEST_PART: usize = 3;

/// Bytes of a text that tell who somebody is, and what is shown instead to those who may see the ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub from: usize,
    /// Byte behind.
    pub to: usize,
    /// Mask of this part.
    pub mask: String,
}

/// Signs to look for.
pub struct Needle {
    signs: Vec<Sign>,
    mask: String,
}

impl Needle {
    /// Of a value; none when it is too short to tell anything.
    fn of(value: &str, mask: String, shortest: usize) -> Option<Self> {
        let signs = folded(value);
        (signs.len() >= shortest).then_some(Self { signs, mask })
    }

    /// Its first sign.
    #[must_use]
    pub fn first(&self) -> char {
        self.signs[0].c
    }

    /// What of a folded text it is, when it begins at this sign.
    #[must_use]
    pub fn found_at(&self, text: &[Sign], at: usize) -> Option<Found> {
        let place = text.get(at..at + self.signs.len())?;
        let same = place.iter().zip(&self.signs).all(|(sign, wanted)| sign.c == wanted.c);
        let numeral = |sign: &Sign| sign.kind == Kind::Numeral;
        // 伍一 is no 51, though 1 is 一.
        let as_written = !self.signs.iter().all(numeral) || place.iter().all(numeral);
        (same && as_written && self.stands_alone(text, at)).then(|| Found {
            from: place[0].from,
            to: place[place.len() - 1].to,
            mask: self.mask.clone(),
        })
    }

    /// It is no part of a longer word or number.
    fn stands_alone(&self, text: &[Sign], at: usize) -> bool {
        let digits = self.signs.iter().all(|sign| sign.c.is_ascii_digit());
        if digits && self.signs.len() >= UNMISTAKABLE {
            return true;
        }
        let joined = |first: Option<usize>| {
            first
                .and_then(|first| text.get(first).zip(text.get(first + 1)))
                .is_some_and(|(before, behind)| behind.continues(before))
        };
        !joined(at.checked_sub(1)) && !joined(Some(at + self.signs.len() - 1))
    }
}

/// Everything of a person that is looked for. Of one who is `hidden` these are also parts and forms that tell others
/// little, and tell those who know the person everything.
#[must_use]
pub fn needles(who: &Appellant, hidden: bool) -> Vec<Needle> {
    let mut all = Vec::new();
    if let Some(name) = &who.name {
        names(name, hidden, &mut all);
    }
    if let Some(phone) = &who.phone {
        numbers(phone, hidden, &mut all);
    }
    if let Some(document) = &who.document {
        documents(&document.number, hidden, &mut all);
    }
    if let Some(value) = &who.address {
        let mask = mask_address(value);
        for part in address::parts(value, hidden) {
            let shown = part_of(value, &mask, &value[part.clone()]);
            all.extend(Needle::of(&value[part], shown, SHORTEST));
        }
    }
    all
}

/// The mask of a part of a value.
pub fn part_of(value: &str, mask: &str, part: &str) -> String {
    let before = value.find(part).map_or(0, |at| value[..at].chars().count());
    mask.chars().skip(before).take(part.chars().count()).collect()
}

/// The name; without the title or the remark that somebody has written behind it; of a hidden person also each long part
/// of one with dots, because people are called by the first alone.
fn names(name: &str, hidden: bool, all: &mut Vec<Needle>) {
    let mask = mask_name(name);
    all.extend(Needle::of(name, mask.clone(), SHORTEST));
    let bare = name.split(['(', '（', '[', '【']).next().unwrap_or(name).trim();
    let bare = ["先生", "女士", "小姐", "同志"]
        .iter()
        .find_map(|title| bare.strip_suffix(title))
        .unwrap_or(bare)
        .trim();
    if bare != name {
        all.extend(Needle::of(bare, part_of(name, &mask, bare), SHORTEST));
    }
    if hidden {
        let parts = bare.split(['·', '•', '・', '‧', '∙', '⋅', '･', '．', '.']);
        all.extend(parts.filter_map(|part| Needle::of(part, mask.clone(), SHORTEST_PART)));
    }
}

/// Each number; a landline also without its area code, or with the area code as from abroad. Of a hidden person also with
/// its extension, and a mobile that somebody has masked: its ends. A field without a usable number is looked for as it is.
fn numbers(phone: &Phone, hidden: bool, all: &mut Vec<Needle>) {
    if phone.numbers().is_empty() {
        all.extend(Needle::of(phone.kept(), phone.masked(), SHORTEST_NUMBER));
    }
    for number in phone.numbers() {
        let (normal, mask) = (number.normal(), mask_phone(number.normal()));
        let mut parts = vec![normal];
        if let Some(abroad) = normal.strip_prefix('0') {
            let area = if abroad.starts_with(['1', '2']) { 3 } else { 4 };
            parts.extend([abroad, normal.get(area..).unwrap_or_default()]);
        } else if normal.starts_with('+') {
            parts.extend(normal.len().checked_sub(ABROAD).and_then(|at| normal.get(at..)));
        }
        for part in parts {
            all.extend(Needle::of(part, part_of(normal, &mask, part), SHORTEST_NUMBER));
            for extension in number.extension().into_iter().filter(|_| hidden) {
                let words = ["", "转", "转接", "分机", "ext", "x"];
                let whole = words.map(|word| format!("{part}{word}{extension}"));
                all.extend(
                    whole
                        .into_iter()
                        .filter_map(|whole| Needle::of(&whole, mask.clone(), SHORTEST_NUMBER)),
                );
            }
        }
        if hidden && normal.len() == 11 && normal.starts_with('1') {
            let ends = format!("{}{}", &normal[..3], &normal[7..]);
            all.extend(Needle::of(&ends, mask, SHORTEST_NUMBER));
        }
    }
}

/// The number; of a hidden person an identity number also in its old form of 15 digits.
fn documents(id: &str, hidden: bool, all: &mut Vec<Needle>) {
    let mask = mask_id(id);
    all.extend(Needle::of(id, mask.clone(), SHORTEST_NUMBER));
    if hidden && id.len() == 18 && id.is_ascii() {
        let old = format!("{}{}", &id[..6], &id[8..17]);
        all.extend(Needle::of(&old, mask, SHORTEST_NUMBER));
    }
}
