//! The outcome of a callback: the appellant's answers, or unrated (domain.md §7). Unrated is an outcome of its own: it
//! is never counted as satisfied (I7), and it has no grade.

use hotline_proto::common::{AttemptOutcome, CallbackMode, Rating, Solved, UnratedGround};

use super::refusal::Refusal;

/// The outcome as a callback agent reports it, with its shape checked: the rating is present, the comment is stored
/// apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the matter is solved.
    pub solved: Option<Solved>,
    /// A grade, or unrated.
    pub rating: Rating,
    /// The appellant's own words are on record.
    pub commented: bool,
}

/// Outcomes of an attempt after which no further call is made. A person that declined would decline again, and a wrong
/// number belongs to another person.
pub const FUTILE: [AttemptOutcome; 2] = [AttemptOutcome::Declined, AttemptOutcome::WrongNumber];

/// What the attempts of a task found, beside their count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// At least one attempt ended in one of the [`FUTILE`] outcomes.
    pub futile: bool,
    /// At least one attempt reached the person in a recorded call.
    pub recorded: bool,
}

/// Whether an attempt in this mode can have this outcome. A call cannot end in "no reply". A text cannot end in "no
/// answer", "busy" or "unreachable".
#[must_use]
pub const fn can_end(mode: CallbackMode, outcome: AttemptOutcome) -> bool {
    use AttemptOutcome::{Busy, NoAnswer, NoReply, Unreachable};
    if is_call(mode) {
        !matches!(outcome, NoReply)
    } else {
        !matches!(outcome, NoAnswer | Busy | Unreachable)
    }
}

/// Whether the attempt was a voice call, which can have a recording.
#[must_use]
pub const fn is_call(mode: CallbackMode) -> bool {
    matches!(mode, CallbackMode::AiVoice | CallbackMode::HumanVoice)
}

/// The facts about a task when its outcome is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The appellant is anonymous, so no call is possible.
    pub anonymous: bool,
    /// An attempt reached the person.
    pub reached: bool,
    /// Number of reported attempts.
    pub attempts: u32,
    /// What the attempts found.
    pub found: Found,
}

/// An outcome that is consistent with its attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An attempt reached the person.
    Reached {
        /// Whether the matter is solved; none without an answer. A grade requires an answer.
        solved: Option<Solved>,
        /// The person's grade; none without a rating.
        grade: Option<Grade>,
    },
    /// No attempt reached the person: unrated.
    Unreached,
    /// The person left no usable number, so no call was made: unrated.
    NoChannel,
}

/// One of the five grades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// 非常满意
    VerySatisfied,
    /// 满意
    Satisfied,
    /// 基本满意
    FairlySatisfied,
    /// 不满意
    Dissatisfied,
    /// 非常不满意
    VeryDissatisfied,
}

impl Grade {
    /// The grade of a rating; none for unrated.
    #[must_use]
    pub const fn of(rating: Rating) -> Option<Self> {
        match rating {
            Rating::VerySatisfied => Some(Self::VerySatisfied),
            Rating::Satisfied => Some(Self::Satisfied),
            Rating::FairlySatisfied => Some(Self::FairlySatisfied),
            Rating::Dissatisfied => Some(Self::Dissatisfied),
            Rating::VeryDissatisfied => Some(Self::VeryDissatisfied),
            Rating::Unrated | Rating::Unspecified => None,
        }
    }

    /// Its rating.
    #[must_use]
    pub const fn rating(self) -> Rating {
        match self {
            Self::VerySatisfied => Rating::VerySatisfied,
            Self::Satisfied => Rating::Satisfied,
            Self::FairlySatisfied => Rating::FairlySatisfied,
            Self::Dissatisfied => Rating::Dissatisfied,
            Self::VeryDissatisfied => Rating::VeryDissatisfied,
        }
    }

    /// A supervisor must judge the cause.
    #[must_use]
    pub const fn is_dissatisfied(self) -> bool {
        matches!(self, Self::Dissatisfied | Self::VeryDissatisfied)
    }
}

impl Outcome {
    /// The outcome that follows from the answer and the attempts.
    ///
    /// # Errors
    /// The rule that the answer breaks.
    pub fn of(answer: Answer, known: Known, min_attempts: u32) -> Result<Self, Refusal> {
        let grade = Grade::of(answer.rating);
        match (known.reached, answer.solved) {
            (true, None) if grade.is_some() => Err(Refusal::SolvedMissing),
            (true, _) if grade.is_some() && !known.found.recorded => Err(Refusal::NotRecorded),
            (true, solved) => Ok(Self::Reached { solved, grade }),
            (false, Some(_)) => Err(Refusal::NotReached),
            (false, None) if grade.is_some() || answer.commented => Err(Refusal::NotReached),
            (false, None) if known.anonymous || known.found.futile || known.attempts >= min_attempts => {
                Ok(Self::Unreached)
            }
            (false, None) => Err(Refusal::TooFewAttempts { needed: min_attempts }),
        }
    }

    /// Whether the matter is solved, if the person answered.
    #[must_use]
    pub const fn solved(self) -> Option<Solved> {
        match self {
            Self::Reached { solved, .. } => solved,
            Self::Unreached | Self::NoChannel => None,
        }
    }

