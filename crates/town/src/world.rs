//! A town at work: a request in, the description of an answer out. Keeps the
//! messages of its rooms and nothing else; waits, connects and sends nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use thiserror::Error;

use crate::address::{host, value, without_query};
use crate::answer::{Answer, Content};
use crate::behaviour::{Ask, SharedBehaviour, SpecError, TlsFault, UserAgent, named};
use crate::chat::{self, Account, Shown};
use crate::dice::Dice;
use crate::form::Form;
use crate::html::{self, escape, push};
use crate::plan::{CellPlan, Destination, PlatformPlan, TownPlan, Unplanned};
use crate::room::{Message, Room};
use crate::shim::{Clicked, Origin};

/// How many messages one page of a room shows.
const MESSAGES_A_PAGE: usize = 50;

/// The longest text of a message, bytes.
const LONGEST_TEXT: usize = 4096;

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

    // The redirector.

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

    // The chat.

    fn chat(&self, at: usize, serial: u64, request: &Request<'_>) -> Answer {
        let Some(platform) = self.plan.platforms.get(at) else {
            return self.page(404, "There is no such platform", "");
        };
        let here = request.here();
        let dice = Dice::of(&[&self.plan.seed, &platform.id, &here, request.body]);
        let first = platform
            .chat
            .answer(&self.ask(request, &here, dice, serial));
        if !first.is_through() {
            return first;
        }
        let answer = match (request.method, request.path) {
            (Method::Get, "/link.svg") => picture(),
            (Method::Get, "/login") => self.login_page(),
            (Method::Post, "/login") => self.login(platform, request),
            (_, path) => match path.strip_prefix("/chat/") {
                Some(scene) => self.scene(at, platform, scene, request),
                None if path == "/" => self.scenes(platform),
                None => self.page(404, "There is no such page", ""),
            },
        };
        answer.later(first.delay_ms)
    }

    fn scenes(&self, platform: &PlatformPlan) -> Answer {
        let mut items = String::new();
        for scene in &platform.scenes {
            let scene = escape(scene);
            push(
                &mut items,
                format_args!("<li><a href=\"/chat/{scene}\">{scene}</a></li>"),
            );
        }
        self.page(200, &platform.name.zh, &format!("<ul>{items}</ul>"))
    }

    fn login_page(&self) -> Answer {
        self.page(
            200,
            "登录",
            "<form action=\"/login\" method=\"post\"><label>Name <input name=\"name\"></label> \
             <button type=\"submit\">Sign in</button></form>",
        )
    }

    fn login(&self, platform: &PlatformPlan, request: &Request<'_>) -> Answer {
        let account = value(request.body, "name").and_then(|name| Account::of_name(&name));
        let Some(account) = account else {
            return self.page(403, "There are two accounts: sender and reader", "");
        };
        let scene = platform.scenes.first().map_or("", String::as_str);
        Answer::redirect(303, format!("/chat/{scene}")).with_header(
            "set-cookie",
            format!(
                "session={}; Path=/; HttpOnly; SameSite=Lax",
                self.session(platform, account)
            ),
        )
    }

    /// What the cookie of an account says.
    fn session(&self, platform: &PlatformPlan, account: Account) -> String {
        let dice = Dice::of(&[&self.plan.seed, &platform.id, "session"]);
        format!("{}-{:016x}", account.name(), dice.number(account.name()))
    }

    fn account(&self, platform: &PlatformPlan, cookie: &str) -> Option<Account> {
        let session = cookie
            .split(';')
            .find_map(|pair| pair.trim().strip_prefix("session="))?;
        let account = Account::of_name(session.split('-').next()?)?;
        (session == self.session(platform, account)).then_some(account)
    }

    fn scene(
        &self,
        at: usize,
        platform: &PlatformPlan,
        scene: &str,
        request: &Request<'_>,
    ) -> Answer {
        let scene_at = platform.scenes.iter().position(|s| s == scene);
        let Some(scene_at) = scene_at else {
            return self.page(404, "There is no such room", "");
        };
        match (self.account(platform, request.cookie), request.method) {
            (None, _) => Answer::redirect(303, "/login"),
            (Some(Account::Reader), Method::Post) => {
                self.page(403, "Only the account named sender sends", "")
            }
            (Some(_), Method::Post) => self.post(at, scene_at, scene, request),
            (Some(account), _) => self.read(at, scene_at, account, request),
        }
    }

    fn post(&self, at: usize, scene_at: usize, scene: &str, request: &Request<'_>) -> Answer {
        let text = value(request.body, "text").unwrap_or_default();
        if text.len() > LONGEST_TEXT {
            return self.page(413, "The message is too long", "");
        }
        let (before, target, after) = chat::split(&text);
        let moment = self.moment.load(Ordering::SeqCst);
        let key = Dice::of(&[&chat::nonce(before, after)]).number("key");
        if target.is_some_and(|t| self.link(at, scene_at, moment, key, t).is_none()) {
            return self.not_reported();
        }
        let Some(room) = self.rooms.get(self.room_at(at, scene_at)) else {
            return self.page(404, "There is no such room", "");
        };
        let id = room.post(Message {
            id: 0,
            before: before.to_owned(),
            target: target.map(ToOwned::to_owned),
            after: after.to_owned(),
            moment,
            key,
        });
        Answer::redirect(303, format!("/chat/{scene}?after={}#m{id}", id - 1))
    }

    fn room_at(&self, platform_at: usize, scene_at: usize) -> usize {
        self.first_room.get(platform_at).copied().unwrap_or(0) + scene_at
    }

    fn read(&self, at: usize, scene_at: usize, account: Account, request: &Request<'_>) -> Answer {
        let room_at = self.room_at(at, scene_at);
        let platform = self.plan.platforms.get(at);
        let (Some(room), Some(platform)) = (self.rooms.get(room_at), platform) else {
            return self.page(404, "There is no such room", "");
        };
        let after = value(request.query, "after").and_then(|after| after.parse().ok());
        let shown: Vec<Shown> = room
            .after(after, MESSAGES_A_PAGE)
            .into_iter()
            .map(|message| self.shown(at, scene_at, account, message, request))
            .collect();
        let scene = platform.scenes.get(scene_at).map_or("", String::as_str);
        let notice = self.plan.notice;
        Answer::html(
            200,
            chat::room(notice, &platform.name.zh, scene, account, &shown),
        )
    }

    /// A message as an account is shown it.
    fn shown(
        &self,
        at: usize,
        scene_at: usize,
        account: Account,
        message: Message,
        request: &Request<'_>,
    ) -> Shown {
        let target = message.target.clone().unwrap_or_default();
        let link = self.link(at, scene_at, message.moment, message.key, &target);
        let planned = link
            .as_ref()
            .and_then(|l| l.cell)
            .map_or(Form::Card, |c| c.form);
        let form = match (&link, account) {
            (Some(link), Account::Reader) => {
                let mut ask = self.ask(request, &target, link.dice, message.id);
                ask.own = link.is_own();
                link.form(&ask).unwrap_or(planned)
            }
            // The sender goes on seeing what was sent.
            _ if planned == Form::Removed || planned == Form::MessageMissing => Form::Titled,
            _ => planned,
        };
        let destination = link.as_ref().and_then(|link| link.destination);
        let title = destination.map_or_else(|| host(&target).to_owned(), |d| d.title.zh.clone());
        let origin = Origin {
            moment: message.moment,
            scene: scene_at as u32,
            key: message.key,
        };
        let href = self.plan.platforms.get(at).map_or_else(String::new, |p| {
            let place = (self.room_at(at, scene_at) as u32, message.id);
            p.shim.mint(&p.id, &target, origin, place)
        });
        Shown {
            message,
            form,
            href,
            title,
        }
    }

    // The destinations, and the town itself.

    fn destination(&self, place: &Place, serial: u64, request: &Request<'_>) -> Answer {
        let here = request.here();
        let at = self.by_url.get(without_query(&here)).copied();
        let at = at.filter(|at| place.destinations.contains(at));
        let at = at.or_else(|| place.destinations.first().copied());
        let Some(destination) = at.and_then(|at| self.plan.destinations.get(at)) else {
            return self.page(404, "There is no such page", "");
        };
        let page = self.destination_page(destination, request.path);
        let Some(behaviour) = self.plan.at_destination.get(&destination.id) else {
            return page;
        };
        let dice = Dice::of(&[&self.plan.seed, &destination.id, &here]);
        let answer = behaviour.answer(&self.ask(request, &here, dice, serial));
        if answer.is_through() {
            page.later(answer.delay_ms)
        } else {
            answer
        }
    }

    fn destination_page(&self, destination: &Destination, path: &str) -> Answer {
        let number = Dice::of(&[&destination.id, path]).number("number") % 90_000 + 10_000;
        let (zh, en) = (escape(&destination.title.zh), escape(&destination.title.en));
        let body = format!(
            "<main><article><h1>{zh}</h1>\n<p lang=\"en\">{en}</p>\n\
             <p>编号 {number}，地址 <code>{}</code></p>\n\
             <ul><li>{zh}：介绍</li><li>{zh}：评价</li><li>{zh}：常见问题</li></ul>\n\
             <p>这里是“{zh}”本身的页面。<span lang=\"en\">This is the page of “{en}” itself.</span></p>\n\
             </article></main>",
            escape(path)
        );
        html::answer(self.plan.notice, &destination.title.zh, "", &body)
    }

    fn town(&self, request: &Request<'_>) -> Answer {
        if request.method == Method::Post && request.path == "/moment" {
            let id = value(request.body, "id").unwrap_or_default();
            return match self.set_moment(&id) {
                Ok(()) => Answer::redirect(303, "/"),
                Err(error) => self.page(404, &error.to_string(), ""),
            };
        }
        if request.path != "/" {
            return self.page(404, "There is no such page", "");
        }
        self.page(200, "The town", &self.town_lists())
    }

    fn town_lists(&self) -> String {
        let now = self.moment.load(Ordering::SeqCst) as usize;
        let mut body = String::from("<h2>Moments</h2><ul>");
        for (at, moment) in self.plan.moments.iter().enumerate() {
            let mark = if at == now { " (now)" } else { "" };
            let [id, en, zh] = [&moment.id, &moment.name.en, &moment.name.zh].map(|t| escape(t));
            push(&mut body, format_args!("<li>{id}: {en} · {zh}{mark}</li>"));
        }
        body.push_str("</ul><h2>Platforms</h2><ul>");
        for platform in &self.plan.platforms {
            let id = escape(&platform.id);
            push(&mut body, format_args!("<li>http://{id}.test/</li>"));
        }
        body.push_str("</ul><h2>Destinations</h2><ul>");
        for destination in &self.plan.destinations {
            let url = escape(&destination.url);
            push(&mut body, format_args!("<li>{url}</li>"));
        }
        body.push_str("</ul>");
        body
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

/// The picture of a card.
fn picture() -> Answer {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">\
               <rect width=\"48\" height=\"48\" rx=\"6\" fill=\"#9ab\"/></svg>";
    Answer::respond(
        200,
        vec![("content-type", "image/svg+xml".to_owned())],
        Content::Whole(svg.into()),
    )
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
