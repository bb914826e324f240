//! Opens a task for each passed reply: one per round of an order. A task whose appellant left no usable telephone number
//! is ended as it is opened: unrated, for that ground.

use std::collections::HashSet;

use eventlog::{Effect, Tx};
use platform::store::StoreError;
use uuid::Uuid;

use crate::domain::task::Task;
use crate::events::{self, Passed};
use crate::store::tasks::{self, Texts};

/// Who ends a task without a call, in events.
const ITSELF: &str = "service:callback";

/// Applies passed replies within a transaction that the consumer lends. One effect per reply.
///
/// # Errors
/// When the store refuses.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "open_tasks")]
pub async fn open_tasks(tx: &mut Tx, passed: &[Passed]) -> Result<Vec<Effect>, StoreError> {
    if passed.is_empty() {
        return Ok(Vec::new());
    }
    let orders: Vec<Uuid> = passed.iter().map(|passed| passed.about.order_id).collect();
    // A round is passed after the one before was judged: nothing more is told of that one.
    let told = tasks::told(tx.conn(), &orders).await?;
    let opened: Vec<Task> = passed
        .iter()
        .map(|passed| {
            let about = passed.about.clone();
            let told = told.get(&about.order_id).copied().unwrap_or_default();
            Task::open(passed.task_id, about, told, passed.at)
        })
        .collect();
    let new: HashSet<Uuid> = tasks::open(tx.conn(), &opened).await?.into_iter().collect();
    let ended = opened.iter().filter(|task| new.contains(&task.id));
    end_uncallable(tx, ended.cloned()).await?;
    let effect = |task: &Task| {
        if new.contains(&task.id) {
            Effect::Applied
        } else {
            Effect::Superseded("this round of the order has its task")
        }
    };
    Ok(opened.iter().map(effect).collect())
}

/// Ends those of new tasks whose appellant left no usable number.
async fn end_uncallable(tx: &mut Tx, tasks: impl Iterator<Item = Task>) -> Result<(), StoreError> {
    for task in tasks.filter_map(|task| task.without_channel(ITSELF)) {
        tasks::save(tx.conn(), &task, &Texts::default()).await?;
        tx.tell(events::outcome(&task).expect("it was recorded above"));
    }
    Ok(())
}
