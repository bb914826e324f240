//! Reference data as rows, with a cache. A version never changes, so a transaction only reads which version is in
//! force.

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, NaiveDate, Utc};
use hotline_proto::region;
use platform::rows::{big, fits, impossible};
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::reference::{Channel, InForce, Named, Reference};

/// Takes the next version. Its lock leaves no gaps between versions.
///
/// # Errors
/// Errors of the database.
pub async fn next_version(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let version: i64 = sqlx::query_scalar("update reference_head set version = version + 1 returning version")
        .fetch_one(conn)
        .await?;
    fits("reference_head", "version", version)
}

/// Writes a version in two statements.
///
/// # Errors
/// Errors of the database.
pub async fn insert(
    conn: &mut PgConnection,
    version: u64,
    valid_from: NaiveDate,
    reference: &Reference,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let version = big(version);
    sqlx::query("insert into reference_version (version, valid_from, published_at) values ($1, $2, $3)")
        .bind(version)
        .bind(valid_from)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    let mut kinds = Vec::new();
    let mut codes = Vec::new();
    let mut names = Vec::new();
    let mut online = Vec::new();
    let mut platforms = Vec::new();
    let mut accounts = Vec::new();
    let mut add = |kind: &'static str, named: &Named, channel: Option<&Channel>| {
        kinds.push(kind);
        codes.push(named.code.clone());
        names.push(named.name.clone());
        online.push(channel.map(|channel| channel.online));
        platforms.push(channel.and_then(|channel| channel.platform.clone()));
        accounts.push(channel.is_some_and(|channel| channel.account));
    };
    for channel in &reference.channels {
        add("channel", &channel.named, Some(channel));
    }
    for category in &reference.categories {
        add("category", category, None);
    }
    for region in &reference.regions {
        add("region", region, None);
    }
    sqlx::query(
        "insert into reference_code (version, kind, code, name, online, platform, account)
         select $1, kind, code, name, online, platform, account
           from unnest($2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::boolean[])
                as t (kind, code, name, online, platform, account)",
    )
    .bind(version)
    .bind(kinds)
    .bind(codes)
    .bind(names)
    .bind(online)
    .bind(platforms)
    .bind(accounts)
    .execute(conn)
    .await?;
    Ok(())
}

/// The version in force on a day: of those that have begun, the one with the latest first day. Of equal first days, the
/// newest.
///
/// # Errors
/// Errors of the database.
pub async fn version_on(conn: &mut PgConnection, day: NaiveDate) -> Result<Option<u64>, StoreError> {
    let version: Option<i64> = sqlx::query_scalar(
        "select version from reference_version where valid_from <= $1
          order by valid_from desc, version desc limit 1",
    )
    .bind(day)
    .fetch_optional(conn)
    .await?;
    version
        .map(|version| fits("reference_version", "version", version))
        .transpose()
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    kind: String,
    code: String,
    name: String,
    online: Option<bool>,
    platform: Option<String>,
    account: bool,
}

/// Reads a version, each kind in the order of its codes.
///
/// # Errors
/// [`StoreError::Impossible`] for a row of an unknown kind.
pub async fn read(conn: &mut PgConnection, version: u64) -> Result<Reference, StoreError> {
    let rows: Vec<CodeRow> = sqlx::query_as(
        "select kind, code, name, online, platform, account from reference_code where version = $1 order by kind, code",
    )
    .bind(big(version))
    .fetch_all(conn)
    .await?;
    let mut reference = Reference::default();
    for row in rows {
        let named = Named {
            code: row.code,
            name: row.name,
        };
        match (row.kind.as_str(), row.online) {
            ("channel", Some(online)) => reference.channels.push(Channel {
                named,
                online,
                platform: row.platform,
                account: row.account,
            }),
            ("category", None) => reference.categories.push(named),
            ("region", None) => reference.regions.push(named),
            (kind, _) => {
                return Err(impossible(
                    "reference_code",
                    format!("{kind} {} of version {version}", named.code),
                ));
            }
        }
    }
    Ok(reference)
}

/// The versions in force that were used last: the codes for checking appeals, and the whole set for reading pages.
/// Neighbouring days use the same version, so one of each is enough. The whole set has at most 10 MB.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    codes: Kept<InForce>,
    whole: Kept<Reference>,
}

impl Cache {
    /// The reference data in force on a day, in this transaction's view; `None` before the first version.
    ///
    /// # Errors
    /// Errors of the database.
    pub async fn in_force(&self, conn: &mut PgConnection, day: NaiveDate) -> Result<Option<Arc<InForce>>, StoreError> {
        let Some(version) = version_on(conn, day).await? else {
            return Ok(None);
        };
        if let Some(kept) = self.codes.get(version) {
            return Ok(Some(kept));
        }
        let reference = read(conn, version).await?;
        let code = |named: Named| named.code;
        let fresh = InForce {
            version,
            channels: reference
                .channels
                .into_iter()
                .map(|channel| (channel.named.code.clone(), channel.usage()))
                .collect(),
            categories: reference.categories.into_iter().map(code).collect(),
            regions: reference
                .regions
                .into_iter()
                .map(|named| region::folded(&named.code).to_owned())
                .collect(),
        };
        Ok(Some(self.codes.keep(version, fresh)))
    }

    /// The whole set of a version.
    ///
    /// # Errors
    /// As [`read`].
    pub async fn whole(&self, conn: &mut PgConnection, version: u64) -> Result<Arc<Reference>, StoreError> {
        if let Some(kept) = self.whole.get(version) {
            return Ok(kept);
        }
        Ok(self.whole.keep(version, read(conn, version).await?))
    }
}

/// A version with its parsed data.
type Made<T> = (u64, Arc<T>);

/// Parsed data of one version.
#[derive(Debug)]
struct Kept<T>(Arc<RwLock<Option<Made<T>>>>);

impl<T> Kept<T> {
    fn get(&self, version: u64) -> Option<Arc<T>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref()
            .filter(|(of, _)| *of == version)
            .map(|(_, kept)| kept.clone())
    }

    fn keep(&self, version: u64, fresh: T) -> Arc<T> {
        let fresh = Arc::new(fresh);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some((version, fresh.clone()));
        fresh
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
