//! How much a peer may send before it is read (HTTP/2 flow control), on our servers and on our clients.
//!
//! The h2 library ends a connection with GOAWAY, ENHANCE_YOUR_CALM, `too_many_data_frames`, when it holds too many small
//! DATA frames unread. A frame of n < 256 bytes costs 256 − n until it is read, and all unread frames of a connection
//! together may cost half the *connection's* window. One message of a stream is one frame of its own where the sender is
//! fast: 5 bytes of gRPC and the message. So a stream that is not read in time can cost
//! `STREAM ÷ n × (256 − n)`, and `streams × STREAM ÷ n × (256 − n)` has to stay below `CONNECTION ÷ 2`.
//!
//! With hyper's own defaults (a server's 1 MiB for both, a client's 2 MiB of 5 MiB) a single stream of messages of 160
//! bytes is past that limit.

/// Bytes of one stream that wait unread. It is what HTTP/2 begins with, so no peer can have sent more before it has read
/// our settings. More than any command (an appeal has 45 KB at most), and enough for 1 MB/s over 60 ms.
pub const STREAM: u32 = 65_535;

/// Bytes of all streams of a connection together: 24 MiB, a budget of 12,582,912. What can be held below it:
///
/// | who | streams | frame | cost |
/// |---|---|---|---|
/// | the streams of all platforms (`push_streams`, 16) through one proxy's connection, messages of 15 bytes | 16 | 20 | 12,373,008 |
/// | as many streams as a connection may have (`max_streams`, 100), messages of 100 bytes: a short appeal | 100 | 105 | 9,424,357 |
///
/// It costs no memory by itself: payload is bounded by streams × [`STREAM`], 6.6 MB with 100 streams.
pub const CONNECTION: u32 = 24 * 1024 * 1024;

/// What `streams` cost that are full of unread frames of `frame` bytes.
const fn cost(streams: u64, frame: u64) -> u64 {
    streams * STREAM as u64 * (256 - frame) / frame
}

const _: () = {
    assert!(cost(16, 20) < CONNECTION as u64 / 2);
    assert!(cost(100, 105) < CONNECTION as u64 / 2);
    // Flow control alone never lets all streams wait for one: no stream is held up by others that are not read.
    assert!(100 * (STREAM as u64) < CONNECTION as u64);
};
