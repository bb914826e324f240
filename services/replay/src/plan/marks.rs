//! Texts that must be stored only in sealed form. Every free text of a case starts with the mark of the case, so that a
//! leaked text, even a cut one, shows its case. The upstream number is not secret and cannot serve as a mark.

use super::people::PHONE_RANGE;
use super::{Case, Plan};

/// The mark before every free text of the case with this key.
pub(super) fn mark(key: &str) -> String {
    format!("〔M-{key}〕")
}

/// Telephone number of the call with this index in the plan.
#[must_use]
pub fn caller(call: usize) -> String {
    // Spread over the range, so that no number looks like a counter of the program.
    format!("{PHONE_RANGE}{:08}", (call + 1) * 7_919 % 100_000_000)
}

impl Case {
    /// A free text of this case, with its mark.
    #[must_use]
    pub fn says(&self, text: &str) -> String {
        format!("{}{text}", mark(&self.key))
    }

    /// Texts that may be stored only sealed: name, phone, identity number, address, and the mark of every free text.
    #[must_use]
    pub fn canaries(&self) -> [String; 5] {
        let mark = mark(&self.key);
        let address = self.address.trim_start_matches(&mark).to_owned();
        // Without its brackets, because a log might escape them.
        let mark = mark.trim_matches(['〔', '〕']).to_owned();
        [
            self.name.clone(),
            self.phone.clone(),
            self.id_number.clone(),
            address,
            mark,
        ]
    }
}

impl Plan {
    /// The canaries of every case, and the number of every call.
    #[must_use]
    pub fn canaries(&self) -> Vec<String> {
        let cases = self.cases.iter().flat_map(Case::canaries);
        cases.chain((0..self.calls.len()).map(caller)).collect()
    }
}
