//! Reads one task.

use eventlog::Store;
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::task::Task;
use crate::store::tasks;

/// The task.
///
/// # Errors
/// [`StoreError::Absent`] for an unknown one.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "get_task")]
pub async fn get_task(store: &Store, id: Uuid) -> Result<Task, StoreError> {
    let mut connection = store.reading("get_task").await?;
    tasks::get(&mut connection, id).await
}
