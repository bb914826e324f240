//! What was published.

use hotline_proto::common::AppealType;
use serde::Deserialize;

/// The published figures, completed where the bulletin rounds.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The printed percentages.
    pub rates: Rates,
    /// The printed shares of the types, in percent.
    pub type_shares: Shares,
    /// Calls that came in.
    pub calls_offered: u64,
    /// Calls that an agent answered.
    pub calls_answered: u64,
    /// 受理诉求.
    pub appeals: u64,
    /// 当场答复.
    pub answered_directly: u64,
    /// What it is made up of.
    pub outcomes: Outcomes,
    /// 转办工单.
    pub orders: u64,
    /// Orders whose accepted reply of round 0 came by the deadline.
    pub orders_on_time: u64,
    /// Orders with a contact record.
    pub orders_contacted: u64,
    /// Orders with at least one completed callback attempt.
    pub orders_called_back: u64,
    /// Orders without a grade.
    pub orders_unrated: u64,
    /// Orders with a bad grade.
    pub orders_rated_dissatisfied: u64,
    /// Orders with a good grade.
    pub orders_rated_satisfied: u64,
    /// Appeals by all online channels.
    pub online: u64,
    /// Appeals tagged 文明创建.
    pub civility_drive: u64,
    /// Appeals that deputies brought.
    pub deputies: Deputies,
    /// Appeals that the enterprise line took.
    pub enterprise_line: u64,
    /// Messages to the account.
    pub wechat_account: Account,
    /// Policies in the library.
    pub policies: u64,
    /// Policy specialists.
    pub policy_specialists: u64,
    /// Leader days.
    pub leader_days: u64,
    /// Risk notices.
    pub risk_notices: u64,
    /// Items in the media, in the ledger.
    pub media_items: u64,
    /// Typical cases, in the ledger.
    pub typical_cases: u64,
    /// Appeals by the bulletin's five types.
    pub types: ByType,
    /// Appeals of the hot topics, in the bulletin's order.
    pub topics: Vec<Published>,
    /// Orders of the units with the most, in the bulletin's order.
    pub units: Vec<Published>,
    /// Appeals by online channel.
    pub channels: Vec<Published>,
}

/// One line of a published table.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Code in the city's reference data.
    pub code: String,
    /// Name as it was printed.
    pub name: String,
    /// The figure.
    pub count: u64,
}

/// The printed percentages, with two decimals.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// 接通率.
    pub connect_rate: String,
    /// 在线办结率.
    pub direct_answer_rate: String,
    /// 按时办结率.
    pub on_time_rate: String,
    /// 联系反馈当事人率.
    pub contact_rate: String,
    /// 回访率.
    pub callback_rate: String,
    /// 满意率.
    pub satisfaction_rate: String,
    /// Share of the ten units with the most orders.
    pub top_ten_share: String,
}

/// Printed shares of the five types, in percent.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
pub struct Shares {
    /// 求助
    pub help: String,
    /// 咨询
    pub consult: String,
    /// 投诉
    pub complaint: String,
    /// 其他
    pub other: String,
    /// 建议
    pub suggestion: String,
}

impl Shares {
    /// The shares in the bulletin's order, with names.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, &str); 5] {
        [
            ("HELP", &self.help),
            ("CONSULT", &self.consult),
            ("COMPLAINT", &self.complaint),
            ("OTHER", &self.other),
            ("SUGGESTION", &self.suggestion),
        ]
    }
}

/// Appeals that end without an order, by outcome.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Outcomes {
    /// Answered.
    pub answered: u64,
    /// 不予受理.
    pub not_accepted: u64,
    /// 转接.
    pub transferred: u64,
    /// The progress of an open order of the same person was told.
    pub progress_told: u64,
}

impl Outcomes {
    /// The counts with names.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, u64); 4] {
        [
            ("ANSWERED", self.answered),
            ("NOT_ACCEPTED", self.not_accepted),
            ("TRANSFERRED", self.transferred),
            ("PROGRESS_TOLD", self.progress_told),
        ]
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.entries().iter().map(|(_, count)| count).sum()
    }
}

/// Appeals that deputies brought, by level.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Deputies {
    /// All.
    pub total: u64,
    /// 省
    pub province: u64,
    /// 市
    pub city: u64,
    /// 县
    pub county: u64,
    /// 乡
    pub township: u64,
    /// Orders whose accepted reply came by the deadline.
    pub on_time: u64,
}

impl Deputies {
    /// The levels with names.
    #[must_use]
    pub fn levels(&self) -> [(&'static str, u64); 4] {
        [
            ("province", self.province),
            ("city", self.city),
            ("county", self.county),
            ("township", self.township),
        ]
    }
}

/// Messages to an account beside the line, by outcome.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// All.
    pub messages: u64,
    /// 反映情况不清晰
    pub unclear: u64,
    /// 已回复处理
    pub answered: u64,
    /// 无效信件
    pub invalid: u64,
}

impl Account {
    /// The outcomes with names.
    #[must_use]
    pub fn outcomes(&self) -> [(&'static str, u64); 3] {
        [
            ("unclear", self.unclear),
            ("answered", self.answered),
            ("invalid", self.invalid),
        ]
    }
}

/// Counts by the bulletin's five types. 举报 counts as complaint, 表扬 as other.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
pub struct ByType {
    /// 求助
    pub help: u64,
    /// 咨询
    pub consult: u64,
    /// 投诉
    pub complaint: u64,
    /// 其他
    pub other: u64,
    /// 建议
    pub suggestion: u64,
}

impl ByType {
    /// The counts in the bulletin's order, with names.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, AppealType, u64); 5] {
        [
            ("HELP", AppealType::Help, self.help),
            ("CONSULT", AppealType::Consult, self.consult),
            ("COMPLAINT", AppealType::Complaint, self.complaint),
            ("OTHER", AppealType::Other, self.other),
            ("SUGGESTION", AppealType::Suggestion, self.suggestion),
        ]
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.entries().iter().map(|(_, _, count)| count).sum()
    }
}
