//! Runs of glyphs, and what is painted around them. Measures are in points.

use typst::visualize::Paint;

/// A run of glyphs.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) text: &'a str,
    pub(super) page: usize,
    /// Its width, and the height of small letters.
    pub(super) area: Area,
    pub(super) baseline: f64,
    pub(super) size: f64,
    pub(super) fill: Fill,
    /// Whether its line is not level.
    pub(super) is_turned: bool,
    pub(super) seen: Seen,
}

/// Whether a reader sees a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Yes,
    /// Too small, outside of the page or its clip, or of the colour of its ground.
    Not,
    /// Something is painted over it.
    Covered,
}

/// A rectangle of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
    pub(super) bottom: f64,
}

impl Area {
    /// The area of no points, from which others are extended.
    pub(super) const EMPTY: Self = Self {
        left: f64::INFINITY,
        right: f64::NEG_INFINITY,
        top: f64::INFINITY,
        bottom: f64::NEG_INFINITY,
    };

    pub(super) fn within(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.min(other.right),
            top: self.top.max(other.top),
            bottom: self.bottom.min(other.bottom),
        }
    }

    pub(super) fn has(self, x: f64, y: f64) -> bool {
        self.left <= x && x <= self.right && self.top <= y && y <= self.bottom
    }

    /// Whether it has no width: that of a mark above or below a letter.
    pub(super) fn is_narrow(self) -> bool {
        self.right <= self.left
    }

    pub(super) fn middle(self) -> f64 {
        f64::midpoint(self.top, self.bottom)
    }
}

/// How something is painted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fill {
    /// Relative luminance; none where it is not the same everywhere.
    pub(super) luminance: Option<f32>,
    pub(super) alpha: f32,
}

impl Fill {
    pub(super) const WHITE: Self = Self {
        luminance: Some(1.0),
        alpha: 1.0,
    };
    /// Of unknown colours, such as an image.
    pub(super) const OPAQUE: Self = Self {
        luminance: None,
        alpha: 1.0,
    };

    pub(super) fn of(paint: &Paint) -> Self {
        match paint {
            Paint::Solid(color) => {
                let luma = color.to_luma();
                Self {
                    // The luminance of an encoded grey, but for its darkest tones.
                    luminance: Some(luma.luma.powf(2.2)),
                    alpha: luma.alpha,
                }
            }
            Paint::Gradient(_) | Paint::Tiling(_) => Self::OPAQUE,
        }
    }

    /// The contrast to a ground, from 1 to 21 (WCAG 2.2); the greatest where one of them is not known.
    pub(super) fn contrast(self, ground: Self) -> f32 {
        let (Some(one), Some(other)) = (self.luminance, ground.luminance) else {
            return 21.0;
        };
        // A transparent colour is mixed with its ground.
        let one = self.alpha * one + (1.0 - self.alpha) * other;
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

/// A filled shape or an image.
#[derive(Debug)]
pub(super) struct Cover {
    pub(super) area: Area,
    pub(super) fill: Fill,
    /// The number of the page's runs that were painted before it.
    pub(super) after: usize,
}

impl Cover {
    /// Whether what is below it cannot be read.
    pub(super) fn hides(&self) -> bool {
        self.fill.alpha >= 0.5
    }
}
