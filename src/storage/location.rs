//! Where an object is: the URL of a call about it, as the SDK has made it.

use std::error::Error;
use std::sync::{Arc, OnceLock};

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};

/// Keeps the URL that the SDK calls. Region, partition, endpoint, path style and the form of the key in a URL follow from
/// rules of the SDK, which change with its versions; so they are not repeated here.
#[derive(Clone, Debug, Default)]
pub(super) struct Location(Arc<OnceLock<String>>);

impl Location {
    /// The URL without its query; empty before the SDK has made it, so only where nothing was sent.
    pub(super) fn url(&self) -> String {
        self.0.get().cloned().unwrap_or_default()
    }
}

/// The bucket in the URL of an object with this key: the last part of the path before the key, or the beginning of the host.
/// None where that cannot be known, as behind a host of one's own. `current` is the bucket in use, with which a host may begin.
pub(super) fn bucket_of<'a>(url: &'a str, key: &str, current: &'a str) -> Option<&'a str> {
    if key.is_empty() {
        return None;
    }
    let (_, place) = url.split_once("://")?;
    let (host, path) = place.split_once('/')?;
    let parts: Vec<&str> = path.split('/').collect();
    let before_key = parts.len().checked_sub(key.split('/').count())?;
    let in_path = parts[..before_key].last().copied();
    in_path.or_else(|| of_host(host, current))
}

fn of_host<'a>(host: &'a str, current: &'a str) -> Option<&'a str> {
    let rest = host.strip_prefix(current);
    if rest.is_some_and(|rest| rest.starts_with('.')) {
        return Some(&host[..current.len()]);
    }
    // An access point has a host name of its own, which is no bucket's.
    if host.contains(".s3-accesspoint") {
        return host_of_access_point(current)
            .filter(|prefix| host.starts_with(prefix))
            .map(|_| current);
    }
    // Other hosts may begin with a name that is no bucket's.
    if !host.ends_with(".amazonaws.com") && !host.ends_with(".amazonaws.com.cn") {
        return None;
    }
    let end = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    Some(&host[..end])
}

/// How the host name of an access point with this ARN begins.
fn host_of_access_point(arn: &str) -> Option<String> {
    let mut parts = arn.strip_prefix("arn:")?.splitn(5, ':').skip(2);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("accesspoint")?;
    let name = name.trim_start_matches(['/', ':']);
    Some(format!("{name}-{account}.s3-accesspoint.{region}."))
}

impl Intercept for Location {
    fn name(&self) -> &'static str {
        "Location"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let uri = context.request().uri();
        // The query names the operation, not the object.
        let url = uri.split_once('?').map_or(uri, |(url, _query)| url);
        self.0.get_or_init(|| url.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::SdkConfig;
    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
    use clap::builder::Resettable;
    use clap::{Args as _, Command, FromArgMatches as _};
    use document::RenderedWith;
    use invoice::{InvoiceIdentity, ObjectKey, Sha256Digest};

    use super::super::condition::Condition;
    use super::super::object::{Content, NewObject};
    use super::super::{Storage, configured};
    use super::*;
    use crate::config::StorageSettings;

    /// Sends nothing.
    #[derive(Debug)]
    struct Nowhere;

    impl Intercept for Nowhere {
        fn name(&self) -> &'static str {
            "Nowhere"
        }

        fn read_before_transmit(
            &self,
            _context: &BeforeTransmitInterceptorContextRef<'_>,
            _components: &RuntimeComponents,
            _config: &mut ConfigBag,
        ) -> Result<(), Box<dyn Error + Send + Sync>> {
            Err("nothing is sent".into())
        }
    }

    struct Settings {
        region: &'static str,
        bucket: &'static str,
        endpoint: Option<&'static str>,
        path_style: bool,
        dualstack: Option<bool>,
        fips: Option<bool>,
    }

    const AWS: Settings = Settings {
        region: "us-east-1",
        bucket: "gdec-orderhub-invoices",
        endpoint: None,
        path_style: false,
        dualstack: None,
        fips: None,
    };

    const ACCESS_POINT: &str = "arn:aws:s3:eu-central-1:111122223333:accesspoint/invoices";

