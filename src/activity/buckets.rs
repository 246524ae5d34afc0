//! Durations, counted in fixed buckets.
//!
//! The first bucket ends at 0.1 ms, and the bound of each further one is that of the one before and a fifth more, in whole
//! microseconds, until a day is reached. What is longer is counted in the last one. A duration is shown as the geometric mean of
//! the bounds of its bucket, which differs by less than a tenth from every duration between them, since the root of 1.2 is 1.095.

use std::time::Duration;

/// Upper bound of the first bucket, in microseconds. The stages that take less are not worth a distinction.
const LEAST: u64 = 100;

/// A day, in microseconds. Requests are retried for hours.
const MOST: u64 = 86_400_000_000;

/// How many buckets there are.
const COUNT: usize = count();

/// Upper bounds of the buckets, in microseconds; each is in its bucket.
const BOUNDS: [u64; COUNT] = bounds();

const fn next(bound: u64) -> u64 {
    bound + bound / 5
}

const fn count() -> usize {
    let (mut bound, mut count) = (LEAST, 1);
    while bound < MOST {
        bound = next(bound);
        count += 1;
    }
    count
}

const fn bounds() -> [u64; COUNT] {
    let mut bounds = [LEAST; COUNT];
    let mut index = 1;
    while index < COUNT {
        bounds[index] = next(bounds[index - 1]);
        index += 1;
    }
    bounds
}

/// How many durations are in each bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Histogram([u64; COUNT]);

impl Default for Histogram {
    fn default() -> Self {
        Self([0; COUNT])
    }
}

impl Histogram {
    /// Counts a duration.
    pub(super) fn record(&mut self, took: Duration) {
        // Rounded up, as a bound is in its bucket.
        let micros = took.as_nanos().div_ceil(1_000);
        let index = BOUNDS.partition_point(|bound| u128::from(*bound) < micros);
        self.count(index.min(COUNT - 1), 1);
    }

    fn count(&mut self, bucket: usize, by: u64) {
        // What a later version has counted in further buckets is left out.
        if let Some(count) = self.0.get_mut(bucket) {
            *count = count.saturating_add(by);
        }
    }

    /// Adds another one.
    pub(super) fn add(&mut self, other: &Self) {
        for (bucket, count) in other.0.iter().enumerate() {
            self.count(bucket, *count);
        }
    }

    /// How many durations there are.
    pub(super) fn len(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum: u64, count| sum.saturating_add(*count))
    }

    /// The duration that so many percent of all do not exceed, with an error of less than a tenth; none where there are none.
    /// What is less than 0.1 ms is shown as that.
    pub(super) fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (u128::from(self.len()) * u128::from(percent)).div_ceil(100);
        let mut seen = 0_u128;
        let bucket = self.0.iter().position(|count| {
            seen += u128::from(*count);
            seen >= wanted.max(1)
        })?;
        let upper = BOUNDS[bucket];
        let lower = bucket.checked_sub(1).map_or(upper, |below| BOUNDS[below]);
        let mean = (u128::from(lower) * u128::from(upper)).isqrt();
        Some(Duration::from_micros(mean.try_into().unwrap_or(upper)))
    }

    /// The buckets that are not empty, each with its count: bucket, count, bucket, count.
    pub(super) fn to_pairs(&self) -> Vec<u64> {
        let filled = (0..).zip(self.0).filter(|(_, count)| *count > 0);
        filled.flat_map(|(bucket, count)| [bucket, count]).collect()
    }

    /// Adds what [`Histogram::to_pairs`] has made.
    pub(super) fn add_pairs(&mut self, pairs: &[u64]) {
        for pair in pairs.chunks_exact(2) {
            let bucket = pair[0].try_into().unwrap_or(usize::MAX);
            self.count(bucket, pair[1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(durations: &[Duration]) -> Histogram {
        let mut histogram = Histogram::default();
        for took in durations {
            histogram.record(*took);
        }
        histogram
    }

    #[test]
    fn each_bound_is_at_most_a_fifth_more_than_the_one_before_and_a_day_is_among_them() {
        assert!(BOUNDS.windows(2).all(|pair| {
            let [lower, upper] = [pair[0], pair[1]];
            lower < upper && upper * 5 <= lower * 6
        }));
        assert!(BOUNDS[COUNT - 1] >= MOST && BOUNDS[COUNT - 2] < MOST);
        const { assert!(COUNT < 130) };
    }

    #[test]
    fn a_bound_is_in_its_bucket_and_what_is_longer_in_the_next_one() {
        let micros = Duration::from_micros;
        for (took, bucket) in [
            (Duration::ZERO, 0),
            (micros(LEAST), 0),
            (micros(LEAST) + Duration::from_nanos(1), 1),
            (micros(BOUNDS[7]), 7),
            (micros(BOUNDS[7] + 1), 8),
            (Duration::MAX, COUNT as u64 - 1),
        ] {
            assert_eq!(of(&[took]).to_pairs(), [bucket, 1], "{took:?}");
        }
    }

    #[test]
    fn a_histogram_without_durations_has_no_percentile() {
        assert_eq!(of(&[]).percentile(50), None);
        assert_eq!(of(&[]).to_pairs(), Vec::<u64>::new());
    }

    #[test]
    fn buckets_that_a_later_version_has_are_left_out() {
        let mut histogram = of(&[Duration::from_secs(1)]);
        let before = histogram.clone();
        histogram.add_pairs(&[COUNT as u64, 3, u64::MAX, 2, 1]);
        assert_eq!(histogram, before);
    }

    #[test]
    fn counts_that_no_number_can_hold_stay_at_the_largest_one() {
        let mut histogram = Histogram::default();
        histogram.add_pairs(&[3, u64::MAX, 3, u64::MAX, 9, u64::MAX]);
        assert_eq!(histogram.len(), u64::MAX);
        let median = histogram.percentile(50).expect("a duration");
        assert!(median <= Duration::from_micros(BOUNDS[3]), "{median:?}");
    }

    proptest! {
        #[test]
        fn a_percentile_differs_by_less_than_a_tenth(
            // From 0.1 ms to a day, as many of each power of ten.
            exponents in prop::collection::vec(2.0..10.9_f64, 1..200),
            percent in 1_u64..=100,
        ) {
            let durations = exponents.iter().map(|it| Duration::from_secs_f64(10_f64.powf(*it) / 1e6));
            let mut durations: Vec<Duration> = durations.collect();
            let shown = of(&durations).percentile(percent).expect("a duration").as_secs_f64();
            durations.sort();
            let rank = (durations.len() * usize::try_from(percent).expect("small")).div_ceil(100);
            let exact = durations[rank - 1].as_secs_f64();
            let error = (shown - exact).abs() / exact;
            prop_assert!(error < 0.1, "{exact} s is shown as {shown} s");
        }

        #[test]
        fn histograms_are_added_up_as_if_they_were_one(
            one in prop::collection::vec(0_u64..100_000_000_000, 0..50),
            other in prop::collection::vec(0_u64..100_000_000_000, 0..50),
        ) {
            let durations = |micros: &[u64]| -> Vec<Duration> {
                micros.iter().map(|it| Duration::from_micros(*it)).collect()
            };
            let (one, other) = (durations(&one), durations(&other));
            let all = of(&[one.as_slice(), &other].concat());
            let mut added = of(&one);
            added.add(&of(&other));
            prop_assert_eq!(&added, &all);
            let mut read = Histogram::default();
            read.add_pairs(&of(&one).to_pairs());
            read.add_pairs(&of(&other).to_pairs());
            prop_assert_eq!(&read, &all);
        }
    }
}
