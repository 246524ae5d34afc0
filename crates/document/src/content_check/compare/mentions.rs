//! What stands anywhere.

use crate::content_check::facts::Mention;
use crate::content_check::fault::Fault;
use crate::content_check::flow::Flow;
use crate::content_check::normal::normal;

pub(super) fn compare(mentions: &[Mention<'_>], flow: &Flow, faults: &mut Vec<Fault>) {
    for mention in mentions {
        let mut forms = mention.forms.iter().map(|form| normal(form));
        if forms.any(|form| is_shown(flow, &form)) {
            continue;
        }
        let form = mention.forms.first().map(AsRef::as_ref).unwrap_or_default();
        let pointer = mention.pointer.to_string();
        let problem = "the page does not show it, or it is cut or covered, expected";
        faults.push(if mention.personal {
            let length = form.chars().count();
            let problem = format!("{problem} a text of {length} characters");
            Fault::about(pointer, problem, form)
        } else {
            Fault::new(pointer, format!("{problem} {form:?}"))
        });
    }
}

/// Whether the text stands anywhere. A text without letters and digits, which no reader could miss, need not.
fn is_shown(flow: &Flow, form: &str) -> bool {
    let all = 0..flow.text().len();
    !form.contains(char::is_alphanumeric)
        || flow.find_words(form, all.clone()).is_some()
        || super::torn::find(flow, form, all).is_some()
}
