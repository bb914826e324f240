//! Publishes policies and their specialists as a new version, effective from a day.

use chrono::{DateTime, NaiveDate, Utc};
use eventlog::Tx;
use platform::ids::derived_id;
use rpc::publication::Difference;
use uuid::Uuid;

use super::{Desk, Error};
use crate::domain::library::{Policy, Specialist};
use crate::events;
use crate::store::library::{self, StoredSpecialist};
use crate::store::registers::{self, Register};

/// The caller's request, checked. Names are personal: no Debug.
#[derive(Clone)]
pub struct PublishLibrary {
    /// First day (Asia/Shanghai).
    pub valid_from: NaiveDate,
    /// Returns only the difference.
    pub dry_run: bool,
    /// All policies.
    pub policies: Vec<Policy>,
    /// All specialists.
    pub specialists: Vec<Specialist>,
    /// Subject of the publisher.
    pub actor: String,
}

/// Returns the new version (0 for a dry run) and the difference to the library in force on its first day.
///
/// # Errors
/// Errors of the store only.
pub async fn publish_library(
    tx: &mut Tx,
    desk: &Desk,
    command: &PublishLibrary,
    now: DateTime<Utc>,
) -> Result<(u64, Difference), Error> {
    let seal = |specialist: &Specialist| library::seal(&desk.sealer, &desk.key, specialist, now);
    let specialists: Vec<StoredSpecialist> = command.specialists.iter().map(seal).collect();
    if command.dry_run {
        return Ok((0, difference(tx, command, &specialists).await?));
    }
    // The lock comes first. No other publication can then commit between the comparison and the write.
    let version = registers::next_version(tx.conn(), Register::Library).await?;
    let difference = difference(tx, command, &specialists).await?;
    registers::insert(tx.conn(), Register::Library, version, command.valid_from, now).await?;
    library::insert_policies(tx.conn(), version, &command.policies).await?;
    library::insert_specialists(tx.conn(), version, &specialists).await?;
    tx.tell(events::library_published(
        version,
        command.valid_from,
        &command.policies,
        &command.specialists,
        &command.actor,
        now,
    ));
    Ok((version, difference))
}

async fn difference(
    tx: &mut Tx,
    command: &PublishLibrary,
    specialists: &[StoredSpecialist],
) -> Result<Difference, Error> {
    let (before, before_specialists) =
        match registers::version_on(tx.conn(), Register::Library, command.valid_from).await? {
            Some(version) => (
                library::policies(tx.conn(), version).await?,
                library::specialists(tx.conn(), version).await?,
            ),
            None => (Vec::new(), Vec::new()),
        };
    let mut difference = Difference::default();
    difference.add("policy", before.iter().map(policy), command.policies.iter().map(policy));
    let before = before_specialists.iter().map(specialist);
    difference.add("specialist", before, specialists.iter().map(specialist));
    Ok(difference)
}

/// A policy with a text for the difference. A digest stands for the long texts, so that 1,000 rows fit into an answer.
fn policy(policy: &Policy) -> (String, String) {
    let texts = [
        policy.targets.join("\n"),
        policy.scope.clone(),
        policy.amount.clone().unwrap_or_default(),
        policy.conditions.clone().unwrap_or_default(),
    ];
    let digest = derived_id(Uuid::nil(), &texts.join("\n\n"));
    let day = |day: Option<NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
    let text = format!(
        "{}, {} to {}, review {}, content {}",
        policy.title,
        policy.valid_from,
        day(policy.valid_to),
        day(policy.review_day),
        super::short(digest.as_bytes())
    );
    (policy.code.clone(), text)
}

/// A specialist with a text for the difference, without the name.
fn specialist(specialist: &StoredSpecialist) -> (String, String) {
    let text = format!(
        "{}, {} shifts, backup {}, content {}",
        specialist.unit,
        specialist.shifts.len(),
        specialist.backup.as_deref().unwrap_or("-"),
        super::short(&specialist.content_hash)
    );
    (specialist.code.clone(), text)
}
