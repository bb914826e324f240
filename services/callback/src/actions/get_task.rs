//! Reads one task, and what was said to those who may read it: on record before it is shown (I10).

use chrono::{DateTime, Utc};
use eventlog::Tx;
use personal::reads::{self, SealedRead};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::reached;
use crate::domain::reach::Reach;
use crate::domain::task::Task;
use crate::store::tasks::{self, RecordedCall, Texts};

/// The task.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown one, and for one out of reach.
pub async fn get_task(conn: &mut PgConnection, id: Uuid, reach: &Reach) -> Result<Task, StoreError> {
    reached(tasks::get(conn, id).await?, reach)
}

/// The task with what was said of it and the call that it was said in, sealed. A caller that may not learn the appellant
/// gets neither, and nothing is on record. Runs inside the transaction that the call opened.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown one, and for one out of reach.
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
    let call = tasks::recorded_call(tx.conn(), id).await?;
    let mut opened = vec![SealedRead {
        table: tasks::TABLE,
        row: id,
        columns: reads::shown([("comment", &texts.comment), ("reason", &texts.reason)]),
        reader,
        at: now,
    }];
    if let Some(call) = &call {
        let recording = tasks::recording_cell(id, call.attempt);
        opened.push(SealedRead {
            table: recording.table,
            // The task's id: an attempt has none, and who listened is looked for by the task.
            row: id,
            columns: vec![recording.column],
            reader,
            at: now,
        });
    }
    reads::record(tx.conn(), &opened).await?;
    Ok((task, texts, call))
}
