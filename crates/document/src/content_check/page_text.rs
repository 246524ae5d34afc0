//! From frames to the runs of text that a reader sees.

use typst::layout::{Abs, Frame, FrameItem, GroupItem, Point, Transform};
use typst::text::TextItem;
use typst::visualize::{Geometry, Image, ImageKind, Paint, Shape};
use typst_layout::PagedDocument;

use super::beyond::{self, Beyond};
use super::run::{Area, Cover, Fill, Run, Seen};
use super::{pieces, visible};

/// The runs of all pages, in reading order, and the texts that a page cuts off.
pub(super) fn read(document: &PagedDocument) -> (Vec<Run<'_>>, Vec<Beyond<'_>>) {
    let mut runs = Vec::new();
    let mut beyond = Vec::new();
    for (index, page) in document.pages().iter().enumerate() {
        let size = page.frame.size();
        let sheet = Area {
            left: 0.0,
            right: size.x.to_pt(),
            top: 0.0,
            bottom: size.y.to_pt(),
        };
        let mut reader = Reader {
            page: index,
            first: runs.len(),
            runs,
            last_item: None,
            sheet,
            beyond: Vec::new(),
            covers: Vec::new(),
            fills: Vec::new(),
        };
        let ground = page.fill_or_white();
        let ground = ground.map_or(Fill::WHITE, |paint| reader.fill(&paint));
        reader.frame(&page.frame, Transform::identity(), sheet);
        let first = reader.first;
        visible::judge(&mut reader.runs[first..], &reader.covers, ground);
        let on_ground = reader.beyond.into_iter();
        beyond.extend(on_ground.filter(|text| text.is_legible(&reader.covers, ground)));
        runs = reader.runs;
    }
    (runs, beyond)
}

struct Reader<'a> {
    page: usize,
    /// The page's first run.
    first: usize,
    runs: Vec<Run<'a>>,
    /// The item of the page's last run.
    last_item: Option<&'a TextItem>,
    sheet: Area,
    /// The texts that the page cuts off.
    beyond: Vec<Beyond<'a>>,
    covers: Vec<Cover>,
    /// Paints that were converted: a page has few.
    fills: Vec<(Paint, Fill)>,
}

impl<'a> Reader<'a> {
    fn frame(&mut self, frame: &'a Frame, place: Transform, clip: Area) {
        for (position, item) in frame.items() {
            match item {
                FrameItem::Group(group) => self.group(*position, group, place, clip),
                FrameItem::Text(text) => self.text(*position, text, place, clip),
                FrameItem::Shape(shape, _) => self.shape(*position, shape, place, clip),
                FrameItem::Image(image, size, _) if hides(image) => {
                    let area = area(*position, Point::new(size.x, size.y), place);
                    self.cover(area.within(clip), Fill::OPAQUE);
                }
                FrameItem::Image(..) | FrameItem::Link(..) | FrameItem::Tag(_) => {}
            }
        }
    }

    fn group(&mut self, position: Point, group: &'a GroupItem, place: Transform, clip: Area) {
        let mut place = place.pre_concat(Transform::translate(position.x, position.y));
        if !group.transform.is_identity() {
            place = place.pre_concat(group.transform);
        }
        let mut inner = clip;
        if let Some(curve) = &group.clip {
            let bounds = curve.bbox(None);
            let size = bounds.max - bounds.min;
            inner = area(bounds.min, size, place).within(clip);
        }
        self.frame(&group.frame, place, inner);
    }

    fn text(&mut self, position: Point, item: &'a TextItem, place: Transform, clip: Area) {
        let origin = position.transform(place);
        let scale =
            (place.sx.get().hypot(place.ky.get())).min(place.sy.get().hypot(place.kx.get()));
        let size = item.size.to_pt() * scale;
        let (left, mut baseline) = (origin.x.to_pt(), origin.y.to_pt());
        let right = left + item.width().to_pt() * place.sx.get();
        let area = Area {
            left,
            right,
            top: baseline - 0.5 * size,
            bottom: baseline,
        };
        let mut text: &str = &item.text;
        if let Some(last) = self.runs[self.first..].last()
            && let Some(before) = self.last_item
            && pieces::follows((last, before), (area, size, item))
        {
            baseline = last.baseline;
            if pieces::share_a_cluster(before, item) {
                // A mark has the text of its letter.
                if area.is_narrow() {
                    return;
                }
                if last.area.is_narrow() {
                    self.runs.pop();
                } else {
                    text = pieces::rest(item);
                }
            }
        }
        let mut run = Run {
            text,
            page: self.page,
            area,
            baseline,
            size,
            fill: self.fill(&item.fill),
            is_turned: place.kx.get() != 0.0 || place.ky.get() != 0.0,
            seen: Seen::Yes,
        };
        run.seen = visible::alone(&run, clip);
        // A clip that ends within the page is meant.
        if clip == self.sheet && !run.is_turned {
            let text = beyond::of(item, &run, self.sheet, self.runs.len() - self.first);
            self.beyond.extend(text);
        }
        self.runs.push(run);
        self.last_item = Some(item);
    }

    fn shape(&mut self, position: Point, shape: &Shape, place: Transform, clip: Area) {
        let Some(paint) = &shape.fill else { return };
        let bounds = match &shape.geometry {
            Geometry::Line(_) => return,
            Geometry::Rect(size) => area(position, Point::new(size.x, size.y), place),
            Geometry::Curve(curve) => {
                let bounds = curve.bbox(None);
                area(position + bounds.min, bounds.max - bounds.min, place)
            }
        };
        let fill = self.fill(paint);
        self.cover(bounds.within(clip), fill);
    }

    fn cover(&mut self, area: Area, fill: Fill) {
        self.covers.push(Cover {
            area,
            fill,
            after: self.runs.len() - self.first,
        });
    }

    fn fill(&mut self, paint: &Paint) -> Fill {
        let known = self.fills.iter().position(|(known, _)| known == paint);
        if let Some(index) = known {
            // The next run is probably of this colour, too.
            self.fills.swap(0, index);
            return self.fills[0].1;
        }
        let fill = Fill::of(paint);
        self.fills.push((paint.clone(), fill));
        fill
    }
}

/// Whether what is below an image cannot be seen. One with transparent parts may be a watermark.
fn hides(image: &Image) -> bool {
    match image.kind() {
        ImageKind::Raster(raster) => !raster.dynamic().color().has_alpha(),
        ImageKind::Svg(_) | ImageKind::Pdf(_) => false,
    }
}

/// The area of a box on the page; for one that is turned, the box around it.
fn area(position: Point, size: Point, place: Transform) -> Area {
    let corner = |x: Abs, y: Abs| {
        let point = Point::new(position.x + x, position.y + y).transform(place);
        (point.x.to_pt(), point.y.to_pt())
    };
    let corners = [
        corner(Abs::zero(), Abs::zero()),
        corner(size.x, Abs::zero()),
        corner(Abs::zero(), size.y),
        corner(size.x, size.y),
    ];
    let mut area = Area::EMPTY;
    for (x, y) in corners {
        area.left = area.left.min(x);
        area.right = area.right.max(x);
        area.top = area.top.min(y);
        area.bottom = area.bottom.max(y);
    }
    area
}
