//! The tasks that a caller reaches. A supervisor or analyst whose token names a unit is treated as a liaison of that
//! unit (ADR 0018, 0020). Callback knows the lead unit and the top-level unit above it. A unit between the two
//! therefore reaches only the tasks that it led itself.

use super::task::About;

/// The tasks that a caller reaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All tasks.
    All,
    /// Tasks of orders that this unit leads. A top-level unit also reaches tasks of the units below it, unless the
    /// order accuses it.
    Unit(String),
}

impl Reach {
    /// Whether the caller reaches the task.
    #[must_use]
    pub fn includes(&self, about: &About) -> bool {
        match self {
            Self::All => true,
            Self::Unit(unit) if about.unit == *unit => true,
            Self::Unit(unit) => about.top_unit.as_ref() == Some(unit) && !about.accuses(unit),
        }
    }

    /// Whether the caller may learn who the appellant is. The appellant's words and the call's recording reveal it.
    #[must_use]
    pub fn shows_appellant(&self, about: &About) -> bool {
        match self {
            Self::All => true,
            Self::Unit(unit) => {
                let above = about.top_unit.as_ref().is_some_and(|top| about.accuses(top));
                !(about.anonymous || about.confidential || about.accuses(unit) || above)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hotline_proto::common::Urgency;
    use uuid::Uuid;

    use super::*;

    fn about(unit: &str, top: Option<&str>, accused: &[&str]) -> About {
        About {
            order_id: Uuid::from_u128(1),
            order_number: "W240401-000001-1".to_owned(),
            appeal_id: Uuid::from_u128(2),
            round: 0,
            unit: unit.to_owned(),
            top_unit: top.map(str::to_owned),
            accused: accused.iter().map(|unit| (*unit).to_owned()).collect(),
            urgency: i32::from(Urgency::Ordinary),
            anonymous: false,
            no_channel: false,
            confidential: false,
        }
    }

    #[test]
    fn a_unit_reaches_what_it_leads_and_a_top_level_one_what_stands_below_it() {
        let top = Some("utilities");
        for (about, reader, reaches) in [
            (about("water", top, &[]), "water", true),
            (about("water", top, &[]), "utilities", true),
            (about("water", top, &[]), "gas", false),
            (about("utilities", top, &[]), "utilities", true),
            (about("utilities", top, &[]), "water", false),
            (about("water", top, &["gas"]), "utilities", true),
            (about("water", top, &["gas"]), "gas", false),
            (about("water", top, &["gas", "utilities"]), "utilities", false),
            // The lead keeps the task: otherwise no unit could handle the order.
            (about("water", top, &["water"]), "water", true),
            // A task from before top-level units were stored.
            (about("water", None, &[]), "water", true),
            (about("water", None, &[]), "utilities", false),
        ] {
            let reach = Reach::Unit(reader.to_owned());
            assert_eq!(reach.includes(&about), reaches, "{reader}: {about:?}");
            assert!(Reach::All.includes(&about));
        }
    }

    #[test]
    fn a_unit_does_not_learn_hidden_appellants() {
        let open = about("water", Some("utilities"), &[]);
        let confidential = About {
            confidential: true,
            ..open.clone()
        };
        let anonymous = About {
            anonymous: true,
            ..open.clone()
        };
        let accused = |unit| about("water", Some("utilities"), &[unit]);
        for (about, shows) in [
            (open, true),
            (accused("gas"), true),
            (confidential, false),
            (anonymous, false),
            (accused("water"), false),
            (accused("utilities"), false),
        ] {
            assert_eq!(
                Reach::Unit("water".to_owned()).shows_appellant(&about),
                shows,
                "{about:?}"
            );
            assert!(Reach::All.shows_appellant(&about));
        }
    }
}
