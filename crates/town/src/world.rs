//! A town at work: a request in, the description of an answer out. Keeps the
//! messages of its rooms and nothing else; waits, connects and sends nothing.

mod chats;
mod sites;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use thiserror::Error;

use crate::address::{host, without_query};
use crate::answer::Answer;
use crate::behaviour::{Ask, SharedBehaviour, SpecError, TlsFault, UserAgent, named};
use crate::dice::Dice;
use crate::form::Form;
use crate::html::{self, escape};
use crate::plan::{CellPlan, Destination, PlatformPlan, TownPlan, Unplanned};
use crate::room::Room;
use crate::shim::Clicked;

/// The host of the town itself: what is there, and the moment it stands at.
pub const TOWN_HOST: &str = "town.test";

/// Why a plan cannot be played.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// Two things have one id.
    #[error("two {what}s of the plan are called \"{id}\"; give each an id of its own")]
    Twice {
        /// What they are.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// A cell speaks of something that is not there.
    #[error(
        "a cell speaks of the {what} \"{id}\", which the plan does not have; add it or correct the id"
    )]
    Missing {
        /// What is missing.
        what: &'static str,
        /// The id.
        id: String,
    },
    /// There is no such moment.
    #[error("the town knows no moment \"{id}\"; it knows: {known}")]
    Moment {
        /// The id asked for.
        id: String,
        /// The ids there are.
        known: String,
    },
    /// A behaviour of the town's own is not understood.
    #[error(transparent)]
    Behaviour(#[from] SpecError),
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET (or HEAD).
    Get,
    /// POST.
    Post,
    /// Anything else.
    Other,
}

/// One request, as the server read it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host asked for, in lower case, without port.
    pub host: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query, without `?`.
    pub query: &'a str,
    /// The `Cookie` header, or nothing.
    pub cookie: &'a str,
    /// The `User-Agent` header, or nothing.
    pub user_agent: &'a str,
    /// The body, or nothing.
    pub body: &'a str,
    /// Milliseconds since the town started.
    pub age_ms: u64,
}

impl Request<'_> {
    /// The address of this request.
    fn here(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!(
            "{}://{}{}{mark}{}",
            self.scheme, self.host, self.path, self.query
        )
    }

    fn agent(&self) -> UserAgent {
        if self.user_agent.starts_with("Mozilla/") {
            UserAgent::Browser
        } else {
            UserAgent::Plain
        }
    }
}

/// What a host of the town is.
#[derive(Debug, Default)]
struct Place {
    /// Whose chat it is.
    chat: Option<usize>,
    /// Whose redirector it is.
    shim: Option<usize>,
    /// The destinations at it.
    destinations: Vec<usize>,
    /// How many requests it had.
    serial: AtomicU64,
}

/// Positions of moment (none: all), platform, scene and destination.
type CellAt = (Option<u32>, usize, usize, usize);

/// A town at work.
#[derive(Debug)]
pub struct World {
    plan: TownPlan,
    places: HashMap<String, Place>,
    by_url: HashMap<String, usize>,
    cells: HashMap<CellAt, CellPlan>,
    /// The rooms of all platforms, platform after platform.
    rooms: Vec<Room>,
    /// Where each platform's rooms begin.
    first_room: Vec<usize>,
    moment: AtomicU32,
    sign_in: SharedBehaviour,
}

/// A link in a scene, with all that decides how it is treated.
struct Link<'a> {
    platform: &'a PlatformPlan,
    destination: Option<&'a Destination>,
    cell: Option<&'a CellPlan>,
    dice: Dice,
    target: &'a str,
}

impl World {
    /// A town that plays `plan`, standing at its first moment.
    ///
    /// # Errors
    /// [`PlanError`] if the plan contradicts itself.
    pub fn new(plan: TownPlan, messages_per_room: usize) -> Result<Self, PlanError> {
        let mut world = Self {
            places: places(&plan)?,
            by_url: HashMap::new(),
            cells: HashMap::new(),
            rooms: Vec::new(),
            first_room: Vec::new(),
            moment: AtomicU32::new(0),
            sign_in: named("login-wall(page)")?,
            plan,
        };
        for (at, destination) in world.plan.destinations.iter().enumerate() {
            world.by_url.insert(destination.url.clone(), at);
        }
        for platform in &world.plan.platforms {
            world.first_room.push(world.rooms.len());
            let rooms = platform.scenes.iter().map(|_| Room::new(messages_per_room));
            world.rooms.extend(rooms);
        }
        world.cells = cells(&world.plan)?;
        Ok(world)
    }

    /// The plan it plays.
    pub fn plan(&self) -> &TownPlan {
        &self.plan
    }

