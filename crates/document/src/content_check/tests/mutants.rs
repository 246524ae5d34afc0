//! Defects of templates are found: each is a change of the text of a shipped one.

use super::mismatches;
use crate::catalog::Catalog;
use crate::compiler::Compiler;
use crate::files::Files;
use crate::shipped;
use crate::templates::samples;

/// A defect: what it is, its changes (file, text, other text), the sample, and the beginning of a pointer that is reported.
struct Mutant {
    name: &'static str,
    changes: &'static [(&'static str, &'static str, &'static str)],
    sample: &'static str,
    pointer: &'static str,
}

const LINES: &str = "/lib/lines.typ";
const TOTALS: &str = "/lib/totals.typ";
const LETTER: &str = "/lib/letter.typ";
const PARTY: &str = "/lib/party.typ";
const PAGE: &str = "/lib/page.typ";
const PAYMENT: &str = "/lib/payment.typ";
const REFERENCES: &str = "/lib/references.typ";
const CARRY: &str = "/lib/carry.typ";
const PRICES: &str = "/lib/prices.typ";
const ROLL: &str = "/receipt/roll.typ";
const SLIP: &str = "/packing-slip/main.typ";

const GERMAN: &str = "/invoice/samples/invoice-de.json";
const FULLEST: &str = "/invoice/samples/invoice-fullest.json";
const FORTY_LINES: &str = "/invoice/samples/stress/forty-lines.json";
const ARABIC: &str = "/invoice/samples/invoice-ar.json";
const CREDIT: &str = "/credit-note/samples/credit-note-fullest.json";
const RECEIPT: &str = "/receipt/samples/receipt-fullest.json";
const RECEIPT_ROLL: &str = "/receipt/samples/receipt-roll.json";
const WITH_TAX: &str = "/receipt/samples/receipt-with-tax.json";
const PACKING: &str = "/packing-slip/samples/packing-slip-de.json";

macro_rules! mutants {
    ($($name:literal, $sample:ident, $pointer:literal: $(($file:ident, $from:literal, $to:literal)),+;)+) => {
        const MUTANTS: &[Mutant] = &[$(Mutant {
            name: $name,
            changes: &[$(($file, $from, $to)),+],
            sample: $sample,
            pointer: $pointer,
        },)+];
    };
}

