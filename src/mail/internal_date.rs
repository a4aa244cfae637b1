//! INTERNALDATE: when a message came (RFC 3501 section 2.3.3), in the zone in which it was told.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A second, and the zone that it is shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InternalDate {
    instant: Timestamp,
    /// Minutes east of UTC.
    east: i16,
}

impl InternalDate {
    /// A zone has four digits: `+9959` at most.
    pub const MOST_EAST: i16 = 99 * 60 + 59;

    /// This instant in UTC.
    pub fn utc(instant: Timestamp) -> Self {
        InternalDate { instant, east: 0 }
    }

    /// The current time in UTC.
    pub fn now() -> Self {
        InternalDate::utc(Timestamp::now())
    }

    /// What a clock showed that was so many minutes ahead of UTC; `None` where that is outside of the years that can be told, 1 to 9999, or no zone.
    pub fn at(clock: DateTime, east: i16) -> Option<Self> {
        if !(1..=9999).contains(&clock.year()) || !(-Self::MOST_EAST..=Self::MOST_EAST).contains(&east) {
            return None;
        }
        let seconds = Offset::UTC.to_timestamp(clock).ok()?.as_second().checked_sub(i64::from(east) * 60)?;
        Some(InternalDate { instant: Timestamp::from_second(seconds).ok()?, east })
    }

    /// When it was.
    pub fn instant(self) -> Timestamp {
        self.instant
    }

    /// Minutes east of UTC.
    pub fn east(self) -> i16 {
        self.east
    }

    /// What the clock showed there. SEARCH's BEFORE, ON and SINCE compare the date of this, "disregarding time and timezone" (RFC 3501 section 6.4.4).
    pub fn clock(self) -> DateTime {
        let shown = self.instant.as_second().saturating_add(i64::from(self.east) * 60);
        // The constructors let nothing in that this could not show.
        Offset::UTC.to_datetime(Timestamp::from_second(shown).unwrap_or(self.instant))
    }
}

impl From<Timestamp> for InternalDate {
    fn from(instant: Timestamp) -> Self {
        InternalDate::utc(instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_clock_is_that_of_the_zone() {
        let late = InternalDate::at(date(1996, 7, 17).at(23, 44, 25, 0), -420).unwrap();
        assert_eq!(late.instant().to_string(), "1996-07-18T06:44:25Z");
        assert_eq!((late.clock().date(), late.east()), (date(1996, 7, 17), -420));
        assert_eq!(InternalDate::utc(late.instant()).clock().date(), date(1996, 7, 18));
    }

    #[test]
    fn what_cannot_be_told_is_no_date() {
        for (clock, east) in [
            (date(2020, 1, 1).at(0, 0, 0, 0), 6000),
            (date(2020, 1, 1).at(0, 0, 0, 0), i16::MIN),
            (date(0, 12, 31).at(0, 0, 0, 0), 0),
            (date(9999, 12, 31).at(23, 59, 59, 0), -5999),
        ] {
            assert_eq!(InternalDate::at(clock, east), None, "{clock} {east}");
        }
        let first = InternalDate::at(date(1, 1, 1).at(0, 0, 0, 0), 5999).unwrap();
        assert_eq!(first.clock(), date(1, 1, 1).at(0, 0, 0, 0));
    }
}
