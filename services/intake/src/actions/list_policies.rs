//! Lists the policies that hold on a day.

use chrono::NaiveDate;
use eventlog::Tx;
use platform::store::StoreError;

use super::Error;
use crate::domain::library::Policy;
use crate::store::library;
use crate::store::registers::{self, Register};

/// Which policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPolicies {
    /// The day.
    pub day: NaiveDate,
    /// Only those whose title, targets or scope contain this text.
    pub text: Option<String>,
    /// Only those whose day of review is before this day.
    pub review_before: Option<NaiveDate>,
}

/// Returns the version and its policies by code.
///
/// # Errors
/// Absent when no library is in force on the day.
pub async fn list_policies(tx: &mut Tx, asked: &ListPolicies) -> Result<(u64, Vec<Policy>), Error> {
    let version = registers::version_on(tx.conn(), Register::Library, asked.day)
        .await?
        .ok_or(StoreError::Absent("library on that day"))?;
    let mut policies = library::policies(tx.conn(), version).await?;
    policies.retain(|policy| {
        let is_due = |before| policy.review_day.is_some_and(|day| day < before);
        policy.holds(asked.day)
            && asked.text.as_ref().is_none_or(|text| policy.contains(text))
            && asked.review_before.is_none_or(is_due)
    });
    Ok((version, policies))
}
