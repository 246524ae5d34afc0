//! Searches: records and dead letters by their texts, and what lists and counts read of many rows.

use serde_json::{Value, json};

use super::operators::{OPERATE, ids, serve};
use crate::dead_letters::{database, letter};
use crate::harness::http::Client;
use crate::harness::{Options, World, eventually, samples};
use crate::languages::cjk_fonts;
use crate::ops::{Page, is_light};

/// How many rows the tables have whose plans are looked at.
const MANY: u32 = 20_000;

/// A text as a parameter.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The orders of the records that a query finds, all of them or as many as a page has: one that would take long to fill has fewer.
async fn orders(client: &Client, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next.take_if(|_| found.len() < 50) {
        let path = format!("/v1/invoices?{query}{cursor}");
        let page = client.get(&path).await.is(200);
        let items = page["items"].as_array().expect("a list");
        let order = |item: &Value| item["marketplace"]["orderId"].as_str().map(str::to_owned);
        found.extend(items.iter().filter_map(order));
        if !page["searchedBackTo"].is_null() {
            let cursor = page["nextCursor"].as_str().expect("a cursor");
            next = Some(format!("&cursor={cursor}"));
        }
    }
    found.truncate(50);
    found
}

/// How many dead letters a list has, or as many as a page has: one that would take long to fill has fewer.
async fn letters(client: &Client, path: &str) -> usize {
    let mut found = 0;
    let mut next = Some(String::new());
    while let Some(cursor) = next.take_if(|_| found < 50) {
        let page = client.get(&format!("{path}{cursor}")).await.is(200);
        found += page["items"].as_array().expect("a list").len();
        if !page["searchedBackTo"].is_null() {
            let cursor = page["nextCursor"].as_str().expect("a cursor");
            next = Some(format!("&cursor={cursor}"));
        }
    }
    found.min(50)
}

