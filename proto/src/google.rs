//! `google.type`: well-known types that `prost-types` does not have.

/// A whole day of the calendar, in Asia/Shanghai.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Date {
    /// 2000 to 2199.
    #[prost(int32, tag = "1")]
    pub year: i32,
    /// 1 to 12.
    #[prost(int32, tag = "2")]
    pub month: i32,
    /// 1 to 31.
    #[prost(int32, tag = "3")]
    pub day: i32,
}
