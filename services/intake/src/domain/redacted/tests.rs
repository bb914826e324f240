//! Persons in texts: those of the issue, and random persons in random spelling.

use personal::{Document, Phone};
use proptest::prelude::*;

use super::*;

fn person(name: &str, phone: &str, id: &str, address: &str) -> Appellant {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Appellant {
        name: given(name),
        phone: Phone::read(phone),
        document: Document::read(id, None),
        address: given(address),
    }
}

fn hidden(text: &str, who: &Appellant) -> String {
    Redaction::of(who, true).of_text(text)
}

fn masked(text: &str, who: &Appellant) -> String {
    Redaction::of(who, false).of_text(text)
}

fn wang() -> Appellant {
    person("王小明", "13812345678", "43030219900101123X", "雨湖区车站路1号3栋")
}

#[test]
fn of_one_who_does_not_hide_masks_keep_the_ends() {
    for (text, shown) in [
        (
            "王小明（联系电话13812345678）来电：停水",
            "王**（联系电话138****5678）来电：停水",
        ),
        ("电话 138 1234 5678，138-1234-5678", "电话 138****5678，138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("证件43030219900101123x", "证件430***********123X"),
        ("住雨湖区车站路1号3栋。王小明 王小明", "住雨湖区车站路****。王** 王**"),
        ("住车站路一号三栋", "住车站路****"),
        ("王小姐说停水，区号1381234", "王小姐说停水，区号1381234"),
        ("", ""),
    ] {
        assert_eq!(masked(text, &wang()), shown);
    }
    let landline = person("", "073158888888", "", "");
    assert_eq!(
        masked("（0731）58888888或58888888", &landline),
        "073*****8888或****8888"
    );
}

#[test]
fn of_one_who_hides_nothing_is_seen_in_any_writing() {
    let minority = person("买买提·吐尔逊", "073158888888", "", "雨湖区车站路1号3栋2单元");
    for written in [
        "（0731）58888888",
        "(0731)5888-8888",
        "0731—58888888",
        "0731.58888888",
        "+8673158888888",
        "5888 8888",
        "买买提•吐尔逊",
        "买买提・吐尔逊",
        "买买提吐尔逊",
        "買買提·吐爾遜",
        "吐尔逊",
        "车站路1号3栋2单元",
        "车站路1-3-2",
        "雨湖区车站路一号三栋",
    ] {
        let rest = if written.starts_with("+86") { "+86" } else { "" };
        let shown = hidden(&format!("举报人{written}，称停水"), &minority);
        let right = format!("举报人{rest}***，称停水");
        assert!(
            shown == right || shown == right.replace("+86", "+"),
            "{written}: {shown}"
        );
    }
    let han = person("张三丰", "13812345678", "43030219900101123X", "和平小区3栋2");
    for written in [
        "138.1234.5678",
        "138—1234—5678",
        "138/1234/5678",
        "一三八一二三四五六七八",
        "幺三八 幺二三四 五六七八",
        "①③⑧①②③④⑤⑥⑦⑧",
        "1\u{200B}3812345678",
        "138****5678",
        "張三丰",
        "张叁丰",
        "张 三 丰",
        "和平小区3栋2",
        "和平小区3栋",
        "和平小區三棟2",
        "和平小区3-2",
        "四三〇三〇二一九九〇〇一〇一一二三Ｘ",
        "430302900101123",
        "张三丰13812345678",
    ] {
        let shown = hidden(&format!("举报人{written}，称停水"), &han);
        assert_eq!(shown, "举报人***，称停水", "{written}");
    }
}

#[test]
fn what_only_looks_like_the_person_stays() {
    let landline = person("伍一", "073158888888", "", "");
    for text in ["订单2026588888881，运单5888888801", "乘51路公交", "伍先生，5888888"] {
        assert_eq!(hidden(text, &landline), text);
    }
    assert_eq!(hidden("①58888888 ②伍一", &landline), "①*** ②***");
    let latin = person("Tom Li", "4008008820", "E12345678", "");
    let text = "customli, tomline, FE12345678, E123456789";
    assert_eq!(hidden(text, &latin), text);
    assert_eq!(hidden("TOM LI/ＴｏｍＬｉ, e1234 5678", &latin), "***/***, ***");
    for text in ["王家巷停水", "车站路停水", "雨湖区停水", "三栋停水", "尾号5678"] {
        assert_eq!(hidden(text, &wang()), text);
        assert_eq!(hidden(text, &Appellant::default()), text);
        assert_eq!(hidden(text, &person("王", "", "", "")), text);
    }
}

#[test]
fn every_number_of_a_field_is_found_with_its_extension() {
    let two = person("", "13812345678/0731-58888888-801", "", "");
    for written in [
        "138 1234 5678",
        "0731—58888888",
        "58888888转801",
        "5888 8888-801",
        "0731-58888888分机801",
    ] {
        assert_eq!(
            hidden(&format!("请拨{written}，谢谢"), &two),
            "请拨***，谢谢",
            "{written}"
        );
    }
    assert_eq!(masked("13812345678，58888888", &two), "138****5678，****8888");
    let abroad = person("", "+852 9123 4567", "", "");
    assert_eq!(
        hidden("00852-91234567，9123-4567，291234567", &abroad),
        "00***，***，291234567"
    );
    for (kept, written) in [
        ("138****5678", "138＊＊＊＊5678"),
        ("sip:1001@pbx", "SIP 1001@pbx"),
        ("58888888", "5888-8888"),
    ] {
        assert_eq!(
            hidden(&format!("请拨{written}。"), &person("", kept, "", "")),
            "请拨***。",
            "{kept}"
        );
    }
}

#[test]
fn names_are_found_without_what_was_written_behind_them() {
    for name in ["张三丰先生", "张三丰（业主）", "张三丰 女士(租户)"] {
        let who = person(name, "", "", "");
        assert_eq!(
            hidden("张三丰来电，张三丰先生", &who).replace("先生", ""),
            "***来电，***"
        );
        assert_eq!(masked("张三丰来电", &who), "张**来电");
    }
    let who = person("张先生", "", "", "");
    assert_eq!(hidden("张先生说，张三说", &who), "***说，张三说");
}

/// Decisions of a random writer, in order.
#[derive(Debug)]
struct Writer(std::vec::IntoIter<u8>);

impl Writer {
    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[usize::from(self.0.next().unwrap_or(0)) % of.len()]
    }

    /// A character in one of its forms.
    fn character(&mut self, c: char) -> String {
        const DIGITS: [&[&str]; 10] = [
            &["0", "０", "〇", "零", "○", "٠", "𝟎"],
            &["1", "１", "一", "壹", "幺", "①", "⑴"],
            &["2", "２", "二", "贰", "貳", "②", "㈡"],
            &["3", "３", "三", "叁", "參", "③", "❸"],
            &["4", "４", "四", "肆", "④", "٤", "𝟒"],
            &["5", "５", "五", "伍", "⑤", "۵"],
            &["6", "６", "六", "陆", "陸", "⑥"],
            &["7", "７", "七", "柒", "⑦"],
            &["8", "８", "八", "捌", "⑧"],
            &["9", "９", "九", "玖", "⑨"],
        ];
        const PAIRS: [&[&str]; 17] = [
            &["张", "張"],
            &["陈", "陳"],
            &["刘", "劉"],
            &["马", "馬", "⻢"],
            &["龙", "龍", "⻰", "⿓"],
            &["华", "華"],
            &["丽", "麗"],
            &["买", "買"],
            &["尔", "爾", "尓"],
            &["逊", "遜"],
            &["区", "區"],
            &["车", "車", "⻋", "⾞"],
            &["号", "號"],
            &["栋", "棟"],
            &["单", "單"],
            &["X", "x", "Ｘ", "ｘ"],
            &["卢", "盧"],
        ];
        if let Some(digit) = c.to_digit(10) {
            return self.one(DIGITS[digit as usize]).to_owned();
        }
        let own = c.to_string();
        match PAIRS.iter().find(|forms| forms[0] == own) {
            // 尓 is another character, despite its look.
            Some(forms) => self.one(forms).replace('尓', "爾"),
            None => own,
        }
    }

    fn value(&mut self, value: &str) -> String {
        const BETWEEN: [&str; 20] = [
            "", "", "", "", "", "", " ", "-", "—", "–", "·", "•", "・", ".", "/", "\u{3000}", "\u{200B}", "，", "\n",
            "ー",
        ];
        let mut written = String::new();
        for c in value.chars().filter(|c| c.is_alphanumeric()) {
            if !written.is_empty() {
                written.push_str(self.one(&BETWEEN));
            }
            written.push_str(&self.character(c));
        }
        written
    }
}

