//! A selection in words, for the record of changes.

use super::selection::Selection;

/// Most numbers that are named one by one.
const MAX_NUMBERS: usize = 20;

impl Selection {
    /// What a change of these dead letters is recorded for: `dead-letter 12` where it is one, otherwise the numbers and
    /// filters. Bounds that only freeze a selection are left out.
    pub fn target(&self) -> String {
        if let [id] = self.ids.as_slice() {
            return format!("dead-letter {id}");
        }
        let mut parts = Vec::new();
        if !self.ids.is_empty() {
            let mut numbers: Vec<String> = self.ids.iter().map(i64::to_string).collect();
            let more = numbers.len().saturating_sub(MAX_NUMBERS);
            numbers.truncate(MAX_NUMBERS);
            let more = (more > 0).then(|| format!(" and {more} more"));
            parts.push(format!(
                "{}{}",
                numbers.join(", "),
                more.unwrap_or_default()
            ));
        }
        let lists = [("code", &self.codes), ("stage", &self.stages)];
        let lists = lists.map(|(name, values)| (name, values.join(",")));
        let texts = [
            ("platform", &self.platform),
            ("shop", &self.shop_id),
            ("order", &self.order_id),
            ("sequence", &self.sequence_number),
            ("message-id", &self.message_id),
            ("text", &self.text),
            ("exchange", &self.exchange),
        ];
        // A text is quoted: it may have commas, and is what a request may have.
        let texts = texts.map(|(name, text)| match text {
            Some(text) if name == "text" => (name, format!("{text:?}")),
            text => (name, text.clone().unwrap_or_default()),
        });
        let since = self.since.map(|time| time.to_string());
        let repair = self.repair.map(|id| id.to_string());
        let status = self.status.map_or("any", |status| status.as_str());
        let others = [
            ("since", since.unwrap_or_default()),
            ("repair", repair.unwrap_or_default()),
            ("status", status.to_owned()),
        ];
        if self.edited {
            parts.push("edited".to_owned());
        }
        for (name, text) in lists.into_iter().chain(texts).chain(others) {
            if !text.is_empty() {
                parts.push(format!("{name} {text}"));
            }
        }
        format!("dead-letters {}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::DeadLetterStatus;

    #[test]
    fn one_dead_letter_is_named_and_others_are_described() {
        let open = Some(DeadLetterStatus::Open);
        for (selection, expected) in [
            (
                Selection {
                    ids: vec![12],
                    status: open,
                    ..Selection::default()
                },
                "dead-letter 12".to_owned(),
            ),
            (
                Selection {
                    ids: vec![3, 4],
                    status: open,
                    max_id: Some(4),
                    ..Selection::default()
                },
                "dead-letters 3, 4, status open".to_owned(),
            ),
            (
                Selection {
                    codes: vec!["a".into(), "b".into()],
                    shop_id: Some("s".into()),
                    ..Selection::default()
                },
                "dead-letters code a,b, shop s, status any".to_owned(),
            ),
            (
                Selection {
                    text: Some("Ann, \"A\" Miller".into()),
                    ..Selection::default()
                },
                r#"dead-letters text "Ann, \"A\" Miller", status any"#.to_owned(),
            ),
        ] {
            assert_eq!(selection.target(), expected);
        }
        let many = Selection {
            ids: (1..=5_000).collect(),
            ..Selection::default()
        };
        let target = many.target();
        assert!(
            target.ends_with("19, 20 and 4980 more, status any"),
            "{target}"
        );
    }
}
