//! The HTTP server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::{MaskedSecret, parse};

/// The HTTP server.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "HTTP settings")]
pub struct HttpSettings {
    /// Address for health, metrics and, with `serve`, the API: an IP address and a port [default: 127.0.0.1:8080 with
    /// `serve`, else none]
    #[arg(
        long,
        env = "HTTP_ADDR",
        value_name = "ADDRESS",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::socket_address)]
    pub http_addr: Option<SocketAddr>,

    /// Tokens of the API, as a JSON array of name, sha256, roles, shops, expires and ratePerSecond; without tokens `serve`
    /// listens on this machine only; other users of the machine can see a flag, so prefer the file
    #[arg(
        long,
        env = "HTTP_TOKENS",
        value_name = "JSON",
        global = true,
        hide_short_help = true
    )]
    pub http_tokens: Option<MaskedSecret>,

    /// File with the tokens of the API instead; it is read again when it changes
    #[arg(
        long,
        env = "HTTP_TOKENS_FILE",
        value_name = "FILE",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub http_tokens_file: Option<PathBuf>,

    /// Calls a second of each token that names no rate of its own, and of each subject of the identity provider
    #[arg(
        long,
        env = "HTTP_RATE_PER_SECOND",
        value_name = "COUNT",
        default_value = "100",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::rate())]
    pub http_rate_per_second: NonZeroU32,

    /// File with the certificate of the API in PEM, and those that sign it; with it the API has TLS
    #[arg(
        long,
        env = "HTTP_TLS_CERT_FILE",
        value_name = "FILE",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub http_tls_cert_file: Option<PathBuf>,

    /// File with the key of the certificate in PEM; both are read again when they change
    #[arg(
        long,
        env = "HTTP_TLS_KEY_FILE",
        value_name = "FILE",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = OsStringValueParser::new().map(PathBuf::from))]
    pub http_tls_key_file: Option<PathBuf>,

    /// Seconds for which browsers that have called the API over TLS call this host, on all its ports, with TLS only; 0 takes it
    /// back
    #[arg(
        long,
        env = "HTTP_HSTS_SECONDS",
        value_name = "SECONDS",
        default_value = "31536000",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::within(0..=MOST_HSTS_SECONDS))]
    pub http_hsts_seconds: u32,

    /// How browsers reach the page where a proxy stands before it or people sign in at an identity provider: scheme, host and
    /// port; with https its cookies are for TLS only
    #[arg(
        long,
        env = "HTTP_PUBLIC_URL",
        value_name = "URL",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::public_url)]
    pub http_public_url: Option<String>,

    /// Minutes without a call after which a visitor of the page is signed out
    #[arg(
        long,
        env = "SESSION_IDLE_MINUTES",
        value_name = "MINUTES",
        default_value = "30",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::within(1..=MOST_IDLE_MINUTES))]
    pub session_idle_minutes: u32,

    /// Hours after which a visitor of the page has to sign in again
    #[arg(
        long,
        env = "SESSION_HOURS",
        value_name = "HOURS",
        default_value = "12",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::within(1..=MOST_SESSION_HOURS))]
    pub session_hours: u32,

    /// Identity provider whose tokens (JWT) are accepted too: its issuer, as the tokens name it
    #[arg(
        long,
        env = "OIDC_ISSUER",
        value_name = "URL",
        global = true,
        hide_short_help = true
    )]
    pub oidc_issuer: Option<String>,

    /// Audience that these tokens must name
    #[arg(
        long,
        env = "OIDC_AUDIENCE",
        value_name = "NAME",
        global = true,
        hide_short_help = true
    )]
    pub oidc_audience: Option<String>,

    /// Keys of the provider (JWKS): a file or an https URL
    #[arg(
        long,
        env = "OIDC_JWKS",
        value_name = "FILE_OR_URL",
        global = true,
        hide_short_help = true
    )]
    pub oidc_jwks: Option<String>,

    /// Claim of the tokens with the roles look, read, request, operate and erase; dots lead into objects
    #[arg(
        long,
        env = "OIDC_ROLES_CLAIM",
        value_name = "NAME",
        default_value = "roles",
        global = true,
        hide_short_help = true
    )]
    #[arg(value_parser = parse::not_empty)]
    pub oidc_roles_claim: String,

    /// Name of the page as a client of the identity provider, with which people sign in to the page there; needs
    /// HTTP_PUBLIC_URL
    #[arg(
        long,
        env = "OIDC_CLIENT_ID",
        value_name = "NAME",
        global = true,
        hide_short_help = true
    )]
    pub oidc_client_id: Option<String>,

    /// Secret of this client; none where the provider knows it as a public one; other users of the machine can see a flag, so
    /// prefer the variable or .env
    #[arg(
        long,
        env = "OIDC_CLIENT_SECRET",
        value_name = "SECRET",
        global = true,
        hide_short_help = true
    )]
    pub oidc_client_secret: Option<MaskedSecret>,
}

/// Two years: no list of hosts demands more.
const MOST_HSTS_SECONDS: u32 = 63_072_000;

/// A day.
const MOST_IDLE_MINUTES: u32 = 1_440;

/// A week.
const MOST_SESSION_HOURS: u32 = 168;

/// Where `serve` listens unless it is set.
const API_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

impl HttpSettings {
    /// The address of the API.
    pub fn api_address(&self) -> SocketAddr {
        self.http_addr.unwrap_or(API_ADDRESS)
    }
}
