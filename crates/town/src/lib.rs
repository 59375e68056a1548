//! The town: a fake world for tests and for the first run. Fake platforms and
//! destinations on loopback, spoken to over real HTTP, that behave as a plan
//! says. The shipped plan replays dated press reports; it measures no company,
//! and every page says so in English and Chinese.
//!
//! Not here: any law, any classification, any client. The crate knows no other
//! crate of the workspace.
//!
//! # From plan to answer
//!
//! [`Timeline`] (press reports as data) or a few lines of code make a
//! [`TownPlan`]; [`World`] plays it, one request in and the description of one
//! [`answer::Answer`] out; [`Town`] listens and carries answers out. Deciding
//! is pure but for the rooms' memory; all waiting and sending is in [`Town`].
//! What a platform or destination does is a [`behaviour`], written as
//! `flaky(0.3, copy-only(wechat))`.
//!
//! # Hosts
//!
//! All names end in `.test` and are served by one listener, told apart by the
//! `Host` header; a client connects to [`RunningTown::http`] for `http:` and
//! to [`RunningTown::tls`] for `https:` whatever the name, as
//! `curl --connect-to` does.
//!
//! | host | what |
//! |---|---|
//! | `<id>.test` | the chat of the platform `<id>` |
//! | `<id>.test`, `c.<id>.test`, `t.<id>.test`, `link.<id>.test` | its redirector, see [`Shim`] |
//! | `item.taobao.test`, `neutral-1.test`, … | destinations; every path shows a page |
//! | `town.test` | what is there; `POST /moment` with `id=<moment>` moves the town |
//!
//! # The chat protocol
//!
//! A platform's chat is a small web application with two accounts.
//!
//! 1. `POST /login` with the form field `name=sender` or `name=reader`:
//!    303, `Set-Cookie: session=…`. Any other name: 403.
//! 2. The sender's `POST /chat/<scene>` with the form field `text`: 303 with
//!    `Location: /chat/<scene>?after=<id − 1>#m<id>`, where `<id>` is the new
//!    message's number. The text holds one link (the first word that starts
//!    with `http://` or `https://`) and, before or after it, words of the
//!    sender's choice: the **nonce**. All chance hangs on the nonce, the
//!    scene, the moment and the destination, so the same words meet the same
//!    treatment again, in any order and after any restart. Not signed in:
//!    303 to `/login`. As the reader: 403. Longer than 4 KiB: 413. A link of
//!    which nothing was reported at this moment: 404, and no message.
//! 3. The reader's `GET /chat/<scene>?after=<id − 1>`: the messages after that
//!    number, oldest first, at most 50 (without `after` the newest 50):
//!
//! ```html
//! <ol class="messages">
//! <li class="message" id="m12"><span class="author">sender</span><div class="text">…</div></li>
//! </ol>
//! ```
//!
//! Inside `div.text` stand the words before the link, the link, the words
//! after it. The link's form is its structure:
//!
//! | form | structure |
//! |---|---|
//! | card | `<a href="R"><img src="/link.svg" alt="" …><strong>title</strong> <small>host</small></a>` |
//! | titled | `<a href="R">title</a>` |
//! | bare | `<a href="R">address as sent</a>` |
//! | bare, not linked | the address as sent, as text |
//! | removed | nothing: the words stand there alone |
//! | message missing | there is no `<li id="m12">` at all |
//!
//! `R` is an address at the platform's redirector; requesting it is the click,
//! and needs no cookie. The title is that of the destination's page. The
//! sender, who reads the room in the same way, goes on seeing a link that was
//! removed for the reader. A message is there as soon as the 303 is; a room
//! keeps the newest [`TownOptions::messages_per_room`].
//!
//! Redirectors that carry their target in a parameter can also be reached
//! without a message ([`Shim::template`]): the platform's first scene is then
//! meant, and the whole query stands for the nonce.
//!
//! ```
//! use moongate_town::{Town, TownOptions, TownPlan};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let plan = TownPlan::single("flaky(0.3, hard-block(plain))")?
//!     .with_destination("neutral-item-1", "slow(20)")?;
//! let town = Town::start(plan, TownOptions::default()).await?;
//! // … http://platform.test/chat/one-to-one answers at town.http …
//! town.stop().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod address;
pub mod answer;
pub mod behaviour;
mod body;
mod chat;
mod dice;
mod form;
pub mod html;
mod links_file;
mod plan;
mod room;
mod server;
mod shim;
mod timeline;
mod tls;
mod wire;
mod world;

pub use behaviour::SpecError;
pub use dice::Dice;
pub use form::Form;
pub use links_file::links_file;
pub use plan::{
    CellKey, CellPlan, Compare, Destination, Moment, PlatformPlan, RandomTown, TownPlan, Unplanned,
    Words,
};
pub use server::{RunningTown, StartError, Town, TownOptions};
pub use shim::{Clicked, Origin, Shim};
pub use timeline::{Basis, ExpectedHandling, Report, ReportedCell, Timeline, TimelineError};
pub use tls::CertificateError;
pub use world::{Method, PlanError, Request, TOWN_HOST, World};
