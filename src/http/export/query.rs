//! The parameters of an export.

use invoice::Sha256Digest;
use invoice::identity::refuse_part;
use serde::Deserialize;
use time::{Date, OffsetDateTime};
use url::form_urlencoded;

use crate::export::{Datev, DatevSettings, Had, Selection};
use crate::http::auth::{Caller, Shop};
use crate::http::openapi::IdentityPart;
use crate::http::problem::{Code, Problem};
use crate::http::query::moment;
use crate::moment::text;

/// Which documents, the accounts of DATEV, and what the client has already.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// Marketplace platform.
    #[param(value_type = Option<IdentityPart>, example = "tiktok")]
    pub(crate) platform: Option<String>,
    /// Shop on the platform.
    #[param(value_type = Option<IdentityPart>, example = "shop123")]
    pub(crate) shop: Option<String>,
    /// Recorded at this moment or later (RFC 3339). A document is recorded once.
    #[param(format = DateTime)]
    pub(crate) since: Option<String>,
    /// Recorded before this moment (RFC 3339); now, if it is not given.
    #[param(format = DateTime)]
    pub(crate) until: Option<String>,
    /// With this issue date or a later one.
    #[param(format = Date)]
    pub(crate) issued_since: Option<String>,
    /// With an issue date before this one.
    #[param(format = Date)]
    pub(crate) issued_until: Option<String>,
    /// Number of the tax consultant, 1001 to 9999999: adds booking batches for DATEV. The other parameters of DATEV are needed then.
    #[param(minimum = 1001, maximum = 9_999_999)]
    pub(crate) datev_consultant: Option<u32>,
    /// Number of the client, 1 to 99999.
    #[param(minimum = 1, maximum = 99_999)]
    pub(crate) datev_client: Option<u32>,
    /// First day of the fiscal year, the first of a month.
    #[param(format = Date)]
    pub(crate) datev_fiscal_year: Option<String>,
    /// Digits of a general ledger account, 4 to 8; 4, if it is not given.
    #[param(minimum = 4, maximum = 8)]
    pub(crate) datev_account_length: Option<u8>,
    /// Account of the debtors.
    #[param(pattern = "^[0-9]{1,9}$", example = "10000")]
    pub(crate) datev_debtor: Option<String>,
    /// Revenue accounts by tax rate, separated by commas; with a category before the rate where that is not S.
    #[param(example = "19=8400,7=8300,K:0=8125")]
    pub(crate) datev_revenue: Option<String>,
    /// How many bytes of this export the client has from a call that was cut: the answer is what is behind them. `resumeSha256` and the
    /// `until` of that call are needed then, and all other parameters have to be the same.
    pub(crate) resume_at: Option<u64>,
    /// SHA-256 of those bytes, hexadecimal. If the export does not begin with them, the answer is 409.
    #[param(pattern = "^[0-9a-f]{64}$")]
    pub(crate) resume_sha256: Option<String>,
}

impl ExportQuery {
    /// The same with a moment where the export ends, so that another call can mean the same documents.
    pub(super) fn with_end(self) -> Self {
        let now = || text(OffsetDateTime::now_utc());
        Self {
            until: Some(self.until.unwrap_or_else(now)),
            ..self
        }
    }

