//! Carrying one trial out: every destination directly, then every link
//! through the platform, in the order of the slots.
//!
//! The steps of a chat are those of its users: one account posts the link,
//! a second one looks for it and opens what it is shown. What goes wrong is
//! part of the facts. No step waits for, or looks at, another slot's outcome.

use moongate_carrier::{Exchange, Jar, Request, UserAgent, Visited};
use moongate_check::{Measured, World};
use moongate_glossary::{Digest, Factors, Observation, Route, Slot, Trial};
use moongate_order::Order;
use moongate_page::{Visit, decode_text};
use url::Url;

use crate::clause::NAME;
use crate::links_file::{Destination, LinksFile, Reach, Way};
use crate::reading::{Facts, platform_sites};
use crate::room::{self, Shown};

/// Carries out `trial`.
pub async fn carry_out(
    order: &Order,
    file: &LinksFile,
    trial: &Trial,
    world: &World<'_>,
) -> Measured {
    let Some(reach) = file.reach(&trial.platform, &trial.scene) else {
        return Measured::default();
    };
    let mut steps = Sitting {
        trial,
        world,
        agent: agent(trial),
        sites: platform_sites(order, file, &trial.platform),
        factors: factors(trial, reach, world),
        measured: Measured::default(),
    };
    for (number, slot) in trial.slots.iter().enumerate() {
        if let Some(destination) = file.destinations.get(&slot.destination) {
            steps.open_directly(number, slot, destination).await;
        }
    }
    steps.open_through_platform(reach, file).await;
    steps.measured
}

fn agent(trial: &Trial) -> UserAgent {
    match trial.factors.get("user-agent").map(String::as_str) {
        Some("plain") => UserAgent::Plain,
        _ => UserAgent::Browser,
    }
}

fn factors(trial: &Trial, reach: &Reach, world: &World<'_>) -> Factors {
    let mut factors = trial.factors.clone();
    factors.insert("client".to_owned(), "http".to_owned());
    factors.insert("vantage".to_owned(), world.vantage.to_owned());
    if let Some(version) = &reach.client_version {
        factors.insert("client-version".to_owned(), version.clone());
    }
    factors
}

/// One trial while it is carried out.
struct Sitting<'a> {
    trial: &'a Trial,
    world: &'a World<'a>,
    agent: UserAgent,
    sites: Vec<String>,
    factors: Factors,
    measured: Measured,
}

/// The two accounts of a chat, with their cookies.
struct Accounts {
    sender: Jar,
    reader: Jar,
}

