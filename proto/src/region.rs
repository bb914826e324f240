//! Codes of regions: GB/T 2260 down to the county, then the statistics codes of the township and the village.
//!
//! A code names a place: `430302` a district, `430302001` a street of it, `430302001001` a village of that street.
//! Zeros fill up a code when no smaller place is meant: `430302000000` is the district. A published code covers all
//! places whose codes begin with it. So a city that publishes its districts also accepts the villages in them. A code
//! is stored as sent.
//!
//! `430300` is the city itself. It covers `430300` and the codes numbered below it, but no district. The whole city is
//! the prefix `4303`, which is valid only in the dispatch catalogue.

/// Digits of a code: to the county, the township, the village.
const LENGTHS: [usize; 3] = [6, 9, 12];

/// Digits that each level below the county adds.
const LEVEL: usize = 3;

/// The form of a region's code, for violations.
pub const SHAPE: &str = "must be a GB/T 2260 code of 6 digits, 9 with the township or 12 with the village";

/// Whether the text has the form of a code.
#[must_use]
pub fn is_code(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The shortest code of the same place, without the zeros of unused levels. Any other text, such as a prefix of the
/// catalogue, stays as it is.
#[must_use]
pub fn folded(code: &str) -> &str {
    let mut code = code;
    while is_code(code) && code.len() > LENGTHS[0] && code.ends_with("000") {
        code = &code[..code.len() - LEVEL];
    }
    code
}

/// The codes that cover a place, longest first: its own shortest code, then the codes above it, down to the county's 6
/// digits. Empty for a text that is no code.
pub fn covering(code: &str) -> impl Iterator<Item = &str> {
    let own = is_code(code).then(|| folded(code));
    std::iter::successors(own, |code| {
        (code.len() > LENGTHS[0]).then(|| &code[..code.len() - LEVEL])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_of_levels_that_are_not_meant_are_folded() {
        for (code, place) in [
            ("430302001001", "430302001001"),
            ("430302001000", "430302001"),
            ("430302000000", "430302"),
            ("430302000", "430302"),
            ("430302", "430302"),
            ("430300000000", "430300"),
            ("430000", "430000"),
            // Prefixes of the catalogue, and texts that are no codes.
            ("4303", "4303"),
            ("4303000", "4303000"),
            ("000", "000"),
            ("", ""),
            ("雨湖区000", "雨湖区000"),
        ] {
            assert_eq!(folded(code), place, "{code}");
        }
    }

    #[test]
    fn a_place_is_covered_by_itself_and_what_it_lies_in() {
        let all = |code| covering(code).collect::<Vec<_>>();
        assert_eq!(all("430302001001"), ["430302001001", "430302001", "430302"]);
        assert_eq!(all("430302000000"), ["430302"]);
        // A place without a township, as some cities number it: the level of the township is empty, not that of the
        // village.
        assert_eq!(all("430302000001"), ["430302000001", "430302000", "430302"]);
        assert_eq!(all("430300"), ["430300"]);
        for wrong in ["", "4303", "43030200100", "430302001001001", "43030２", "43030a"] {
            assert_eq!(all(wrong), Vec::<&str>::new(), "{wrong}");
        }
    }
}
