use hotline_proto::access::Role;
use hotline_proto::intake as pb;
use tonic::Code;

use crate::world::{World, publishing, reference, violated, world};

async fn version_on(world: &World, day: &str) -> Result<u64, Code> {
    let request = pb::GetReferenceRequest { day: day.to_owned() };
    match world.client(Role::Liaison).get_reference(request).await {
        Ok(answer) => Ok(answer.into_inner().version),
        Err(status) => Err(status.code()),
    }
}

#[tokio::test]
async fn the_whole_set_comes_back_in_the_order_of_its_codes() {
    let world = world().await;
    let answer = world
        .agent()
        .get_reference(pb::GetReferenceRequest::default())
        .await
        .expect("in force today")
        .into_inner();
    let mut expected = reference();
    expected.channels.sort_by(|a, b| a.code.cmp(&b.code));
    expected.categories.sort_by(|a, b| a.code.cmp(&b.code));
    expected.regions.sort_by(|a, b| a.code.cmp(&b.code));
    assert_eq!(answer.version, 1);
    assert_eq!(answer.reference, Some(expected));
}

#[tokio::test]
async fn on_each_day_the_version_that_began_last_is_in_force() {
    let world = world().await;
    for day in ["2024-07-01", "2024-03-01", "2024-03-01"] {
        world
            .client(Role::Operator)
            .publish_reference(publishing(day, reference()))
            .await
            .expect("published");
    }
    for (day, version) in [
        ("2023-12-31", Err(Code::NotFound)),
        ("2024-01-01", Ok(1)),
        ("2024-02-29", Ok(1)),
        ("2024-03-01", Ok(4)),
        ("", Ok(4)),
        ("2024-06-30", Ok(4)),
        ("2024-07-01", Ok(2)),
    ] {
        assert_eq!(version_on(&world, day).await, version, "{day}");
    }
}

#[tokio::test]
async fn a_day_that_is_none_is_refused() {
    let world = world().await;
    for day in ["2024-02-30", "tomorrow", "2024-1-1", "1999-12-31"] {
        let request = pb::GetReferenceRequest { day: day.to_owned() };
        let refused = world.agent().get_reference(request).await.expect_err("no day");
        assert_eq!(violated(&refused), ["day"], "{day}");
    }
}
