//! The files of `tests/fixtures/VERSION`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a version has left.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fixture {
    pub(super) version: String,
    /// The migrations that its database has.
    pub(super) migrations: Vec<String>,
    pub(super) messages: Vec<Message>,
    pub(super) objects: Vec<Object>,
    /// The rows, as statements.
    #[serde(skip)]
    pub(super) postgres: Vec<String>,
    #[serde(skip)]
    pub(super) sqlite: Vec<String>,
}

/// A message as it is in a queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// For the reports of tests.
    pub(super) name: String,
    pub(super) to: Place,
    pub(super) expected: Expected,
    pub(super) properties: BTreeMap<String, Value>,
    /// By the letter of their type in AMQP, for example `{"S": "a text"}`.
    pub(super) headers: BTreeMap<String, Value>,
    pub(super) body: String,
}

/// Where a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Place {
    Requests,
    Bulk,
    Retry,
    Dead,
}

/// What must become of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Expected {
    /// The document of this order.
    Generated { order: String },
    /// A dead letter with this code.
    Dead { code: String },
    /// It fails again as the dead letter of this number.
    FailsAgain { id: i64 },
}

/// A document in the bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) content_type: String,
    pub(super) metadata: BTreeMap<String, String>,
    /// Beside this file.
    pub(super) file: String,
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
}

const INDEX: &str = "fixture.json";
const POSTGRES: &str = "rows.postgres.sql";
const SQLITE: &str = "rows.sqlite.sql";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

impl Fixture {
    /// Those of all versions, oldest name first.
    pub(super) fn all() -> Vec<Self> {
        let folders = fs::read_dir(folder()).expect("tests/fixtures");
        let folders = folders.map(|entry| entry.expect("readable").path());
        let folders: BTreeSet<PathBuf> = folders.filter(|path| path.is_dir()).collect();
        folders.iter().map(|path| Self::load(path)).collect()
    }

    fn load(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let text = |name: &str| String::from_utf8(read(name)).expect("UTF-8");
        let mut fixture: Self = serde_json::from_slice(&read(INDEX))
            .unwrap_or_else(|error| panic!("{}/{INDEX}: {error}", folder.display()));
        let statements = |text: String| text.lines().map(str::to_owned).collect();
        fixture.postgres = statements(text(POSTGRES));
        fixture.sqlite = statements(text(SQLITE));
        for object in &mut fixture.objects {
            object.bytes = read(&object.file);
        }
        fixture
    }

    /// Writes the files, instead of those of the same version.
    pub(super) fn save(&self) {
        let folder = folder().join(&self.version);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).expect("a new folder");
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.join(name), bytes).expect("a writable folder");
        };
        let json = serde_json::to_string_pretty(self).expect("JSON");
        let write_text = |name: &str, text: &str| {
            // Workers and operators are named after their machine.
            let machine = rustix::system::uname();
            let machine = machine.nodename().to_str().expect("UTF-8");
            let text = text.replace(&format!("@{machine}"), "@host");
            let text = text.replace(&format!("'{machine}:"), "'host:");
            let text = text.replace(&format!("\"{machine}:"), "\"host:");
            write(name, format!("{text}\n").as_bytes());
        };
        write_text(INDEX, &json);
        write_text(POSTGRES, &self.postgres.join("\n"));
        write_text(SQLITE, &self.sqlite.join("\n"));
        for object in &self.objects {
            write(&object.file, &object.bytes);
        }
    }

    /// The names of everything in it, without the values.
    pub(super) fn shape(&self) -> BTreeSet<String> {
        let mut shape: BTreeSet<String> = self.migrations.iter().cloned().collect();
        for message in &self.messages {
            let name = &message.name;
            shape.extend(message.properties.keys().map(|of| format!("{name}: {of}")));
            shape.extend(message.headers.iter().map(|(of, value)| {
                let kind = value.as_object().and_then(|value| value.keys().next());
                format!("{name}: header {of} {}", kind.map_or("", String::as_str))
            }));
        }
        for object in &self.objects {
            shape.extend(object.metadata.keys().map(|of| format!("metadata {of}")));
        }
        for statement in self.postgres.iter().chain(&self.sqlite) {
            let (columns, _) = statement.split_once(" VALUES ").expect("an INSERT");
            shape.insert(columns.to_owned());
        }
        shape
    }
}
