//! The two syntaxes of EN 16931.

use invoice::model::EInvoiceProfile;

/// Syntax of an e-invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// UN/CEFACT Cross Industry Invoice D16B.
    Cii,
    /// OASIS UBL 2.1.
    Ubl,
}

impl Syntax {
    /// All syntaxes.
    pub const ALL: [Self; 2] = [Self::Cii, Self::Ubl];

    /// The syntax of a profile, where no other one is asked for.
    pub fn of(profile: EInvoiceProfile) -> Self {
        match profile {
            EInvoiceProfile::FacturXEn16931 | EInvoiceProfile::XRechnung30 => Self::Cii,
            EInvoiceProfile::PeppolBis3 => Self::Ubl,
        }
    }

    /// The syntax with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.as_str() == name)
    }

    /// The name, as commands and records have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cii => "cii",
            Self::Ubl => "ubl",
        }
    }

    /// The name, as messages have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cii => "CII",
            Self::Ubl => "UBL",
        }
    }

    pub(crate) fn of_formats(self) -> en16931_formats::Syntax {
        match self {
            Self::Cii => en16931_formats::Syntax::Cii,
            Self::Ubl => en16931_formats::Syntax::Ubl,
        }
    }
}
