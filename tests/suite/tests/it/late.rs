//! Late records: figures count by the time of the source, and limits run from the time of the record.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use hosting::examine::examine;
use hotline_proto::analytics::{GetBulletinRequest, VerifyRollupsRequest};
use hotline_proto::common::ClockKind;
use hotline_proto::intake::AppealDraft;
use replay::recount::Lists;
use rpc::time::{date_to_proto, to_proto};
use testkit::at;

use crate::fixture::Five;
use crate::fixture::people::draft;

/// The numerators of analytics for one day. The recount from the owners' lists has to be equal.
async fn figures_of(five: &Five, day: DateTime<Utc>) -> BTreeMap<String, i64> {
    let day: NaiveDate = calendar::local_date(day);
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(day)),
        to_day: Some(date_to_proto(day)),
    };
    let mut analyst = five.clients.analyst().expect("a client");
    let figures = analyst
        .get_bulletin(request)
        .await
        .expect("a bulletin")
        .into_inner()
        .figures;
    let printed: BTreeMap<String, i64> = figures
        .into_iter()
        .map(|figure| (figure.key, figure.numerator))
        .collect();
    let lists = Lists::read(&five.clients, day, day).await.expect("the lists");
    let recounted = lists.count(&five.city);
    for key in COUNTED {
        assert_eq!(
            Some(printed[key]),
            recounted.get(key).map(|ratio| ratio.numerator),
            "{key} of {day}"
        );
    }
    printed
}

const COUNTED: [&str; 5] = [
    "volume.calls_offered",
    "volume.appeals",
    "volume.phone_appeals",
    "channel.online_total",
    "volume.orders",
];

async fn counted(five: &Five, day: DateTime<Utc>) -> [i64; 5] {
    let figures = figures_of(five, day).await;
    COUNTED.map(|key| figures[key])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_before_midnight_counts_on_the_day_before_and_is_due_by_when_it_was_typed() {
    let five = Five::start(at(1, 9, 0)).await;
    five.call().await;
    five.register().await;
    five.rest().await;
    assert_eq!(counted(&five, at(1, 0, 0)).await, [1, 1, 1, 0, 0]);

    // A call of 23:59 with an appeal registered at 00:01, and an appeal of yesterday that a platform pushes today.
    let (before, after) = (at(1, 23, 59), at(2, 0, 1));
    five.at(after).await;
    five.call_of(Some(before)).await;
    let late = AppealDraft {
        source_time: Some(to_proto(before)),
        ..draft(&five.city)
    };
    let typed = five.register_draft(late).await;
    five.push_of("P-1", Some(before)).await;
    five.call().await;
    let order = five.forward(&typed).await;
    assert_eq!(counted(&five, at(1, 0, 0)).await, [2, 3, 2, 1, 0], "the day before");
    assert_eq!(
        counted(&five, at(2, 0, 0)).await,
        [1, 0, 0, 0, 1],
        "an order is of the day that opens it"
    );

    let order = five.look(&order).await;
    let facts = order.opening().expect("its appeal");
    assert_eq!(facts.source_time, Some(to_proto(before)));
    assert_eq!(
        (order.open_time, order.dispatch_time),
        (Some(to_proto(after)), Some(to_proto(after)))
    );
    let start = order.deadline(ClockKind::Handle).and_then(|handle| handle.start_time);
    assert_eq!(start, Some(to_proto(after)), "limits run from dispatch");

    let mut analyst = five.clients.analyst().expect("a client");
    let verified = analyst.verify_rollups(VerifyRollupsRequest {}).await.expect("verified");
    assert_eq!(verified.into_inner().differences, []);
    let violations = examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}
