//! Lists tasks by the time they were opened.

use chrono::{DateTime, Utc};
use eventlog::Store;
use platform::store::StoreError;

use crate::domain::task::Task;
use crate::store::listing::{self, Filter};
use platform::listing::Window;

/// Which tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTasks {
    /// Times and page.
    pub window: Window,
    /// What narrows it.
    pub filter: Filter,
}

/// One page, as the tasks stand at `wall`.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "list_tasks")]
pub async fn list_tasks(store: &Store, query: &ListTasks, wall: DateTime<Utc>) -> Result<Vec<Task>, StoreError> {
    let mut connection = store.reading("list_tasks").await?;
    listing::tasks(&mut connection, &query.window, &query.filter, wall).await
}
