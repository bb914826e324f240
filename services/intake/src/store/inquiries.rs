//! Questions to appellants and their answers as rows; both texts are sealed.

use chrono::{DateTime, Utc};
use personal::sealing::Sealed;
use platform::rows::{fits, impossible, int, one};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::appeal::{Appeal, AppealId};

/// A question to an appellant.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// Identity.
    pub id: Uuid,
    /// Time of the question.
    pub asked_at: DateTime<Utc>,
    /// The question.
    pub question: Sealed,
    /// The appellant's answer; `None` while the question is open.
    pub supplement: Option<Supplement>,
}

/// An appellant's answer to a question.
#[derive(Clone, Debug)]
pub struct Supplement {
    /// Time of the answer.
    pub answered_at: DateTime<Utc>,
    /// The answer.
    pub text: Sealed,
}

/// The questions of an appeal, oldest first. Questions and answers that are newer than the appeal as it was read are left
/// out.
///
/// # Errors
/// [`StoreError::Impossible`] for half an answer.
pub async fn of(conn: &mut PgConnection, appeal: &Appeal) -> Result<Vec<Inquiry>, StoreError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        id: Uuid,
        asked_at: DateTime<Utc>,
        question: Sealed,
        answered_at: Option<DateTime<Utc>>,
        answer: Option<Sealed>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "select id, asked_at, question, answered_at, answer from inquiry
          where appeal_id = $1 and asked_at <= $2 order by number",
    )
    .bind(appeal.id.0)
    .bind(appeal.changed_at)
    .fetch_all(conn)
    .await?;
    let inquiry = |row: Row| {
        let supplement = match (row.answered_at, row.answer) {
            (None, None) => None,
            (Some(answered_at), Some(text)) => Some(Supplement { answered_at, text }),
            _ => return Err(impossible("inquiry", format!("{} has half an answer", row.id))),
        };
        Ok(Inquiry {
            id: row.id,
            asked_at: row.asked_at,
            question: row.question,
            supplement: supplement.filter(|supplement| supplement.answered_at <= appeal.changed_at),
        })
    };
    rows.into_iter().map(inquiry).collect()
}

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
