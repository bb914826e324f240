//! Client of intake over gRPC.

use async_trait::async_trait;
use hotline_proto::intake::ReadAppealTextRequest;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use rpc::client::Peer;
use tonic::Code;

use super::{AppealText, AppealTexts, Reading, UpstreamError};

const SERVICE: &str = "intake";

/// The gRPC service of intake.
#[derive(Clone)]
pub struct Intake {
    client: IntakeServiceClient<Peer>,
}

impl Intake {
    /// The client of a peer.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self {
            client: IntakeServiceClient::new(peer),
        }
    }
}

#[async_trait]
impl AppealTexts for Intake {
    async fn read(&self, reading: Reading) -> Result<AppealText, UpstreamError> {
        let request = ReadAppealTextRequest {
            appeal_id: reading.appeal.to_string(),
            order_id: reading.order.to_string(),
            reader: reading.reader,
            unit: reading.unit,
            with_appellant: reading.with_appellant,
        };
        let answer = self
            .client
            .clone()
            .read_appeal_text(request)
            .await
            .map_err(|status| match status.code() {
                Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::ResourceExhausted => {
                    UpstreamError::Away(SERVICE)
                }
                Code::NotFound => UpstreamError::Unknown(SERVICE),
                code => UpstreamError::Refused {
                    service: SERVICE,
                    reason: format!("{code:?}"),
                },
            })?;
        let text = answer.into_inner();
        Ok(AppealText {
            title: text.title,
            content: text.content,
            place: text.place,
            appellant: text.appellant,
        })
    }
}
