//! The words of the people who handle cases.

/// Of the agent who answers.
pub(super) const ANSWER: &str = "已当场答复:有关政策、办理地点和所需材料已向您逐项说明。";
/// Of the agent who asks back.
pub(super) const QUESTION: &str = "请补充事发地点和时间。";
/// Of the appellant who was asked back.
pub(super) const SUPPLEMENT: &str = "补充:事发地点和时间如前所述,近一周每晚都有。";
/// Of the agent who does not accept.
pub(super) const OTHER_PATH: &str = "该事项不属受理范围,请通过法定途径反映。";
/// Of the agent who tells the progress.
pub(super) const PROGRESS: &str = "您此前反映的事项正在办理,承办单位将与您联系。";
/// Name of the hotline that takes some transfers.
pub(super) const OTHER_HOTLINE: &str = "12348公共法律服务热线";
/// Of the receiver of a transfer.
pub(super) const TAKEN_OVER: &str = "值班台已接收。";
/// Of the unit about its contact.
pub(super) const CONTACT: &str = "已与诉求人电话核实情况。";
/// Reference of the unit's recording.
pub(super) const CONTACT_RECORDING: &str = "通话录音";
/// Of the unit.
pub(super) const REPLY: &str = "经现场核查,有关问题已处理完毕,并已向诉求人说明。";
/// Reference of evidence.
pub(super) const EVIDENCE: &str = "现场照片";
/// Of the reviewer.
pub(super) const REQUIREMENT: &str = "请针对诉求逐项答复。";
/// Reference of the callback's recording.
pub(super) const CALLBACK_RECORDING: &str = "回访录音";
/// Of the appellant.
pub(super) const COMMENT: &str = "诉求人的原话。";
/// Of the supervisor.
pub(super) const JUDGEMENT: &str = "经核实回访记录与办理情况判定。";
