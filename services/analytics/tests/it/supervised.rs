//! Risk notices and the ledger: counted by day and kind, and opened by their ids.

use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use hotline_proto::events::{LedgerKind, RiskLevel};

use crate::story::{Story, day, entry, notice};
use crate::world::{World, figure, state, world};

async fn opened(world: &World, key: &str) -> Vec<(String, String)> {
    let request = pb::ListFigureMembersRequest {
        from_day: Some(day(4, 1)),
        to_day: Some(day(4, 30)),
        figure: key.to_owned(),
        ..Default::default()
    };
    let answer = world.client(Role::Analyst).list_figure_members(request).await;
    let members = answer.expect("opened").into_inner().members;
    members.into_iter().map(|member| (member.id, member.number)).collect()
}

const KINDS: [(LedgerKind, &str); 6] = [
    (LedgerKind::TestCall, "ledger.test_calls"),
    (LedgerKind::Training, "ledger.trainings"),
    (LedgerKind::Exam, "ledger.exams"),
    (LedgerKind::TypicalCase, "ledger.typical_cases"),
    (LedgerKind::MediaItem, "ledger.media_items"),
    (LedgerKind::Meeting, "ledger.meetings"),
];

#[tokio::test]
async fn each_kind_of_entry_counts_in_its_own_figure_on_its_day() {
    let world = world().await;
    let mut story = Story::default();
    let mut number = 0;
    for (times, (kind, _)) in (1..).zip(KINDS) {
        for _ in 0..times {
            number += 1;
            story.entry(number, 3, kind.into());
        }
    }
    world.play(&story.events).await;
    let figures = world.april().await;
    let other_day = world.bulletin(day(4, 1), day(4, 2)).await;
    for (times, (_, key)) in (1..).zip(KINDS) {
        assert_eq!(figure(&figures, key).numerator, times, "{key}");
        assert_eq!(figure(&other_day, key).numerator, 0, "{key}");
        assert_eq!(i64::try_from(opened(&world, key).await.len()), Ok(times), "{key}");
    }
    assert_eq!(
        opened(&world, "ledger.test_calls").await,
        [(entry(1).to_string(), String::new())]
    );
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn notices_are_counted_and_opened_by_id_and_number() {
    let world = world().await;
    let mut story = Story::default();
    story.notice(1, RiskLevel::Ordinary.into());
    story.notice(2, RiskLevel::Critical.into());
    // A level from the future counts, because no figure depends on the level.
    story.notice(3, 99);
    world.play(&story.events).await;
    assert_eq!(figure(&world.april().await, "supervision.risk_notices").numerator, 3);
    let expected: Vec<_> = (1..=3)
        .map(|number| (notice(number).to_string(), format!("F{number}")))
        .collect();
    assert_eq!(opened(&world, "supervision.risk_notices").await, expected);
    let before = state(world.pool()).await;
    world.play(&story.events).await;
    assert_eq!(
        state(world.pool()).await,
        before,
        "events that come again change nothing"
    );
    assert_eq!(world.verify().await.differences, []);
}

#[tokio::test]
async fn an_entry_of_a_kind_from_the_future_is_kept_and_counted_nowhere() {
    let world = world().await;
    let mut story = Story::default();
    story.entry(1, 3, 99);
    world.play(&story.events).await;
    let figures = world.april().await;
    for (_, key) in KINDS {
        assert_eq!(figure(&figures, key).numerator, 0, "{key}");
    }
    let kinds: Vec<i32> = sqlx::query_scalar("select kind from fact_ledger_entry")
        .fetch_all(world.pool())
        .await
        .expect("the entries");
    assert_eq!(kinds, [99]);
    assert_eq!(world.verify().await.differences, []);
}
