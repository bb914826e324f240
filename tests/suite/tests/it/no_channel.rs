//! An appellant without a usable number is never refused. It is due for callback, is not called, and appears in the
//! bulletin.

use hotline_proto::analytics::GetBulletinRequest;
use hotline_proto::callback::TaskState;
use hotline_proto::common::{Defect, OrderState, Rating, UnratedGround};
use hotline_proto::supervision::Verdict;
use testkit::{april, at};

use crate::fixture::Five;
use crate::fixture::people::draft;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whom_nobody_can_call_goes_all_the_way_and_is_printed() {
    let five = Five::start(at(1, 9, 0)).await;
    let mut masked = draft(&five.city);
    masked.appellant.as_mut().expect("somebody").phone = "138****5678".to_owned();
    let receipt = five.register_draft(masked).await;
    assert_eq!(receipt.defects().collect::<Vec<_>>(), [Defect::PhoneMasked]);
    let order = five.forward(&receipt).await;
    let reachable = five.forward(&five.register().await).await;
    for order in [&order, &reachable] {
        five.work(order).await;
        five.review(order, Verdict::Pass).await;
    }
    let closed = five.look(&order).await;
    assert_eq!(closed.state, OrderState::Closed as i32, "nobody had to do anything");
    let facts = closed.opening().expect("its appeal");
    assert_eq!(facts.defects().collect::<Vec<_>>(), [Defect::PhoneMasked]);
    assert!(facts.person_key.is_empty(), "no answer to people has it");
    assert_eq!(five.look(&reachable).await.state, OrderState::PendingCallback as i32);
    // The same person again, known by the equal number.
    five.answer(&five.register().await).await;
    five.rest().await;
    let called = five.call_back(|_| Rating::Satisfied).await;
    let called: Vec<&str> = called.iter().map(|(order, _)| order.as_str()).collect();
    assert_eq!(called, [reachable.as_str()]);
    let tasks = five.lists().await.tasks;
    let task = tasks.iter().find(|task| task.order_id == order).expect("it was due");
    assert_eq!((task.state(), task.rating()), (TaskState::Done, Rating::Unrated));
    assert_eq!((task.ground(), task.attempt_count), (UnratedGround::NoChannel, 0));
    let request = GetBulletinRequest {
        from_day: Some(april(1)),
        to_day: Some(april(1)),
    };
    let mut analyst = five.clients.analyst().expect("a client");
    let figures = analyst
        .get_bulletin(request)
        .await
        .expect("a bulletin")
        .into_inner()
        .figures;
    for (key, expected) in [
        ("volume.appeals", (3, 0)),
        ("volume.persons", (1, 0)),
        ("handling.callback_rate", (1, 2)),
        ("callback.effective_rate", (1, 2)),
        ("satisfaction.unrated", (1, 0)),
        ("satisfaction.no_channel", (1, 0)),
        ("satisfaction.rated_only", (1, 1)),
    ] {
        let figure = figures.iter().find(|figure| figure.key == key).expect("printed");
        assert_eq!((figure.numerator, figure.denominator), expected, "{key}");
    }
    let violations = hosting::examine::examine(&five.suite.pools).await.expect("readable");
    assert!(violations.is_empty(), "{violations:?}");
    five.stop().await;
}
