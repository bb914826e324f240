//! Copies of a played week: consistent over the five databases, with the figures of the week times the copies, and
//! readable.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hosting::databases::{database_name, owner_name};
use hosting::examine::examine;
use hosting::home::Home;
use hosting::{Drive, Name, Suite, SuiteOptions};
use hotline_proto::analytics::{Figure, GetBulletinRequest};
use hotline_proto::routing::{GetOrderRequest, OrderText, get_order_request};
use platform::clock::DrivenClock;
use private_servers::{Durability, Servers};
use replay::clients::Clients;
use rpc::time::date_to_proto;
use seeding::sample::examine_sample;
use seeding::{Template, install, load};
use sqlx::{Connection as _, PgConnection, PgPool};
use uuid::Uuid;

/// Orders asked for.
const ORDERS: u64 = 2_000;
/// Figures of what is registered once.
const ONCE: [&str; 3] = ["seat.leader_days", "library.policies", "library.specialists"];

async fn played(home: &Home) -> Template {
    let (scenario, city) = seeding::week().expect("the shipped week");
    let publish = async |suite: &Suite| hotline::commands::publish(&suite.urls, &suite.issuer, &city).await;
    Template::play(home, &scenario, &city, publish, |_| {})
        .await
        .expect("it plays to its end")
}

fn urls(servers: &Servers) -> [String; 5] {
    Name::ALL.map(|name| servers.postgres_url("postgres", &database_name(name)))
}

