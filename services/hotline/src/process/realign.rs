//! Brings a service whose database was restored alone to agree with the others again: what they have read of it and it
//! has lost goes back into its log and its tables ([`eventlog::Realigner`]).

use std::collections::BTreeMap;
use std::time::Duration;

use eventlog::{Line, Lost, Outcome, Reader, RealignError, Realigner, Store};
use hotline_proto::common::GetHeadsRequest;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use platform::clock::SharedClock;
use platform::grpc::client::Peer;
use platform::lifecycle::Lifecycle;
use platform::service::{Driven, StartError};
use tonic::Code;

use super::hosted::{Name, Overrides, Restored};

/// A service that does not answer for so long is stopped.
const SILENCE: Duration = Duration::from_secs(5);

/// What the operator asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Say what is lost; change nothing.
    pub dry_run: bool,
    /// Readers that are not asked: lost themselves.
    pub without: Vec<Name>,
}

/// Realigns a stopped service; `say` gets each line of the result.
///
/// # Errors
/// What is wrong and what to do. The same again goes on where it ended.
pub async fn realign(
    name: Name,
    overrides: &Overrides,
    clock: SharedClock,
    options: &Options,
    say: &mut (dyn FnMut(String) + Send),
) -> Result<(), StartError> {
    let lifecycle = Lifecycle::new();
    let done = realign_within(name, overrides, clock, options, &lifecycle, say).await;
    lifecycle.stop();
    lifecycle.finish(SILENCE).await;
    done
}

async fn realign_within(
    name: Name,
    overrides: &Overrides,
    clock: SharedClock,
    options: &Options,
    lifecycle: &Lifecycle,
    say: &mut (dyn FnMut(String) + Send),
) -> Result<(), StartError> {
    let restored = Box::pin(Restored::build(name, overrides, clock.clone(), lifecycle)).await?;
    refuse_running(name, &restored).await?;
    let told = |error: RealignError| StartError(format!("{name}: {error}"));
    let store = Store::open(
        name.as_str(),
        restored.base.pool.clone(),
        restored.base.sealer.request_key(),
        clock,
    )
    .await?;
    let readers = readers(name, &restored, &options.without)?;
    let mut realigner = Realigner::look(&store, readers).await.map_err(told)?;
    if realigner.is_begun() {
        say(format!("{name}: goes on with what was begun"));
    }
    let lost = realigner.survey().await.map_err(told)?;
    tell_lost(name, &lost, say);
    if options.dry_run {
        say(format!("{name}: nothing was changed"));
        return Ok(());
    }
    realigner.begin().await?;
    rest(&restored.reading_before).await?;
    realigner.put_back(&restored.recreate).await.map_err(told)?;
    realigner.finish(&restored.recreate).await?;
    if let Some(redis) = &restored.base.redis
        && let Err(error) = realigner.forget_streams(redis).await
    {
        say(format!(
            "{name}: the old streams stay in Redis, in nobody's way: {error}"
        ));
    }
    tell_became(name, &realigner, say).await
}

/// Two incarnations at once would use positions twice.
async fn refuse_running(name: Name, restored: &Restored) -> Result<(), StartError> {
    let url = restored.base.peers.url(name.as_str());
    if url.is_empty() {
        // Nobody can be asked: whoever runs holds sessions.
        return match eventlog::other_sessions(&restored.base.pool).await? {
            0 => Ok(()),
            others => Err(StartError(format!(
                "{name} still has {others} session(s) on its database: stop all of it first (a pooler closes idle ones after a while), then run this again"
            ))),
        };
    }
    let mut client = client(restored, name)?;
    let answer = tokio::time::timeout(SILENCE, client.get_heads(GetHeadsRequest {})).await;
    match answer {
        Err(_) => Ok(()),
        Ok(Err(status))
            if matches!(
                status.code(),
                Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled
            ) =>
        {
            Ok(())
        }
        Ok(_) => Err(StartError(format!(
            "{name} still answers at {url}: stop all of it first, then run this again"
        ))),
    }
}

fn readers(name: Name, restored: &Restored, without: &[Name]) -> Result<Vec<Reader>, StartError> {
    let asked = name.readers().iter().filter(|reader| !without.contains(reader));
    asked
        .map(|reader| {
            if restored.base.peers.url(reader.as_str()).is_empty() {
                return Err(StartError(format!(
                    "{reader} reads the log of {name}, and peers.{reader} is empty: set it, or leave the service out with --without {reader} when it is lost as well"
                )));
            }
            Ok(Reader {
                service: reader.as_str(),
                client: client(restored, *reader)?,
            })
        })
        .collect()
}

fn client(restored: &Restored, name: Name) -> Result<EventLogServiceClient<Peer>, StartError> {
    let peer = restored.base.dialer.peer(restored.base.peers.url(name.as_str()));
    let peer = peer.map_err(|error| StartError(format!("peers.{name}: {error}")))?;
    // An answer of events is bounded by bytes on their side.
    Ok(EventLogServiceClient::new(peer))
}

/// Runs steps until none has anything left to do.
async fn rest(steps: &[Driven]) -> Result<(), StartError> {
    loop {
        let mut did = 0;
        for driven in steps {
            let ran = driven.step.run_once().await;
            did += ran.map_err(|error| StartError(platform::steps::chain(&error)))?.did;
        }
        if did == 0 {
            return Ok(());
        }
    }
}

fn tell_lost(name: Name, lost: &[Lost], say: &mut (dyn FnMut(String) + Send)) {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for partition in lost.iter().filter(|lost| lost.furthest > lost.head) {
        say(format!(
            "{name}: partition {:>3}: the log ends at {}, readers know {}",
            partition.partition, partition.head, partition.furthest
        ));
        for (kind, number) in &partition.kinds {
            *kinds.entry(kind).or_default() += number;
        }
    }
    for (kind, number) in &kinds {
        say(format!("{name}: lost {number:>8}  {kind}"));
    }
    if kinds.is_empty() {
        say(format!("{name}: readers know nothing that is lost here"));
    }
}

/// One line per lost event that a person has to know of, then the sum.
async fn tell_became(
    name: Name,
    realigner: &Realigner,
    say: &mut (dyn FnMut(String) + Send),
) -> Result<(), StartError> {
    let mut numbers: BTreeMap<Outcome, u64> = BTreeMap::new();
    let mut after = (0, 0);
    loop {
        let page = realigner.lines(after).await?;
        let Some(last) = page.last() else { break };
        after = (last.partition, last.position);
        for line in &page {
            *numbers.entry(line.back.outcome).or_default() += 1;
            say(told(line));
        }
    }
    let number = |outcome| numbers.get(&outcome).copied().unwrap_or(0);
    say(format!(
        "{name}: {} re-created, {} re-created without text, {} for a person",
        number(Outcome::Whole),
        number(Outcome::WithoutText),
        number(Outcome::Person)
    ));
    say(format!("{name}: realigned; start it"));
    Ok(())
}

fn told(line: &Line) -> String {
    let Line {
        event_id, kind, key, ..
    } = line;
    let outcome = line.back.outcome.name();
    let note = match line.back.note.as_str() {
        "" => String::new(),
        note => format!("  {note}"),
    };
    format!("{outcome:<12}  {kind:<22} {key} {event_id}{note}")
}
