//! A warning for who validates a request with these templates at hand: workers may have others.

use invoice::{Invoice, Warning, WarningCode};

use super::Catalog;
impl Catalog {
    /// Why these templates could not render the invoice, whatever is in it, if they could not.
    pub fn warning(&self, invoice: &Invoice) -> Option<Warning> {
        let error = self.choose(invoice).err()?;
        let code = error.code();
        let problem = error.problems().into_iter().next();
        let (pointer, message) = match problem {
            Some(problem) => (problem.pointer, problem.message),
            None => ("/template".to_owned(), error.to_string()),
        };
        Some(Warning {
            code: WarningCode::TemplateUnavailable,
            pointer,
            message: format!(
                "{message}; it fails with {code} unless the workers have other templates"
            ),
        })
    }
}
