//! The characters that a text may hold, the visible ones, and the stored form of a text.

/// Most combining marks in a row. More of them attack the program that renders the text.
pub(super) const MAX_COMBINING: usize = 16;

/// Characters that no text may hold: NUL, the control characters that [`cleaned`] leaves, and Unicode's noncharacters.
pub(super) fn is_refused(c: char) -> bool {
    let code = u32::from(c);
    (c.is_control() && c != '\n') || code & 0xfffe == 0xfffe || matches!(c, '\u{FDD0}'..='\u{FDEF}')
}

/// Invisible characters: blanks, joiners, fillers, soft hyphens, selectors and tags. A text of these alone counts as
/// empty. Some scripts need them within a text.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        )
        || matches!(c, '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}')
        || matches!(c, '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The stored form of a text:
///
/// - Every line ends in a line feed.
/// - A tab becomes a blank.
/// - The byte order mark and direction marks are dropped.
/// - Both ends are trimmed.
pub(super) fn cleaned(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{000B}' | '\u{000C}' | '\u{0085}' | '\u{2028}' | '\u{2029}' => kept.push('\n'),
            '\t' => kept.push(' '),
            '\u{FEFF}' | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {}
            c => kept.push(c),
        }
    }
    kept.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{2060}'))
        .to_owned()
}

/// A cleaned text on one line: a line end becomes a blank.
pub(super) fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

pub(super) fn has_mark_run(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        let mark = matches!(c, '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}');
        run = if mark { run + 1 } else { 0 };
        run > MAX_COMBINING
    })
}
