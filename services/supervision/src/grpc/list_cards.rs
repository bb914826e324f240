//! Request and answer of `ListCards`.

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
use crate::actions::list_cards::{ListCards, list_cards};
use crate::store::listing::ListedCard;

/// The filter of the list and its page.
pub struct Cards(ListCards, Page);

#[async_trait]
impl Question<Supervision> for Cards {
    const NAME: &'static str = "list_cards";
    type Request = pb::ListCardsRequest;
    type Answer = pb::ListCardsResponse;

    /// A caller with a unit is confined to it.
    fn read(request: &pb::ListCardsRequest, caller: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let order_id = fields.optional_uuid("order_id", &request.order_id);
        let unit = confined_to(caller);
        let asked = Asked {
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
            size: request.page_size,
            token: &request.page_token,
        };
        let page = asked.page(&mut fields, &format!("cards|{order_id:?}|{unit:?}"));
        fields.finish()?;
        let query = ListCards {
            window: page.window.clone(),
            order_id,
            unit,
        };
        Ok(Self(query, page))
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListCardsResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_cards(&mut conn, &self.0).await?;
        let next_page_token = self.1.cut(&mut rows, |row| (row.issued_at, row.id));
        Ok(pb::ListCardsResponse {
            cards: rows.into_iter().map(card).collect(),
            next_page_token,
        })
    }
}

fn card(row: ListedCard) -> pb::Card {
    pb::Card {
        card_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        order_number: row.order_number,
        round: row.round,
        unit: row.unit,
        colour: row.colour.into(),
        clock: row.kind,
        due_time: Some(to_proto(row.due_at)),
        issued_time: Some(to_proto(row.issued_at)),
        withdrawn_time: row.withdrawn_at.map(to_proto),
    }
}
