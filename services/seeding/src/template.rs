//! The template: a small scenario, played by the real services, and all its rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hosting::databases::{create_all, database_name, owner_name};
use hosting::home::Home;
use hosting::{Drive, Failure, Name, Suite, SuiteOptions};
use hotline_proto::analytics::GetBulletinResponse;
use personal::sealing::{Cell, Kek, SealKey, Sealer};
use platform::clock::DrivenClock;
use platform::store::StoreError;
use private_servers::{Durability, Servers, scratch};
use replay::city::City;
use replay::run::play;
use replay::scenario::Scenario;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use crate::ids::{IdAt, Ids};
use crate::numbers::Numbers;
use crate::rows::{Known, Preparing, Row, Texts, numbers_in};
use crate::rules::{self, PUBLICATIONS, Table, Treatment};
use crate::store::{self, Column, Kind, Tuple};

/// Table of routing's orders.
const ORDERS: &str = "orders";
/// Time for the template's services to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(20);

/// The rows of a played scenario, prepared to be copied.
pub struct Template {
    /// Orders of one copy.
    pub orders: u64,
    /// Bulletin of its window.
    pub bulletin: GetBulletinResponse,
    pub(crate) ids: Ids,
    pub(crate) numbers: Numbers,
    /// In the order of [`Name::ALL`].
    pub(crate) parts: Vec<Part>,
}

/// The rows of one service.
pub(crate) struct Part {
    pub service: Name,
    pub tables: Vec<Prepared>,
    /// Seals the cells of copies; `None` where nothing is sealed.
    pub key: Option<SealKey>,
    /// Time up to which it knows each source.
    pub known_until: BTreeMap<String, DateTime<Utc>>,
}

/// The rows of one table.
pub(crate) struct Prepared {
    pub table: Table,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Rows that are written together, such as the history of an order, so that an index is written in few places.
    pub groups: Vec<Vec<usize>>,
    /// Ranges of the sums in each row.
    pub sums: Vec<Vec<std::ops::Range<usize>>>,
}

/// The rows of one service as they were read.
struct Raw {
    service: Name,
    tables: Vec<(Table, Vec<Column>, Vec<Tuple>)>,
    texts: Texts,
    key: Option<SealKey>,
    known_until: BTreeMap<String, DateTime<Utc>>,
}

impl Template {
    /// Plays a scenario on private servers in memory or in a temporary folder, with the keys of `home`, and reads its
    /// rows. `publish` loads the city into the services before the play.
    ///
    /// # Errors
    /// A scenario that cannot be played to its end, or a row that the rules do not explain.
    pub async fn play(
        home: &Home,
        scenario: &Scenario,
        city: &City,
        publish: impl AsyncFnOnce(&Suite) -> Result<(), Failure>,
        progress: impl FnMut(u64),
    ) -> Result<Self, Failure> {
        let directory = tempfile::Builder::new().prefix("hotline-seed-").tempdir_in(scratch())?;
        let servers = Servers::start(directory.path(), Durability::Disposable).await?;
        let read = play_on(&servers, home, scenario, city, publish, progress).await;
        servers.stop().await;
        let (raws, bulletin) = read?;
        Self::prepare(raws, bulletin)
    }

    fn prepare(raws: Vec<Raw>, bulletin: GetBulletinResponse) -> Result<Self, Failure> {
        let known = known(&raws)?;
        let mut ids = Ids::default();
        share(&raws, &mut ids);
        let mut parts = Vec::new();
        for raw in raws {
            let mut tables = Vec::new();
            for (table, columns, tuples) in raw.tables {
                let preparing = Preparing {
                    table,
                    columns: &columns,
                    known: &known,
                    texts: &raw.texts,
                };
                let prepared = prepare(&preparing, &tuples, &mut ids).map_err(Failure)?;
                tables.push(Prepared { columns, ..prepared });
            }
            parts.push(Part {
                service: raw.service,
                tables,
                key: raw.key,
                known_until: raw.known_until,
            });
        }
        explain(&parts, &mut ids);
        ids.check().map_err(Failure)?;
        let orders = parts
            .iter()
            .flat_map(|part| &part.tables)
            .find(|table| table.table.name == ORDERS);
        Ok(Self {
            orders: orders.map_or(0, |table| table.rows.len() as u64),
            bulletin,
            ids,
            numbers: known.numbers,
            parts,
        })
    }

    /// Id of the n-th order of the template, in a copy.
    #[must_use]
    pub fn order(&self, place: usize, copy: u32) -> Option<Uuid> {
        let tables = self.parts.iter().flat_map(|part| &part.tables);
        let row = tables
            .filter(|table| table.table.name == ORDERS)
            .find_map(|table| table.rows.get(place))?;
        Some(self.ids.of_copy(*row.ids.first()?, copy))
    }

