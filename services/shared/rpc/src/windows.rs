//! HTTP/2 flow control: how much a peer may send before it is read, on our servers and on our clients.
//!
//! The h2 library ends a connection that holds too many small unread DATA frames. It sends GOAWAY with
//! ENHANCE_YOUR_CALM and `too_many_data_frames`. A frame of n < 256 bytes costs 256 − n until it is read. All unread
//! frames of a connection together may cost half of the *connection's* window.
//!
//! A fast sender puts each message of a stream into a frame of its own: 5 bytes of gRPC and the message. So a stream
//! that is not read in time can cost `STREAM ÷ n × (256 − n)`. The sum `streams × STREAM ÷ n × (256 − n)` must stay
//! below `CONNECTION ÷ 2`.
//!
//! With hyper's defaults (server: 1 MiB for both, client: 2 MiB of 5 MiB) one stream of messages of 160 bytes exceeds
//! that limit.

/// Most unread bytes of one stream. HTTP/2 begins with this value, so that no peer can send more before it has read our
/// settings. It exceeds every command (an appeal has at most 45 KB), and allows 1 MB/s over 60 ms.
pub const STREAM: u32 = 65_535;

/// Most unread bytes of all streams of a connection: 24 MiB, a budget of 12,582,912. These cases stay below it:
///
/// | case | streams | frame | cost |
/// |---|---|---|---|
/// | all platforms (`push_streams`, 16) through one proxy, messages of 15 bytes | 16 | 20 | 12,373,008 |
/// | all streams of a connection (`max_streams`, 100), short appeals of 100 bytes | 100 | 105 | 9,424,357 |
///
/// The window itself takes no memory. Payload is bounded by streams × [`STREAM`]: 6.6 MB with 100 streams.
pub const CONNECTION: u32 = 24 * 1024 * 1024;

/// The cost of `streams` that are full of unread frames of `frame` bytes.
const fn cost(streams: u64, frame: u64) -> u64 {
    streams * STREAM as u64 * (256 - frame) / frame
}

const _: () = {
    assert!(cost(16, 20) < CONNECTION as u64 / 2);
    assert!(cost(100, 105) < CONNECTION as u64 / 2);
    // All streams together fit into the connection's window, so that an unread stream blocks no other.
    assert!(100 * (STREAM as u64) < CONNECTION as u64);
};
