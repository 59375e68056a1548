//! Serves a town on one thread until it is interrupted, for a look by hand:
//!
//! ```text
//! cargo run -p moongate-town --example serve_town -- "copy-only(wechat)"
//! curl --connect-to ::127.0.0.1:8480 "http://platform.test/out?to=http%3A%2F%2Fitem.rival.test%2Fi%2F1"
//! ```
//!
//! Without a behaviour it serves the timeline.

use moongate_town::{Timeline, Town, TownOptions, TownPlan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plan = match std::env::args().nth(1) {
        Some(behaviour) => TownPlan::single(&behaviour)?,
        None => TownPlan::timeline(&Timeline::shipped()?)?,
    };
    let options = TownOptions {
        port: 8480,
        ..TownOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let town = Town::start(plan, options).await?;
        println!("http {}  tls {}", town.http, town.tls);
        tokio::signal::ctrl_c().await?;
        town.stop().await;
        Ok(())
    })
}
