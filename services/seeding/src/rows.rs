//! A row of the template, prepared to be written many times: its bytes, and where a copy differs.
//!
//! Whatever a copy changes has the same length as in the template: ids as sixteen bytes or as text, numbers, persons,
//! places in a log and sealed cells. So a copy of a row is a copy of its bytes with some of them overwritten.

use std::collections::{BTreeSet, HashMap, HashSet};

use personal::sealing::{Cell, SealKey};
use uuid::Uuid;

use crate::ids::{self, IdAt, Ids};
use crate::numbers::{self, NUMBER, NumberAt, Numbers};
use crate::rules::{OPAQUE, SealedFor, Table};
use crate::store::{Column, Kind, Tuple, attempt_row, cell_bytes};

/// Bytes of a person key.
const PERSON: usize = 16;

/// A prepared row.
#[derive(Clone, Debug)]
pub struct Row {
    bytes: Vec<u8>,
    /// The ids that it names, each once.
    pub ids: Vec<IdAt>,
    changes: Vec<Change>,
}

/// A place where copies differ.
#[derive(Clone, Debug)]
struct Change {
    at: usize,
    what: What,
}

/// What stands there. Ids are indices into [`Row::ids`].
#[derive(Clone, Debug)]
enum What {
    Id(usize),
    IdAsText(usize),
    Number(NumberAt),
    Person,
    /// Partition of an id in the log of orders, as an integer of four bytes.
    PartitionOf(usize),
    Cell(Box<SealedCell>),
}

/// A sealed cell, in clear. Debug leaves the text out.
#[derive(Clone)]
struct SealedCell {
    table: &'static str,
    column: &'static str,
    row: usize,
    attempt: Option<i32>,
    text: String,
}

impl std::fmt::Debug for SealedCell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedCell")
    }
}

/// What can be found in the rows of the template.
#[derive(Debug, Default)]
pub struct Known {
    /// Numbers.
    pub numbers: Numbers,
    /// Lengths of numbers.
    pub lengths: BTreeSet<usize>,
    /// Keys of persons.
    pub persons: HashSet<[u8; PERSON]>,
}

/// Sealed cells of a database in clear, by table, column and the id that they are bound to.
pub type Texts = HashMap<(&'static str, &'static str, Uuid), String>;

/// Something found inside of text or of an encoded message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An id as text.
    Id(Uuid),
    /// A number.
    Number(NumberAt),
    /// A person key of an encoded message, with its length before it.
    Person,
}

