//! The widths of the columns of the table.

use serde::Serialize;

use super::LineView;
use crate::fonts::Fonts;

/// The greatest widths of what the columns of the table show, in em of the regular base font.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ColumnsView {
    count: f32,
    unit_price: f32,
    tax_rate: f32,
    net: f32,
}

impl ColumnsView {
    pub(crate) fn of(lines: &[LineView<'_>], fonts: &Fonts) -> Self {
        let mut columns = Self::default();
        let widen = |column: &mut f32, text: &str| *column = column.max(fonts.widest(text));
        for line in lines {
            widen(&mut columns.count, &line.count);
            widen(&mut columns.unit_price, &line.unit_price);
            widen(&mut columns.net, &line.net);
            if let Some(rate) = &line.tax_rate {
                widen(&mut columns.tax_rate, rate);
            }
            if let Some(with_tax) = &line.with_tax {
                widen(&mut columns.unit_price, &with_tax.unit_price);
                widen(&mut columns.net, &with_tax.net);
            }
        }
        columns
    }
}
