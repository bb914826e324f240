//! Request and answer of `ListReviews`.

use async_trait::async_trait;
use hotline_proto::supervision as pb;
use platform::auth::Caller;
use rpc::fields::{Fields, InvalidRequest};
use rpc::listing::{Asked, Page};
use tonic::Status;
use verbs::{At, Question};

use super::Supervision;
use super::fields::{confined_to, review};
use crate::actions::list_reviews::{ListReviews, list_reviews};

/// The filter of the list and its page.
pub struct Reviews(ListReviews, Page);

#[async_trait]
impl Question<Supervision> for Reviews {
    const NAME: &'static str = "list_reviews";
    type Request = pb::ListReviewsRequest;
    type Answer = pb::ListReviewsResponse;

    /// A caller with a unit is confined to it.
    fn read(request: &pb::ListReviewsRequest, caller: &Caller, _: &At<Supervision>) -> Result<Self, InvalidRequest> {
        let mut fields = Fields::new();
        let unit = confined_to(caller);
        let asked = Asked {
            from: request.from_time.as_ref(),
            to: request.to_time.as_ref(),
            size: request.page_size,
            token: &request.page_token,
        };
        let page = asked.page(&mut fields, &format!("reviews|{}|{unit:?}", request.open_only));
        fields.finish()?;
        let query = ListReviews {
            window: page.window.clone(),
            open_only: request.open_only,
            unit,
        };
        Ok(Self(query, page))
    }

    async fn answer(self, at: &At<Supervision>) -> Result<pb::ListReviewsResponse, Status> {
        let mut conn = at.service.store.reading(Self::NAME).await?;
        let mut rows = list_reviews(&mut conn, &self.0).await?;
        let next_page_token = self.1.cut(&mut rows, |row| (row.review.submitted_at, row.review.id));
        Ok(pb::ListReviewsResponse {
            reviews: rows.into_iter().map(review).collect(),
            next_page_token,
        })
    }
}
