//! What the writers of `en16931-formats` 0.8 leave out although the syntax has a place for it, added to their XML.
//!
//! The writers put each element on a line of its own, and no text of an invoice has a `<` in XML. So an element is found by its
//! tag.

mod accounts;
mod insertion;

use en16931::invoice::{PaymentMeans, PrecedingInvoice};
use en16931::{Date, DocumentKind, DocumentReference, Invoice as Model};
use invoice::model::EInvoiceProfile;

use self::insertion::{Element, after_first, before_first, with_attributes, without_attributes};
use crate::syntax::Syntax;

/// What is added to the XML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Completion {
    /// CII: the versions of the schemes of all classifications, in order (BT-158-2).
    classification_versions: Vec<Option<String>>,
    /// CII: whether an account of the payee is no IBAN (BT-84).
    has_other_accounts: bool,
    /// CII: the mandate of a direct debit where there are neither terms nor a due date (BT-89).
    mandate: Option<String>,
    /// CII of Factur-X, whose schema has more than one: the preceding invoices but the first (BG-3).
    preceding_invoices: Vec<PrecedingInvoice>,
    /// UBL: whether there are several accounts, which have the text of the payment means once together (BT-82).
    has_accounts: bool,
    /// UBL: the due date of a credit note (BT-9).
    due_date: Option<Date>,
    /// UBL: the project of a credit note (BT-11).
    project: Option<String>,
}

impl Completion {
    /// The model as the writer can have it, and what is left to add.
    pub(super) fn of(mut model: Model, profile: EInvoiceProfile, syntax: Syntax) -> (Model, Self) {
        let mut completion = Self::default();
        match syntax {
            Syntax::Cii => completion.take_for_cii(&mut model, profile),
            Syntax::Ubl => completion.take_for_ubl(&mut model),
        }
        (model, completion)
    }

    /// The XML with what was left out.
    pub(super) fn complete(&self, xml: String) -> String {
        let mut xml = xml;
        if self.classification_versions.iter().any(Option::is_some) {
            xml = with_attributes(
                &xml,
                "<ram:ClassCode",
                "listVersionID",
                &self.classification_versions,
            );
        }
        if self.has_other_accounts {
            xml = accounts::renamed(&xml);
        }
        if let Some(mandate) = &self.mandate {
            let terms = Element::group(
                "ram:SpecifiedTradePaymentTerms",
                vec![Element::leaf("ram:DirectDebitMandateID", mandate)],
            );
            let summation = "<ram:SpecifiedTradeSettlementHeaderMonetarySummation>";
            xml = before_first(&xml, &[summation], &[terms]);
        }
        if !self.preceding_invoices.is_empty() {
            let elements: Vec<Element> = self.preceding_invoices.iter().map(preceding).collect();
            xml = after_first(&xml, "</ram:InvoiceReferencedDocument>", &elements);
        }
        if self.has_accounts {
            xml = without_attributes(&xml, "<cbc:PaymentMeansCode", " name=\"");
        }
        if let Some(date) = self.due_date {
            let element = Element::leaf("cbc:PaymentDueDate", &date.to_string());
            xml = after_first(&xml, "</cbc:PaymentMeansCode>", &[element]);
        }
        if let Some(project) = &self.project {
            let reference = Element::group(
                "cac:AdditionalDocumentReference",
                vec![
                    Element::leaf("cbc:ID", project),
                    Element::leaf("cbc:DocumentTypeCode", "50"),
                ],
            );
            let next = [
                "<cac:OriginatorDocumentReference>",
                "<cac:AccountingSupplierParty>",
            ];
            xml = before_first(&xml, &next, &[reference]);
        }
        xml
    }

    fn take_for_cii(&mut self, model: &mut Model, profile: EInvoiceProfile) {
        // The schema puts identifiers without a scheme first. Their order means nothing.
        model
            .seller
            .identifiers
            .sort_by_key(|id| id.scheme().is_some());
        for line in &mut model.lines {
            for id in &mut line.item.classification_identifiers {
                let version = id.scheme_version().map(ToOwned::to_owned);
                if version.is_some() {
                    *id = without_version(id);
                }
                self.classification_versions.push(version);
            }
        }
        let means = model
            .payment
            .as_ref()
            .and_then(|payment| payment.means.as_ref());
        if let Some(PaymentMeans::CreditTransfer(transfers)) = means {
            let mut numbers = transfers
                .iter()
                .filter_map(|it| it.account_identifier.as_deref());
            self.has_other_accounts = numbers.any(accounts::is_other);
        }
        let has_terms = model.payment_terms.is_some() || model.due_date.is_some();
        if let (false, Some(payment)) = (has_terms, &mut model.payment)
            && let Some(PaymentMeans::DirectDebit(debit)) = &mut payment.means
        {
            self.mandate = debit.mandate_reference.take();
            if *debit == en16931::invoice::DirectDebit::default() {
                payment.means = None;
            }
        }
        match profile {
            EInvoiceProfile::FacturXEn16931 if model.preceding_invoices.len() > 1 => {
                self.preceding_invoices = model.preceding_invoices.split_off(1);
            }
            // The schema of XRechnung has one.
            EInvoiceProfile::FacturXEn16931
            | EInvoiceProfile::XRechnung30
            | EInvoiceProfile::PeppolBis3 => {}
        }
    }

    fn take_for_ubl(&mut self, model: &mut Model) {
        let means = model
            .payment
            .as_ref()
            .and_then(|payment| payment.means.as_ref());
        if let Some(PaymentMeans::CreditTransfer(accounts)) = means {
            self.has_accounts = accounts.len() > 1;
        }
        if model.sales_order_reference.is_some() && model.purchase_order_reference.is_none() {
            // An order reference needs an identifier of the buyer's. Peppol says what to write without one.
            model.purchase_order_reference = Some(DocumentReference::new("NA"));
        }
        if model.kind == DocumentKind::CreditNote {
            // Without payment means there is no place.
            if model.payment.is_some() {
                self.due_date = model.due_date.take();
            }
            let project = model.project_reference.take();
            self.project = project.map(|project| project.as_str().to_owned());
        }
    }
}

fn without_version(id: &en16931::Identifier) -> en16931::Identifier {
    match id.scheme() {
        Some(scheme) => en16931::Identifier::schemed(id.content(), scheme),
        None => en16931::Identifier::new(id.content()),
    }
}

fn preceding(invoice: &PrecedingInvoice) -> Element {
    let mut children = vec![Element::leaf(
        "ram:IssuerAssignedID",
        invoice.reference.as_str(),
    )];
    if let Some(date) = invoice.issue_date {
        let day = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
        let day = Element::leaf("qdt:DateTimeString", &day).with("format", "102");
        children.push(Element::group("ram:FormattedIssueDateTime", vec![day]));
    }
    Element::group("ram:InvoiceReferencedDocument", children)
}
