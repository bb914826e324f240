//! A served analytics, with events passed to it as its consumers do.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use analytics::config::AnalyticsConfig;
use analytics::consumers::{applying, callback, intake, routing, supervision};
use analytics::{App, Settings};
use eventlog::{ApplyError, Effect, Handler, Recorded, Store};
use hotline_proto::Date;
use hotline_proto::access::Role;
use hotline_proto::analytics as pb;
use hotline_proto::analytics::analytics_service_client::AnalyticsServiceClient;
use platform::clock::DrivenClock;
use platform::store::StoreError;
use rpc::client::Peer;
use sqlx::PgPool;
use testkit::{Database, Edge, at};

use crate::story::day;

pub type Client = AnalyticsServiceClient<Peer>;

/// When it ends, the doctor must find no violation, unless the test planted a fault.
pub struct World {
    pub edge: Edge,
    pub database: Database,
    pub store: Store,
    planted: AtomicBool,
}

impl Drop for World {
    fn drop(&mut self) {
        if self.planted.load(Ordering::Relaxed) || std::thread::panicking() {
            return;
        }
        // The test's own runtime does not run during a drop.
        let url = self.database.url.clone();
        let checked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let pool = PgPool::connect(&url).await.expect("the test's database");
                analytics::doctor::check(&pool).await.expect("read")
            })
        });
        assert_eq!(checked.join().expect("the doctor"), [], "the doctor's findings");
    }
}

pub fn settings() -> Settings {
    platform::config::load::<AnalyticsConfig>(analytics::NAME, analytics::DEFAULTS, None, Some(HashMap::new()))
        .expect("the compiled-in settings")
}

pub async fn world() -> World {
    world_with(settings()).await
}

pub async fn world_with(settings: Settings) -> World {
    let database = testkit::database(analytics::NAME, &analytics::MIGRATOR).await;
    let clock = Arc::new(DrivenClock::new(at(20, 9, 0)));
    let base = Edge::base(analytics::NAME, &database, &clock);
    let lifecycle = base.lifecycle.clone();
    let app = App::build(&settings, base).await.expect("wired");
    let edge = Edge::serve(analytics::NAME, app.routes(), app.rpc_services(), &clock, &lifecycle).await;
    let store = testkit::log(analytics::NAME, &database.pool, clock.clone()).await;
    World {
        edge,
        database,
        store,
        planted: AtomicBool::new(false),
    }
}

pub fn handler(source: &str) -> Arc<dyn Handler> {
    applying(match source {
        intake::SOURCE => intake::read,
        routing::SOURCE => routing::read,
        supervision::SOURCE => supervision::read,
        callback::SOURCE => callback::read,
        other => panic!("analytics does not read {other}"),
    })
}

/// Applies events on the transaction of a batch, as a consumer does.
pub async fn apply(store: &Store, source: &str, events: Vec<Recorded>) -> Result<Vec<Effect>, String> {
    let handler = handler(source);
    store
        .run("consume", move |tx| {
            let (events, handler) = (events.clone(), handler.clone());
            Box::pin(async move {
                handler.apply(tx, &events).await.map_err(|error| match error {
                    ApplyError::Permanent(why) => StoreError::Unready(why),
                    ApplyError::Transient(error) => error,
                })
            })
        })
        .await
        .map_err(|error: StoreError| platform::steps::chain(&error))
}

impl World {
    pub fn client(&self, role: Role) -> Client {
        AnalyticsServiceClient::new(self.edge.role(role))
    }

    pub fn pool(&self) -> &PgPool {
        &self.database.pool
    }

    pub async fn apply(&self, source: &str, events: Vec<Recorded>) -> Vec<Effect> {
        apply(&self.store, source, events).await.expect("applied")
    }

    /// Events of several sources, one by one.
    pub async fn play(&self, events: &[Recorded]) {
        for event in events {
            let effects = self.apply(&event.source, vec![event.clone()]).await;
            assert_eq!(effects, [Effect::Applied], "{}", event.kind);
        }
    }

