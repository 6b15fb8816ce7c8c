//! What the sources of a flow hold: how many rows arrive when, on one axis.

use tidemark_engine::runtime::{Bucket, Survey};

/// The most buckets that there are.
const MAX_BUCKETS: i128 = 2048;

/// How many rows of all sources arrive when, in equal buckets from the first arrival on: at most 2,048.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// When the first and the last row arrive, in milliseconds since 1970. `None` where nothing says when rows arrive.
    pub extent: Option<(i64, i64)>,
    /// When the first bucket begins, in milliseconds since 1970.
    pub start_millis: i64,
    /// How long each bucket is, in milliseconds.
    pub width_millis: u64,
    /// The buckets, each directly behind the one before.
    pub buckets: Vec<Bucket>,
    /// Whether every record of every source was read.
    pub is_complete: bool,
    /// Why a source could not be read, of the first that could not.
    pub failure: Option<String>,
}

impl Recording {
    /// What the surveys of several sources say together.
    pub fn of<'a>(surveys: impl IntoIterator<Item = &'a Survey>) -> Recording {
        let surveys: Vec<&Survey> = surveys.into_iter().collect();
        let arrivals = || surveys.iter().filter_map(|survey| survey.arrival);
        let first = arrivals().map(|span| span.first_millis).min();
        let last = arrivals().map(|span| span.last_millis).max();
        let parts: Vec<Part<'_>> = surveys
            .iter()
            .map(|Survey { density, .. }| Part {
                start: density.start_millis(),
                width: density.width_millis(),
                buckets: density.buckets(),
            })
            .collect();
        let (start_millis, width_millis, buckets) = sum(&parts);
        Recording {
            extent: first.zip(last),
            start_millis,
            width_millis,
            buckets,
            is_complete: surveys.iter().all(|survey| survey.complete),
            failure: None,
        }
    }

    /// The bucket of an instant, if there is one.
    pub fn bucket_at(&self, millis: i64) -> Option<Bucket> {
        let since = i128::from(millis) - i128::from(self.start_millis);
        let idx = since.div_euclid(i128::from(self.width_millis.max(1)));
        self.buckets.get(usize::try_from(idx).ok()?).copied()
    }
}

/// The buckets of one source.
#[derive(Clone, Copy)]
struct Part<'a> {
    start: i64,
    width: u64,
    buckets: &'a [Bucket],
}

/// Sums buckets onto one axis: where it begins, how wide its buckets are, and these. They are as wide as the widest, or wider by a power
/// of two so that they are not too many. A bucket that lies over the border of two counts where its middle is.
fn sum(parts: &[Part<'_>]) -> (i64, u64, Vec<Bucket>) {
    let parts = || parts.iter().filter(|part| !part.buckets.is_empty());
    let Some(start) = parts().map(|part| part.start).min() else { return (0, 1, Vec::new()) };
    let middle_of = |part: &Part<'_>, idx: usize| {
        i128::from(part.start) - i128::from(start)
            + i128::from(part.width) * idx as i128
            + i128::from(part.width) / 2
    };
    let last = parts().map(|part| middle_of(part, part.buckets.len() - 1)).max().unwrap_or(0);
    let mut width = parts().map(|part| i128::from(part.width)).max().unwrap_or(1).max(1);
    while last / width >= MAX_BUCKETS {
        width *= 2;
    }
    let mut summed = vec![Bucket::default(); (last / width) as usize + 1];
    for part in parts() {
        for (idx, bucket) in part.buckets.iter().enumerate() {
            let into = &mut summed[(middle_of(part, idx) / width) as usize];
            into.n_rows += bucket.n_rows;
            into.n_out_of_order += bucket.n_out_of_order;
        }
    }
    (start, width as u64, summed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(n_rows: u64) -> Bucket {
        Bucket { n_rows, n_out_of_order: n_rows / 10 }
    }

    #[test]
    fn one_source_alone_is_as_it_was_surveyed() {
        let buckets = [bucket(3), bucket(0), bucket(20)];
        let part = Part { start: -7, width: 4, buckets: &buckets };
        let nothing = Part { start: -900, width: 64, buckets: &[] };
        assert_eq!(sum(&[part]), (-7, 4, buckets.to_vec()));
        assert_eq!(sum(&[nothing, part]), (-7, 4, buckets.to_vec()), "who has no rows moves nothing");
        assert_eq!(sum(&[]), (0, 1, Vec::new()));
    }

    #[test]
    fn sources_are_summed_where_the_middles_of_their_buckets_are() {
        // From 100 on: 0–8, 8–16. From 110 on: 110–112 … 116–118, with middles 11, 13, 15 and 17.
        let (wide, narrow) = ([bucket(10), bucket(20)], [bucket(1), bucket(2), bucket(4), bucket(8)]);
        let parts =
            [Part { start: 110, width: 2, buckets: &narrow }, Part { start: 100, width: 8, buckets: &wide }];
        let (start, width, buckets) = sum(&parts);
        assert_eq!((start, width), (100, 8));
        let n_rows: Vec<u64> = buckets.iter().map(|bucket| bucket.n_rows).collect();
        assert_eq!(n_rows, [10, 20 + 1 + 2 + 4, 8]);
    }

    #[test]
    fn sources_that_are_ages_apart_lose_no_row_and_make_no_more_buckets() {
        let many: Vec<Bucket> = (0..2048).map(bucket).collect();
        let parts = [
            Part { start: i64::MIN, width: 1, buckets: &many },
            Part { start: 0, width: 1 << 30, buckets: &many },
            Part { start: i64::MAX - 1, width: 1, buckets: &many[..2] },
        ];
        let (start, width, buckets) = sum(&parts);
        assert!(buckets.len() <= MAX_BUCKETS as usize && start == i64::MIN && width.is_power_of_two());
        let rows = |buckets: &[Bucket]| buckets.iter().map(|bucket| bucket.n_rows).sum::<u64>();
        assert_eq!(rows(&buckets), 2 * rows(&many) + rows(&many[..2]));
        let recording =
            Recording { start_millis: start, width_millis: width, buckets, ..Recording::default() };
        assert_eq!(recording.bucket_at(i64::MIN).map(|bucket| bucket.n_rows), Some(rows(&many)));
    }

    #[test]
    fn an_instant_is_in_the_bucket_that_begins_at_or_before_it() {
        let recording = Recording {
            start_millis: 1_000,
            width_millis: 8,
            buckets: vec![bucket(1), bucket(2)],
            ..Recording::default()
        };
        let rows = |at: i64| recording.bucket_at(at).map(|bucket| bucket.n_rows);
        assert_eq!(
            [rows(999), rows(1_000), rows(1_007), rows(1_008), rows(1_016)],
            [None, Some(1), Some(1), Some(2), None]
        );
    }
}
