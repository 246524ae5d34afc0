//! Deletes the documents of records.

use std::collections::BTreeSet;

use invoice::{InvoiceIdentity, ObjectKey, Sha256Digest};

use super::outcome::ObjectOutcome;
use super::{Erasure, ErasureError};
use crate::database::Status;
use crate::database::sales_invoice::Model;
use crate::retry;
use crate::storage::{ErasedObject, Storage};

/// What became of objects, by their keys.
type Outcomes = Vec<(String, ObjectOutcome)>;

impl Erasure<'_> {
    /// Deletes the document of a record, its e-invoice where that is an object of its own, and what else was stored of the
    /// invoice.
    pub(super) async fn delete_documents(
        &self,
        storage: &Storage,
        record: &Model,
    ) -> Result<Outcomes, ErasureError> {
        let recorded = [&record.object_key, &record.xml_object_key];
        let recorded: Vec<&String> = recorded.into_iter().flatten().collect();
        if record.status == Status::Failed {
            let mut objects = Vec::new();
            for key in recorded {
                let outcome = self.never_issued(storage, key).await?;
                objects.push((key.clone(), outcome));
            }
            return Ok(objects);
        }
        let mut objects = self.delete_recorded(storage, record, &recorded).await?;
        if let Ok(identity) = record.identity() {
            for key in self.left(storage, &identity).await? {
                if recorded.contains(&&key) {
                    continue;
                }
                let erased = self.erased(storage, &key, self.dry_run).await?;
                if erased != ErasedObject::Absent {
                    objects.push((key, erased.into()));
                }
            }
        }
        Ok(objects)
    }

    /// Deletes what the record names: all of it or, where one object is locked, none. An e-invoice that is gone would be made again
    /// of the document that stays.
    async fn delete_recorded(
        &self,
        storage: &Storage,
        record: &Model,
        keys: &[&String],
    ) -> Result<Outcomes, ErasureError> {
        let mut objects = Vec::new();
        for key in keys {
            let outcome = if is_own(record, key) {
                self.erased(storage, key, true).await?.into()
            } else {
                ObjectOutcome::Foreign
            };
            objects.push(((*key).clone(), outcome));
        }
        let is_locked =
            |(_, outcome): &(_, ObjectOutcome)| matches!(outcome, ObjectOutcome::Locked(_));
        let mut stays = objects.iter().any(is_locked);
        for (key, outcome) in &mut objects {
            if !matches!(outcome, ObjectOutcome::Deleted { .. }) {
                continue;
            }
            if stays {
                *outcome = ObjectOutcome::OtherStays;
            } else if !self.dry_run {
                *outcome = self.erased(storage, key, false).await?.into();
                stays = outcome.stays();
            }
        }
        Ok(objects)
    }

    async fn erased(
        &self,
        storage: &Storage,
        key: &str,
        dry_run: bool,
    ) -> Result<ErasedObject, ErasureError> {
        let key = ObjectKey::recorded(key);
        let erase = || storage.erase(&key, dry_run);
        Ok(retry::in_place(self.patience, "erase a document", erase).await?)
    }

    /// The keys of the invoice under which there is something: its usual ones, and those beside them. An attempt that was refused
    /// after its upload, or that has lost a race, has left it.
    async fn left(
        &self,
        storage: &Storage,
        identity: &InvoiceIdentity,
    ) -> Result<BTreeSet<String>, ErasureError> {
        let usual = ObjectKey::for_invoice(identity);
        let prefix = usual.as_str().trim_end_matches(".pdf");
        let list = || storage.keys(prefix);
        let mut keys = retry::in_place(self.patience, "erase a document", list).await?;
        // Longer sequence numbers begin with this one, too.
        keys.retain(|key| is_of(identity, key));
        Ok(keys)
    }

    async fn never_issued(
        &self,
        storage: &Storage,
        key: &str,
    ) -> Result<ObjectOutcome, ErasureError> {
        let key = ObjectKey::recorded(key);
        let look = || storage.has_versions(&key);
        let is_there = retry::in_place(self.patience, "erase a document", look).await?;
        Ok(if is_there {
            ObjectOutcome::NeverIssued
        } else {
            ObjectOutcome::Absent
        })
    }
}

/// Whether the record may have this key: another row's document is never deleted, whatever a row says.
fn is_own(record: &Model, key: &str) -> bool {
    let Ok(identity) = record.identity() else {
        return false;
    };
    let usual = ObjectKey::for_invoice(&identity);
    let beside = record.request_digest.parse().ok();
    let beside = beside.map(|digest| ObjectKey::beside(&identity, digest));
    [Some(usual), beside]
        .into_iter()
        .flatten()
        .any(|own| key == own.as_str() || key == own.xml().as_str())
}

/// Whether a key is one of the invoice, for whichever request.
fn is_of(identity: &InvoiceIdentity, key: &str) -> bool {
    let usual = ObjectKey::for_invoice(identity);
    if key == usual.as_str() || key == usual.xml().as_str() {
        return true;
    }
    let stem = key
        .strip_suffix(".pdf")
        .or_else(|| key.strip_suffix(".xml"));
    let digest = stem.and_then(|stem| stem.rsplit_once('/'));
    let digest = digest.and_then(|(_, digest)| digest.parse::<Sha256Digest>().ok());
    digest.is_some_and(|digest| {
        let beside = ObjectKey::beside(identity, digest);
        key == beside.as_str() || key == beside.xml().as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_an_invoice_are_those_of_no_other_one() {
        let identity = "a/b/c/d/1".parse().expect("an identity");
        let digest = "0123456789abcdef".repeat(4);
        for (key, expected) in [
            ("invoices/a/b/c/d/1.pdf", true),
            ("invoices/a/b/c/d/1.xml", true),
            (&*format!("invoices/a/b/c/d/1/{digest}.pdf"), true),
            (&*format!("invoices/a/b/c/d/1/{digest}.xml"), true),
            (&*format!("invoices/a/b/c/d/10/{digest}.pdf"), false),
            ("invoices/a/b/c/d/10.pdf", false),
            ("invoices/a/b/c/d/1.json", false),
            ("invoices/a/b/c/d/1/2.pdf", false),
        ] {
            assert_eq!(is_of(&identity, key), expected, "{key}");
        }
    }
}
