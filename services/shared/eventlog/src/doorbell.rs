//! Wakes a consumer when an event arrives in Redis, before its next poll is due.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use platform::lifecycle::Lifecycle;
use platform::streak::Streak;
use redis::RedisError;

use crate::consumer::Consumer;
use crate::stream::BLOCK;

/// Pause between a failure and the next connection.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Wakes a consumer's step; `rpc::service::Driven` runs it.
pub type Doorbell = Arc<dyn Fn(Lifecycle) -> BoxFuture<'static, ()> + Send + Sync>;

/// Calls [`Consumer::wake`] when an event arrives in Redis.
#[must_use]
pub fn doorbell(consumer: &Arc<Consumer>) -> Doorbell {
    let consumer = consumer.clone();
    Arc::new(move |lifecycle| ring(consumer.clone(), lifecycle))
}

/// Wakes the consumer until the lifecycle has drained.
fn ring(consumer: Arc<Consumer>, lifecycle: Lifecycle) -> BoxFuture<'static, ()> {
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

/// Listens until Redis fails; the consumer polls on meanwhile. Also returns while the epoch of the source's log is
/// unknown.
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
