//! Opens tasks for passed replies: one for each appeal and round of an order. A task whose appellant left no usable
//! telephone number ends at once: unrated, with the ground `NO_CHANNEL`.

use std::collections::HashSet;

use eventlog::{Effect, Tx};
use platform::store::StoreError;
use uuid::Uuid;

use super::next_told;
use crate::domain::task::{About, Task};
use crate::events::{self, Passed};
use crate::store::tasks::{self, Change, Texts};

/// The actor in events for a task that ends without a call.
const ITSELF: &str = "service:callback";

/// Applies passed replies within the consumer's transaction. Returns one effect per reply, however many appeals it
/// answers.
///
/// # Errors
/// When the store fails.
#[tracing::instrument(skip_all, fields(service = crate::NAME), name = "open_tasks")]
pub async fn open_tasks(tx: &mut Tx, passed: &[Passed]) -> Result<Vec<Effect>, StoreError> {
    if passed.is_empty() {
        return Ok(Vec::new());
    }
    let asked = |passed: &Passed| {
        let open = |(id, about): &(Uuid, About)| Task::open(*id, about.clone(), passed.at);
        passed.asks.iter().map(open).collect::<Vec<Task>>()
    };
    let opened: Vec<Task> = passed.iter().flat_map(asked).collect();
    let new: HashSet<Uuid> = tasks::open(tx.conn(), &opened).await?.into_iter().collect();
    end_uncallable(tx, opened.into_iter().filter(|task| new.contains(&task.id))).await?;
    let effect = |passed: &Passed| {
        if passed.asks.iter().any(|(id, _)| new.contains(id)) {
            Effect::Applied
        } else {
            Effect::Superseded("this round of the order has its tasks")
        }
    };
    Ok(passed.iter().map(effect).collect())
}

/// Ends the new tasks whose appellant left no usable number.
async fn end_uncallable(tx: &mut Tx, new: impl Iterator<Item = Task> + Send) -> Result<(), StoreError> {
    let change = |task: Task| {
        Some(Change {
            from_version: task.version,
            task: task.without_channel(ITSELF)?,
            texts: Texts::default(),
        })
    };
    let changes: Vec<Change> = new.filter_map(change).collect();
    tasks::save(tx.conn(), &changes).await?;
    let ended: Vec<Task> = changes.into_iter().map(|change| change.task).collect();
    let versions = next_told(tx, &ended).await?;
    for (task, version) in ended.iter().zip(versions) {
        let recorded = task.recorded().expect("it was recorded above");
        tx.tell(events::outcome(task, recorded, version));
    }
    Ok(())
}
