//! Requests to measure with: an endless supply, the same in every run, and no two alike.
//!
//! Typst keeps what it has laid out before, so a benchmark that sets one invoice again and again measures nothing.
//! Here parties, articles, amounts and dates all change from one request to the next.

use clap::ValueEnum;
use serde_json::{Value, json};

/// The documents that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A receipt of a marketplace order: one page, three lines.
    Receipt,
    /// An invoice with payment QR code: one page, eight lines.
    Invoice,
    /// The same invoice as a Factur-X e-invoice.
    EInvoice,
    /// An invoice of six hundred lines.
    Long,
}

impl Kind {
    /// All of them, the cheapest first.
    pub const ALL: [Self; 4] = [Self::Receipt, Self::Invoice, Self::EInvoice, Self::Long];

    /// The name on the command line and in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Invoice => "invoice",
            Self::EInvoice => "e-invoice",
            Self::Long => "long",
        }
    }

    /// Number of lines.
    pub fn lines(self) -> usize {
        match self {
            Self::Receipt => 3,
            Self::Invoice | Self::EInvoice => 8,
            Self::Long => 600,
        }
    }
}

/// Who sells, and in which language.
struct Seller {
    name: &'static str,
    locale: &'static str,
    country: &'static str,
    vat_id: &'static str,
    iban: &'static str,
    street: &'static str,
    postal_code: &'static str,
    city: &'static str,
    terms: &'static str,
    articles: [&'static str; 6],
}

const SELLERS: [Seller; 4] = [
    Seller {
        name: "Nordlicht Handels GmbH",
        locale: "de-DE",
        country: "DE",
        vat_id: "DE123456789",
        iban: "DE89370400440532013000",
        street: "Hafenstraße",
        postal_code: "20457",
        city: "Hamburg",
        terms: "Zahlbar innerhalb von 30 Tagen ohne Abzug.",
        articles: [
            "Mehl Typ 550, 25 kg",
            "Teigschaber, Edelstahl",
            "Gärkörbchen, oval",
            "Backpapier, 500 Blatt",
            "Bäckerleinen",
            "Knetmaschine, 7 l",
        ],
    },
    Seller {
        name: "Maison du Thé Lefèvre SARL",
        locale: "fr-FR",
        country: "FR",
        vat_id: "FR40303265045",
        iban: "FR1420041010050500013M02606",
        street: "rue des Écoles",
        postal_code: "69003",
        city: "Lyon",
        terms: "Paiement à 30 jours, sans escompte.",
        articles: [
            "Thé vert sencha, 250 g",
            "Théière en fonte, 0,8 l",
            "Miel d’acacia, 500 g",
            "Boîte à thé, fer-blanc",
            "Infusion verveine",
            "Tasse en grès, 20 cl",
        ],
    },
    Seller {
        name: "Officina Però e Figli S.r.l.",
        locale: "it-IT",
        country: "IT",
        vat_id: "IT12345678903",
        iban: "IT60X0542811101000000123456",
        street: "via dell’Università",
        postal_code: "40126",
        city: "Bologna",
        terms: "Pagamento entro 30 giorni.",
        articles: [
            "Caffettiera, 6 tazze",
            "Olio extravergine, 5 l",
            "Tagliere in ulivo",
            "Pasta di grano duro, 3 kg",
            "Macinapepe, acciaio",
            "Tovaglia di lino",
        ],
    },
    Seller {
        name: "Harbor Street Goods Ltd",
        locale: "en-IE",
        country: "IE",
        vat_id: "IE6388047V",
        iban: "IE29AIBK93115212345678",
        street: "Harbour Street",
        postal_code: "D01 F5P2",
        city: "Dublin",
        terms: "Payable within 30 days.",
        articles: [
            "Stoneware mug",
            "T-shirt, size M",
            "Beeswax candle",
            "Wool blanket, grey",
            "Oak coat hook",
            "Linen apron",
        ],
    },
];

/// Buyers, a third of them in letters other than Latin.
const BUYERS: [(&str, &str, &str); 9] = [
    ("Bäckerei Öztürk e. K.", "Marktplatz", "Göttingen"),
    ("Γιώργος Παπαδόπουλος", "Οδός Ερμού", "Αθήνα"),
    ("Łukasz Żółć", "ulica Świętokrzyska", "Łódź"),
    ("Дмитрий Иванов", "улица Витоша", "София"),
    ("Søren Ångström", "Nørregade", "København"),
    ("Ελένη Κωνσταντίνου", "Λεωφόρος Νίκης", "Θεσσαλονίκη"),
    ("Zoë van der Berg", "Prinsengracht", "Amsterdam"),
    ("Chloé Garçon", "place de l’Hôtel de Ville", "Besançon"),
    ("Мария Георгиева", "булевард Левски", "Варна"),
];

/// The request of this kind with this index.
pub fn request(kind: Kind, index: usize) -> Value {
    let mut numbers = Numbers(index as u64 + 1);
    let seller = &SELLERS[index % SELLERS.len()];
    let is_receipt = kind == Kind::Receipt;
    let lines: Vec<Value> = (1..=kind.lines())
        .map(|line| self::line(seller, line, is_receipt, &mut numbers))
        .collect();
    let number = format!("{}-{index:07}", if is_receipt { "R" } else { "RE" });
    let mut request = json!({
        "documentType": if is_receipt { "receipt" } else { "invoice" },
        "number": number,
        "issueDate": format!("2026-{:02}-{:02}", numbers.below(12) + 1, numbers.below(28) + 1),
        "currency": "EUR",
        "locale": seller.locale,
        "template": { "name": if is_receipt { "receipt" } else { "invoice" } },
        "marketplace": {
            "platform": "tiktok",
            "region": seller.country,
            "shopId": format!("7495{:015}", index % 100),
            "orderId": format!("{}", 576_461_413_000_000_000_u64 + index as u64),
            "packageId": format!("115{:016}", numbers.below(10_000_000_000_000_000)),
            "sequenceNumber": index.to_string(),
        },
        "seller": self::seller(seller),
        "buyer": buyer(index, &mut numbers),
        "lines": lines,
    });
    if !is_receipt {
        request["dueDate"] = json!("2027-01-31");
        request["references"] = json!({
            "buyerReference": format!("EINKAUF-{}", numbers.below(100)),
            "purchaseOrder": format!("PO-{}", numbers.below(100_000)),
        });
        request["payment"] = json!({
            "terms": seller.terms,
            "means": {
                "code": "58",
                "iban": seller.iban,
                "accountName": seller.name,
                "remittance": number,
                "qr": true,
            },
        });
        request["notes"] = json!([{ "text": format!("{} / {}", seller.name, number) }]);
    }
    if kind == Kind::EInvoice {
        request["eInvoice"] = json!({ "profile": "factur-x-en16931" });
    }
    request
}

/// The same as the bytes of a message.
pub fn body(kind: Kind, index: usize) -> Vec<u8> {
    request(kind, index).to_string().into_bytes()
}

fn seller(seller: &Seller) -> Value {
    json!({
        "name": seller.name,
        "vatId": seller.vat_id,
        "legalId": { "value": "HRB 12345", "scheme": "0204" },
        "electronicAddress": { "value": "invoices@seller.example", "scheme": "EM" },
        "address": {
            "street": seller.street,
            "number": "5",
            "city": seller.city,
            "postalCode": seller.postal_code,
            "country": seller.country,
        },
        "contact": { "name": "Office", "phone": "+49 40 1234567", "email": "invoices@seller.example" },
    })
}

fn buyer(index: usize, numbers: &mut Numbers) -> Value {
    let (name, street, city) = BUYERS[index % BUYERS.len()];
    json!({
        "name": name,
        "electronicAddress": { "value": format!("buyer{index}@buyer.example"), "scheme": "EM" },
        "address": {
            "street": street,
            "number": (numbers.below(200) + 1).to_string(),
            "city": city,
            "postalCode": format!("{:05}", numbers.below(100_000)),
            "country": "BG",
        },
    })
}

fn line(seller: &Seller, id: usize, with_sku: bool, numbers: &mut Numbers) -> Value {
    let article = seller.articles[numbers.index(seller.articles.len())];
    let cents = numbers.below(20_000) + 100;
    let mut line = json!({
        "id": id.to_string(),
        "name": format!("{article} {}", numbers.below(1_000)),
        "quantity": (numbers.below(24) + 1).to_string(),
        "unit": "C62",
        "unitPrice": format!("{}.{:02}", cents / 100, cents % 100),
        "tax": { "category": "S", "rate": if numbers.below(3) == 0 { "7" } else { "19" } },
    });
    if with_sku {
        line["sku"] = json!(format!("A-{:05}", numbers.below(100_000)));
    }
    line
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use invoice_worker::e_invoices;

    use super::*;

    #[test]
    fn every_request_is_a_valid_invoice_with_the_lines_of_its_kind() {
        for kind in Kind::ALL {
            for index in 0..36 {
                let checked = e_invoices::check(&body(kind, index), 1 << 20).expect("a request");
                let invoice = checked.parsed.invoice.expect("a valid invoice");
                assert_eq!(invoice.lines.len(), kind.lines(), "{}", kind.name());
                let has_xml = checked.e_invoice.is_some();
                assert_eq!(has_xml, kind == Kind::EInvoice, "{}", kind.name());
            }
        }
    }

    #[test]
    fn requests_differ_from_each_other_and_not_from_run_to_run() {
        for kind in Kind::ALL {
            assert_eq!(body(kind, 7), body(kind, 7));
            for key in ["lines", "buyer", "number", "marketplace"] {
                let (one, other) = (request(kind, 7), request(kind, 8));
                assert_ne!(one[key], other[key], "{key}");
            }
        }
    }
}
