//! The audit of readings of personal fields. Insert only.

use chrono::{DateTime, Utc};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// One reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalRead {
    /// Identity.
    pub id: Uuid,
    /// Whose fields.
    pub appeal: Uuid,
    /// Subject of the reader.
    pub reader: String,
    /// Unit and order that routing vouched for; the unit is empty for the hotline's own people.
    pub vouched: Option<(String, Uuid)>,
    /// Why.
    pub purpose: String,
    /// Names of the fields shown.
    pub fields: &'static [&'static str],
    /// When.
    pub read_at: DateTime<Utc>,
}

/// Records a reading; it must be committed before anything is shown.
///
/// # Errors
/// When the database refuses.
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
    .bind(read.fields)
    .bind(read.read_at)
    .execute(conn)
    .await?;
    Ok(())
}
