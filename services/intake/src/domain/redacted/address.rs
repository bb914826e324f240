//! Finds an address in a text: its parts without the district, and pieces that name the house. Numbers and the words
//! after them may be written in any form.

use std::ops::Range;

use super::folded::{Kind, Sign, folded};

/// Minimum Han characters before a house number that exclude a coincidence: a road, or a village after its town.
const NAMED: usize = 3;
/// Minimum signs of a place without a number.
const SHORTEST_PLACE: usize = 3;

/// The address itself, and the address without province, city, district and town, as ranges of the value. The rest has
/// a name before its first number. For a hidden person it may have no number.
#[must_use]
pub fn parts(value: &str, hidden: bool) -> Vec<Range<usize>> {
    let signs = folded(value);
    let Some(last) = signs.last() else { return Vec::new() };
    let whole = signs[0].from;
    let cuts = cuts(&signs);
    // A district alone identifies nobody: every matter of the place has it.
    if cuts.last() == Some(&signs.len()) {
        return Vec::new();
    }
    let rests = cuts.into_iter().filter_map(|cut| {
        let rest = &signs[cut..];
        let name = rest.iter().take_while(|sign| sign.kind != Kind::Digit).count();
        let tells = if name == rest.len() {
            hidden && name >= SHORTEST_PLACE
        } else {
            name >= 2
        };
        tells.then(|| rest[0].from)
    });
    std::iter::once(whole).chain(rests).map(|from| from..last.to).collect()
}

/// Ends of the administrative parts before the first number.
fn cuts(signs: &[Sign]) -> Vec<usize> {
    let (mut all, mut start) = (Vec::new(), 0);
    for (at, sign) in signs
        .iter()
        .enumerate()
        .take_while(|(_, sign)| sign.kind != Kind::Digit)
    {
        let length = at + 1 - start;
        let before = if length > 1 { signs[at - 1].c } else { ' ' };
        let ends = match sign.c {
            '省' | '市' | '旗' | '盟' => length >= 3,
            '县' | '镇' | '乡' => length >= 2,
            '区' => {
                length >= 2 && !"小社校园厂矿院库宿片东南西北".contains(before)
                    || length >= 3 && "东南西北".contains(before) && start > 0
            }
            '州' => before == '治',
            '道' => before == '街',
            _ => false,
        };
        if ends {
            all.push(at + 1);
            start = at + 1;
        }
    }
    all
}

/// Kind of a house number. The same word in another form has the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    None,
    House,
    Building,
    /// 号楼: a building, or the last of several houses.
    Numbered,
    Entrance,
    Floor,
    Room,
    Group,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Letter(char),
    Number(u64),
}

/// A letter, or a number with the words after it that name what is counted.
#[derive(Clone, Debug)]
struct Token {
    what: What,
    class: Class,
    from: usize,
    to: usize,
    /// Index of its first sign.
    sign: usize,
}

impl Token {
    fn is_number(&self) -> bool {
        matches!(self.what, What::Number(_))
    }
}

/// Finds pieces of one address.
pub struct Pieces {
    tokens: Vec<Token>,
    cuts: Vec<usize>,
}

impl Pieces {
    /// The pieces of this address.
    #[must_use]
    pub fn of(value: &str) -> Self {
        let signs = folded(value);
        let cuts = cuts(&signs);
        Self {
            tokens: tokens(&signs),
            cuts,
        }
    }

    /// All pieces in a text. A piece is a number of the address after its own name, or two of its numbers with their
    /// own words.
    #[must_use]
    pub fn find(&self, text: &[Sign]) -> Vec<Range<usize>> {
        let text = tokens(text);
        let mut found = Vec::new();
        for own in (0..self.tokens.len()).filter(|own| self.tokens[*own].is_number()) {
            for at in (0..text.len()).filter(|at| text[*at].what == self.tokens[own].what) {
                if let Some((first, length)) = self.piece(own, &text, at) {
                    let begin = at + first - own;
                    found.push(text[begin].from..text[begin + length - 1].to);
                }
            }
        }
        found
    }

    /// The longest piece around its first number, as the index of its first token and its length.
    fn piece(&self, own: usize, text: &[Token], at: usize) -> Option<(usize, usize)> {
        let pairs = self.tokens[..own].iter().rev().zip(text[..at].iter().rev());
        let name = pairs.take_while(|(a, b)| a.what == b.what && !a.is_number()).count();
        let behind = self.tokens[own..].iter().zip(&text[at..]);
        let length = behind.take_while(|(a, b)| a.what == b.what).count();
        let first = own - name;
        let whole_name = first == 0 || self.cuts.contains(&self.tokens[first].sign);
        let named = name >= NAMED || name >= 2 && whole_name;
        (named || self.two_numbers(own, &text[at..], length)).then(|| {
            // A letter after the last number is not part of the house.
            let numbers = self.tokens[own..own + length].iter().rposition(Token::is_number);
            let length = if own + length == self.tokens.len() {
                length
            } else {
                numbers.map_or(1, |last| last + 1)
            };
            (first, name + length)
        })
    }

