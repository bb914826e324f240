//! `hotline events`: parked events, cursors, and restored logs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use hosting::Name;
use hosting::restored::restored;
use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{
    ListCursorsRequest, ListParkedEventsRequest, RetryParkedEventRequest, SkipParkedEventRequest,
};
use platform::config::Overrides;
use rpc::client::Peer;
use uuid::Uuid;

use super::client::Reach;
use crate::console::{Failure, say};

/// Commands on parked events and cursors.
#[derive(Subcommand, Debug)]
pub enum Events {
    /// List parked events of a service (or all)
    Parked {
        /// Service; all when none is named
        service: Option<Name>,
        #[command(flatten)]
        reach: Reach,
    },
    /// Apply a parked event again, and its followers
    Retry {
        /// Service that has parked it
        service: Name,
        /// Its id, as `events parked` prints it
        event: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
    /// Skip a parked event for ever, and apply its followers
    Skip {
        /// Service that has parked it
        service: Name,
        /// Its id, as `events parked` prints it
        event: Uuid,
        /// Reason, stored with the event; no personal data
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Draw a new epoch for a stopped service whose database was restored from a backup
    #[command(
        after_help = "See docs/restore.md. It needs only the service's own database, with its application role or its owner.\nRun it after every restore, before the service starts. Running it twice does no harm."
    )]
    Restored {
        /// The service
        service: Name,
        /// URL of its database, instead of the one in the settings
        #[arg(long)]
        database_url: Option<String>,
        /// Settings file (TOML), as of `hotline serve`
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Show how far a service has read its sources
    Cursors {
        /// The service
        service: Name,
        #[command(flatten)]
        reach: Reach,
    },
}

impl Events {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Parked { service, reach } => {
                let services = service.map_or_else(|| Name::ALL.to_vec(), |service| vec![service]);
                for service in services {
                    parked(service, &reach).await?;
                }
            }
            Self::Retry { service, event, reach } => {
                let request = RetryParkedEventRequest {
                    request_id: request_id(),
                    event_id: event.to_string(),
                };
                let done = client(service, &reach)?.retry_parked_event(request).await?.into_inner();
                say(format!("applied {} event(s)", done.applied_count));
            }
            Self::Skip {
                service,
                event,
                reason,
                reach,
            } => {
                let request = SkipParkedEventRequest {
                    request_id: request_id(),
                    event_id: event.to_string(),
                    reason,
                };
                let done = client(service, &reach)?.skip_parked_event(request).await?.into_inner();
                say(format!("skipped; applied {} follower(s)", done.applied_count));
            }
            Self::Restored {
                service,
                database_url,
                config,
            } => {
                let overrides = Overrides {
                    file: config,
                    values: database_url.map(|url| ("database.url", url)).into_iter().collect(),
                    ..Overrides::default()
                };
                tell_restored(service, &Box::pin(restored(service, &overrides)).await?);
            }
            Self::Cursors { service, reach } => cursors(service, &reach).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn tell_restored(service: Name, done: &eventlog::Restored) {
    let events: u64 = done.heads.iter().map(|(_, position)| position).sum();
    say(format!(
        "{service}: epoch {} contains {} with its {events} event(s)",
        done.epoch, done.former
    ));
    let readers: Vec<&str> = service.readers().iter().map(|reader| reader.as_str()).collect();
    if !readers.is_empty() {
        say(format!(
            "{service}: {} go on at their cursors; a reader that has read further stops and says what to do",
            readers.join(", ")
        ));
    }
    say(format!("{service}: start it"));
}

async fn parked(service: Name, reach: &Reach) -> Result<(), Failure> {
    let mut client = client(service, reach)?;
    let mut page_token = String::new();
    loop {
        let answer = client
            .list_parked_events(ListParkedEventsRequest {
                page_size: 500,
                page_token,
            })
            .await?
            .into_inner();
        for event in answer.events {
            say(format!(
                "{service:<12} {}  {}/{}/{}  {:<20} {}",
                event.event_id, event.source, event.partition, event.position, event.r#type, event.reason
            ));
        }
        if answer.next_page_token.is_empty() {
            say(format!("{service}: {} waiting", answer.waiting_count));
            return Ok(());
        }
        page_token = answer.next_page_token;
    }
}

async fn cursors(service: Name, reach: &Reach) -> Result<(), Failure> {
    let mut client = client(service, reach)?;
    let mut page_token = String::new();
    loop {
        let request = ListCursorsRequest {
            page_size: 500,
            page_token,
        };
        let answer = client.list_cursors(request).await?.into_inner();
        for cursor in answer.cursors {
            say(format!(
                "{:<12} {:>3}  {:>12}  {}",
                cursor.source, cursor.partition, cursor.position, cursor.epoch
            ));
        }
        if answer.next_page_token.is_empty() {
            return Ok(());
        }
        page_token = answer.next_page_token;
    }
}

fn client(service: Name, reach: &Reach) -> Result<EventLogServiceClient<Peer>, Failure> {
    Ok(EventLogServiceClient::new(reach.channel(service, Role::Operator)?))
}

fn request_id() -> String {
    Uuid::new_v4().to_string()
}
