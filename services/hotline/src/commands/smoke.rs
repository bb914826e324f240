//! `hotline smoke`: tests a whole installation from outside. `helm test` runs it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hosting::Name;
use hotline_proto::access::Role;
use hotline_proto::common::AppealType;
use hotline_proto::intake::intake_service_client::IntakeServiceClient;
use hotline_proto::intake::{
    AppealDraft, Appellant, ForwardAppealRequest, GetAppealRequest, Reference, RegisterAppealRequest,
    get_appeal_request,
};
use hotline_proto::routing::routing_service_client::RoutingServiceClient;
use hotline_proto::routing::{GetOrderRequest, Order, get_order_request};
use rpc::client::Peer;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use uuid::Uuid;

use super::client::Installation;
use super::healthcheck::ask;
use super::pages::reference;
use crate::console::{Failure, say};

/// Longest wait for each service to be SERVING, and for an event to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// Checks the health of all five services. Then it registers an appeal, sends the same request again, forwards the
/// appeal and waits for its order in routing and in intake. The appeal stays; its title says that it is a test. Without
/// a key or a token it checks health only.
#[derive(Args, Debug)]
#[command(
    after_help = "The file has the sections [peers] (addresses of all five), [auth] (issuer, audience, private_key_file: it signs the test's own\ntokens; where an identity provider signs them, give one of its tokens by --token-file) and, for https addresses, [tls] (ca_file; certificate_file and key_file where clients have to show one).\nReference data has to be loaded: `hotline load city.toml`."
)]
pub struct Smoke {
    /// Settings file (TOML)
    #[arg(long)]
    config: PathBuf,
    /// File with an identity provider's token with the roles agent and dispatcher, instead of auth.private_key_file
    #[arg(long)]
    token_file: Option<PathBuf>,
}

impl Smoke {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let world = World(Installation::open(&self.config, self.token_file.as_deref())?);
        for name in Name::ALL {
            world.healthy(name).await?;
            say(format!("{name}: serving"));
        }
        if !world.0.is_somebody() {
            say("no appeal was sent: set auth.private_key_file, or give a token by --token-file");
            return Ok(ExitCode::SUCCESS);
        }
        let draft = world.draft().await?;
        let appeal_id = world.registered(draft).await?;
        say(format!("appeal {appeal_id}: registered once, though sent twice"));
        let order = world.forwarded(&appeal_id).await?;
        say(format!("order {}: opened by routing", order.number));
        world.read_back(&appeal_id, &order).await?;
        say("intake knows its order: events travel both ways");
        Ok(ExitCode::SUCCESS)
    }
}

struct World(Installation);

impl World {
    fn agent(&self) -> Result<IntakeServiceClient<Peer>, Failure> {
        Ok(IntakeServiceClient::new(self.0.peer(Name::Intake, Role::Agent)?))
    }

    async fn healthy(&self, name: Name) -> Result<(), Failure> {
        let url = self.0.url(name);
        let channel = self.0.anonymous(name)?;
        until(format!("{name} at {url} is not SERVING"), async || {
            let asked = ask(channel.clone(), "", Duration::from_secs(3)).await;
            matches!(asked, Ok(ServingStatus::Serving)).then_some(())
        })
        .await
    }

    /// An appeal with codes of the loaded reference data.
    async fn draft(&self) -> Result<AppealDraft, Failure> {
        let reference = match reference(&self.agent()?, None).await {
            Ok(answer) => answer.reference.unwrap_or_default(),
            Err(status) if status.code() == Code::NotFound => Reference::default(),
            Err(status) => return Err(status.into()),
        };
        let is_parent = |code: &str| {
            let mut others = reference.categories.iter();
            others.any(|other| other.code != code && other.code.starts_with(code))
        };
        let channel = reference
            .channels
            .iter()
            .find(|channel| !channel.online && channel.platform.is_empty());
        let category = reference.categories.iter().find(|category| !is_parent(&category.code));
        let (Some(channel), Some(category), Some(region)) = (channel, category, reference.regions.first()) else {
            return Err(
                "no reference data is in force today: load it with `hotline load city.toml`, then try again".into(),
            );
        };
        Ok(AppealDraft {
            channel: channel.code.clone(),
            r#type: AppealType::Help.into(),
            category: category.code.clone(),
            region: region.code.clone(),
            appellant: Some(Appellant {
                name: "系统自检".to_owned(),
                phone: "13800000000".to_owned(),
                ..Appellant::default()
            }),
            title: "系统自检,请直接办结".to_owned(),
            content: "由安装自检(hotline smoke)登记,不是市民诉求。".to_owned(),
            ..AppealDraft::default()
        })
    }

    async fn registered(&self, draft: AppealDraft) -> Result<String, Failure> {
        let request = RegisterAppealRequest {
            request_id: Uuid::new_v4().to_string(),
            appeal: Some(draft),
            call_id: String::new(),
        };
        let first = self.agent()?.register_appeal(request.clone()).await?.into_inner();
        let again = self.agent()?.register_appeal(request).await?.into_inner();
        if first != again {
            return Err(format!(
                "the same request_id gave appeal {} and then {}",
                first.appeal_id, again.appeal_id
            )
            .into());
        }
        Ok(first.appeal_id)
    }

    async fn forwarded(&self, appeal_id: &str) -> Result<Order, Failure> {
        let request = ForwardAppealRequest {
            request_id: Uuid::new_v4().to_string(),
            appeal_id: appeal_id.to_owned(),
        };
        let order_id = self.agent()?.forward_appeal(request).await?.into_inner().order_id;
        let dispatcher = RoutingServiceClient::new(self.0.peer(Name::Routing, Role::Dispatcher)?);
        until(format!("routing has not opened order {order_id}"), async || {
            let name = Some(get_order_request::Name::OrderId(order_id.clone()));
            let request = GetOrderRequest { name, with_text: false };
            dispatcher.clone().get_order(request).await.ok()?.into_inner().order
        })
        .await
    }

    async fn read_back(&self, appeal_id: &str, order: &Order) -> Result<(), Failure> {
        let agent = self.agent()?;
        until(
            format!("intake has not received the state of order {}", order.number),
            async || {
                let request = GetAppealRequest {
                    name: Some(get_appeal_request::Name::AppealId(appeal_id.to_owned())),
                    unmask_purpose: String::new(),
                };
                let appeal = agent.clone().get_appeal(request).await.ok()?.into_inner().appeal?;
                (appeal.order_number == order.number).then_some(())
            },
        )
        .await
    }
}

/// Retries until there is an answer, at most for [`PATIENCE`].
async fn until<T>(what: String, look: impl AsyncFn() -> Option<T>) -> Result<T, Failure> {
    let patience = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if tokio::time::Instant::now() >= patience {
            return Err(Failure(format!("{what} after {} s", PATIENCE.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