/// Finds ids, numbers and persons, from left to right.
#[must_use]
pub fn scan(bytes: &[u8], known: &Known) -> Vec<(usize, Found)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        let hit = text_id(rest)
            .map(|id| (Found::Id(id), ids::TEXT))
            .or_else(|| {
                let number = |length: &usize| known.numbers.known(rest.get(..*length)?).map(|at| (at, *length));
                let hit = known.lengths.iter().rev().find_map(number);
                hit.map(|(number, length)| (Found::Number(number), length))
            })
            .or_else(|| {
                let prefixed = at > 0 && usize::from(bytes[at - 1]) == PERSON;
                let person = rest.first_chunk::<PERSON>().filter(|_| prefixed)?;
                known.persons.contains(person).then_some((Found::Person, PERSON))
            });
        match hit {
            Some((what, length)) => {
                found.push((at, what));
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// Numbers of the services inside of text or of an encoded message.
pub fn numbers_in(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let begins = |rest: &&[u8]| rest.len() >= NUMBER && rest[7] == b'-' && rest[14] == b'-';
    let starts = (0..bytes.len()).map(|at| &bytes[at..]).filter(begins);
    starts
        .filter(|rest| numbers::begins_with_number(rest))
        .map(|rest| &rest[..NUMBER])
}

fn text_id(rest: &[u8]) -> Option<Uuid> {
    let text = rest.first_chunk::<{ ids::TEXT }>()?;
    let dashed = [8, 13, 18, 23].into_iter().all(|at| text[at] == b'-');
    if !dashed || text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    Uuid::try_parse_ascii(text).ok()
}

/// Prepares rows of one table.
pub struct Preparing<'t> {
    /// The table.
    pub table: Table,
    /// Its columns.
    pub columns: &'t [Column],
    /// What can be found.
    pub known: &'t Known,
    /// Cells of the database in clear.
    pub texts: &'t Texts,
}

impl Preparing<'_> {
    /// Prepares a row.
    ///
    /// # Errors
    /// A column that the rules do not know.
    pub fn row(&self, tuple: &Tuple, ids: &mut Ids) -> Result<Row, String> {
        let mut row = Row {
            bytes: tuple.bytes.clone(),
            ids: Vec::new(),
            changes: Vec::new(),
        };
        for (place, column) in self.columns.iter().enumerate() {
            let Some(range) = tuple.fields[place].clone() else {
                continue;
            };
            let content = &tuple.bytes[range.clone()];
            match column.kind {
                Kind::Id => row.change_id(range.start, content, ids)?,
                Kind::Ids => row.change_ids(range.start, content, ids)?,
                Kind::Text => row.change_found(range.start, &scan(content, self.known), ids),
                Kind::Bytes => self.bytes(&mut row, tuple, place, ids)?,
                Kind::Bigint | Kind::Other => {}
            }
            if (self.table.name, column.name.as_str()) == ("watched_order", "partition") {
                row.push(range.start, What::PartitionOf(0));
            }
        }
        Ok(row)
    }

    fn bytes(&self, row: &mut Row, tuple: &Tuple, place: usize, ids: &mut Ids) -> Result<(), String> {
        let name = self.columns[place].name.as_str();
        let (content, at) = (
            tuple.field(place),
            tuple.fields[place].as_ref().map_or(0, |range| range.start),
        );
        if let Some(column) = self.table.sealed.iter().find(|sealed| **sealed == name) {
            let (id, attempt) = self.bound(tuple)?;
            let bound = attempt.map_or(id, |number| attempt_row(id, number));
            let text = self.texts.get(&(self.table.name, *column, bound));
            let text = text.ok_or_else(|| format!("{}.{name} of {bound} was not read", self.table.name))?;
            let cell = SealedCell {
                table: self.table.name,
                column,
                row: row.slot(ids.at(id)),
                attempt,
                text: text.clone(),
            };
            row.push(at, What::Cell(Box::new(cell)));
        } else if name == "payload" {
            row.change_found(at, &scan(content, self.known), ids);
        } else if name == "person_key" && content.len() == PERSON {
            row.push(at, What::Person);
        } else if !OPAQUE.contains(&name) {
            return Err(format!(
                "column {name} of table {} holds bytes that services/seeding/src/rules.rs does not explain",
                self.table.name
            ));
        }
        Ok(())
    }

    /// The row that a cell is bound to, and the number of an attempt.
    fn bound(&self, tuple: &Tuple) -> Result<(Uuid, Option<i32>), String> {
        let place = |name: &str| self.columns.iter().position(|column| column.name == name);
        let (id, number) = match self.table.sealed_for {
            SealedFor::Id => (place("id"), None),
            SealedFor::Attempt => (place("task_id"), place("number")),
        };
        let id = id.and_then(|at| tuple.id(at));
        let id = id.ok_or_else(|| format!("a row of {} has no id for its cells", self.table.name))?;
        let number = number.and_then(|at| tuple.field(at).first_chunk().map(|bytes| i32::from_be_bytes(*bytes)));
        Ok((id, number))
    }
}

impl Row {
    /// A row that is the same in all copies.
    #[must_use]
    pub fn fixed(tuple: &Tuple) -> Self {
        Self {
            bytes: tuple.bytes.clone(),
            ids: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Content of a field; `None` for null.
    #[must_use]
    pub fn field(&self, place: usize) -> Option<&[u8]> {
        let mut at = 2;
        for field in 0.. {
            let length = i32::from_be_bytes(*self.bytes.get(at..)?.first_chunk()?);
            let content = usize::try_from(length).ok();
            if field == place {
                return self.bytes.get(at + 4..at + 4 + content?);
            }
            at += 4 + content.unwrap_or(0);
        }
        None
    }

    fn push(&mut self, at: usize, what: What) {
        self.changes.push(Change { at, what });
    }

    /// The place of an id among the ids of this row.
    fn slot(&mut self, id: IdAt) -> usize {
        self.ids.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.ids.push(id);
            self.ids.len() - 1
        })
    }

    fn change_id(&mut self, at: usize, content: &[u8], ids: &mut Ids) -> Result<(), String> {
        let id = Uuid::from_slice(content).map_err(|_| "an id of the template has not 16 bytes".to_owned())?;
        let slot = self.slot(ids.at(id));
        self.push(at, What::Id(slot));
        Ok(())
    }

    /// An array: dimensions, flags, type; length and lower bound if there is one dimension; then length and content of
    /// each element.
    fn change_ids(&mut self, at: usize, content: &[u8], ids: &mut Ids) -> Result<(), String> {
        let mut next = 20;
        while next < content.len() {
            let element = content.get(next + 4..next + 20).ok_or("an array of ids is malformed")?;
            self.change_id(at + next + 4, element, ids)?;
            next += 20;
        }
        Ok(())
    }

    fn change_found(&mut self, at: usize, found: &[(usize, Found)], ids: &mut Ids) {
        for (offset, what) in found {
            let what = match what {
                Found::Id(id) => What::IdAsText(self.slot(ids.at(*id))),
                Found::Number(number) => What::Number(*number),
                Found::Person => What::Person,
            };
            self.push(at + offset, what);
        }
    }

