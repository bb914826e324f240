//! A text as its letters and digits with their positions. Each is folded to one form for all its variants.

use std::collections::HashMap;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use unicode_normalization::UnicodeNormalization as _;

/// Kind of a sign before folding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decimal digit: by itself part of a longer number.
    Digit,
    /// A Chinese numeral or a circled digit: often a word of its own.
    Numeral,
    /// A letter of a script with spaces between words.
    Letter,
    /// Any other letter, mostly Han.
    Other,
}

/// One folded letter or digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Its folded form.
    pub c: char,
    /// Kind before folding.
    pub kind: Kind,
    /// First byte of the character in the text.
    pub from: usize,
    /// Byte behind it.
    pub to: usize,
}

impl Sign {
    /// Whether this sign continues the word or number in which `before` ends.
    #[must_use]
    pub fn continues(&self, before: &Self) -> bool {
        self.kind == before.kind && self.from == before.to && matches!(self.kind, Kind::Digit | Kind::Letter)
    }
}

/// The letters and digits of a text. These variants are folded to one form: width, case, accents, presentation forms,
/// radicals, traditional and simplified characters, numerals, digits of all scripts. Blanks, marks and invisible
/// characters are left out.
#[must_use]
pub fn folded(text: &str) -> Vec<Sign> {
    let forms = &*FORMS;
    let mut signs = Vec::with_capacity(text.len() / 2);
    for (from, c) in text.char_indices() {
        let to = from + c.len_utf8();
        let mut push = |(c, kind)| signs.push(Sign { c, kind, from, to });
        if c.is_ascii_digit() {
            push((c, Kind::Digit));
        } else if c.is_ascii() {
            if c.is_ascii_alphabetic() {
                push((c.to_ascii_lowercase(), Kind::Letter));
            }
        } else if let Some(one) = forms.of_han(c) {
            push((one, kind(one)));
        } else if let Some(digit) = decimal(c) {
            push((digit, Kind::Digit));
        } else if forms.others.contains_key(&c) {
            forms.letters(c).for_each(push);
        } else {
            std::iter::once(c).nfkd().flat_map(|c| forms.letters(c)).for_each(push);
        }
    }
    signs
}

fn kind(folded: char) -> Kind {
    match folded {
        '0'..='9' => Kind::Numeral,
        _ if folded < '\u{0590}' => Kind::Letter,
        _ => Kind::Other,
    }
}

/// Tatweel, harakat, sound marks and modifiers are letters in Unicode. A reader sees them as a line or a decoration.
fn is_ornament(c: char) -> bool {
    matches!(c, '\u{02B0}'..='\u{02FF}' | '\u{0345}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}')
        || matches!(c, '\u{30FC}' | '\u{FF70}')
}

/// The digit of a script with its own digits, or of a full-width form.
fn decimal(c: char) -> Option<char> {
    /// Zero of each script: full-width, Arabic, Persian and Uyghur, N'Ko, Devanagari, Tibetan, Myanmar, Khmer,
    /// Mongolian, New Tai Lue, Tai Tham (two), mathematical (five alphabets).
    const ZEROS: [char; 17] = [
        '\u{FF10}',
        '\u{0660}',
        '\u{06F0}',
        '\u{07C0}',
        '\u{0966}',
        '\u{0F20}',
        '\u{1040}',
        '\u{17E0}',
        '\u{1810}',
        '\u{19D0}',
        '\u{1A80}',
        '\u{1A90}',
        '\u{1D7CE}',
        '\u{1D7D8}',
        '\u{1D7E2}',
        '\u{1D7EC}',
        '\u{1D7F6}',
    ];
    let digit = ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10))?;
    char::from_digit(digit, 10)
}

/// Chinese numerals by their value: in daily use, on cheques, spoken, on the abacus.
const NUMERALS: [&str; 10] = [
    "〇零○◯⓿",
    "一壹弌幺〡❶➀➊⓵",
    "二贰弍〢❷➁➋⓶",
    "三叁弎参〣❸➂➌⓷",
    "四肆〤❹➃➍⓸",
    "五伍〥❺➄➎⓹",
    "六陆〦❻➅➏⓺",
    "七柒〧❼➆➐⓻",
    "八捌〨❽➇➑⓼",
    "九玖〩❾➈➒⓽",
];

/// Pairs of a character and its folded form. Radicals and strokes are those of Unicode's property
/// Equivalent_Unified_Ideograph, which Unicode does not decompose. Others are variants that the traditional dictionary
/// keeps apart.
const ALIKE: &str = "⺁厂⺄乙⺅亻⺆冂⺈刀⺉刂⺊卜⺌小⺍小⺎兀⺏尣⺐尢⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺣灬⺤爫⺥爫⺦丬\
⺧牛⺨犭⺩王⺫目⺬示⺭礻⺯糹⺰纟⺱罓⺲罒⺳㓁⺶羊⺹耂⺺肀⺻聿⺼肉⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻈讠⻉贝⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑长⻒镸\
⻓长⻔门⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫齐⻬齐⻭齿⻮齿⻯龙⻰龙⻱龟⻲龟⻳龟㇐一㇑丨㇒丿㇔丶\
㇖乛㇚亅㇟乚㇠乙拾十佰百仟千锺钟";