    const ELSEWHERE: Settings = Settings {
        endpoint: Some("http://minio.test:9000"),
        ..AWS
    };

    impl Settings {
        /// As the command line gives them.
        fn given(&self) -> StorageSettings {
            let mut arguments = vec![
                "test".to_owned(),
                format!("--aws-s3-bucket-name={}", self.bucket),
                format!("--s3-force-path-style={}", self.path_style),
            ];
            for (flag, is_on) in [
                ("--aws-use-dualstack-endpoint", self.dualstack),
                ("--aws-use-fips-endpoint", self.fips),
            ] {
                arguments.extend(is_on.map(|is_on| format!("{flag}={is_on}")));
            }
            // Variables of the machine would be settings too.
            let command = StorageSettings::augment_args(Command::new("test"));
            let command = command.mut_args(|argument| argument.env(Resettable::Reset));
            let matches = command.get_matches_from(arguments);
            let given = StorageSettings::from_arg_matches(&matches).expect("valid settings");
            given.check().expect("settings that agree");
            given
        }
    }

    /// The URL of an upload with these settings.
    async fn upload(settings: &Settings, parts: [&str; 5]) -> String {
        let keys = Credentials::new("id", "secret", None, None, "test");
        let mut shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region))
            .credentials_provider(SharedCredentialsProvider::new(keys));
        shared.set_endpoint_url(settings.endpoint.map(str::to_owned));
        let given = settings.given();
        let config = configured(&shared.build(), &given).interceptor(Nowhere);
        let client = Client::from_conf(config.build());
        let storage = Storage::of(client, &given, "nowhere".to_owned());
        let identity = InvoiceIdentity::from_parts(parts).expect("a valid identity");
        let rendered_with = RenderedWith {
            template: "receipt".into(),
            version: "1".into(),
            digest: String::new(),
            brand_digest: None,
        };
        let digest = Sha256Digest::of(b"");
        let object = NewObject {
            key: &ObjectKey::for_invoice(&identity),
            bytes: b"",
            sha256: digest,
            request_digest: digest,
            content: Content::Pdf {
                pages: 1,
                rendered_with: &rendered_with,
                e_invoice: None,
            },
            subject: None,
        };
        let (location, put) = storage.upload(object, Condition::Absent);
        put.await.expect_err("nothing is sent");
        location.url()
    }

    #[tokio::test]
    async fn the_url_is_the_one_that_the_sdk_calls() {
        let iso = Settings {
            region: "us-iso-east-1",
            ..AWS
        };
        for (settings, prefix) in [
            (
                &AWS,
                "https://gdec-orderhub-invoices.s3.us-east-1.amazonaws.com/",
            ),
            (
                &Settings {
                    region: "eu-central-1",
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3.eu-central-1.amazonaws.com/",
            ),
            (
                &Settings {
                    region: "us-gov-west-1",
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3.us-gov-west-1.amazonaws.com/",
            ),
            (
                &Settings {
                    region: "cn-north-1",
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3.cn-north-1.amazonaws.com.cn/",
            ),
            (
                &Settings {
                    region: "eusc-de-east-1",
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3.eusc-de-east-1.amazonaws.eu/",
            ),
            (
                &iso,
                "https://gdec-orderhub-invoices.s3.us-iso-east-1.c2s.ic.gov/",
            ),
            // A certificate for `*.s3.us-east-1.amazonaws.com` has no name with further dots.
            (
                &Settings {
                    bucket: "invoices.example.com",
                    ..AWS
                },
                "https://s3.us-east-1.amazonaws.com/invoices.example.com/",
            ),
            (
                &Settings {
                    path_style: true,
                    ..AWS
                },
                "https://s3.us-east-1.amazonaws.com/gdec-orderhub-invoices/",
            ),
            (&ELSEWHERE, "http://gdec-orderhub-invoices.minio.test:9000/"),
            (
                &Settings {
                    path_style: true,
                    ..ELSEWHERE
                },
                "http://minio.test:9000/gdec-orderhub-invoices/",
            ),
            (
                &Settings {
                    dualstack: Some(true),
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3.dualstack.us-east-1.amazonaws.com/",
            ),
            (
                &Settings {
                    fips: Some(true),
                    dualstack: Some(false),
                    ..AWS
                },
                "https://gdec-orderhub-invoices.s3-fips.us-east-1.amazonaws.com/",
            ),
            (
                &Settings {
                    fips: Some(true),
                    dualstack: Some(true),
                    path_style: true,
                    ..AWS
                },
                "https://s3-fips.dualstack.us-east-1.amazonaws.com/gdec-orderhub-invoices/",
            ),
            // The region of the access point counts.
            (
                &Settings {
                    bucket: ACCESS_POINT,
                    ..AWS
                },
                "https://invoices-111122223333.s3-accesspoint.eu-central-1.amazonaws.com/",
            ),
            (
                &Settings {
                    bucket: "invoices-abcdefgh-s3alias",
                    ..AWS
                },
                "https://invoices-abcdefgh-s3alias.s3.us-east-1.amazonaws.com/",
            ),
            // Buckets have no names below an IP address.
            (
                &Settings {
                    endpoint: Some("http://127.0.0.1:9000"),
                    ..AWS
                },
                "http://127.0.0.1:9000/gdec-orderhub-invoices/",
            ),
            (
                &Settings {
                    endpoint: Some("https://[::1]:9000"),
                    ..AWS
                },
                "https://[::1]:9000/gdec-orderhub-invoices/",
            ),
            (
                &Settings {
                    endpoint: Some("https://store.test/s3/"),
                    path_style: true,
                    ..AWS
                },
                "https://store.test/s3/gdec-orderhub-invoices/",
            ),
        ] {
            let parts = ["tiktok", "shop123", "order456", "pkg789", "12345"];
            let key = "invoices/tiktok/shop123/order456/pkg789/12345.pdf";
            assert_eq!(upload(settings, parts).await, format!("{prefix}{key}"));
        }
    }

    #[tokio::test]
    async fn the_key_is_in_the_url_as_the_sdk_encodes_it() {
        let url = upload(&AWS, ["etsy", "a+b@c=d,e", "#1", "~root", "x-_.y"]).await;
        let (_, key) = url.split_once(".com/").expect("a key");
        assert_eq!(key, "invoices/etsy/a%2Bb%40c%3Dd%2Ce/%231/~root/x-_.y.pdf");
    }

    #[test]
    fn the_bucket_of_a_recorded_url_is_that_of_the_document() {
        let key = "invoices/a/b c/d.pdf";
        for (url, expected) in [
            (
                "https://old.s3.us-east-1.amazonaws.com/invoices/a/b%20c/d.pdf",
                Some("old"),
            ),
            (
                "https://s3.us-east-1.amazonaws.com/old.x/invoices/a/b%20c/d.pdf",
                Some("old.x"),
            ),
            (
                "http://127.0.0.1:9000/old/invoices/a/b%20c/d.pdf",
                Some("old"),
            ),
            (
                "http://minio.test/s3/old/invoices/a/b%20c/d.pdf",
                Some("old"),
            ),
            (
                "http://now.minio.test:9000/invoices/a/b%20c/d.pdf",
                Some("now"),
            ),
            ("http://old.minio.test:9000/invoices/a/b%20c/d.pdf", None),
            ("invoices/a/b%20c/d.pdf", None),
            ("", None),
        ] {
            assert_eq!(bucket_of(url, key, "now"), expected, "{url}");
        }
        assert_eq!(bucket_of("http://a/b/c.pdf", "", "now"), None, "no key");
        for (host, expected) in [
            ("old.s3.dualstack.us-east-1.amazonaws.com", Some("old")),
            ("old.s3-fips.us-east-1.amazonaws.com", Some("old")),
            (
                "invoices-111122223333.s3-accesspoint.eu-central-1.amazonaws.com",
                Some(ACCESS_POINT),
            ),
            (
                "other-111122223333.s3-accesspoint.eu-central-1.amazonaws.com",
                None,
            ),
        ] {
            let url = format!("https://{host}/{key}");
            assert_eq!(bucket_of(&url, key, ACCESS_POINT), expected, "{url}");
        }
    }
}
