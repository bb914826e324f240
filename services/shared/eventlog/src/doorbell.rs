//! Rings a consumer when something arrives in Redis, so that it need not wait for its next look.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use platform::lifecycle::Lifecycle;
use platform::streak::Streak;
use redis::RedisError;

use crate::consumer::Consumer;

/// How long one blocking read lasts: short enough to notice a stop.
pub(crate) const BLOCK: Duration = Duration::from_secs(1);
/// What the answer to a blocking read may take beyond that. A host that vanished answers nothing and closes nothing;
/// without a limit the doorbell would listen to it for ever.
pub(crate) const MARGIN: Duration = Duration::from_secs(2);
/// Between a failure and the next connection.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Rings `consumer.wake()` until the lifecycle has drained.
pub(crate) fn ring(consumer: Arc<Consumer>, lifecycle: Lifecycle) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let mut ending = std::pin::pin!(lifecycle.drained());
        let mut streak = Streak::default();
        loop {
            let listened = tokio::select! {
                () = &mut ending => return,
                listened = listen(&consumer, &mut streak) => listened,
            };
            if let Err(error) = listened {
                platform::metrics::consumer_redis_failed(consumer.label());
                let error = error.to_string();
                if streak.is_to_be_logged(&error) {
                    tracing::warn!(
                        step = consumer.label(),
                        error,
                        "cannot listen to Redis; new events are found by polling"
                    );
                }
            }
            tokio::select! {
                () = &mut ending => return,
                () = tokio::time::sleep(AGAIN_AFTER) => {}
            }
        }
    })
}

/// Listens until Redis fails; the consumer's own looks go on meanwhile. Ends also while nothing is known of the source.
async fn listen(consumer: &Consumer, streak: &mut Streak) -> Result<(), RedisError> {
    let Some(mut connection) = consumer.streams().blocking().await? else {
        return Ok(());
    };
    let mut seen = HashMap::new();
    loop {
        let Some((epoch, partitions)) = consumer.log() else {
            return Ok(());
        };
        let rang = consumer
            .streams()
            .wait(&mut connection, consumer.source(), epoch, &mut seen, partitions, BLOCK)
            .await?;
        if streak.end() {
            tracing::info!(step = consumer.label(), "listens to Redis again");
        }
        if rang {
            consumer.wake().notify_one();
        }
    }
}
