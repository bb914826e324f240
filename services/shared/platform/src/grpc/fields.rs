//! The shape of a request, checked field by field; all violations are told at once.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use prost_types::Timestamp;
use uuid::Uuid;

use super::characters::{MAX_COMBINING, cleaned, has_mark_run, in_one_line, is_refused, is_unseen};
use super::time;

/// Largest page of any list.
pub const MAX_PAGE: i32 = 1000;
/// Page of a list that names none.
pub const DEFAULT_PAGE: i64 = 50;

/// A request that is not right, with everything that is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{count} field(s) are not right")]
pub struct InvalidRequest {
    /// In the order of the fields; the last may say how many more there are.
    pub violations: Vec<Violation>,
    /// Violations in all, those included that are not named.
    pub count: usize,
}

/// Violations that an answer names.
pub const MAX_VIOLATIONS: usize = 50;

/// Bytes of them. They travel in a header, in base64, and clients take 8 KiB of headers.
const MAX_VIOLATION_BYTES: usize = 5_000;

impl InvalidRequest {
    /// With the first of them, [`MAX_VIOLATIONS`] at most and as many as fit into a header; of the others it is said how
    /// many there are.
    pub fn new(violations: impl IntoIterator<Item = Violation>) -> Self {
        let mut fields = Fields::new();
        for violation in violations {
            fields.note(violation);
        }
        fields.noted()
    }
}

/// One field that is not right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path as the caller wrote it, such as `appeal.appellant.phone`.
    pub field: String,
    /// What would be right.
    pub description: String,
}

/// What is read of a mutating request: its `request_id` and its command.
pub type Once<C> = Result<(Uuid, C), InvalidRequest>;

/// Collects violations while a request is read. A reader gives `None` for a field that it has refused.
#[derive(Debug, Default)]
pub struct Fields {
    prefix: String,
    violations: Vec<Violation>,
    bytes: usize,
    /// Violations that no longer fit into an answer: counted, not kept.
    more: usize,
}

impl Fields {
    /// For the top of a request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a part of a request: paths start with `prefix`, as in `items[3]`.
    #[must_use]
    pub fn at(prefix: &str) -> Self {
        Self {
            prefix: format!("{prefix}."),
            ..Self::default()
        }
    }

    /// Notes a violation.
    pub fn refuse(&mut self, field: &str, description: impl Into<String>) {
        self.note(Violation {
            field: format!("{}{field}", self.prefix),
            description: description.into(),
        });
    }

    fn note(&mut self, violation: Violation) {
        let bytes = violation.field.len() + violation.description.len();
        let fits = self.violations.len() < MAX_VIOLATIONS && self.bytes + bytes <= MAX_VIOLATION_BYTES;
        // The first is named however long it is: a request with any is refused by it.
        if self.violations.is_empty() || self.more == 0 && fits {
            self.bytes += bytes;
            self.violations.push(violation);
        } else {
            self.more += 1;
        }
    }

    fn noted(mut self) -> InvalidRequest {
        let count = self.violations.len() + self.more;
        if self.more > 0 {
            self.violations.push(Violation {
                field: String::new(),
                description: format!("{} more are not right", self.more),
            });
        }
        InvalidRequest {
            violations: self.violations,
            count,
        }
    }

    /// Takes over the violations of a part.
    pub fn absorb(&mut self, part: Self) {
        for violation in part.violations {
            self.note(violation);
        }
        self.more += part.more;
    }

