//! Signing in, what keeps a session from others, and its end.

use invoice::digest::Sha256Digest;
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{has_refused, is_good, sign_in};
use crate::dead_letters::{database, letter};
use crate::harness::{Browser, Options, Serve, World};
use crate::ops::{LOOK, serve};

/// Forms of another site that would sign a visitor out.
fn forged(serve: &Serve) -> String {
    let action = serve.page("/sign-out");
    format!(
        "<!doctype html><title>Win</title><main>\
         <form method=\"post\" action=\"{action}\"><button>Win a prize</button></form></main>"
    )
}

/// A server of this machine that answers everything with this page; its URL. Its pages are of the same site as those of other
/// ports, so that the browser sends cookies with their forms.
async fn neighbour(html: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            if stream.read(&mut [0; 4_096]).await.unwrap_or(0) == 0 {
                continue;
            }
            let length = html.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{html}"
            );
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    format!("http://{address}/")
}

/// The key in the database of the session that the browser has.
async fn session(browser: &Browser) -> String {
    let cookies = browser.cookies().await;
    let named = |name: &str| cookies.iter().find(|cookie| cookie["name"] == name);
    let cookie = named("invoice_session").expect("a session");
    assert_eq!(cookie["httpOnly"], true);
    assert_eq!(cookie["sameSite"], "Lax");
    let secret = cookie["value"].as_str().expect("a text");
    Sha256Digest::of(secret.as_bytes()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_has_a_session_that_others_cannot_use_and_that_ends() {
    let world = World::new(Options::sqlite()).await;
    let archive = database(&world).await;
    let serve = serve(&world).await;
    let neighbour = neighbour(forged(&serve)).await;
    let browser = Browser::start().await;
    for scripts in [false, true] {
        browser.run_scripts(scripts).await;
        browser.open(&serve.page("/")).await;
        sign_in(&browser, "a-wrong-token-0123456789-0123456789").await;
        browser.shows("The token is unknown or has ended.").await;
        has_refused(&browser, 401).await;
        is_good(&browser, "sign-in-refused").await;
        sign_in(&browser, LOOK).await;
        browser.shows("Problems").await;
        browser.press("Tab").await;
        let skip = ("link".to_owned(), "Skip to the content".to_owned());
        assert_eq!(browser.focused().await, skip);

        // The cookie does not go along from another site. A neighbour's form has it, and lacks the secret of the session.
        browser.open_foreign(&forged(&serve)).await;
        browser.click("button", "Win a prize").await;
        browser.open(&serve.page("/")).await;
        assert!(browser.offers("button", "Sign out").await);
        browser.open(&neighbour).await;
        browser.click("button", "Win a prize").await;
        browser.shows("nothing was changed").await;
        has_refused(&browser, 403).await;
        browser.open(&serve.page("/")).await;
        browser.shows("Problems").await;

        if scripts {
            // What is live comes without loading the page again.
            let letters = [letter(1, "comes_later")];
            let stored = archive.store_dead_letters(&letters).await;
            stored.expect("stored");
            browser.shows("comes_later").await;
        }

        let an_hour_ago = OffsetDateTime::now_utc() - Duration::hours(1);
        let session = session(&browser).await;
        let seen = archive.see_session(&session, an_hour_ago).await;
        seen.expect("the database can be written");
        // With scripts, what is live finds out by itself.
        if !scripts {
            browser.open(&serve.page("/")).await;
        }
        sign_in(&browser, LOOK).await;
        browser.shows("Problems").await;
        browser.click("button", "Sign out").await;
        browser.shows("You are signed out.").await;
        is_good(&browser, "signed-out").await;
        browser.open(&serve.page("/")).await;
        assert!(browser.offers("button", "Sign in").await);
    }
    browser.end().await;
}