    /// Moves the town to a moment. Messages sent before keep theirs.
    ///
    /// # Errors
    /// [`PlanError::Moment`] if the plan has no such moment.
    pub fn set_moment(&self, id: &str) -> Result<(), PlanError> {
        let at = self.plan.moments.iter().position(|m| m.id == id);
        let at = at.ok_or_else(|| PlanError::Moment {
            id: id.to_owned(),
            known: ids(self.plan.moments.iter().map(|m| m.id.as_str())),
        })?;
        self.moment.store(at as u32, Ordering::SeqCst);
        Ok(())
    }

    /// How TLS goes wrong at a host, where it does.
    pub fn tls_fault(&self, host: &str) -> Option<TlsFault> {
        let place = self.places.get(host)?;
        place.destinations.iter().find_map(|at| {
            let id = &self.plan.destinations.get(*at)?.id;
            self.plan.at_destination.get(id)?.tls_fault()
        })
    }

    /// Whether the town has this host.
    pub fn has_host(&self, host: &str) -> bool {
        host == TOWN_HOST || self.places.contains_key(host)
    }

    /// The answer to a request.
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        if request.method == Method::Other {
            return self.page(405, "Method not allowed", "");
        }
        if request.host == TOWN_HOST {
            return self.town(request);
        }
        let Some(place) = self.places.get(request.host) else {
            return self.page(404, "There is no such host in this town", "");
        };
        let serial = place.serial.fetch_add(1, Ordering::Relaxed);
        let clicked = place.shim.and_then(|at| {
            let platform = self.plan.platforms.get(at)?;
            Some((at, platform.shim.read(request.path, request.query)?))
        });
        if let Some((at, clicked)) = clicked {
            return self.click(at, clicked, serial, request);
        }
        if request.path == "/sign-in" {
            let dice = Dice::of(&[]);
            return self
                .sign_in
                .answer(&self.ask(request, request.host, dice, serial));
        }
        match (place.chat, place.destinations.is_empty()) {
            (Some(at), _) => self.chat(at, serial, request),
            (None, false) => self.destination(place, serial, request),
            (None, true) => self.page(404, "The redirector does not know this address", ""),
        }
    }

    fn ask<'a>(&self, request: &Request<'_>, here: &'a str, dice: Dice, serial: u64) -> Ask<'a> {
        Ask {
            target: here,
            here,
            user_agent: request.agent(),
            own: false,
            dice,
            serial,
            age_ms: request.age_ms,
            notice: self.plan.notice,
        }
    }

    fn page(&self, status: u16, title: &str, body: &str) -> Answer {
        let body = format!("<main><h1>{}</h1>{body}</main>", escape(title));
        Answer::html(status, html::page(self.plan.notice, title, "", &body))
    }

    /// What a clicked link meets.
    fn click(&self, at: usize, clicked: Clicked, serial: u64, request: &Request<'_>) -> Answer {
        let gone = || self.page(404, "This short link does not exist", "");
        let (target, scene, moment, key) = match clicked {
            Clicked::Target {
                target,
                origin: Some(origin),
            } => (target, origin.scene as usize, origin.moment, origin.key),
            Clicked::Target {
                target,
                origin: None,
            } => {
                // Filled in by hand: the whole query stands for the message.
                let key = Dice::of(&[request.query]).number("key");
                (target, 0, self.moment.load(Ordering::SeqCst), key)
            }
            Clicked::Slug { room, message } => {
                let room = room as usize;
                let scene = room.checked_sub(self.first_room.get(at).copied().unwrap_or(0));
                let message = self.rooms.get(room).and_then(|room| room.message(message));
                let (Some(scene), Some(message)) = (scene, message) else {
                    return gone();
                };
                let Some(target) = message.target else {
                    return gone();
                };
                (target, scene, message.moment, message.key)
            }
        };
        let Some(link) = self.link(at, scene, moment, key, &target) else {
            return self.not_reported();
        };
        self.handle(&link, serial, request)
    }

    /// Asks the platform's policy, then the cell, then hands over.
    fn handle(&self, link: &Link<'_>, serial: u64, request: &Request<'_>) -> Answer {
        let here = request.here();
        let mut ask = self.ask(request, &here, link.dice, serial);
        ask.target = link.target;
        ask.own = link.is_own();
        let policy = link.platform.policy.answer(&ask);
        let waited = policy.delay_ms;
        let answer = match link.cell {
            Some(cell) if policy.is_through() => cell.behaviour.answer(&ask).later(waited),
            _ => policy,
        };
        if answer.is_through() {
            Answer::redirect(302, link.target).later(answer.delay_ms)
        } else {
            answer
        }
    }

    /// The link to `target` in a scene; none if nothing is known of it and the
    /// plan says that nothing is made up.
    fn link<'a>(
        &'a self,
        platform_at: usize,
        scene_at: usize,
        moment: u32,
        key: u64,
        target: &'a str,
    ) -> Option<Link<'a>> {
        let platform = self.plan.platforms.get(platform_at)?;
        let scene = platform.scenes.get(scene_at)?;
        let destination_at = self.destination_of(target);
        let destination = destination_at.and_then(|at| self.plan.destinations.get(at));
        let cell = destination_at.and_then(|at| {
            let cell = |moment| self.cells.get(&(moment, platform_at, scene_at, at));
            cell(Some(moment)).or_else(|| cell(None))
        });
        if cell.is_none() && self.plan.unplanned == Unplanned::NotReported {
            return None;
        }
        let moment = self.plan.moments.get(moment as usize);
        let dice = Dice::of(&[
            &self.plan.seed,
            moment.map_or("", |m| m.id.as_str()),
            &platform.id,
            scene,
            destination.map_or(target, |d| d.id.as_str()),
            &format!("{key:016x}"),
        ]);
        Some(Link {
            platform,
            destination,
            cell,
            dice,
            target,
        })
    }

    /// The destination of an address: the same address, or the only one at its
    /// host.
    fn destination_of(&self, target: &str) -> Option<usize> {
        let exact = self.by_url.get(target);
        let exact = exact.or_else(|| self.by_url.get(without_query(target)));
        exact.copied().or_else(|| {
            let host = host(target).to_ascii_lowercase();
            match self.places.get(&host)?.destinations.as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        })
    }

    fn not_reported(&self) -> Answer {
        self.page(
            404,
            "Nothing was reported about this link here at this moment",
            "<p>此时此处对该链接没有报道，本镇不作回答。</p>",
        )
    }
}

