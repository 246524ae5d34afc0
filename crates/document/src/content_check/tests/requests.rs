//! Generated requests: the same number gives the same request.

use serde_json::{Value, json};

/// Numbers that look random (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// True once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }

    /// A decimal with so many digits behind the point.
    fn decimal(&mut self, limit: u64, digits: u32) -> String {
        let scale = 10_u64.pow(digits);
        let value = self.below(limit * scale);
        if digits == 0 {
            return value.to_string();
        }
        let width = digits as usize;
        format!("{}.{:0width$}", value / scale, value % scale)
    }
}

const LOCALES: [&str; 34] = [
    "de-DE", "de-AT", "de-CH", "en-US", "en-GB", "en-IE", "en-IN", "fr-FR", "fr-CH", "fr-CA",
    "it-IT", "es-ES", "es-MX", "pt-BR", "pt-PT", "nl-NL", "pl-PL", "sv-SE", "tr-TR", "ar-AE",
    "ar-SA", "ar-EG", "he-IL", "th-TH", "vi-VN", "id-ID", "ms-MY", "fil-PH", "en-ZA", "de", "en",
    "fr", "nl-BE", "it-CH",
];

/// Code and digits of minor units.
const CURRENCIES: [(&str, u32); 12] = [
    ("EUR", 2),
    ("USD", 2),
    ("CHF", 2),
    ("GBP", 2),
    ("PLN", 2),
    ("SEK", 2),
    ("AED", 2),
    ("ILS", 2),
    ("THB", 2),
    ("JPY", 0),
    ("KWD", 3),
    ("VND", 0),
];

const NAMES: [&str; 26] = [
    "Mehl Typ 550, 25 kg",
    "Schrauben M6 × 20, verzinkt",
    "Stoneware mug",
    "Total",
    "Total Care 500",
    "Widget",
    "Widget XL",
    "Bouilloire col de cygne, 1 l",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
    "شاي أسود 500 غ",
    "טוסטר 2 פרוסות, 900 W",
    "ชามเซรามิก 12 ซม.",
    "A",
    "12",
    "10.00",
    "Tax",
    "Date",
    "SKU-2026-0001-AAAA-BBBB-CCCC-DDDD-EEEE",
    "Cà phê sữa đá",
    "Karton 30 x 20 x 10 cm, braun",
    "7 % fat milk",
    "Discount",
    "Kaffee (1 kg) – ganze Bohne",
    "İstanbul lokum",
    "ŁÓDŹ poster A2",
    "x2 adapter, -5 °C",
];

const COMPANIES: [&str; 12] = [
    "Nordlicht Handels GmbH",
    "Bäckerei Öztürk e. K.",
    "Harbor Street Goods LLC",
    "Ateliers Vasseur SAS",
    "شركة النور للتجارة ذ.م.م",
    "מאפיית הגליל בע״מ",
    "Total GmbH",
    "A1",
    "Łódź Sp. z o.o.",
    "ห้างหุ้นส่วนจำกัด สยาม",
    "Widget Works",
    "Rutschmann-Schnyder & Söhne Verwaltungsgesellschaft mbH & Co. KG",
];

const NOTES: [&str; 8] = [
    "Total 99.99",
    "Vielen Dank für Ihren Einkauf.",
    "Date: 2026-11-21",
    "Subtotal\n50,00 €",
    "شكرًا لتعاملكم معنا.",
    "1 Widget 10.00",
    "Bei Zahlung bis 01.12.2026 2 % Skonto: 272,64 €",
    "Amount due",
];

