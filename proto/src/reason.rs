//! The contract of a reason: its text in an error, and the RPCs that give it.

use crate::common::Reason;

impl Reason {
    /// The text in `google.rpc.ErrorInfo`, such as `ALREADY_SIGNED`.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.as_str_name().trim_start_matches("REASON_")
    }

    /// The reason with this text, for a client.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::from_str_name(&format!("REASON_{text}"))
    }

    /// Whether the contract says that an RPC, such as `SignOrder`, gives it.
    #[must_use]
    pub fn is_given_by(self, rpc: &str) -> bool {
        table::given_by(self.text()).is_none_or(|rpcs| rpcs.contains(&rpc))
    }
}

#[allow(clippy::all, clippy::pedantic, reason = "generated from the contract")]
mod table {
    include!(concat!(env!("OUT_DIR"), "/reason_table.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_sent_without_its_prefix_and_read_back() {
        assert_eq!(Reason::AlreadySigned.text(), "ALREADY_SIGNED");
        assert_eq!(Reason::from_text("ALREADY_SIGNED"), Some(Reason::AlreadySigned));
        assert_eq!(Reason::from_text("NO_SUCH"), None);
    }

    #[test]
    fn the_contract_says_who_gives_a_reason() {
        assert!(Reason::AlreadySigned.is_given_by("SignOrder"));
        assert!(!Reason::AlreadySigned.is_given_by("SubmitReply"));
        assert!(Reason::NotFound.is_given_by("SubmitReply"));
        assert!(Reason::NotPendingReview.is_given_by("ReviewReply"));
        assert!(!Reason::OtherRound.is_given_by("ReviewReply"));
    }
}
