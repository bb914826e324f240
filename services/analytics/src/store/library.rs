//! Versions of the policy library as rows. They are stocks: counted on a day, from the version in force on it.

use chrono::NaiveDate;
use platform::rows::big;
use platform::store::StoreError;
use sqlx::PgConnection;

use crate::domain::library::Library;

/// Stores versions. They never change, so a version that is known is left as it is.
///
/// # Errors
/// When the database fails.
pub async fn save(connection: &mut PgConnection, libraries: &[&Library]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into library_version (version, valid_from) select * from unnest($1::bigint[], $2::date[])
         on conflict (version) do nothing",
    )
    .bind(libraries.iter().map(|one| big(one.version)).collect::<Vec<_>>())
    .bind(libraries.iter().map(|one| one.valid_from).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let policies: Vec<_> = libraries
        .iter()
        .flat_map(|one| one.policies.iter().map(|policy| (big(one.version), policy)))
        .collect();
    sqlx::query(
        "insert into library_policy (version, policy, valid_from, valid_to)
         select * from unnest($1::bigint[], $2::text[], $3::date[], $4::date[])
         on conflict (version, policy) do nothing",
    )
    .bind(policies.iter().map(|(version, _)| *version).collect::<Vec<_>>())
    .bind(
        policies
            .iter()
            .map(|(_, policy)| policy.code.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(policies.iter().map(|(_, policy)| policy.valid_from).collect::<Vec<_>>())
    .bind(policies.iter().map(|(_, policy)| policy.valid_to).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let specialists: Vec<_> = libraries
        .iter()
        .flat_map(|one| one.specialists.iter().map(|code| (big(one.version), code.as_str())))
        .collect();
    sqlx::query(
        "insert into library_specialist (version, specialist) select * from unnest($1::bigint[], $2::text[])
         on conflict (version, specialist) do nothing",
    )
    .bind(specialists.iter().map(|(version, _)| *version).collect::<Vec<_>>())
    .bind(specialists.iter().map(|(_, code)| *code).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// `(policies, specialists)` that hold on a day.
///
/// # Errors
/// When the database fails.
pub async fn stock(connection: &mut PgConnection, day: NaiveDate) -> Result<(i64, i64), StoreError> {
    let stock = sqlx::query_as(
        "with in_force as (
             select version from library_version where valid_from <= $1 order by valid_from desc, version desc limit 1)
         select (select count(*) from library_policy join in_force using (version)
                  where $1 between valid_from and coalesce(valid_to, $1)),
                (select count(*) from library_specialist join in_force using (version))",
    )
    .bind(day)
    .fetch_one(connection)
    .await?;
    Ok(stock)
}

/// Codes of the policies that hold on a day, after a code.
///
/// # Errors
/// When the database fails.
pub async fn policies(
    connection: &mut PgConnection,
    day: NaiveDate,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let codes = sqlx::query_scalar(
        "with in_force as (
             select version from library_version where valid_from <= $1 order by valid_from desc, version desc limit 1)
         select policy from library_policy join in_force using (version)
          where $1 between valid_from and coalesce(valid_to, $1) and policy > $2
          order by policy limit $3",
    )
    .bind(day)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(codes)
}

/// Codes of the specialists of a day, after a code.
///
/// # Errors
/// When the database fails.
pub async fn specialists(
    connection: &mut PgConnection,
    day: NaiveDate,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let codes = sqlx::query_scalar(
        "with in_force as (
             select version from library_version where valid_from <= $1 order by valid_from desc, version desc limit 1)
         select specialist from library_specialist join in_force using (version)
          where specialist > $2 order by specialist limit $3",
    )
    .bind(day)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    Ok(codes)
}
