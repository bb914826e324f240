//! `GetRiskNotice`: the whole notice for the hotline, its own part for an addressee, each reading on record.

use hotline_proto::access::Role;
use hotline_proto::events::RiskLevel;
use hotline_proto::supervision::get_risk_notice_request::Name;
use hotline_proto::supervision::{GetRiskNoticeRequest, RiskAddressee, RiskNoticeState};
use prost_types::Timestamp;
use rpc::time::to_proto;
use testkit::at;
use tonic::Code;
use uuid::Uuid;

use crate::feed_back_risk_notice::feedback;
use crate::issue_risk_notice::{about_one_order, issued};
use crate::world::{World, violations};

/// What a reader sees of the addressees: unit, time of its feedback, and whether that was late.
pub fn told(addressees: &[RiskAddressee]) -> Vec<(&str, Option<Timestamp>, bool)> {
    let told = addressees.iter().map(|a| (a.unit.as_str(), a.feedback_time, a.late));
    told.collect()
}

fn by_id(notice: &str) -> GetRiskNoticeRequest {
    GetRiskNoticeRequest {
        name: Some(Name::NoticeId(notice.to_owned())),
    }
}

#[tokio::test]
async fn the_hotline_reads_everything_by_id_or_number() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    let request = about_one_order(&world, &["water", "gas"]).await;
    let issued = client
        .issue_risk_notice(request.clone())
        .await
        .expect("an order")
        .into_inner();
    client
        .feed_back_risk_notice(feedback(&issued.notice_id, "water"))
        .await
        .expect("an addressee");
    // As people write it.
    let number = issued.number.to_lowercase().replace('-', " ");
    for name in [Name::NoticeId(issued.notice_id.clone()), Name::Number(number)] {
        let read = client.get_risk_notice(GetRiskNoticeRequest { name: Some(name) }).await;
        let read = read.expect("it exists").into_inner();
        assert_eq!((&read.summary, &read.measures), (&request.summary, &request.measures));
        assert_eq!(read.order_ids, request.order_ids);
        assert_eq!(read.feedback, ["", "已约谈李四"]);
        let notice = read.notice.expect("always set");
        assert_eq!((notice.state(), notice.version), (RiskNoticeState::Issued, 2));
        assert_eq!(
            (notice.level(), notice.number),
            (RiskLevel::Major, issued.number.clone())
        );
        assert_eq!((notice.category.as_str(), notice.region.as_str()), ("0101", "430302"));
        assert_eq!(
            (notice.order_count, notice.appeal_count, notice.person_count),
            (1, 1, 0)
        );
        assert_eq!(notice.first_time, Some(to_proto(at(1, 8, 0))));
        assert_eq!(notice.last_time, Some(to_proto(at(1, 9, 0))));
        assert_eq!(notice.feedback_due_time, Some(to_proto(at(1, 12, 0))));
        assert_eq!(
            (notice.issued_time, notice.verified_time),
            (Some(to_proto(at(1, 9, 0))), None)
        );
        let nine = Some(to_proto(at(1, 9, 0)));
        assert_eq!(told(&notice.addressees), [("gas", None, false), ("water", nine, false)]);
    }
}

#[tokio::test]
async fn an_addressee_reads_its_own_feedback_alone_and_it_is_on_record() {
    let world = World::new().await;
    let notice = issued(&world, &["water", "gas"]).await.notice_id;
    let mut hotline = world.client(Role::Supervisor);
    // After the limit.
    world.clock.move_to(at(1, 12, 1));
    let late = Some(to_proto(at(1, 12, 1)));
    for unit in ["water", "gas"] {
        hotline
            .feed_back_risk_notice(feedback(&notice, unit))
            .await
            .expect("an addressee");
    }
    for role in [Role::Liaison, Role::Supervisor] {
        let read = world.of_unit(role, "water").get_risk_notice(by_id(&notice)).await;
        let read = read.expect("addressed to it").into_inner();
        assert_eq!(read.feedback, ["", "已约谈李四"]);
        assert_eq!((read.order_ids.len(), read.summary.is_empty()), (0, false));
        let addressees = read.notice.expect("always set").addressees;
        assert_eq!(told(&addressees), [("gas", None, false), ("water", late, true)]);
    }
    let records: Vec<(String, Vec<String>)> =
        sqlx::query_as("select table_of, columns from sealed_read order by table_of, id")
            .fetch_all(world.pool())
            .await
            .expect("records");
    let record = |table: &str, columns: &[&str]| {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        (table.to_owned(), columns)
    };
    let of_addressee = record("risk_addressee", &["feedback"]);
    let of_notice = record("risk_notice", &["summary", "measures"]);
    assert_eq!(
        records,
        [of_addressee.clone(), of_addressee, of_notice.clone(), of_notice]
    );
    for unit in ["power", ""] {
        let refused = world.of_unit(Role::Liaison, unit).get_risk_notice(by_id(&notice)).await;
        assert_eq!(
            refused.expect_err("not addressed to it").code(),
            Code::NotFound,
            "{unit}"
        );
    }
}

#[tokio::test]
async fn a_notice_that_is_none_or_has_no_name_is_refused() {
    let world = World::new().await;
    let mut client = world.client(Role::Supervisor);
    for name in [
        Name::NoticeId(Uuid::new_v4().to_string()),
        Name::Number(platform::numbers::number('R', at(1, 9, 0).date_naive(), 7)),
    ] {
        let refused = client.get_risk_notice(GetRiskNoticeRequest { name: Some(name) }).await;
        assert_eq!(refused.expect_err("no such notice").code(), Code::NotFound);
    }
    for (name, field) in [
        (None, "notice_id"),
        (Some(Name::NoticeId("x".to_owned())), "notice_id"),
        (Some(Name::Number("W240401-000001-1".to_owned())), "number"),
    ] {
        let refused = client.get_risk_notice(GetRiskNoticeRequest { name }).await;
        assert_eq!(violations(&refused.expect_err("no name")), [field]);
    }
}