    pub async fn bulletin(&self, from: Date, to: Date) -> Vec<pb::Figure> {
        bulletin(&self.edge, from, to).await
    }

    pub async fn april(&self) -> Vec<pb::Figure> {
        april_of(&self.edge).await
    }

    /// The table of April by a dimension, as an analyst sees it.
    pub async fn breakdown(&self, of: pb::Dimension, parent_unit: &str) -> pb::GetBreakdownResponse {
        let request = pb::GetBreakdownRequest {
            from_day: Some(day(4, 1)),
            to_day: Some(day(4, 30)),
            dimension: of.into(),
            parent_unit: parent_unit.to_owned(),
        };
        let answer = self.client(Role::Analyst).get_breakdown(request).await;
        answer.expect("a table").into_inner()
    }

    /// All members that a request lists, over all of its pages.
    pub async fn opened(&self, request: pb::ListFigureMembersRequest) -> Vec<pb::FigureMember> {
        let mut request = request;
        let mut members = Vec::new();
        loop {
            let answer = self.client(Role::Analyst).list_figure_members(request.clone()).await;
            let answer = answer.expect("a page").into_inner();
            members.extend(answer.members);
            if answer.next_page_token.is_empty() {
                return members;
            }
            request.page_token = answer.next_page_token;
        }
    }

    pub async fn verify(&self) -> pb::VerifyRollupsResponse {
        let answer = self
            .client(Role::Analyst)
            .verify_rollups(pb::VerifyRollupsRequest {})
            .await;
        answer.expect("verified").into_inner()
    }

    /// Plants a fault and skips the doctor at the end of this world.
    pub async fn plant(&self, fault: &'static str) {
        self.planted.store(true, Ordering::Relaxed);
        self.execute(fault).await;
    }

    pub async fn execute(&self, statement: &'static str) {
        let done = sqlx::query(statement).execute(self.pool()).await.expect("executed");
        assert!(done.rows_affected() > 0, "{statement}");
    }
}

/// The figures of a window, as an analyst sees them.
async fn bulletin(edge: &Edge, from: Date, to: Date) -> Vec<pb::Figure> {
    let request = pb::GetBulletinRequest {
        from_day: Some(from),
        to_day: Some(to),
    };
    let answer = Client::new(edge.role(Role::Analyst)).get_bulletin(request).await;
    answer.expect("a bulletin").into_inner().figures
}

/// The figures of April.
pub async fn april_of(edge: &Edge) -> Vec<pb::Figure> {
    bulletin(edge, day(4, 1), day(4, 30)).await
}

/// All rows that events may change, as text: equal texts are equal states. Roll-ups of 0 are omitted.
pub async fn state(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "select to_jsonb(c)::text from fact_call c
          union all select to_jsonb(a)::text from fact_appeal a
          union all select to_jsonb(d)::text from fact_leader_day d
          union all select to_jsonb(m)::text from fact_account_message m
          union all select to_jsonb(l)::text from library_version l
          union all select to_jsonb(p)::text from library_policy p
          union all select to_jsonb(s)::text from library_specialist s
          union all select to_jsonb(u)::text from published_unit u
          union all select to_jsonb(n)::text from fact_risk_notice n
          union all select to_jsonb(e)::text from fact_ledger_entry e
          union all select to_jsonb(o)::text from fact_order o
          union all select to_jsonb(t)::text from fact_callback t
          union all select jsonb_strip_nulls(to_jsonb(r))::text from (
              select dimension, span, day, due_day, member, measure, value from rollup
               cross join lateral jsonb_each_text(
                   to_jsonb(rollup) - '{dimension,span,day,due_day,member}'::text[]) as counted (measure, value)
               where value <> '0') r
          union all select to_jsonb(n)::text from published_name n
          order by 1",
    )
    .fetch_all(pool)
    .await
    .expect("the tables")
}

/// The figure of a key.
pub fn figure<'f>(figures: &'f [pb::Figure], key: &str) -> &'f pb::Figure {
    let found = figures.iter().find(|figure| figure.key == key);
    found.unwrap_or_else(|| panic!("{key} is not printed"))
}
