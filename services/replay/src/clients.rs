//! Clients of the people and platforms that call the services in a replay. Each has its own token.
#![allow(clippy::missing_errors_doc, reason = "each fails only when an address is no URL")]

use std::collections::HashMap;
use std::sync::Mutex;

use hotline_proto::access::Role;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;
use hotline_proto::callback::callback_service_client::CallbackServiceClient;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::supervision::supervision_service_client::SupervisionServiceClient;
use platform::auth::{Issuer, Principal, TokenSource};
use rpc::client::{Peer, peer};

use hosting::{Failure, Name};

/// Channels by caller and service, opened at their first use.
pub struct Clients {
    urls: [String; 5],
    issuer: Issuer,
    channels: Mutex<HashMap<(Name, String), Peer>>,
}

impl Clients {
    /// Clients of the services at these addresses.
    #[must_use]
    pub fn new(urls: [String; 5], issuer: Issuer) -> Self {
        Self {
            urls,
            issuer,
            channels: Mutex::default(),
        }
    }

    /// An agent at intake.
    pub fn agent(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.role(Name::Intake, Role::Agent)?))
    }

    /// The form server of the online channels at intake.
    pub fn form_server(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.role(Name::Intake, Role::Telephone)?))
    }

    /// The operator at intake, who publishes registers.
    pub fn publisher(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.role(Name::Intake, Role::Operator)?))
    }

    /// A supervisor at intake, who announces leader days.
    pub fn intake_supervisor(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.role(Name::Intake, Role::Supervisor)?))
    }

    /// An upstream platform at intake.
    pub fn platform(&self, platform: &str) -> Result<IntakeServiceClient<Peer>, Failure> {
        let principal = Principal {
            subject: format!("platform:{platform}"),
            roles: vec![Role::Platform],
            unit: None,
            platform: Some(platform.to_owned()),
        };
        Ok(IntakeServiceClient::new(self.channel(Name::Intake, principal)?))
    }

    /// A dispatcher at routing.
    pub fn dispatcher(&self) -> Result<RoutingServiceClient<Peer>, Failure> {
        Ok(RoutingServiceClient::new(self.role(Name::Routing, Role::Dispatcher)?))
    }

    /// The liaison of a unit at routing.
    pub fn liaison(&self, unit: &str) -> Result<RoutingServiceClient<Peer>, Failure> {
        Ok(RoutingServiceClient::new(self.channel(Name::Routing, liaison(unit))?))
    }

    /// The liaison of a unit at supervision.
    pub fn supervision_liaison(&self, unit: &str) -> Result<SupervisionServiceClient<Peer>, Failure> {
        Ok(SupervisionServiceClient::new(
            self.channel(Name::Supervision, liaison(unit))?,
        ))
    }

    /// A supervisor at supervision.
    pub fn supervisor(&self) -> Result<SupervisionServiceClient<Peer>, Failure> {
        Ok(SupervisionServiceClient::new(
            self.role(Name::Supervision, Role::Supervisor)?,
        ))
    }

    /// A reviewer at supervision.
    pub fn reviewer(&self) -> Result<SupervisionServiceClient<Peer>, Failure> {
        Ok(SupervisionServiceClient::new(
            self.role(Name::Supervision, Role::Reviewer)?,
        ))
    }

    /// A callback agent, by its number.
    pub fn callback_agent(&self, number: usize) -> Result<CallbackServiceClient<Peer>, Failure> {
        let principal = Principal {
            subject: format!("callback_agent:{number}"),
            roles: vec![Role::CallbackAgent],
            unit: None,
            platform: None,
        };
        Ok(CallbackServiceClient::new(self.channel(Name::Callback, principal)?))
    }

    /// The callback supervisor.
    pub fn callback_supervisor(&self) -> Result<CallbackServiceClient<Peer>, Failure> {
        Ok(CallbackServiceClient::new(self.role(Name::Callback, Role::Supervisor)?))
    }

    /// An analyst at intake.
    pub fn intake_analyst(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.role(Name::Intake, Role::Analyst)?))
    }

    /// An analyst at routing.
    pub fn routing_analyst(&self) -> Result<RoutingServiceClient<Peer>, Failure> {
        Ok(RoutingServiceClient::new(self.role(Name::Routing, Role::Analyst)?))
    }

    /// An analyst at supervision.
    pub fn supervision_analyst(&self) -> Result<SupervisionServiceClient<Peer>, Failure> {
        Ok(SupervisionServiceClient::new(
            self.role(Name::Supervision, Role::Analyst)?,
        ))
    }

    /// An analyst at callback.
    pub fn callback_analyst(&self) -> Result<CallbackServiceClient<Peer>, Failure> {
        Ok(CallbackServiceClient::new(self.role(Name::Callback, Role::Analyst)?))
    }

    /// An analyst at analytics.
    pub fn analyst(&self) -> Result<AnalyticsServiceClient<Peer>, Failure> {
        Ok(AnalyticsServiceClient::new(self.role(Name::Analytics, Role::Analyst)?))
    }

    /// An operator at the event log of a service.
    pub fn operator(&self, service: Name) -> Result<EventLogServiceClient<Peer>, Failure> {
        Ok(EventLogServiceClient::new(self.role(service, Role::Operator)?))
    }

    fn role(&self, service: Name, role: Role) -> Result<Peer, Failure> {
        let principal = Principal {
            subject: format!("replay:{}", role.name()),
            roles: vec![role],
            unit: None,
            platform: None,
        };
        self.channel(service, principal)
    }

    fn channel(&self, service: Name, principal: Principal) -> Result<Peer, Failure> {
        let mut channels = self.channels.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let key = (service, principal.subject.clone());
        if let Some(channel) = channels.get(&key) {
            return Ok(channel.clone());
        }
        let tokens = TokenSource::of(self.issuer.clone(), principal);
        let channel = peer(&self.urls[service as usize], &tokens)?;
        channels.insert(key, channel.clone());
        Ok(channel)
    }
}

fn liaison(unit: &str) -> Principal {
    Principal {
        subject: format!("liaison:{unit}"),
        roles: vec![Role::Liaison],
        unit: Some(unit.to_owned()),
        platform: None,
    }
}
