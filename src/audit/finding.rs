//! What an audit can find, and what became of it.

use std::collections::BTreeMap;
use std::fmt;

use invoice::ClaimedIdentity;

/// Kinds of findings. A published code never gets another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingCode {
    /// A generated row has no object under its key.
    ObjectMissing,
    /// The object has fewer bytes than were recorded.
    ObjectCut,
    /// The object has other bytes than were recorded.
    ObjectChanged,
    /// The metadata of the object says that it was made from another request than that of its row.
    ObjectForeign,
    /// The object store has the object and does not return it.
    ObjectUnreadable,
    /// The document of a generated row is not locked as the settings say.
    ObjectUnlocked,
    /// A document of this program has no row.
    ObjectOrphaned,
    /// An object below the prefix of the documents is none of this program's.
    ObjectUnknown,
    /// The e-invoice of a generated row is to be an object of its own, and there is none under its key.
    XmlMissing,
    /// The object of an e-invoice has other bytes than were recorded, or is that of another request.
    XmlChanged,
    /// The object store has the object of an e-invoice and does not return it.
    XmlUnreadable,
    /// The object of an e-invoice is not locked as the settings say.
    XmlUnlocked,
    /// A generated row has no key, no digest or no size.
    RowWithoutProof,
    /// A row has a key that its identity cannot have.
    RowKeyMismatch,
    /// The stored request does not have the stored digest.
    RequestDigestMismatch,
    /// A request is generated, and its dead letter is open.
    GeneratedAndOpen,
}

impl FindingCode {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::ObjectMissing,
        Self::ObjectCut,
        Self::ObjectChanged,
        Self::ObjectForeign,
        Self::ObjectUnreadable,
        Self::ObjectUnlocked,
        Self::ObjectOrphaned,
        Self::ObjectUnknown,
        Self::XmlMissing,
        Self::XmlChanged,
        Self::XmlUnreadable,
        Self::XmlUnlocked,
        Self::RowWithoutProof,
        Self::RowKeyMismatch,
        Self::RequestDigestMismatch,
        Self::GeneratedAndOpen,
    ];

    /// The stable code, as `docs/audit.md` lists it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ObjectMissing => "object_missing",
            Self::ObjectCut => "object_cut",
            Self::ObjectChanged => "object_changed",
            Self::ObjectForeign => "object_foreign",
            Self::ObjectUnreadable => "object_unreadable",
            Self::ObjectUnlocked => "object_unlocked",
            Self::ObjectOrphaned => "object_orphaned",
            Self::ObjectUnknown => "object_unknown",
            Self::XmlMissing => "xml_missing",
            Self::XmlChanged => "xml_changed",
            Self::XmlUnreadable => "xml_unreadable",
            Self::XmlUnlocked => "xml_unlocked",
            Self::RowWithoutProof => "row_without_proof",
            Self::RowKeyMismatch => "row_key_mismatch",
            Self::RequestDigestMismatch => "request_digest_mismatch",
            Self::GeneratedAndOpen => "generated_and_open",
        }
    }

    /// What a finding is about, and so what cures it.
    pub(super) fn subject(self) -> Subject {
        match self {
            Self::ObjectMissing | Self::ObjectCut | Self::ObjectChanged | Self::ObjectForeign => {
                Subject::Document
            }
            Self::XmlMissing | Self::XmlChanged => Subject::Xml,
            Self::RowWithoutProof | Self::RowKeyMismatch | Self::RequestDigestMismatch => {
                Subject::Row
            }
            Self::ObjectUnlocked => Subject::Lock,
            Self::XmlUnlocked => Subject::LockOfXml,
            Self::XmlUnreadable => Subject::UnreadableXml,
            Self::ObjectUnreadable => Subject::UnreadableDocument,
            Self::ObjectOrphaned | Self::ObjectUnknown | Self::GeneratedAndOpen => Subject::Other,
        }
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The document that the row describes is not under its key.
    Document,
    /// The e-invoice that the row describes is not under its key.
    Xml,
    /// The document is not locked.
    Lock,
    /// The e-invoice is not locked.
    LockOfXml,
    /// The row itself is wrong.
    Row,
    /// The document cannot be read.
    UnreadableDocument,
    /// The e-invoice cannot be read.
    UnreadableXml,
    /// An object without a row, or a dead letter.
    Other,
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub code: FindingCode,
    /// Key of the object that it is about.
    pub object_key: Option<String>,
    /// The invoice that it is about, as far as that is known.
    pub invoice: ClaimedIdentity,
    /// Number of the dead letter that it is about.
    pub dead_letter: Option<i64>,
    /// What is wrong, in words, with what was expected. Never quotes a request.
    pub detail: String,
    /// What was found: that before the repair, where there is one.
    pub before: String,
    /// What became of it.
    pub repair: Repair,
}

/// What became of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing was to be repaired.
    NotRequested,
    /// It would be repaired in this way.
    Possible(String),
    /// It is repaired, and was looked at again.
    Done {
        /// What was done.
        action: String,
        /// What is there now.
        after: String,
    },
    /// It stays as it is, for this reason.
    Impossible(String),
}

impl Finding {
    /// Whether nothing of it is left.
    pub fn is_repaired(&self) -> bool {
        matches!(self.repair, Repair::Done { .. })
    }
}

/// What an audit has looked at and found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Generated rows.
    pub rows: u64,
    /// Objects.
    pub objects: u64,
    /// Open dead letters.
    pub dead_letters: u64,
    /// Documents that were never issued and stay where they are.
    pub left: u64,
    /// Objects without a row that are so young that a worker may be about to write it.
    pub in_work: u64,
    /// Findings, and how many of them are repaired.
    pub findings: BTreeMap<FindingCode, Count>,
}

/// How many findings of one kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// All of them.
    pub found: u64,
    /// Those that are repaired.
    pub repaired: u64,
}

impl Totals {
    /// Adds what was looked at, without findings.
    pub(super) fn add(&mut self, further: &Self) {
        self.rows += further.rows;
        self.objects += further.objects;
        self.dead_letters += further.dead_letters;
        self.left += further.left;
        self.in_work += further.in_work;
    }

    pub(super) fn count(&mut self, finding: &Finding) {
        let count = self.findings.entry(finding.code).or_default();
        count.found += 1;
        count.repaired += u64::from(finding.is_repaired());
    }

    /// Number of findings.
    pub fn found(&self) -> u64 {
        self.findings.values().map(|count| count.found).sum()
    }

    /// Number of findings that are repaired.
    pub fn repaired(&self) -> u64 {
        self.findings.values().map(|count| count.repaired).sum()
    }

    /// Number of findings that are not repaired.
    pub fn remaining(&self) -> u64 {
        let left = |count: &Count| count.found - count.repaired;
        self.findings.values().map(left).sum()
    }
}
