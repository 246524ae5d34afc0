//! Charts, drawn on the server: an SVG, and the same figures as rows of a table for those who do not see it.
//!
//! The page may have no inline style, so colours come from the style sheet, by class: `chart` and `grid`, and for each series
//! `bar` or `line` with the class of the series. The legend is a list of the page. What a text of a chart contains is escaped.

mod scale;

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::macros::format_description;

use self::scale::{BOTTOM, Scale};
/// The canvas, in units of its own; the page may show it in any size.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 200.0;

/// The part of it in which figures are drawn. Labels are beside and below it.
const LEFT: f64 = 52.0;
const RIGHT: f64 = 632.0;

/// The heading of the times in the table.
const TIME: &str = "Time (UTC)";

/// How figures are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A bar for each step, in which the series are stacked.
    Bars,
    /// A line for each series, with gaps where there is no figure.
    Lines,
}

/// What figures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// Milliseconds.
    Milliseconds,
}

/// Figures of the same kind.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// What they are, for people.
    pub name: &'a str,
    /// Their class in the style sheet.
    pub class: &'static str,
    /// One for each step, in the same order.
    pub values: Vec<Option<f64>>,
}

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// Its id on the page: letters, digits and hyphens.
    pub id: &'static str,
    /// What it shows.
    pub title: &'a str,
    /// What is to be seen in it, for those who do not see it.
    pub description: String,
    /// How figures are drawn.
    pub shape: Shape,
    /// What figures are.
    pub unit: Unit,
    /// When each step begins.
    pub steps: Vec<OffsetDateTime>,
    /// The figures.
    pub series: Vec<Series<'a>>,
}

/// The figures of a chart as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The headings: the time and the series.
    pub headings: Vec<String>,
    /// A row for each step with a figure.
    pub rows: Vec<Vec<String>>,
}

