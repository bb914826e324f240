//! Who calls: agents, dispatchers, supervisors, analysts, and one upstream platform with a certificate of its own.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use hosting::Name;
use hotline::commands::client::Installation;
use hotline::console::Failure;
use hotline_proto::access::Role;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use platform::auth::Principal;
use platform::lifecycle::Lifecycle;
use rpc::client::Peer;
use tonic::Status;

/// The platform that pushes, by its code in the small city's channels.
pub const PLATFORM: &str = "province";
/// The channel that its appeals come by.
pub const PUSHED_CHANNEL: &str = "provincial_transfer";
/// The channel that agents register by; the smoke test takes another.
pub const REGISTERED_CHANNEL: &str = "wechat_12345";

/// One client for each, shared by all calls: a connection to every replica.
pub struct Callers {
    pub agent: IntakeServiceClient<Peer>,
    pub platform: Option<IntakeServiceClient<Peer>>,
    pub appeals: IntakeServiceClient<Peer>,
    pub dispatcher: RoutingServiceClient<Peer>,
    pub supervisor: SupervisionServiceClient<Peer>,
    pub callbacks: CallbackServiceClient<Peer>,
    pub analyst: AnalyticsServiceClient<Peer>,
    pub reviewer: SupervisionServiceClient<Peer>,
    pub callback_agent: CallbackServiceClient<Peer>,
    here: Installation,
    /// By their unit's code.
    liaisons: Mutex<HashMap<String, RoutingServiceClient<Peer>>>,
}

impl Callers {
    /// Of an installation, and of the same one as the platform reaches it.
    pub fn open(config: &Path, platform_config: Option<&Path>) -> Result<Self, Failure> {
        let here = Installation::open(config, None)?;
        let lifecycle = Lifecycle::new();
        here.watch("caller", &lifecycle);
        let platform = match platform_config {
            None => None,
            Some(config) => {
                let principal = Principal {
                    subject: format!("platform:{PLATFORM}"),
                    roles: vec![Role::Platform],
                    unit: None,
                    platform: Some(PLATFORM.to_owned()),
                };
                let there = Installation::open(config, None)?;
                there.watch("platform", &lifecycle);
                Some(IntakeServiceClient::new(there.peer_of(Name::Intake, principal)?))
            }
        };
        Ok(Self {
            agent: IntakeServiceClient::new(here.peer(Name::Intake, Role::Agent)?),
            platform,
            appeals: IntakeServiceClient::new(here.peer(Name::Intake, Role::Supervisor)?),
            dispatcher: RoutingServiceClient::new(here.peer(Name::Routing, Role::Dispatcher)?),
            supervisor: SupervisionServiceClient::new(here.peer(Name::Supervision, Role::Supervisor)?),
            callbacks: CallbackServiceClient::new(here.peer(Name::Callback, Role::Supervisor)?),
            analyst: AnalyticsServiceClient::new(here.peer(Name::Analytics, Role::Analyst)?),
            reviewer: SupervisionServiceClient::new(here.peer(Name::Supervision, Role::Reviewer)?),
            callback_agent: CallbackServiceClient::new(here.peer(Name::Callback, Role::CallbackAgent)?),
            here,
            liaisons: Mutex::default(),
        })
    }

    /// Who works for a unit.
    pub fn liaison(&self, unit: &str) -> Result<RoutingServiceClient<Peer>, Status> {
        let mut liaisons = self.liaisons.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = liaisons.get(unit) {
            return Ok(known.clone());
        }
        let principal = Principal {
            subject: format!("liaison:{unit}"),
            roles: vec![Role::Liaison],
            unit: Some(unit.to_owned()),
            platform: None,
        };
        let peer = self.here.peer_of(Name::Routing, principal);
        let liaison = RoutingServiceClient::new(peer.map_err(|error| Status::internal(error.to_string()))?);
        liaisons.insert(unit.to_owned(), liaison.clone());
        Ok(liaison)
    }
}