/// Three documents, the newest last.
async fn world_with_documents(options: Options) -> World {
    let world = World::new(options).await;
    let fonts = cjk_fonts();
    let fonts = [("FONTS_DIR", fonts.path().to_str().expect("UTF-8"))];
    let _worker = world.worker(&fonts).await;
    let serve = world.serve_with(&fonts).await;
    let client = serve.client();
    for (order, package, number, buyer) in [
        ("ORD-2026_1", "pkg-a", "R-1", "Zoë O'Miller"),
        ("ORD-2026x2", "pkg-b", "R-2 % _", "张伟 株式会社"),
        ("a.b:c@d+3", "PKG-C", "R\\3", "สมชาย ศรีสุข"),
    ] {
        let mut request = samples::with_identity(samples::receipt(), order, "1");
        request["marketplace"]["packageId"] = package.into();
        request["number"] = number.into();
        request["buyer"]["name"] = buyer.into();
        let answer = client.post_and_wait("/v1/invoices", &request, 30).await;
        answer.is(201);
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_text_on_postgresql() {
    records_are_found_by_text(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_text_on_sqlite() {
    records_are_found_by_text(Options::sqlite()).await;
}

async fn records_are_found_by_text(options: Options) {
    let world = world_with_documents(options).await;
    let serve = world.serve().await;
    let client = serve.client();
    let [one, two, three] = ["ORD-2026_1", "ORD-2026x2", "a.b:c@d+3"];
    for (text, expected) in [
        ("ORD-2026_1", &[one][..]),
        ("ord-2026", &[two, one]),
        ("2026", &[]),
        // A wildcard is a character.
        ("ord-2026_", &[one]),
        ("%", &[]),
        ("a.b:c@", &[three]),
        ("pkg-", &[three, two, one]),
        ("r-2 % _", &[two]),
        ("r-2 %_", &[]),
        ("R\\", &[three]),
        // Words of a name: whole ones, and the beginning of the last one.
        ("zoë", &[one]),
        ("ZOË", &[one]),
        ("mill", &[one]),
        ("o'miller zoë", &[one]),
        ("zo miller", &[]),
        ("iller", &[]),
        ("张伟", &[two]),
        ("张", &[two]),
        ("株式", &[two]),
        ("ศรีสุข", &[three]),
        ("สมชาย ศรี", &[three]),
        // Operators of a query mean nothing.
        ("zoë & !nothing", &[]),
        ("'zoë':* | x", &[]),
        ("miller:*", &[one]),
        ("&|!:*()<->", &[]),
    ] {
        let query = format!("text={}", encoded(text));
        assert_eq!(orders(&client, &query).await, expected, "{text}");
        let arguments = ["invoices", "--json", "--text", text];
        let printed = world.program(&arguments).run().await.succeeded();
        let rows: Vec<Value> = serde_json::from_str(&printed).expect("JSON");
        let found = rows.iter().map(|row| row["marketplace"]["orderId"].clone());
        assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
        assert!(!printed.contains("Words"), "{printed}");
    }
    for (query, expected) in [
        ("package=pkg-b", &[two][..]),
        ("package=pkg", &[]),
        ("sequence=1", &[three, two, one]),
        ("sequence=2", &[]),
        ("text=ord-2026&package=pkg-a", &[one]),
        ("text=ord-2026&status=failed", &[]),
    ] {
        assert_eq!(orders(&client, query).await, expected, "{query}");
    }
    // Pages of a search go on where the one before ended, and a cursor is bound to its text.
    let first = client.get("/v1/invoices?text=pkg&limit=2").await.is(200);
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let rest = format!("text=pkg&limit=2&cursor={cursor}");
    assert_eq!(orders(&client, &rest).await, [one]);
    let path = format!("/v1/invoices?text=pk&limit=2&cursor={cursor}");
    client.get(&path).await.is_problem(400, "cursor_invalid");
    for text in ["", "%20", &"x".repeat(256)] {
        let refused = client.get(&format!("/v1/invoices?text={text}")).await;
        refused.is_problem(400, "parameter_invalid");
    }
    let blank = world.program(&["invoices", "--text", " "]).run().await;
    assert_eq!(blank.code, 2, "{blank:?}");
    let listed = world
        .program(&["invoices", "--package", "PKG-C"])
        .run()
        .await;
    let listed = listed.succeeded();
    assert!(
        listed.contains("a.b:c@d+3") && listed.lines().count() == 2,
        "{listed}"
    );
    let nothing = world.program(&["invoices", "--shop", "none"]).run().await;
    assert_eq!(nothing.succeeded(), "no record matches\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_by_words_on_postgresql() {
    dead_letters_are_found_by_words(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_by_words_on_sqlite() {
    dead_letters_are_found_by_words(Options::sqlite()).await;
}

async fn dead_letters_are_found_by_words(options: Options) {
    let world = World::new(options).await;
    let database = database(&world).await;
    for (index, detail, payload) in [
        (
            1,
            "/buyer/taxId: 100% wrong_one (BR-CO-15)",
            json!({ "orderId": "ORD-2026-0001", "buyer": "Zoë O'Miller" })
                .to_string()
                .into_bytes(),
        ),
        (
            2,
            "a\\b & c|d",
            br#"{"orderId":"ORD-2026-0002","buyer":"\u5f20\u4f1f ZO\u00cb\nNewline"}"#.to_vec(),
        ),
        (3, "not JSON", "{\"broken: ศรีสุข".as_bytes().to_vec()),
        (4, "not text", vec![0, 255, b'x', 0x1f, 0x8b]),
        (
            5,
            "large",
            format!("\"{}\"", "word".repeat(100_000)).into_bytes(),
        ),
        (
            6,
            "many words",
            (0..100_000)
                .map(|n| format!("w{n} "))
                .collect::<String>()
                .into_bytes(),
        ),
    ] {
        let mut letter = letter(index, "totals_mismatch");
        letter.detail = detail.into();
        letter.payload = payload;
        let stored = database.store_dead_letters(&[letter]).await;
        stored.expect("stored");
    }
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    let find = async |text: &str| {
        let path = format!("/v1/dead-letters?text={}", encoded(text));
        ids(&client.get(&path).await.is(200))
    };
    let cases = [
        ("ORD-2026-0001", &[1_i64][..]),
        ("ord-2026", &[2, 1]),
        ("ord-2026 zoë", &[]),
        ("zoë ord-2026", &[2, 1]),
        ("2026-0001", &[]),
        ("zoë", &[2, 1]),
        ("o'miller", &[1]),
        ("newl", &[2]),
        ("张伟", &[2]),
        ("ศรีสุข", &[3]),
        ("taxid wrong_one br-co-15", &[1]),
        ("wrong%one", &[]),
        ("c|d & a", &[2]),
        ("!taxid", &[1]),
        ("100%", &[1]),
        ("'&|!:*()<->\\", &[]),
        ("not", &[4, 3]),
        ("wordword", &[5]),
        ("w77", &[6]),
    ];
    for (text, expected) in cases {
        assert_eq!(find(text).await, expected, "{text}");
    }
    // What an earlier version has written is found once it has its words.
    world.execute("UPDATE dead_letter SET words = NULL").await;
    let added = eventually("words", async || {
        match database.add_words(2).await.expect("the database answers") {
            0 => Ok(()),
            count => Err(count),
        }
    });
    added.await;
    for (text, expected) in cases {
        assert_eq!(find(text).await, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_dead_letter_that_an_earlier_version_changes_are_made_again() {
    let world = World::new(Options::default()).await;
    let database = database(&world).await;
    let stored = database
        .store_dead_letters(&[letter(1, "totals_mismatch")])
        .await;
    stored.expect("stored");
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    world
        .execute("UPDATE dead_letter SET detail = 'elsewhere', updated_at = now()")
        .await;
    eventually("the other word", async || {
        database.add_words(10).await.expect("the database answers");
        let page = client.get("/v1/dead-letters?text=elsewhere").await.is(200);
        if ids(&page) == [1] { Ok(()) } else { Err(page) }
    })
    .await;
    // So does the edit of this version, at once.
    let payload = br#"{"orderId":"edited-7"}"#;
    let edited = super::operators::edit(
        &client,
        1,
        "reason=test&force=true&changeIdentity=true",
        payload,
    );
    edited.await.is(200);
    let page = client.get("/v1/dead-letters?text=edited-7").await.is(200);
    assert_eq!(ids(&page), [1]);
}

/// Scans of whole tables so far; none while the program is connected, since its connections report late what they have read.
async fn scans(world: &World) -> Vec<(String, i64)> {
    use sea_orm::{ConnectionTrait as _, Statement};
    let connection = sea_orm::Database::connect(&world.variables["DATABASE_URL"]).await;
    let connection = connection.expect("the database can be reached");
    let statement = "SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE relname IN ('sales_invoice', 'dead_letter')
        AND NOT EXISTS (SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'invoice-worker') ORDER BY 1";
    let statement = Statement::from_string(connection.get_database_backend(), statement);
    let rows = connection.query_all_raw(statement).await.expect("rows");
    let row = |row: &sea_orm::QueryResult| {
        let name = row.try_get_by_index(0).expect("a name");
        (name, row.try_get_by_index(1).expect("a number"))
    };
    let found = rows.iter().map(row).collect();
    connection.close().await.expect("closed");
    found
}

async fn settled_scans(world: &World) -> Vec<(String, i64)> {
    eventually("the end of the program's connections", async || {
        let scans = scans(world).await;
        if scans.is_empty() {
            Err("there are some")
        } else {
            Ok(scans)
        }
    })
    .await
}

/// A world with as many records and dead letters as [`MANY`].
async fn world_with_many_rows() -> World {
    let world = World::new(Options::default()).await;
    let many = MANY.to_string();
    let fill = include_str!("../../../scripts/measure-lists.sql");
    let fill = fill
        .replace("{invoices}", &many)
        .replace("{letters}", &many);
    world.execute(&fill).await;
    for table in ["sales_invoice", "dead_letter"] {
        world.execute(&format!("VACUUM ANALYZE {table}")).await;
    }
    world
}

/// All entries of a list, from page to page; how many pages it had; and the first one.
async fn all(client: &Client, path: &str) -> (Vec<Value>, usize, Value) {
    let first = client.get(path).await.is(200);
    let (mut items, mut pages, mut page) = (Vec::new(), 1, first.clone());
    loop {
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        let Some(cursor) = page["nextCursor"].as_str() else {
            return (items, pages, first);
        };
        page = client.get(&format!("{path}&cursor={cursor}")).await.is(200);
        pages += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_only_old_rows_have_is_found_page_after_page() {
    let world = world_with_many_rows().await;
    let serve = serve(&world).await;
    let client = serve.client_with(OPERATE);
    // The older half of the rows has it.
    for (path, count) in [
        (
            "/v1/dead-letters?status=all&limit=200&text=ord-2026-000",
            9_999,
        ),
        ("/v1/invoices?limit=200&text=inv-0000", 9_900),
    ] {
        let (items, pages, first) = all(&client, path).await;
        assert_eq!(first["items"], json!([]), "{path}");
        assert!(first["searchedBackTo"].is_string(), "{path}: {first}");
        let key = |item: &Value| match item["id"].as_i64() {
            Some(id) => id.to_string(),
            None => item["number"].to_string(),
        };
        let keys: std::collections::BTreeSet<_> = items.iter().map(key).collect();
        assert_eq!((items.len(), keys.len()), (count, count), "{path}");
        // Those that have nothing are few: one looks through many rows.
        assert!(pages < count / 200 + 20, "{path}: {pages} pages");
    }
    let list = [
        "list",
        "--status",
        "all",
        "--text",
        "ord-2026-000",
        "--limit",
        "2",
    ];
    let list = crate::dead_letters::run(&world, &list).await;
    let list = list.succeeded();
    assert!(
        list.contains("\n9999 ") && list.contains("\n9998 "),
        "{list}"
    );

    let page = Page::sign_in(&serve, OPERATE).await;
    for (path, expected) in [
        (
            "/dead-letters?status=all&text=ord-2026-000",
            "/dead-letters/9999",
        ),
        ("/invoices?text=inv-0000", "INV-00009999"),
    ] {
        let mut shown = page
            .get(path)
            .await
            .shows(&["Searched back to", "Search on"]);
        assert!(!shown.contains("matches."), "{shown}");
        let mut pages = 1;
        while !shown.contains(expected) {
            let next = crate::ops::link(
                &shown,
                &format!("{}?", path.split('?').next().expect("a path")),
            );
            let answer = page.get(&next).await;
            shown = answer.shows(&["rel=\"next\""]);
            is_light(&page.client(), &answer).await;
            pages += 1;
            assert!(pages < 20, "{path}: {shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_search_or_count_reads_a_whole_table() {
    let world = world_with_many_rows().await;
    let before = settled_scans(&world).await;
    {
        let serve = serve(&world).await;
        let client = serve.client_with(OPERATE);
        for (path, rows) in [
            ("/v1/dead-letters?", Some(50)),
            ("/v1/dead-letters?text=ord-2026-0010002", Some(1)),
            ("/v1/dead-letters?text=ord-2026", Some(50)),
            (
                "/v1/dead-letters?text=receipt-6&code=template_unknown",
                Some(50),
            ),
            ("/v1/dead-letters?text=none", Some(0)),
            ("/v1/dead-letters?shop=shop-7", Some(0)),
            ("/v1/dead-letters/groups?", None),
            (
                "/v1/dead-letters/groups?status=all&code=field_invalid",
                None,
            ),
        ] {
            if path.contains("shop=") || rows.is_none() {
                let page = client.get(path).await.is(200);
                let items = page["items"].as_array().map(Vec::len);
                assert_eq!(items > Some(0), rows.is_some(), "{path}");
            } else {
                assert_eq!(Some(letters(&client, path).await), rows, "{path}");
            }
        }
        let groups = client
            .get("/v1/dead-letters/groups?status=all")
            .await
            .is(200);
        assert_eq!(groups["total"], MANY);
    }
    {
        let serve = world.serve().await;
        let client = serve.client();
        for (query, rows) in [
            ("", 50),
            ("text=ord-2026-0005000", 2),
            ("text=ORD-2026", 50),
            ("text=inv-00000001", 1),
            ("text=pkg-c4ca4238", 1),
            ("text=zo%C3%AB%20gro", 50),
            ("text=n1234", 11),
            ("text=none", 0),
            ("package=none", 0),
            ("sequence=none", 0),
            ("platform=none", 0),
            ("platform=amazon&shop=shop-10", 40),
            ("status=failed&text=ord-2026", 50),
        ] {
            let found = orders(&client, query).await;
            assert_eq!(found.len(), rows, "{query}");
        }
    }
    assert_eq!(settled_scans(&world).await, before);
}
