//! Documents in every language, read as a person's tools read them: words, names and numbers of each script.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::documents::{assert_shows, pages};
use crate::harness::{Finished, Options, Program, World, samples};

/// What readers of one locale find on the German sample, set for them.
struct Reader {
    locale: &'static str,
    /// A name as they write it.
    name: &'static str,
    invoice: &'static str,
    receipt: &'static str,
    shows: &'static [&'static str],
}

/// Where Debian's package `fonts-noto-cjk` puts its fonts.
const CJK_FONTS: &str = "/usr/share/fonts/opentype/noto";

#[tokio::test]
async fn western_europe_reads_its_languages() {
    check(
        None,
        &[
            reader(
                "en-GB",
                "Café Brontë",
                "Invoice",
                "Receipt",
                &["21 Nov 2026", "Total VAT", "€278.20"],
            ),
            reader(
                "de-DE",
                "Bäckerei Großmann",
                "Rechnung",
                "Beleg",
                &["21.11.2026", "278,20 €"],
            ),
            reader(
                "fr-FR",
                "Épicerie du Cœur",
                "Facture",
                "Reçu",
                &["21 nov. 2026", "278,20 €"],
            ),
            reader(
                "es-ES",
                "Comercio Peñón",
                "Factura",
                "Recibo",
                &["21 nov 2026", "278,20 €"],
            ),
            reader(
                "it-IT",
                "Bottega Città",
                "Fattura",
                "Ricevuta",
                &["21 nov 2026", "278,20 €"],
            ),
            reader(
                "nl-NL",
                "Winkel Zeeën",
                "Factuur",
                "Bon",
                &["21 nov 2026", "€ 278,20"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn portugal_brazil_sweden_poland_and_turkey_read_their_languages() {
    check(
        None,
        &[
            reader(
                "pt-PT",
                "Loja São João",
                "Fatura",
                "Recibo",
                &["21/11/2026", "Total IVA", "278,20 €"],
            ),
            reader(
                "pt-BR",
                "Loja São João",
                "Fatura",
                "Recibo",
                &["21 de nov. de 2026", "€ 278,20"],
            ),
            reader(
                "sv-SE",
                "Affären Åström",
                "Faktura",
                "Kvitto",
                &["21 nov. 2026", "278,20 €"],
            ),
            reader(
                "pl-PL",
                "Księgarnia Źródło",
                "Faktura",
                "Potwierdzenie zakupu",
                &["21 lis 2026", "278,20 €"],
            ),
            reader(
                "tr-TR",
                "Işık Ticaret A.Ş.",
                "Fatura",
                "Makbuz",
                &["21 Kas 2026", "%19", "€278,20"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn south_east_asia_reads_its_languages() {
    check(
        None,
        &[
            reader(
                "vi-VN",
                "Công ty Thương mại Đặng Nguyễn",
                "Hóa đơn",
                "Biên lai",
                &["21 thg 11, 2026", "278,20 €"],
            ),
            reader(
                "id-ID",
                "PT Toko Nusantara",
                "Faktur",
                "Kuitansi",
                &["21 Nov 2026", "€278,20"],
            ),
            reader(
                "ms-MY",
                "Kedai Runcit Sdn. Bhd.",
                "Invois",
                "Resit",
                &["21 Nov 2026", "Jumlah cukai", "€278.20"],
            ),
            reader(
                "fil-PH",
                "Tindahan ng Peñafrancia",
                "Invoice",
                "Resibo",
                &["Nob 21, 2026", "Kabuuang buwis", "€278.20"],
            ),
            reader(
                "th-TH",
                "บริษัท ร้านค้าไทย จำกัด",
                "ใบแจ้งหนี้",
                "ใบเสร็จรับเงิน",
                &["21 พ.ย. 2026", "€278.20"],
            ),
        ],
    )
    .await;
}

/// The letters of Arabic are joined on the page, and come out of it one by one, in the order in which they are read.
#[tokio::test]
async fn arabic_and_hebrew_are_read_from_right_to_left() {
    check(
        None,
        &[
            reader(
                "ar-AE",
                "شركة النور للتجارة",
                "فاتورة ضريبية",
                "إيصال",
                &["التاريخ", "278.20"],
            ),
            reader(
                "ar-EG",
                "شركة النيل",
                "فاتورة",
                "إيصال",
                &["التاريخ", "278.20"],
            ),
            reader("he-IL", "חנות הים", "חשבונית", "קבלה", &["תאריך", "278.20"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn east_asia_reads_its_languages_where_there_is_a_font_for_them() {
    let fonts = cjk_fonts();
    check(
        Some(fonts.path()),
        &[
            reader(
                "ja-JP",
                "株式会社東京商店",
                "請求書",
                "領収書",
                &["2026/11/21", "€278.20"],
            ),
            reader(
                "zh-CN",
                "上海贸易有限公司",
                "账单",
                "收据",
                &["2026年11月21日", "€278.20"],
            ),
            reader(
                "zh-TW",
                "臺北貿易有限公司",
                "帳單",
                "收據",
                &["2026年11月21日", "€278.20"],
            ),
            reader(
                "ko-KR",
                "주식회사 서울상점",
                "청구서",
                "영수증",
                &["€278.20"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_receipt_in_ringgit_is_malay() {
    let mut request = samples::receipt();
    request["locale"] = "ms-MY".into();
    request["currency"] = "MYR".into();
    let page = page(&request, None).await;
    assert_shows(
        &page,
        &[
            "Resit",
            "21 Nov 2026",
            "Subjumlah RM 50.00",
            "Cukai 0% atas RM 50.00",
        ],
    );
}

#[tokio::test]
async fn a_page_mixes_scripts_and_pictographs() {
    let mut request = samples::invoice();
    let names = [
        "חולצה כחולה",
        "قميص أزرق",
        "เสื้อยืด",
        "नमक",
        "Зубная щётка",
        "Οδοντόβουρτσα",
    ];
    request["lines"][0]["name"] = names.join(" / ").into();
    request["lines"][1]["name"] = "🔥 Hot Sale ❤️ 👍🏽 【M】 Ｔ-Shirt ★ → \u{1d11e}".into();
    let page = page(&request, None).await;
    assert_shows(&page, &names);
    assert_shows(&page, &["🔥", "👍", "M", "T-Shirt ★ →"]);
    assert!(!page.contains('\u{1d11e}'), "{page}");
}

#[tokio::test]
async fn a_letter_that_no_font_has_is_named_with_its_field() {
    let mut request = samples::invoice();
    request["lines"][1]["name"] = "T恤".into();
    let printed = render(&request, None).await.0;
    assert_eq!(printed.code, 1, "{printed:?}");
    assert!(
        printed
            .stderr
            .contains("/lines/1/name: no font has the character '恤' (U+6064)"),
        "{printed:?}"
    );
    // Chinese on a German page needs no Chinese texts.
    let fonts = cjk_fonts();
    assert_shows(&page(&request, Some(fonts.path())).await, &["T恤"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_says_at_its_start_which_languages_it_has_no_font_for() {
    let world = World::new(Options::sqlite()).await;
    let mut worker = world.worker(&[]).await;
    worker
        .emits_where("fonts_missing", |missing| {
            missing["languages"] == "ja ko zh-Hant zh"
        })
        .await;
    worker.stop().await;
    // A start says what is needed, and no more.
    let log = worker.log();
    let events = log.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["event"].as_str().expect("an event").to_owned()
    });
    let started: Vec<String> = events.take(3).collect();
    assert_eq!(
        started,
        ["templates_loaded", "fonts_missing", "consuming"],
        "{log}"
    );
    let fonts = cjk_fonts();
    let mut worker = world
        .worker(&[("FONTS_DIR", fonts.path().to_str().expect("UTF-8"))])
        .await;
    let mut request = samples::invoice();
    request["locale"] = "ja-JP".into();
    world.publish(request.to_string()).await;
    world.wait_for_document(&samples::identity(&request)).await;
    worker.stop().await;
    assert!(worker.events("fonts_missing").is_empty());
}

fn reader(
    locale: &'static str,
    name: &'static str,
    invoice: &'static str,
    receipt: &'static str,
    shows: &'static [&'static str],
) -> Reader {
    Reader {
        locale,
        name,
        invoice,
        receipt,
        shows,
    }
}

/// Invoice and receipt of each of them.
async fn check(fonts: Option<&Path>, readers: &[Reader]) {
    for reader in readers {
        let mut request = samples::invoice();
        request["locale"] = reader.locale.into();
        request["seller"]["name"] = reader.name.into();
        request["lines"][0]["name"] = reader.name.into();
        for (kind, title) in [("invoice", reader.invoice), ("receipt", reader.receipt)] {
            request["documentType"] = kind.into();
            request["template"] = json!({ "name": kind });
            let page = page(&request, fonts).await;
            assert_shows(&page, &[title, reader.name]);
            assert_shows(&page, reader.shows);
        }
    }
}

/// The text of a document of one page, without white space and marks of direction.
async fn page(request: &Value, fonts: Option<&Path>) -> String {
    let (printed, pdf) = render(request, fonts).await;
    printed.succeeded();
    let pages = pages(&pdf);
    assert_eq!(pages.len(), 1, "{pages:?}");
    let direction = ['\u{61c}', '\u{200e}', '\u{200f}'];
    pages[0].replace(
        |c| {
            direction.contains(&c)
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c)
        },
        "",
    )
}

/// What `invoice-worker render` prints, and the document if there is one.
async fn render(request: &Value, fonts: Option<&Path>) -> (Finished, Vec<u8>) {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("request.json"), request.to_string()).expect("written");
    let templates = samples::templates();
    let fonts = fonts.map(|fonts| ("FONTS_DIR", fonts.to_str().expect("UTF-8")));
    let printed = Program::new(folder.path(), &["render", "request.json", "-o", "out.pdf"])
        .envs([("TEMPLATES_DIR", templates.to_str().expect("UTF-8"))])
        .envs(fonts)
        .run()
        .await;
    let pdf = std::fs::read(folder.path().join("out.pdf")).unwrap_or_default();
    (printed, pdf)
}

/// A folder with the fonts that the README names, and no others.
pub(crate) fn cjk_fonts() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    for name in ["NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"] {
        let original = Path::new(CJK_FONTS).join(name);
        assert!(
            original.exists(),
            "{} is missing: run the tests with `make test`, which installs it",
            original.display()
        );
        symlink(original, folder.path().join(name)).expect("linked");
    }
    folder
}
