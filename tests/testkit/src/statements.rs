//! The statements that a test sends to Postgres, as sqlx logs them.

use std::cell::RefCell;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    /// The beginnings of the statements of this thread, while a test counts.
    static SENT: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Whether [`Statements`] is the subscriber of the process.
static HEARD: AtomicBool = AtomicBool::new(false);

/// Does `work` and returns the beginnings of its statements. A test and the services under it run on one thread, so the
/// statements of other tests are not among them.
///
/// # Panics
/// When a test has set another subscriber for the whole process, or counts within `work`.
pub async fn of(work: impl Future<Output = ()>) -> Vec<String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Statements).expect("no test sets another one");
        // Only from here on may a statement be logged. One logged before would be cached as one that nobody wants.
        HEARD.store(true, Ordering::SeqCst);
        tracing::callsite::rebuild_interest_cache();
    });
    SENT.set(Some(Vec::new()));
    work.await;
    SENT.take().expect("it was set above")
}

/// Keeps the statements.
struct Statements;

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let heard = HEARD.load(Ordering::SeqCst);
        Some(if heard { LevelFilter::DEBUG } else { LevelFilter::OFF })
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        SENT.with_borrow_mut(|sent| sent.as_mut().map(|sent| event.record(&mut Summary(sent))));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Reads the field with the beginning of a statement.
struct Summary<'a>(&'a mut Vec<String>);

impl Visit for Summary<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.0.push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
