//! Lists tasks by the time they were opened.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;

use crate::domain::task::Task;
use crate::store::listing::{self, Filter};

/// Filter and page of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTasks {
    /// Times and page.
    pub window: Window,
    /// Conditions on the tasks.
    pub filter: Filter,
}

/// Returns one page, with the tasks' state at `wall`.
///
/// # Errors
/// When the store fails.
pub async fn list_tasks(
    conn: &mut PgConnection,
    query: &ListTasks,
    wall: DateTime<Utc>,
) -> Result<Vec<Task>, StoreError> {
    listing::tasks(conn, &query.window, &query.filter, wall).await
}
