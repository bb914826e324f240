//! Calls of one verb that come at once are written together, in one transaction with one commit.
//!
//! The first caller leads: it writes all calls that wait, its own among them, and hands the next ones over to one of
//! those who came meanwhile. Nobody waits for a group to fill up. A call that is traced is written alone, so that its
//! events carry its trace.

use std::any::{Any, TypeId};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eventlog::Call;
use platform::status;
use tokio::sync::oneshot;
use tonic::{Code, Status};

use crate::{At, Batched, Served, decide};

/// Most groups of one verb that are written at once: while one commits, the next one runs its statements.
const MOST_GROUPS: usize = 2;

/// Most calls of one group.
const MOST_CALLS: usize = 100;

/// The waiting calls of a service, by verb.
#[derive(Clone, Default)]
pub struct Groups(Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Groups {
    fn of<S: Served, V: Batched<S>>(&self) -> Arc<Group<V, V::Answer>> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let group = groups.entry(TypeId::of::<V>()).or_insert_with(|| {
            let group: Arc<Group<V, V::Answer>> = Arc::default();
            group
        });
        group.clone().downcast().expect("the type is the key")
    }

    /// Writes a call together with those that come at once.
    ///
    /// # Errors
    /// The verb's refusal of this call; UNAVAILABLE when its leader died.
    pub(crate) async fn join<S: Served, V: Batched<S>>(
        &self,
        service: &S,
        call: Call,
        verb: V,
    ) -> Result<V::Answer, Status> {
        let group = self.of::<S, V>();
        let (leader, own) = match group.enter(call, verb) {
            Entered::Leads(leader, own) => (leader, own),
            Entered::Waits(turn) => match turn.await {
                Ok(Turn::Answer(answer)) => return answer,
                Ok(Turn::Leads(leader, own)) => (leader, own),
                Err(_) => {
                    return Err(status::unavailable(
                        "the call was cut off; try again with the same request_id",
                    ));
                }
            },
        };
        let (calls, verbs, waiting) = leader.take(*own);
        let mut results = all::<S, V>(service, calls, verbs).await.into_iter();
        let own = results.next().expect("each call has a result");
        for (result, sender) in results.zip(waiting) {
            // A caller that has gone gets its answer by the same request_id.
            let _ = sender.send(Turn::Answer(result));
        }
        own
    }
}

/// Decides the calls of a group. When the whole group fails, each call is decided alone: one of them may be the cause.
/// When the database is away, none is: they would wait for it one after the other.
async fn all<S: Served, V: Batched<S>>(service: &S, calls: Vec<Call>, verbs: Vec<V>) -> Vec<Result<V::Answer, Status>> {
    let (at, count) = (At::of(service), calls.len());
    let alone = if calls.len() > 1 {
        Some((calls.clone(), verbs.clone()))
    } else {
        None
    };
    let failed = match decide(service, at.clone(), calls, verbs).await {
        Ok(results) => return results,
        Err(failed) => failed,
    };
    let alone = alone.filter(|_| failed.code() != Code::Unavailable);
    let Some((calls, verbs)) = alone else {
        return (0..count).map(|_| Err(failed.clone())).collect();
    };
    let mut results = Vec::with_capacity(calls.len());
    for (call, verb) in calls.into_iter().zip(verbs) {
        let result = decide(service, at.clone(), vec![call], vec![verb]).await;
        results.push(result.and_then(|mut results| results.pop().expect("one call has one result")));
    }
    results
}

/// A call with its verb.
type Own<V> = Box<(Call, V)>;

/// What a waiting caller gets.
enum Turn<V, A> {
    /// The result of its call.
    Answer(Result<A, Status>),
    /// Its call back, to lead the next group. A caller that has gone drops the lead, which goes on to the next one.
    Leads(Leader<V, A>, Own<V>),
}

type Sender<V, A> = oneshot::Sender<Turn<V, A>>;

enum Entered<V, A> {
    Leads(Leader<V, A>, Own<V>),
    Waits(oneshot::Receiver<Turn<V, A>>),
}

/// The waiting calls of one verb.
struct Group<V, A>(Mutex<Waiting<V, A>>);

struct Waiting<V, A> {
    calls: VecDeque<(Own<V>, Sender<V, A>)>,
    leaders: usize,
}

impl<V, A> Default for Group<V, A> {
    fn default() -> Self {
        Self(Mutex::new(Waiting {
            calls: VecDeque::new(),
            leaders: 0,
        }))
    }
}

