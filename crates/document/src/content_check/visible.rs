//! Which runs a reader sees.

use super::run::{Area, Cover, Fill, Run, Seen};

/// Smaller text is not read. The smallest on shipped pages has 4 points.
pub(super) const LEAST_SIZE: f64 = 2.0;

/// Less contrast is not seen. Accessible pages have 4.5 (WCAG 2.2).
const LEAST_CONTRAST: f32 = 1.3;

/// Text of less contrast is a watermark, above and below which other text can be read.
pub(super) const WATERMARK_CONTRAST: f32 = 2.2;

/// How far, in points, a run may go beyond the page or its clip: side bearings of letters do.
pub(super) const TOLERANCE: f64 = 1.0;

/// Whether a run can be seen where nothing else is painted.
pub(super) fn alone(run: &Run<'_>, clip: Area) -> Seen {
    let inside = run.is_turned
        || run.area.left <= run.area.right
            && clip.left - TOLERANCE <= run.area.left
            && run.area.right <= clip.right + TOLERANCE
            && clip.top <= run.area.middle()
            && run.area.middle() <= clip.bottom;
    if inside && run.size >= LEAST_SIZE && run.fill.alpha > 0.1 {
        Seen::Yes
    } else {
        Seen::Not
    }
}

/// Judges the runs of one page by what is painted below and over them. `covers` are in the order in which they are painted.
pub(super) fn judge(runs: &mut [Run<'_>], covers: &[Cover], ground: Fill) {
    let mut levels = Vec::with_capacity(runs.len());
    for (index, run) in runs.iter_mut().enumerate() {
        let middle = run.area.middle();
        let width = run.area.right - run.area.left;
        let points = [0.25, 0.5, 0.75].map(|part| run.area.left + part * width);
        let mut below = ground;
        for cover in covers.iter().filter(|cover| cover.hides()) {
            if cover.after <= index {
                if cover.area.has(points[1], middle) {
                    below = cover.fill;
                }
            } else if points.iter().any(|x| cover.area.has(*x, middle)) && run.seen == Seen::Yes {
                run.seen = Seen::Covered;
            }
        }
        let contrast = run.fill.contrast(below);
        if contrast < LEAST_CONTRAST {
            run.seen = Seen::Not;
        }
        // Text that is turned crosses lines: where it is no watermark, it stands beside them.
        if run.seen == Seen::Yes && contrast >= WATERMARK_CONTRAST && !run.is_turned {
            levels.push(index);
        }
    }
    overprinted(runs, levels);
}

/// Finds runs that stand in the same place.
fn overprinted(runs: &mut [Run<'_>], mut levels: Vec<usize>) {
    levels.sort_by(|one, other| runs[*one].baseline.total_cmp(&runs[*other].baseline));
    for (place, &one) in levels.iter().enumerate() {
        for &other in &levels[place + 1..] {
            let least = runs[one].size.min(runs[other].size);
            let most = runs[one].size.max(runs[other].size);
            let distance = runs[other].baseline - runs[one].baseline;
            if distance > 0.5 * most {
                break;
            }
            let (a, b) = (runs[one].area, runs[other].area);
            let common = a.right.min(b.right) - a.left.max(b.left);
            let is_high = a.bottom.min(b.bottom) - a.top.max(b.top) > 0.2 * least;
            // Letters that are printed twice are bold.
            if common > 0.3 * least && is_high && runs[one].text != runs[other].text {
                runs[one].seen = Seen::Covered;
                runs[other].seen = Seen::Covered;
            }
        }
    }
}