/// Folded form of each character.
struct Forms {
    /// For each unified ideograph of the first block, which covers nearly all of a text.
    han: Vec<char>,
    /// For all other characters with another form.
    others: HashMap<char, char>,
}

const HAN: std::ops::RangeInclusive<char> = '\u{4E00}'..='\u{9FFF}';

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let others = one_form_each();
    let han = HAN.map(|c| others.get(&c).copied().unwrap_or(c)).collect();
    Forms { han, others }
});

impl Forms {
    fn of_han(&self, c: char) -> Option<char> {
        let at = u32::from(c).checked_sub(u32::from(*HAN.start()))?;
        self.han.get(at as usize).copied()
    }

    fn letters(&self, c: char) -> impl Iterator<Item = (char, Kind)> + use<> {
        let one = self.others.get(&c).copied().unwrap_or(c);
        let taken = (one.is_alphanumeric() && !is_ornament(one)).then(|| one.to_lowercase());
        taken.into_iter().flatten().map(move |c| (c, kind(one)))
    }
}

fn one_form_each() -> HashMap<char, char> {
    let han: Vec<char> = ('\u{3400}'..='\u{9FFF}').chain('\u{20000}'..='\u{2FA1F}').collect();
    let lines: String = han.iter().flat_map(|c| [*c, '\n']).collect();
    let simplified = OpenCC::from_config(BuiltinConfig::T2s).expect("the dictionary is compiled in");
    let simplified = simplified.convert(&lines);
    let mut forms: HashMap<char, char> = han
        .iter()
        .zip(simplified.lines().map(|line| line.chars().next()))
        .filter_map(|(c, simple)| Some((*c, simple?)))
        .filter(|(c, simple)| c != simple)
        .collect();
    let alike: Vec<char> = ALIKE.chars().collect();
    forms.extend(alike.chunks_exact(2).map(|pair| (pair[0], pair[1])));
    for (digit, same) in ('0'..='9').zip(NUMERALS) {
        forms.extend(same.chars().map(|c| (c, digit)));
    }
    // A folded form may fold again: 貳, 贰, 2.
    let last = |mut c: char| {
        for _ in 0..4 {
            c = forms.get(&c).copied().unwrap_or(c);
        }
        c
    };
    forms.keys().map(|c| (*c, last(*c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        folded(text).into_iter().map(|sign| sign.c).collect()
    }

    #[test]
    fn all_forms_of_a_character_are_one() {
        for (written, one) in [
            ("（0731）5888-8888", "073158888888"),
            ("０７３１—５８８８．８８８８", "073158888888"),
            ("一三八一二三四五六七八〇零○", "13812345678000"),
            ("幺叁捌壹贰参肆伍陆柒捌玖", "138123456789"),
            ("壹貳叄肆伍陸柒捌玖", "123456789"),
            ("①㈡⒊⑷❺➅𝟕٨〩", "123456789"),
            ("1\u{FE0F}\u{20E3}3\u{200B}8\u{AD}", "138"),
            ("張三豐，鄧國華、陳萬里", "张3丰邓国华陈万里"),
            ("⻢⼀⻓⻰", "马1长龙"),
            ("買買提・吐爾遜", "买买提吐尔逊"),
            ("José jose\u{301} ＪＯＳÉ", "josejosejose"),
            ("ﻣﺤـﻤَﺪ", "محمد"),
            ("葛\u{E0100}飾", "葛饰"),
            ("\u{F900}\u{2F800}", "岂丽"),
            ("拾佰仟", "十百千"),
            ("鍾锺鐘钟", "钟钟钟钟"),
            ("什么麼", "什么么"),
            ("—–ー・·•。 \n\t\u{3000}*＊×", ""),
        ] {
            assert_eq!(plain(written), one, "{written}");
        }
    }

    #[test]
    fn a_sign_knows_its_place() {
        let text = "é㈱张";
        let places: Vec<(char, &str)> = folded(text)
            .into_iter()
            .map(|sign| (sign.c, &text[sign.from..sign.to]))
            .collect();
        assert_eq!(places, [('e', "é"), ('株', "㈱"), ('张', "张")]);
    }

    #[test]
    fn a_number_or_a_word_goes_on_a_numeral_does_not() {
        let goes_on = |text: &str| {
            let signs = folded(text);
            signs[1].continues(&signs[0])
        };
        assert!(goes_on("12") && goes_on("1２") && goes_on("ab") && goes_on("aÉ"));
        assert!(!goes_on("1 2") && !goes_on("一2") && !goes_on("①2") && !goes_on("一二") && !goes_on("张三"));
    }
}
