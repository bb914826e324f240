//! What the contracts fix about codes of regions: GB/T 2260 down to the county, then the statistics code of the township
//! and of the village.
//!
//! A code names a place: `430302` a district, `430302001` its street, `430302001001` a village of that. Zeros fill a code
//! up where nothing smaller is meant: `430302000000` is the district. A published code covers the places whose codes
//! begin with it, so a city that publishes its districts takes the villages in them. A code is kept as it was sent.
//!
//! `430300` is the city itself and covers `430300` and what is numbered below it, but no district. All of the city is the
//! prefix `4303`, which only the dispatch catalogue knows.

/// Digits of the county, with the township, with the village.
const LENGTHS: [usize; 3] = [6, 9, 12];

/// Digits that each level below the county adds.
const LEVEL: usize = 3;

/// What a code of a region should look like.
pub const SHAPE: &str = "must be a GB/T 2260 code of 6 digits, 9 with the township or 12 with the village";

/// Whether the text has the shape of a code.
#[must_use]
pub fn is_code(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// The shortest code of the same place: without the zeros of the levels that are not meant. What is no code, such as a
/// prefix of the catalogue, is left as it is.
#[must_use]
pub fn folded(code: &str) -> &str {
    let mut code = code;
    while is_code(code) && code.len() > LENGTHS[0] && code.ends_with("000") {
        code = &code[..code.len() - LEVEL];
    }
    code
}

/// The codes that cover a place, the longest first: its own, folded, and those above it down to the 6 digits of the
/// county. None for what is no code.
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
            // Prefixes of the catalogue, and what is no code at all.
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
        // A place without a township, as some cities number it: its own level is empty, not the one below.
        assert_eq!(all("430302000001"), ["430302000001", "430302000", "430302"]);
        assert_eq!(all("430300"), ["430300"]);
        for wrong in ["", "4303", "43030200100", "430302001001001", "43030２", "43030a"] {
            assert_eq!(all(wrong), Vec::<&str>::new(), "{wrong}");
        }
    }
}