impl Link<'_> {
    fn is_own(&self) -> bool {
        let owner = self.destination.and_then(|d| d.platform.as_deref());
        owner == Some(self.platform.id.as_str())
    }

    /// The form that policy or cell make of it.
    fn form(&self, ask: &Ask<'_>) -> Option<Form> {
        let by_policy = self.platform.policy.form(ask);
        by_policy.or_else(|| self.cell.and_then(|cell| cell.behaviour.form(ask)))
    }
}

/// All hosts of a plan.
fn places(plan: &TownPlan) -> Result<HashMap<String, Place>, PlanError> {
    let mut places: HashMap<String, Place> = HashMap::new();
    for (at, platform) in plan.platforms.iter().enumerate() {
        let chat = places.entry(format!("{}.test", platform.id)).or_default();
        if chat.chat.replace(at).is_some() {
            return Err(PlanError::Twice {
                what: "platform",
                id: platform.id.clone(),
            });
        }
        let shim = places.entry(platform.shim.host(&platform.id)).or_default();
        shim.shim = Some(at);
    }
    for (at, destination) in plan.destinations.iter().enumerate() {
        let host = host(&destination.url).to_ascii_lowercase();
        places.entry(host).or_default().destinations.push(at);
    }
    Ok(places)
}

/// The cells by position.
fn cells(plan: &TownPlan) -> Result<HashMap<CellAt, CellPlan>, PlanError> {
    let platforms = positions("platform", plan.platforms.iter().map(|p| &p.id))?;
    let destinations = positions("destination", plan.destinations.iter().map(|d| &d.id))?;
    let moments = positions("moment", plan.moments.iter().map(|m| &m.id))?;
    let missing = |what, id: &str| PlanError::Missing {
        what,
        id: id.to_owned(),
    };
    let mut cells = HashMap::new();
    for (key, cell) in &plan.cells {
        let find = |what, map: &HashMap<&str, usize>, id: &str| {
            map.get(id).copied().ok_or_else(|| missing(what, id))
        };
        let moment = match &key.moment {
            None => None,
            Some(id) => Some(find("moment", &moments, id)? as u32),
        };
        let platform = find("platform", &platforms, &key.platform)?;
        let scenes = plan.platforms.get(platform).map(|p| p.scenes.as_slice());
        let scene = scenes.and_then(|all| all.iter().position(|s| *s == key.scene));
        let scene = scene.ok_or_else(|| missing("scene", &key.scene))?;
        let destination = find("destination", &destinations, &key.destination)?;
        cells.insert((moment, platform, scene, destination), cell.clone());
    }
    Ok(cells)
}

/// Each id with its position; refuses an id that stands there twice.
fn positions<'a>(
    what: &'static str,
    all: impl Iterator<Item = &'a String>,
) -> Result<HashMap<&'a str, usize>, PlanError> {
    let mut map = HashMap::new();
    for (at, id) in all.enumerate() {
        if map.insert(id.as_str(), at).is_some() {
            return Err(PlanError::Twice {
                what,
                id: id.clone(),
            });
        }
    }
    Ok(map)
}

fn ids<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    }
}
