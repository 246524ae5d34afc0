//! Whether filters can match anything, and why they match nothing.

use invoice::FailureCode;

use super::selection_error::{SelectionError, UnknownName, stages};
use crate::database::dead_letters::Selection;
use crate::database::{Database, DatabaseError, DeadLetterStatus};
use crate::moment::seconds;
use crate::text::nearest;

/// Most platforms that are named.
const MAX_PLATFORMS: u64 = 10;

/// Most dead letters of given numbers that are explained one by one.
const MAX_EXPLAINED: usize = 5;

/// Refuses filters without a value: one that a script has left empty by mistake must not select everything.
pub(super) fn refuse_blank(selection: &Selection) -> Result<(), SelectionError> {
    let is_blank = |value: &String| value.trim().is_empty();
    for (name, is_blank) in [
        ("code", selection.codes.iter().any(is_blank)),
        ("stage", selection.stages.iter().any(is_blank)),
        ("platform", selection.platform.iter().any(is_blank)),
        ("shop", selection.shop_id.iter().any(is_blank)),
        ("order", selection.order_id.iter().any(is_blank)),
        ("sequence", selection.sequence_number.iter().any(is_blank)),
        ("message id", selection.message_id.iter().any(is_blank)),
        ("text", selection.text.iter().any(is_blank)),
        ("exchange", selection.exchange.iter().any(is_blank)),
    ] {
        if is_blank {
            return Err(SelectionError::Blank(name));
        }
    }
    Ok(())
}

/// Refuses blank filters, and codes and stages that this program does not have, unless a dead letter has them: other programs,
/// and other versions, publish dead letters, too.
pub async fn check_names(database: &Database, selection: &Selection) -> Result<(), SelectionError> {
    refuse_blank(selection)?;
    let codes: Vec<&str> = FailureCode::ALL.iter().map(|code| code.as_str()).collect();
    for name in &selection.codes {
        let only = Selection {
            codes: vec![name.clone()],
            ..Selection::default()
        };
        check_name(database, "code", name, &codes, &only).await?;
    }
    for name in &selection.stages {
        let only = Selection {
            stages: vec![name.clone()],
            ..Selection::default()
        };
        check_name(database, "stage", name, &stages(), &only).await?;
    }
    Ok(())
}

async fn check_name(
    database: &Database,
    kind: &'static str,
    name: &str,
    known: &[&'static str],
    only: &Selection,
) -> Result<(), SelectionError> {
    if known.contains(&name) || database.has_dead_letter(only).await? {
        return Ok(());
    }
    Err(SelectionError::UnknownName(UnknownName {
        kind,
        name: name.to_owned(),
        nearest: nearest(name, known.iter().copied()),
    }))
}

/// Why a selection has no dead letter, in words.
pub async fn why_nothing(
    database: &Database,
    selection: &Selection,
) -> Result<String, DatabaseError> {
    let mut reasons = vec!["no dead letter matches".to_owned()];
    if !selection.ids.is_empty() {
        let others = states(database, selection).await?;
        return Ok(if others.is_empty() {
            reasons.remove(0)
        } else {
            others.join("\n")
        });
    }
    if let Some(platform) = &selection.platform {
        let only = Selection {
            platform: Some(platform.clone()),
            ..Selection::default()
        };
        if !database.has_dead_letter(&only).await? {
            let known = database.dead_letter_platforms(MAX_PLATFORMS).await?;
            let known = match known.as_slice() {
                [] => String::new(),
                known => format!("; there are {}", known.join(", ")),
            };
            reasons.push(format!("no dead letter has platform {platform:?}{known}"));
            return Ok(reasons.join("; "));
        }
    }
    for (name, only) in [
        (
            "shop",
            only(&selection.shop_id, |it| Selection {
                shop_id: it,
                ..Selection::default()
            }),
        ),
        (
            "order",
            only(&selection.order_id, |it| Selection {
                order_id: it,
                ..Selection::default()
            }),
        ),
    ] {
        if let Some((value, only)) = only
            && !database.has_dead_letter(&only).await?
        {
            reasons.push(format!("no dead letter has {name} {value:?}"));
            return Ok(reasons.join("; "));
        }
    }
    if let Some(status) = selection.status {
        let any = Selection {
            status: None,
            ..selection.clone()
        };
        let count = database.freeze(&any).await?.count;
        if count > 0 {
            let status = status.as_str();
            reasons.push(format!(
                "none of the {count} that the other filters match is {status} (--status all shows them)"
            ));
        }
    }
    Ok(reasons.join("; "))
}

fn only(
    value: &Option<String>,
    selection: impl FnOnce(Option<String>) -> Selection,
) -> Option<(String, Selection)> {
    let value = value.clone()?;
    Some((value.clone(), selection(Some(value))))
}

/// Why dead letters of given numbers are not in a selection, the first ones: their state.
pub(super) async fn states(
    database: &Database,
    selection: &Selection,
) -> Result<Vec<String>, DatabaseError> {
    let Some(wanted) = selection.status else {
        return Ok(Vec::new());
    };
    let mut reasons = Vec::new();
    for id in &selection.ids {
        if reasons.len() >= MAX_EXPLAINED {
            break;
        }
        let Some(row) = database.dead_letter(*id).await? else {
            continue;
        };
        let (at, selects) = match row.status {
            status if status == wanted => continue,
            DeadLetterStatus::Open => (None, "open"),
            DeadLetterStatus::Replayed => (row.replayed_at, "replayed"),
            DeadLetterStatus::Discarded => (row.discarded_at, "discarded"),
        };
        let at = at.map_or_else(String::new, |at| format!(" at {}", seconds(at)));
        let verb = if selects == "open" { "is" } else { "was" };
        reasons.push(format!(
            "dead letter {id} {verb} {selects}{at}; --status {selects} selects it"
        ));
    }
    Ok(reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_a_value_is_refused() {
        let blank = || Some(" ".to_owned());
        let all = Selection::default();
        for (name, selection) in [
            (
                "code",
                Selection {
                    codes: vec!["conflict".to_owned(), String::new()],
                    ..all.clone()
                },
            ),
            (
                "shop",
                Selection {
                    shop_id: blank(),
                    ..all.clone()
                },
            ),
            (
                "text",
                Selection {
                    text: blank(),
                    ..all.clone()
                },
            ),
            (
                "text",
                Selection {
                    text: Some(String::new()),
                    ..all.clone()
                },
            ),
        ] {
            let error = refuse_blank(&selection).expect_err(name).to_string();
            let expected = format!("the filter {name} is blank");
            assert!(error.starts_with(&expected), "{error}");
        }
        let given = Selection {
            text: Some(" x".to_owned()),
            ..all.clone()
        };
        assert!(refuse_blank(&given).is_ok());
        assert!(refuse_blank(&all).is_ok());
    }
}
