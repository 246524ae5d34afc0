//! Checks of a template: everything that can be found out before the first request.

use futures_util::future::join_all;
use invoice::Invoice;

use super::report::{self, Findings};
use super::samples::{self, SampleFault, SampleProblem};
use crate::catalog::brand::Brand;
use crate::catalog::{Catalog, Template};
use crate::job::RenderJob;
use crate::renderer::Pool;

/// The result of a check.
#[derive(Debug, Default)]
pub struct Checked {
    /// Faults because of which the template cannot be used or a sample cannot be rendered.
    pub errors: Findings,
    /// Warnings of the compiler.
    pub warnings: Findings,
    /// Number of documents that were to be rendered.
    pub documents: usize,
}

/// A document that is rendered for the check.
struct Trial {
    /// The language or brand, if it differs from the sample's own.
    variant: String,
    sample: String,
    invoice: Invoice,
    brand: Brand,
}

/// Renders every sample of a template in every language, every stress sample, and the first sample with every brand and without
/// one.
pub async fn check(catalog: &Catalog, pool: &Pool, template: &Template) -> Checked {
    let mut errors = Findings::default();
    let mut warnings = Findings::default();
    let trials = trials(catalog, template, &mut errors);
    if trials.is_empty() && errors.is_empty() {
        let folder = catalog.shown(&template.samples());
        let what = "error: the template has no sample, so nothing was rendered, and a fault would be found by the first request \
                    only: put a request into its folder samples";
        errors.add(what.to_owned(), &folder);
    }
    let rendering = trials.iter().map(async |trial| {
        let Trial { invoice, brand, .. } = trial;
        let result = match RenderJob::prepare_with_brand(catalog, invoice, brand) {
            Ok(job) => pool.render(&job).await,
            Err(error) => Err(error),
        };
        (trial, result)
    });
    for (trial, result) in join_all(rendering).await {
        let place = format!("{}, {}", catalog.shown(&trial.sample), trial.variant);
        match result {
            Ok(pdf) => {
                for warning in &pdf.warnings {
                    // The document would be in another font.
                    let (kind, found) = match warning.unknown_family() {
                        Some(_) => ("error", &mut errors),
                        None => ("warning", &mut warnings),
                    };
                    found.add(report::diagnostic(kind, warning, catalog), &place);
                }
            }
            Err(error) => errors.add(report::render_error(&error, catalog), &place),
        }
    }
    Checked {
        errors,
        warnings,
        documents: trials.len(),
    }
}

/// Every sample in every language, every stress sample in its own, and the first sample with every brand and without one.
fn trials(catalog: &Catalog, template: &Template, errors: &mut Findings) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut first = None;
    let samples = catalog.samples(template).map(|sample| (sample, true));
    let stress = catalog
        .stress_samples(template)
        .map(|sample| (sample, false));
    for ((path, body), in_every_language) in samples.chain(stress) {
        let invoice = match samples::read(template, body) {
            Ok(invoice) => invoice,
            Err(invalid) => {
                let problem = SampleProblem::Request(invalid);
                let sample = catalog.shown(path);
                let fault = SampleFault { sample, problem };
                errors.add(fault.explain(catalog), &fault.sample);
                continue;
            }
        };
        let mut add = |variant: String, invoice: &Invoice| {
            trials.push(Trial {
                variant,
                sample: path.to_owned(),
                invoice: invoice.clone(),
                brand: catalog.brands().of(&invoice.identity),
            });
        };
        // A missing font is not a fault of the template.
        let has_font = |language: &str| {
            let mut without_font = template.without_font.iter();
            !without_font.any(|other| other.language == language)
        };
        add(format!("as it is ({})", invoice.locale), &invoice);
        if !in_every_language {
            continue;
        }
        for language in template
            .languages
            .iter()
            .filter(|language| has_font(language))
        {
            if let Ok(locale) = language.parse()
                && locale != invoice.locale
            {
                let mut other = invoice.clone();
                other.locale = locale;
                add(format!("language {language}"), &other);
            }
        }
        first.get_or_insert((path, invoice));
    }
    let Some((path, invoice)) = first else {
        return trials;
    };
    trials.push(Trial {
        variant: "without a brand".to_owned(),
        sample: path.to_owned(),
        invoice: invoice.clone(),
        brand: Brand::default(),
    });
    for name in catalog.brands().names() {
        trials.push(Trial {
            variant: format!("brand {name}"),
            sample: path.to_owned(),
            invoice: invoice.clone(),
            brand: catalog.brands().named(name),
        });
    }
    trials
}
