//! What opening a link costs: the CPU time of the carrier for one link
//! (redirector, then destination) on loopback, beside a bare hyper client.
//!
//! `cargo run --release -p moongate-carrier --example loopback [LINKS] [AT_ONCE]`
//!
//! The server runs in a process of its own. Linux only (`/proc`).
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use std::cell::Cell;
use std::convert::Infallible;
use std::io::BufRead;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use moongate_carrier::{Carrier, Jar, Network, Politeness, Setup, UserAgent};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

const PAGE: &str = "<!doctype html><title>A page</title><p>Some text of the destination.";

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let number = |at: usize, or: usize| arguments.get(at).map_or(or, |n| n.parse().unwrap_or(or));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    if arguments.get(1).is_some_and(|a| a == "serve") {
        runtime.block_on(serve());
        return;
    }
    let (links, at_once) = (number(1, 20_000), number(2, 32));
    let program = std::env::current_exe().unwrap();
    let mut server = Command::new(program)
        .arg("serve")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let said = server.stdout.take().unwrap();
    std::io::BufReader::new(said).read_line(&mut line).unwrap();
    let port: u16 = line.trim().parse().unwrap();
    for _ in 0..2 {
        measure("bare hyper", links, || {
            LocalSet::new().block_on(&runtime, workers(links, at_once, Kind::Bare, port));
        });
        measure("carrier, plain", links, || {
            let kind = Kind::Carrier(UserAgent::Plain);
            LocalSet::new().block_on(&runtime, workers(links, at_once, kind, port));
        });
        measure("carrier, browser", links, || {
            let kind = Kind::Carrier(UserAgent::Browser);
            LocalSet::new().block_on(&runtime, workers(links, at_once, kind, port));
        });
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[derive(Clone)]
enum Kind {
    Bare,
    Carrier(UserAgent),
}

fn measure(what: &str, links: usize, work: impl FnOnce()) {
    let (cpu, start) = (cpu_ns(), Instant::now());
    work();
    let cpu_us = (cpu_ns() - cpu) as f64 / 1e3 / links as f64;
    let rate = links as f64 / start.elapsed().as_secs_f64();
    println!("{what:<18} {cpu_us:6.1} us of CPU a link, {rate:8.0} links/s");
}

/// Time this process spent on a processor, nanoseconds.
fn cpu_ns() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let spent = threads.map(|thread| {
        let stat = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        stat.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    spent.sum()
}

async fn workers(links: usize, at_once: usize, kind: Kind, port: u16) {
    let carrier = Rc::new(carrier(port));
    let next = Rc::new(Cell::new(0));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (carrier, next, kind) = (Rc::clone(&carrier), Rc::clone(&next), kind.clone());
        workers.spawn_local(async move {
            let mut bare = match kind {
                Kind::Bare => Some(connect(port).await),
                Kind::Carrier(_) => None,
            };
            while next.get() < links {
                let id = next.replace(next.get() + 1);
                match (&kind, &mut bare) {
                    (Kind::Carrier(agent), _) => {
                        let url = format!("http://go.example/l/{id}");
                        let request = moongate_carrier::Request::get(&url, agent);
                        let visited = carrier.open(request, &mut Jar::new()).await;
                        assert_eq!(visited.visit.hops.len(), 2, "{visited:?}");
                        assert_eq!(visited.last_body(), PAGE.as_bytes());
                        assert!(visited.visit.handover_us.is_some());
                    }
                    (Kind::Bare, Some(sender)) => {
                        get(sender, format!("/l/{id}"), "go.example").await;
                        get(sender, format!("/d/{id}"), "shop.test").await;
                    }
                    (Kind::Bare, None) => {}
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
}

fn carrier(port: u16) -> Carrier {
    let everything = ["*.example", "*.test", "go.example", "shop.test"];
    let network = Network {
        connect_to: everything
            .map(|host| (host.parse().unwrap(), ([127, 0, 0, 1], port).into()))
            .into(),
        allow_private: everything.map(|host| host.parse().unwrap()).into(),
    };
    let politeness = Politeness::unlimited();
    let setup = Setup {
        network,
        politeness,
        ..Setup::default()
    };
    Carrier::new(setup).unwrap()
}

type Sender = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn connect(port: u16) -> Sender {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp))
        .await
        .unwrap();
    tokio::task::spawn_local(connection);
    sender
}

async fn get(sender: &mut Sender, path: String, host: &str) {
    let request = Request::get(path)
        .header("host", host)
        .header("user-agent", "bare")
        .body(Full::default())
        .unwrap();
    sender.ready().await.unwrap();
    let response = sender.send_request(request).await.unwrap();
    response.into_body().collect().await.unwrap();
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        tcp.set_nodelay(true).unwrap();
        let answers = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(tcp), service_fn(answer));
        tokio::spawn(answers);
    }
}

#[allow(clippy::unused_async, reason = "the shape hyper asks for")]
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::new(Bytes::from_static(PAGE.as_bytes())));
    let content = "text/html; charset=utf-8".parse().unwrap();
    response.headers_mut().insert("content-type", content);
    response
        .headers_mut()
        .insert("server", "town".parse().unwrap());
    if let Some(id) = request.uri().path().strip_prefix("/l/") {
        *response.status_mut() = hyper::StatusCode::FOUND;
        let to = format!("http://shop.test/d/{id}").parse().unwrap();
        response.headers_mut().insert("location", to);
        *response.body_mut() = Full::default();
    }
    Ok(response)
}
