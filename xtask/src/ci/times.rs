//! How long each step took, as a table with its sum.

use std::fmt;
use std::time::Duration;

/// Steps that ran, in order.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<(&'static str, Duration)>);

impl Times {
    /// Adds a step.
    pub(super) fn add(&mut self, step: &'static str, time: Duration) {
        self.0.push((step, time));
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== ci: minutes per step")?;
        for (step, time) in &self.0 {
            writeln!(f, "{:>7.1}  {step}", minutes(*time))?;
        }
        let sum = self.0.iter().fold(Duration::ZERO, |sum, (_, time)| sum.saturating_add(*time));
        write!(f, "{:>7.1}  sum", minutes(sum))
    }
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

#[cfg(test)]
mod tests {
    use super::{Duration, Times};

    #[test]
    fn the_table_ends_with_its_sum() {
        let mut times = Times::default();
        times.add("fmt", Duration::from_secs(6));
        times.add("test", Duration::from_mins(24));
        let expected = "== ci: minutes per step\n    0.1  fmt\n   24.0  test\n   24.1  sum";
        assert_eq!(times.to_string(), expected);
    }
}