mutants! {
    // Lines.
    "the first line is left out", GERMAN, "/lines/0/":
        (LETTER, "line-table(doc, lines, closing", "line-table(doc, lines.slice(1), closing");
    "the last line is left out", FULLEST, "/lines/3/":
        (LETTER, "line-table(doc, lines, closing", "line-table(doc, lines.slice(0, -1), closing");
    "a line is printed in the place of another one", GERMAN, "/lines/":
        (LETTER, "line-table(doc, lines, closing", "line-table(doc, (lines.first(),) * lines.len(), closing");
    "amounts are unit prices", GERMAN, "/lines/0/netAmount":
        (LINES, "let amount = fit(net, 15)", "let amount = fit(unitPrice, 15)");
    "amounts are those before the discount", FULLEST, "/lines/":
        (LINES, "let amount = fit(net, 15)", "let amount = fit(\"226,80\", 15)");
    "amounts of lines are swapped", GERMAN, "/lines/0/netAmount":
        (LINES, "let amount = fit(net, 15)", "let amount = fit(lines.at(last - index).net, 15)");
    "unit prices of lines are swapped", GERMAN, "/lines/0/unitPrice":
        (LINES, "let price = fit(unitPrice, 13)", "let price = fit(lines.at(last - index).unitPrice, 13)");
    "unit prices are left out", GERMAN, "/lines/0/unitPrice":
        (LINES, "let price = fit(unitPrice, 13)", "let price = []");
    "quantities are left out", GERMAN, "/lines/0/quantity":
        (LINES, "fit(line.count, 13),", "[],");
    "quantities are those of another line", FULLEST, "/lines/1/quantity":
        (LINES, "fit(line.count, 13),", "fit(lines.first().count, 13),");
    "names are left out", GERMAN, "/lines/0/name":
        (LINES, "let item = if is-plain { name }", "let item = if is-plain { \"Artikel\" }");
    "names are cut", GERMAN, "/lines/0/name":
        (LINES, "let item = if is-plain { name }", "let item = if is-plain { name.slice(0, 6) }");
    "one rate is printed for all lines", GERMAN, "/lines/1/tax/rate":
        (LINES, "fit(line.taxRate, 8)", "fit(lines.first().taxRate, 8)");
    "the quantity that a price is for is left out", FULLEST, "/lines/1/priceBaseQuantity":
        (LINES, "if priceBaseQuantity != none {", "if false {");
    "discounts of lines are left out", FULLEST, "/lines/0/allowances/0/amount":
        (LINES, "((allowances, texts.discount, \"deduction\")", "(((), texts.discount, \"deduction\")");
    "list prices are left out", FULLEST, "/lines/0/grossPrice":
        (LINES, "if grossPrice != none {", "if false {");
    "amounts are white", GERMAN, "/lines/0/netAmount":
        (LINES, "let amount = fit(net, 15)", "let amount = text(fill: white, net)");
    "amounts are scaled to nothing", GERMAN, "/lines/0/netAmount":
        (LINES, "let amount = fit(net, 15)", "let amount = text(size: 0.4pt, net)");
    // Totals.
    "net and gross are swapped", FULLEST, "/totals/":
        (TOTALS, "(label: texts.net, amount: sums.net", "(label: texts.net, amount: sums.gross"),
        (TOTALS, "(label: texts.gross, amount: sums.gross)", "(label: texts.gross, amount: sums.net)");
    "the labels of net and gross are swapped", FULLEST, "/totals/":
        (TOTALS, "(label: texts.net, amount: sums.net", "(label: texts.gross, amount: sums.net"),
        (TOTALS, "(label: texts.gross, amount: sums.gross)", "(label: texts.net, amount: sums.gross)");
    "net and gross are swapped on an Arabic page", ARABIC, "/totals/":
        (TOTALS, "(label: texts.net, amount: sums.net", "(label: texts.net, amount: sums.gross"),
        (TOTALS, "amount: sums.payable)", "amount: sums.net)");
    "the amount due is the gross amount", FULLEST, "/totals/due":
        (TOTALS, "amount: sums.payable)", "amount: sums.gross)");
    "the net amount is left out", GERMAN, "/totals/net":
        (TOTALS, "if not with-tax { before.push(", "if false { before.push(");
    "the sum of taxes is left out", GERMAN, "/totals/tax":
        (TOTALS, "if taxes.len() != 1 {", "if false {");
    "the sum of taxes is that of the first rate", GERMAN, "/totals/tax":
        (TOTALS, "(label: texts.tax, amount: sums.tax)", "(label: texts.tax, amount: taxes.first().tax)");
    "the tax in the tax currency is left out", FULLEST, "/totals/taxInTaxCurrency":
        (TOTALS, "if sums.taxInTaxCurrency != none {", "if false {");
    "the prepaid amount is left out", FULLEST, "/totals/prepaid":
        (TOTALS, "paid.push((label: texts.prepaid, amount: sums.prepaidDeduction))", "none");
    "the rounding is left out", FULLEST, "/totals/rounding":
        (TOTALS, "if sums.rounding != none {", "if false {");
    "the sum of the lines is left out", FULLEST, "/totals/lines":
        (TOTALS, "before.push((label: texts.lines-total, amount: sums.lines))", "none");
    "a discount is left out", FULLEST, "/allowances/0/amount":
        (TOTALS, "for entry in allowances {", "for entry in allowances.slice(1) {");
    "charges are left out", FULLEST, "/charges/0/amount":
        (TOTALS, "for entry in charges {", "for entry in () {");
    "percentages of discounts are left out", FULLEST, "/allowances/0/amount":
        (TOTALS, "if percent != none { parts.push(percent) }", "");
    "amounts have the separators of another language", GERMAN, "/totals/due":
        (TOTALS, "entry(direction, main.label, main.amount)", "entry(direction, main.label, main.amount.replace(\",\", \".\"))");
    "an amount has another currency", GERMAN, "/totals/due":
        (TOTALS, "entry(direction, main.label, main.amount)", "entry(direction, main.label, main.amount.replace(\"€\", \"$\"))");
    "an amount is cut", GERMAN, "/totals/due":
        (TOTALS, "entry(direction, main.label, main.amount)", "entry(direction, main.label, main.amount.slice(1))");
    "an amount has a digit too many", GERMAN, "/totals/due":
        (TOTALS, "entry(direction, main.label, main.amount)", "entry(direction, main.label, \"1\" + main.amount)");
    "a further total stands among the others", GERMAN, "/totals":
        (TOTALS, "let tax-rows = ()", "let tax-rows = ((label: \"Service\", amount: \"12,00 €\"),)");
    "another total stands at the end", GERMAN, "/totals/due":
        (LETTER, "added(slots.foot, doc)", "par(texts.due + h(1fr) + \"999,00 €\")");
    "the total has the colour of its ground", GERMAN, "/totals/due":
        (TOTALS, "fill: accent, main-entry", "fill: tint, main-entry");
    "a box is painted over the total", GERMAN, "/totals/due":
        (TOTALS, "fill: accent, main-entry),\n    )", "fill: accent, main-entry) + place(top + end, rect(width: 40mm, height: 8mm, fill: white)),\n    )");
    "a footer is printed over the total", GERMAN, "/totals/due":
        (TOTALS, "fill: accent, main-entry),\n    )", "fill: accent, main-entry) + place(top + end, text(size: box-size)[Nordlicht Handels GmbH]),\n    )");
    "the total is moved off the page", GERMAN, "/totals/due":
        (TOTALS, "fill: accent, main-entry),\n    )", "fill: accent, move(dx: 150mm, main-entry)),\n    )");
    "the total is clipped", GERMAN, "/totals/due":
        (TOTALS, "fill: accent, main-entry),\n    )", "fill: accent, box(clip: true, height: 1mm, width: 100%, move(dy: 5mm, main-entry))),\n    )");
    // Taxes.
    "a rate is left out", GERMAN, "/taxBreakdown/":
        (TOTALS, "for tax in taxes {", "for tax in taxes.slice(1) {");
    "a rate is that of another", GERMAN, "/taxBreakdown/":
        (TOTALS, ".replace(\"{rate}\", tax.rate)", ".replace(\"{rate}\", taxes.first().rate)");
    "tax and taxable amount are swapped", GERMAN, "/taxBreakdown/":
        (TOTALS, "label: label.replace(\"{taxable}\", tax.taxable),\n      amount: tax.tax", "label: label.replace(\"{taxable}\", tax.tax),\n      amount: tax.taxable");
    "the taxes of two rates are swapped", GERMAN, "/taxBreakdown/":
        (TOTALS, "amount: tax.tax,\n      remarks", "amount: taxes.at(if tax == taxes.first() { 1 } else { 0 }).tax,\n      remarks");
    "the reason of an exemption is left out", FULLEST, "/taxBreakdown/2/exemptionReason":
        (TOTALS, "if reason not in (none, words) { remarks.push(reason) }", "");
    "components of a tax are left out", WITH_TAX, "/taxBreakdown/0/components/0":
        (TOTALS, "for (name, rate, tax) in tax.components {", "for (name, rate, tax) in () {");
    // The head.
    "the due date is hidden", GERMAN, "/dueDate":
        (REFERENCES, "(texts.due-date, document.dueDate),", ""),
        (PAYMENT, "let pattern = if document.dueDate == none { texts.amount-due } else { texts.amount-due-by }", "return");
    "the due date is the issue date", GERMAN, "/dueDate":
        (REFERENCES, "(texts.due-date, document.dueDate)", "(texts.due-date, document.issueDate)");
    "the issue date is left out", GERMAN, "/issueDate":
        (REFERENCES, "(texts.issue-date, document.issueDate),", "");
    "the delivery date is left out", FULLEST, "/delivery/date":
        (REFERENCES, "(texts.delivery-date, if delivery != none { delivery.date }),", "");
    "the period is left out", FULLEST, "/period":
        (REFERENCES, "(texts.period, document.period),", "");
    "the number is left out", GERMAN, "/number":
        (LETTER, "(texts.number, info.number),", ""),
        (PAGE, "labelled(direction, title, document.number, 36)", "title"),
        (PAYMENT, "(texts.remittance, means.remittance),", "");
    "the number is cut", GERMAN, "/number":
        (LETTER, "(texts.number, info.number),", "(texts.number, info.number.slice(0, -1)),"),
        (PAGE, "labelled(direction, title, document.number, 36)", "title"),
        (PAYMENT, "(texts.remittance, means.remittance),", "");
    "the buyer's name is left out", GERMAN, "/buyer/name":
        (PARTY, "if party.name != none { lines.insert(0, party.name) }", "");
    "the VAT identifier of the seller is left out", GERMAN, "/seller/vatId":
        (PARTY, "if vatId != none { entries.push((texts.vat-id, vatId)) }", "");
    "the payee is left out", FULLEST, "/payee/name":
        (PARTY, "(payee, texts.payee)", "(none, texts.payee)");
    "the tax representative is left out", FULLEST, "/taxRepresentative/name":
        (PARTY, ", (taxRepresentative, texts.tax-representative)", ",");
    "the credited invoices are left out", CREDIT, "/references/precedingInvoices/0/number":
        (REFERENCES, "for (index, (number, issueDate)) in references.precedingInvoices.enumerate() {", "for (index, (number, issueDate)) in () {");
    "a reference is left out", FULLEST, "/references/purchaseOrder":
        (REFERENCES, "(texts.purchase-order, references.purchaseOrder),", "");
    "the VAT identifier of the buyer is that of the seller", GERMAN, "/buyer/vatId":
        (REFERENCES, "(texts.buyer-vat-id, buyer.vatId)", "(texts.buyer-vat-id, doc().data.seller.vatId)");
    "two references are swapped", FULLEST, "/references/":
        (REFERENCES, "(texts.purchase-order, references.purchaseOrder)", "(texts.purchase-order, references.contract)"),
        (REFERENCES, "(texts.contract, references.contract)", "(texts.contract, references.purchaseOrder)");
    "the delivery date is the issue date", FULLEST, "/delivery/date":
        (REFERENCES, "(texts.delivery-date, if delivery != none { delivery.date }),", "(texts.delivery-date, data.document.issueDate),");
    "the carried sum has a digit too many", FORTY_LINES, "/totals/lines":
        (CARRY, "sums.at(above - 1)", "sums.at(above - 1) + \"0\"");
    "the tax in the tax currency is that in the document's", FULLEST, "/totals/taxInTaxCurrency":
        (TOTALS, "(label: label, amount: sums.taxInTaxCurrency)", "(label: label, amount: sums.tax)");
    "the second discount is the first one again", FULLEST, "/allowances/":
        (TOTALS, "adjustment(direction, platform, texts, entry, entry.deduction, several-payers)", "adjustment(direction, platform, texts, allowances.first(), allowances.first().deduction, several-payers)");
    "the rounding is printed as prepaid", FULLEST, "/totals/":
        (TOTALS, "(label: texts.rounding, amount: sums.rounding)", "(label: texts.prepaid, amount: sums.rounding)");
    "the second charge is the first one again", FULLEST, "/charges/":
        (TOTALS, "adjustment(direction, platform, texts, entry, entry.amount, false)", "adjustment(direction, platform, texts, charges.first(), charges.first().amount, false)");
    "the quantity has its digits reversed", GERMAN, "/lines/":
        (LINES, "fit(line.count, 13),", "fit(line.count.rev(), 13),");
    "the street of the buyer is left out", GERMAN, "/buyer/address":
        (PARTY, "lines.insert(0, party.name)", "lines = (party.name,) + lines.slice(1)");
    // The payment.
    "the account is left out", GERMAN, "/payment/means/iban":
        (PAYMENT, "(\"IBAN\", iban),", "");
    "the account is cut", GERMAN, "/payment/means/iban":
        (PAYMENT, "(\"IBAN\", iban),", "(\"IBAN\", if iban != none { iban.slice(0, 12) }),");
    "the payment reference is left out", FULLEST, "/payment/means/remittance":
        (PAYMENT, "(texts.remittance, means.remittance),", "");
    "further accounts are left out", FULLEST, "/payment/furtherMeans/":
        (PAYMENT, "for means in payment.furtherMeans { (account-entries(means, doc),) }", "");
    // Other designs.
    "amounts are left out on a roll", RECEIPT_ROLL, "/lines/":
        (ROLL, "if line.before == none { line.net }", "if line.before == none { [] }");
    "prices are left out on a roll", RECEIPT_ROLL, "/lines/0/unitPrice":
        (ROLL, "own-lines(writing, (count, unitPrice), 22, between: \" × \")", "own-lines(writing, (count,), 22, between: \" × \")");
    "the total of a roll is that without tax", RECEIPT_ROLL, "/totals/gross":
        (TOTALS, "let gross = (label: texts.gross, amount: sums.gross)", "let gross = (label: texts.gross, amount: sums.tax)");
    "the total with tax is that without", WITH_TAX, "/totals/gross":
        (TOTALS, "let gross = (label: texts.gross, amount: sums.gross)", "let gross = (label: texts.gross, amount: sums.net)");
    "a receipt has amounts without tax and prices with tax", WITH_TAX, "/lines/":
        (PRICES, "line + prices + (allowances", "line + prices + (net: line.net) + (allowances");
    "the charges of a receipt are left out", RECEIPT, "/charges/0/amount":
        (TOTALS, "for entry in charges {", "for entry in () {");
    "a packing slip lacks quantities", PACKING, "/lines/0/quantity":
        (SLIP, "strong(fit(line.count, 13)),", "[],");
    "a packing slip lacks an item", PACKING, "/lines/0/name":
        (SLIP, "..for line in lines {", "..for line in lines.slice(1) {");
}