    /// Copies that have at least so many orders.
    ///
    /// # Errors
    /// More copies than have unique numbers.
    pub fn copies(&self, orders: u64) -> Result<u32, Failure> {
        let copies = orders.div_ceil(self.orders.max(1)).max(1);
        let most = self.numbers.most_copies();
        u32::try_from(copies).ok().filter(|_| copies <= most).ok_or_else(|| {
            Failure(format!(
                "{orders} orders are too many: platforms' numbers are unique for {} orders",
                most.saturating_mul(self.orders)
            ))
        })
    }
}

async fn play_on(
    servers: &Servers,
    home: &Home,
    scenario: &Scenario,
    city: &City,
    publish: impl AsyncFnOnce(&Suite) -> Result<(), Failure>,
    mut progress: impl FnMut(u64),
) -> Result<(Vec<Raw>, GetBulletinResponse), Failure> {
    create_all(&servers.postgres_url("postgres", "postgres")).await?;
    let clock = Arc::new(DrivenClock::new(calendar::start_of_day(scenario.window.from)));
    let options = SuiteOptions {
        databases: Name::ALL.map(|name| servers.postgres_url(&database_name(name), &database_name(name))),
        owners: Some(Name::ALL.map(|name| servers.postgres_url(&owner_name(name), &database_name(name)))),
        redis_url: servers.redis_url(),
        home: home.clone(),
        first_port: 0,
        clock: clock.clone(),
        drive: Drive::ByHand,
        // One partition: each pass polls every partition of every source.
        partitions: 1,
        drain_seconds: 0,
        file: None,
    };
    let suite = Suite::start(&options).await?;
    let played = async {
        publish(&suite).await?;
        let played = play(&suite, clock, scenario, city, |now| progress(now.over as u64)).await?;
        if let Some(violation) = played.outcome.violations.first() {
            return Err(Failure(format!(
                "the template breaks {}: {}",
                violation.invariant, violation.detail
            )));
        }
        let kek = Kek::read(&home.sealing_key())?;
        let at = calendar::start_of_day(scenario.window.from);
        let mut raws = Vec::new();
        for name in Name::ALL {
            raws.push(read(name, suite.pool(name), &kek, at).await?);
        }
        Ok((raws, played.outcome.bulletin))
    };
    let read = played.await;
    suite.stop(STOPS_WITHIN).await;
    read
}

/// Reads a database.
async fn read(service: Name, pool: &PgPool, kek: &Kek, at: DateTime<Utc>) -> Result<Raw, Failure> {
    let sealer = Sealer::new(pool.clone(), service.as_str(), kek.clone());
    let mut conn = pool.acquire().await.map_err(StoreError::from)?;
    let names = store::table_names(&mut conn).await?;
    let rules: Vec<Table> = rules::tables(service).collect();
    let unknown: Vec<&String> = names
        .iter()
        .filter(|name| rules.iter().all(|table| table.name != **name))
        .collect();
    if !unknown.is_empty() {
        return Err(Failure(format!(
            "{service} has tables that services/seeding/src/rules.rs does not name: {unknown:?}"
        )));
    }
    let texts = texts(&mut conn, &rules, &sealer).await?;
    // Before the tables are read: the key may be new.
    let key = if texts.is_empty() {
        None
    } else {
        Some(sealer.key_for(at).await?)
    };
    let mut tables = Vec::new();
    for table in rules
        .into_iter()
        .filter(|table| !matches!(table.treatment, Treatment::Left | Treatment::Written))
    {
        let columns = store::columns(&mut conn, table.name).await?;
        let tuples = store::read(&mut conn, table.name, &columns).await?;
        tables.push((table, columns, tuples));
    }
    let known_until = store::target::known_until(&mut conn).await?;
    Ok(Raw {
        service,
        tables,
        texts,
        key,
        known_until,
    })
}

/// The sealed cells of copied tables in clear.
async fn texts(conn: &mut PgConnection, rules: &[Table], sealer: &Sealer) -> Result<Texts, Failure> {
    let mut texts = HashMap::new();
    for table in rules.iter().filter(|table| table.treatment == Treatment::Copied) {
        for column in table.sealed {
            for (row, sealed) in store::cells(conn, table, column).await? {
                let cell = Cell {
                    table: table.name,
                    column,
                    row,
                };
                texts.insert((table.name, *column, row), sealer.unseal(cell, &sealed).await?);
            }
        }
    }
    Ok(texts)
}

