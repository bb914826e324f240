//! `hotline load city.toml`: publishes a city's reference data over gRPC, or shows the changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{GetDirectoryResponse, PublishCalendarRequest, PublishLimitsRequest, Unit};
use platform::auth::{Issuer, TokenSource};
use replay::city::City;
use rpc::client::{Peer, peer};
use rpc::time::date_to_proto;
use uuid::Uuid;

use super::client::{Reach, principal};
use super::differences::{differences, table};
use super::pages::{
    activation, catalogue_parts, deputy_parts, directory, library_parts, reference_parts, rows, unit_parts,
};
use crate::console::{Failure, say};

/// Publishes channels, categories, regions, units, catalogue, limits, deputies and the library as new versions, and
/// notices on holidays.
#[derive(Args, Debug)]
pub struct Load {
    /// City file (TOML), as services/replay/scenarios/city.toml
    city: PathBuf,
    /// Compare the file with the versions in force and print every row that differs; publish nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Load {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let city = read_city(&self.city)?;
        let publisher = Publisher {
            intake: IntakeServiceClient::new(self.reach.channel(Name::Intake, Role::Operator)?),
            routing: RoutingServiceClient::new(self.reach.channel(Name::Routing, Role::Operator)?),
        };
        if self.dry_run {
            for line in table(&differences(&publisher, &city).await?) {
                say(line);
            }
            say("nothing was published");
            return Ok(ExitCode::SUCCESS);
        }
        publisher.publish(&city).await?;
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

/// Publishes to the services at these addresses, as the operator.
///
/// # Errors
/// The status of a service, with every violation.
pub async fn publish(urls: &[String; 5], issuer: &Issuer, city: &City) -> Result<(), Failure> {
    let tokens = TokenSource::of(issuer.clone(), principal(Role::Operator));
    let publisher = Publisher {
        intake: IntakeServiceClient::new(peer(&urls[Name::Intake as usize], &tokens)?),
        routing: RoutingServiceClient::new(peer(&urls[Name::Routing as usize], &tokens)?),
    };
    publisher.publish(city).await
}

/// Publishes a city as an operator.
pub struct Publisher {
    pub intake: IntakeServiceClient<Peer>,
    pub routing: RoutingServiceClient<Peer>,
}

impl Publisher {
    /// Publishes in this order:
    ///
    /// 1. Notices. If they contradict the notices in force, nothing else is published.
    /// 2. Intake's reference data.
    /// 3. Units, before the catalogue that names them. A removed unit that the old catalogue names stays for now.
    /// 4. The catalogue. Then the removed units go.
    /// 5. Limits.
    /// 6. Deputies and the library, where the file has them.
    async fn publish(&self, city: &City) -> Result<(), Failure> {
        if let Some((version, notices)) = city.notices() {
            let request = PublishCalendarRequest {
                request_id: Uuid::new_v4().to_string(),
                version,
                notices,
            };
            self.routing.clone().publish_calendar(request).await?;
        }
        let reference = city.reference();
        let end = activation(city.valid_from, rows(&reference), false);
        let parts = reference_parts(&reference, end);
        self.intake.clone().publish_reference(tokio_stream::iter(parts)).await?;
        let leaving = leaving(city, &directory(&self.routing, Some(city.valid_from)).await?);
        self.publish_units(city, &[city.units(), leaving.clone()].concat())
            .await?;
        let catalogue = city.catalogue();
        let parts = catalogue_parts(&catalogue, activation(city.valid_from, catalogue.len(), false));
        self.routing
            .clone()
            .publish_catalogue(tokio_stream::iter(parts))
            .await?;
        if !leaving.is_empty() {
            self.publish_units(city, &city.units()).await?;
        }
        let limits = PublishLimitsRequest {
            request_id: Uuid::new_v4().to_string(),
            valid_from: Some(date_to_proto(city.valid_from)),
            rows: city.limits(),
        };
        self.routing.clone().publish_limits(limits).await?;
        self.publish_registers(city).await
    }

    async fn publish_registers(&self, city: &City) -> Result<(), Failure> {
        if let Some(deputies) = city.deputies() {
            let parts = deputy_parts(&deputies, activation(city.valid_from, deputies.len(), false));
            self.intake.clone().publish_deputies(tokio_stream::iter(parts)).await?;
        }
        if let Some((policies, specialists)) = city.library() {
            let end = activation(city.valid_from, policies.len() + specialists.len(), false);
            let parts = library_parts(&policies, &specialists, end);
            self.intake.clone().publish_library(tokio_stream::iter(parts)).await?;
        }
        Ok(())
    }

    async fn publish_units(&self, city: &City, units: &[Unit]) -> Result<(), Failure> {
        let parts = unit_parts(units, activation(city.valid_from, units.len(), false));
        self.routing.clone().publish_units(tokio_stream::iter(parts)).await?;
        Ok(())
    }
}

/// Units in force that the city no longer has but the catalogue in force names, with the units above them.
pub fn leaving(city: &City, before: &GetDirectoryResponse) -> Vec<Unit> {
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
