//! Opens tasks for passed replies: in each round of an order one for each appeal that it answers. A task whose appellant
//! left no usable telephone number is ended as it is opened: unrated, for that ground.

use std::collections::HashSet;

use eventlog::{Effect, Tx};
use platform::store::StoreError;
use uuid::Uuid;

use super::tell;
use crate::domain::task::{About, Task};
use crate::events::{self, Passed};
use crate::store::tasks::{self, Texts};

/// Who ends a task without a call, in events.
const ITSELF: &str = "service:callback";

/// Applies passed replies within a transaction that the consumer lends. One effect per reply, whatever its appeals.
///
/// # Errors
/// When the store refuses.
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
    let ended = opened.iter().filter(|task| new.contains(&task.id));
    end_uncallable(tx, ended.cloned()).await?;
    let effect = |passed: &Passed| {
        if passed.asks.iter().any(|(id, _)| new.contains(id)) {
            Effect::Applied
        } else {
            Effect::Superseded("this round of the order has its tasks")
        }
    };
    Ok(passed.iter().map(effect).collect())
}

/// Ends those of new tasks whose appellant left no usable number.
async fn end_uncallable(tx: &mut Tx, tasks: impl Iterator<Item = Task>) -> Result<(), StoreError> {
    for task in tasks.filter_map(|task| task.without_channel(ITSELF)) {
        tasks::save(tx.conn(), &task, &Texts::default()).await?;
        let recorded = task.recorded().expect("it was recorded above");
        tell(tx, &task, |version| events::outcome(&task, recorded, version)).await?;
    }
    Ok(())
}
