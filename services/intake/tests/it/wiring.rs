//! The parts of the app.

use crate::world::world;

#[tokio::test]
async fn it_serves_its_own_contract_and_its_log_and_drives_relay_and_consumer() {
    let world = world().await;
    assert_eq!(
        world.app.rpc_services(),
        ["hotline.intake.v1.IntakeService", "hotline.common.v1.EventLogService"]
    );
    let steps = world.app.steps();
    let mut names: Vec<&str> = steps.iter().map(|driven| driven.step.name()).collect();
    names.sort_unstable();
    assert_eq!(names, ["intake.consume.routing", "intake.forget", "intake.relay"]);
}
