//! Pages of reference data: rows of several kinds, one kind after the other, of one version. A page token is valid for
//! that version only.

use crate::fields::Fields;
use crate::page;

/// The rows of a version on one page. The kinds are taken in a fixed order, each by [`Rows::take`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Text that its tokens are bound to.
    bound: String,
    /// Version in the token; `None` on the first page.
    version: Option<String>,
    /// Rows of earlier pages.
    after: usize,
    /// Rows of earlier pages that are still to skip.
    skip: usize,
    /// Rows that still fit on this page.
    room: usize,
    /// Rows on this page.
    taken: usize,
    /// Whether a row did not fit.
    more: bool,
}

/// Another version came into force since the first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed;

impl Rows {
    /// Reads `page_size` and `page_token`. A token is valid for the same `filter` only, such as the day.
    pub fn read(fields: &mut Fields, size: i32, token: &str, filter: &str) -> Self {
        let room = usize::try_from(fields.page_size("page_size", size)).expect("a page size is 1 to 1000");
        let (mut version, mut after) = (None, 0);
        if !token.is_empty() {
            let parts = page::decode(filter, token, 2);
            match parts.and_then(|parts| Some((parts[1].parse().ok()?, parts))) {
                Some((place, mut parts)) => {
                    after = place;
                    version = Some(parts.swap_remove(0));
                }
                None => fields.refuse(
                    "page_token",
                    "must be the next_page_token of an answer with the same filter",
                ),
            }
        }
        Self {
            bound: filter.to_owned(),
            version,
            after,
            skip: after,
            room,
            taken: 0,
            more: false,
        }
    }

    /// Compares the version in force with the version of the page before.
    ///
    /// # Errors
    /// [`Changed`]: the caller has to begin again.
    pub fn check(&self, version: &str) -> Result<(), Changed> {
        match &self.version {
            Some(first) if first != version => Err(Changed),
            _ => Ok(()),
        }
    }

    /// The rows of the next kind that are on this page.
    pub fn take<'r, R>(&mut self, rows: &'r [R]) -> &'r [R] {
        let start = self.skip.min(rows.len());
        self.skip -= start;
        let rows = &rows[start..];
        let (page, rest) = rows.split_at(self.room.min(rows.len()));
        self.room -= page.len();
        self.taken += page.len();
        self.more |= !rest.is_empty();
        page
    }

    /// The token of the next page; empty on the last page.
    #[must_use]
    pub fn next(&self, version: &str) -> String {
        if self.more {
            page::encode(&self.bound, &[version, &(self.after + self.taken).to_string()])
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(size: i32, token: &str) -> Rows {
        let mut fields = Fields::new();
        let rows = Rows::read(&mut fields, size, token, "2026-12-01");
        assert!(fields.is_clean());
        rows
    }

    #[test]
    fn pages_go_through_all_kinds_and_lose_none() {
        let (letters, digits, none) = (["a", "b", "c"], ["1", "2"], [""; 0]);
        for size in 1..7 {
            let (mut token, mut seen, mut pages) = (String::new(), Vec::new(), 0_u32);
            loop {
                let mut page = rows(size, &token);
                page.check("7").expect("the same version");
                for kind in [&letters[..], &none[..], &digits[..]] {
                    seen.extend_from_slice(page.take(kind));
                }
                pages += 1;
                token = page.next("7");
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(seen, ["a", "b", "c", "1", "2"], "pages of {size}");
            assert_eq!(pages, 5_u32.div_ceil(size.unsigned_abs()), "pages of {size}");
        }
    }

    #[test]
    fn a_page_of_another_version_is_refused() {
        let mut first = rows(1, "");
        first.take(&["a", "b"]);
        let token = first.next("7");
        assert_eq!(rows(1, &token).check("8"), Err(Changed));
        assert_eq!(rows(1, "").check("8"), Ok(()));
    }

    #[test]
    fn a_forged_token_is_refused() {
        let mut fields = Fields::new();
        Rows::read(&mut fields, 0, "forged", "2026-12-01");
        let wrong = fields.finish().expect_err("a forged token");
        assert_eq!(wrong.violations[0].field, "page_token");
    }
}
