//! A message to an account beside the line as a fact. It is no appeal, and counts in no figure of appeals.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::intake::AccountOutcome;

use super::coded;
use super::contribution::{Contribution, Tally};
use super::fact::{Newest, State};
use super::kept::Kept;
use super::measure::{Dimension, Measure};

/// A message as an event of intake says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageState {
    /// Version of the message; the highest one wins.
    pub version: u64,
    /// Code of the account.
    pub account: String,
    /// When it was sent, however late it was recorded.
    pub sent_at: DateTime<Utc>,
    /// How it ended; unspecified before.
    pub outcome: Kept<AccountOutcome>,
}

/// One message.
pub type MessageFact = Newest<MessageState>;

impl State for MessageState {
    fn version(&self) -> u64 {
        self.version
    }

    fn day(&self) -> NaiveDate {
        calendar::local_date(self.sent_at)
    }

    fn number(&self) -> &'static str {
        ""
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        tally.under(Dimension::Account, &self.account);
        let outcome = self.outcome.number();
        if outcome != 0 {
            tally.under(
                Dimension::AccountOutcome,
                &coded::name(Dimension::AccountOutcome, outcome),
            );
        }
        tally.count(Measure::AccountMessages, 1);
        tally.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_counts_under_its_account_at_once_and_under_its_outcome_at_its_end() {
        let state = |outcome| MessageState {
            version: 1,
            account: "wechat_account".to_owned(),
            sent_at: DateTime::UNIX_EPOCH,
            outcome: Kept::new(outcome),
        };
        let of_account = (Dimension::Account, "wechat_account".to_owned());
        for (outcome, member) in [(0, None), (1, Some("unclear")), (2, Some("answered")), (99, Some("99"))] {
            let contribution = state(outcome).contribution();
            let ended = member.map(|member| (Dimension::AccountOutcome, member.to_owned()));
            let expected: Vec<_> = [of_account.clone()].into_iter().chain(ended).collect();
            assert_eq!(contribution.members, expected, "{outcome}");
            assert_eq!(contribution.counted(NaiveDate::MAX).of(Measure::AccountMessages), 1);
        }
    }
}
