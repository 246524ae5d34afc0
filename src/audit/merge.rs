//! Rows and objects side by side: two streams in the order of the keys' bytes, of which one page each is in memory.

use std::collections::VecDeque;

use super::calls::Calls;
use super::error::AuditError;
use super::keys;
use super::scope::Scope;
use crate::database::audited::{AuditedRow, KeyRange};
use crate::storage::ListedObject;

/// Rows of a page.
const ROWS: u64 = 1_000;

/// Everything that has one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) object: Option<ListedObject>,
    /// More than one only where another program has written one of them.
    pub(super) rows: Vec<AuditedRow>,
}

/// Reads rows and objects page by page.
pub(super) struct Merge<'a> {
    calls: Calls<'a>,
    prefix: String,
    listed_to: String,
    range: KeyRange,
    objects: VecDeque<ListedObject>,
    rows: VecDeque<AuditedRow>,
    more_objects: bool,
    more_rows: bool,
}

impl<'a> Merge<'a> {
    /// What belongs to the scope, behind this key.
    pub(super) fn new(calls: Calls<'a>, scope: &Scope, after: &str) -> Self {
        let (prefix, range) = keys::of_scope(scope, after);
        Self {
            calls,
            prefix,
            listed_to: after.to_owned(),
            range,
            objects: VecDeque::new(),
            rows: VecDeque::new(),
            more_objects: true,
            more_rows: true,
        }
    }

    /// The next key.
    pub(super) async fn next(&mut self) -> Result<Option<Pair>, AuditError> {
        self.fill().await?;
        let row = self.rows.front().and_then(|row| row.object_key.as_deref());
        let object = self.objects.front().map(|object| object.key.as_str());
        let Some(key) = row.into_iter().chain(object).min().map(str::to_owned) else {
            return Ok(None);
        };
        let object = self.objects.pop_front_if(|object| object.key == key);
        let mut rows = Vec::new();
        let is_it = |row: &mut AuditedRow| row.object_key.as_ref() == Some(&key);
        while let Some(row) = self.rows.pop_front_if(is_it) {
            rows.push(row);
        }
        Ok(Some(Pair { key, object, rows }))
    }

    async fn fill(&mut self) -> Result<(), AuditError> {
        while self.objects.is_empty() && self.more_objects {
            let page = self.calls.list(&self.prefix, &self.listed_to).await?;
            self.more_objects = page.has_more;
            if let Some(last) = page.objects.last() {
                self.listed_to.clone_from(&last.key);
            }
            let documents = page.objects.into_iter();
            self.objects
                .extend(documents.filter(|object| !keys::is_own(&object.key)));
        }
        if self.rows.is_empty() && self.more_rows {
            let mut page = self.calls.rows_by_key(&self.range, ROWS).await?;
            self.more_rows = page.len() as u64 == ROWS;
            if self.more_rows {
                keep_keys_whole(&mut page);
            }
            if let Some(last) = page.last().and_then(|row| row.object_key.as_ref()) {
                self.range.after.clone_from(last);
            }
            self.rows.extend(page);
        }
        Ok(())
    }
}

/// Leaves the last key of a full page to the next one, since further rows may have it.
fn keep_keys_whole(page: &mut Vec<AuditedRow>) {
    let Some(last) = page.last().and_then(|row| row.object_key.clone()) else {
        return;
    };
    let is_last = |row: &AuditedRow| row.object_key.as_ref() == Some(&last);
    let whole = page.iter().take_while(|row| !is_last(row)).count();
    if whole > 0 {
        page.truncate(whole);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::database::Status;

    fn row(key: &str) -> AuditedRow {
        AuditedRow {
            id: Uuid::nil(),
            platform: String::new(),
            shop_id: String::new(),
            order_id: String::new(),
            package_id: String::new(),
            sequence_number: String::new(),
            status: Status::Generated,
            object_key: Some(key.to_owned()),
            sha256: None,
            size_bytes: None,
            xml_object_key: None,
            request_digest: String::new(),
            generated_at: None,
        }
    }

    #[test]
    fn rows_with_one_key_stay_together() {
        for (keys, expected) in [
            (&["a", "b", "c"][..], 2),
            (&["a", "b", "b"], 1),
            (&["a", "a", "a"], 3),
        ] {
            let mut page: Vec<_> = keys.iter().map(|key| row(key)).collect();
            keep_keys_whole(&mut page);
            assert_eq!(page.len(), expected, "{keys:?}");
        }
    }
}
