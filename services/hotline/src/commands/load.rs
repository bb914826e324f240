//! `hotline load city.toml`: publishes a city's reference data over gRPC.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::intake::PublishReferenceRequest;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    GetDirectoryRequest, GetDirectoryResponse, PublishCalendarRequest, PublishCatalogueRequest, PublishLimitsRequest,
    PublishUnitsRequest, Unit,
};
use platform::auth::{Issuer, TokenSource};
use platform::grpc::client::{Peer, peer};
use replay::city::City;
use uuid::Uuid;

use super::client::{Reach, principal};
use crate::console::{Failure, say};

/// Publishes channels, categories, regions, units, catalogue and limits as new versions, and notices on holidays.
#[derive(Args, Debug)]
pub struct Load {
    /// City file (TOML), as services/replay/scenarios/city.toml
    city: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

impl Load {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let city = read_city(&self.city)?;
        let intake = self.reach.channel(Name::Intake, Role::Operator)?;
        let routing = self.reach.channel(Name::Routing, Role::Operator)?;
        publish_on(intake, routing, &city).await?;
        say(city.what_regions_mean());
        say(format!("loaded {}", city.name));
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads and checks a city file.
pub fn read_city(path: &Path) -> Result<City, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    City::parse(&text, &path.display().to_string()).map_err(|error| Failure(error.to_string()))
}

/// Publishes to services at these addresses, as the operator.
///
/// # Errors
/// What a service answered, with every violation.
pub async fn publish(urls: &[String; 5], issuer: &Issuer, city: &City) -> Result<(), Failure> {
    let tokens = TokenSource::of(issuer.clone(), principal(Role::Operator));
    let intake = peer(&urls[Name::Intake as usize], &tokens)?;
    let routing = peer(&urls[Name::Routing as usize], &tokens)?;
    publish_on(intake, routing, city).await
}

/// Notices before all: where they contradict what is in force, nothing else is published.
/// Units before the catalogue, which names them. A unit that the file no longer has and the catalogue of before names goes
/// in two steps: it stays until the catalogue without it is there.
async fn publish_on(intake: Peer, routing: Peer, city: &City) -> Result<(), Failure> {
    let request_id = || Uuid::new_v4().to_string();
    let valid_from = || city.valid_from.to_string();
    let mut intake = IntakeServiceClient::new(intake);
    let mut routing = RoutingServiceClient::new(routing);
    if let Some((version, notices)) = city.notices() {
        routing
            .publish_calendar(PublishCalendarRequest {
                request_id: request_id(),
                version,
                notices,
            })
            .await?;
    }
    intake
        .publish_reference(PublishReferenceRequest {
            request_id: request_id(),
            valid_from: valid_from(),
            reference: Some(city.reference()),
        })
        .await?;
    let units = |units| PublishUnitsRequest {
        request_id: request_id(),
        valid_from: valid_from(),
        units,
    };
    let day = GetDirectoryRequest { day: valid_from() };
    let leaving = leaving(city, &routing.get_directory(day).await?.into_inner());
    let all = [city.units(), leaving.clone()].concat();
    routing.publish_units(units(all)).await?;
    routing
        .publish_catalogue(PublishCatalogueRequest {
            request_id: request_id(),
            valid_from: valid_from(),
            rows: city.catalogue(),
        })
        .await?;
    if !leaving.is_empty() {
        routing.publish_units(units(city.units())).await?;
    }
    routing
        .publish_limits(PublishLimitsRequest {
            request_id: request_id(),
            valid_from: valid_from(),
            rows: city.limits(),
        })
        .await?;
    Ok(())
}

/// Units in force that a city no longer has and that the catalogue in force names, with those above them.
fn leaving(city: &City, before: &GetDirectoryResponse) -> Vec<Unit> {
    let by_code: BTreeMap<&str, &Unit> = before.units.iter().map(|unit| (unit.code.as_str(), unit)).collect();
    let mut leaving: BTreeMap<&str, Unit> = BTreeMap::new();
    for row in &before.catalogue {
        let mut code = row.unit.as_str();
        while city.unit(code).is_none()
            && let Some(unit) = by_code.get(code)
            && leaving.insert(code, (*unit).clone()).is_none()
        {
            code = &unit.parent;
        }
    }
    leaving.into_values().collect()
}
