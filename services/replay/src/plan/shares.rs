//! Splits a number by weights, so that every part is within one of its share.

/// Splits `total` by weights: rounded down, then 1 more for the largest fractions. All zero when no weight is positive.
pub(super) fn split(total: u64, weights: &[f64]) -> Vec<u64> {
    let most = vec![u64::MAX; weights.len()];
    split_below(total, weights, &most).unwrap_or_else(|_| vec![0; weights.len()])
}

/// Splits `total` by weights, with at most `most` in each part. What a full part cannot take goes to the others by their
/// weights.
///
/// # Errors
/// The number that can be had, when all parts together cannot take `total`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of a scenario are far below 2^53"
)]
pub(super) fn split_below(total: u64, weights: &[f64], most: &[u64]) -> Result<Vec<u64>, u64> {
    let mut parts = vec![0_u64; weights.len()];
    let mut open: Vec<usize> = (0..weights.len())
        .filter(|at| weights[*at] > 0.0 && most[*at] > 0)
        .collect();
    let found = open.iter().fold(0_u64, |sum, at| sum.saturating_add(most[*at]));
    if found < total {
        return Err(found);
    }
    let mut left = total;
    // Parts that would overflow are filled first; each pass fills at least one.
    while left > 0 {
        let sum: f64 = open.iter().map(|at| weights[*at]).sum();
        let share = |at: usize| left as f64 * weights[at] / sum;
        let (full, rest): (Vec<usize>, Vec<usize>) = open.iter().partition(|at| share(**at).ceil() > most[**at] as f64);
        if full.is_empty() {
            let mut given = 0;
            for at in &open {
                parts[*at] = share(*at).floor() as u64;
                given += parts[*at];
            }
            let mut by_fraction = open.clone();
            by_fraction.sort_by(|one, other| share(*other).fract().total_cmp(&share(*one).fract()));
            for at in by_fraction.iter().cycle().take((left - given) as usize) {
                parts[*at] += 1;
            }
            break;
        }
        for at in full {
            parts[at] = most[at];
            left -= most[at].min(left);
        }
        open = rest;
        if open.is_empty() {
            break;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_are_within_one_of_their_share() {
        assert_eq!(split(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(split(7, &[0.0, 2.0, 5.0]), [0, 2, 5]);
        assert_eq!(split(0, &[1.0]), [0]);
        assert_eq!(split(3, &[0.0]), [0]);
    }

    #[test]
    fn a_full_part_leaves_the_rest_to_the_others() {
        assert_eq!(split_below(10, &[8.0, 1.0, 1.0], &[4, 9, 9]), Ok(vec![4, 3, 3]));
        assert_eq!(split_below(10, &[1.0, 1.0], &[4, 5]), Err(9));
        assert_eq!(split_below(9, &[1.0, 1.0], &[4, 5]), Ok(vec![4, 5]));
    }
}
