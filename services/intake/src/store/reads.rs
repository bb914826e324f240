//! Audit of readings of personal fields. Insert only.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalRead {
    /// Identity.
    pub id: Uuid,
    /// Appeal that was read.
    pub appeal: Uuid,
    /// Subject of the reader.
    pub reader: String,
    /// Unit and order that routing vouched for. The unit is empty for hotline staff.
    pub vouched: Option<(String, Uuid)>,
    /// Purpose.
    pub purpose: String,
    /// Names of the cells that are opened for the reader; those of another table than `appeal` with their table.
    pub fields: Vec<&'static str>,
    /// Time of the reading.
    pub read_at: DateTime<Utc>,
}

/// Records a reading. It must be committed before anything is shown.
///
/// # Errors
/// Errors of the database.
pub async fn record(conn: &mut PgConnection, read: &PersonalRead) -> Result<(), StoreError> {
    let (unit, order) = read.vouched.clone().unzip();
    sqlx::query(
        "insert into personal_read (id, appeal, reader, unit, order_id, purpose, fields, read_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(read.id)
    .bind(read.appeal)
    .bind(&read.reader)
    .bind(unit)
    .bind(order)
    .bind(&read.purpose)
    .bind(&read.fields)
    .bind(read.read_at)
    .execute(conn)
    .await?;
    Ok(())
}
