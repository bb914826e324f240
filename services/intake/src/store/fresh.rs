//! New appeals as rows: one statement however many there are.

use chrono::{DateTime, Utc};
use hotline_proto::common::Defect;
use personal::sealing::Sealed;
use platform::rows::{big, fits, small};
use platform::store::StoreError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::cells::SealedPersonal;
use crate::domain::appeal::Appeal;

/// An appeal about to be written.
#[derive(Clone, Debug)]
pub struct Fresh {
    /// The appeal, in its first state.
    pub appeal: Appeal,
    /// Who and what.
    pub personal: SealedPersonal,
    /// Keyed hash of what a platform pushed.
    pub upstream_hash: Option<Vec<u8>>,
}

/// So many serials for numbers, each drawn once.
///
/// # Errors
/// When the database refuses.
pub async fn serials(conn: &mut PgConnection, count: usize) -> Result<Vec<u64>, StoreError> {
    let drawn: Vec<i64> =
        sqlx::query_scalar("select nextval('appeal_serial') % 1000000 from generate_series(1::bigint, $1)")
            .bind(i64::try_from(count).expect("a batch is small"))
            .fetch_all(conn)
            .await?;
    drawn
        .into_iter()
        .map(|serial| fits("appeal_serial", "serial", serial))
        .collect()
}

/// Writes appeals in one statement. Gives the ids written: one whose (platform, upstream number) stands there already
/// is left out, and waited for when it is just being written by somebody else.
///
/// # Errors
/// When the database refuses.
pub async fn insert(conn: &mut PgConnection, fresh: &[Fresh]) -> Result<Vec<Uuid>, StoreError> {
    let columns = Columns::of(fresh);
    let written = sqlx::query_scalar(
        "insert into appeal (id, number, version, state, channel, type, category, region, urgency, tags, anonymous,
                confidential, reference, call_id, received_at, changed_at, name, phone, phone_hashes, id_number,
                document_kind, address, title, content, place, platform, upstream_number, upstream_hash,
                upstream_due_at, accused_unit, source_at, defects)
         select id, number, 1, 'received', channel, type, category, region, urgency, string_to_array(tags, ','),
                anonymous, confidential, reference, call_id, received_at, received_at, name, phone,
                string_to_array(phone_hashes, ',')::bytea[], id_number, document_kind, address, title, content, place,
                platform, upstream_number, upstream_hash, upstream_due_at, accused_unit, source_at,
                string_to_array(defects, ',')::smallint[]
           from unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::text[], $7::smallint[],
                       $8::text[], $9::boolean[], $10::boolean[], $11::bigint[], $12::uuid[], $13::timestamptz[],
                       $14::bytea[], $15::bytea[], $16::text[], $17::bytea[], $18::bytea[], $19::bytea[],
                       $20::bytea[], $21::bytea[], $22::text[], $23::text[], $24::bytea[], $25::timestamptz[],
                       $26::text[], $27::timestamptz[], $28::text[], $29::bytea[])
                as t (id, number, channel, type, category, region, urgency, tags, anonymous, confidential, reference,
                      call_id, received_at, name, phone, phone_hashes, id_number, address, title, content, place,
                      platform, upstream_number, upstream_hash, upstream_due_at, accused_unit, source_at, defects,
                      document_kind)
         on conflict (platform, upstream_number) do nothing
         returning id",
    )
    .bind(columns.id)
    .bind(columns.number)
    .bind(columns.channel)
    .bind(columns.kind)
    .bind(columns.category)
    .bind(columns.region)
    .bind(columns.urgency)
    .bind(columns.tags)
    .bind(columns.anonymous)
    .bind(columns.confidential)
    .bind(columns.reference)
    .bind(columns.call)
    .bind(columns.received_at)
    .bind(columns.name)
    .bind(columns.phone)
    .bind(columns.phone_hashes)
    .bind(columns.id_number)
    .bind(columns.address)
    .bind(columns.title)
    .bind(columns.content)
    .bind(columns.place)
    .bind(columns.platform)
    .bind(columns.upstream_number)
    .bind(columns.upstream_hash)
    .bind(columns.upstream_due_at)
    .bind(columns.accused_unit)
    .bind(columns.source_at)
    .bind(columns.defects)
    .bind(columns.document_kind)
    .fetch_all(conn)
    .await?;
    Ok(written)
}

