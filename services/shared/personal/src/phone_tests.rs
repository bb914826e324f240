//! Telephone fields as callers fill them, and how they are read.

use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Vec<String> {
    let phone = Phone::read(text).unwrap_or_else(|| panic!("{text:?} is visible"));
    assert_eq!(phone.mark().is_none(), !phone.numbers().is_empty(), "{text:?}");
    let again = Phone::read(phone.kept()).expect("a kept text is visible");
    assert!(
        again == phone,
        "{text:?}: kept as {:?}, which reads differently",
        phone.kept()
    );
    phone.numbers().iter().map(ToString::to_string).collect()
}

#[test]
fn one_number_is_read_however_it_is_written() {
    for (written, normal) in [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("86-138 1234 5678", "13812345678"),
        ("(+86)13812345678", "13812345678"),
        ("+86 013812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("\u{202D}13812345678\u{202C}", "13812345678"),
        ("\u{2066}13812345678\u{2069}", "13812345678"),
        ("\u{FEFF}13812345678\n", "13812345678"),
        ("138\u{200B}12345678", "13812345678"),
        ("138.1234.5678", "13812345678"),
        ("138—1234—5678", "13812345678"),
        ("138/1234/5678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("tel:+86-138-1234-5678", "13812345678"),
        ("手机：13812345678", "13812345678"),
        ("13812345678（儿子）", "13812345678"),
        ("sip:13812345678@pbx", "13812345678"),
        ("0731-58888888", "073158888888"),
        ("（0731）58888888", "073158888888"),
        ("(0731)5888-8888", "073158888888"),
        ("0731—58888888", "073158888888"),
        ("0731–58888888", "073158888888"),
        ("0731‐58888888", "073158888888"),
        ("0731−58888888", "073158888888"),
        ("0731－58888888", "073158888888"),
        ("0731.5888.8888", "073158888888"),
        ("0731 5888 8888", "073158888888"),
        ("+86 731 5888 8888", "073158888888"),
        ("+86 (0)731 5888 8888", "073158888888"),
        ("0086-10-5888 8888", "01058888888"),
        ("8673158888888", "073158888888"),
        ("010 5888 8888", "01058888888"),
        ("0734-5888888", "07345888888"),
        ("400 800 8820", "4008008820"),
        ("+86 400-800-8820", "4008008820"),
        ("95588", "95588"),
        ("+85291234567", "+85291234567"),
        ("00852 9123 4567", "+85291234567"),
        ("852-91234567", "+85291234567"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
        ("+1 (212) 555-0123", "+12125550123"),
        ("001-212-555-0123", "+12125550123"),
        ("+44 20 7946 0958", "+442079460958"),
        ("+81 90-1234-5678", "+819012345678"),
    ] {
        assert_eq!(read(written), [normal], "{written:?}");
    }
}

#[test]
fn an_extension_is_kept_beside_the_number() {
    for (written, normal, extension) in [
        ("0731-58888888-801", "073158888888", "801"),
        ("0731—58888888—801", "073158888888", "801"),
        ("073158888888-1", "073158888888", "1"),
        ("0734-5888888-1", "07345888888", "1"),
        ("(0731)58888888转801", "073158888888", "801"),
        ("0731-58888888 转 801", "073158888888", "801"),
        ("0731-58888888分机：801", "073158888888", "801"),
        ("0731-58888888 ext. 801", "073158888888", "801"),
        ("0731-58888888 Ext801", "073158888888", "801"),
        ("0731-58888888x801", "073158888888", "801"),
        ("0731-58888888#801", "073158888888", "801"),
        ("400-800-8820-123", "4008008820", "123"),
        ("17012345678转1234", "17012345678", "1234"),
        ("+852 9123 4567 ext 5", "+85291234567", "5"),
    ] {
        assert_eq!(read(written), [format!("{normal}转{extension}")], "{written:?}");
        let phone = Phone::read(written).expect("the text is visible");
        let number = &phone.numbers()[0];
        assert_eq!(
            (number.normal(), number.extension()),
            (normal, Some(extension)),
            "{written:?}"
        );
    }
}

#[test]
fn several_numbers_in_one_field_are_all_read() {
    let both = ["13812345678", "13912345678"];
    for between in [
        "/", "、", ",", "，", ";", " ", "  ", "或", " 或 ", "\n", " / ", "和", "|",
    ] {
        let written = format!("13812345678{between}13912345678");
        assert_eq!(read(&written), both, "{written:?}");
        assert_eq!(Phone::read(&written).expect("two").kept(), "13812345678/13912345678");
    }
    for (written, numbers) in [
        ("138 1234 5678 139 1234 5678", &both[..]),
        ("138-1234-5678/139-1234-5678", &both),
        ("13812345678/13812345678", &["13812345678"]),
        ("0731-58888888/13812345678", &["073158888888", "13812345678"]),
        ("0731-58888888-801/13812345678", &["073158888888转801", "13812345678"]),
        ("0731 58888888 13812345678", &["073158888888", "13812345678"]),
        ("0731-58888888、58888889", &["073158888888", "073158888889"]),
        ("13812345678/138****5678", &["13812345678"]),
        ("13812345678/58888888", &["13812345678"]),
        ("+85291234567 13812345678", &["+85291234567", "13812345678"]),
    ] {
        assert_eq!(read(written), numbers, "{written:?}");
    }
    let partly = Phone::read("13812345678/138****5678").expect("two");
    assert_eq!(partly.kept(), "13812345678/138****5678", "the field is kept as written");
}

#[test]
fn what_names_no_usable_number_is_kept_as_it_came() {
    use PhoneMark::{Masked, Unusable};
    for (written, mark) in [
        ("138****5678", Masked),
        ("138＊＊＊＊5678", Masked),
        ("138xxxx5678", Masked),
        ("138XXXX5678", Masked),
        ("138••••5678", Masked),
        ("138....5678", Masked),
        ("138●●●●5678", Masked),
        ("*", Masked),
        ("anonymous", Unusable),
        ("匿名", Unusable),
        ("sip:1001@pbx", Unusable),
        ("sip:1001@192.168.10.101", Unusable),
        ("anonymous@172.16.100.101", Unusable),
        ("58888888", Unusable),
        ("12315", Unusable),
        ("12345", Unusable),
        ("110", Unusable),
        ("10086", Unusable),
        ("000000000000", Unusable),
        ("1381234567", Unusable),
        ("138123456789", Unusable),
        ("12812345678", Unusable),
        ("138 1234 567a", Unusable),
        ("0431", Unusable),
        ("073108888888", Unusable),
        ("86123456", Unusable),
        ("+86 12345", Unusable),
        ("+1212555", Unusable),
        ("+99912345678", Unusable),
        ("430302199001011234", Unusable),
        ("+", Unusable),
        ("转", Unusable),
        ("-", Unusable),
    ] {
        let phone = Phone::read(written).unwrap_or_else(|| panic!("{written:?} is visible"));
        assert_eq!(phone.mark(), Some(mark), "{written:?}");
        assert_eq!(phone.kept(), written);
        assert_eq!(read(written), [""; 0]);
    }
}

#[test]
fn a_field_that_shows_nothing_is_empty() {
    for text in ["", " ", "\u{200B}\u{FEFF}", "\u{202D}\u{202C}\n"] {
        assert!(Phone::read(text).is_none(), "{text:?}");
    }
}

#[test]
fn nothing_of_a_number_is_in_its_debug() {
    let phone = Phone::read("13812345678").expect("a number");
    assert_eq!(format!("{phone:?} {:?}", phone.numbers()), "Phone [Number]");
}

proptest! {
    /// No text causes a panic, and the kept text reads the same.
    #[test]
    fn what_is_kept_reads_the_same(text in "[0-9+*xX#/、, 转或.（）()—a@\u{200B}-]{0,40}|\\PC{0,40}") {
        if let Some(phone) = Phone::read(&text) {
            let again = Phone::read(phone.kept());
            prop_assert!(again.as_ref() == Some(&phone), "{text:?} kept as {:?}", phone.kept());
            prop_assert!(phone.masked().chars().filter(char::is_ascii_digit).count() <= 7 * phone.numbers().len());
        }
    }

    /// A mobile number in a random form reads as itself.
    #[test]
    fn a_mobile_is_itself_in_every_form(
        digits in "1[3-9][0-9]{9}",
        prefix in prop::sample::select(vec!["", "+86", "0086", "86", "0", "+86 ", "(+86)", "86-"]),
        gap in prop::sample::select(vec!["", "-", " ", "—", ".", "/", "\u{200B}"]),
    ) {
        let text = format!("{prefix}{}{gap}{}{gap}{}", &digits[..3], &digits[3..7], &digits[7..]);
        let phone = Phone::read(&text).expect("a number");
        prop_assert_eq!(phone.kept(), digits);
    }
}