impl Sitting<'_> {
    /// The direct control: as a stranger, straight to the destination.
    async fn open_directly(&mut self, number: usize, slot: &Slot, destination: &Destination) {
        let at_ms = (self.world.now_ms)();
        let url = destination.url.as_str();
        let visited = self
            .world
            .http
            .open(Request::get(url, &self.agent), &mut Jar::new())
            .await;
        let facts = Facts {
            target: destination.url.to_string(),
            posted: None,
            looked: None,
            shown: None,
            opened: Some(visited.visit),
        };
        let found = Found {
            route: Route::Direct,
            at_ms,
            facts,
            exchanges: visited.exchanges,
        };
        self.note(number, slot, found);
    }

    async fn open_through_platform(&mut self, reach: &Reach, file: &LinksFile) {
        let mut accounts = Accounts {
            sender: Jar::new(),
            reader: Jar::new(),
        };
        if let Way::Chat { room } = &reach.way {
            self.sign_in(room, &mut accounts).await;
        }
        for (number, slot) in self.trial.slots.iter().enumerate() {
            let Some(destination) = file.destinations.get(&slot.destination) else {
                continue;
            };
            let at_ms = (self.world.now_ms)();
            let (facts, exchanges) = match &reach.way {
                Way::Chat { room } => self.by_chat(room, destination, number, &mut accounts).await,
                Way::Template { template } => {
                    let link = moongate_url::fill_template(template, &destination.url).ok();
                    self.by_link(link, destination).await
                }
                Way::Minted => {
                    let link = destination.minted.get(&self.trial.platform).cloned();
                    self.by_link(link, destination).await
                }
            };
            self.note(
                number,
                slot,
                Found {
                    route: Route::Platform,
                    at_ms,
                    facts,
                    exchanges,
                },
            );
        }
    }

    async fn sign_in(&mut self, room: &Url, accounts: &mut Accounts) {
        let Ok(login) = room.join("/login") else {
            return;
        };
        for (name, jar) in [
            ("sender", &mut accounts.sender),
            ("reader", &mut accounts.reader),
        ] {
            let form = [("name".to_owned(), name.to_owned())];
            let request = Request::post_form(login.as_str(), &form, &self.agent);
            let visited = self
                .world
                .http
                .open(request.at_platform(&self.sites), jar)
                .await;
            self.measured.exchanges.extend(visited.exchanges);
        }
    }

    /// Post, look, open.
    async fn by_chat(
        &self,
        room: &Url,
        destination: &Destination,
        number: usize,
        accounts: &mut Accounts,
    ) -> (Facts, Vec<Exchange>) {
        let nonce = format!("m-{}-{number:03}", self.trial.id);
        let posted = self
            .post(room, destination, &nonce, &mut accounts.sender)
            .await;
        let seen_at = read_at(&posted.visit, room);
        let request = Request::get(seen_at.as_str(), &self.agent).at_platform(&self.sites);
        let looked = self.world.http.open(request, &mut accounts.reader).await;
        let shown = shown(&looked, &nonce, destination);
        let link = shown
            .as_ref()
            .and_then(|shown| shown.href.as_deref())
            .and_then(|href| seen_at.join(href).ok());
        let opened = match link {
            Some(link) => Some(self.open(&link, &mut accounts.reader).await),
            None => None,
        };
        let mut exchanges = posted.exchanges;
        exchanges.extend(looked.exchanges);
        let opened = opened.map(|opened| {
            exchanges.extend(opened.exchanges);
            opened.visit
        });
        let facts = Facts {
            target: destination.url.to_string(),
            posted: Some(posted.visit),
            looked: Some(looked.visit),
            shown,
            opened,
        };
        (facts, exchanges)
    }

    async fn post(
        &self,
        room: &Url,
        destination: &Destination,
        nonce: &str,
        jar: &mut Jar,
    ) -> Visited {
        let form = [("text".to_owned(), format!("{} {nonce}", destination.url))];
        let request = Request::post_form(room.as_str(), &form, &self.agent);
        self.world
            .http
            .open(request.at_platform(&self.sites), jar)
            .await
    }

    async fn by_link(
        &self,
        link: Option<Url>,
        destination: &Destination,
    ) -> (Facts, Vec<Exchange>) {
        let opened = match link {
            Some(link) => Some(self.open(&link, &mut Jar::new()).await),
            None => None,
        };
        let (visit, exchanges) = opened.map_or((None, Vec::new()), |opened| {
            (Some(opened.visit), opened.exchanges)
        });
        let facts = Facts {
            target: destination.url.to_string(),
            posted: None,
            looked: None,
            shown: None,
            opened: visit,
        };
        (facts, exchanges)
    }

    async fn open(&self, link: &Url, jar: &mut Jar) -> Visited {
        let request = Request::get(link.as_str(), &self.agent).at_platform(&self.sites);
        self.world.http.open(request, jar).await
    }

    fn note(&mut self, number: usize, slot: &Slot, found: Found) {
        let Found {
            route,
            at_ms,
            facts,
            exchanges,
        } = found;
        let evidence: Vec<Digest> = exchanges.iter().map(|exchange| exchange.digest).collect();
        self.measured.observations.push(Observation {
            trial: self.trial.id.clone(),
            slot: u32::try_from(number).unwrap_or(u32::MAX),
            route,
            arm: slot.arm,
            check: NAME.to_owned(),
            round: self.trial.round.clone(),
            platform: self.trial.platform.clone(),
            scene: self.trial.scene.clone(),
            destination: slot.destination.clone(),
            at_ms,
            factors: self.factors.clone(),
            form: facts.shown.as_ref().map(|shown| shown.form.clone()),
            handover_us: facts.opened.as_ref().and_then(|visit| visit.handover_us),
            facts: serde_json::to_string(&facts).unwrap_or_default(),
            evidence,
        });
        self.measured.exchanges.extend(exchanges);
    }
}

/// One observation in the making.
struct Found {
    route: Route,
    at_ms: i64,
    facts: Facts,
    exchanges: Vec<Exchange>,
}

/// Where the message can be read: where posting led, or else the room.
fn read_at(posted: &Visit, room: &Url) -> Url {
    let mut at = posted
        .hops
        .last()
        .and_then(|hop| Url::parse(&hop.url).ok())
        .filter(|url| url.origin() == room.origin())
        .unwrap_or_else(|| room.clone());
    at.set_fragment(None);
    at
}

/// What the recipient is shown, if the room could be read.
fn shown(looked: &Visited, nonce: &str, destination: &Destination) -> Option<Shown> {
    let last = looked.visit.hops.last()?;
    if looked.visit.failure.is_some() || !(200..300).contains(&last.status?) {
        return None;
    }
    let (page, _) = decode_text(&last.headers, looked.last_body());
    let cut_short = last.body.as_ref().is_some_and(|body| body.truncated);
    // What was cut off may have been our message.
    room::read(&page, nonce, destination.url.as_str()).filter(|shown| shown.message || !cut_short)
}