    /// The first two tokens of a piece are numbers with the same class in both texts. 1号、2号 does not match 1号2栋.
    fn two_numbers(&self, own: usize, text: &[Token], length: usize) -> bool {
        let ([a, b, ..], [c, d, ..]) = (&self.tokens[own..], text) else {
            return false;
        };
        let building = |class| matches!(class, Class::Building | Class::Numbered);
        let alike = |one, other| one == other || building(one) && building(other);
        let second = d.class == Class::None || d.class == b.class || a.class != Class::House && alike(b.class, d.class);
        length >= 2 && b.is_number() && a.class != Class::None && alike(a.class, c.class) && second
    }
}

fn tokens(signs: &[Sign]) -> Vec<Token> {
    let mut all = Vec::with_capacity(signs.len());
    let mut at = 0;
    while at < signs.len() {
        let (number, length) = number(&signs[at..]);
        let (class, words) = if number.is_some() {
            classed(&signs[at + length..])
        } else {
            (Class::None, 0)
        };
        // 五一路 is a road, 五栋 is a house.
        let (what, length) = match number {
            Some(number) if class != Class::None || signs[at].kind == Kind::Digit => {
                (What::Number(number), length + words)
            }
            _ => (What::Letter(signs[at].c), 1),
        };
        all.push(Token {
            what,
            class: if length > 1 { class } else { Class::None },
            from: signs[at].from,
            to: signs[at + length - 1].to,
            sign: at,
        });
        at += length;
    }
    all
}

/// The number that begins here, and its number of signs: digits in a row, or Chinese numerals with 十, 百 and 千.
fn number(signs: &[Sign]) -> (Option<u64>, usize) {
    if signs
        .first()
        .is_some_and(|sign| !sign.c.is_ascii_digit() && weight(sign.c).is_none())
    {
        return (None, 0);
    }
    let in_a_row = |of: fn(&Sign) -> bool| {
        let more = signs
            .windows(2)
            .take_while(|pair| pair[1].from == pair[0].to && of(&pair[1]));
        if signs.first().is_some_and(of) {
            1 + more.count()
        } else {
            0
        }
    };
    let digits = in_a_row(|sign| sign.kind == Kind::Digit);
    if digits > 0 {
        return (Some(decimal(&signs[..digits])), digits);
    }
    let numerals = in_a_row(|sign| sign.kind == Kind::Numeral || weight(sign.c).is_some());
    let run = &signs[..numerals];
    if run.is_empty() {
        (None, 0)
    } else if run.iter().any(|sign| weight(sign.c).is_some()) {
        (weighted(run), numerals)
    } else {
        (Some(decimal(run)), numerals)
    }
}

fn decimal(digits: &[Sign]) -> u64 {
    digits
        .iter()
        .filter_map(|sign| sign.c.to_digit(10))
        .fold(0, |number: u64, digit| {
            number.saturating_mul(10).saturating_add(digit.into())
        })
}

fn weight(c: char) -> Option<u64> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        _ => None,
    }
}

/// 十二, 一百零五, 二百三 (230).
fn weighted(run: &[Sign]) -> Option<u64> {
    let (mut total, mut digit, mut last, mut zero) = (0, None, 10_000, false);
    for sign in run {
        if let Some(weight) = weight(sign.c) {
            let count = digit.take().or((weight == 10).then_some(1))?;
            if weight >= last {
                return None;
            }
            total += count * weight;
            last = weight;
            zero = false;
        } else {
            let next = u64::from(sign.c.to_digit(10)?);
            if digit.is_some() {
                return None;
            }
            if next == 0 {
                zero = true;
            } else {
                digit = Some(next);
            }
        }
    }
    let unit = if zero { 1 } else { last / 10 };
    Some(total + digit.unwrap_or(0) * unit)
}

