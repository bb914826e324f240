//! Reads reference data page by page, and sends it in parts.

use chrono::NaiveDate;
use hotline_proto::common::{Activation, Reason};
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{
    Deputy, GetReferenceRequest, GetReferenceResponse, Policy, PublishDeputiesRequest, PublishLibraryRequest,
    PublishReferenceRequest, Reference, Specialist,
};
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{
    CatalogueRow, GetDirectoryRequest, GetDirectoryResponse, PublishCatalogueRequest, PublishUnitsRequest, Unit,
};
use rpc::client::Peer;
use rpc::time::date_to_proto;
use tonic::Status;
use tonic_types::StatusExt as _;
use uuid::Uuid;

/// Rows of a page: the maximum of the services.
const PAGE: i32 = 1_000;

/// Rows of a part: at most 0.3 MiB of names. A service accepts 1 MiB.
const PART: usize = 500;

/// Maximum number of restarted readings. Versions come into force a few times a year.
const READINGS: usize = 5;

/// The reference data in force on a day, by default today.
///
/// # Errors
/// The status of intake.
pub async fn reference(
    client: &IntakeServiceClient<Peer>,
    day: Option<NaiveDate>,
) -> Result<GetReferenceResponse, Status> {
    begun_again(async || {
        let mut whole = GetReferenceResponse::default();
        let reference = whole.reference.get_or_insert_default();
        let mut request = GetReferenceRequest {
            day: day.map(date_to_proto),
            page_size: PAGE,
            page_token: String::new(),
        };
        loop {
            let page = client.clone().get_reference(request.clone()).await?.into_inner();
            let rows = page.reference.unwrap_or_default();
            reference.channels.extend(rows.channels);
            reference.categories.extend(rows.categories);
            reference.regions.extend(rows.regions);
            if page.next_page_token.is_empty() {
                whole.version = page.version;
                return Ok(whole);
            }
            request.page_token = page.next_page_token;
        }
    })
    .await
}

/// Units, catalogue, limits and notices in force on a day, by default today.
///
/// # Errors
/// The status of routing.
pub async fn directory(
    client: &RoutingServiceClient<Peer>,
    day: Option<NaiveDate>,
) -> Result<GetDirectoryResponse, Status> {
    begun_again(async || {
        let mut whole = GetDirectoryResponse::default();
        let mut request = GetDirectoryRequest {
            day: day.map(date_to_proto),
            page_size: PAGE,
            page_token: String::new(),
        };
        loop {
            let page = client.clone().get_directory(request.clone()).await?.into_inner();
            whole.units.extend(page.units);
            whole.catalogue.extend(page.catalogue);
            whole.limits.extend(page.limits);
            whole.notices.extend(page.notices);
            if page.next_page_token.is_empty() {
                return Ok(GetDirectoryResponse {
                    units_version: page.units_version,
                    catalogue_version: page.catalogue_version,
                    limits_version: page.limits_version,
                    calendar_version: page.calendar_version,
                    ..whole
                });
            }
            request.page_token = page.next_page_token;
        }
    })
    .await
}

/// Restarts the reading when another version came into force between two pages.
async fn begun_again<T>(read: impl AsyncFn() -> Result<T, Status>) -> Result<T, Status> {
    for _ in 1..READINGS {
        match read().await {
            Err(status) if is_changed(&status) => {}
            answer => return answer,
        }
    }
    read().await
}

fn is_changed(status: &Status) -> bool {
    let info = status.get_details_error_info();
    info.is_some_and(|info| info.reason == Reason::ChangedBetweenPages.text())
}

/// The end of a publication with this number of rows, with its own request_id.
#[must_use]
pub fn activation(valid_from: NaiveDate, rows: usize, dry_run: bool) -> Activation {
    Activation {
        request_id: Uuid::new_v4().to_string(),
        valid_from: Some(date_to_proto(valid_from)),
        row_count: u32::try_from(rows).unwrap_or(u32::MAX),
        dry_run,
    }
}

/// Number of rows of all kinds.
#[must_use]
pub fn rows(reference: &Reference) -> usize {
    reference.channels.len() + reference.categories.len() + reference.regions.len()
}

