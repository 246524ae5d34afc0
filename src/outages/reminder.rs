//! Warnings about what is met again and again, and is no outage.

use std::time::Instant;

use super::known::REMIND_AFTER;

/// When something was logged last, so that it is logged at most once a minute.
#[derive(Debug, Default)]
pub struct Reminder(Option<Instant>);

impl Reminder {
    /// Whether it is to be logged now; then it is not for a minute.
    pub fn is_due(&mut self) -> bool {
        self.is_due_at(Instant::now())
    }

    fn is_due_at(&mut self, now: Instant) -> bool {
        let is_due = self
            .0
            .is_none_or(|logged| now.duration_since(logged) >= REMIND_AFTER);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_met_all_the_time_is_logged_once_a_minute() {
        let (mut reminder, start) = (Reminder::default(), Instant::now());
        let mut due = Vec::new();
        for second in 0..125 {
            if reminder.is_due_at(start + Duration::from_secs(second)) {
                due.push(second);
            }
        }
        assert_eq!(due, [0, 60, 120]);
    }
}
