//! The accounts, and to whom they belong.

use std::ops::Range;

use invoice::amount;
use invoice::model::TaxCategory;
use time::Date;

/// What a person gives for booking batches.
#[derive(Clone, Debug)]
pub struct DatevSettings {
    /// Number of the tax consultant (`Beraternummer`).
    pub consultant: u32,
    /// Number of the client (`Mandantennummer`).
    pub client: u32,
    /// First day of the fiscal year (`Wirtschaftsjahresbeginn`).
    pub fiscal_year: Date,
    /// Digits of a general ledger account (`Sachkontenlänge`).
    pub account_length: u8,
    /// Account of the debtors.
    pub debtor: String,
    /// Revenue accounts: `RATE=ACCOUNT`, or `CATEGORY:RATE=ACCOUNT` for another category than S.
    pub revenue: Vec<String>,
}

/// What is wrong with a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatevProblem {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong, to be read after its name.
    pub problem: String,
}

/// Settings that were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datev {
    consultant: u32,
    client: u32,
    fiscal_year: Range<Date>,
    account_length: u8,
    debtor: String,
    revenue: Vec<Revenue>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Revenue {
    category: &'static str,
    rate: String,
    account: String,
}

impl DatevSettings {
    /// Checks them.
    ///
    /// # Errors
    ///
    /// The first setting that DATEV would refuse.
    pub fn checked(&self) -> Result<Datev, DatevProblem> {
        let wrong = |setting, problem: String| DatevProblem { setting, problem };
        if !(1_001..=9_999_999).contains(&self.consultant) {
            let problem = format!("is {}, expected 1001 to 9999999", self.consultant);
            return Err(wrong("consultant", problem));
        }
        if !(1..=99_999).contains(&self.client) {
            let problem = format!("is {}, expected 1 to 99999", self.client);
            return Err(wrong("client", problem));
        }
        let begin = self.fiscal_year;
        let end = begin.replace_year(begin.year().saturating_add(1));
        let (1, Ok(end)) = (begin.day(), end) else {
            let problem = format!("is {begin}, expected the first day of a month");
            return Err(wrong("fiscal-year", problem));
        };
        if !(4..=8).contains(&self.account_length) {
            let problem = format!("is {}, expected 4 to 8", self.account_length);
            return Err(wrong("account-length", problem));
        }
        // Accounts of debtors have a digit more than those of the general ledger.
        let length = usize::from(self.account_length);
        let debtor = account(&self.debtor, length + 1);
        let debtor = debtor.map_err(|problem| wrong("debtor", problem))?;
        let mut revenue: Vec<Revenue> = Vec::new();
        for text in &self.revenue {
            let one = revenue_of(text, length).map_err(|problem| wrong("revenue", problem))?;
            let is_same = |it: &Revenue| it.category == one.category && it.rate == one.rate;
            if revenue.iter().any(is_same) {
                let problem = format!("has two accounts for {}:{}", one.category, one.rate);
                return Err(wrong("revenue", problem));
            }
            revenue.push(one);
        }
        if revenue.is_empty() {
            let problem = "is missing, expected accounts like 19=8400".to_owned();
            return Err(wrong("revenue", problem));
        }
        Ok(Datev {
            consultant: self.consultant,
            client: self.client,
            fiscal_year: begin..end,
            account_length: self.account_length,
            debtor,
            revenue,
        })
    }
}

fn revenue_of(text: &str, length: usize) -> Result<Revenue, String> {
    let wrong = |what: &str| {
        format!(
            "has {text:?}, {what}; expected RATE=ACCOUNT or CATEGORY:RATE=ACCOUNT, like 19=8400 or K:0=8125"
        )
    };
    let (tax, number) = text.split_once('=').ok_or_else(|| wrong("without ="))?;
    let (category, rate) = tax.split_once(':').unwrap_or(("S", tax));
    let category = TaxCategory::from_code(category.trim());
    let category = category.ok_or_else(|| wrong("whose category is unknown"))?;
    let rate = amount::parse(rate.trim(), amount::RATE);
    let rate = rate.map_err(|problem| wrong(&format!("whose rate {problem}")))?;
    let number = account(number.trim(), length);
    Ok(Revenue {
        category: category.code(),
        rate: rate.normalize().to_string(),
        account: number.map_err(|problem| wrong(&format!("whose account {problem}")))?,
    })
}

