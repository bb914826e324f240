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
    /// Appeal or message that was read.
    pub of: Of,
    /// Subject of the reader.
    pub reader: String,
    /// Unit and order that routing vouched for. The unit is empty for hotline staff.
    pub vouched: Option<(String, Uuid)>,
    /// Purpose.
    pub purpose: String,
    /// Names of the cells that are opened for the reader; those of `inquiry` with their table.
    pub fields: Vec<&'static str>,
    /// Time of the reading.
    pub read_at: DateTime<Utc>,
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// An appeal.
    Appeal(Uuid),
    /// A message of an account.
    Message(Uuid),
}

/// Records a reading. It must be committed before anything is shown.
///
/// # Errors
/// Errors of the database.
pub async fn record(conn: &mut PgConnection, read: &PersonalRead) -> Result<(), StoreError> {
    let (unit, order) = read.vouched.clone().unzip();
    let (appeal, message) = match read.of {
        Of::Appeal(appeal) => (Some(appeal), None),
        Of::Message(message) => (None, Some(message)),
    };
    sqlx::query(
        "insert into personal_read (id, appeal, message, reader, unit, order_id, purpose, fields, read_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(read.id)
    .bind(appeal)
    .bind(message)
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
