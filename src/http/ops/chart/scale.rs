//! From figures to heights, and to texts beside them.

/// The upper edge of figures on the canvas.
pub(super) const TOP: f64 = 12.0;

/// Their lower edge, where zero is.
pub(super) const BOTTOM: f64 = 176.0;

/// From zero to a round number that nothing exceeds.
pub(super) struct Scale {
    top: f64,
}

impl Scale {
    /// In which this fits.
    pub(super) fn up_to(largest: f64) -> Self {
        if largest <= 0.0 {
            return Self { top: 1.0 };
        }
        let power = 10_f64.powf(largest.log10().floor());
        let round = [1.0, 2.0, 5.0, 10.0].map(|it| it * power);
        let top = round.into_iter().find(|it| *it >= largest);
        Self {
            // By rounding, ten times the power may be a little less.
            top: top.unwrap_or(largest),
        }
    }

    /// The number at the top.
    pub(super) fn top(&self) -> f64 {
        self.top
    }

    /// Where a figure is, from the top of the canvas. Whole units, so that edges are sharp.
    pub(super) fn y(&self, value: f64) -> f64 {
        let part = (value / self.top).clamp(0.0, 1.0);
        (BOTTOM - part * (BOTTOM - TOP)).round()
    }
}

/// A figure in at most a few letters: `0.05`, `12`, `1.5k`, `20M`.
pub(super) fn compact(value: f64) -> String {
    let (value, unit) = match value {
        value if value < 10_000.0 => (value, ""),
        value if value < 1e6 => (value / 1e3, "k"),
        value if value < 1e9 => (value / 1e6, "M"),
        value if value < 1e15 => (value / 1e9, "G"),
        value => return format!("{value:.0e}"),
    };
    let digits = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number_that_nothing_exceeds() {
        for (largest, top) in [
            (0.0, 1.0),
            (0.03, 0.05),
            (1.0, 1.0),
            (1.1, 2.0),
            (37.0, 50.0),
            (501.0, 1_000.0),
            (2e18, 2e18),
        ] {
            let scale = Scale::up_to(largest);
            assert!((scale.top() - top).abs() <= top * 1e-9, "{largest}");
            assert!(scale.top() >= largest, "{largest}");
        }
    }

    #[test]
    fn figures_are_between_bottom_and_top() {
        let scale = Scale::up_to(80.0);
        assert_eq!(scale.y(0.0), BOTTOM);
        assert_eq!(scale.y(100.0), TOP);
        assert_eq!(scale.y(50.0), (TOP + BOTTOM) / 2.0);
        assert_eq!(scale.y(1e300), TOP);
    }

    #[test]
    fn a_figure_has_a_few_letters() {
        for (value, text) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (0.5, "0.5"),
            (12.34, "12.3"),
            (100.0, "100"),
            (9_999.0, "9999"),
            (15_000.0, "15k"),
            (20e6, "20M"),
            (3.5e9, "3.5G"),
            (1.8e19, "2e19"),
        ] {
            assert_eq!(compact(value), text);
        }
    }
}
