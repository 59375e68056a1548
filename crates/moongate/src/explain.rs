//! `moongate explain`: how the finding on a cell came about, in sentences and
//! then with all its arithmetic.

use moongate_glossary::{Cell, Decision, Finding};
use moongate_judge::arithmetic::{Accusation, Arithmetic, Stakes, Threshold, arithmetic};
use moongate_judge::{Bounds, ReadCell};
use moongate_runner::Keep;

use crate::cli::{ExplainArgs, Lang};
use crate::failure::Failure;
use crate::opened::{Opened, open};

/// Explains one cell.
///
/// # Errors
/// Where the case cannot be read, or the words fit no cell or several.
pub(crate) fn run(args: &ExplainArgs, lang: Lang) -> Result<(), Failure> {
    let opened = open(&args.case.case, false)?;
    let sitting = opened.judge(Keep::Everything)?;
    let fits = |finding: &&(&Finding, &ReadCell)| {
        args.words.iter().all(|word| is_in(word, &finding.0.cell))
    };
    let all: Vec<(&Finding, &ReadCell)> = sitting.findings.iter().zip(&sitting.cells).collect();
    let found: Vec<&(&Finding, &ReadCell)> = all.iter().filter(fits).collect();
    match found.as_slice() {
        [(finding, cell)] => {
            sentences(&opened, finding, lang);
            let bounds = Bounds {
                alpha: finding.alpha,
                cells: finding.cells,
            };
            outln!("");
            for line in arithmetic_lines(&arithmetic(cell, bounds), finding, lang) {
                outln!("{line}");
            }
            Ok(())
        }
        [] => Err(Failure::unusable(
            format!(
                "no cell of {} fits `{}`",
                args.case.case.display(),
                args.words.join(" ")
            ),
            "leave words out, or see all cells with moongate report --format text",
        )),
        several => {
            let names: Vec<String> = several
                .iter()
                .take(20)
                .map(|it| words_of(&it.0.cell))
                .collect();
            Err(Failure::unusable(
                format!("{} cells fit:\n  {}", several.len(), names.join("\n  ")),
                "add words until one is left",
            ))
        }
    }
}

fn parts(cell: &Cell) -> [&str; 6] {
    [
        &cell.round,
        &cell.platform,
        &cell.scene,
        &cell.destination,
        &cell.obligation,
        &cell.clause,
    ]
}

fn is_in(word: &str, cell: &Cell) -> bool {
    // A whole name fits only itself, so that every cell can be named.
    let whole = parts(cell).contains(&word);
    let exact_elsewhere = word.contains('=').then(|| word.split_once('=')).flatten();
    match exact_elsewhere {
        Some((part, value)) => named_part(part, cell) == Some(value),
        None => whole || parts(cell).iter().any(|part| part.contains(word)),
    }
}

fn named_part<'a>(part: &str, cell: &'a Cell) -> Option<&'a str> {
    Some(match part {
        "round" => &cell.round,
        "platform" => &cell.platform,
        "scene" => &cell.scene,
        "destination" => &cell.destination,
        "obligation" => &cell.obligation,
        "clause" => &cell.clause,
        _ => return None,
    })
}

/// Words that name this cell and no other.
fn words_of(cell: &Cell) -> String {
    format!(
        "round={} platform={} scene={} destination={} clause={}",
        cell.round, cell.platform, cell.scene, cell.destination, cell.clause
    )
}

fn sentences(opened: &Opened, finding: &Finding, lang: Lang) {
    for check in opened.bound() {
        for sentence in check.explain(finding, lang.tag()) {
            outln!("{sentence}");
        }
    }
    outln!("{}", error_bound(finding, lang));
    outln!("{}", what_would_change_it(finding, lang));
}