fn account(text: &str, most: usize) -> Result<String, String> {
    let digits = text.trim_start_matches('0');
    let is_number = !digits.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if is_number && digits.len() <= most {
        return Ok(digits.to_owned());
    }
    Err(format!(
        "is {text:?}, expected a number of at most {most} digits"
    ))
}

impl Datev {
    pub(super) fn consultant(&self) -> u32 {
        self.consultant
    }

    pub(super) fn client(&self) -> u32 {
        self.client
    }

    /// From its first day to the one behind its last.
    pub(super) fn fiscal_year(&self) -> &Range<Date> {
        &self.fiscal_year
    }

    pub(super) fn account_length(&self) -> u8 {
        self.account_length
    }

    pub(super) fn debtor(&self) -> &str {
        &self.debtor
    }

    /// The revenue account of a tax category and rate.
    pub(super) fn revenue(&self, category: &str, rate: &str) -> Option<&str> {
        let is_it = |it: &&Revenue| it.category == category && it.rate == rate;
        Some(&self.revenue.iter().find(is_it)?.account)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use time::macros::date;

    use super::*;

    fn usual() -> DatevSettings {
        DatevSettings {
            consultant: 29_098,
            client: 55_003,
            fiscal_year: date!(2026 - 01 - 01),
            account_length: 4,
            debtor: "10000".into(),
            revenue: vec!["19=8400".into(), "S:7.0=8300".into(), "K:0=08125".into()],
        }
    }

    pub(crate) fn datev() -> Datev {
        usual().checked().expect("good settings")
    }

    #[test]
    fn accounts_are_found_by_category_and_rate() {
        let datev = datev();
        for (category, rate, account) in [
            ("S", "19", Some("8400")),
            ("S", "7", Some("8300")),
            ("K", "0", Some("8125")),
            ("S", "0", None),
            ("E", "0", None),
        ] {
            assert_eq!(datev.revenue(category, rate), account);
        }
        assert_eq!(
            datev.fiscal_year(),
            &(date!(2026 - 01 - 01)..date!(2027 - 01 - 01))
        );
    }

    #[test]
    fn settings_that_datev_would_refuse_are_refused() {
        let with = |change: fn(&mut DatevSettings)| {
            let mut settings = usual();
            change(&mut settings);
            settings.checked().expect_err("it is wrong")
        };
        for (problem, setting) in [
            (with(|it| it.consultant = 1_000), "consultant"),
            (with(|it| it.client = 0), "client"),
            (
                with(|it| it.fiscal_year = date!(2026 - 01 - 02)),
                "fiscal-year",
            ),
            (with(|it| it.account_length = 9), "account-length"),
            (with(|it| it.debtor = "1000000".into()), "debtor"),
            (with(|it| it.debtor = "1a".into()), "debtor"),
            (with(|it| it.revenue = vec![]), "revenue"),
            (with(|it| it.revenue = vec!["19".into()]), "revenue"),
            (with(|it| it.revenue = vec!["x:19=8400".into()]), "revenue"),
            (with(|it| it.revenue = vec!["19,5=8400".into()]), "revenue"),
            (with(|it| it.revenue = vec!["19=84000".into()]), "revenue"),
            (
                with(|it| it.revenue = vec!["19=1".into(), "19.0=2".into()]),
                "revenue",
            ),
        ] {
            assert_eq!(problem.setting, setting, "{}", problem.problem);
        }
    }
}