    /// Nothing was refused so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that was refused.
    pub fn finish(self) -> Result<(), InvalidRequest> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(self.noted())
        }
    }

    /// Ends the reading with what was read; a reader gives nothing only for a field that it has refused.
    ///
    /// # Errors
    /// Everything that was refused.
    ///
    /// # Panics
    /// When nothing was read and nothing refused, which is a reader's mistake.
    pub fn read<T>(self, read: Option<T>) -> Result<T, InvalidRequest> {
        self.finish()?;
        Ok(read.expect("a field that was not read was refused"))
    }

    /// A UUID that is not nil.
    pub fn uuid(&mut self, field: &str, text: &str) -> Option<Uuid> {
        match Uuid::try_parse(text) {
            Ok(id) if !id.is_nil() => Some(id),
            _ => self.none(field, "must be a UUID"),
        }
    }

    /// A UUID, or nothing when empty.
    pub fn optional_uuid(&mut self, field: &str, text: &str) -> Option<Uuid> {
        if text.is_empty() { None } else { self.uuid(field, text) }
    }

    /// One line of text: as [`Fields::text`], where a line break is a blank.
    pub fn line(&mut self, field: &str, text: &str, length: RangeInclusive<usize>) -> Option<String> {
        self.checked(field, in_one_line(&cleaned(text)), &length)
    }

    /// One line of up to `max` characters, or nothing when it shows nothing.
    pub fn optional_line(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        if text.chars().all(is_unseen) {
            None
        } else {
            self.line(field, text, 1..=max)
        }
    }

    /// Text of so many characters, not blank. It may have lines. It is given as it is kept: line breaks of all kinds are
    /// line feeds, tabs are blanks, marks of byte order and writing direction are dropped, the ends are trimmed. Refused
    /// are NUL, other control characters and noncharacters: no text that anybody wrote has them.
    pub fn text(&mut self, field: &str, text: &str, length: RangeInclusive<usize>) -> Option<String> {
        self.checked(field, cleaned(text), &length)
    }

    /// Text up to `max` characters, or nothing when it shows nothing.
    pub fn optional_text(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        if text.chars().all(is_unseen) {
            None
        } else {
            self.text(field, text, 1..=max)
        }
    }

    fn checked(&mut self, field: &str, text: String, length: &RangeInclusive<usize>) -> Option<String> {
        let (least, most) = (length.start(), length.end());
        if text.chars().all(is_unseen) && *least > 0 {
            return self.none(field, format!("must not be empty; {least} to {most} characters"));
        }
        let count = text.chars().count();
        if !length.contains(&count) {
            return self.none(field, format!("must have {least} to {most} characters, has {count}"));
        }
        if let Some(bad) = text.chars().find(|c| is_refused(*c)) {
            return self.none(field, format!("must not contain U+{:04X}", u32::from(bad)));
        }
        if has_mark_run(&text) {
            return self.none(
                field,
                format!("must not have more than {MAX_COMBINING} combining marks in a row"),
            );
        }
        Some(text)
    }

    /// A code: 1 to `max` of letters, digits, `_`, `.`, `-`.
    pub fn code(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let right = (1..=max).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if right {
            Some(text.to_owned())
        } else {
            self.none(
                field,
                format!("must be a code of 1 to {max} letters, digits, '_', '.' or '-'"),
            )
        }
    }

    /// A code, or nothing when empty.
    pub fn optional_code(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        if text.is_empty() {
            None
        } else {
            self.code(field, text, max)
        }
    }

    /// Visible ASCII without blanks.
    pub fn ascii(&mut self, field: &str, text: &str, length: RangeInclusive<usize>) -> Option<String> {
        if length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Some(text.to_owned())
        } else {
            self.none(
                field,
                format!(
                    "must be {} to {} visible ASCII characters",
                    length.start(),
                    length.end()
                ),
            )
        }
    }

    /// Text as it came, without tabs and marks at its ends: refused is only what is too long or what no text holds, such as
    /// NUL. It may be empty.
    pub fn as_it_came(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        let text = cleaned(text);
        let count = text.chars().count();
        if count > max {
            return self.none(field, format!("must have at most {max} characters, has {count}"));
        }
        if let Some(bad) = text.chars().find(|c| is_refused(*c)) {
            return self.none(field, format!("must not contain U+{:04X}", u32::from(bad)));
        }
        Some(text)
    }

    /// A known, specified value of an enum.
    pub fn known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            return self.none(field, "must be given");
        }
        match E::try_from(number) {
            Ok(value) => Some(value),
            Err(_) => self.none(field, format!("{number} is not a known value")),
        }
    }

    /// A known value of an enum; `default` when unspecified.
    pub fn known_or<E: TryFrom<i32>>(&mut self, field: &str, number: i32, default: E) -> Option<E> {
        if number == 0 {
            Some(default)
        } else {
            self.known(field, number)
        }
    }

    /// A known value of an enum, or nothing when unspecified.
    pub fn optional_known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 { None } else { self.known(field, number) }
    }

    /// A day, `YYYY-MM-DD`, of the years 2000 to 2199.
    pub fn day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        use chrono::Datelike;
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // Written back it is the same: the parser takes blanks and signs as well.
            Ok(day) if day.to_string() == text && (2000..2200).contains(&day.year()) => Some(day),
            _ => self.none(field, "must be a day, YYYY-MM-DD, of the years 2000 to 2199"),
        }
    }

    /// A day, or nothing when empty.
    pub fn optional_day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        if text.is_empty() { None } else { self.day(field, text) }
    }

    /// An instant.
    pub fn time(&mut self, field: &str, at: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        match at {
            Some(at) => self.instant(field, at),
            None => self.none(field, "must be given"),
        }
    }

    /// An instant, or nothing when unset.
    pub fn optional_time(&mut self, field: &str, at: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        at.and_then(|at| self.instant(field, at))
    }

    /// A page size: [`DEFAULT_PAGE`] when 0, at most [`MAX_PAGE`].
    pub fn page_size(&mut self, field: &str, size: i32) -> i64 {
        match size {
            0 => DEFAULT_PAGE,
            1..=MAX_PAGE => i64::from(size),
            _ => {
                self.refuse(field, format!("must be 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}"));
                DEFAULT_PAGE
            }
        }
    }

    /// A message that must be there.
    pub fn present<'m, M>(&mut self, field: &str, message: Option<&'m M>) -> Option<&'m M> {
        if message.is_none() {
            self.refuse(field, "must be given");
        }
        message
    }

    fn instant(&mut self, field: &str, at: &Timestamp) -> Option<DateTime<Utc>> {
        match time::from_proto(at) {
            Some(at) => Some(at),
            None => self.none(field, "must be an instant of the years 2000 to 2199"),
        }
    }

    fn none<T>(&mut self, field: &str, description: impl Into<String>) -> Option<T> {
        self.refuse(field, description);
        None
    }
}

#[cfg(test)]
#[path = "fields_tests.rs"]
mod tests;
