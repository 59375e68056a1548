//! The story of one link, told for people.

use std::fmt::Write as _;

use moongate_page::{Class, Classification, Hop, HowReached, UserStep, Visit};

use super::{Look, shown, side_in_words};
use crate::cli::Lang;
use crate::style::{faint, heading};

/// Hops with times, the class, its signals, and what a user has to do.
pub(super) fn tell(look: &Look, lang: Lang) -> String {
    let mut text = String::new();
    let words = Words {
        chinese: lang == Lang::Zh,
    };
    line(&mut text, words.pick("asked", "请求"), &shown(&look.asked));
    if let Some(target) = &look.target {
        let known = faint(&format!("({})", look.target_known_from));
        line(
            &mut text,
            words.pick("should lead to", "应通向"),
            &format!("{} {known}", shown(target)),
        );
    }
    for step in &look.unwrapped.steps {
        line(
            &mut text,
            words.pick("redirector", "跳转服务"),
            &step.operator,
        );
    }
    hops(
        &mut text,
        words.pick("through the platform", "经平台"),
        &look.visit,
    );
    if let Some(direct) = &look.direct {
        hops(&mut text, words.pick("directly", "直接打开"), direct);
    }
    if let Some(classification) = &look.classification {
        conclusion(&mut text, words, classification);
    }
    text
}

#[derive(Clone, Copy)]
struct Words {
    chinese: bool,
}

impl Words {
    fn pick(self, en: &'static str, zh: &'static str) -> &'static str {
        if self.chinese { zh } else { en }
    }
}

fn line(text: &mut String, label: &str, what: &str) {
    let pad = 16_usize.saturating_sub(
        label
            .chars()
            .map(|c| if c.is_ascii() { 1 } else { 2 })
            .sum(),
    );
    let _ = writeln!(text, "{label}{} {what}", " ".repeat(pad));
}

fn hops(text: &mut String, label: &str, visit: &Visit) {
    if visit.hops.iter().all(|hop| hop.timings.total_us == 0) {
        return;
    }
    let _ = writeln!(text, "\n{}", heading(label));
    for (number, hop) in visit.hops.iter().enumerate() {
        let status = hop
            .status
            .map_or_else(|| "—".to_owned(), |status| status.to_string());
        let _ = writeln!(text, "  {}. {status:>3}  {}", number + 1, shown(&hop.url));
        let _ = writeln!(
            text,
            "          {}",
            faint(&format!("{}{}", how(&hop.how), times(hop)))
        );
    }
    if let Some(handover_us) = visit.handover_us {
        let _ = writeln!(text, "     handed over after {}", milliseconds(handover_us));
    }
    if let Some(failure) = &visit.failure {
        let _ = writeln!(
            text,
            "     ended early: {} (side: {})",
            failure.message,
            side_in_words(failure.side)
        );
    }
}

fn how(how: &HowReached) -> String {
    match how {
        HowReached::Asked => "asked".to_owned(),
        HowReached::Location { status } => format!("by redirect {status}"),
        HowReached::RefreshHeader { delay_s } => format!("by a Refresh header after {delay_s} s"),
        HowReached::MetaRefresh { delay_s } => format!("by a meta refresh after {delay_s} s"),
        HowReached::Script { form, delay_s } => format!("by script ({form}) after {delay_s} s"),
    }
}

fn times(hop: &Hop) -> String {
    let timings = &hop.timings;
    let mut text = String::new();
    let phases = [
        ("name", timings.dns_us),
        ("connect", timings.connect_us),
        ("TLS", timings.tls_us),
        ("first byte", timings.first_byte_us),
        ("total", Some(timings.total_us)),
    ];
    for (phase, us) in phases {
        if let Some(us) = us {
            let _ = write!(text, " · {phase} {}", milliseconds(us));
        }
    }
    text
}

fn milliseconds(us: u64) -> String {
    format!("{:.1} ms", us as f64 / 1000.0)
}

