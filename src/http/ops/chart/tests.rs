use std::time::Duration;

use regex::Regex;

use super::scale::TOP;
use super::*;

const CLASSES: [&str; 5] = [
    "generated",
    "already-generated",
    "retried",
    "dead-lettered",
    "returned",
];

fn chart(shape: Shape, series: Vec<Vec<Option<f64>>>) -> Chart<'static> {
    let steps = series.first().map_or(0, Vec::len);
    let start = OffsetDateTime::UNIX_EPOCH;
    let minute = Duration::from_secs(60);
    Chart {
        id: "work",
        title: "Messages a minute",
        description: "What was done.".to_owned(),
        shape,
        unit: Unit::Count,
        steps: (0..60)
            .take(steps)
            .map(|index| start + minute * index)
            .collect(),
        series: series
            .into_iter()
            .zip(CLASSES)
            .map(|(values, class)| Series {
                name: class,
                class,
                values,
            })
            .collect(),
    }
}

/// The paths of an SVG: class and data.
fn paths(svg: &str) -> Vec<(&str, &str)> {
    let path = Regex::new(r#"<path class="([^"]*)"[^>]*? d="([^"]*)""#).expect("a pattern");
    let found = path.captures_iter(svg).map(|found| found.extract());
    found.map(|(_, [class, data])| (class, data)).collect()
}

/// The number of bars of each series.
fn bars(svg: &str) -> Vec<usize> {
    let counts = paths(svg)
        .into_iter()
        .map(|(_, data)| data.matches('V').count());
    counts.filter(|count| *count > 0).collect()
}

#[test]
fn each_figure_is_a_bar_and_the_whole_is_small() {
    let values = |of: f64| (0..60).map(|index| Some(of * f64::from(index))).collect();
    let chart = chart(
        Shape::Bars,
        (1..=5).map(|it| values(f64::from(it))).collect(),
    );
    let svg = chart.svg();
    assert_eq!(bars(&svg), [59; 5], "the first step has none: {svg}");
    assert!(svg.len() < 8_192, "{} bytes", svg.len());
    assert!(!svg.contains("style"), "{svg}");
}

#[test]
fn bars_are_stacked_up_to_the_top_and_not_beyond() {
    let svg = chart(Shape::Bars, vec![vec![Some(50.0)], vec![Some(50.0)]]).svg();
    let middle = (TOP + BOTTOM) / 2.0;
    let height = (BOTTOM - TOP) / 2.0;
    for foot in [BOTTOM, middle] {
        let bar = format!("M{LEFT} {foot}V{}h", foot - height);
        assert!(svg.contains(&bar), "{bar}: {svg}");
    }
}

#[test]
fn it_is_an_image_with_a_title_and_a_description_in_which_nothing_is_markup() {
    let mut chart = chart(Shape::Lines, vec![vec![Some(1.0)]]);
    chart.title = "<script>alert(1)</script> & \"more\"";
    chart.description = "</desc><b onclick='x'>".to_owned();
    let svg = chart.svg();
    let start = "<svg class=\"chart\" role=\"img\" aria-labelledby=\"work-title work-desc\" ";
    assert!(svg.starts_with(start), "{svg}");
    for written in [
        "<title id=\"work-title\">&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;</title>",
        "<desc id=\"work-desc\">&lt;/desc&gt;&lt;b onclick=&#39;x&#39;&gt;</desc>",
    ] {
        assert!(svg.contains(written), "{written}: {svg}");
    }
    let element = Regex::new("<([a-z]+)").expect("a pattern");
    for found in element.captures_iter(&svg) {
        let name = &found[1];
        assert!(
            ["svg", "title", "desc", "path", "text"].contains(&name),
            "{name}: {svg}"
        );
    }
    let (opened, closed) = (svg.matches("<text").count(), svg.matches("</text>").count());
    assert_eq!(opened, closed, "{svg}");
}

#[test]
fn a_chart_without_figures_has_axes_and_no_row() {
    for chart in [
        chart(Shape::Bars, Vec::new()),
        chart(Shape::Lines, vec![vec![None, Some(0.0)]]),
    ] {
        let svg = chart.svg();
        assert_eq!(bars(&svg), Vec::<usize>::new());
        let grids = paths(&svg)
            .into_iter()
            .filter(|(class, _)| *class == "grid");
        assert_eq!(grids.count(), 1, "{svg}");
        assert_eq!(chart.rows().rows, Vec::<Vec<String>>::new());
    }
}

#[test]
fn a_line_has_gaps_and_a_lone_value_is_a_dot() {
    let values = vec![Some(1.0), Some(2.0), None, Some(2.0), None];
    let svg = chart(Shape::Lines, vec![values]).svg();
    let (class, line) = *paths(&svg).last().expect("a path");
    assert_eq!(class, "line generated");
    assert_eq!(line.matches("h0").count(), 2, "{line}");
    assert_eq!(line.matches('L').count(), 1, "{line}");
}

#[test]
fn one_value_and_huge_ones_stay_in_the_picture() {
    let huge = u64::MAX as f64;
    for values in [
        vec![Some(1.0)],
        vec![Some(huge), Some(1.0)],
        vec![
            Some(f64::MAX),
            Some(f64::INFINITY),
            Some(f64::NAN),
            Some(-1.0),
        ],
    ] {
        for shape in [Shape::Bars, Shape::Lines] {
            let svg = chart(shape, vec![values.clone(), values.clone()]).svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            for (_, path) in paths(&svg) {
                let numbers = path.split(|c: char| !c.is_ascii_digit() && c != '.');
                for number in numbers.filter(|it| !it.is_empty()) {
                    let number: f64 = number.parse().expect(path);
                    assert!(number <= WIDTH, "{path}");
                }
            }
        }
    }
    let svg = chart(Shape::Bars, vec![vec![Some(huge), Some(1.0)]]).svg();
    let small = format!(" {BOTTOM}V{}h", BOTTOM - 1.0);
    assert!(svg.contains(&small), "the small one is seen: {svg}");
}

#[test]
fn the_table_has_the_same_figures() {
    let mut chart = chart(
        Shape::Lines,
        vec![
            vec![Some(12.0), None, Some(0.5)],
            vec![Some(2_500.0), None, None],
        ],
    );
    chart.unit = Unit::Milliseconds;
    let expected = Rows {
        headings: ["Time (UTC)", "generated", "already-generated"]
            .map(str::to_owned)
            .into(),
        rows: vec![
            ["00:00", "12 ms", "2.5 s"].map(str::to_owned).into(),
            ["00:02", "0.5 ms", "0 ms"].map(str::to_owned).into(),
        ],
    };
    assert_eq!(chart.rows(), expected);
}
