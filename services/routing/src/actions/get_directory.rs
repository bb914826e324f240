//! Reads units, catalogue and limits in force on a day.

use std::sync::Arc;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::{Error, Rules};
use crate::NAME;
use crate::domain::directory::Directory;

/// What is in force; parts that were never published are empty, with version 0.
///
/// # Errors
/// The store's.
#[tracing::instrument(skip_all, fields(service = NAME), name = "get_directory")]
pub async fn get_directory(conn: &mut PgConnection, rules: &Rules, day: NaiveDate) -> Result<Arc<Directory>, Error> {
    Ok(rules.directories.on(conn, day).await?)
}