    /// Multiplies integers of eight bytes in the given ranges.
    pub fn multiply(&mut self, ranges: impl Iterator<Item = std::ops::Range<usize>>, by: u32) {
        for range in ranges {
            if let Some(bytes) = self.bytes.get_mut(range).and_then(|bytes| bytes.first_chunk_mut::<8>()) {
                *bytes = (i64::from_be_bytes(*bytes) * i64::from(by)).to_be_bytes();
            }
        }
    }

    /// Appends a copy of the row, and returns where it starts.
    pub fn write(&self, copying: &Copying<'_>, copy: u32, mapped: &mut Vec<Uuid>, out: &mut Vec<u8>) -> usize {
        mapped.clear();
        mapped.extend(self.ids.iter().map(|id| copying.ids.of_copy(*id, copy)));
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        if copy == 0 && self.changes.is_empty() {
            return start;
        }
        let row = &mut out[start..];
        for change in &self.changes {
            change.apply(&mut row[change.at..], copying, copy, mapped);
        }
        start
    }
}

/// What a copy is made with.
pub struct Copying<'t> {
    /// Ids.
    pub ids: &'t Ids,
    /// Numbers.
    pub numbers: &'t Numbers,
    /// Seals the cells of copies; `None` where nothing is sealed.
    pub key: Option<&'t SealKey>,
    /// Partitions of routing's log.
    pub partitions: u16,
}

impl Change {
    fn apply(&self, at: &mut [u8], copying: &Copying<'_>, copy: u32, mapped: &[Uuid]) {
        let mut put = |bytes: &[u8]| at[..bytes.len()].copy_from_slice(bytes);
        match &self.what {
            What::Id(slot) => put(mapped[*slot].as_bytes()),
            What::IdAsText(slot) => {
                let mut text = [0; ids::TEXT];
                put(mapped[*slot].hyphenated().encode_lower(&mut text).as_bytes());
            }
            What::Number(number) => put(copying.numbers.of_copy(*number, copy).as_bytes()),
            What::Person => {
                let key = *at.first_chunk().expect("the row was prepared with a whole key");
                at[..PERSON].copy_from_slice(&ids::person(key, copy));
            }
            What::PartitionOf(slot) => {
                let partition = eventlog::partition_of(mapped[*slot], copying.partitions);
                put(&i32::from(partition).to_be_bytes());
            }
            // Copy 0 keeps the cell of the template: it has the same place.
            What::Cell(cell) if copy > 0 => {
                let row = mapped[cell.row];
                let place = Cell {
                    table: cell.table,
                    column: cell.column,
                    row: cell.attempt.map_or(row, |number| attempt_row(row, number)),
                };
                if let Some(key) = copying.key {
                    put(&cell_bytes(&key.seal(place, &cell.text)));
                }
            }
            What::Cell(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_numbers_and_persons_are_found_inside_of_a_message() {
        let id = Uuid::from_u128(0x018e_9e09_6680_7000_8000_0000_0000_0001);
        let number = platform::numbers::number('A', chrono::NaiveDate::from_ymd_opt(2024, 4, 1).expect("a day"), 7);
        let own = BTreeSet::from([number.clone().into_bytes()]);
        let numbers = Numbers::rank(&own, &BTreeSet::from([b"W2404-000123".to_vec()])).expect("numbers");
        let lengths = numbers.lengths();
        let known = Known {
            numbers,
            lengths,
            persons: HashSet::from([[9; PERSON]]),
        };
        let message = [
            b"\x0a\x24".as_slice(),
            id.to_string().as_bytes(),
            b"\x12\x10",
            number.as_bytes(),
            b"\x1a\x0cW2404-000123\x22\x10",
            &[9; PERSON],
            &[9; PERSON],
        ]
        .concat();
        let found: Vec<Found> = scan(&message, &known).into_iter().map(|(_, what)| what).collect();
        let at = |text: &[u8]| Found::Number(known.numbers.known(text).expect("known"));
        let expected = [Found::Id(id), at(number.as_bytes()), at(b"W2404-000123"), Found::Person];
        assert_eq!(found, expected, "the second key has no length before it");
        assert_eq!(numbers_in(&message).collect::<Vec<_>>(), [number.as_bytes()]);
    }

    #[test]
    fn a_sum_is_multiplied_in_place() {
        let mut row = Row {
            bytes: [7_i64.to_be_bytes(), (-2_i64).to_be_bytes()].concat(),
            ids: Vec::new(),
            changes: Vec::new(),
        };
        row.multiply(std::iter::once(0..8), 1_000);
        assert_eq!(row.bytes, [7_000_i64.to_be_bytes(), (-2_i64).to_be_bytes()].concat());
    }
}