impl Chart<'_> {
    /// The SVG.
    pub fn svg(&self) -> String {
        let id = self.id;
        let mut svg = format!(
            "<svg class=\"chart\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\
             <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
            escaped(self.title),
            escaped(&self.description),
        );
        let scale = Scale::up_to(self.largest());
        self.draw_axes(&scale, &mut svg);
        match self.shape {
            Shape::Bars => self.draw_bars(&scale, &mut svg),
            Shape::Lines => self.draw_lines(&scale, &mut svg),
        }
        svg.push_str("</svg>");
        svg
    }

    /// The same figures as a table. Steps without any are left out.
    pub fn rows(&self) -> Rows {
        let names = self.series.iter().map(|it| it.name);
        let headings = [TIME].into_iter().chain(names);
        let rows = self.steps.iter().enumerate().filter_map(|(index, at)| {
            let figures = self.series.iter().map(|it| it.at(index));
            let figures: Vec<f64> = figures.collect();
            figures.iter().any(|it| *it > 0.0).then(|| {
                let cells = figures.into_iter().map(|it| self.unit.text(it));
                [hour(*at)].into_iter().chain(cells).collect()
            })
        });
        Rows {
            headings: headings.map(str::to_owned).collect(),
            rows: rows.collect(),
        }
    }

    /// What has to fit in.
    fn largest(&self) -> f64 {
        let largest = (0..self.steps.len()).map(|index| {
            let figures = self.series.iter().map(|it| it.at(index));
            match self.shape {
                Shape::Bars => figures.sum(),
                Shape::Lines => figures.fold(0.0, f64::max),
            }
        });
        largest.fold(0.0, f64::max)
    }

    /// Where a step begins, from the left. Whole units, so that edges are sharp.
    fn x(&self, index: usize) -> f64 {
        let part = index as f64 / self.steps.len().max(1) as f64;
        (LEFT + part * (RIGHT - LEFT)).round()
    }

    fn draw_axes(&self, scale: &Scale, svg: &mut String) {
        let mut grid = String::new();
        for part in [0.0, 0.5, 1.0] {
            let value = scale.top() * part;
            let y = scale.y(value);
            write(&mut grid, format_args!("M{LEFT} {y}H{RIGHT}"));
            let x = LEFT - 6.0;
            let text = self.unit.text(value);
            write(
                svg,
                format_args!(
                    "<text text-anchor=\"end\" x=\"{x}\" y=\"{}\">{text}</text>",
                    y + 4.0
                ),
            );
        }
        write(svg, format_args!("<path class=\"grid\" d=\"{grid}\"/>"));
        let last = self.steps.len().saturating_sub(1);
        let marked = [(0, "start"), (last / 2, "middle"), (last, "end")];
        let marked = if last >= 2 { &marked[..] } else { &marked[..1] };
        for (index, anchor) in marked {
            let Some(at) = self.steps.get(*index) else {
                continue;
            };
            let (x, y) = (self.x(*index), BOTTOM + 16.0);
            let text = hour(*at);
            write(
                svg,
                format_args!("<text text-anchor=\"{anchor}\" x=\"{x}\" y=\"{y}\">{text}</text>"),
            );
        }
    }

    fn draw_bars(&self, scale: &Scale, svg: &mut String) {
        let mut below = vec![0.0; self.steps.len()];
        for series in &self.series {
            let mut path = String::new();
            for (index, below) in below.iter_mut().enumerate() {
                let value = series.at(index);
                if value <= 0.0 {
                    continue;
                }
                let (x, end) = (self.x(index), self.x(index + 1));
                // A gap between bars, where there is room for one.
                let width = if end - x > 3.0 {
                    end - x - 1.0
                } else {
                    end - x
                };
                let foot = scale.y(*below);
                *below += value;
                // What is there is seen, however small it is beside the others.
                let height = (foot - scale.y(*below)).max(1.0);
                let top = foot - height;
                // A path that is filled counts as closed.
                write(
                    &mut path,
                    format_args!("M{x} {foot}V{top}h{width}v{height}"),
                );
            }
            draw_path(Shape::Bars, series.class, &path, svg);
        }
    }

    fn draw_lines(&self, scale: &Scale, svg: &mut String) {
        for series in &self.series {
            let mut path = String::new();
            let mut is_drawing = false;
            for index in 0..self.steps.len() {
                let value = series.at(index);
                if value > 0.0 {
                    let x = ((self.x(index) + self.x(index + 1)) / 2.0).round();
                    let y = scale.y(value);
                    // With round ends, a line without a length is a dot.
                    let (command, end) = if is_drawing { ("L", "") } else { ("M", "h0") };
                    write(&mut path, format_args!("{command}{x} {y}{end}"));
                }
                is_drawing = value > 0.0;
            }
            draw_path(Shape::Lines, series.class, &path, svg);
        }
    }
}

impl Series<'_> {
    /// The figure of a step; what cannot be drawn counts as none.
    fn at(&self, index: usize) -> f64 {
        let value = self.values.get(index).copied().flatten();
        // Sums of larger ones would not be numbers.
        value.map_or(0.0, |value| {
            if value.is_nan() {
                0.0
            } else {
                value.clamp(0.0, 1e300)
            }
        })
    }
}

impl Shape {
    const fn class(self) -> &'static str {
        match self {
            Self::Bars => "bar",
            Self::Lines => "line",
        }
    }
}

impl Unit {
    /// A figure for people.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Count => scale::compact(value),
            Self::Milliseconds if value < 1_000.0 => format!("{} ms", scale::compact(value)),
            Self::Milliseconds => format!("{} s", scale::compact(value / 1_000.0)),
        }
    }
}

fn draw_path(shape: Shape, class: &str, path: &str, svg: &mut String) {
    if path.is_empty() {
        return;
    }
    let form = match shape {
        Shape::Bars => "",
        Shape::Lines => " fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\"",
    };
    let shape = shape.class();
    write(
        svg,
        format_args!("<path class=\"{shape} {class}\"{form} d=\"{path}\"/>"),
    );
}

/// The time of day, which is unique within a day.
fn hour(at: OffsetDateTime) -> String {
    let at = at.format(format_description!("[hour]:[minute]"));
    at.unwrap_or_default()
}

/// Writing to a text cannot fail.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).ok();
}

/// A text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
