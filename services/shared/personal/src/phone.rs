//! Telephone numbers as callers, exchanges and other cities' systems write them.

use crate::mask::keep;
use crate::national;
use platform::characters::{is_dash, is_dot, narrow, visible};

/// Longest text that a telephone field may have, in characters: three numbers with extensions and a remark.
pub const MAX_PHONE: usize = 100;

/// What somebody wrote into a telephone field: the usable numbers in it, or a mark why there is none.
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

/// Why a telephone field names no usable number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneMark {
    /// Digits were hidden before it came: `138****5678`.
    Masked,
    /// Anything else: no area code, an internal address, a word.
    Unusable,
}

// A number is personal: Debug says nothing of it.
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
    /// Digits of a mainland number as it is dialled within the country, `073158888888`; of all others E.164,
    /// `+85291234567`. Look-up hashes are made of this, so a caller is found again without the extension.
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
    /// Reads a field; none when it shows nothing. The kept text gives the same numbers again.
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

    /// The numbers in their normal form, joined by `/`; as it came when it says more than these.
    #[must_use]
    pub fn kept(&self) -> &str {
        &self.kept
    }

    /// Usable numbers, in the order of the text, each once.
    #[must_use]
    pub fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// Why there is no usable number; none when there is one.
    #[must_use]
    pub fn mark(&self) -> Option<PhoneMark> {
        self.mark
    }

    /// Ends of each number; all hidden where there is no usable one.
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

/// Words that stand before an extension, the longer of two first.
const EXTENSION: [&str; 9] = ["转接", "轉接", "转", "轉", "分机", "分機", "extension", "ext.", "ext"];

/// Says more than numbers: a name, a remark.
fn has_words(written: &str) -> bool {
    let mut text: String = written.chars().map(narrow).collect::<String>().to_lowercase();
    for word in EXTENSION {
        text = text.replace(word, "");
    }
    text.trim_start_matches("tel:")
        .chars()
        .any(|c| c.is_alphabetic() && !matches!(c, 'x' | '或' | '和'))
}

/// The text in ASCII's width, without what stands behind an `@`: the digits of an exchange's address are no number.
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

/// The text in an alphabet of its own: digits, `+`, `-` for any dash or dot, `/`, blank, `#` before an extension,
/// `*` for hidden digits, `|` between numbers and for whatever no number has.
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
        // What follows the word before the extension, as in "转：801", belongs to it.
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
    /// One number if the whole is one, else those between slashes, else those between blanks.
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
            // The fewest words that are a number: those after it may be another.
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

    /// A second landline often goes without the area code of the first.
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

/// Digits of an extension; longer ones are numbers by themselves.
const MAX_EXTENSION: usize = 6;

/// The number that the whole piece is.
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

/// A number with its extension after the last dash, and whether the number is written as a complete one: the group
/// before that dash is as long as a subscriber's number.
fn after_dash(piece: &str) -> Option<(Number, bool)> {
    let (head, extension) = piece.rsplit_once('-')?;
    let right = (1..=MAX_EXTENSION).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
    let normal = right.then(|| normal(head)).flatten()?;
    let last = head.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    let complete = national::area(&normal).is_some() && last.len() >= 7;
    let extension = Some(extension.to_owned());
    Some((Number { normal, extension }, complete))
}

/// The normal form of a number without extension, however its digits are grouped.
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

/// Exchanges often leave the plus out. Only for the mainland, Hong Kong, Macau and Taiwan: no number at home is so long.
fn without_plus(digits: &str) -> Option<String> {
    match digits.get(..3)? {
        "852" | "853" | "886" => foreign(digits, Length::Valid),
        code if code.starts_with("86") => national::after_country_code(&digits[2..]),
        _ => None,
    }
}

/// How sure a foreign number has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// As long as numbers of its country are: ranges are opened faster than tables follow.
    Possible,
    /// In a range that the tables know.
    Valid,
}

fn foreign(digits: &str, length: Length) -> Option<String> {
    // E.164 has 15 digits at most.
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
