//! `moongate look`: one link's whole story.

use std::borrow::Cow;

use moongate_carrier::{Carrier, Jar, Request, UserAgent, Visited};
use moongate_glossary::{Digest, Side};
use moongate_page::html::{Piece, Tag, pieces};
use moongate_page::{
    Body, Class, Classification, DirectControl, Hop, HowReached, Opening, Stage, Timings, Visit,
    classify,
};
use moongate_url::{display_safe, display_safe_text};
use serde::Serialize;
use url::Url;

use crate::cli::{Agent, Lang, LookArgs, TextOrJson};
use crate::failure::Failure;
use crate::files::read_bytes;
use crate::network::{self, Pace};

mod list;
mod story;

/// The order's name in a case that records a list of links: there is none.
pub(crate) const NO_ORDER: &str = "none";

/// A saved page is cut where the carrier would cut it.
const LARGEST_PAGE: u64 = 8 << 20;

/// All that is told of one link.
#[derive(Debug, Serialize)]
struct Look {
    /// Format version.
    format: u32,
    /// The address asked for, or the saved page's name.
    asked: String,
    /// Where it should lead, as far as can be said.
    target: Option<String>,
    /// How that is known.
    target_known_from: &'static str,
    /// The redirectors that the address itself names.
    unwrapped: moongate_url::Unwrapped,
    /// What happened.
    visit: Visit,
    /// What happened when the destination was opened directly.
    direct: Option<Visit>,
    /// What the response is, and on which signals that rests.
    classification: Option<Classification>,
}

/// Looks at a link, a saved page, or every link of a list.
///
/// # Errors
/// Where an argument cannot be used or a file not be read.
pub(crate) async fn run(args: &LookArgs, lang: Lang) -> Result<(), Failure> {
    if let (Some(from), Some(case)) = (&args.from, &args.case) {
        return list::run(args, from, case).await;
    }
    let look = match &args.page {
        Some(_) => saved(args)?,
        None => live(args).await?,
    };
    match args.format {
        TextOrJson::Json => {
            let json = serde_json::to_string_pretty(&look)
                .map_err(|error| Failure::Own(error.to_string()))?;
            outln!("{json}");
        }
        TextOrJson::Text => out!("{}", story::tell(&look, lang)),
    }
    Ok(())
}

fn agent(agent: Agent) -> UserAgent {
    match agent {
        Agent::Browser => UserAgent::Browser,
        Agent::Plain => UserAgent::Plain,
    }
}

fn address(argument: &str, text: &str) -> Result<Url, Failure> {
    let link = moongate_url::Link::parse(text).map_err(|error| {
        Failure::unusable(
            format!("{argument} {}: {error}", display_safe_text(text)),
            "write a whole address, as in https://example.org/",
        )
    })?;
    Ok(link.parsed().clone())
}

/// Where the link should lead: as told, or as the address itself says.
fn target(args: &LookArgs, url: &Url) -> Result<(Option<Url>, &'static str), Failure> {
    if let Some(text) = &args.target {
        return Ok((Some(address("--target", text)?), "told with --target"));
    }
    if let Some(target) = moongate_url::unwrap(url).target() {
        return Ok((
            Some(target.clone()),
            "the address names it, by a known redirector",
        ));
    }
    match moongate_url::embedded_targets(url).into_iter().next() {
        Some(found) => Ok((Some(found.url), "the address holds it")),
        None => Ok((None, "not known")),
    }
}

async fn live(args: &LookArgs) -> Result<Look, Failure> {
    let text = args.url.as_deref().unwrap_or_default();
    let url = address("URL", text)?;
    let (target, target_known_from) = target(args, &url)?;
    let http = network::carrier(
        &args.network,
        Pace {
            per_second: Some(2.0),
            in_flight: 1,
        },
    )?;
    let agent = agent(args.user_agent);
    let sites: Vec<String> = moongate_url::registrable_domain(&url)
        .or_else(|| url.host_str().map(str::to_owned))
        .into_iter()
        .collect();
    let request = Request::get(url.as_str(), &agent).at_platform(&sites);
    let through = http.open(request, &mut Jar::new()).await;
    let (target, target_known_from) = match target {
        Some(target) => (target, target_known_from),
        None => found_target(&through, &url)?,
    };
    let direct = if target == url || target.host_str() == Some(NOWHERE) {
        None
    } else {
        Some(open(&http, &target, &agent).await)
    };
    let classification = classified(&through, direct.as_ref(), &target, &sites);
    Ok(Look {
        format: 1,
        asked: url.to_string(),
        target: (target.host_str() != Some(NOWHERE)).then(|| target.to_string()),
        target_known_from,
        unwrapped: moongate_url::unwrap(&url),
        classification: Some(classification),
        visit: through.visit,
        direct: direct.map(|direct| direct.visit),
    })
}

