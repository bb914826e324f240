//! Reads one task, and its texts for callers that may read them. The reading is recorded before the text is shown
//! (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::reached;
use crate::domain::reach::Reach;
use crate::domain::task::Task;
use crate::store::attempts::{self, RecordedCall};
use crate::store::tasks::{self, Texts};

/// Returns the task.
///
/// # Errors
/// [`StoreError::Absent`] for a task that is unknown or out of the caller's reach.
pub async fn get_task(conn: &mut PgConnection, id: Uuid, reach: &Reach) -> Result<Task, StoreError> {
    reached(tasks::get(conn, id).await?, reach)
}

/// Returns the task with its sealed texts and the sealed reference of its recorded call. A caller that may not learn
/// the appellant gets neither, and no reading is recorded. Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] for a task that is unknown or out of the caller's reach.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "read_task_texts")]
pub async fn read_task_texts(
    tx: &mut Tx,
    id: Uuid,
    reach: &Reach,
    reader: &str,
    now: DateTime<Utc>,
) -> Result<(Task, Texts, Option<RecordedCall>), StoreError> {
    let task = reached(tasks::get(tx.conn(), id).await?, reach)?;
    if !reach.shows_appellant(&task.about) {
        return Ok((task, Texts::default(), None));
    }
    let texts = tasks::texts(tx.conn(), id).await?;
    let call = attempts::recorded_call(tx.conn(), id).await?;
    let mut opened = vec![SealedRead {
        table: tasks::TABLE,
        row: id,
        columns: reads::shown([("comment", &texts.comment), ("reason", &texts.reason)]),
        reader,
        at: now,
    }];
    if let Some(call) = &call {
        let recording = attempts::recording_cell(id, call.attempt);
        opened.push(SealedRead {
            table: recording.table,
            // Recorded under the task's id: an attempt has no id, and auditors search readings by task.
            row: id,
            columns: vec![recording.column],
            reader,
            at: now,
        });
    }
    reads::record(tx.conn(), &opened).await?;
    Ok((task, texts, call))
}