fn writers() -> impl Strategy<Value = Writer> {
    proptest::collection::vec(any::<u8>(), 200).prop_map(|choices| Writer(choices.into_iter()))
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[张陈刘马卢][龙华丽云梅]{1,2}",
        "(买买提|古丽娜尔|阿卜杜拉)·(吐尔逊|热合曼|艾山)",
        "[A-Z][a-z]{3,6} [A-Z][a-z]{3,6}",
    ]
}

fn phones() -> impl Strategy<Value = String> {
    prop_oneof![
        "1[3-9][0-9]{9}",
        "0731[2-9][0-9]{7}",
        "0[3-9]17[2-9][0-9]{6}",
        "010[2-9][0-9]{7}"
    ]
}

fn addresses() -> impl Strategy<Value = String> {
    "(湘潭市)?(雨湖|岳塘)区(车站路|和平新村|书院街道云塘)[1-9][0-9]?号([1-9][0-9]?栋[1-9]单元([1-9]0[1-4]室)?)?"
}

fn persons() -> impl Strategy<Value = Appellant> {
    let id = "4303021[0-9]{9}[0-9][0-9X]";
    (names(), phones(), id, addresses()).prop_map(|(name, phone, id, address)| person(&name, &phone, &id, &address))
}

/// Values that a text may contain: each field, a landline without its area code, an address without its district.
fn values(who: &Appellant) -> Vec<String> {
    let phone = who.phone.as_ref().map(|phone| phone.kept().to_owned());
    let number = who.document.as_ref().map(|document| document.number.clone());
    let all = [&who.name, &phone, &number, &who.address];
    let mut all: Vec<String> = all.into_iter().flatten().cloned().collect();
    if let Some(phone) = phone.filter(|phone| phone.starts_with('0')) {
        all.push(phone[if phone.starts_with("010") { 3 } else { 4 }..].to_owned());
    }
    if let Some((_, rest)) = who.address.as_ref().and_then(|address| address.split_once('区')) {
        all.push(rest.to_owned());
    }
    all
}

proptest! {
    #[test]
    fn a_hidden_person_is_seen_in_no_writing(who in persons(), mut writer in writers()) {
        let redaction = Redaction::of(&who, true);
        for value in values(&who) {
            let written = writer.value(&value);
            let text = format!("举报人反映（{written}），路灯不亮。{written}；请回电");
            prop_assert_eq!(redaction.of_text(&text), "举报人反映（***），路灯不亮。***；请回电", "{}", text);
        }
    }

    #[test]
    fn a_text_that_names_nobody_comes_through_untouched(
        who in persons(),
        text in "([举报人反映停水路灯不亮请回电门口楼下三二一十号室，。；：（）\\-—·\\.0-9 \n\r\t\u{3000}\u{200B}\u{FEFF}àé①Ⅷ㈱🏠]|[0-9]{4,6}|order-[0-9]{3}){0,60}",
    ) {
        prop_assert_eq!(hidden(&text, &who), text.clone());
        prop_assert_eq!(masked(&text, &who), text);
    }

    #[test]
    fn whatever_stands_in_a_text_it_is_cut_between_characters(who in persons(), text in any::<String>()) {
        hidden(&text, &who);
        masked(&text, &who);
    }
}
