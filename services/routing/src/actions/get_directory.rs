//! Reads the units, catalogue and limits that are in force on a day.

use std::sync::Arc;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::{Error, Rules};
use crate::NAME;
use crate::domain::directory::Directory;

/// The directory in force. A part that was never published is empty and has version 0.
///
/// # Errors
/// Errors of the store.
#[tracing::instrument(skip_all, fields(service = NAME), name = "get_directory")]
pub async fn get_directory(conn: &mut PgConnection, rules: &Rules, day: NaiveDate) -> Result<Arc<Directory>, Error> {
    Ok(rules.directories.on(conn, day).await?)
}
