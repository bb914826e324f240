//! An appeal (诉求) as a fact: its codes and its outcome.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::codes::Codes;
use super::contribution::{Contribution, Tally};
use super::fact::Fact;
use super::measure::{Dimension, FIRST, Measure};

/// An appeal at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealState {
    /// Version of the appeal; the highest one wins.
    pub version: u64,
    /// Number that people say on the phone.
    pub number: String,
    /// Its codes.
    pub codes: Codes,
    /// When it was registered.
    pub received_at: DateTime<Utc>,
    /// When the person brought it, if the source gives that time.
    pub source_at: Option<DateTime<Utc>>,
    /// Platform that pushed it.
    pub platform: Option<String>,
    /// Same for all appeals of one person in one year; none for an unknown person.
    pub person: Option<PersonKey>,
}

/// A keyed hash of the appellant, made by intake (ADR 0032). Its only use is to count distinct persons.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PersonKey(pub [u8; 16]);

impl std::fmt::Debug for PersonKey {
    /// Prints no key, so that it stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonKey")
    }
}

/// The part of an event of intake that is about an appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealHeard {
    /// Its codes after the change.
    pub state: AppealState,
    /// Outcome of the appeal, if the event gives one.
    pub outcome: Option<Outcome>,
}

/// The outcome of an appeal. An outcome is final (domain.md §3), so intake never publishes two of them. Of two, the
/// greater of this list is kept, so that the order of the events does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 在线办结
    Answered,
    /// 转办
    Forwarded,
    /// 不予受理
    NotAccepted,
    /// 转接
    Transferred,
    /// A repeat: the progress of an open order was told.
    ProgressTold,
    /// 无效: in no figure of appeals.
    Invalid,
}

impl Outcome {
    /// The measure that counts it.
    const fn measure(self) -> Measure {
        match self {
            Self::Answered => Measure::AppealsAnswered,
            Self::Forwarded => Measure::AppealsForwarded,
            Self::NotAccepted => Measure::AppealsNotAccepted,
            Self::Transferred => Measure::AppealsTransferred,
            Self::ProgressTold => Measure::AppealsProgressTold,
            Self::Invalid => Measure::AppealsInvalid,
        }
    }
}

/// One appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealFact {
    /// Its id.
    pub id: Uuid,
    /// Its codes at the newest known version.
    pub state: AppealState,
    /// Its outcome; none while it is open.
    pub outcome: Option<Outcome>,
    /// Day of the same person's previous appeal, by day and id. None for the first one, and for an appeal that is
    /// invalid or has no person. It depends on the other appeals, so it is set after a merge.
    pub before: Option<NaiveDate>,
}

impl AppealFact {
    /// The person that it counts for; none for an invalid appeal.
    #[must_use]
    pub fn person(&self) -> Option<PersonKey> {
        self.state.person.filter(|_| self.outcome != Some(Outcome::Invalid))
    }

    /// Its place in the chain of a person's appeals, apart from its id. A fact that changes it loses its previous appeal.
    #[must_use]
    pub fn link(&self) -> Option<(PersonKey, NaiveDate)> {
        self.person().map(|person| (person, self.day()))
    }
}

impl Fact for AppealFact {
    type Heard = AppealHeard;

    fn id(&self) -> Uuid {
        self.id
    }

    /// When the person brought it, however late it was registered.
    fn day(&self) -> NaiveDate {
        calendar::local_date(self.state.source_at.unwrap_or(self.state.received_at))
    }

    fn number(&self) -> &str {
        &self.state.number
    }

    fn merge(known: Option<Self>, id: Uuid, heard: &AppealHeard) -> Self {
        let link = known.as_ref().map(Self::link);
        let mut fact = known.unwrap_or_else(|| Self {
            id,
            state: heard.state.clone(),
            outcome: None,
            before: None,
        });
        if heard.state.version > fact.state.version {
            fact.state = heard.state.clone();
        }
        fact.outcome = fact.outcome.max(heard.outcome);
        if link != Some(fact.link()) {
            fact.before = None;
        }
        fact
    }

    fn contribution(&self) -> Contribution {
        let mut tally = Tally::on(self.day());
        self.state.codes.count_under(&mut tally);
        if let Some(outcome) = self.outcome {
            tally.count(outcome.measure(), 1);
        }
        if self.outcome != Some(Outcome::Invalid) {
            tally.count(Measure::AppealsReceived, 1);
        }
        // A person counts once in a window: by the appeal whose previous one was before the window.
        if self.person().is_some() {
            let before = self.before.map(|day| day.to_string());
            tally.under(Dimension::PersonBefore, before.as_deref().unwrap_or(FIRST));
        }
        tally.finish()
    }
}

#[cfg(test)]
#[path = "appeal_tests.rs"]
mod tests;
