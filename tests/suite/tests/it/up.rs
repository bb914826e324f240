//! `hotline up` is stopped and started. All that it acknowledged before is there afterwards, each thing once.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt as _;

use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{
    Appeal, AppealDraft, GetAppealRequest, ListAppealsRequest, RegisterAppealRequest, RegisterAppealResponse,
    get_appeal_request,
};
use replay::city::{City, XIANGTAN};
use rpc::client::Peer;

use crate::fixture::people::{draft, request_id};
use crate::fixture::process::Process;
use crate::processes::agent;

/// Number of the watcher's acknowledged calls after which it ends the process.
const WATCHED: usize = 50;

/// The acknowledged answer; `None` when the service is gone.
pub async fn register(agent: &mut IntakeServiceClient<Peer>, draft: &AppealDraft) -> Option<RegisterAppealResponse> {
    let request = RegisterAppealRequest {
        request_id: request_id(),
        appeal: Some(draft.clone()),
        call_id: String::new(),
    };
    agent
        .register_appeal(request)
        .await
        .ok()
        .map(tonic::Response::into_inner)
}

async fn listed(agent: &mut IntakeServiceClient<Peer>) -> Vec<Appeal> {
    let mut request = ListAppealsRequest {
        page_size: 1000,
        ..ListAppealsRequest::default()
    };
    let mut appeals = Vec::new();
    loop {
        let answer = agent.list_appeals(request.clone()).await.expect("listed").into_inner();
        appeals.extend(answer.appeals);
        if answer.next_page_token.is_empty() {
            return appeals;
        }
        request.page_token = answer.next_page_token;
    }
}

/// Finds each appeal by its id and by its number, and once in the list. The list has no duplicates.
async fn assert_there(agent: &mut IntakeServiceClient<Peer>, acknowledged: &[RegisterAppealResponse]) {
    let mut in_list: HashMap<(String, String), usize> = HashMap::new();
    for appeal in listed(agent).await {
        *in_list.entry((appeal.appeal_id, appeal.number)).or_default() += 1;
    }
    for receipt in acknowledged {
        let (id, number) = (receipt.appeal_id.clone(), receipt.number.clone());
        for name in [
            get_appeal_request::Name::AppealId(id.clone()),
            get_appeal_request::Name::Number(number.clone()),
        ] {
            let request = GetAppealRequest {
                name: Some(name),
                unmask_purpose: String::new(),
            };
            let answer = agent
                .get_appeal(request)
                .await
                .expect("it was acknowledged")
                .into_inner();
            let appeal = answer.appeal.expect("an appeal");
            assert_eq!(
                (&appeal.appeal_id, &appeal.number, &appeal.received_time),
                (&receipt.appeal_id, &receipt.number, &receipt.received_time)
            );
        }
        let times = in_list.get(&(id, number)).copied();
        assert_eq!(times, Some(1), "{} in the list", receipt.number);
    }
    let numbers: HashMap<&str, &str> = in_list
        .keys()
        .map(|(id, number)| (number.as_str(), id.as_str()))
        .collect();
    assert_eq!(numbers.len(), in_list.len(), "no number is given out twice");
    assert!(
        in_list.values().all(|times| *times == 1),
        "nothing stands twice in the list"
    );
}

/// All five services in one process on private servers, with the small city.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_that_is_ended_under_load_has_every_appeal_once_when_it_starts_again() {
    let directory = tempfile::tempdir().expect("a folder");
    // The private Postgres runs as another user when the test runs as root.
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).expect("our own folder");
    let (data, file) = (directory.path().join("data"), directory.path().join("city.toml"));
    std::fs::write(&file, XIANGTAN).expect("our own folder");
    let (folder, path) = (data.display().to_string(), file.display().to_string());
    let again = ["up", "--port", "0", "--partitions", "2", "--data", folder.as_str()];
    let first = [again.as_slice(), &["--city", path.as_str()]].concat();
    let draft = draft(&City::parse(XIANGTAN, "city.toml").expect("the shipped city"));

    let mut process = Process::start(&first, &[]);
    let url = process.url_once_loaded("intake");
    let loads = (0..8).map(|_| async {
        let (mut agent, mut acknowledged) = (agent(&url, &data), Vec::new());
        while let Some(receipt) = register(&mut agent, &draft).await {
            acknowledged.push(receipt);
        }
        acknowledged
    });
    let watcher = async {
        let (mut agent, mut acknowledged) = (agent(&url, &data), Vec::new());
        for _ in 0..WATCHED {
            acknowledged.push(register(&mut agent, &draft).await.expect("it serves"));
        }
        process.signal("TERM");
        acknowledged
    };
    let (loads, mut acknowledged) = tokio::join!(futures::future::join_all(loads), watcher);
    assert!(process.ended(), "it ends in order");
    assert!(
        loads.iter().all(|load| !load.is_empty()),
        "every load got something done"
    );
    acknowledged.extend(loads.into_iter().flatten());

    let mut process = Process::start(&again, &[]);
    let url = process.url("intake");
    assert_there(&mut agent(&url, &data), &acknowledged).await;
    process.signal("TERM");
    assert!(process.ended(), "it ends in order");
}
