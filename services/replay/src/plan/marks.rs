//! Texts that must be stored only in sealed form. Every free text of a case starts with the mark of the case, so that a
//! leaked text, even a cut one, shows its case. The upstream number is not secret and cannot serve as a mark.

use super::{Known, Plan, View, people};

/// The mark before every free text of the case with this key.
pub(super) fn mark(key: &str) -> String {
    format!("〔M-{key}〕")
}

/// Telephone number of the call with this index in the plan.
#[must_use]
pub fn caller(call: usize) -> String {
    people::caller(call)
}

impl View<'_> {
    /// A free text of this case, with its mark.
    #[must_use]
    pub fn says(&self, text: &str) -> String {
        format!("{}{text}", mark(&self.key()))
    }

    /// Texts that may be stored only sealed: the mark of every free text, and unless the appellant is anonymous name,
    /// phone, identity number and address.
    #[must_use]
    pub fn canaries(&self) -> Vec<String> {
        // Without its brackets, because a log might escape them.
        let mut canaries = vec![mark(&self.key()).trim_matches(['〔', '〕']).to_owned()];
        if self.case().appellant != Known::Anonymous {
            let person = self.person();
            canaries.extend([
                person.id_number(&self.region().code),
                person.address(),
                person.name,
                person.phone,
            ]);
        }
        canaries
    }
}

impl Plan {
    /// The canaries of every case, and the number of every call.
    #[must_use]
    pub fn canaries(&self) -> Vec<String> {
        let cases = self.views().flat_map(|view| view.canaries());
        cases.chain((0..self.calls.len()).map(caller)).collect()
    }
}
