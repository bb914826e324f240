//! Questions to appellants and their answers as rows; both texts are sealed.

use chrono::{DateTime, Utc};
use personal::sealing::Sealed;
use platform::rows::{fits, impossible, int, one};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::appeal::AppealId;

/// Adds a question, the next `number` of its appeal.
///
/// # Errors
/// Errors of the database.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    appeal: AppealId,
    number: u32,
    asked_at: DateTime<Utc>,
    question: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query("insert into inquiry (id, appeal_id, asked_at, question, number) values ($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(appeal.0)
        .bind(asked_at)
        .bind(question)
        .bind(int(number))
        .execute(conn)
        .await?;
    Ok(())
}

/// Number of questions of an appeal.
///
/// # Errors
/// Errors of the database.
pub async fn count(conn: &mut PgConnection, appeal: AppealId) -> Result<u32, StoreError> {
    let count: i64 = sqlx::query_scalar("select count(*) from inquiry where appeal_id = $1")
        .bind(appeal.0)
        .fetch_one(conn)
        .await?;
    fits("inquiry", "count", count)
}

/// The open question of an appeal that waits for its appellant.
///
/// # Errors
/// [`StoreError::Impossible`] for an appeal without an open question.
pub async fn open(conn: &mut PgConnection, appeal: AppealId) -> Result<Uuid, StoreError> {
    let id = sqlx::query_scalar("select id from inquiry where appeal_id = $1 and answered_at is null")
        .bind(appeal.0)
        .fetch_optional(conn)
        .await?;
    id.ok_or_else(|| impossible("inquiry", format!("appeal {} waits without a question", appeal.0)))
}

/// Writes the answer to an open question.
///
/// # Errors
/// [`StoreError::Impossible`] when it is answered already.
pub async fn answer(
    conn: &mut PgConnection,
    id: Uuid,
    answered_at: DateTime<Utc>,
    answer: &Sealed,
) -> Result<(), StoreError> {
    let done = sqlx::query("update inquiry set answered_at = $2, answer = $3 where id = $1 and answered_at is null")
        .bind(id)
        .bind(answered_at)
        .bind(answer)
        .execute(conn)
        .await?;
    one("inquiry", id, done.rows_affected())
}