/// The request of this number. Some are not valid.
pub(super) fn request(seed: u64) -> Value {
    let mut numbers = Numbers(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let n = &mut numbers;
    let document_type = n.one_of(&[
        "invoice",
        "invoice",
        "invoice",
        "credit-note",
        "corrected-invoice",
        "self-billed-invoice",
        "prepayment-invoice",
        "receipt",
        "receipt",
    ]);
    let is_receipt = document_type == "receipt";
    let template = match n.below(6) {
        0 => "receipt",
        1 => n.one_of(&["packing-slip", "credit-note", "invoice"]),
        _ if is_receipt => "receipt",
        _ if document_type == "credit-note" => "credit-note",
        _ => "invoice",
    };
    let (currency, digits) = CURRENCIES[usize::try_from(n.below(12)).unwrap_or(0)];
    let paper = n.one_of(&["a4", "us-letter", "80mm", "a4"]);
    let prices_include_tax = n.once_in(5);
    let count = match n.below(10) {
        0 => 20 + n.below(40),
        1 | 2 => 1,
        _ => 1 + n.below(8),
    };
    let rates = 1 + n.below(4);
    let lines: Vec<Value> = (0..count).map(|id| line(n, id, digits, rates)).collect();
    let mut request = json!({
        "documentType": document_type,
        "number": format!("{}{}", n.one_of(&["RE-2026-", "", "F/", "№ "]), 1 + n.below(99_999)),
        "issueDate": date(n),
        "currency": currency,
        "locale": n.one_of(&LOCALES),
        "template": { "name": template, "paper": paper },
        "pricesIncludeTax": prices_include_tax,
        "marketplace": { "platform": n.one_of(&["tiktok", "shopify", "amazon"]), "shopId": "shop-1", "orderId": "576461413038785799",
            "packageId": "1153132168123859199", "sequenceNumber": seed.to_string() },
        "seller": party(n, true),
        "lines": lines,
    });
    if !is_receipt || n.once_in(2) {
        request["buyer"] = party(n, false);
    }
    if n.once_in(2) {
        request["dueDate"] = json!(date(n));
    }
    if n.once_in(4) {
        request["taxPointDate"] = json!(date(n));
    }
    if n.once_in(4) {
        request["period"] = json!({ "start": "2026-10-01", "end": "2026-11-20" });
    }
    if n.once_in(3) {
        request["delivery"] = json!({ "name": n.one_of(&COMPANIES), "date": date(n) });
    }
    if n.once_in(6) {
        request["payee"] = json!({ "name": n.one_of(&COMPANIES) });
    }
    if n.once_in(6) {
        request["taxRepresentative"] = party(n, true);
    }
    if n.once_in(3) || document_type == "credit-note" || document_type == "corrected-invoice" {
        request["references"] = json!({
            "buyerReference": "EINKAUF-22", "purchaseOrder": format!("PO-{}", n.below(99_999)), "contract": "RV 2025/08",
            "precedingInvoices": [{ "number": format!("RE-{}", n.below(99_999)), "issueDate": "2026-10-02" },
                                  { "number": "4711" }],
        });
    }
    for (side, most) in [("allowances", 3), ("charges", 3)] {
        if n.once_in(3) {
            let entries: Vec<Value> = (0..1 + n.below(most))
                .map(|_| adjustment(n, digits, side, true))
                .collect();
            request[side] = entries.into();
        }
    }
    if n.once_in(4) {
        request["totals"] = json!({ "prepaid": n.decimal(40, digits) });
    }
    if n.once_in(8) {
        request["totals"]["rounding"] = json!(if digits == 0 { "1" } else { "0.03" });
    }
    if n.once_in(8) && currency != "GBP" {
        request["taxCurrency"] = json!("GBP");
        request["totals"]["taxInTaxCurrency"] = json!(n.decimal(900, 2));
    }
    if n.once_in(2) {
        request["payment"] = payment(n);
    }
    if n.once_in(2) {
        request["notes"] = json!([{ "text": n.one_of(&NOTES) }, { "text": n.one_of(&NOTES) }]);
    }
    request
}

fn date(n: &mut Numbers) -> String {
    format!(
        "{}-{:02}-{:02}",
        2024 + n.below(4),
        1 + n.below(12),
        1 + n.below(28)
    )
}

fn party(n: &mut Numbers, is_seller: bool) -> Value {
    let mut party = json!({
        "name": n.one_of(&COMPANIES),
        "address": { "street": n.one_of(&["Hafenstraße", "Total Street", "شارع الوصل"]), "number": n.below(99).to_string(),
            "city": n.one_of(&["Hamburg", "Portland", "דימונה"]), "postalCode": "20457", "country": n.one_of(&["DE", "CH", "US"]) },
    });
    if is_seller || n.once_in(3) {
        party["vatId"] = json!(n.one_of(&["DE123456789", "FR83404833048", "AE100234567890003"]));
    }
    if is_seller && n.once_in(3) {
        party["taxRegistrationId"] = json!("22/815/08151");
    }
    if n.once_in(4) {
        party["tradingName"] = json!(n.one_of(&COMPANIES));
    }
    if n.once_in(3) {
        party["contact"] =
            json!({ "name": "Frau Haselmann", "phone": "+49 551 998877", "email": "a@b.example" });
    }
    party
}

fn line(n: &mut Numbers, id: u64, digits: u32, rates: u64) -> Value {
    let mut line = json!({
        "id": (id + 1).to_string(),
        "name": n.one_of(&NAMES),
        "quantity": match n.below(4) { 0 => n.decimal(50, 2), 1 => "1".to_owned(), _ => (1 + n.below(1500)).to_string() },
        "unitPrice": match n.below(4) { 0 => n.decimal(9, 4), _ => n.decimal(2000, digits) },
        "tax": tax(n.below(rates)),
    });
    if n.once_in(2) {
        line["unit"] = json!(n.one_of(&["C62", "KGM", "HUR", "NAR", "LTR"]));
    }
    if n.once_in(3) {
        line["sku"] = json!(format!("A-{:05}", n.below(99_999)));
    }
    if n.once_in(5) {
        line["description"] = json!(n.one_of(&[
            "Total 10.00\nsecond line",
            "Weizenmehl aus regionalem Anbau",
            "12 Widget, Stoneware mug"
        ]));
    }
    if n.once_in(8) {
        line["priceBaseQuantity"] = json!(n.one_of(&["100", "1000", "12"]));
    }
    if n.once_in(8) {
        line["period"] = json!({ "start": "2026-10-06", "end": "2026-10-29" });
    }
    for side in ["allowances", "charges"] {
        if n.once_in(7) {
            line[side] = json!([adjustment(n, digits, side, false)]);
        }
    }
    line
}

fn tax(index: u64) -> Value {
    match index {
        0 => json!({ "category": "S", "rate": "19" }),
        1 => json!({ "category": "S", "rate": "7" }),
        2 => {
            json!({ "category": "E", "rate": "0", "exemptionReason": "Umsatzsteuerfrei nach § 4 Nr. 21 UStG" })
        }
        _ => {
            json!({ "category": "S", "components": [{ "name": "CGST", "rate": "2.5" }, { "name": "SGST", "rate": "2.5" }] })
        }
    }
}

fn adjustment(n: &mut Numbers, digits: u32, side: &str, of_document: bool) -> Value {
    let mut adjustment = if n.once_in(2) {
        json!({ "percent": n.one_of(&["5", "2.5", "10"]) })
    } else {
        json!({ "amount": n.decimal(3, digits) })
    };
    let (codes, kinds): (&[&str], u64) = match side {
        // A discount needs no reason.
        "allowances" => (&["95", "100"], 3),
        _ => (&["FC", "ABL"], 2),
    };
    match n.below(kinds) {
        0 => {
            adjustment["reason"] =
                json!(n.one_of(&["Treuerabatt", "Total", "خصم الكمية", "Shipping 24 h"]));
        }
        1 => adjustment["reasonCode"] = json!(n.one_of(codes)),
        _ => {}
    }
    if of_document {
        adjustment["tax"] = tax(0);
    }
    adjustment
}

fn payment(n: &mut Numbers) -> Value {
    let mut means = match n.below(5) {
        0 => {
            json!({ "code": "59", "mandate": "MANDAT-2026-77", "creditorId": "DE98ZZZ09999999999", "debitedAccount": "DE02120300000000202051" })
        }
        1 => json!({ "code": "48", "cardLast4": "4242" }),
        2 => json!({ "code": "30", "account": "5050-1055", "remittance": "OCR 70881 4799" }),
        _ => {
            json!({ "code": "58", "iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "accountName": "Nordlicht", "remittance": "VZ 4799 0815" })
        }
    };
    if n.once_in(4) {
        means["url"] = json!("https://pay.example/INV-1");
    }
    if n.once_in(4) && means["iban"].is_string() {
        means["qr"] = json!(true);
    }
    let mut payment = json!({ "means": means });
    if n.once_in(2) {
        payment["terms"] = json!(n.one_of(&[
            "Zahlbar innerhalb von 30 Tagen ohne Abzug.",
            "Total\n2 % Skonto: 10,00 €",
            "الدفع خلال 30 يومًا"
        ]));
    }
    if n.once_in(4) {
        payment["furtherMeans"] = json!([{ "code": "30", "iban": "CH9300762011623852957" }]);
    }
    payment
}
