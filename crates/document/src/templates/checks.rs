//! Checks of a template: everything that can be found out before the first request.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use invoice::Invoice;
use serde_json::Value;

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

/// Renders every sample of a template in every language, and the first one with every brand. Looks for texts that a language
/// lacks.
pub async fn check(catalog: &Catalog, pool: &Pool, template: &Template) -> Checked {
    let mut errors = texts(catalog, template);
    let mut warnings = Findings::default();
    let trials = trials(catalog, template, &mut errors);
    let rendering = trials.iter().map(async |trial| {
        let Trial { invoice, brand, .. } = trial;
        let result = match RenderJob::prepare_with_brand(catalog, invoice, brand) {
            Ok(job) => pool.render(&job).await,
            Err(error) => Err(error),
        };
        (trial, result)
    });
    for (trial, result) in join_all(rendering).await {
        let place = format!("{}, {}", trial.sample, trial.variant);
        match result {
            Ok(pdf) => {
                for warning in &pdf.warnings {
                    let what = report::diagnostic("warning", warning, catalog);
                    warnings.add(what, &place);
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

/// Every sample in every language, and the first one with every brand.
fn trials(catalog: &Catalog, template: &Template, errors: &mut Findings) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut first = None;
    for (path, body) in catalog.samples(template) {
        let invoice = match samples::read(template, body) {
            Ok(invoice) => invoice,
            Err(invalid) => {
                let problem = SampleProblem::Request(invalid);
                let sample = path.to_owned();
                let fault = SampleFault { sample, problem };
                errors.add(fault.explain(catalog), path);
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

/// Texts that a language lacks and another language of the template has.
fn texts(catalog: &Catalog, template: &Template) -> Findings {
    let mut errors = Findings::default();
    let folder = format!("/{}/texts/", template.folder);
    let mut by_language: Vec<(&str, BTreeSet<String>)> = Vec::new();
    for (path, content) in catalog.files() {
        let Some(language) = path.strip_prefix(&folder) else {
            continue;
        };
        match serde_json::from_slice::<serde_json::Map<String, Value>>(content) {
            Ok(texts) => {
                by_language.push((language, texts.into_iter().map(|(key, _)| key).collect()))
            }
            Err(error) => errors.add(format!("error: {error}"), path),
        }
    }
    let all: BTreeSet<&String> = by_language.iter().flat_map(|(_, keys)| keys).collect();
    for (language, keys) in &by_language {
        let missing: Vec<&str> = all
            .iter()
            .filter(|key| !keys.contains(**key))
            .map(|key| key.as_str())
            .collect();
        if !missing.is_empty() {
            let what = format!("error: no text for {}", missing.join(", "));
            errors.add(what, &format!("{}/texts/{language}", template.folder));
        }
    }
    errors
}
