//! The servers that every contestant asks: one redirector and several
//! destinations, each on a loopback address of its own, all in one process and
//! on one thread, so that a contestant keeps the other core. They count what
//! they were asked for, which is how it is known that nobody skipped a link.
//!
//! Not here: how fast anybody was.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::{BenchError, doing};

/// Loopback addresses of the destinations; the redirector has the first one.
const DESTINATIONS: [Ipv4Addr; 3] = [
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
    Ipv4Addr::new(127, 0, 0, 4),
];
const REDIRECTOR: Ipv4Addr = Ipv4Addr::LOCALHOST;
// What a redirector's server says beside the header, the same every time.
const MOVED: &[u8] = b"<html>\r\n<head><title>302 Found</title></head>\r\n\
    <body>\r\n<center><h1>302 Found</h1></center>\r\n</body>\r\n</html>\r\n";

/// Every host a contestant may have to be allowed to ask.
pub fn hosts() -> Vec<String> {
    std::iter::once(REDIRECTOR)
        .chain(DESTINATIONS)
        .map(|ip| ip.to_string())
        .collect()
}

/// The link with this number.
pub fn link(redirector: SocketAddr, number: usize) -> String {
    format!("http://{redirector}/out?n={number}")
}

/// A sentence that only the page with this number holds.
pub fn sentence(number: usize) -> String {
    format!("This is page {number} of the loopback world.")
}

/// What the servers were asked for since the last time somebody wanted to
/// know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// Different links at the redirector.
    pub links: usize,
    /// Different pages at the destinations.
    pub pages: usize,
    /// Requests in all.
    pub requests: usize,
}

#[derive(Default)]
struct Counts {
    links: Seen,
    pages: Seen,
    requests: usize,
}

/// Which numbers were seen.
#[derive(Default)]
struct Seen {
    flags: Vec<bool>,
    count: usize,
}

impl Seen {
    fn note(&mut self, number: usize) {
        if let Some(flag) = self.flags.get_mut(number)
            && !std::mem::replace(flag, true)
        {
            self.count += 1;
        }
    }
}

/// Serves until standard input closes, which it does when the parent ends,
/// however it ends. The redirector's address is the one line printed.
///
/// # Errors
/// Where a loopback address cannot be listened on.
pub async fn serve(links: usize) -> Result<(), BenchError> {
    let mut destinations = Vec::new();
    let counts = Arc::new(Mutex::new(fresh(links)));
    for ip in DESTINATIONS {
        let listener = listen(ip).await?;
        destinations.push(listener.local_addr().map_err(doing("listening"))?);
        tokio::spawn(accept(listener, Arc::clone(&counts), Arc::from([])));
    }
    let listener = listen(REDIRECTOR).await?;
    let address = listener.local_addr().map_err(doing("listening"))?;
    tokio::spawn(accept(listener, counts, destinations.into()));
    println!("{address}");
    // Reading blocks, so it stands on a thread of its own.
    let (closed, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        drop(closed);
    });
    let _ = end.await;
    Ok(())
}

fn fresh(links: usize) -> Counts {
    let seen = || Seen {
        flags: vec![false; links],
        count: 0,
    };
    Counts {
        links: seen(),
        pages: seen(),
        requests: 0,
    }
}

async fn listen(ip: Ipv4Addr) -> Result<TcpListener, BenchError> {
    TcpListener::bind((ip, 0))
        .await
        .map_err(doing(format!("listening on {ip}")))
}

async fn accept(listener: TcpListener, counts: Arc<Mutex<Counts>>, leads_to: Arc<[SocketAddr]>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let (counts, leads_to) = (Arc::clone(&counts), Arc::clone(&leads_to));
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let response = answer(&request, &counts, &leads_to);
                std::future::ready(Ok::<_, Infallible>(response))
            });
            // A contestant that closes its connection is no concern of ours.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn answer(
    request: &Request<Incoming>,
    counts: &Mutex<Counts>,
    leads_to: &[SocketAddr],
) -> Response<Full<Bytes>> {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    if request.uri().path() == "/asked" {
        let asked = format!(
            "{} {} {}",
            counts.links.count, counts.pages.count, counts.requests
        );
        *counts = fresh(counts.links.flags.len());
        return Response::new(Full::new(asked.into()));
    }
    counts.requests += 1;
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
    if let Some(number) = number(request.uri().query().and_then(|q| q.strip_prefix("n="))) {
        counts.links.note(number);
        return redirect(number, leads_to);
    }
    match number(request.uri().path().strip_prefix("/page/")) {
        Some(number) => {
            counts.pages.note(number);
            page(number)
        }
        None => with_status(StatusCode::NOT_FOUND, Bytes::new()),
    }
}

fn redirect(number: usize, leads_to: &[SocketAddr]) -> Response<Full<Bytes>> {
    let to = leads_to.get(number % leads_to.len().max(1));
    let location =
        to.and_then(|to| HeaderValue::try_from(format!("http://{to}/page/{number}")).ok());
    let Some(location) = location else {
        return with_status(StatusCode::NOT_FOUND, Bytes::new());
    };
    let mut response = with_status(StatusCode::FOUND, Bytes::from_static(MOVED));
    response.headers_mut().insert(LOCATION, location);
    response
}

fn page(number: usize) -> Response<Full<Bytes>> {
    let mut html = String::with_capacity(512);
    // Writing to a string does not fail.
    let _ = write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Item {number}</title>\
         </head>\n<body>\n<h1>Item {number}</h1>\n<p>{}</p>\n\
         <p>A lamp of paper and bamboo, made by hand, in a box of {}.</p>\n\
         <ul><li>Price: {}.00</li><li>In stock: {}</li><li>Sent within two days</li></ul>\n\
         </body>\n</html>\n",
        sentence(number),
        number % 12 + 1,
        number % 997,
        number % 89
    );
    with_status(StatusCode::OK, html.into())
}

fn with_status(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// Asks the servers what they were asked for, and lets them begin to count
/// anew.
///
/// # Errors
/// Where they do not answer.
pub fn asked(redirector: SocketAddr) -> Result<Asked, BenchError> {
    let mut stream = TcpStream::connect(redirector).map_err(doing("asking the servers"))?;
    let request = format!("GET /asked HTTP/1.1\r\nHost: {redirector}\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.read_to_string(&mut text))
        .map_err(doing("asking the servers"))?;
    let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    let mut numbers = body
        .split_whitespace()
        .map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Ok(Asked {
        links: next(),
        pages: next(),
        requests: next(),
    })
}