/// How often such a finding may be wrong.
fn error_bound(finding: &Finding, lang: Lang) -> String {
    let share = format!("{} %", finding.alpha * 100.0);
    let cells = finding.cells;
    match (finding.decision, lang) {
        (Decision::Kept, Lang::En) => format!(
            "Of all certificates given under this order, over its {cells} cells, at most {share} are expected to be wrong."
        ),
        (Decision::Kept, Lang::Zh) => {
            format!("在该命令的 {cells} 个单元中，所有“遵守”结论里预计最多有 {share} 是错误的。")
        }
        (_, Lang::En) => format!(
            "If every clause were kept everywhere, the chance that even one of the {cells} cells of this order would ever be called broken, at whatever moment anyone looks, is at most {share}."
        ),
        (_, Lang::Zh) => format!(
            "假如各处均遵守全部条款，则无论何时查看，该命令的 {cells} 个单元中哪怕有一个被误判为“未遵守”的概率最多为 {share}。"
        ),
    }
}

fn what_would_change_it(finding: &Finding, lang: Lang) -> String {
    let missing = |needed: f64, has: f64| (needed - has).max(0.0);
    let to_broken = missing(finding.log_threshold_broken, finding.log_e_broken);
    let to_kept = missing(finding.log_threshold_kept, finding.log_e_kept);
    match (finding.decision, lang) {
        (Decision::Broken, Lang::En) => {
            "No number of further trials takes it back; it would fall if the assumption above were shown to be false, or if somebody on the platform's side had known the seed before the last trial.".to_owned()
        }
        (Decision::Broken, Lang::Zh) => {
            "再多的试验也不会撤销该结论；只有证明上述假设不成立，或平台一方在最后一次试验前已知种子，该结论才会失效。".to_owned()
        }
        (Decision::Kept, Lang::En) => format!(
            "It would turn to broken if the evidence value against it, now e^{:.2}, grew by e^{to_broken:.2}; it would turn to open if later trials lowered that for it below e^{:.2}.",
            finding.log_e_broken, finding.log_threshold_kept
        ),
        (Decision::Kept, Lang::Zh) => format!(
            "若反面证据值（现为 e^{:.2}）再增长 e^{to_broken:.2} 倍，则变为“未遵守”；若后续试验使正面证据值低于 e^{:.2}，则变为“未决”。",
            finding.log_e_broken, finding.log_threshold_kept
        ),
        (Decision::Open, Lang::En) => format!(
            "It would turn to broken if the evidence value against the clause being kept grew by e^{to_broken:.2}, and to kept if that for it grew by e^{to_kept:.2}."
        ),
        (Decision::Open, Lang::Zh) => format!(
            "若反面证据值再增长 e^{to_broken:.2} 倍，则变为“未遵守”；若正面证据值再增长 e^{to_kept:.2} 倍，则变为“遵守”。"
        ),
    }
}

fn arithmetic_lines(laid_out: &Arithmetic, finding: &Finding, lang: Lang) -> Vec<String> {
    let say = |en: &str, zh: &str| match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    };
    let mut lines = vec![crate::style::heading(&say(
        "Against the clause being kept",
        "反面证据",
    ))];
    match &laid_out.broken {
        Accusation::Share(stakes) => lines.extend(stakes_lines(stakes, lang)),
        Accusation::Blocks(thresholds) => {
            lines.push(say(
                "A block holds c controls and the rival; f of the c + 1 failed, s = c + 1 − f did not. At odds ω it is worth S = (c+1)·ω/(f·ω+s) if the rival failed and S = (c+1)/(f·ω+s) if not. Blocks in which all ended alike are worth 1 and left out. E is the average over ω of the product of S; “later” is the same for a difference that begins on some later day (day t: M = (M + 1/(t·(t+1)))·product of the day, E = average of M + 1/(t+1)).",
                "每个区组含 c 个对照和一个竞品链接；c + 1 个中有 f 个失败，s = c + 1 − f 个成功。赔率为 ω 时，若竞品失败则 S = (c+1)·ω/(f·ω+s)，否则 S = (c+1)/(f·ω+s)。结果全同的区组值为 1，略去。E 为各 ω 下 S 之积的平均；“日后”一栏为差异自日后某天开始时的相应值（第 t 天：M = (M + 1/(t·(t+1)))·当日之积，E = M 的平均 + 1/(t+1)）。",
            ));
            for threshold in thresholds {
                lines.extend(threshold_lines(threshold, lang));
            }
            lines.push(say(
                "E = Σ weight · (0.9 · E from the first trial + 0.1 · E later)",
                "E = Σ 权重 ·（0.9 · 自首次试验起的 E + 0.1 · 日后的 E）",
            ));
        }
    }
    lines.push(total(
        "ln E",
        laid_out.log_e_broken(),
        finding.log_threshold_broken,
        lang,
    ));
    lines.push(format!(
        "      ln(m/α) = ln({}/{}) = {:.4}",
        finding.cells, finding.alpha, laid_out.log_needed
    ));
    lines.push(String::new());
    lines.push(crate::style::heading(&say(
        "For the clause being kept",
        "正面证据",
    )));
    lines.extend(stakes_lines(&laid_out.kept, lang));
    lines.push(total(
        "ln E",
        laid_out.kept.log_e,
        finding.log_threshold_kept,
        lang,
    ));
    lines
}

