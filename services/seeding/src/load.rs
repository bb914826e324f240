//! Writes the copies of a template into the five databases.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use hosting::{Failure, Name};
use sqlx::PgConnection;

use crate::ids::Ids;
use crate::rows::{Copying, Row};
use crate::rules::{self, Treatment};
use crate::store::target::{self, Log};
use crate::store::{self, Writing};
use crate::template::{Part, Prepared, Template};

/// Bytes that are sent at once.
const BATCH: usize = 1 << 20;
/// Tables that an error lists.
const LISTED: usize = 3;
/// How often it is asked whether other sessions have ended.
const ASKED_TIMES: u32 = 20;
/// Pause between two questions.
const ASKED_EVERY: Duration = Duration::from_millis(100);

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Copies of the template.
    pub copies: u32,
    /// Orders.
    pub orders: u64,
    /// Rows of each table that has some.
    pub rows: Vec<(Name, &'static str, u64)>,
    /// Bytes of the five databases on disk.
    pub bytes: u64,
    /// Time of each phase.
    pub phases: Vec<(&'static str, Duration)>,
}

/// A database that is filled.
struct Target {
    service: Name,
    conn: PgConnection,
    log: Log,
}

/// Loads copies of a template into the five databases, given by URLs in the order of [`Name::ALL`]. The role must own
/// them, or be a superuser, which is faster. `progress` gets the rows that were written since its last call.
///
/// Each database is loaded in one transaction, and all are committed at the end. A load that is interrupted leaves
/// empty databases behind, unless it is interrupted between two commits; the next load then names the filled databases.
///
/// # Errors
/// All databases that are not empty, with what to do; errors of the servers.
pub async fn load(
    template: &Template,
    urls: &[String; 5],
    copies: u32,
    progress: &dyn Fn(u64),
) -> Result<Loaded, Failure> {
    let mut targets = open(urls).await?;
    let began = Instant::now();
    let partitions = targets[Name::Routing as usize].log.partitions;
    let parts = template.parts.iter().zip(&mut targets);
    let filling = parts.map(|(part, target)| fill(template, part, target, copies, partitions, progress));
    let filled = try_join_all(filling).await?;
    let rows_time = began.elapsed();
    let began = Instant::now();
    let heads: BTreeMap<String, (Log, Vec<i64>)> = targets
        .iter()
        .zip(&filled)
        .map(|(target, filled)| (target.service.to_string(), (target.log, filled.heads.clone())))
        .collect();
    for (part, target) in template.parts.iter().zip(&mut targets) {
        finish(template, part, target, &heads, copies).await?;
    }
    for target in &mut targets {
        target::commit(&mut target.conn).await?;
    }
    let commit_time = began.elapsed();
    let began = Instant::now();
    let sizes = try_join_all(targets.iter_mut().map(async |target| {
        target::analyze(&mut target.conn).await?;
        target::size(&mut target.conn).await
    }));
    let bytes = sizes.await?.into_iter().map(i64::unsigned_abs).sum();
    Ok(Loaded {
        copies,
        orders: template.orders * u64::from(copies),
        rows: filled.into_iter().flat_map(|filled| filled.rows).collect(),
        bytes,
        phases: vec![
            ("rows", rows_time),
            ("cursors and commit", commit_time),
            ("statistics", began.elapsed()),
        ],
    })
}

/// Checks that the databases can be filled.
///
/// # Errors
/// All databases that are not empty, with what to do; errors of the servers.
pub async fn check(urls: &[String; 5]) -> Result<(), Failure> {
    for target in open(urls).await? {
        target::close(target.conn).await?;
    }
    Ok(())
}

/// Opens the databases.
async fn open(urls: &[String; 5]) -> Result<Vec<Target>, Failure> {
    let (mut targets, mut violations) = (Vec::new(), Vec::new());
    for (service, url) in Name::ALL.into_iter().zip(urls) {
        let mut conn = target::open(url).await?;
        let names = store::table_names(&mut conn).await?;
        let missing: Vec<&str> = rules::tables(service)
            .map(|table| table.name)
            .filter(|name| names.iter().all(|found| found != name))
            .collect();
        if !missing.is_empty() {
            violations.push(format!("{service} lacks {}: run `hotline migrate`", some(&missing)));
            continue;
        }
        let mut filled = Vec::new();
        for table in rules::tables(service).filter(|table| table.treatment != Treatment::Replaced) {
            if table.name != "log_meta" && target::has_rows(&mut conn, table.name).await? {
                filled.push(table.name);
            }
        }
        if !filled.is_empty() {
            violations.push(format!("{service} is not empty: rows are in {}", some(&filled)));
        }
        let others = other_sessions(&mut conn).await?;
        if others > 0 {
            violations.push(format!(
                "{service} has {others} other sessions: stop what uses its database"
            ));
        }
        let log = target::log(&mut conn).await?;
        targets.push(Target { service, conn, log });
    }
    if violations.is_empty() {
        return Ok(targets);
    }
    Err(Failure(format!(
        "the databases cannot be filled; take new ones, or drop and migrate these:\n  {}",
        violations.join("\n  ")
    )))
}

/// Some of the tables, and how many they are.
fn some(tables: &[&str]) -> String {
    let listed = tables.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ");
    format!("{} tables, as {listed}", tables.len())
}

/// Sessions that do not end by themselves within two seconds. The server ends closed ones a little later.
async fn other_sessions(conn: &mut PgConnection) -> Result<i64, Failure> {
    let mut others = target::other_sessions(conn).await?;
    for _ in 0..ASKED_TIMES {
        if others == 0 {
            break;
        }
        tokio::time::sleep(ASKED_EVERY).await;
        others = target::other_sessions(conn).await?;
    }
    Ok(others)
}

/// What was written into one database.
struct Filled {
    rows: Vec<(Name, &'static str, u64)>,
    heads: Vec<i64>,
}

async fn fill(
    template: &Template,
    part: &Part,
    target: &mut Target,
    copies: u32,
    partitions: u16,
    progress: &dyn Fn(u64),
) -> Result<Filled, Failure> {
    target::begin(&mut target.conn).await?;
    let copying = Copying {
        ids: &template.ids,
        numbers: &template.numbers,
        key: part.key.as_ref(),
        partitions,
    };
    let mut writer = Writer {
        copying: &copying,
        copies,
        progress,
        mapped: Vec::new(),
        out: Vec::with_capacity(2 * BATCH),
        pending: 0,
        heads: vec![0; usize::from(target.log.partitions)],
    };
    let mut rows = Vec::new();
    for table in &part.tables {
        if table.table.treatment == Treatment::Replaced {
            target::clear(&mut target.conn, table.table.name).await?;
        }
        let mut writing = Writing::begin(&mut target.conn, table.table.name, &table.columns).await?;
        writer.table(table, &mut writing).await?;
        let written = writing.end().await?;
        if written > 0 {
            rows.push((part.service, table.table.name, written));
        }
    }
    Ok(Filled {
        rows,
        heads: writer.heads,
    })
}

/// Writes the copies of tables.
struct Writer<'t> {
    copying: &'t Copying<'t>,
    copies: u32,
    progress: &'t dyn Fn(u64),
    mapped: Vec<uuid::Uuid>,
    out: Vec<u8>,
    /// Rows in `out`.
    pending: u64,
    /// Last position of each partition.
    heads: Vec<i64>,
}

impl Writer<'_> {
    async fn table(&mut self, table: &Prepared, writing: &mut Writing<'_>) -> Result<(), Failure> {
        match table.table.treatment {
            Treatment::Copied => {
                for group in &table.groups {
                    for copy in 0..self.copies {
                        for place in group {
                            self.row(&table.rows[*place], copy);
                        }
                        self.send_full(writing).await?;
                    }
                }
            }
            Treatment::Log => {
                for row in &table.rows {
                    let copies = if table.is_shared(row, self.copying.ids) {
                        1
                    } else {
                        self.copies
                    };
                    for copy in 0..copies {
                        self.event(row, copy);
                        self.send_full(writing).await?;
                    }
                }
            }
            Treatment::Summed => {
                for (row, sums) in table.rows.iter().zip(&table.sums) {
                    let mut row = row.clone();
                    row.multiply(sums.iter().cloned(), self.copies);
                    self.row(&row, 0);
                    self.send_full(writing).await?;
                }
            }
            Treatment::Once | Treatment::Replaced | Treatment::Left | Treatment::Written => {
                for row in &table.rows {
                    self.row(row, 0);
                    self.send_full(writing).await?;
                }
            }
        }
        self.send(writing).await
    }

    fn row(&mut self, row: &Row, copy: u32) {
        row.write(self.copying, copy, &mut self.mapped, &mut self.out);
        self.pending += 1;
    }

    /// A row of the log, at the next position of its partition. The rows of an aggregate stay in their order.
    fn event(&mut self, row: &Row, copy: u32) {
        let start = row.write(self.copying, copy, &mut self.mapped, &mut self.out);
        self.pending += 1;
        let key = self.mapped[1];
        let partitions = u16::try_from(self.heads.len()).expect("at most 256 partitions");
        let partition = eventlog::partition_of(key, partitions);
        let head = &mut self.heads[usize::from(partition)];
        *head += 1;
        // Number of fields (2), length (4), partition (2), length (4), position (8).
        let place = &mut self.out[start + 6..start + 20];
        place[..2].copy_from_slice(&partition.to_be_bytes());
        place[6..].copy_from_slice(&head.to_be_bytes());
    }

    async fn send_full(&mut self, writing: &mut Writing<'_>) -> Result<(), Failure> {
        if self.out.len() >= BATCH {
            self.send(writing).await?;
        }
        Ok(())
    }

    async fn send(&mut self, writing: &mut Writing<'_>) -> Result<(), Failure> {
        if !self.out.is_empty() {
            writing.send(&self.out).await?;
            (self.progress)(self.pending);
            self.out.clear();
            self.pending = 0;
        }
        Ok(())
    }
}