impl<V, A> Group<V, A> {
    /// Each line leaves the queue right, so a panic elsewhere cannot have broken it.
    fn waiting(&self) -> MutexGuard<'_, Waiting<V, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, call: Call, verb: V) -> Entered<V, A> {
        let own = Box::new((call, verb));
        let mut waiting = self.waiting();
        if waiting.leaders < MOST_GROUPS {
            waiting.leaders += 1;
            return Entered::Leads(Leader { group: self.clone() }, own);
        }
        let (sender, receiver) = oneshot::channel();
        waiting.calls.push_back((own, sender));
        Entered::Waits(receiver)
    }
}

/// The lead of one group. When it is dropped, the next caller in the queue gets it.
struct Leader<V, A> {
    group: Arc<Group<V, A>>,
}

impl<V, A> Leader<V, A> {
    /// The calls of the group, the leader's own first. The same call twice is left for another group, which finds the
    /// first answer.
    fn take(&self, own: (Call, V)) -> (Vec<Call>, Vec<V>, Vec<Sender<V, A>>) {
        let mut seen = HashSet::from([(own.0.caller.clone(), own.0.request_id)]);
        let (mut calls, mut verbs, mut senders) = (vec![own.0], vec![own.1], Vec::new());
        let mut waiting = self.group.waiting();
        let mut left = VecDeque::new();
        while let Some((own, sender)) = waiting.calls.pop_front() {
            if calls.len() < MOST_CALLS && seen.insert((own.0.caller.clone(), own.0.request_id)) {
                calls.push(own.0);
                verbs.push(own.1);
                senders.push(sender);
            } else {
                left.push_back((own, sender));
            }
        }
        waiting.calls = left;
        (calls, verbs, senders)
    }
}

impl<V, A> Drop for Leader<V, A> {
    fn drop(&mut self) {
        let next = {
            let mut waiting = self.group.waiting();
            let next = waiting.calls.pop_front();
            if next.is_none() {
                waiting.leaders -= 1;
            }
            next
        };
        let Some((own, sender)) = next else { return };
        let leader = Self {
            group: self.group.clone(),
        };
        // The call of a caller that has gone was never begun. Its lead is dropped here, or with the unread message.
        let _ = sender.send(Turn::Leads(leader, own));
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    type OfTest = Arc<Group<u8, ()>>;

    fn enter(group: &OfTest) -> Entered<u8, ()> {
        let call = Call {
            caller: "test".to_owned(),
            rpc: "Test".to_owned(),
            request_id: Uuid::new_v4(),
            content: Vec::new(),
            now: DateTime::UNIX_EPOCH,
        };
        group.enter(call, 0)
    }

    fn waits(group: &OfTest) -> oneshot::Receiver<Turn<u8, ()>> {
        match enter(group) {
            Entered::Waits(turn) => turn,
            Entered::Leads(..) => panic!("all groups are led"),
        }
    }

    fn leads(group: &OfTest) -> (Leader<u8, ()>, Own<u8>) {
        match enter(group) {
            Entered::Leads(leader, own) => (leader, own),
            Entered::Waits(_) => panic!("a lead is free"),
        }
    }

    #[test]
    fn a_caller_that_has_gone_passes_the_lead_on() {
        let group = OfTest::default();
        let (first, second) = (leads(&group), leads(&group));
        let (gone, unread, mut last) = (waits(&group), waits(&group), waits(&group));
        drop(gone);
        drop(first);
        // The lead is in the message that `unread` never reads.
        drop(unread);
        let Ok(Turn::Leads(leader, _)) = last.try_recv() else {
            panic!("the lead reached the last one")
        };
        assert_eq!(group.waiting().leaders, 2);
        drop((leader, second));
        assert_eq!(group.waiting().leaders, 0, "the leads are free again");
        assert!(group.waiting().calls.is_empty());
    }

    #[test]
    fn a_leader_takes_those_who_wait_but_no_call_twice() {
        let group = OfTest::default();
        let (leader, own) = leads(&group);
        let _other = leads(&group);
        let twin = own.0.clone();
        let _waiting = [waits(&group), waits(&group)];
        let Entered::Waits(mut twice) = group.enter(twin, 1) else {
            panic!("all groups are led")
        };
        let (calls, verbs, senders) = leader.take(*own);
        assert_eq!((calls.len(), verbs.as_slice(), senders.len()), (3, &[0, 0, 0][..], 2));
        drop(leader);
        assert!(matches!(twice.try_recv(), Ok(Turn::Leads(_, own)) if own.1 == 1));
    }
}
