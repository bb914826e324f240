use hotline_proto::access::Role;
use hotline_proto::common::event_log_service_client::EventLogServiceClient;
use hotline_proto::common::{Difference, GetHeadsRequest, ReadEventsRequest, RowChange, RowDifference};
use hotline_proto::events::event::Body;
use hotline_proto::intake as pb;
use intake::domain::reference::{MAX_BYTES, MAX_ROWS};
use platform::ids::derived_id;
use tonic::Code;
use uuid::Uuid;

use crate::registers::with_account;
use crate::world::{
    bare_world, day, draft, in_parts, publication, publishing, reference, registering, settings, violated, world,
};

#[tokio::test]
async fn versions_are_dense_and_told_under_one_key() {
    let world = bare_world(settings()).await;
    let calls = (0..8).map(|_| {
        let mut operator = world.client(Role::Operator);
        async move { operator.publish_reference(publishing("2024-01-01", reference())).await }
    });
    let mut versions: Vec<u64> = futures::future::join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.expect("published").into_inner().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6, 7, 8]);
    let key = derived_id(Uuid::nil(), "reference").to_string();
    let told = world.told(&key).await;
    let in_order: Vec<i64> = told.iter().map(|(_, _, version, _)| *version).collect();
    assert_eq!(in_order, [1, 2, 3, 4, 5, 6, 7, 8]);
    let Body::ReferencePublished(event) = &told[0].3 else {
        panic!("another event");
    };
    assert_eq!(event.valid_from, Some(day("2024-01-01")));
    assert_eq!(event.categories.len(), reference().categories.len());
    assert_eq!(event.channels[0].name, "电话");
}