fn classified(
    through: &Visited,
    direct: Option<&Visited>,
    target: &Url,
    sites: &[String],
) -> Classification {
    let mut classification = classify(&Opening {
        visit: &through.visit,
        last_body: Some(through.last_body()),
        target,
        direct: direct.map(|direct| DirectControl {
            visit: &direct.visit,
            body: Some(direct.last_body()),
        }),
        platform_sites: sites,
    });
    // If nothing answers anywhere, it is our own end of the network.
    let silent = |visit: &Visit| visit.hops.iter().all(|hop| hop.status.is_none());
    let no_name = |visit: &Visit| {
        visit
            .failure
            .as_ref()
            .is_some_and(|failure| failure.stage == Stage::Resolve)
    };
    let alone = direct.is_none() && no_name(&through.visit);
    let both = direct.is_some_and(|direct| silent(&direct.visit)) && silent(&through.visit);
    if both || alone {
        classification.class = Class::NotMeasured {
            side: if both { Side::Ours } else { Side::Unknown },
        };
    }
    classification
}

/// Where a link leads that does not say so: another site than the one asked,
/// where it ended there; or else what the page names.
fn found_target(through: &Visited, asked: &Url) -> Result<(Url, &'static str), Failure> {
    let ended = ended_at(&through.visit, asked);
    if !moongate_url::same_site(&ended, asked) {
        return Ok((ended, "where it ended"));
    }
    let (html, _) = moongate_page::decode_text(&[], through.last_body());
    if let Some(target) = as_text(&html, &ended) {
        return Ok((target, "the page names it"));
    }
    Ok((nowhere()?, "not known"))
}

fn nowhere() -> Result<Url, Failure> {
    address("destination", &format!("https://{NOWHERE}/"))
}

/// Where the opening ended: for a short link this is all that can be known.
fn ended_at(visit: &Visit, asked: &Url) -> Url {
    visit
        .hops
        .last()
        .and_then(|hop| Url::parse(&hop.url).ok())
        .unwrap_or_else(|| asked.clone())
}

async fn open(http: &Carrier, url: &Url, agent: &UserAgent) -> Visited {
    http.open(Request::get(url.as_str(), agent), &mut Jar::new())
        .await
}

/// Classifies a saved page.
fn saved(args: &LookArgs) -> Result<Look, Failure> {
    let Some(page) = &args.page else {
        return Err(Failure::Own("no page".to_owned()));
    };
    let body = read_bytes(page, LARGEST_PAGE)?;
    let text = args.url.as_deref().unwrap_or("https://platform.invalid/");
    let url = address("URL", text)?;
    let direct_body = args
        .direct
        .as_ref()
        .map(|path| read_bytes(path, LARGEST_PAGE))
        .transpose()?;
    let (target, target_known_from) = saved_target(args, &url, &body, direct_body.as_deref())?;
    let mut visit = saved_visit(&url, args.status, &body);
    let mut last_body = Some(body.as_slice());
    if let Some(onward) = moongate_page::hand_over(&url, args.status, &[], &body) {
        // Nothing is opened here; what lies behind is the destination's own
        // page, if that was handed in.
        visit
            .hops
            .push(hop(&onward.to, onward.how, 200, direct_body.as_deref()));
        last_body = direct_body.as_deref();
    } else if direct_body
        .as_deref()
        .is_some_and(|direct| is_same_page(&body, direct))
    {
        visit = saved_visit(&target, args.status, &body);
    }
    let direct_visit = direct_body
        .as_ref()
        .map(|body| saved_visit(&target, 200, body));
    let sites: Vec<String> = url.host_str().map(str::to_owned).into_iter().collect();
    let classification = classify(&Opening {
        visit: &visit,
        last_body,
        target: &target,
        direct: direct_visit.as_ref().map(|visit| DirectControl {
            visit,
            body: direct_body.as_deref(),
        }),
        platform_sites: &sites,
    });
    let known = target.host_str() != Some(NOWHERE);
    Ok(Look {
        format: 1,
        asked: format!("{} (saved page)", page.display()),
        target: known.then(|| target.to_string()),
        target_known_from,
        unwrapped: moongate_url::unwrap(&url),
        visit,
        direct: direct_visit,
        classification: Some(classification),
    })
}

/// Stands for a destination that nothing names. The reserved ending makes
/// sure that no page can lead there.
const NOWHERE: &str = "destination.invalid";

