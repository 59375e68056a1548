//! A minimal raw HTTP client: what goes over the wire is seen as it is.
#![allow(dead_code)] // each file of tests uses its own part

use std::net::SocketAddr;
use std::time::Duration;

use moongate_town::{RunningTown, Town, TownOptions, TownPlan};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A browser's user agent.
pub(crate) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0";

/// No answer of the town takes longer than this, unless it is meant to.
const LIMIT: Duration = Duration::from_secs(20);

/// A response as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }
}

pub(crate) async fn start(plan: TownPlan) -> RunningTown {
    Town::start(plan, TownOptions::default())
        .await
        .expect("the town starts")
}

/// Sends one request and reads what comes until the end, at most `most` bytes.
pub(crate) async fn raw(at: SocketAddr, request: &str, most: usize) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(at).await?;
    stream.write_all(request.as_bytes()).await?;
    read_some(&mut stream, most).await
}

pub(crate) async fn read_some<S: AsyncRead + Unpin>(
    stream: &mut S,
    most: usize,
) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    let reading = async {
        let mut piece = vec![0; 64 * 1024];
        while all.len() < most {
            let n = stream.read(&mut piece).await?;
            if n == 0 {
                break;
            }
            all.extend_from_slice(&piece[..n]);
        }
        Ok(())
    };
    tokio::time::timeout(LIMIT, reading)
        .await
        .expect("within the limit")
        .map(|()| all)
}

pub(crate) fn request(method: &str, url: &str, agent: &str, cookie: &str, body: &str) -> String {
    let rest = url.split_once("://").expect("absolute").1;
    let rest = rest.split('#').next().expect("a part");
    let (host, path) = rest
        .find(['/', '?'])
        .map_or((rest, "/"), |at| rest.split_at(at));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Reads a whole response.
pub(crate) fn parse(bytes: &[u8]) -> Got {
    let end = bytes
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()))
        .collect();
    Got {
        status: status.expect("a status"),
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

pub(crate) async fn get_as(town: &RunningTown, url: &str, agent: &str, cookie: &str) -> Got {
    let request = request("GET", url, agent, cookie, "");
    parse(
        &raw(town.http, &request, usize::MAX)
            .await
            .expect("an answer"),
    )
}

pub(crate) async fn get(town: &RunningTown, url: &str) -> Got {
    get_as(town, url, BROWSER, "").await
}

pub(crate) async fn post(town: &RunningTown, url: &str, cookie: &str, body: &str) -> Got {
    let request = request("POST", url, BROWSER, cookie, body);
    parse(
        &raw(town.http, &request, usize::MAX)
            .await
            .expect("an answer"),
    )
}

/// Signs in and gives the cookie.
pub(crate) async fn sign_in(town: &RunningTown, platform: &str, name: &str) -> String {
    let got = post(
        town,
        &format!("http://{platform}.test/login"),
        "",
        &format!("name={name}"),
    )
    .await;
    assert_eq!(got.status, 303, "{}", got.text());
    let cookie = got.header("set-cookie").expect("a cookie");
    cookie.split(';').next().expect("a pair").to_owned()
}

/// What happened to one link in one scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The list item as the reader sees it; none if it is missing.
    pub(crate) seen: Option<String>,
    /// The list item as the sender sees it.
    pub(crate) sent: String,
    /// Where the link leads, as the reader sees it.
    pub(crate) href: Option<String>,
}

/// Posts a link as the sender and reads it as the reader.
pub(crate) async fn send(town: &RunningTown, platform: &str, scene: &str, text: &str) -> Message {
    let (sender, reader) = (
        sign_in(town, platform, "sender").await,
        sign_in(town, platform, "reader").await,
    );
    let room = format!("http://{platform}.test/chat/{scene}");
    let body = format!("text={}", moongate_town::address::encode(text));
    let posted = post(town, &room, &sender, &body).await;
    assert_eq!(posted.status, 303, "{}", posted.text());
    let (path, id) = posted.location().split_once('#').expect("a message id");
    let url = format!("http://{platform}.test{path}");
    let of = |got: Got| {
        let text = got.text();
        let at = text.find(&format!("<li class=\"message\" id=\"{id}\">"))?;
        let end = text[at..].find("</li>").expect("an end");
        Some(text[at..at + end + 5].to_owned())
    };
    let seen = of(get_as(town, &url, BROWSER, &reader).await);
    let sent = of(get_as(town, &url, BROWSER, &sender).await).expect("the sender sees it");
    let href = seen.as_deref().and_then(|seen| {
        let at = seen.find("href=\"")? + 6;
        let end = seen[at..].find('"')?;
        Some(seen[at..at + end].replace("&amp;", "&"))
    });
    Message { seen, sent, href }
}

/// The address of a destination in the plan.
pub(crate) fn url_of(town: &RunningTown, id: &str) -> String {
    let found = town.plan().destinations.iter().find(|d| d.id == id);
    found.expect("a destination").url.clone()
}

/// Sends the rival's link in a town made by `TownPlan::single`.
pub(crate) async fn rival(town: &RunningTown, nonce: &str) -> Message {
    let url = url_of(town, "rival-item");
    send(town, "platform", "one-to-one", &format!("{url} {nonce}")).await
}

/// What the reader's click on the rival's link meets.
pub(crate) async fn click_rival(town: &RunningTown, nonce: &str) -> Got {
    let href = rival(town, nonce).await.href.expect("a link");
    get(town, &href).await
}
