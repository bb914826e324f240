//! Masks the appellant in a text, for readers that may not learn the appellant. Agents write names, numbers and
//! addresses into the matter itself.
//!
//! Only letters and digits are compared, in [`folded`] form. Matches are cut from the original text; the rest stays as
//! it is.

mod address;
mod folded;
mod needles;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use unicode_normalization::char::is_combining_mark;

use self::address::Pieces;
use self::folded::folded;
use self::needles::{Found, Needle, needles};
use super::draft::Appellant;

/// Replaces a value of which nothing may be shown, not even its length.
pub const HIDDEN: &str = "***";

/// Removes one person from texts. It holds personal data, so it has no Debug.
pub struct Redaction {
    /// By their first sign, so that most positions of a text are skipped quickly.
    needles: BTreeMap<char, Vec<Needle>>,
    pieces: Option<Pieces>,
    hidden: bool,
}

impl Redaction {
    /// Builds a redaction from all known fields of the appellant. Of a `hidden` appellant nothing stays. For others the
    /// masks keep the ends, by which acquaintances recognise the person.
    #[must_use]
    pub fn of(who: &Appellant, hidden: bool) -> Self {
        let address = who.address.as_ref().filter(|_| hidden);
        let mut by_first: BTreeMap<char, Vec<Needle>> = BTreeMap::new();
        for needle in needles(who, hidden) {
            by_first.entry(needle.first()).or_default().push(needle);
        }
        Self {
            needles: by_first,
            pieces: address.map(|value| Pieces::of(value)),
            hidden,
        }
    }

    /// The text without the person.
    #[must_use]
    pub fn of_text(&self, text: &str) -> String {
        let mut places = self.places(text);
        // The longest comes first where several begin.
        places.sort_by_key(|place| (place.from, usize::MAX - place.to));
        let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
        let mut places = places.into_iter().peekable();
        while let Some(mut place) = places.next() {
            let touching = usize::from(self.hidden);
            while let Some(next) = places.next_if(|next| next.from < place.to + touching) {
                place.to = place.to.max(next.to);
            }
            let (from, to) = widened(text, at, place.from, place.to);
            shown.push_str(&text[at..from]);
            shown.push_str(if self.hidden { HIDDEN } else { &place.mask });
            at = to;
        }
        shown.push_str(&text[at..]);
        shown
    }

    fn places(&self, text: &str) -> Vec<Found> {
        let signs = folded(text);
        let mut found = Vec::new();
        for (first, needles) in &self.needles {
            for at in (0..signs.len()).filter(|at| signs[*at].c == *first) {
                found.extend(needles.iter().filter_map(|needle| needle.found_at(&signs, at)));
            }
        }
        if let Some(pieces) = &self.pieces {
            found.extend(pieces.find(&signs).into_iter().map(|place| Found {
                from: place.start,
                to: place.end,
                mask: HIDDEN.to_owned(),
            }));
        }
        found
    }
}

/// A match, with the marks of its last letter and the bracket that its first word opens.
fn widened(text: &str, at: usize, from: usize, to: usize) -> (usize, usize) {
    let marks = text[to..].chars().take_while(|c| is_combining_mark(*c));
    let to = to + marks.map(char::len_utf8).sum::<usize>();
    let (mut open, mut closes) = (0_usize, false);
    for c in text[from..to].chars() {
        match c {
            '(' | '（' => open += 1,
            ')' | '）' if open == 0 => closes = true,
            ')' | '）' => open -= 1,
            _ => {}
        }
    }
    let before = text[at..from]
        .chars()
        .next_back()
        .filter(|c| closes && matches!(c, '(' | '（'));
    (from - before.map_or(0, char::len_utf8), to)
}
