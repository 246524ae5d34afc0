//! References to other documents: BT-10 to BT-19, BG-3.

use en16931::invoice::PrecedingInvoice;
use en16931::{DocumentReference, Invoice as Model};
use invoice::model::References;

use super::document::date;
use crate::place::Place;
use crate::problems::Problems;

pub(super) fn references(problems: &mut Problems, references: &References, model: &mut Model) {
    let place = Place::root("references");
    let References {
        buyer_reference,
        purchase_order,
        sales_order,
        contract,
        project,
        despatch_advice,
        receiving_advice,
        tender,
        invoiced_object,
        buyer_accounting,
        preceding_invoices,
    } = references;
    let mut reference = |name: &'static str, text: &Option<String>| {
        let text = problems.texts(place.field(name), text.as_ref())?;
        Some(DocumentReference::new(text))
    };
    model.purchase_order_reference = reference("purchaseOrder", purchase_order);
    model.sales_order_reference = reference("salesOrder", sales_order);
    model.contract_reference = reference("contract", contract);
    model.project_reference = reference("project", project);
    model.despatch_advice_reference = reference("despatchAdvice", despatch_advice);
    model.receiving_advice_reference = reference("receivingAdvice", receiving_advice);
    model.tender_reference = reference("tender", tender);
    model.buyer_reference = problems.texts(place.field("buyerReference"), buyer_reference.as_ref());
    model.accounting_reference =
        problems.texts(place.field("buyerAccounting"), buyer_accounting.as_ref());
    model.object_identifier = invoiced_object
        .as_ref()
        .map(|id| problems.identifier(place.field("invoicedObject"), id));
    let list = place.field("precedingInvoices");
    for (index, preceding) in preceding_invoices.iter().enumerate() {
        let number = problems.text(list.item(index).field("number"), &preceding.number);
        model.preceding_invoices.push(PrecedingInvoice {
            reference: DocumentReference::new(number),
            issue_date: preceding.issue_date.and_then(date),
        });
    }
}