#[test]
fn every_defect_of_a_template_is_found() {
    assert!(MUTANTS.len() >= 30);
    let mut survivors = Vec::new();
    for mutant in MUTANTS {
        let found = found(mutant);
        if !found
            .iter()
            .any(|fault| fault.contains(&format!(": {}", mutant.pointer)))
        {
            survivors.push(format!(
                "{}: expected {}, found {found:#?}",
                mutant.name, mutant.pointer
            ));
        }
    }
    println!("{} defects", MUTANTS.len());
    assert!(
        survivors.is_empty(),
        "{} of {}: {}",
        survivors.len(),
        MUTANTS.len(),
        survivors.join("\n")
    );
}

/// What is found in the document of a sample; the same sample has no fault without the defect.
fn found(mutant: &Mutant) -> Vec<String> {
    let mut changed = Files::new();
    for (path, from, to) in mutant.changes {
        let file = changed.get(*path).map(|file| file.to_vec());
        let file = file.or_else(|| Some(shipped::content(path)?.to_vec()));
        let text = String::from_utf8(file.expect(path)).expect("UTF-8");
        assert!(
            text.contains(from),
            "{}: {path} has no {from:?}",
            mutant.name
        );
        changed.insert(
            (*path).to_owned(),
            text.replacen(from, to, 1).into_bytes().into(),
        );
    }
    let catalog = Catalog::shipped_with(changed, None);
    let body = &catalog.files()[mutant.sample];
    let name = mutant.sample.split('/').nth(1).expect("a folder");
    let template = catalog.templates().find(|template| template.folder == name);
    let invoice = samples::read(template.expect(name), body).expect("a sample");
    let compiler = Compiler::new(&catalog);
    mismatches(&catalog, &compiler, &invoice)
        .unwrap_or_else(|error| vec![format!("not rendered: {error}")])
}