fn conclusion(text: &mut String, words: Words, found: &Classification) {
    let _ = writeln!(text, "\n{}", heading(words.pick("what it is", "判断")));
    let _ = writeln!(text, "  {}", class(words, found.class));
    if let Some(reason) = &found.stated_reason {
        let _ = writeln!(
            text,
            "  {}: “{reason}”",
            words.pick("the platform says", "平台所述")
        );
    }
    let steps: Vec<String> = found
        .user_must
        .iter()
        .map(|step| user_step(words, *step))
        .collect();
    if !steps.is_empty() {
        let _ = writeln!(
            text,
            "  {}: {}",
            words.pick("a user has to", "用户须"),
            steps.join(", ")
        );
    }
    if let Some(onward) = &found.continue_to {
        let _ = writeln!(
            text,
            "  {}: {}",
            words.pick("the way on", "继续之路"),
            shown(onward)
        );
    }
    let _ = writeln!(text, "\n{}", heading(words.pick("it rests on", "依据")));
    for signal in &found.signals {
        let _ = writeln!(text, "  {:24} {}", signal.code, cut(&signal.what));
    }
}

fn cut(what: &str) -> String {
    let clean = moongate_url::display_safe_text(what);
    if clean.chars().count() <= 110 {
        return clean;
    }
    clean.chars().take(109).chain(['…']).collect()
}

fn class(words: Words, class: Class) -> String {
    let (en, zh) = match class {
        Class::Reached => (
            "reached: the destination opened, with nothing in between",
            "到达：目的地直接打开",
        ),
        Class::LeavePage { warned: false } => (
            "leave page: a page in between, with a way on",
            "离开提示页：中间有一页，可继续",
        ),
        Class::LeavePage { warned: true } => (
            "leave page with a warning, with a way on",
            "带警告的离开提示页，可继续",
        ),
        Class::TimedHop { after_s } => {
            return if words.chinese {
                format!("定时跳转：{after_s} 秒后自动继续")
            } else {
                format!("timed hop: goes on by itself after {after_s} s")
            };
        }
        Class::CopyPage => (
            "copy page: the user has to carry the address elsewhere",
            "复制页：用户须自行复制网址",
        ),
        Class::HardBlock => ("hard block: refused", "屏蔽：拒绝访问"),
        Class::LoginWall => (
            "login wall: cannot be said what lies behind it",
            "登录墙：无法得知其后内容",
        ),
        Class::BotWall => (
            "bot wall: we are taken for a machine; nothing can be said",
            "机器识别墙：无法判断",
        ),
        Class::RateLimit => (
            "rate limit: asked too often; nothing can be said",
            "频率限制：无法判断",
        ),
        Class::SoftError => (
            "error: the platform failed or showed nothing",
            "错误：平台出错或无内容",
        ),
        Class::DestinationFailed => (
            "the destination failed; the platform handed over",
            "目的地出错；平台已移交",
        ),
        Class::OtherPage => ("another page than the destination", "到达的并非目的地"),
        Class::NotMeasured { side } => {
            return format!(
                "{} ({})",
                words.pick("not measured", "未能测量"),
                side_in_words(side)
            );
        }
        Class::Unknown => ("unknown: the signals do not suffice", "未知：信号不足"),
    };
    words.pick(en, zh).to_owned()
}

fn user_step(words: Words, step: UserStep) -> String {
    let (en, zh) = match step {
        UserStep::ClickContinue => ("click to go on", "点击继续"),
        UserStep::Wait { seconds } => {
            return if words.chinese {
                format!("等待 {seconds} 秒")
            } else {
                format!("wait {seconds} s")
            };
        }
        UserStep::CopyAddress => ("copy the address", "复制网址"),
        UserStep::OpenBrowser => ("open another browser", "打开其他浏览器"),
        UserStep::LogIn => ("log in", "登录"),
        UserStep::SolveCaptcha => ("solve a puzzle", "完成验证"),
        UserStep::Cannot => ("give up: the page offers no way on", "无法继续"),
    };
    words.pick(en, zh).to_owned()
}
