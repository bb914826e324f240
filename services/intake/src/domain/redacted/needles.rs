//! Values of a person to find in a text, and their matches.

use personal::Phone;
use personal::mask::{mask_address, mask_id, mask_name, mask_phone};

use super::address;
use super::folded::{Kind, Sign, folded};
use crate::domain::draft::Appellant;

/// Minimum signs of a value. A single sign occurs in every text.
const SHORTEST: usize = 2;
/// Minimum digits of a number that cannot occur by chance. A shorter number must stand alone.
const UNMISTAKABLE: usize = 10;
/// Minimum digits of a telephone number.
const SHORTEST_NUMBER: usize = 5;
/// Minimum digits of a foreign number as written in its own country. Hong Kong and Macau have no area codes.
const ABROAD: usize = 8;
/// Minimum signs of a part that is searched without the whole, such as a given name before its dot.
const SHORTEST_PART: usize = 3;

/// A match: bytes of a text that identify the person, and the mask for readers that may see the ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub from: usize,
    /// Byte behind.
    pub to: usize,
    /// Mask of this part.
    pub mask: String,
}

/// Signs to find.
pub struct Needle {
    signs: Vec<Sign>,
    mask: String,
}

impl Needle {
    /// The needle of a value; `None` if it is too short to identify the person.
    fn of(value: &str, mask: String, shortest: usize) -> Option<Self> {
        let signs = folded(value);
        (signs.len() >= shortest).then_some(Self { signs, mask })
    }

    /// First sign.
    #[must_use]
    pub fn first(&self) -> char {
        self.signs[0].c
    }

    /// The matching part of a folded text, if the needle begins at this sign.
    #[must_use]
    pub fn found_at(&self, text: &[Sign], at: usize) -> Option<Found> {
        let place = text.get(at..at + self.signs.len())?;
        let same = place.iter().zip(&self.signs).all(|(sign, wanted)| sign.c == wanted.c);
        let numeral = |sign: &Sign| sign.kind == Kind::Numeral;
        // 伍一 does not match 51, although 1 matches 一.
        let as_written = !self.signs.iter().all(numeral) || place.iter().all(numeral);
        (same && as_written && self.stands_alone(text, at)).then(|| Found {
            from: place[0].from,
            to: place[place.len() - 1].to,
            mask: self.mask.clone(),
        })
    }

    /// Whether the match is a whole word or number.
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

/// All values of a person to find. For a `hidden` person also parts and forms by which only acquaintances recognise the
/// person.
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

/// The name, also without a title or remark after it. For a hidden person also each long part of a name with dots,
/// because people use the first part alone.
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

/// Each number. A landline also without its area code, or with the area code as dialled from abroad. For a hidden
/// person also with its extension, and the ends of a masked mobile number. A field without a usable number is searched
/// as it is.
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

/// The document number. For a hidden person also the old 15-digit form of an identity number.
fn documents(id: &str, hidden: bool, all: &mut Vec<Needle>) {
    let mask = mask_id(id);
    all.extend(Needle::of(id, mask.clone(), SHORTEST_NUMBER));
    if hidden && id.len() == 18 && id.is_ascii() {
        let old = format!("{}{}", &id[..6], &id[8..17]);
        all.extend(Needle::of(&old, mask, SHORTEST_NUMBER));
    }
}
