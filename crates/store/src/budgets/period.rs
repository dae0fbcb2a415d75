//! Periods of budgets, in UTC.

/// When a budget starts anew, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Per {
    /// On the minute.
    Minute,
    /// On the hour.
    Hour,
    /// At midnight.
    Day,
    /// On the first of the month.
    Month,
}

impl Per {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// Its name in configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The first millisecond (since 1970) of the period that `at_ms` lies in.
    #[must_use]
    pub fn begin_ms(self, at_ms: u64) -> u64 {
        match self {
            Self::Minute => at_ms - at_ms % MINUTE_MS,
            Self::Hour => at_ms - at_ms % HOUR_MS,
            Self::Day => at_ms - at_ms % DAY_MS,
            Self::Month => {
                let days = at_ms / DAY_MS;
                (days + 1 - day_of_month(days)) * DAY_MS
            }
        }
    }

    /// The first millisecond of the period after the one that `at_ms` lies in.
    #[must_use]
    pub fn end_ms(self, at_ms: u64) -> u64 {
        let begin = self.begin_ms(at_ms);
        match self {
            Self::Minute => begin + MINUTE_MS,
            Self::Hour => begin + HOUR_MS,
            Self::Day => begin + DAY_MS,
            // No month has 32 days, and none fewer than 28.
            Self::Month => self.begin_ms(begin + 31 * DAY_MS).max(self.begin_ms(begin + 32 * DAY_MS)),
        }
    }
}

/// The day of the month, from 1, of a day since 1970 in the Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn day_of_month(days: u64) -> u64 {
    let shifted = days + 719_468;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    day_of_year - (153 * month_from_march + 2) / 5 + 1
}

const MINUTE_MS: u64 = 60 * 1000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin_and_end_in_utc() {
        // 2026-11-20 20:34:56.789
        let at = 1_795_206_896_789;
        for (per, begin, end) in [
            (Per::Minute, 1_795_206_840_000, 1_795_206_900_000),
            (Per::Hour, 1_795_204_800_000, 1_795_208_400_000),
            (Per::Day, 1_795_132_800_000, 1_795_219_200_000),
            (Per::Month, 1_793_491_200_000, 1_796_083_200_000),
        ] {
            assert_eq!((per.begin_ms(at), per.end_ms(at)), (begin, end), "{per:?}");
            assert_eq!((per.begin_ms(begin), per.begin_ms(end - 1), per.begin_ms(end)), (begin, begin, end), "{per:?}");
        }
    }

    #[test]
    fn every_month_of_fifty_years_ends_where_the_next_begins() {
        let (mut begin, mut months) = (0, 0);
        while months < 600 {
            let end = Per::Month.end_ms(begin);
            assert!((28..=31).contains(&((end - begin) / DAY_MS)), "{begin}");
            assert_eq!(Per::Month.begin_ms(end - 1), begin);
            (begin, months) = (end, months + 1);
        }
        // 2020-01-01
        assert_eq!(begin, 1_577_836_800_000);
    }
}