/// Reference data in parts, the last of which activates it.
#[must_use]
pub fn reference_parts(reference: &Reference, activate: Activation) -> Vec<PublishReferenceRequest> {
    let part = |reference: Reference| PublishReferenceRequest {
        reference: Some(reference),
        activate: None,
    };
    let channels = reference.channels.chunks(PART).map(|rows| Reference {
        channels: rows.to_vec(),
        ..Reference::default()
    });
    let categories = reference.categories.chunks(PART).map(|rows| Reference {
        categories: rows.to_vec(),
        ..Reference::default()
    });
    let regions = reference.regions.chunks(PART).map(|rows| Reference {
        regions: rows.to_vec(),
        ..Reference::default()
    });
    let mut parts: Vec<_> = channels.chain(categories).chain(regions).map(part).collect();
    parts.push(PublishReferenceRequest {
        reference: None,
        activate: Some(activate),
    });
    parts
}

/// Units in parts, the last of which activates them.
#[must_use]
pub fn unit_parts(units: &[Unit], activate: Activation) -> Vec<PublishUnitsRequest> {
    let part = |rows: &[Unit]| PublishUnitsRequest {
        units: rows.to_vec(),
        activate: None,
    };
    let mut parts: Vec<_> = units.chunks(PART).map(part).collect();
    parts.push(PublishUnitsRequest {
        units: Vec::new(),
        activate: Some(activate),
    });
    parts
}

/// The catalogue in parts, the last of which activates it.
#[must_use]
pub fn catalogue_parts(rows: &[CatalogueRow], activate: Activation) -> Vec<PublishCatalogueRequest> {
    let part = |rows: &[CatalogueRow]| PublishCatalogueRequest {
        rows: rows.to_vec(),
        activate: None,
    };
    let mut parts: Vec<_> = rows.chunks(PART).map(part).collect();
    parts.push(PublishCatalogueRequest {
        rows: Vec::new(),
        activate: Some(activate),
    });
    parts
}

/// The register of deputies in parts, the last of which activates it.
#[must_use]
pub fn deputy_parts(rows: &[Deputy], activate: Activation) -> Vec<PublishDeputiesRequest> {
    let part = |rows: &[Deputy]| PublishDeputiesRequest {
        deputies: rows.to_vec(),
        activate: None,
    };
    let mut parts: Vec<_> = rows.chunks(PART).map(part).collect();
    parts.push(PublishDeputiesRequest {
        deputies: Vec::new(),
        activate: Some(activate),
    });
    parts
}

/// Rows of a part of the library: a policy has up to 5,000 characters, so at most 0.8 MiB.
const LIBRARY_PART: usize = 50;

/// The library in parts, the last of which activates it.
#[must_use]
pub fn library_parts(
    policies: &[Policy],
    specialists: &[Specialist],
    activate: Activation,
) -> Vec<PublishLibraryRequest> {
    let policies = policies.chunks(LIBRARY_PART).map(|rows| PublishLibraryRequest {
        policies: rows.to_vec(),
        ..PublishLibraryRequest::default()
    });
    let specialists = specialists.chunks(LIBRARY_PART).map(|rows| PublishLibraryRequest {
        specialists: rows.to_vec(),
        ..PublishLibraryRequest::default()
    });
    let mut parts: Vec<_> = policies.chain(specialists).collect();
    parts.push(PublishLibraryRequest {
        activate: Some(activate),
        ..PublishLibraryRequest::default()
    });
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lose_no_row_and_the_last_one_activates() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 1).expect("a day");
        let units: Vec<Unit> = (0..1_201)
            .map(|n| Unit {
                code: n.to_string(),
                ..Unit::default()
            })
            .collect();
        let mut parts = unit_parts(&units, activation(day, units.len(), true));
        let last = parts.pop().expect("the end");
        let end = last.activate.expect("it activates");
        assert_eq!((end.row_count, end.dry_run, last.units.len()), (1_201, true, 0));
        let sizes: Vec<usize> = parts.iter().map(|part| part.units.len()).collect();
        assert_eq!(sizes, [500, 500, 201]);
        assert!(parts.iter().all(|part| part.activate.is_none()));
        let sent: Vec<Unit> = parts.into_iter().flat_map(|part| part.units).collect();
        assert_eq!(sent, units);
    }

    #[tokio::test]
    async fn a_reading_begins_again_when_a_version_came_between() {
        let turns = std::cell::Cell::new(0);
        let read = async || {
            turns.set(turns.get() + 1);
            if turns.get() < 3 {
                Err(platform::status::changed_between_pages())
            } else {
                Ok(turns.get())
            }
        };
        assert_eq!(begun_again(read).await.expect("in the end"), 3);
        let never = async || Err::<(), _>(platform::status::changed_between_pages());
        assert!(is_changed(&begun_again(never).await.expect_err("never the same")));
    }
}