/// The five services on the filled databases, with the clock at the end of the week's play.
async fn serve(servers: &Servers, home: &Home) -> Suite {
    let (scenario, _) = seeding::week().expect("the shipped week");
    let options = SuiteOptions {
        databases: Name::ALL.map(|name| servers.postgres_url(&database_name(name), &database_name(name))),
        owners: Some(Name::ALL.map(|name| servers.postgres_url(&owner_name(name), &database_name(name)))),
        redis_url: servers.redis_url(),
        home: home.clone(),
        first_port: 0,
        clock: Arc::new(DrivenClock::new(scenario.window.as_of())),
        drive: Drive::ByHand,
        partitions: 16,
        drain_seconds: 0,
        file: None,
    };
    Suite::start(&options).await.expect("it serves the filled databases")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_consistent_counted_and_readable() {
    let directory = tempfile::tempdir_in(private_servers::scratch()).expect("a folder");
    let home = Home::open(&directory.path().join("home")).expect("keys");
    let template = played(&home).await;
    let servers = filled(directory.path(), &template).await;
    let copies = template.copies(ORDERS).expect("few copies");
    let suite = serve(&servers, &home).await;
    assert_eq!(examine(&suite.pools).await.expect("examined"), []);
    assert_read_to_the_heads(&suite.pools).await;
    let clients = Clients::new(suite.urls.clone(), suite.issuer.clone());
    assert_figures(&clients, &template, copies).await;
    let [first, last] = [0, copies - 1].map(|copy| template.order(7, copy).expect("an order"));
    let (week, copy) = (text(&clients, first).await, text(&clients, last).await);
    assert_ne!(first, last);
    assert!(!week.content.is_empty());
    assert_eq!((&week.title, &week.content), (&copy.title, &copy.content));
    suite.stop(Duration::from_secs(20)).await;
    assert_a_fault_is_found(&template, &servers, copies, last).await;
    servers.stop().await;
}

/// Fills the databases of new servers.
async fn filled(directory: &Path, template: &Template) -> Servers {
    let servers = Servers::start(&directory.join("servers"), Durability::Disposable)
        .await
        .expect("servers");
    install(&servers).await.expect("installed");
    let copies = template.copies(ORDERS).expect("few copies");
    assert!(copies > 2, "{copies} copies of {} orders", template.orders);
    let loaded = load(template, &urls(&servers), copies, &|_| {}).await.expect("loaded");
    assert_eq!(loaded.orders, template.orders * u64::from(copies));
    assert!(loaded.orders >= ORDERS);
    let rows: u64 = loaded.rows.iter().map(|(_, _, rows)| rows).sum();
    assert_eq!(rows, template.rows(copies));
    let again = load(template, &urls(&servers), copies, &|_| {})
        .await
        .expect_err("filled");
    for name in Name::ALL {
        assert!(again.to_string().contains(&format!("{name} is not empty")), "{again}");
    }
    let broken = examine_sample(template, &urls(&servers), copies)
        .await
        .expect("examined");
    assert_eq!(broken, []);
    servers
}

/// Every reader has read every log to its end.
async fn assert_read_to_the_heads(pools: &[PgPool; 5]) {
    for source in Name::ALL {
        let head: i64 = sqlx::query_scalar("select sum(position)::bigint from log_head")
            .fetch_one(&pools[source as usize])
            .await
            .expect("heads");
        for reader in source.readers() {
            let read: i64 = sqlx::query_scalar("select sum(position)::bigint from cursor where source = $1")
                .bind(source.as_str())
                .fetch_one(&pools[*reader as usize])
                .await
                .expect("cursors");
            assert_eq!(read, head, "{reader} reads {source}");
        }
    }
}

/// Counts are those of the week times the copies, and rates are those of the week.
async fn assert_figures(clients: &Clients, template: &Template, copies: u32) {
    let (scenario, _) = seeding::week().expect("the shipped week");
    let request = GetBulletinRequest {
        from_day: Some(date_to_proto(scenario.window.from)),
        to_day: Some(date_to_proto(scenario.window.to)),
    };
    let mut analyst = clients.analyst().expect("a client");
    let bulletin = analyst.get_bulletin(request).await.expect("a bulletin").into_inner();
    let counts = |figure: &Figure| (figure.key.clone(), figure.numerator, figure.denominator);
    let times = |figure: &Figure| {
        let by = if ONCE.contains(&figure.key.as_str()) {
            1
        } else {
            i64::from(copies)
        };
        (figure.key.clone(), figure.numerator * by, figure.denominator * by)
    };
    let expected: Vec<_> = template.bulletin.figures.iter().map(times).collect();
    assert!(expected.len() >= 100, "{}", expected.len());
    assert_eq!(bulletin.figures.iter().map(counts).collect::<Vec<_>>(), expected);
}

/// The text of an order, as the liaison of its unit reads it.
async fn text(clients: &Clients, order: Uuid) -> OrderText {
    let request = |with_text| GetOrderRequest {
        name: Some(get_order_request::Name::OrderId(order.to_string())),
        with_text,
    };
    let mut dispatcher = clients.dispatcher().expect("a client");
    let found = dispatcher
        .get_order(request(false))
        .await
        .expect("the order")
        .into_inner();
    let found = found.order.expect("an order");
    assert_eq!(found.order_id, order.to_string());
    let mut liaison = clients.liaison(&found.lead_unit).expect("a client");
    let read = liaison.get_order(request(true)).await.expect("its text").into_inner();
    read.text.expect("a text")
}

/// The sample has the last copy, so the doctor finds a fault of it.
async fn assert_a_fault_is_found(template: &Template, servers: &Servers, copies: u32, order: Uuid) {
    let mut routing = PgConnection::connect(&urls(servers)[Name::Routing as usize])
        .await
        .expect("routing");
    sqlx::query("delete from transition where order_id = $1 and version = 2")
        .bind(order)
        .execute(&mut routing)
        .await
        .expect("a lost step");
    routing.close().await.expect("closed");
    let broken = examine_sample(template, &urls(servers), copies)
        .await
        .expect("examined");
    assert!(!broken.is_empty());
    for violation in &broken {
        assert_eq!(violation.invariant, "I2");
        assert!(violation.detail.contains(&order.to_string()), "{}", violation.detail);
    }
}
