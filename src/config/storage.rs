//! The object store.

use clap::Args;

use super::{ConfigError, MaskedSecret, ObjectSettings, parse};

/// The object store.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Bucket settings")]
pub struct StorageSettings {
    /// Region of the bucket
    #[arg(
        long,
        env = "AWS_REGION",
        value_name = "REGION",
        default_value = "us-east-1",
        global = true
    )]
    #[arg(value_parser = parse::not_empty, hide_short_help = true)]
    pub aws_region: String,

    /// Access key; without it the AWS default chain is used (roles, profiles, credential processes)
    #[arg(
        long,
        env = "AWS_ACCESS_KEY_ID",
        value_name = "ID",
        global = true,
        hide_short_help = true
    )]
    pub aws_access_key_id: Option<String>,

    /// Secret of the access key; other users of the machine can see a flag, so prefer the variable or .env
    #[arg(
        long,
        env = "AWS_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        global = true
    )]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub aws_secret_access_key: Option<MaskedSecret>,

    /// Session token of temporary keys; other users of the machine can see a flag, so prefer the variable or .env
    #[arg(long, env = "AWS_SESSION_TOKEN", value_name = "TOKEN", global = true)]
    #[arg(hide_env_values = true, hide_short_help = true)]
    pub aws_session_token: Option<MaskedSecret>,

    /// Bucket for the documents, or the ARN of an access point
    #[arg(
        long,
        env = "AWS_S3_BUCKET_NAME",
        value_name = "NAME",
        default_value = "gdec-orderhub-invoices"
    )]
    #[arg(value_parser = parse::bucket, global = true, hide_short_help = true)]
    pub aws_s3_bucket_name: String,

    /// Endpoint of an S3 server other than AWS
    #[arg(
        long = "aws-endpoint-url-s3",
        env = "AWS_ENDPOINT_URL_S3",
        value_name = "URL",
        global = true
    )]
    #[arg(value_parser = parse::http_url, hide_short_help = true)]
    pub aws_endpoint_url_s3: Option<String>,

    /// Endpoint for those who open presigned URLs, where they reach the S3 server by another one than the program does
    #[arg(
        long,
        env = "S3_PUBLIC_ENDPOINT_URL",
        value_name = "URL",
        global = true
    )]
    #[arg(value_parser = parse::http_url, hide_short_help = true)]
    pub s3_public_endpoint_url: Option<String>,

    /// Put the bucket into the path, not the host name; most S3 servers other than AWS need it
    #[arg(
        long,
        env = "S3_FORCE_PATH_STYLE",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub s3_force_path_style: bool,

    /// Use the endpoints of AWS that have IPv6 as well; without it the profile says
    #[arg(
        long,
        env = "AWS_USE_DUALSTACK_ENDPOINT",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::boolean)]
    pub aws_use_dualstack_endpoint: Option<bool>,

    /// Use the endpoints of AWS with validated cryptography (FIPS 140); without it the profile says
    #[arg(
        long,
        env = "AWS_USE_FIPS_ENDPOINT",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::boolean)]
    pub aws_use_fips_endpoint: Option<bool>,

    /// Pay for the requests, as a bucket of another account whose requester pays needs it
    #[arg(
        long,
        env = "S3_REQUESTER_PAYS",
        value_name = "BOOL",
        global = true,
        hide_short_help = true
    )]
    #[arg(default_value_t = false, action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub s3_requester_pays: bool,

    /// How objects are stored.
    #[command(flatten)]
    pub objects: ObjectSettings,
}

impl StorageSettings {
    /// Refuses settings that contradict each other.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |variable, problem: &str| {
            Err(ConfigError {
                variable,
                problem: problem.to_owned(),
            })
        };
        let switches = [
            (
                "AWS_USE_DUALSTACK_ENDPOINT",
                self.aws_use_dualstack_endpoint,
            ),
            ("AWS_USE_FIPS_ENDPOINT", self.aws_use_fips_endpoint),
        ];
        let of_aws = switches.iter().find(|(_, is_on)| *is_on == Some(true));
        let named = [
            ("AWS_ENDPOINT_URL_S3", &self.aws_endpoint_url_s3),
            ("S3_PUBLIC_ENDPOINT_URL", &self.s3_public_endpoint_url),
        ];
        let named = named.iter().find(|(_, endpoint)| endpoint.is_some());
        if let (Some((variable, _)), Some((endpoint, _))) = (of_aws, named) {
            let problem = format!(
                "is true, but {endpoint} names an endpoint; it chooses among those of AWS, so unset one of the two"
            );
            return wrong(variable, &problem);
        }
        if self.is_access_point() && self.s3_force_path_style {
            return wrong(
                "S3_FORCE_PATH_STYLE",
                "is true, but AWS_S3_BUCKET_NAME is the ARN of an access point, which has a host name of its own; set it to \
                 false",
            );
        }
        self.objects.check()
    }

    /// Whether the bucket is given as the ARN of an access point.
    pub fn is_access_point(&self) -> bool {
        self.aws_s3_bucket_name.starts_with("arn:")
    }

    /// The keys, when both are given.
    pub fn keys(&self) -> Result<Option<(&str, &MaskedSecret)>, ConfigError> {
        let id = self
            .aws_access_key_id
            .as_deref()
            .filter(|id| !id.is_empty());
        let secret = self
            .aws_secret_access_key
            .as_ref()
            .filter(|secret| !secret.is_empty());
        let needs = |variable, other| ConfigError {
            variable,
            problem: format!("is set, but {other} is not; set both or neither"),
        };
        match (id, secret) {
            (Some(id), Some(secret)) => Ok(Some((id, secret))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(needs("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
            (None, Some(_)) => Err(needs("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
        }
    }
}
