//! What must be found nowhere but sealed. Every free text that is sent for a case starts with the case's own mark, so
//! that a text which leaks, whole or cut, tells whose it was; the upstream number alone is no secret and no mark.

use super::people::PHONE_RANGE;
use super::{Case, Plan};

/// Stands before every free text of the case with this key.
pub(super) fn mark(key: &str) -> String {
    format!("〔M-{key}〕")
}

/// Number that the call at this place in the plan comes from.
#[must_use]
pub fn caller(call: usize) -> String {
    // Spread over the range, so that none is like a number that something else counts up to.
    format!("{PHONE_RANGE}{:08}", (call + 1) * 7_919 % 100_000_000)
}

impl Case {
    /// A free text of this case, marked.
    #[must_use]
    pub fn says(&self, text: &str) -> String {
        format!("{}{text}", mark(&self.key))
    }

    /// What must be found nowhere but sealed: name, phone, identity number, address, and the mark of every free text.
    #[must_use]
    pub fn canaries(&self) -> [String; 5] {
        let mark = mark(&self.key);
        let address = self.address.trim_start_matches(&mark).to_owned();
        // Without its brackets, which a log might write otherwise.
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
    /// Those of every case, and the number of every call.
    #[must_use]
    pub fn canaries(&self) -> Vec<String> {
        let cases = self.cases.iter().flat_map(Case::canaries);
        cases.chain((0..self.calls.len()).map(caller)).collect()
    }
}