    /// The grade's rating, or unrated.
    #[must_use]
    pub const fn rating(self) -> Rating {
        match self {
            Self::Reached { grade: Some(grade), .. } => grade.rating(),
            Self::Reached { grade: None, .. } | Self::Unreached | Self::NoChannel => Rating::Unrated,
        }
    }

    /// The ground for an unrated outcome without a call.
    #[must_use]
    pub const fn ground(self) -> UnratedGround {
        match self {
            Self::NoChannel => UnratedGround::NoChannel,
            Self::Reached { .. } | Self::Unreached => UnratedGround::Unspecified,
        }
    }

    /// A supervisor must judge the cause.
    #[must_use]
    pub const fn is_dissatisfied(self) -> bool {
        matches!(self, Self::Reached { grade: Some(grade), .. } if grade.is_dissatisfied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRADES: [Rating; 5] = [
        Rating::VerySatisfied,
        Rating::Satisfied,
        Rating::FairlySatisfied,
        Rating::Dissatisfied,
        Rating::VeryDissatisfied,
    ];

    fn answer(solved: Option<Solved>, rating: Rating) -> Answer {
        Answer {
            solved,
            rating,
            commented: false,
        }
    }

    fn known(anonymous: bool, reached: bool, attempts: u32) -> Known {
        Known {
            anonymous,
            reached,
            attempts,
            found: Found {
                futile: false,
                recorded: reached,
            },
        }
    }

    #[test]
    fn a_grade_needs_somebody_who_gave_it() {
        for rating in GRADES {
            for attempts in [0, 1, 3, 9] {
                assert_eq!(
                    Outcome::of(answer(None, rating), known(false, false, attempts), 3),
                    Err(Refusal::NotReached),
                    "{rating:?} after {attempts}"
                );
            }
            let outcome = Outcome::of(answer(Some(Solved::Partly), rating), known(false, true, 1), 3);
            assert_eq!(outcome.map(Outcome::rating), Ok(rating));
        }
    }

    #[test]
    fn a_grade_enters_through_a_recorded_call_only() {
        let unrecorded = Known {
            found: Found::default(),
            ..known(false, true, 1)
        };
        for rating in GRADES {
            let said = answer(Some(Solved::Solved), rating);
            assert_eq!(
                Outcome::of(said, unrecorded, 3),
                Err(Refusal::NotRecorded),
                "{rating:?}"
            );
        }
        for solved in [None, Some(Solved::NotSolved)] {
            let outcome = Outcome::of(answer(solved, Rating::Unrated), unrecorded, 3);
            assert_eq!(outcome.map(Outcome::rating), Ok(Rating::Unrated));
        }
    }

    #[test]
    fn a_text_does_not_ring_and_a_call_has_no_reply() {
        use AttemptOutcome::{Busy, Declined, NoAnswer, NoReply, Reached, Unreachable, WrongNumber};
        for mode in [CallbackMode::AiVoice, CallbackMode::HumanVoice] {
            for outcome in [Reached, NoAnswer, Busy, Unreachable, WrongNumber, Declined] {
                assert!(can_end(mode, outcome), "{mode:?} {outcome:?}");
            }
            assert!(!can_end(mode, NoReply) && is_call(mode));
        }
        for mode in [CallbackMode::Sms, CallbackMode::Wechat] {
            for (outcome, can) in [
                (Reached, true),
                (NoReply, true),
                (WrongNumber, true),
                (Declined, true),
                (NoAnswer, false),
                (Busy, false),
                (Unreachable, false),
            ] {
                assert_eq!(can_end(mode, outcome), can, "{mode:?} {outcome:?}");
            }
            assert!(!is_call(mode));
        }
    }

    #[test]
    fn unrated_is_for_those_who_gave_none_or_could_not_be_reached() {
        use Rating::Unrated;
        let solved = Some(Solved::Solved);
        for (answer, known, expected) in [
            (answer(solved, Unrated), known(false, true, 1), Ok(())),
            (answer(None, Unrated), known(false, true, 1), Ok(())),
            (
                answer(None, Unrated),
                Known {
                    found: Found {
                        futile: true,
                        recorded: false,
                    },
                    ..known(false, false, 1)
                },
                Ok(()),
            ),
            (answer(None, Unrated), known(false, false, 3), Ok(())),
            (
                answer(None, Unrated),
                known(false, false, 2),
                Err(Refusal::TooFewAttempts { needed: 3 }),
            ),
            (answer(None, Unrated), known(true, false, 0), Ok(())),
            (answer(solved, Unrated), known(true, false, 0), Err(Refusal::NotReached)),
            (
                Answer {
                    commented: true,
                    ..answer(None, Unrated)
                },
                known(false, false, 3),
                Err(Refusal::NotReached),
            ),
        ] {
            let outcome = Outcome::of(answer, known, 3);
            assert_eq!(outcome.map(|_| ()), expected, "{answer:?} {known:?}");
            if let Ok(outcome) = outcome {
                assert_eq!(outcome.rating(), Unrated);
                assert!(!outcome.is_dissatisfied());
            }
        }
    }

    #[test]
    fn two_grades_are_dissatisfied() {
        let found: Vec<bool> = GRADES
            .into_iter()
            .filter_map(Grade::of)
            .map(Grade::is_dissatisfied)
            .collect();
        assert_eq!(found, [false, false, false, true, true]);
    }
}