/// One array per column, as `unnest` wants them.
#[derive(Default)]
struct Columns {
    id: Vec<Uuid>,
    number: Vec<String>,
    channel: Vec<String>,
    kind: Vec<i16>,
    category: Vec<String>,
    region: Vec<String>,
    urgency: Vec<i16>,
    tags: Vec<String>,
    anonymous: Vec<bool>,
    confidential: Vec<bool>,
    reference: Vec<i64>,
    call: Vec<Option<Uuid>>,
    received_at: Vec<DateTime<Utc>>,
    name: Vec<Option<Sealed>>,
    phone: Vec<Option<Sealed>>,
    phone_hashes: Vec<String>,
    id_number: Vec<Option<Sealed>>,
    address: Vec<Option<Sealed>>,
    title: Vec<Sealed>,
    content: Vec<Sealed>,
    place: Vec<Option<Sealed>>,
    platform: Vec<Option<String>>,
    upstream_number: Vec<Option<String>>,
    upstream_hash: Vec<Option<Vec<u8>>>,
    upstream_due_at: Vec<Option<DateTime<Utc>>>,
    accused_unit: Vec<Option<String>>,
    source_at: Vec<Option<DateTime<Utc>>>,
    defects: Vec<String>,
    document_kind: Vec<Option<Sealed>>,
}

impl Columns {
    fn of(fresh: &[Fresh]) -> Self {
        let mut columns = Self::default();
        for one in fresh {
            columns.add(one);
        }
        columns
    }

    fn add(&mut self, fresh: &Fresh) {
        let Fresh {
            appeal,
            personal,
            upstream_hash,
        } = fresh.clone();
        self.id.push(appeal.id.0);
        self.number.push(appeal.number);
        self.channel.push(appeal.codes.channel);
        self.kind.push(small(appeal.codes.kind.into()));
        self.category.push(appeal.codes.category);
        self.region.push(appeal.codes.region);
        self.urgency.push(small(appeal.codes.urgency.into()));
        // A tag is a code and has no comma; an array of arrays cannot be unnested by rows.
        self.tags.push(appeal.codes.tags.join(","));
        self.anonymous.push(appeal.codes.anonymous);
        self.confidential.push(appeal.codes.confidential);
        self.accused_unit.push(appeal.codes.accused_unit);
        self.defects.push(numbers(&appeal.codes.defects));
        self.reference.push(big(appeal.reference));
        self.call.push(appeal.call);
        self.received_at.push(appeal.received_at);
        self.source_at.push(appeal.source_at);
        self.name.push(personal.name);
        self.phone.push(personal.phone);
        self.phone_hashes.push(hashes(&personal.phone_hashes));
        self.id_number.push(personal.id_number);
        self.document_kind.push(personal.document_kind);
        self.address.push(personal.address);
        self.title.push(personal.title);
        self.content.push(personal.content);
        self.place.push(personal.place);
        let (platform, number, due_at) = match appeal.upstream {
            Some(upstream) => (Some(upstream.platform), Some(upstream.number), upstream.due_at),
            None => (None, None, None),
        };
        self.platform.push(platform);
        self.upstream_number.push(number);
        self.upstream_hash.push(upstream_hash);
        self.upstream_due_at.push(due_at);
    }
}

/// Hashes as an array's elements are written; an array of arrays cannot be unnested by rows.
pub(super) fn hashes(hashes: &[Vec<u8>]) -> String {
    let hex = |hash: &Vec<u8>| {
        hash.iter()
            .fold("\\x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    };
    let written: Vec<String> = hashes.iter().map(hex).collect();
    written.join(",")
}

/// Numbers of defects, in the same way.
pub(super) fn numbers(defects: &[Defect]) -> String {
    let written: Vec<String> = defects.iter().map(|defect| i32::from(*defect).to_string()).collect();
    written.join(",")
}
