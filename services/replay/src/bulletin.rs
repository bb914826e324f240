//! Prints the bulletin for people and for programs.

use hotline_proto::Date;
use hotline_proto::analytics::{Figure, GetBulletinResponse};
use rpc::time::date_from_proto;
use serde_json::json;

/// The bulletin as JSON: every figure with numerator, denominator, cohort and definition.
#[must_use]
pub fn as_json(bulletin: &GetBulletinResponse) -> String {
    let figures: Vec<_> = bulletin
        .figures
        .iter()
        .map(|figure| {
            json!({
                "key": figure.key,
                "name": figure.name,
                "figure": figure.key.split('/').next(),
                "member": figure.member,
                "value": figure.value,
                "numerator": figure.numerator,
                "denominator": figure.denominator,
                "cohort": figure.cohort,
                "definition": figure.definition,
                "definition_version": figure.definition_version,
            })
        })
        .collect();
    let whole = json!({
        "from": day(bulletin.from_day.as_ref()),
        "to": day(bulletin.to_day.as_ref()),
        "as_of": as_of(bulletin),
        "figures": figures,
    });
    serde_json::to_string_pretty(&whole).expect("strings and numbers can be written")
}

/// 运行通报 in Chinese. A figure that the bulletin does not contain is left out.
#[must_use]
pub fn as_text(bulletin: &GetBulletinResponse) -> String {
    let page = Page { bulletin };
    let mut lines = vec![
        "12345政务服务便民热线平台运行情况通报".to_owned(),
        format!(
            "{} 至 {}(截至 {})",
            day(bulletin.from_day.as_ref()),
            day(bulletin.to_day.as_ref()),
            as_of(bulletin)
        ),
        String::new(),
        "一、平台运行情况".to_owned(),
        format!(
            "  来电 {} 通,接听 {} 通,接通率 {};受理各类诉求 {} 件,诉求人 {} 人。",
            page.value("volume.calls_offered"),
            page.value("volume.calls_answered"),
            page.rate("volume.connect_rate"),
            page.value("volume.appeals"),
            page.value("volume.persons")
        ),
        format!(
            "  当场答复 {} 件、在线办结率 {};形成转办工单 {} 件。",
            page.value("volume.answered_directly"),
            page.rate("volume.direct_answer_rate"),
            page.value("volume.orders")
        ),
        format!(
            "  按时办结率 {};联系反馈当事人率 {};回访率 {}(有效回访 {})。",
            page.rate("handling.on_time_rate"),
            page.rate("handling.contact_rate"),
            page.rate("handling.callback_rate"),
            page.rate("callback.effective_rate")
        ),
        page.satisfaction(),
        format!("  诉求类型:{}。", page.types()),
        format!("  热点事项:{}。", page.list("topic.appeals/", 10)),
        String::new(),
        "二、工单办理情况".to_owned(),
        format!(
            "  承办单位:{};前十家占 {}。",
            page.list("unit.orders/", 10),
            page.rate("unit.top_ten_share")
        ),
        format!(
            "  逾期签收 {} 件;驳回回复 {} 件次;重办 {} 件({});人工派单 {} 件;未办结 {} 件。",
            page.value("handling.signed_late"),
            page.value("review.rejected_replies"),
            page.value("rework.orders"),
            page.rate("rework.rate"),
            page.value("handling.dispatched_by_person"),
            page.value("handling.open_orders")
        ),
        format!(
            "  黄牌 {} 张、红牌 {} 张,撤回 {} 张。",
            page.value("cards.yellow"),
            page.value("cards.red"),
            page.value("cards.withdrawn")
        ),
        format!(
            "  网上渠道 {} 件:{}。文明创建 {} 件。",
            page.value("channel.online_total"),
            page.list("channel.appeals/", usize::MAX),
            page.value("tag.appeals/civility_drive")
        ),
        page.seats(),
        page.works(),
        String::new(),
        page.versions(),
    ];
    lines.push(String::new());
    lines.join("\n")
}

fn day(day: Option<&Date>) -> String {
    let day = day.and_then(date_from_proto);
    day.map_or_else(|| "–".to_owned(), |day| day.to_string())
}

fn as_of(bulletin: &GetBulletinResponse) -> String {
    bulletin
        .as_of_time
        .as_ref()
        .and_then(rpc::time::from_proto)
        .map_or_else(
            || "–".to_owned(),
            |at| at.with_timezone(&calendar::ZONE).format("%Y-%m-%d %H:%M").to_string(),
        )
}

struct Page<'b> {
    bulletin: &'b GetBulletinResponse,
}

