//! Messages to accounts beside the line. They are no appeals and count in no figure of appeals.

use chrono::{DateTime, Utc};
use hotline_proto::intake::AccountOutcome;
use uuid::Uuid;

use super::refusal::Refusal;

/// A message without its sealed texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountMessage {
    /// Identity.
    pub id: Uuid,
    /// 1 when recorded, 2 when resolved.
    pub version: u64,
    /// Code of the account, a channel.
    pub account: String,
    /// Version of the reference data that the account was checked against.
    pub reference: u64,
    /// Time of recording.
    pub received_at: DateTime<Utc>,
    /// When it was sent, if the account gives a time.
    pub sent_at: Option<DateTime<Utc>>,
    /// The end; `None` while it is open.
    pub resolved: Option<Resolved>,
}

/// The end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Outcome.
    pub outcome: AccountOutcome,
    /// Time.
    pub at: DateTime<Utc>,
}

impl AccountMessage {
    /// The time whose day figures count it on.
    #[must_use]
    pub fn counted_at(&self) -> DateTime<Utc> {
        self.sent_at.unwrap_or(self.received_at)
    }

    /// Ends the message.
    ///
    /// # Errors
    /// [`Refusal::MessageEnded`] when it ended before.
    pub fn resolve(self, outcome: AccountOutcome, now: DateTime<Utc>) -> Result<(Self, Resolved), Refusal> {
        if let Some(before) = self.resolved {
            return Err(Refusal::MessageEnded(name(before.outcome)));
        }
        let resolved = Resolved {
            outcome,
            at: now.max(self.received_at),
        };
        let ended = Self {
            version: self.version + 1,
            resolved: Some(resolved),
            ..self
        };
        Ok((ended, resolved))
    }
}

/// Name of an outcome for refusals.
const fn name(outcome: AccountOutcome) -> &'static str {
    match outcome {
        AccountOutcome::Unspecified => "unspecified",
        AccountOutcome::Unclear => "unclear",
        AccountOutcome::Answered => "answered",
        AccountOutcome::Invalid => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_message_ends_once_and_its_time_never_runs_backwards() {
        let open = AccountMessage {
            id: Uuid::nil(),
            version: 1,
            account: "weibo".to_owned(),
            reference: 1,
            received_at: DateTime::UNIX_EPOCH,
            sent_at: None,
            resolved: None,
        };
        let early = DateTime::UNIX_EPOCH - TimeDelta::hours(1);
        let (ended, resolved) = open.resolve(AccountOutcome::Unclear, early).expect("open");
        assert_eq!((ended.version, resolved.at), (2, DateTime::UNIX_EPOCH));
        assert_eq!(ended.counted_at(), DateTime::UNIX_EPOCH);
        let again = ended.resolve(AccountOutcome::Answered, early);
        assert_eq!(again, Err(Refusal::MessageEnded("unclear")));
    }
}
