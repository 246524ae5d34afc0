//! Which templates workers have loaded.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::contract::LoadedTemplates;
use crate::database::workers::Reported;

/// The templates of these workers, those of most workers first. A worker of an earlier version does not say which it has.
pub(super) fn templates<'a>(workers: impl Iterator<Item = &'a Reported>) -> Vec<LoadedTemplates> {
    let digests = workers.filter_map(|it| it.worker.templates.clone());
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for digest in digests {
        *counts.entry(digest).or_default() += 1;
    }
    let counts = counts.into_iter();
    let mut loaded: Vec<LoadedTemplates> = counts
        .map(|(digest, workers)| LoadedTemplates { digest, workers })
        .collect();
    loaded.sort_by_key(|it| Reverse(it.workers));
    loaded
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use time::OffsetDateTime;

    use super::*;
    use crate::database::worker::Model;

    fn worker(templates: Option<&str>) -> Reported {
        let worker = Model {
            id: "w".to_owned(),
            host: "a".to_owned(),
            pid: 1,
            version: "1".to_owned(),
            started_at: OffsetDateTime::UNIX_EPOCH,
            seen_at_ms: 0,
            state: "working".to_owned(),
            state_since: OffsetDateTime::UNIX_EPOCH,
            code: None,
            detail: None,
            ordinary_in_work: 0,
            bulk_in_work: 0,
            prefetch: 1,
            bulk_prefetch: 1,
            outages: "[]".to_owned(),
            retries: "{}".to_owned(),
            templates: templates.map(str::to_owned),
            renderers: None,
        };
        let age = Duration::ZERO;
        Reported { worker, age }
    }

    #[test]
    fn templates_are_counted_by_their_digest() {
        let workers = [Some("aa"), Some("bb"), None, Some("bb")].map(worker);
        let loaded = templates(workers.iter()).into_iter();
        let loaded: Vec<_> = loaded.map(|it| (it.digest, it.workers)).collect();
        assert_eq!(loaded, [("bb".to_owned(), 2), ("aa".to_owned(), 1)]);
        assert!(templates(workers[2..3].iter()).is_empty());
    }
}