/// Writes what follows from all five logs: heads, cursors and sequences.
async fn finish(
    template: &Template,
    part: &Part,
    target: &mut Target,
    heads: &BTreeMap<String, (Log, Vec<i64>)>,
    copies: u32,
) -> Result<(), Failure> {
    let conn = &mut target.conn;
    if let Some((_, own)) = heads.get(target.service.as_str()) {
        target::set_heads(conn, own).await?;
    }
    target::clear(conn, "cursor").await?;
    for (source, known_until) in &part.known_until {
        let (log, positions) = heads
            .get(source)
            .ok_or_else(|| Failure(format!("{} reads the log of unknown {source}", target.service)))?;
        target::set_cursors(conn, source, log.epoch, positions, *known_until).await?;
    }
    let sequence = rules::sequence(part.service).map(|(name, kind)| {
        let last = template.numbers.taken(kind) * u64::from(copies);
        (name, i64::try_from(last.max(1)).unwrap_or(i64::MAX))
    });
    target::move_sequences(conn, sequence).await?;
    Ok(())
}

impl Template {
    /// Rows that so many copies have.
    #[must_use]
    pub fn rows(&self, copies: u32) -> u64 {
        let tables = self.parts.iter().flat_map(|part| &part.tables);
        tables.map(|table| rows_of(table, &self.ids, copies)).sum()
    }
}

fn rows_of(table: &Prepared, ids: &Ids, copies: u32) -> u64 {
    let all = table.rows.len() as u64;
    let once = match table.table.treatment {
        Treatment::Copied => 0,
        Treatment::Log => table.rows.iter().filter(|row| table.is_shared(row, ids)).count() as u64,
        _ => all,
    };
    (all - once) * u64::from(copies) + once
}
