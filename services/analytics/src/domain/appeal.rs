//! An appeal (诉求) as a fact: its codes, and whether it was answered at once.

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::common::AppealType;
use uuid::Uuid;

use super::contribution::{Contribution, Tally};
use super::kept::Kept;
use super::measure::{Dimension, Measure, type_name};

/// Codes of an appeal at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealState {
    /// Version of the appeal; the highest one wins.
    pub version: u64,
    /// Number that people say on the phone.
    pub number: String,
    /// Appeal type; never unspecified.
    pub kind: Kept<AppealType>,
    /// Code of the category, 2 digits a level.
    pub category: String,
    /// GB/T 2260 code.
    pub region: String,
    /// Code of the channel.
    pub channel: String,
    /// When it was registered.
    pub received_at: DateTime<Utc>,
    /// When the person brought it, if the source gives that time.
    pub source_at: Option<DateTime<Utc>>,
    /// Tags, sorted, each once.
    pub tags: Vec<String>,
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
    /// Result of the appeal, if the event gives one.
    pub end: Option<End>,
}

/// The result of an appeal. A result is final (domain.md §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// 在线办结
    Answered,
    /// 转办
    Forwarded,
}

/// One appeal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealFact {
    /// Its id.
    pub id: Uuid,
    /// Its codes at the newest known version.
    pub state: AppealState,
    /// Answered at once.
    pub answered: bool,
    /// Forwarded to a unit.
    pub forwarded: bool,
}

impl AppealFact {
    /// The day (Asia/Shanghai) that it counts on: when the person brought it, however late it was registered.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        calendar::local_date(self.state.source_at.unwrap_or(self.state.received_at))
    }

    /// Merges one more event. The result is the same in any order and after repetition.
    #[must_use]
    pub fn merge(known: Option<Self>, id: Uuid, heard: &AppealHeard) -> Self {
        let mut fact = known.unwrap_or_else(|| Self {
            id,
            state: heard.state.clone(),
            answered: false,
            forwarded: false,
        });
        if heard.state.version > fact.state.version {
            fact.state = heard.state.clone();
        }
        match heard.end {
            Some(End::Answered) => fact.answered = true,
            Some(End::Forwarded) => fact.forwarded = true,
            None => {}
        }
        fact
    }

    /// Its contribution to the roll-ups.
    #[must_use]
    pub fn contribution(&self) -> Contribution {
        let state = &self.state;
        let mut tally = Tally::on(self.day());
        tally.total(Measure::AppealsReceived, 1);
        tally.total(Measure::AppealsAnswered, i64::from(self.answered));
        tally.total(Measure::AppealsForwarded, i64::from(self.forwarded));
        let kind = type_name(state.kind);
        for (dimension, member) in [
            (Dimension::Type, &*kind),
            (Dimension::Topic, state.category.as_str()),
            (Dimension::Channel, state.channel.as_str()),
        ] {
            tally.of(dimension, member, Measure::AppealsReceived, 1);
        }
        for tag in &state.tags {
            tally.of(Dimension::Tag, tag, Measure::AppealsReceived, 1);
        }
        tally.finish()
    }
}