#[tokio::test]
async fn the_same_request_is_one_version() {
    let world = bare_world(settings()).await;
    let request = publication("2024-01-01", reference());
    let mut operator = world.client(Role::Operator);
    let first = operator.publish_reference(in_parts(request.clone())).await;
    let first = first.expect("published").into_inner();
    assert_eq!(first.version, 1);
    // Any division into parts gives the same result.
    let whole = operator.publish_reference(tokio_stream::iter([request.clone()])).await;
    assert_eq!(whole.expect("again").into_inner(), first);
    let mut other = request;
    other.activate.as_mut().expect("an end").valid_from = Some(day("2024-02-01"));
    let refused = operator.publish_reference(in_parts(other)).await;
    assert_eq!(refused.expect_err("another content").code(), Code::AlreadyExists);
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_changes() {
    let world = world().await;
    let mut wrong = reference();
    wrong.channels[1].code = "WeChat".to_owned();
    wrong.channels[2].name = String::new();
    wrong.categories[0].code = "03".to_owned();
    wrong.categories[2].code = "0101".to_owned();
    wrong.regions[1].code = "4303".to_owned();
    wrong.regions[2].code = "430302".to_owned();
    let mut request = publication("2024-02-29", wrong);
    let activate = request.activate.as_mut().expect("an end");
    activate.row_count += 1;
    activate.request_id = String::new();
    activate.valid_from.as_mut().expect("a day").day = 30;
    let refused = world
        .client(Role::Operator)
        .publish_reference(in_parts(request))
        .await
        .expect_err("all wrong");
    assert_eq!(
        violated(&refused),
        [
            "activate.request_id",
            "activate.valid_from",
            "activate.row_count",
            "reference.channels[2].name",
            "reference.channels[1].code",
            "reference.categories[2].code",
            "reference.categories[1].code",
            "reference.categories[2].code",
            "reference.regions[1].code",
            "reference.regions[2].code",
        ]
    );
    let rows = pb::PublishReferenceRequest {
        activate: None,
        ..publication("2024-01-01", reference())
    };
    let end = pb::PublishReferenceRequest {
        reference: None,
        ..publication("2024-01-01", reference())
    };
    for (part, missing) in [
        (rows, &["activate"][..]),
        (end, &["activate.row_count", "reference"]),
        (pb::PublishReferenceRequest::default(), &["activate", "reference"]),
    ] {
        let mut operator = world.client(Role::Operator);
        let refused = operator.publish_reference(tokio_stream::iter([part])).await;
        assert_eq!(violated(&refused.expect_err("a part alone")), missing);
    }
    assert_eq!(world.count("select count(*) from reference_version").await, 1);
}

/// A row of a difference: kind, key, change, old text, new text.
type Row = (String, String, RowChange, String, String);

fn rows(difference: Difference) -> Vec<Row> {
    let row = |row: RowDifference| {
        let change = row.change();
        (row.kind, row.key, change, row.before, row.after)
    };
    difference.rows.into_iter().map(row).collect()
}

#[tokio::test]
async fn a_dry_run_answers_with_the_difference_and_publishes_nothing() {
    let world = world().await;
    let mut next = reference();
    next.channels[1].online = false;
    next.channels[2].platform = "province".to_owned();
    next.categories.remove(1);
    next.regions[2].name = "雨湖街道".to_owned();
    next.regions.push(pb::Region {
        code: "430304001".to_owned(),
        name: "岳塘街道".to_owned(),
    });
    let mut request = publication("2024-04-02", next.clone());
    request.activate.as_mut().expect("an end").dry_run = true;
    let mut operator = world.client(Role::Operator);
    let dry = operator.publish_reference(in_parts(request)).await;
    let dry = dry.expect("right").into_inner();
    assert_eq!(dry.version, 0);
    let (count, told) = (
        "select count(*) from reference_version",
        "select count(*) from log where type = 'reference_published'",
    );
    assert_eq!((world.count(count).await, world.count(told).await), (1, 1));
    let real = operator.publish_reference(publishing("2024-04-02", next.clone())).await;
    let real = real.expect("published").into_inner();
    assert_eq!((real.version, &real.difference), (2, &dry.difference));
    let difference = real.difference.expect("always set");
    let counts = (
        difference.added_count,
        difference.changed_count,
        difference.removed_count,
    );
    assert_eq!(counts, (1, 3, 1));
    let row = |kind: &str, key: &str, change, before: &str, after: &str| {
        let [kind, key, before, after] = [kind, key, before, after].map(str::to_owned);
        (kind, key, change, before, after)
    };
    assert_eq!(
        rows(difference),
        [
            row(
                "channel",
                "upstream",
                RowChange::Changed,
                "省级12345平台转派, online",
                "省级12345平台转派, online, province"
            ),
            row(
                "channel",
                "wechat_12345",
                RowChange::Changed,
                "线上12345, online",
                "线上12345"
            ),
            row("category", "0101", RowChange::Removed, "供水", ""),
            row("region", "430302001", RowChange::Changed, "雨湖路街道", "雨湖街道"),
            row("region", "430304001", RowChange::Added, "", "岳塘街道"),
        ]
    );
    // A dry run of an earlier day compares with the data in force on that day.
    let earlier = operator.publish_reference(publishing("2024-04-01", reference())).await;
    assert_eq!(
        earlier.expect("published").into_inner().difference,
        Some(Difference::default())
    );
}

/// The largest allowed publication is accepted, published as one event and read page by page.
#[tokio::test]
async fn the_largest_publication_is_told_whole() {
    let world = world().await;
    let mut large = reference();
    large.regions = (0..MAX_ROWS - 6)
        .map(|at| pb::Region {
            code: format!("{}", 430_302_001_001_usize + at),
            name: "十个字的村民委员会名".to_owned(),
        })
        .collect();
    let whole = publication("2024-04-01", large.clone());
    let sent = whole.reference.expect("rows");
    let regions = sent.regions.chunks(10_000).map(|regions| pb::PublishReferenceRequest {
        reference: Some(pb::Reference {
            regions: regions.to_vec(),
            ..pb::Reference::default()
        }),
        activate: None,
    });
    let mut parts: Vec<_> = regions.collect();
    parts.push(pb::PublishReferenceRequest {
        reference: Some(pb::Reference {
            regions: Vec::new(),
            ..sent.clone()
        }),
        activate: whole.activate,
    });
    let published = world
        .client(Role::Operator)
        .publish_reference(tokio_stream::iter(parts))
        .await;
    let answer = published.expect("published").into_inner();
    let difference = answer.difference.expect("always set");
    assert_eq!((difference.rows.len(), difference.added_count), (1_000, 49_994));
    let log = EventLogServiceClient::new(world.edge.role(Role::Service));
    let heads = log
        .clone()
        .get_heads(GetHeadsRequest {})
        .await
        .expect("heads")
        .into_inner();
    let mut found = Vec::new();
    for head in &heads.heads {
        let request = ReadEventsRequest {
            epoch: heads.epoch.clone(),
            partition: head.partition,
            after_position: 0,
            limit: 0,
        };
        let events = log.clone().read_events(request).await.expect("within an answer");
        found.extend(events.into_inner().events);
    }
    let largest = found.iter().map(|event| event.payload.len()).max();
    assert!(
        largest.is_some_and(|bytes| (2_000_000..=MAX_BYTES).contains(&bytes)),
        "{largest:?}"
    );
    let village = pb::AppealDraft {
        region: "430302001001".to_owned(),
        ..draft()
    };
    world.register(village).await;
}

#[tokio::test]
async fn villages_and_codes_filled_up_with_zeros_are_published() {
    let world = world().await;
    let mut more = reference();
    more.regions[1].code = "430304000000".to_owned();
    more.regions[2].code = "430302001001".to_owned();
    let mut operator = world.client(Role::Operator);
    let published = operator.publish_reference(publishing("2024-01-01", more.clone())).await;
    assert_eq!(published.expect("published").into_inner().version, 2);
    let draft = pb::AppealDraft {
        region: "430304".to_owned(),
        ..draft()
    };
    let registered = world.agent().register_appeal(registering(draft)).await;
    registered.expect("430304 is the place of 430304000000");
    more.regions[2].code = "430304".to_owned();
    let refused = operator.publish_reference(publishing("2024-01-01", more)).await;
    assert_eq!(
        violated(&refused.expect_err("one place twice")),
        ["reference.regions[2].code"]
    );
}

#[tokio::test]
async fn an_account_has_no_platform_and_comes_back_as_one() {
    let world = world().await;
    let mut wrong = with_account();
    wrong.channels[3].platform = "province".to_owned();
    let mut operator = world.client(Role::Operator);
    let refused = operator.publish_reference(publishing("2024-01-01", wrong)).await;
    assert_eq!(
        violated(&refused.expect_err("an account of a platform")),
        ["reference.channels[3].account"]
    );
    let published = operator
        .publish_reference(publishing("2024-01-01", with_account()))
        .await;
    let difference = published.expect("published").into_inner().difference;
    let rows = rows(difference.expect("always set"));
    assert_eq!((rows.len(), rows[0].4.as_str()), (1, "抖音号, online, account"));
    let read = operator.get_reference(pb::GetReferenceRequest::default()).await;
    let channels = read.expect("in force").into_inner().reference.expect("rows").channels;
    let accounts: Vec<&str> = channels
        .iter()
        .filter(|one| one.account)
        .map(|one| one.code.as_str())
        .collect();
    assert_eq!(accounts, ["douyin"]);
}

#[tokio::test]
async fn only_an_operator_publishes() {
    let world = world().await;
    for role in [Role::Agent, Role::Supervisor, Role::Service] {
        let refused = world
            .client(role)
            .publish_reference(publishing("2024-01-01", reference()))
            .await;
        assert_eq!(refused.expect_err("not its own").code(), Code::PermissionDenied);
    }
}
