//! Reviews as rows.

use chrono::{DateTime, Utc};
use hotline_proto::common::RejectionGround;
use personal::sealing::{Cell, Sealed};
use platform::rows::{big, fits, impossible, int, known, one, small};
use platform::store::StoreError;
use rpc::listing::Window;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::review::{Review, State, Verdict};

/// A review with the number of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedReview {
    /// The review.
    pub review: Review,
    /// Number of its order.
    pub order_number: String,
}

/// A review and its requirement for the unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The review.
    pub listed: ListedReview,
    /// Sealed requirement; only a rejection has one.
    pub requirement: Option<Sealed>,
}

/// The name of a review in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    /// Its id.
    Id(Uuid),
    /// Id of the reply that it judges.
    Reply(Uuid),
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    order_id: Uuid,
    round: i32,
    reply_id: Uuid,
    submitted_at: DateTime<Utc>,
    late: bool,
    no_contact: bool,
    version: i64,
    verdict: Option<i16>,
    grounds: Vec<i16>,
    reviewed_at: Option<DateTime<Utc>>,
    reviewer: Option<String>,
    number: String,
}

#[derive(sqlx::FromRow)]
struct Whole {
    #[sqlx(flatten)]
    row: Row,
    requirement: Option<Sealed>,
}

/// The cell that a requirement is sealed for.
#[must_use]
pub const fn requirement(review: Uuid) -> Cell {
    Cell {
        table: "review",
        column: "requirement",
        row: review,
    }
}

/// A review and its requirement, if it exists. With a `unit`, only a review whose order exists for it
/// ([`crate::domain::watch::WatchedOrder::exists_for`]).
///
/// # Errors
/// [`StoreError::Impossible`] for a row that no transition could have written.
pub async fn find(conn: &mut PgConnection, name: Name, unit: Option<&str>) -> Result<Option<Found>, StoreError> {
    let (id, reply) = match name {
        Name::Id(id) => (Some(id), None),
        Name::Reply(reply) => (None, Some(reply)),
    };
    let whole: Option<Whole> = sqlx::query_as(include_str!("reviews/find.sql"))
        .bind(id)
        .bind(reply)
        .bind(unit)
        .fetch_optional(conn)
        .await?;
    whole
        .map(|whole| {
            Ok(Found {
                listed: whole.row.try_into()?,
                requirement: whole.requirement,
            })
        })
        .transpose()
}

/// Reviews by the time their replies were submitted, then by id. With a `unit`, only those of orders that exist for it.
///
/// # Errors
/// As [`find`].
pub async fn list(
    conn: &mut PgConnection,
    window: &Window,
    open_only: bool,
    unit: Option<&str>,
) -> Result<Vec<ListedReview>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(include_str!("reviews/list.sql"))
        .bind(window.after.0)
        .bind(window.after.1)
        .bind(window.before)
        .bind(window.limit)
        .bind(open_only)
        .bind(unit)
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(ListedReview::try_from).collect()
}

/// Inserts open reviews.
///
/// # Errors
/// When the database fails.
pub async fn open(conn: &mut PgConnection, reviews: &[Review]) -> Result<(), StoreError> {
    if reviews.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into review (grounds, id, order_id, round, reply_id, submitted_at, late, no_contact, version)
         select '{}', r.* from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[], $6::bool[],
                $7::bool[], $8::bigint[]) as r",
    )
    .bind(reviews.iter().map(|r| r.id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.order_id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| int(r.round)).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.reply_id).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.submitted_at).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.late).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| r.no_contact).collect::<Vec<_>>())
    .bind(reviews.iter().map(|r| big(r.version)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a verdict. A rejection has a `requirement`, a pass has none.
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
        "update review set verdict = $2, grounds = $3, requirement = $4, reviewed_at = $5, reviewer = $6,
                version = $7
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
    .bind(big(review.version))
    .execute(conn)
    .await?;
    one("review", review.id, done.rows_affected())
}

impl TryFrom<Row> for ListedReview {
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
                    format!("{} has verdict {verdict:?} that contradicts its other columns", row.id),
                ));
            }
        };
        Ok(Self {
            review: Review {
                id: row.id,
                order_id: row.order_id,
                round: fits(TABLE, "round", row.round)?,
                reply_id: row.reply_id,
                submitted_at: row.submitted_at,
                late: row.late,
                no_contact: row.no_contact,
                version: fits(TABLE, "version", row.version)?,
                state,
            },
            order_number: row.number,
        })
    }
}
