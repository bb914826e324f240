//! `ListLeaderDays`: its request and its answer.

use async_trait::async_trait;
use calendar::{local_date, start_of_day};
use hotline_proto::intake as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use rpc::time::{date_to_proto, to_proto};
use tonic::Status;
use verbs::{At, Question};

use super::Intake;
use crate::actions::list_leader_days::list_leader_days;
use crate::domain::leader_day::Turn;
use crate::store::leader_days::{Filter, ListedDay};

/// Filter and page of the leader days.
pub struct LeaderDays(Filter, Page);

#[async_trait]
impl Question<Intake> for LeaderDays {
    const NAME: &'static str = "list_leader_days";
    type Request = pb::ListLeaderDaysRequest;
    type Answer = pb::ListLeaderDaysResponse;

    fn read(request: &pb::ListLeaderDaysRequest, _: &Caller, _: &At<Intake>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let from = fields.optional_day("from_day", request.from_day.as_ref());
        let to = fields.optional_day("to_day", request.to_day.as_ref());
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            fields.refuse("to_day", "must not be before from_day");
        }
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            ..Asked::default()
        };
        let page = asked.page(&mut fields, &format!("leader_days|{from:?}|{to:?}"));
        // The position of a day is its first instant.
        let (after, id) = page.window.after;
        let filter = Filter {
            after: (local_date(after), id),
            from,
            to,
            limit: page.window.limit,
        };
        fields.read(Some(Self(filter, page)))
    }

    async fn answer(self, at: &At<Intake>) -> Result<pb::ListLeaderDaysResponse, Status> {
        let Self(filter, page) = self;
        let mut rows = at
            .service
            .store
            .run(Self::NAME, move |tx| {
                let filter = filter.clone();
                Box::pin(async move { list_leader_days(tx, &filter).await })
            })
            .await?;
        let next_page_token = page.cut(&mut rows, |row| (start_of_day(row.day.day), row.day.id));
        Ok(pb::ListLeaderDaysResponse {
            leader_days: rows.iter().map(leader_day).collect(),
            next_page_token,
        })
    }
}

fn leader_day(row: &ListedDay) -> pb::LeaderDay {
    let cancelled = row.day.cancelled.as_ref();
    pb::LeaderDay {
        leader_day_id: row.day.id.to_string(),
        day: Some(date_to_proto(row.day.day)),
        notice: row.day.notice.clone(),
        leaders: row.roster.iter().map(leader).collect(),
        cancelled_time: cancelled.map(|cancelled| to_proto(cancelled.at)),
        cancel_reason: cancelled.map(|cancelled| cancelled.reason.clone()).unwrap_or_default(),
        appeal_count: row.appeals,
        ended_count: row.ended,
        order_count: row.orders,
        closed_order_count: row.closed,
    }
}

fn leader(turn: &Turn) -> pb::Leader {
    pb::Leader {
        name: turn.name.clone(),
        post: turn.post.clone(),
        unit: turn.unit.clone().unwrap_or_default(),
        from_time: Some(to_proto(turn.from_at)),
        to_time: Some(to_proto(turn.to_at)),
    }
}
