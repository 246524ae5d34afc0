//! Profiles of e-invoices: values with a version, so that a later version can stand beside it.

/// The rules that an e-invoice obeys, in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EInvoiceProfile {
    /// Factur-X 1.0 and ZUGFeRD 2, profile EN 16931.
    FacturXEn16931,
    /// XRechnung 3.0.
    XRechnung30,
    /// Peppol BIS Billing 3.0.
    PeppolBis3,
}

impl EInvoiceProfile {
    /// All profiles.
    pub const ALL: [Self; 3] = [Self::FacturXEn16931, Self::XRechnung30, Self::PeppolBis3];

    /// The names on the wire. A name without a version means the current version.
    pub const NAMES: [(&str, Self); 4] = [
        ("factur-x-en16931", Self::FacturXEn16931),
        ("xrechnung", Self::XRechnung30),
        ("xrechnung-3.0", Self::XRechnung30),
        ("peppol-bis-3", Self::PeppolBis3),
    ];

    /// The profile with this name on the wire.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names
            .find(|(known, _)| *known == name)
            .map(|(_, profile)| *profile)
    }

    /// The name with its version, as records and events have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FacturXEn16931 => "factur-x-en16931",
            Self::XRechnung30 => "xrechnung-3.0",
            Self::PeppolBis3 => "peppol-bis-3",
        }
    }

    /// Specification identifier (BT-24) of an e-invoice of this profile.
    pub fn specification(self) -> &'static str {
        match self {
            Self::FacturXEn16931 => "urn:cen.eu:en16931:2017",
            Self::XRechnung30 => {
                "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
            }
            Self::PeppolBis3 => {
                "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
            }
        }
    }

    /// Whether the PDF carries the e-invoice. One of Peppol is a file of its own.
    pub fn is_embedded(self) -> bool {
        match self {
            Self::FacturXEn16931 | Self::XRechnung30 => true,
            Self::PeppolBis3 => false,
        }
    }
}
