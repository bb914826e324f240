//! Reviews as rows.

use chrono::{DateTime, Utc};
use hotline_proto::common::RejectionGround;
use personal::sealing::{Cell, Sealed};
use platform::rows::{fits, impossible, int, known, one, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::listing::ListedReview;
use crate::domain::review::{Review, State, Verdict};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: Uuid,
    order_id: Uuid,
    round: i32,
    reply_id: Uuid,
    submitted_at: DateTime<Utc>,
    late: bool,
    no_contact: bool,
    verdict: Option<i16>,
    grounds: Vec<i16>,
    reviewed_at: Option<DateTime<Utc>>,
    reviewer: Option<String>,
}

/// The review of a reply of an order whose row is locked, if there is one.
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn of_reply(conn: &mut PgConnection, order_id: Uuid, reply_id: Uuid) -> Result<Option<Review>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select id, order_id, round, reply_id, submitted_at, late, no_contact, verdict, grounds, reviewed_at, reviewer
           from review where order_id = $1 and reply_id = $2",
    )
    .bind(order_id)
    .bind(reply_id)
    .fetch_optional(conn)
    .await?;
    row.map(Review::try_from).transpose()
}

/// How a review is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// Its id.
    Id(Uuid),
    /// The reply that it judges.
    Reply(Uuid),
}

/// Where what a rejection requires stands, for sealing.
#[must_use]
pub const fn requirement(review: Uuid) -> Cell {
    Cell {
        table: "review",
        column: "requirement",
        row: review,
    }
}

#[derive(sqlx::FromRow)]
struct Whole {
    #[sqlx(flatten)]
    review: Row,
    requirement: Option<Sealed>,
    number: String,
}

/// A review and what it requires; only of an order that `unit` leads, or a unit below it when it is a top-level one, if
/// given.
///
/// # Errors
/// [`StoreError::Absent`]; [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn get(
    conn: &mut PgConnection,
    name: Name,
    unit: Option<&str>,
) -> Result<(ListedReview, Option<Sealed>), StoreError> {
    let (id, reply) = match name {
        Name::Id(id) => (Some(id), None),
        Name::Reply(reply) => (None, Some(reply)),
    };
    let row: Option<Whole> = sqlx::query_as(
        "select r.id, r.order_id, r.round, r.reply_id, r.submitted_at, r.late, r.no_contact, r.verdict, r.grounds,
                r.reviewed_at, r.reviewer, r.requirement, o.number
           from review r join watched_order o on o.id = r.order_id
          where (r.id = $1 or r.reply_id = $2)
            and ($3::text is null or o.lead_unit = $3 or o.lead_top_unit = $3)",
    )
    .bind(id)
    .bind(reply)
    .bind(unit)
    .fetch_optional(conn)
    .await?;
    let row = row.ok_or(StoreError::Absent("review"))?;
    let listed = ListedReview {
        review: row.review.try_into()?,
        order_number: row.number,
    };
    Ok((listed, row.requirement))
}

/// Puts open reviews on the desk.
///
/// # Errors
/// When the database refuses.
pub async fn open(conn: &mut PgConnection, reviews: &[Review]) -> Result<(), StoreError> {
    if reviews.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into review (id, order_id, round, reply_id, submitted_at, late, no_contact, grounds)
         select id, order_id, round, reply_id, submitted_at, late, no_contact, '{}'
           from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::bool[], $7::bool[])
             as r(id, order_id, round, reply_id, submitted_at, late, no_contact)",
    )
    .bind(reviews.iter().map(|r| r.id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.order_id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| int(r.round)).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.reply_id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.submitted_at).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.late).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.no_contact).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a verdict; `requirement` is there exactly for a rejection.
///
/// # Errors
/// [`StoreError::Impossible`] when the review was not open.
pub async fn save_verdict(
    conn: &mut PgConnection,
    review: &Review,
    requirement: Option<&Sealed>,
) -> Result<(), StoreError> {
    let State::Judged {
        verdict,
        reviewer,
        reviewed_at,
    } = &review.state
    else {
        return Err(impossible("review", format!("{} has no verdict to write", review.id)));
    };
    let grounds = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Reject(grounds) => grounds.iter().map(|g| small((*g).into())).collect(),
    };
    let done = sqlx::query(
        "update review set verdict = $2, grounds = $3, requirement = $4, reviewed_at = $5, reviewer = $6
          where id = $1 and verdict is null",
    )
    .bind(review.id)
    .bind(match verdict {
        Verdict::Pass => 1_i16,
        Verdict::Reject(_) => 2_i16,
    })
    .bind(grounds)
    .bind(requirement)
    .bind(reviewed_at)
    .bind(reviewer)
    .execute(conn)
    .await?;
    one("review", review.id, done.rows_affected())
}

impl TryFrom<Row> for Review {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        const TABLE: &str = "review";
        let grounds = row
            .grounds
            .iter()
            .map(|ground| known::<RejectionGround>(TABLE, "grounds", *ground))
            .collect::<Result<Vec<_>, _>>()?;
        let state = match (row.verdict, row.reviewer, row.reviewed_at) {
            (None, None, None) if grounds.is_empty() => State::Open,
            (Some(1), Some(reviewer), Some(reviewed_at)) if grounds.is_empty() => State::Judged {
                verdict: Verdict::Pass,
                reviewer,
                reviewed_at,
            },
            (Some(2), Some(reviewer), Some(reviewed_at)) if !grounds.is_empty() => State::Judged {
                verdict: Verdict::Reject(grounds),
                reviewer,
                reviewed_at,
            },
            (verdict, ..) => {
                return Err(impossible(
                    TABLE,
                    format!("{} has verdict {verdict:?} without its facts", row.id),
                ));
            }
        };
        Ok(Self {
            id: row.id,
            order_id: row.order_id,
            round: fits(TABLE, "round", row.round)?,
            reply_id: row.reply_id,
            submitted_at: row.submitted_at,
            late: row.late,
            no_contact: row.no_contact,
            state,
        })
    }
}