impl Page<'_> {
    fn find(&self, key: &str) -> Option<&Figure> {
        self.bulletin.figures.iter().find(|figure| figure.key == key)
    }

    fn value(&self, key: &str) -> &str {
        self.find(key).map_or("–", |figure| figure.value.as_str())
    }

    /// A percentage with its numerator and denominator.
    fn rate(&self, key: &str) -> String {
        match self.find(key) {
            Some(figure) if figure.denominator > 0 => {
                format!(
                    "{}%({}/{})",
                    figure.value.trim_end_matches('%'),
                    figure.numerator,
                    figure.denominator
                )
            }
            _ => "–".to_owned(),
        }
    }

    fn satisfaction(&self) -> String {
        format!(
            "  满意率:已评价口径 {};未评价视同满意口径 {};真值界于 {} 与 {} 之间;未评价 {} 件(其中无有效联系方式 {} 件),参评率 {}。",
            self.rate("satisfaction.rated_only"),
            self.rate("satisfaction.unrated_as_satisfied"),
            self.rate("satisfaction.lower_bound"),
            self.rate("satisfaction.upper_bound"),
            self.value("satisfaction.unrated"),
            self.value("satisfaction.no_channel"),
            self.rate("satisfaction.rating_rate")
        )
    }

    /// The types, each with its share of all appeals.
    fn types(&self) -> String {
        let entries: Vec<String> = self
            .bulletin
            .figures
            .iter()
            .filter_map(|figure| {
                let code = figure.key.strip_prefix("type.appeals/")?;
                let share = self.rate(&format!("type.share/{code}"));
                Some(format!("{} {} 件,占 {share}", figure.name, figure.value))
            })
            .collect();
        entries.join(";")
    }

    /// The versions of the definitions. A figure appears once, by its key, for all its members.
    fn versions(&self) -> String {
        let mut others: Vec<String> = self
            .bulletin
            .figures
            .iter()
            .filter(|figure| figure.definition_version != "1")
            .map(|figure| {
                let key = figure.key.split('/').next().unwrap_or_default();
                format!("{key}={}", figure.definition_version)
            })
            .collect();
        others.dedup();
        if others.is_empty() {
            "指标口径版本均为 1。".to_owned()
        } else {
            format!("指标口径版本:{};其余为 1。", others.join("、"))
        }
    }

    /// 专席, and the account beside the line.
    fn seats(&self) -> String {
        format!(
            "  专席:{};人大代表:{};领导接听日 {} 次。账号留言 {} 条:{}。",
            self.list("seat.appeals/", usize::MAX),
            self.list("seat.deputies_by_level/", usize::MAX),
            self.value("seat.leader_days"),
            self.value("account.messages/wechat_account"),
            self.list("account.outcome/", usize::MAX)
        )
    }

    /// The library, risk notices, and the hotline's own work.
    fn works(&self) -> String {
        format!(
            "  政策库 {} 条、政策专员 {} 名;风险提示 {} 件;媒体报道 {} 篇、典型案例 {} 个。",
            self.value("library.policies"),
            self.value("library.specialists"),
            self.value("supervision.risk_notices"),
            self.value("ledger.media_items"),
            self.value("ledger.typical_cases")
        )
    }

    fn list(&self, prefix: &str, most: usize) -> String {
        let entries: Vec<String> = self
            .bulletin
            .figures
            .iter()
            .filter(|figure| figure.key.starts_with(prefix))
            .take(most)
            .map(|figure| format!("{} {} 件", figure.name, figure.value))
            .collect();
        entries.join("、")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(key: &str, name: &str, value: &str, (numerator, denominator): (i64, i64)) -> Figure {
        Figure {
            key: key.to_owned(),
            name: name.to_owned(),
            numerator,
            denominator,
            value: value.to_owned(),
            definition_version: "1".to_owned(),
            ..Figure::default()
        }
    }

    fn bulletin() -> GetBulletinResponse {
        GetBulletinResponse {
            figures: vec![
                figure("type.appeals/HELP", "求助", "3", (3, 0)),
                figure("type.appeals/CONSULT", "咨询", "5", (5, 0)),
                figure("type.appeals/OTHER", "其他", "0", (0, 0)),
                figure("type.share/HELP", "求助", "37.50", (3, 8)),
                figure("type.share/CONSULT", "咨询", "62.50", (5, 8)),
            ],
            ..GetBulletinResponse::default()
        }
    }

    #[test]
    fn each_type_has_its_share() {
        let text = as_text(&bulletin());
        let line = "  诉求类型:求助 3 件,占 37.50%(3/8);咨询 5 件,占 62.50%(5/8);其他 0 件,占 –。\n";
        assert!(text.contains(line), "{text}");
    }

    #[test]
    fn the_text_ends_with_the_versions_of_the_definitions() {
        let mut bulletin = bulletin();
        let text = as_text(&bulletin);
        assert!(text.ends_with("\n\n指标口径版本均为 1。\n"), "{text}");
        for figure in &mut bulletin.figures {
            if figure.key.starts_with("type.share/") {
                figure.definition_version = "2".to_owned();
            }
        }
        let text = as_text(&bulletin);
        assert!(text.ends_with("\n\n指标口径版本:type.share=2;其余为 1。\n"), "{text}");
    }
}
