//! What the bulletin does not publish.

use serde::Deserialize;

use super::ByType;

/// Numbers that the bulletin does not publish. They count orders, unless stated otherwise.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    /// Unrated because the appellant never answers.
    pub unreached: u64,
    /// Attempts for each of them.
    pub attempts_when_unreached: u32,
    /// Signed after the limit.
    pub signed_late: u64,
    /// Replied between the warning and the deadline.
    pub near_deadline: u64,
    /// One rejected reply, then another in time.
    pub rejected_then_in_time: u64,
    /// Of the late orders: one rejected reply, then another after the deadline.
    pub rejected_then_late: u64,
    /// Reworked once.
    pub reworked: u64,
    /// Of these: satisfied afterwards.
    pub reworked_then_satisfied: u64,
    /// Of these: dissatisfied again, for an objective cause.
    pub reworked_then_dissatisfied: u64,
    /// Of these: reached afterwards, without a grade.
    pub reworked_then_unrated: u64,
    /// Dispatched by a person.
    pub dispatched_by_person: u64,
    /// Pushed again by their platform.
    pub pushed_twice: u64,
    /// The request that forwards them is delivered again.
    pub redelivered: u64,
    /// Appeals: 举报, among COMPLAINT.
    pub reports: u64,
    /// Appeals: 表扬, among OTHER and answered at once.
    pub praises: u64,
    /// Types of the orders.
    pub order_types: ByType,
    /// Grades of the rated ones.
    pub grades: Grades,
    /// Without a contact record, because the appellant asked not to be contacted.
    pub no_contact_declined: u64,
    /// Of the deputies' appeals.
    pub deputies_orders: u64,
    /// Of these: complex matters.
    pub deputies_complex: u64,
    /// Of the appeals of the enterprise line.
    pub enterprise_orders: u64,
    /// Appeals: taken by leaders.
    pub leader_day_calls: u64,
    /// Of these.
    pub leader_day_orders: u64,
    /// With an anonymous appellant.
    pub anonymous_orders: u64,
    /// Appeals: answered, with an anonymous appellant.
    pub anonymous_answered: u64,
    /// With a confidential appellant.
    pub confidential_orders: u64,
    /// Appeals: answered, with a confidential appellant.
    pub confidential_answered: u64,
    /// Appeals: without a matter, by ground.
    pub invalid: Invalid,
    /// Appeals: answered after the appellant was asked back.
    pub asked_back: u64,
    /// Calls that are recorded after their time, on the same day.
    pub late_calls: u64,
    /// Appeals that are recorded after their time, on the same day.
    pub late_appeals: u64,
    /// Other entries of the ledger.
    pub ledger: Ledger,
}

/// Appeals without a matter, by ground.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Invalid {
    /// 骚扰
    pub nuisance: u64,
    /// 无声
    pub silent: u64,
    /// No content.
    pub no_content: u64,
    /// The appellant was asked back and did not answer.
    pub no_answer: u64,
}

impl Invalid {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.nuisance + self.silent + self.no_content + self.no_answer
    }
}

/// Entries of the ledger, by kind, besides those that the bulletin publishes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Ledger {
    /// 拨测
    pub test_call: u64,
    /// 培训
    pub training: u64,
    /// 考试
    pub exam: u64,
    /// 会议
    pub meeting: u64,
}

/// Counts by grade.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Grades {
    /// 非常满意
    pub very_satisfied: u64,
    /// 满意
    pub satisfied: u64,
    /// 基本满意
    pub fairly_satisfied: u64,
    /// 不满意
    pub dissatisfied: u64,
    /// 非常不满意
    pub very_dissatisfied: u64,
}
