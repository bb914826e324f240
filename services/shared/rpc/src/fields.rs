//! Reads a request field by field, and reports all violations at once.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::Date;
use hotline_proto::common::Reason;
use platform::status;
use prost_types::Timestamp;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};
use uuid::Uuid;

use super::characters::{MAX_COMBINING, cleaned, has_mark_run, in_one_line, is_refused, is_unseen};
use super::time;

/// Largest page size of any list.
pub const MAX_PAGE: i32 = 1000;
/// Page size of a request that names none.
pub const DEFAULT_PAGE: i64 = 50;

/// An invalid request, with all its violations.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{count} field(s) are not right")]
pub struct InvalidRequest {
    /// In the order of the fields. The last one may give the number of those left out.
    pub violations: Vec<Violation>,
    /// Number of all violations, with those left out.
    pub count: usize,
}

/// Most violations in an answer.
pub const MAX_VIOLATIONS: usize = 50;

/// Most bytes of violations in an answer. They travel in a header, in base64, and clients accept 8 KiB of headers.
const MAX_VIOLATION_BYTES: usize = 5_000;

impl InvalidRequest {
    /// Keeps the first violations: at most [`MAX_VIOLATIONS`], and as many as fit into a header. Adds the number of the
    /// others.
    pub fn new(violations: impl IntoIterator<Item = Violation>) -> Self {
        let mut fields = Fields::new();
        for violation in violations {
            fields.note(violation);
        }
        fields.noted()
    }
}

impl From<InvalidRequest> for Status {
    /// `INVALID_ARGUMENT` with every violation.
    fn from(request: InvalidRequest) -> Self {
        let message = request.to_string();
        let violations: Vec<FieldViolation> = request
            .violations
            .into_iter()
            .map(|v| FieldViolation::new(v.field, v.description))
            .collect();
        let mut details = ErrorDetails::new();
        details.set_error_info(Reason::InvalidArgument.text(), status::DOMAIN, HashMap::new());
        details.set_bad_request(violations);
        Self::with_error_details(Code::InvalidArgument, message, details)
    }
}

/// A violation by one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path as the caller wrote it, such as `appeal.appellant.phone`.
    pub field: String,
    /// What would be valid.
    pub description: String,
}

/// The result of reading a mutating request: its `request_id` and its command.
pub type Once<C> = Result<(Uuid, C), InvalidRequest>;

/// Collects violations while a request is read. A reader returns `None` for a field that it has refused.
#[derive(Debug, Default)]
pub struct Fields {
    prefix: String,
    violations: Vec<Violation>,
    bytes: usize,
    /// Violations beyond the limits: counted, not stored.
    more: usize,
}

impl Fields {
    /// For a whole request.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a part of a request. Its paths start with `prefix`, such as `items[3]`.
    #[must_use]
    pub fn at(prefix: &str) -> Self {
        Self {
            prefix: format!("{prefix}."),
            ..Self::default()
        }
    }

    /// Adds a violation.
    pub fn refuse(&mut self, field: &str, description: impl Into<String>) {
        self.note(Violation {
            field: format!("{}{field}", self.prefix),
            description: description.into(),
        });
    }

