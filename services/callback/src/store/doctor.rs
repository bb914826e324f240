//! Finds rows that break an invariant. The schema forbids most of them; the doctor checks them again.

use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

/// Most rows of a kind that are listed. An operator needs the first ones only.
const MOST: i64 = 100;

/// I6: dissatisfied outcomes that are neither judged nor waiting for a judgement.
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

/// I6: judgements that blame the unit, whose event is missing from the log. Without the event there is no rework.
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

/// I7: grades or answers of people that no attempt reached.
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

/// I7: tasks whose columns contradict their attempts: the count, or whether one reached the person.
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

/// I7: tasks whose appellant left no usable number, and that wait, were called, or ended on another ground. Also tasks
/// of reachable appellants that ended on that ground.
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

/// A judgement that blames the unit, and the place of its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Blamed {
    /// The task.
    pub task: Uuid,
    /// Order of the task.
    pub order: Uuid,
    /// Event that published it.
    pub event: Uuid,
    /// Partition of the log that holds the event.
    pub partition: i16,
    /// Position of the event there.
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
