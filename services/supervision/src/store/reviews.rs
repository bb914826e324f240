//! Reviews as rows.

use chrono::{DateTime, Utc};
use hotline_proto::common::RejectionGround;
use personal::sealing::{Cell, Sealed};
use platform::rows::{big, each, fits, impossible, int, known};
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
    let (id, replies) = match name {
        Name::Id(id) => (Some(id), Vec::new()),
        Name::Reply(reply) => (None, vec![reply]),
    };
    Ok(named(conn, id, &replies, unit).await?.pop())
}

/// Reviews of these replies. Replies without a review are left out.
///
/// # Errors
/// As [`find`].
pub async fn of_replies(conn: &mut PgConnection, replies: &[Uuid]) -> Result<Vec<Review>, StoreError> {
    let found = named(conn, None, replies, None).await?;
    Ok(found.into_iter().map(|found| found.listed.review).collect())
}

async fn named(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    replies: &[Uuid],
    unit: Option<&str>,
) -> Result<Vec<Found>, StoreError> {
    let rows: Vec<Whole> = sqlx::query_as(include_str!("reviews/find.sql"))
        .bind(id)
        .bind(replies)
        .bind(unit)
        .fetch_all(conn)
        .await?;
    let found = rows.into_iter().map(|whole| {
        Ok(Found {
            listed: whole.row.try_into()?,
            requirement: whole.requirement,
        })
    });
    found.collect()
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

/// A judged review with its text for the unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The review.
    pub review: Review,
    /// Sealed requirement. A rejection has one, a pass has none.
    pub requirement: Option<Sealed>,
}

/// Writes verdicts.
///
/// # Errors
/// [`StoreError::Impossible`] when a review was not open.
pub async fn save_verdicts(conn: &mut PgConnection, judged: &[Judged]) -> Result<(), StoreError> {
    let (mut verdicts, mut grounds) = (Vec::new(), Vec::new());
    let (mut times, mut reviewers) = (Vec::new(), Vec::new());
    for Judged { review, .. } in judged {
        let State::Judged {
            verdict,
            reviewer,
            reviewed_at,
        } = &review.state
        else {
            return Err(impossible("review", format!("{} has no verdict to write", review.id)));
        };
        verdicts.push(match verdict {
            Verdict::Pass => 1_i16,
            Verdict::Reject(_) => 2_i16,
        });
        grounds.push(numbers(verdict));
        times.push(*reviewed_at);
        reviewers.push(reviewer.clone());
    }
    let done = sqlx::query(
        "update review r
            set verdict = v.verdict, grounds = string_to_array(v.grounds, ' ')::smallint[],
                requirement = v.requirement, reviewed_at = v.reviewed_at, reviewer = v.reviewer, version = v.version
           from unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[], $7::bigint[])
             as v (id, verdict, grounds, requirement, reviewed_at, reviewer, version)
          where r.id = v.id and r.verdict is null",
    )
    .bind(judged.iter().map(|j| j.review.id).collect::<Vec<_>>())
    .bind(verdicts)
    .bind(grounds)
    .bind(judged.iter().map(|j| j.requirement.clone()).collect::<Vec<_>>())
    .bind(times)
    .bind(reviewers)
    .bind(judged.iter().map(|j| big(j.review.version)).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    each("review", judged.len(), done.rows_affected())
}

/// Numbers of the grounds with blanks between. An array of arrays of several lengths cannot be bound.
fn numbers(verdict: &Verdict) -> String {
    let grounds = match verdict {
        Verdict::Pass => &[][..],
        Verdict::Reject(grounds) => grounds,
    };
    let numbers = grounds.iter().map(|ground| i32::from(*ground).to_string());
    numbers.collect::<Vec<_>>().join(" ")
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
