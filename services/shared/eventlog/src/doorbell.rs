//! Rings a consumer when something arrives in Redis, so that it need not wait for its next look.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use platform::lifecycle::Lifecycle;

use crate::consumer::Consumer;

/// How long one blocking read lasts: short enough to notice a stop.
const BLOCK_MILLISECONDS: usize = 1000;

/// Rings `consumer.wake()` until the lifecycle stops.
pub(crate) fn ring(consumer: Arc<Consumer>, lifecycle: Lifecycle) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let stopping = lifecycle.stopping();
        while !stopping.is_cancelled() {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = listen(&consumer) => {}
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    })
}

/// Listens until Redis fails; the consumer's own looks go on meanwhile.
async fn listen(consumer: &Consumer) {
    let Ok(Some(mut connection)) = consumer.streams().blocking().await else {
        return;
    };
    let mut seen = HashMap::new();
    loop {
        let Some((epoch, partitions)) = consumer.log() else {
            return;
        };
        let waited = consumer
            .streams()
            .wait(
                &mut connection,
                consumer.source(),
                epoch,
                &mut seen,
                partitions,
                BLOCK_MILLISECONDS,
            )
            .await;
        match waited {
            Ok(true) => consumer.wake().notify_one(),
            Ok(false) => {}
            Err(_) => return,
        }
    }
}
