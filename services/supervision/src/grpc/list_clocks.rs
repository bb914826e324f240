//! Request and answer of `ListClocks`.

use async_trait::async_trait;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use rpc::time::to_proto;
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use super::fields::confined_to;
use crate::actions::list_clocks::{ListClocks, list_clocks};
use crate::store::listing::ListedClock;

/// The filter of the list and its page.
pub struct Clocks(ListClocks, Page);

#[async_trait]
impl Question<Supervision> for Clocks {
    const NAME: &'static str = "list_clocks";
    type Request = pb::ListClocksRequest;
    type Answer = pb::ListClocksResponse;

    /// A caller with a unit is confined to it.
    fn read(request: &pb::ListClocksRequest, caller: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let order_id = fields.optional_uuid("order_id", &request.order_id);
        let state = match fields.optional_known::<pb::ClockState>("state", request.state) {
            Some(pb::ClockState::Open) => Some("open"),
            Some(pb::ClockState::Stopped) => Some("stopped"),
            Some(pb::ClockState::Fired) => Some("fired"),
            Some(pb::ClockState::Unspecified) | None => None,
        };
        let unit = confined_to(caller);
        let asked = Asked {
            size: request.page_size,
            token: &request.page_token,
            ..Asked::default()
        };
        let page = asked.page(&mut fields, &format!("clocks|{order_id:?}|{state:?}|{unit:?}"));
        fields.finish()?;
        let query = ListClocks {
            window: page.window.clone(),
            order_id,
            state,
            unit,
        };
        Ok(Self(query, page))
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListClocksResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_clocks(&mut conn, &self.0).await?;
        let next_page_token = self.1.cut(&mut rows, |row| (row.due_at, row.id));
        Ok(pb::ListClocksResponse {
            clocks: rows.iter().map(clock).collect(),
            next_page_token,
        })
    }
}

fn clock(row: &ListedClock) -> pb::WatchedClock {
    let state = match row.state.as_str() {
        "open" => pb::ClockState::Open,
        "stopped" => pb::ClockState::Stopped,
        "fired" => pb::ClockState::Fired,
        _ => pb::ClockState::Unspecified,
    };
    pb::WatchedClock {
        clock_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        round: row.round,
        kind: row.kind,
        colour: row.colour.into(),
        due_time: Some(to_proto(row.due_at)),
        state: state.into(),
    }
}