    fn note(&mut self, violation: Violation) {
        let bytes = violation.field.len() + violation.description.len();
        let fits = self.violations.len() < MAX_VIOLATIONS && self.bytes + bytes <= MAX_VIOLATION_BYTES;
        // The first violation is kept at any length, so that a refused request names at least one.
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

    /// Adds the violations of a part.
    pub fn absorb(&mut self, part: Self) {
        for violation in part.violations {
            self.note(violation);
        }
        self.more += part.more;
    }

    /// Whether no field has been refused so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// All violations.
    pub fn finish(self) -> Result<(), InvalidRequest> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(self.noted())
        }
    }

    /// Ends the reading. `read` is `None` only when a field was refused.
    ///
    /// # Errors
    /// All violations.
    ///
    /// # Panics
    /// When `read` is `None` without a violation, which is a fault of the reader.
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

    /// A UUID; an empty text means none.
    pub fn optional_uuid(&mut self, field: &str, text: &str) -> Option<Uuid> {
        if text.is_empty() { None } else { self.uuid(field, text) }
    }

    /// One line of text: as [`Fields::text`], with a blank for each line break.
    pub fn line(&mut self, field: &str, text: &str, length: RangeInclusive<usize>) -> Option<String> {
        self.checked(field, in_one_line(&cleaned(text)), &length)
    }

    /// One line of up to `max` characters; none when no character is visible.
    pub fn optional_line(&mut self, field: &str, text: &str, max: usize) -> Option<String> {
        if text.chars().all(is_unseen) {
            None
        } else {
            self.line(field, text, 1..=max)
        }
    }

    /// Text with `length` characters, at least one of them visible. It may have lines. The result is the stored form:
    ///
    /// - A line break of any kind is a line feed, and a tab is a blank.
    /// - Marks of byte order and writing direction are dropped.
    /// - Both ends are trimmed.
    ///
    /// NUL, other control characters and noncharacters are refused: people do not write them.
    pub fn text(&mut self, field: &str, text: &str, length: RangeInclusive<usize>) -> Option<String> {
        self.checked(field, cleaned(text), &length)
    }

    /// Text of up to `max` characters; none when no character is visible.
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

    /// A code; an empty text means none.
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

    /// Text as received, without tabs and marks at its ends. It may be empty. A text is refused only when it is too
    /// long or holds a forbidden character such as NUL.
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

    /// A known enum value other than UNSPECIFIED.
    pub fn known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            return self.none(field, "must be given");
        }
        match E::try_from(number) {
            Ok(value) => Some(value),
            Err(_) => self.none(field, format!("{number} is not a known value")),
        }
    }

    /// A known enum value; `default` when unspecified.
    pub fn known_or<E: TryFrom<i32>>(&mut self, field: &str, number: i32, default: E) -> Option<E> {
        if number == 0 {
            Some(default)
        } else {
            self.known(field, number)
        }
    }

    /// A known enum value; none when unspecified.
    pub fn optional_known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 { None } else { self.known(field, number) }
    }

    /// A day of the years 2000 to 2199.
    pub fn day(&mut self, field: &str, day: Option<&Date>) -> Option<NaiveDate> {
        match day {
            Some(day) => self.whole_day(field, day),
            None => self.none(field, "must be given"),
        }
    }

    /// A day; none when unset.
    pub fn optional_day(&mut self, field: &str, day: Option<&Date>) -> Option<NaiveDate> {
        day.and_then(|day| self.whole_day(field, day))
    }

    fn whole_day(&mut self, field: &str, day: &Date) -> Option<NaiveDate> {
        match time::date_from_proto(day) {
            Some(day) => Some(day),
            None => self.none(field, "must be a day of the calendar, of the years 2000 to 2199"),
        }
    }

    /// An instant.
    pub fn time(&mut self, field: &str, at: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        match at {
            Some(at) => self.instant(field, at),
            None => self.none(field, "must be given"),
        }
    }

    /// An instant; none when unset.
    pub fn optional_time(&mut self, field: &str, at: Option<&Timestamp>) -> Option<DateTime<Utc>> {
        at.and_then(|at| self.instant(field, at))
    }

    /// A page size: [`DEFAULT_PAGE`] for 0, and [`MAX_PAGE`] for anything larger.
    pub fn page_size(&mut self, field: &str, size: i32) -> i64 {
        match size {
            0 => DEFAULT_PAGE,
            1.. => i64::from(size.min(MAX_PAGE)),
            _ => {
                self.refuse(field, format!("must not be negative; 0 means {DEFAULT_PAGE}"));
                DEFAULT_PAGE
            }
        }
    }

    /// A required message.
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
