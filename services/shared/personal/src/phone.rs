//! Telephone numbers as callers, telephone exchanges and other cities' systems write them.

use crate::mask::keep;
use crate::national;
use platform::characters::{is_dash, is_dot, narrow, visible};

/// Longest text that a telephone field may have, in characters: three numbers with extensions and a remark.
pub const MAX_PHONE: usize = 100;

/// A telephone field as a person wrote it: its usable numbers, or a mark that tells the reason for having none.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone {
    kept: String,
    numbers: Vec<Number>,
    mark: Option<PhoneMark>,
}

/// A number that can be called.
#[derive(Clone, PartialEq, Eq)]
pub struct Number {
    normal: String,
    extension: Option<String>,
}

/// The reason why a telephone field has no usable number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneMark {
    /// Digits were hidden before the field arrived: `138****5678`.
    Masked,
    /// Anything else, such as a number without area code, an internal address or a word.
    Unusable,
}

// A number is personal, so Debug leaves it out.
impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phone")
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Number")
    }
}

impl Number {
    /// A mainland number as dialled within the country, `073158888888`; any other number in E.164, `+85291234567`.
    /// Look-up hashes are made of this form, so a caller is found again without the extension.
    #[must_use]
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// Digits to dial after the number has answered.
    #[must_use]
    pub fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.normal)?;
        match &self.extension {
            Some(extension) => write!(f, "转{extension}"),
            None => Ok(()),
        }
    }
}

impl Phone {
    /// Reads a field; `None` when no character is visible. The kept text gives the same numbers again.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let written = visible(text);
        if written.is_empty() {
            return None;
        }
        let mut found = Found::default();
        for piece in symbols(&written).split('|') {
            found.piece(piece);
        }
        let mark = if !found.numbers.is_empty() {
            None
        } else if found.masked {
            Some(PhoneMark::Masked)
        } else {
            Some(PhoneMark::Unusable)
        };
        let all_read = mark.is_none() && !found.masked && !found.left_over && !has_words(&written);
        let kept = if all_read { joined(&found.numbers) } else { written };
        Some(Self {
            kept,
            numbers: found.numbers,
            mark,
        })
    }

    /// The numbers in their normal form, joined by `/`. A field with more content is kept as written.
    #[must_use]
    pub fn kept(&self) -> &str {
        &self.kept
    }

    /// Usable numbers, in the order of the text, each once.
    #[must_use]
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// The reason for having no usable number; `None` when there is one.
    #[must_use]
    pub fn mark(&self) -> Option<PhoneMark> {
        self.mark
    }

    /// The numbers with their middle hidden. Without a usable number everything is hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        if self.numbers.is_empty() {
            return keep(&self.kept, 0, 0);
        }
        let masks: Vec<String> = self.numbers.iter().map(|number| keep(&number.normal, 3, 4)).collect();
        masks.join("/")
    }
}

fn joined(numbers: &[Number]) -> String {
    let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    texts.join("/")
}

/// Words before an extension; the longer of two words comes first.
const EXTENSION: [&str; 9] = ["转接", "轉接", "转", "轉", "分机", "分機", "extension", "ext.", "ext"];

/// Whether the text holds more than numbers, such as a name or a remark.
fn has_words(written: &str) -> bool {
    let mut text: String = written.chars().map(narrow).collect::<String>().to_lowercase();
    for word in EXTENSION {
        text = text.replace(word, "");
    }
    text.trim_start_matches("tel:")
        .chars()
        .any(|c| c.is_alphabetic() && !matches!(c, 'x' | '或' | '和'))
}

/// The text in narrow characters, without the part after an `@`. The digits of an exchange's address are no telephone
/// number.
fn without_hosts(written: &str) -> String {
    let mut host = false;
    written
        .chars()
        .map(narrow)
        .map(|c| {
            host = c == '@' || host && !(c.is_whitespace() || matches!(c, ',' | ';' | '>' | '、'));
            if host { '|' } else { c }
        })
        .collect()
}

