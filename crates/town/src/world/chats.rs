//! The chats of a town: signing in, sending, reading.

use std::sync::atomic::Ordering;

use super::{Method, Request, World};
use crate::address::{host, value};
use crate::answer::{Answer, Content};
use crate::chat::{self, Account, Shown};
use crate::dice::Dice;
use crate::form::Form;
use crate::html::{escape, push};
use crate::plan::PlatformPlan;
use crate::room::Message;
use crate::shim::Origin;

/// How many messages one page of a room shows.
const MESSAGES_A_PAGE: usize = 50;

/// The longest text of a message, bytes.
const LONGEST_TEXT: usize = 4096;

impl World {
    pub(super) fn chat(&self, at: usize, serial: u64, request: &Request<'_>) -> Answer {
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