fn total(what: &str, has: f64, needed: f64, lang: Lang) -> String {
    let needed_word = match lang {
        Lang::En => "needed",
        Lang::Zh => "所需",
    };
    format!("{what} = {has:.4}   {needed_word} {needed:.4}")
}

fn threshold_lines(threshold: &Threshold, lang: Lang) -> Vec<String> {
    let head = match lang {
        Lang::En => format!(
            "scale {}, level {} or worse (weight {:.4})",
            threshold.ladder, threshold.level, threshold.weight
        ),
        Lang::Zh => format!(
            "第 {} 个尺度，第 {} 级或更差（权重 {:.4}）",
            threshold.ladder, threshold.level, threshold.weight
        ),
    };
    let mut lines = vec![format!("  {head}")];
    for row in &threshold.shapes {
        let shape = row.shape;
        let failures = shape.control_failures() + u32::from(shape.rival_failed());
        let of = shape.controls() + 1;
        if failures == 0 || failures == of {
            continue;
        }
        let rival = match (shape.rival_failed(), lang) {
            (true, Lang::En) => "rival failed",
            (false, Lang::En) => "rival did not",
            (true, Lang::Zh) => "竞品失败",
            (false, Lang::Zh) => "竞品未失败",
        };
        lines.push(format!(
            "    c = {}, f = {failures}, {rival}  × {}",
            shape.controls(),
            row.blocks
        ));
    }
    let sums: Vec<String> = threshold
        .sums
        .iter()
        .map(|(ln_omega, sum)| format!("{ln_omega}: {sum:.3}"))
        .collect();
    lines.push(format!("    Σ ln S, ln ω: {}", sums.join("  ")));
    let later = match lang {
        Lang::En => "later",
        Lang::Zh => "日后",
    };
    lines.push(format!(
        "    ln E = {:.4}   {later} {:.4}",
        threshold.log_e, threshold.log_e_later
    ));
    lines
}

fn stakes_lines(stakes: &Stakes, lang: Lang) -> Vec<String> {
    let mut lines = vec![match lang {
        Lang::En => format!(
            "Each trial gains g against {}; at stake λ it is worth 1 + λ·g. E is the average over λ of the product.",
            stakes.against
        ),
        Lang::Zh => format!(
            "每次试验相对 {} 的收益为 g；赌注为 λ 时其值为 1 + λ·g。E 为各 λ 下乘积的平均。",
            stakes.against
        ),
    }];
    for (gain, count) in &stakes.gains {
        lines.push(format!("    g = {gain:+.4}  × {count}"));
    }
    let sums: Vec<String> = stakes
        .sums
        .iter()
        .map(|(stake, sum)| format!("{stake:.4}: {sum:.3}"))
        .collect();
    lines.push(format!("    Σ ln(1 + λ·g), λ: {}", sums.join("  ")));
    lines
}
