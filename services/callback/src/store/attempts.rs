//! Attempts as rows. They are only inserted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use hotline_proto::common::{AttemptOutcome, CallbackMode};
use personal::sealing::{Cell, Sealed};
use platform::ids::derived_id;
use platform::rows::{big, fits, int, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::outcome::{FUTILE, Found};

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Task.
    pub task: Uuid,
    /// Its number in the task, from 1.
    pub number: u32,
    /// Mode.
    pub mode: CallbackMode,
    /// Outcome.
    pub outcome: AttemptOutcome,
    /// Fencing token of the lease.
    pub token: u64,
    /// When it was reported.
    pub at: DateTime<Utc>,
    /// Subject of the agent.
    pub by: String,
    /// Reference of the call's recording.
    pub recording: Option<Sealed>,
}

/// Writes new attempts of locked tasks.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut PgConnection, attempts: &[Attempt]) -> Result<(), StoreError> {
    if attempts.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into attempt (task_id, number, mode, outcome, token, reported_at, reported_by, recording)
         select * from unnest($1::uuid[], $2::int[], $3::smallint[], $4::smallint[], $5::bigint[], $6::timestamptz[],
                $7::text[], $8::bytea[])",
    )
    .bind(attempts.iter().map(|a| a.task).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| int(a.number)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| small(a.mode.into())).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| small(a.outcome.into())).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| big(a.token)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.at).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.by.clone()).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.recording.clone()).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// The cell that the reference of an attempt's recording is sealed for. Its row is derived, because an attempt has no
/// id.
#[must_use]
pub fn recording_cell(task: Uuid, attempt: u32) -> Cell {
    Cell {
        table: "attempt",
        column: "recording",
        row: derived_id(task, &format!("attempt/{attempt}")),
    }
}

/// What the attempts of these tasks found. Tasks without an attempt are left out.
///
/// # Errors
/// When the database fails.
pub async fn found(conn: &mut PgConnection, tasks: &[Uuid]) -> Result<HashMap<Uuid, Found>, StoreError> {
    let outcomes: Vec<i16> = FUTILE.iter().map(|outcome| small((*outcome).into())).collect();
    let found: Vec<(Uuid, bool, bool)> = sqlx::query_as(
        "select task_id, bool_or(outcome = any ($2)), bool_or(outcome = $3 and recording is not null)
           from attempt where task_id = any ($1) group by task_id",
    )
    .bind(tasks)
    .bind(outcomes)
    .bind(small(AttemptOutcome::Reached.into()))
    .fetch_all(conn)
    .await?;
    let found = found.into_iter();
    Ok(found
        .map(|(task, futile, recorded)| (task, Found { futile, recorded }))
        .collect())
}

/// A call that reached the person and was recorded.
#[derive(Clone, Debug)]
pub struct RecordedCall {
    /// Number of the attempt.
    pub attempt: u32,
    /// Reference of the recording.
    pub recording: Sealed,
}

/// The newest recorded call of a task that reached the person.
///
/// # Errors
/// When the database fails.
pub async fn recorded_call(conn: &mut PgConnection, task: Uuid) -> Result<Option<RecordedCall>, StoreError> {
    let row: Option<(i32, Sealed)> = sqlx::query_as(
        "select number, recording from attempt
          where task_id = $1 and outcome = $2 and recording is not null order by number desc limit 1",
    )
    .bind(task)
    .bind(small(AttemptOutcome::Reached.into()))
    .fetch_optional(conn)
    .await?;
    row.map(|(number, recording)| {
        Ok(RecordedCall {
            attempt: fits("attempt", "number", number)?,
            recording,
        })
    })
    .transpose()
}
