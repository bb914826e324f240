//! What a text says of the one who brings it, masked for readers who may not learn who that is: agents write names,
//! numbers and addresses into the matter itself.

use personal::characters::narrow;
use personal::mask::{mask_address, mask_id, mask_name, mask_phone};

use super::draft::Appellant;

/// A value of one character is in every text.
const SHORTEST: usize = 2;

/// The text with every place where it repeats a known field of the appellant masked, however digits are grouped.
#[must_use]
pub fn redacted(text: &str, who: &Appellant) -> String {
    let mut shown = text.to_owned();
    let mut hide = |value: &Option<String>, mask: fn(&str) -> String| {
        if let Some(value) = value {
            shown = masked(&shown, value, &mask(value));
        }
    };
    hide(&who.address, mask_address);
    hide(&who.id_number, mask_id);
    hide(&who.phone, mask_phone);
    hide(&who.name, mask_name);
    shown
}

fn masked(text: &str, value: &str, mask: &str) -> String {
    let wanted: Vec<char> = value.chars().filter(|c| !is_gap(*c)).map(folded).collect();
    if wanted.len() < SHORTEST {
        return text.to_owned();
    }
    let text: Vec<char> = text.chars().collect();
    let (mut shown, mut at) = (String::new(), 0);
    while let Some(next) = text.get(at) {
        if let Some(length) = begins(&text[at..], &wanted) {
            shown.push_str(mask);
            at += length;
        } else {
            shown.push(*next);
            at += 1;
        }
    }
    shown
}

/// How many characters of the text are the wanted ones, with the gaps between them.
fn begins(text: &[char], wanted: &[char]) -> Option<usize> {
    let mut left = wanted.iter();
    let mut next = left.next()?;
    for (at, c) in text.iter().enumerate() {
        if at > 0 && is_gap(*c) {
            continue;
        }
        if folded(*c) != *next {
            return None;
        }
        match left.next() {
            Some(following) => next = following,
            None => return Some(at + 1),
        }
    }
    None
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || narrow(c) == '-'
}

/// Full-width characters are those that they stand for; an identity number may end in x.
fn folded(c: char) -> char {
    narrow(c).to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_of_him_is_masked_wherever_it_stands_and_however_it_is_written() {
        let who = Appellant {
            name: Some("王小明".to_owned()),
            phone: Some("13812345678".to_owned()),
            id_number: Some("43030219900101123X".to_owned()),
            address: Some("雨湖区车站路1号3栋".to_owned()),
        };
        for (text, shown) in [
            (
                "王小明（联系电话13812345678）来电：停水",
                "王**（联系电话138****5678）来电：停水",
            ),
            ("电话 138 1234 5678，138-1234-5678", "电话 138****5678，138****5678"),
            ("１３８１２３４５６７８", "138****5678"),
            ("证件43030219900101123x", "证件430***********123X"),
            ("住雨湖区车站路1号3栋。王小明 王小明", "住雨湖区车站路****。王** 王**"),
            ("王小姐说停水，区号1381234", "王小姐说停水，区号1381234"),
            ("", ""),
        ] {
            assert_eq!(redacted(text, &who), shown);
        }
    }

    #[test]
    fn nothing_is_masked_of_one_who_is_unknown_or_has_a_name_of_one_character() {
        let text = "王家巷停水";
        let short = Appellant {
            name: Some("王".to_owned()),
            ..Appellant::default()
        };
        assert_eq!(redacted(text, &Appellant::default()), text);
        assert_eq!(redacted(text, &short), text);
    }
}
