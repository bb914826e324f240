//! The doctor, on some of the copies. A session hides the tables behind temporary ones that hold the sample alone, so
//! that the doctor's own statements read the sample.

use hosting::Failure;
use hosting::examine::examine;
use rpc::service::Violation;
use uuid::Uuid;

use crate::ids::Ids;
use crate::rules::Treatment;
use crate::store::sample::{hide_rows, hide_sums, session};
use crate::store::{Kind, listed};
use crate::template::{Part, Prepared, Template};

/// Examines the first, a middle and the last copy in databases that were loaded with so many copies. The other copies
/// are hidden. Sums of roll-ups are divided by the copies first, so a sum that is wrong for all copies is found.
///
/// # Errors
/// Errors of the databases. The role must be allowed to create temporary tables.
pub async fn examine_sample(template: &Template, urls: &[String; 5], copies: u32) -> Result<Vec<Violation>, Failure> {
    let mut chosen = vec![0, copies / 2, copies.saturating_sub(1)];
    chosen.dedup();
    let mut pools = Vec::new();
    for (part, url) in template.parts.iter().zip(urls) {
        let pool = session(url).await?;
        for table in &part.tables {
            hide(&pool, part, table, &template.ids, &chosen, copies).await?;
        }
        pools.push(pool);
    }
    let pools: [_; 5] = pools
        .try_into()
        .map_err(|_| Failure("five services have five databases".to_owned()))?;
    let violations = examine(&pools).await?;
    for pool in pools {
        pool.close().await;
    }
    Ok(violations)
}

async fn hide(
    pool: &sqlx::PgPool,
    part: &Part,
    table: &Prepared,
    ids: &Ids,
    chosen: &[u32],
    copies: u32,
) -> Result<(), Failure> {
    let name = table.table.name;
    match table.table.treatment {
        Treatment::Summed => {
            let sums = table.columns.iter().filter(|column| column.is_sum());
            let sums: Vec<&str> = sums.map(|column| column.name.as_str()).collect();
            hide_sums(pool, name, &listed(&table.columns), &sums, copies, chosen.len()).await?;
        }
        Treatment::Copied | Treatment::Log => {
            let place = table.columns.iter().position(|column| column.kind == Kind::Id);
            let place = place.ok_or_else(|| Failure(format!("table {name} of {} has no id", part.service)))?;
            hide_rows(
                pool,
                name,
                &table.columns[place].name,
                &sample_ids(table, place, ids, chosen),
            )
            .await?;
        }
        Treatment::Left | Treatment::Written | Treatment::Once | Treatment::Replaced => {}
    }
    Ok(())
}

/// The ids in a column of the chosen copies.
fn sample_ids(table: &Prepared, place: usize, ids: &Ids, chosen: &[u32]) -> Vec<Uuid> {
    let originals = table
        .rows
        .iter()
        .filter_map(|row| Uuid::from_slice(row.field(place)?).ok());
    let mut found: Vec<Uuid> = originals
        .filter_map(|id| ids.known(id))
        .flat_map(|at| chosen.iter().map(move |copy| ids.of_copy(at, *copy)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
