//! The destinations of a town, and the page of the town itself.

use std::sync::atomic::Ordering;

use super::{Method, Place, Request, World};
use crate::address::{value, without_query};
use crate::answer::Answer;
use crate::dice::Dice;
use crate::html::{self, escape, push};
use crate::plan::Destination;

impl World {
    pub(super) fn destination(&self, place: &Place, serial: u64, request: &Request<'_>) -> Answer {
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

    pub(super) fn town(&self, request: &Request<'_>) -> Answer {
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
