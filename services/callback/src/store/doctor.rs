//! Rows that break an invariant. The schema forbids most of them; the doctor looks all the same.

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Rows of each kind that are named at most: an operator needs the first ones, not all.
const MOST: i64 = 100;

/// I6: dissatisfied outcomes that are neither judged nor wait for a judgement.
///
/// # Errors
/// When the database cannot be read.
pub async fn unjudged(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select id from callback_task
          where rating in (4, 5) and cause is null and state <> 'pending_judgement' order by id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I6: judgements that blame the unit and were not published: the event that leads to rework is not in the log.
///
/// # Errors
/// When the database cannot be read.
pub async fn untold_judgements(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select t.id from callback_task t
          where t.cause = 1
            and not exists (select from log l where l.event_id = t.judged_event and l.key = t.order_id)
          order by t.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I7: grades, or answers, of people whom no attempt reached.
///
/// # Errors
/// When the database cannot be read.
pub async fn grades_of_nobody(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select t.id from callback_task t
          where (t.rating between 1 and 5 or t.solved is not null)
            and not exists (select from attempt a where a.task_id = t.id and a.outcome = 1)
          order by t.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I7: tasks whose count of attempts, or whether one reached the person, is not what their attempts say.
///
/// # Errors
/// When the database cannot be read.
pub async fn miscounted(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select t.id
           from callback_task t left join attempt a on a.task_id = t.id
          group by t.id, t.attempt_count, t.reached
         having count(a.number) <> t.attempt_count
             or coalesce(max(a.number), 0) <> t.attempt_count
             or coalesce(bool_or(a.outcome = 1), false) <> t.reached
          order by t.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// I7: tasks whose appellant cannot be called and that wait all the same, were called, or ended otherwise than unrated
/// for that ground; and tasks of others that ended for it.
///
/// # Errors
/// When the database cannot be read.
pub async fn uncallable(conn: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar(
        "select t.id from callback_task t
          where (t.no_channel or t.ground is not null)
            and not (t.no_channel and not t.anonymous and t.state = 'done' and t.rating = 6
                     and coalesce(t.ground, 0) = 1 and t.attempt_count = 0
                     and not exists (select from attempt a where a.task_id = t.id))
          order by t.id limit $1",
    )
    .bind(MOST)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// A judgement that blames the unit, and where it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Blamed {
    /// The task.
    pub task: Uuid,
    /// Its order.
    pub order: Uuid,
    /// Event that published it.
    pub event: Uuid,
    /// Partition of the log that it stands in.
    pub partition: i16,
    /// Its position there.
    pub position: i64,
}

/// Judgements that blame the unit, by task.
///
/// # Errors
/// When the database cannot be read.
pub async fn blamed_after(conn: &mut PgConnection, after: Uuid, page: i64) -> Result<Vec<Blamed>, StoreError> {
    let rows = sqlx::query_as(
        "select t.id as task, t.order_id as \"order\", t.judged_event as event, l.partition, l.position
           from callback_task t join log l on l.event_id = t.judged_event and l.key = t.order_id
          where t.cause = 1 and t.id > $1 order by t.id limit $2",
    )
    .bind(after)
    .bind(page)
    .fetch_all(conn)
    .await?;
    Ok(rows)
}