/// The text in a small alphabet:
///
/// - digits, `+` and `/` as they are,
/// - `-` for any dash or dot,
/// - a blank,
/// - `#` before an extension,
/// - `*` for hidden digits,
/// - `|` between numbers and for any other character.
fn symbols(written: &str) -> String {
    let mut text = without_hosts(written).to_lowercase();
    for word in EXTENSION {
        text = text.replace(word, "#");
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(chars.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let run = chars[at..].iter().take_while(|next| *next == c).count();
        let digit_after = chars[at + run..]
            .iter()
            .find(|c| !c.is_whitespace() && !is_dash(**c) && **c != ':')
            .is_some_and(char::is_ascii_digit);
        let digit_before = out.trim_end().ends_with(|c: char| c.is_ascii_digit());
        // Punctuation after the word for an extension, as in "转：801", belongs to the extension.
        let within = out.ends_with('#') && !c.is_ascii_digit();
        match c {
            _ if within => {}
            '0'..='9' | '+' => (0..run).for_each(|_| out.push(*c)),
            '*' | '●' | '○' | '■' | '□' | '?' | '×' | '✕' | '✱' => out.push('*'),
            '•' | '·' | '_' | '.' if run > 2 => out.push('*'),
            'x' if run > 1 => out.push('*'),
            'x' | '#' if digit_before && digit_after => out.push('#'),
            '/' | '\\' => out.push('/'),
            '(' | ')' | '[' | ']' | '【' | '】' | '〔' | '〕' => out.push(' '),
            c if is_dash(*c) || is_dot(*c) || *c == '_' => out.push('-'),
            c if c.is_whitespace() => out.push(' '),
            _ => out.push('|'),
        }
        at += run;
    }
    out
}

#[derive(Default)]
struct Found {
    numbers: Vec<Number>,
    masked: bool,
    left_over: bool,
}

impl Found {
    /// One number if the whole piece is one, otherwise the numbers between slashes, otherwise those between blanks.
    fn piece(&mut self, piece: &str) {
        if let Some(number) = self.number(piece) {
            self.add(number);
        } else if piece.contains('/') {
            for part in piece.split('/') {
                self.piece(part);
            }
        } else {
            self.blanks(piece);
        }
    }

    fn blanks(&mut self, piece: &str) {
        let words: Vec<&str> = piece.split_whitespace().collect();
        let mut at = 0;
        while at < words.len() {
            // The shortest run of words that is a number; the words after it may be another number.
            let end = (at + 1..=words.len()).find_map(|end| Some((self.number(&words[at..end].join(" "))?, end)));
            if let Some((number, end)) = end {
                self.add(number);
                at = end;
            } else {
                self.masked |= words[at].contains('*');
                self.left_over |= words[at].contains(|c: char| c.is_ascii_digit());
                at += 1;
            }
        }
    }

    fn add(&mut self, number: Number) {
        if !self.numbers.contains(&number) {
            self.numbers.push(number);
        }
    }

    /// A second landline often lacks the area code of the first.
    fn number(&self, piece: &str) -> Option<Number> {
        number(piece).or_else(|| {
            let area = self
                .numbers
                .iter()
                .rev()
                .find_map(|number| national::area(number.normal()))?;
            let digits = piece.chars().filter(char::is_ascii_digit).count();
            let local = matches!(digits, 7 | 8) && !piece.contains(['+', '#', '*', '/']);
            local.then(|| number(&format!("{area}{}", piece.trim()))).flatten()
        })
    }
}

/// Most digits of an extension; longer ones are numbers of their own.
const MAX_EXTENSION: usize = 6;

/// The number, if the whole piece is one.
fn number(piece: &str) -> Option<Number> {
    let piece = piece.trim_matches([' ', '-', '/']);
    if piece.contains('*') {
        return None;
    }
    if let Some((head, extension)) = piece.split_once('#') {
        let extension: String = extension.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let right = (1..=MAX_EXTENSION).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
        let normal = normal(head)?;
        return right.then_some(Number {
            normal,
            extension: Some(extension),
        });
    }
    let whole = normal(piece).map(|normal| Number {
        normal,
        extension: None,
    });
    match after_dash(piece) {
        Some((number, complete)) if complete || whole.is_none() => Some(number),
        _ => whole,
    }
}

/// A number with its extension after the last dash, and whether the number is complete. It is complete when the group
/// before that dash has the length of a subscriber's number.
fn after_dash(piece: &str) -> Option<(Number, bool)> {
    let (head, extension) = piece.rsplit_once('-')?;
    let right = (1..=MAX_EXTENSION).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
    let normal = right.then(|| normal(head)).flatten()?;
    let last = head.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let complete = national::area(&normal).is_some() && last.len() >= 7;
    let extension = Some(extension.to_owned());
    Some((Number { normal, extension }, complete))
}

/// The normal form of a number without extension, with any grouping of its digits.
fn normal(piece: &str) -> Option<String> {
    let piece = piece.trim_matches([' ', '-', '/']);
    let (plus, rest) = match piece.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, piece),
    };
    if rest.contains(|c: char| !c.is_ascii_digit() && !matches!(c, ' ' | '-' | '/')) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if plus {
        return international(digits.trim_start_matches("00"));
    }
    if let Some(abroad) = digits.strip_prefix("00") {
        return international(abroad);
    }
    national::national(&digits).or_else(|| without_plus(&digits))
}

fn international(digits: &str) -> Option<String> {
    match digits.strip_prefix("86") {
        Some(rest) => national::after_country_code(rest),
        None => foreign(digits, Length::Possible),
    }
}

/// A number for which the exchange has left out the plus. Only for the mainland, Hong Kong, Macau and Taiwan: no
/// national number is so long.
fn without_plus(digits: &str) -> Option<String> {
    match digits.get(..3)? {
        "852" | "853" | "886" => foreign(digits, Length::Valid),
        code if code.starts_with("86") => national::after_country_code(&digits[2..]),
        _ => None,
    }
}

/// The required certainty of a foreign number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// Its length is right for its country. New ranges open faster than tables are updated.
    Possible,
    /// It is in a range of the tables.
    Valid,
}

fn foreign(digits: &str, length: Length) -> Option<String> {
    // E.164 allows at most 15 digits.
    if !(7..=15).contains(&digits.len()) {
        return None;
    }
    let text = format!("+{digits}");
    let number = phonenumber::parse(None, &text).ok()?;
    let possible = || {
        let country = number.metadata(&phonenumber::metadata::DATABASE)?;
        let national = u16::try_from(number.national().to_string().len()).ok()?;
        country
            .descriptors()
            .general()
            .possible_length()
            .contains(&national)
            .then_some(())
    };
    let right = number.is_valid() || length == Length::Possible && possible().is_some();
    right.then(|| number.format().mode(phonenumber::Mode::E164).to_string())
}

#[cfg(test)]
#[path = "phone_tests.rs"]
mod tests;
