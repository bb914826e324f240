//! Maps characters that look alike to one character.

/// Maps a full-width ASCII character to its plain form, and a full-width blank to a blank.
#[must_use]
pub fn narrow(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c => c,
    }
}

/// Whether the character is a dash, hyphen or minus, in any form of keyboards and word processors.
#[must_use]
pub fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{00AD}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{2212}'
                | '\u{2500}'
                | '\u{2501}'
                | '\u{30FC}'
                | '\u{FE31}'
                | '\u{FE32}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{FF70}'
    )
}

/// Whether the character is a dot that separates groups, in the middle or at the foot of a line.
#[must_use]
pub fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{00B7}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22C5}'
            | '\u{30FB}'
            | '\u{FF0E}'
            | '\u{FF65}'
    )
}

/// Whether the character is invisible and separates nothing: zero-width characters, direction marks, the byte order
/// mark, selectors.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{034F}' | '\u{061C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{20E3}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The text without invisible characters, with blanks for control characters, trimmed.
#[must_use]
pub fn visible(text: &str) -> String {
    let shown: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    shown.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_dropped_and_width_does_not_matter() {
        let shown = visible("\u{FEFF}\u{202D}138\u{200B}1234\u{202C}\t５６\u{2066}\n");
        assert_eq!(shown, "1381234 ５６");
        assert_eq!(shown.chars().map(narrow).collect::<String>(), "1381234 56");
        assert_eq!(narrow('Ｘ'), 'X');
        assert!("-–—‐−－﹣".chars().all(is_dash));
        assert!(".·•・．".chars().all(is_dot));
    }
}
