//! Where a relay resumes in a stream.

/// The position after which the relay reads the log. Events that the stream has are not sent again. A stream that is
/// missing, or ahead of the log, is filled with the last `keep` events.
#[must_use]
pub fn resume_after(stream_last: Option<u64>, head: u64, keep: u64) -> u64 {
    match stream_last {
        Some(last) if last <= head => last,
        _ => head.saturating_sub(keep),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_goes_on_where_the_stream_ends() {
        assert_eq!(resume_after(Some(7), 9, 100), 7);
        assert_eq!(resume_after(None, 9, 100), 0);
        assert_eq!(resume_after(None, 900, 100), 800);
        assert_eq!(resume_after(Some(12), 9, 100), 0);
    }
}