/// The class of a number by the words after it, and their number of signs.
fn classed(signs: &[Sign]) -> (Class, usize) {
    const WORDS: [(&str, Class); 18] = [
        ("号楼", Class::Numbered),
        ("号院", Class::House),
        ("号房", Class::Room),
        ("号", Class::House),
        ("弄", Class::House),
        ("栋", Class::Building),
        ("幢", Class::Building),
        ("座", Class::Building),
        ("单元", Class::Entrance),
        ("门", Class::Entrance),
        ("梯", Class::Entrance),
        ("楼", Class::Floor),
        ("层", Class::Floor),
        ("室", Class::Room),
        ("房", Class::Room),
        ("户", Class::Room),
        ("组", Class::Group),
        ("排", Class::Group),
    ];
    let begins = |word: &str| word.chars().zip(signs).filter(|(c, sign)| *c == sign.c).count() == word.chars().count();
    WORDS
        .into_iter()
        .find(|(word, _)| begins(word))
        .map_or((Class::None, 0), |(word, class)| (class, word.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces<'t>(address: &str, text: &'t str) -> Vec<&'t str> {
        let mut found = Pieces::of(address).find(&folded(text));
        found.sort_by_key(|place| (place.start, place.end));
        found.dedup();
        found.into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn the_district_is_cut_off() {
        for (address, left) in [
            (
                "雨湖区车站路1号3栋2单元",
                &["雨湖区车站路1号3栋2单元", "车站路1号3栋2单元"][..],
            ),
            (
                "湖南省湘潭市雨湖区和平小区3栋",
                &[
                    "湖南省湘潭市雨湖区和平小区3栋",
                    "湘潭市雨湖区和平小区3栋",
                    "雨湖区和平小区3栋",
                    "和平小区3栋",
                ],
            ),
            ("攸縣花市大街5號", &["攸縣花市大街5號", "花市大街5號"]),
            ("和平小区3栋2", &["和平小区3栋2"]),
            ("云湖桥镇李村3组", &["云湖桥镇李村3组", "李村3组"]),
            ("雨湖区5号", &["雨湖区5号"]),
            ("湘潭市雨湖区", &[]),
            ("雨湖区", &[]),
            ("中山路街道5号", &["中山路街道5号"]),
            ("", &[]),
        ] {
            let parts: Vec<&str> = parts(address, false).into_iter().map(|part| &address[part]).collect();
            assert_eq!(parts, left);
        }
        let village = "雨湖区和平村";
        assert_eq!(parts(village, false).len(), 1, "a place where many live");
        assert_eq!(parts(village, true).len(), 2);
    }

    #[test]
    fn a_house_is_found_however_its_numbers_are_written() {
        let address = "雨湖区车站路12号3栋2单元501室";
        for text in [
            "车站路12号3栋2单元501室",
            "车站路十二号三栋二单元五〇一室",
            "車站路12號3棟2單元501室",
            "车站路12号3幢2单元501",
            "车站路12-3-2-501",
            "车站路12号3号楼2单元501房",
            "车站路１２号，３栋，２单元",
            "车站路12号",
            "12号3栋2单元",
            "3栋2单元501",
            "贰单元伍零壹室",
        ] {
            assert_eq!(pieces(address, &format!("他住{text}，停水。"))[0], text);
        }
        assert_eq!(pieces("云湖桥镇李村3组", "李村三组的路灯"), ["李村三组"]);
        assert_eq!(pieces("和平小区3栋2", "和平小区3栋停水"), ["和平小区3栋"]);
    }

    #[test]
    fn other_houses_are_left_alone() {
        for (address, text) in [
            ("雨湖区车站路12号3栋2单元501室", "车站路停水"),
            (
                "雨湖区车站路12号3栋2单元501室",
                "车站路112号、车站路1号、3栋、501室停水",
            ),
            ("雨湖区车站路12号3栋2单元501室", "解放路12号，建设路12栋3号"),
            ("雨湖区车站路1号2栋", "1、2、3栋，1号、2号楼，第1、2条，1-2月"),
            ("和平小区3栋2", "幸福小区3栋停水"),
            ("和平小区3栋2", "3栋、2栋停水"),
            ("五一路3号", "五一路停水，五一放假3天"),
        ] {
            assert_eq!(pieces(address, text), [""; 0], "{address}: {text}");
        }
    }

    #[test]
    fn chinese_numbers_have_their_value() {
        for (text, value) in [
            ("十", Some(10)),
            ("十二", Some(12)),
            ("二十", Some(20)),
            ("九十九", Some(99)),
            ("一百零五", Some(105)),
            ("一百一十", Some(110)),
            ("二百三", Some(230)),
            ("一千〇一", Some(1001)),
            ("贰拾叁", Some(23)),
            ("五零一", Some(501)),
            ("百", None),
            ("十百", None),
        ] {
            let signs = folded(text);
            assert_eq!(number(&signs), (value, signs.len()), "{text}");
        }
    }
}
