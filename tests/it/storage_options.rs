//! How objects are stored: what the settings say arrives at the server, on one that encrypts, tags, locks and keeps versions.

mod access;
mod lock;
mod objects;
mod public;
mod versions;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ObjectLockRetentionMode;
use invoice::{InvoiceIdentity, ObjectKey};
use serde_json::Value;

use crate::harness::{Options, World, samples};

/// A world on SeaweedFS with these variables.
async fn world(variables: &[(&'static str, &str)]) -> World {
    let variables = variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    World::new(Options {
        sqlite: true,
        seaweedfs: true,
        variables: variables.collect(),
        ..Options::default()
    })
    .await
}

/// The variables of a bucket with object lock, which `setup` makes, and its name.
async fn locked_bucket(world: &World, mode: &'static str, years: &'static str) -> Bucket {
    let name = format!("it-{}-locked", world.id);
    let variables = vec![
        ("AWS_S3_BUCKET_NAME", name.clone()),
        ("S3_OBJECT_LOCK", mode.to_owned()),
        ("S3_OBJECT_LOCK_YEARS", years.to_owned()),
    ];
    let bucket = Bucket {
        name,
        variables,
        client: world.s3.clone(),
    };
    let setup = world.program(&["setup"]).envs(bucket.variables());
    let made = setup.run().await.succeeded();
    let line = format!("bucket {}: made the bucket\n", bucket.name);
    assert!(made.contains(&line), "{made}");
    bucket
}

/// A bucket beside that of the world.
struct Bucket {
    name: String,
    variables: Vec<(&'static str, String)>,
    client: Client,
}

impl Bucket {
    fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
    }

    /// Every version of the objects with this key, the newest first.
    async fn versions(&self, key: &str) -> Vec<String> {
        let call = self.client.list_object_versions().bucket(&self.name);
        let listed = call.prefix(key).send().await.expect("versions are listed");
        let versions = listed.versions().iter();
        let versions = versions.filter(|version| version.key() == Some(key));
        versions
            .filter_map(|version| version.version_id())
            .map(str::to_owned)
            .collect()
    }

    /// Deletes the object as a person does by mistake: with a delete marker.
    async fn delete(&self, key: &str) {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        let deleted = call.send().await.expect("a delete marker can be written");
        assert_eq!(deleted.delete_marker(), Some(true));
    }

    /// Puts other bytes in front of the object.
    async fn overwrite(&self, key: &str, bytes: &[u8]) {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let put = call.body(bytes.to_vec().into()).send().await;
        put.expect("a version can be written");
    }

    /// Deletes everything, against the locks in mode GOVERNANCE.
    async fn empty(&self) {
        let call = self.client.list_object_versions().bucket(&self.name);
        let listed = call.send().await.expect("versions are listed");
        let versions = listed
            .versions()
            .iter()
            .map(|it| (it.key(), it.version_id()));
        let markers = listed.delete_markers().iter();
        let markers = markers.map(|it| (it.key(), it.version_id()));
        for (key, version) in versions.chain(markers) {
            let call = self.client.delete_object().bucket(&self.name);
            let call = call
                .set_key(key.map(str::to_owned))
                .set_version_id(version.map(str::to_owned));
            call.bypass_governance_retention(true).send().await.ok();
        }
        let call = self.client.delete_bucket().bucket(&self.name);
        call.send().await.ok();
    }

    /// Mode and end of the lock of an object.
    async fn retention(&self, key: &str) -> Option<(ObjectLockRetentionMode, i64)> {
        let call = self.client.get_object_retention().bucket(&self.name);
        let answer = call.key(key).send().await.ok()?;
        let retention = answer.retention()?;
        let until = retention.retain_until_date()?.secs();
        Some((retention.mode()?.clone(), until))
    }
}

fn identity(request: &Value) -> InvoiceIdentity {
    samples::identity(request)
}

fn key(request: &Value) -> String {
    ObjectKey::for_invoice(&identity(request))
        .as_str()
        .to_owned()
}