/// Where a saved page's link should lead: as told, as its address says, or as
/// the pages themselves say.
fn saved_target(
    args: &LookArgs,
    url: &Url,
    body: &[u8],
    direct: Option<&[u8]>,
) -> Result<(Url, &'static str), Failure> {
    if let (Some(target), known_from) = target(args, url)? {
        return Ok((target, known_from));
    }
    let (html, _) = moongate_page::decode_text(&[], body);
    if let Some(onward) = moongate_page::hand_over(url, args.status, &[], body) {
        return Ok((onward.to, "the page hands over to it"));
    }
    if let Some(target) = direct.and_then(own_address) {
        return Ok((target, "the destination's own page names itself"));
    }
    if let Some(target) = as_text(&html, url).or_else(|| as_link(&html, url)) {
        return Ok((target, "the page names it"));
    }
    Ok((nowhere()?, "not known"))
}

/// The address that a page gives as its own (`rel=canonical`, `og:url`).
fn own_address(body: &[u8]) -> Option<Url> {
    let (html, _) = moongate_page::decode_text(&[], body);
    let is = |tag: &Tag<'_>, name: &str, value: &str| {
        tag.get(name)
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    pieces(&html).find_map(|piece| {
        let Piece::Open(tag) = piece else { return None };
        let address = match tag.name.as_ref() {
            "link" if is(&tag, "rel", "canonical") => tag.get("href")?,
            "meta" if is(&tag, "property", "og:url") => tag.get("content")?,
            _ => return None,
        };
        Url::parse(address.trim()).ok()
    })
}

/// The first foreign address that the page shows as text.
fn as_text(html: &str, page_url: &Url) -> Option<Url> {
    moongate_url::links_in_text(&moongate_page::visible_text(html))
        .into_iter()
        .map(|found| found.link.parsed().clone())
        .find(|url| !moongate_url::same_site(url, page_url))
}

/// The first foreign address that a link, button or form of the page leads to
/// or carries.
fn as_link(html: &str, page_url: &Url) -> Option<Url> {
    let carried = |value: &str| -> Option<Url> {
        let url = page_url.join(value.trim()).ok()?;
        let inner = moongate_url::embedded_targets(&url).into_iter().next();
        let url = inner.map_or(url, |found| found.url);
        let foreign =
            matches!(url.scheme(), "http" | "https") && !moongate_url::same_site(&url, page_url);
        foreign.then_some(url)
    };
    pieces(html).find_map(|piece| {
        let Piece::Open(tag) = piece else { return None };
        if !matches!(
            tag.name.as_ref(),
            "a" | "button" | "form" | "input" | "div" | "span"
        ) {
            return None;
        }
        let held = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            let holds =
                matches!(name.as_ref(), "href" | "action" | "value") || name.starts_with("data-");
            (holds && value.contains("//"))
                .then(|| carried(&value))
                .flatten()
        };
        tag.attributes().find_map(held)
    })
}

/// Whether a saved page is the destination's own: the same bytes, or the same
/// title over nearly the same words.
fn is_same_page(page: &[u8], direct: &[u8]) -> bool {
    if page == direct {
        return true;
    }
    let [page, direct] = [page, direct].map(|body| moongate_page::decode_text(&[], body).0);
    let words = |html: &str| -> std::collections::BTreeSet<String> {
        let text = moongate_page::visible_text(html);
        text.split_whitespace().map(str::to_owned).collect()
    };
    let (ours, theirs) = (words(&page), words(&direct));
    let shared = ours.intersection(&theirs).count();
    let all = ours.union(&theirs).count();
    moongate_page::title(&page) == moongate_page::title(&direct)
        && all > 20
        && shared * 10 >= all * 9
}

/// A visit that might have left this page.
fn saved_visit(url: &Url, status: u16, body: &[u8]) -> Visit {
    Visit {
        asked: url.to_string(),
        hops: vec![hop(url, HowReached::Asked, status, Some(body))],
        failure: None,
        handover_us: None,
        total_us: 0,
    }
}

fn hop(url: &Url, how: HowReached, status: u16, body: Option<&[u8]>) -> Hop {
    Hop {
        url: url.to_string(),
        address: None,
        how,
        timings: Timings::default(),
        status: Some(status),
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: body.map(|body| Body {
            digest: Digest::of(body),
            length: body.len() as u64,
            truncated: false,
        }),
    }
}

/// Whose side failed, in a word for people.
fn side_in_words(side: Side) -> &'static str {
    match side {
        Side::Target => "the destination's",
        Side::Path => "the network between",
        Side::Carrier => "the platform's",
        Side::Ours => "ours",
        Side::Unknown => "unknown",
    }
}

/// An address as it may be shown.
fn shown(text: &str) -> String {
    Url::parse(text).map_or_else(|_| display_safe_text(text), |url| display_safe(&url))
}
