//! The names of e-invoices in a PDF.

use invoice::model::EInvoiceProfile;

/// What the e-invoice of a profile is called in a PDF.
pub(super) struct Carrier {
    /// Name of the embedded file.
    pub(super) file_name: &'static str,
    /// What the file is, in words of no language.
    pub(super) description: &'static str,
    /// `fx:ConformanceLevel` of the metadata.
    pub(super) level: &'static str,
}

impl Carrier {
    /// What the container of this profile is called; none where the profile has no container.
    pub(super) fn of(profile: EInvoiceProfile) -> Option<Self> {
        match profile {
            EInvoiceProfile::FacturXEn16931 => Some(Self {
                file_name: "factur-x.xml",
                description: "Factur-X EN 16931",
                level: "EN 16931",
            }),
            EInvoiceProfile::XRechnung30 => Some(Self {
                file_name: "xrechnung.xml",
                description: "XRechnung 3.0",
                level: "XRECHNUNG",
            }),
            EInvoiceProfile::PeppolBis3 => None,
        }
    }
}
