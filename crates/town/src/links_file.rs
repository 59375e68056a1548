//! The links file of a town: how its scenes are reached and what is to be
//! compared, in the form that `moongate check` reads.

use toml_edit::Value;

use crate::html::push;
use crate::plan::{Compare, TownPlan};
use crate::timeline::Timeline;

/// The links file of the town that replays `timeline`.
///
/// ```
/// use moongate_town::{Timeline, links_file};
/// let text = links_file(&Timeline::shipped()?);
/// assert!(text.starts_with("# "));
/// assert!(text.contains("http://wechat.test/chat/one-to-one"));
/// # Ok::<(), moongate_town::TimelineError>(())
/// ```
pub fn links_file(timeline: &Timeline) -> String {
    TownPlan::outline(timeline).links_file()
}

/// A text as TOML.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl TownPlan {
    /// The links file of this town. Only scenes and destinations that are
    /// compared stand in it.
    pub fn links_file(&self) -> String {
        let mut file = format!(
            "# {}\n# {}\n\nformat = 1\n",
            self.notice.en(),
            self.notice.zh()
        );
        self.write_reach(&mut file);
        self.write_destinations(&mut file);
        self.write_rounds(&mut file);
        for compare in &self.compares {
            write_compare(&mut file, compare);
        }
        file
    }

    fn write_reach(&self, file: &mut String) {
        for platform in &self.platforms {
            let compared = |scene: &&String| {
                let mut all = self.compares.iter();
                all.any(|c| c.platform == platform.id && c.scene == **scene)
            };
            for scene in platform.scenes.iter().filter(compared) {
                let url = format!("http://{}.test/chat/{scene}", platform.id);
                push(
                    file,
                    format_args!(
                        "\n[[reach]]\nplatform = {}\nscene = {}\nkind = \"chat\"\nurl = {}\n",
                        quoted(&platform.id),
                        quoted(scene),
                        quoted(&url)
                    ),
                );
            }
        }
    }

    fn write_destinations(&self, file: &mut String) {
        let compared = |id: &String| {
            let mut all = self.compares.iter();
            all.any(|c| c.rivals.contains(id) || c.controls.contains(id))
        };
        for destination in self.destinations.iter().filter(|d| compared(&d.id)) {
            push(
                file,
                format_args!("\n[[destination]]\nid = {}\n", quoted(&destination.id)),
            );
            if let Some(platform) = &destination.platform {
                push(file, format_args!("platform = {}\n", quoted(platform)));
            }
            push(
                file,
                format_args!(
                    "kind = {}\nurl = {}\nlawful = true\nname = {{ en = {}, zh-Hans = {} }}\n",
                    quoted(&destination.kind),
                    quoted(&destination.url),
                    quoted(&destination.title.en),
                    quoted(&destination.title.zh)
                ),
            );
        }
    }

    fn write_rounds(&self, file: &mut String) {
        let china = jiff::tz::Offset::constant(8);
        for moment in &self.moments {
            push(
                file,
                format_args!(
                    "\n[[round]]\nid = {}\nas_of = {}\nname = {{ en = {}, zh-Hans = {} }}\n",
                    quoted(&moment.id),
                    moment.as_of.display_with_offset(china),
                    quoted(&moment.name.en),
                    quoted(&moment.name.zh)
                ),
            );
        }
    }
}

fn write_compare(file: &mut String, compare: &Compare) {
    let list = |ids: &[String]| {
        let ids: Vec<String> = ids.iter().map(|id| quoted(id)).collect();
        ids.join(", ")
    };
    file.push_str("\n[[compare]]\n");
    if let Some(round) = &compare.round {
        push(file, format_args!("round = {}\n", quoted(round)));
    }
    push(
        file,
        format_args!(
            "platform = {}\nscene = {}\nrivals = [{}]\ncontrols = [{}]\n",
            quoted(&compare.platform),
            quoted(&compare.scene),
            list(&compare.rivals),
            list(&compare.controls)
        ),
    );
}