/// Numbers and persons of the template.
fn known(raws: &[Raw]) -> Result<Known, Failure> {
    let (mut own, mut of_platforms) = (BTreeSet::new(), BTreeSet::new());
    let mut known = Known::default();
    for (table, columns, tuples) in raws.iter().flat_map(|raw| &raw.tables) {
        let copied = matches!(table.treatment, Treatment::Copied | Treatment::Log);
        for (place, column) in columns.iter().enumerate().filter(|_| copied) {
            let contents = tuples
                .iter()
                .map(|tuple| tuple.field(place))
                .filter(|content| !content.is_empty());
            match column.name.as_str() {
                "upstream_number" => of_platforms.extend(contents.map(<[u8]>::to_vec)),
                "person_key" => known
                    .persons
                    .extend(contents.filter_map(|content| <[u8; 16]>::try_from(content).ok())),
                _ if column.kind == Kind::Text => own.extend(contents.flat_map(numbers_in).map(<[u8]>::to_vec)),
                _ => {}
            }
        }
    }
    known.numbers = Numbers::rank(&own, &of_platforms).map_err(Failure)?;
    known.lengths = known.numbers.lengths();
    Ok(known)
}

/// Ids of reference data and of what is registered once.
fn share(raws: &[Raw], ids: &mut Ids) {
    for name in PUBLICATIONS {
        ids.share(platform::ids::derived_id(Uuid::nil(), name));
    }
    for (table, columns, tuples) in raws.iter().flat_map(|raw| &raw.tables) {
        let once = matches!(table.treatment, Treatment::Once | Treatment::Replaced);
        for (place, _) in columns
            .iter()
            .enumerate()
            .filter(|(_, column)| once && column.kind == Kind::Id)
        {
            tuples
                .iter()
                .filter_map(|tuple| tuple.id(place))
                .for_each(|id| ids.share(id));
        }
    }
}

fn prepare(preparing: &Preparing<'_>, tuples: &[Tuple], ids: &mut Ids) -> Result<Prepared, String> {
    let (table, columns) = (preparing.table, preparing.columns);
    let mut rows = Vec::with_capacity(tuples.len());
    let (mut groups, mut places): (Vec<Vec<usize>>, HashMap<Uuid, usize>) = (Vec::new(), HashMap::new());
    let mut sums = Vec::new();
    for (place, tuple) in tuples.iter().enumerate() {
        match table.treatment {
            Treatment::Copied | Treatment::Log => rows.push(preparing.row(tuple, ids)?),
            _ => rows.push(Row::fixed(tuple)),
        }
        let first = if table.treatment == Treatment::Copied {
            tuple.id(0)
        } else {
            None
        };
        let group = first.and_then(|id| places.get(&id).copied());
        if let Some(group) = group {
            groups[group].push(place);
        } else {
            places.extend(first.map(|id| (id, groups.len())));
            groups.push(vec![place]);
        }
        if table.treatment == Treatment::Summed {
            let fields = columns.iter().zip(&tuple.fields).filter(|(column, _)| column.is_sum());
            sums.push(fields.filter_map(|(_, field)| field.clone()).collect());
        }
    }
    Ok(Prepared {
        table,
        columns: Vec::new(),
        rows,
        groups,
        sums,
    })
}

/// Explains the ids that services derive from the template's events and risk notices.
fn explain(parts: &[Part], ids: &mut Ids) {
    let tables = || parts.iter().flat_map(|part| &part.tables);
    for table in tables().filter(|table| table.table.treatment == Treatment::Log) {
        for row in &table.rows {
            // The first id of the log's columns is the event.
            if let Some(event) = row.ids.first() {
                ids.explain_event(*event, &row.ids);
            }
        }
    }
    let named = |name| tables().find(move |table: &&Prepared| table.table.name == name);
    let units = named("unit").map(|table| table.texts("code")).unwrap_or_default();
    for row in named("risk_notice").map(|table| &table.rows).into_iter().flatten() {
        for unit in &units {
            if let Some(notice) = row.ids.first() {
                ids.explain(*notice, unit);
            }
        }
    }
}

impl Prepared {
    /// Texts of a column.
    fn texts(&self, name: &str) -> BTreeSet<String> {
        let Some(place) = self.columns.iter().position(|column| column.name == name) else {
            return BTreeSet::new();
        };
        let texts = self.rows.iter().filter_map(|row| row.field(place));
        texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect()
    }

    /// Whether a row of the log is about something that copies share.
    pub fn is_shared(&self, row: &Row, ids: &Ids) -> bool {
        self.table.treatment == Treatment::Log && row.ids.get(1).is_some_and(|key: &IdAt| ids.is_shared(*key))
    }
}