    /// The address of this export, without what the client has of it.
    pub(super) fn address(&self) -> String {
        let number = |number: Option<u32>| number.map(|it| it.to_string());
        let length = self.datev_account_length.map(u32::from);
        let all = [
            ("platform", self.platform.clone()),
            ("shop", self.shop.clone()),
            ("since", self.since.clone()),
            ("until", self.until.clone()),
            ("issuedSince", self.issued_since.clone()),
            ("issuedUntil", self.issued_until.clone()),
            ("datevConsultant", number(self.datev_consultant)),
            ("datevClient", number(self.datev_client)),
            ("datevFiscalYear", self.datev_fiscal_year.clone()),
            ("datevAccountLength", number(length)),
            ("datevDebtor", self.datev_debtor.clone()),
            ("datevRevenue", self.datev_revenue.clone()),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in all {
            if let Some(value) = value {
                query.append_pair(name, &value);
            }
        }
        format!("/v1/export?{}", query.finish())
    }

    pub(super) fn selection(&self, caller: &Caller) -> Result<Selection, Problem> {
        for (name, part) in [("platform", &self.platform), ("shop", &self.shop)] {
            if let Some(problem) = part.as_deref().and_then(refuse_part) {
                return Err(wrong(name, &problem.to_string()));
            }
        }
        if let (Some(platform), Some(shop)) = (&self.platform, &self.shop) {
            caller.may_see_shop(platform, shop)?;
        }
        let shops = caller.shops().map(|shops| {
            let pair = |shop: &Shop| (shop.platform.clone(), shop.shop_id.clone());
            shops.iter().map(pair).collect()
        });
        let given = |name, text: &Option<String>| {
            text.as_deref().map(|text| moment(name, text)).transpose()
        };
        let until = given("until", &self.until)?;
        Ok(Selection {
            platform: self.platform.clone(),
            shop_id: self.shop.clone(),
            shops,
            since: given("since", &self.since)?,
            until: until.unwrap_or_else(OffsetDateTime::now_utc),
            issued_since: day("issuedSince", self.issued_since.as_deref())?,
            issued_until: day("issuedUntil", self.issued_until.as_deref())?,
        })
    }

    /// The accounts; none where no parameter of DATEV is given.
    pub(super) fn datev(&self) -> Result<Option<Datev>, Problem> {
        let needed = |name| wrong(name, "is missing: booking batches for DATEV need it");
        let is_asked = self.datev_consultant.is_some()
            || self.datev_client.is_some()
            || self.datev_fiscal_year.is_some()
            || self.datev_account_length.is_some()
            || self.datev_debtor.is_some()
            || self.datev_revenue.is_some();
        if !is_asked {
            return Ok(None);
        }
        let fiscal_year = day("datevFiscalYear", self.datev_fiscal_year.as_deref())?;
        let debtor = self.datev_debtor.clone();
        let revenue = self.datev_revenue.as_deref();
        let revenue = revenue.ok_or_else(|| needed("datevRevenue"))?;
        let settings = DatevSettings {
            consultant: self
                .datev_consultant
                .ok_or_else(|| needed("datevConsultant"))?,
            client: self.datev_client.ok_or_else(|| needed("datevClient"))?,
            fiscal_year: fiscal_year.ok_or_else(|| needed("datevFiscalYear"))?,
            account_length: self.datev_account_length.unwrap_or(4),
            debtor: debtor.ok_or_else(|| needed("datevDebtor"))?,
            revenue: revenue.split(',').map(str::to_owned).collect(),
        };
        let checked = settings.checked().map_err(|problem| {
            let name = match problem.setting {
                "consultant" => "datevConsultant",
                "client" => "datevClient",
                "fiscal-year" => "datevFiscalYear",
                "account-length" => "datevAccountLength",
                "debtor" => "datevDebtor",
                _ => "datevRevenue",
            };
            wrong(name, &problem.problem)
        });
        checked.map(Some)
    }

    /// What the client has already.
    pub(super) fn had(&self) -> Result<Option<Had>, Problem> {
        let (bytes, sha256) = match (self.resume_at, &self.resume_sha256) {
            (None, None) => return Ok(None),
            (Some(bytes), Some(sha256)) => (bytes, sha256),
            (Some(_), None) => {
                let problem = "is missing: it is the SHA-256 of the bytes that resumeAt counts";
                return Err(wrong("resumeSha256", problem));
            }
            (None, Some(_)) => {
                let problem = "is missing: it is the number of bytes that resumeSha256 is of";
                return Err(wrong("resumeAt", problem));
            }
        };
        if self.until.is_none() {
            let problem = "is missing: an export that goes on ends where the call before has ended, which Content-Location says";
            return Err(wrong("until", problem));
        }
        let sha256 = sha256.parse::<Sha256Digest>();
        let sha256 = sha256.map_err(|problem| wrong("resumeSha256", &problem.to_string()))?;
        Ok(Some(Had { bytes, sha256 }))
    }
}

fn wrong(name: &str, problem: &str) -> Problem {
    Problem::new(Code::ParameterInvalid, format!("{name} {problem}"))
}

fn day(name: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let parsed = text.map(|text| {
        let day = crate::moment::day(text);
        day.ok_or_else(|| wrong(name, "is not a day as in 2026-11-29"))
    });
    parsed.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_the_same_export() {
        let query = ExportQuery {
            shop: Some("a b&c".to_owned()),
            until: Some("2026-11-01T00:00:00+01:00".to_owned()),
            datev_account_length: Some(4),
            datev_revenue: Some("19=8400,K:0=8125".to_owned()),
            resume_at: Some(7),
            ..ExportQuery::default()
        };
        let address = query.clone().with_end().address();
        let expected = "/v1/export?shop=a+b%26c&until=2026-11-01T00%3A00%3A00%2B01%3A00&datevAccountLength=4&\
                        datevRevenue=19%3D8400%2CK%3A0%3D8125";
        assert_eq!(address, expected);
        let without = ExportQuery::default().with_end();
        let until = without.until.as_deref().expect("a moment");
        assert!(moment("until", until).is_ok(), "{until}");
        // `+` is a space in a form, and `%2B` is a plus sign in a moment.
        let (_, sent) = address.split_once('?').expect("a query");
        let again: ExportQuery = crate::http::query::parse(sent).expect("the same");
        assert_eq!((again.shop, again.until), (query.shop, query.until));
    }

    #[test]
    fn what_a_client_has_needs_its_digest_and_the_end() {
        let until = Some("2026-11-01T00:00:00Z".to_owned());
        let digest = Some("ab".repeat(32));
        for (resume_at, resume_sha256, until, missing) in [
            (Some(1), None, until.clone(), "resumeSha256"),
            (None, digest.clone(), until.clone(), "resumeAt"),
            (Some(1), digest.clone(), None, "until"),
            (
                Some(1),
                Some("AB".repeat(32)),
                until.clone(),
                "resumeSha256",
            ),
        ] {
            let query = ExportQuery {
                until,
                resume_at,
                resume_sha256,
                ..ExportQuery::default()
            };
            let problem = query.had().expect_err("it is refused");
            let starts = problem.detail().starts_with(missing);
            assert!(starts, "{}", problem.detail());
        }
        let query = ExportQuery {
            until,
            resume_at: Some(0),
            resume_sha256: digest,
            ..ExportQuery::default()
        };
        assert!(query.had().expect("it is good").is_some());
    }
}
