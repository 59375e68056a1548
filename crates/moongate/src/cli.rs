//! The command line: words, help and examples. What they do stands in the
//! modules of the same names.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Checks whether platforms obey orders to open their walls.
///
/// An order is a file that says who must do what by when. Moongate measures
/// whether each company obeys it, keeps the evidence, judges with statistics
/// that hold whenever anyone looks, and shows where everyone stands.
///
/// Without a command it runs a demonstration: an order of 2021 is checked
/// against fake platforms on this machine, which behave as the press reported
/// of real ones. The demonstration measures no company.
#[derive(Debug, Parser)]
#[command(
    name = "moongate",
    version,
    after_help = "Examples:
  moongate                                       run the demonstration
  moongate look https://link.example/?target=…   one link's whole story
  moongate order lint my-order.toml              find every mistake in an order
  moongate check my-order.toml --links links.toml --case my-case
  moongate report --case my-case --lang zh       the report, in Chinese

Every command explains itself: moongate check --help"
)]
pub(crate) struct Cli {
    /// What to do; the demonstration if left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Language of what is shown.
    #[arg(long, global = true, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
    /// Where the demonstration keeps its case.
    #[arg(long, value_name = "FOLDER", default_value = "moongate-demo")]
    pub demo_case: PathBuf,
    /// Trials of each comparison in the demonstration.
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..=10_000), hide = true)]
    pub demo_trials: u32,
}

/// A language of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lang {
    /// English
    En,
    /// Simplified Chinese
    Zh,
}

impl Lang {
    /// Its tag.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure whether an order is obeyed, judge, and write the report.
    Check(CheckArgs),
    /// Show one link's whole story: hops, times, class, and what a user has
    /// to do.
    Look(LookArgs),
    /// Take in measurements that somebody else made.
    Import(ImportArgs),
    /// Judge a case again from its observations.
    Judge(JudgeArgs),
    /// Write or show the report of a case.
    Report(ReportArgs),
    /// Work with order files.
    Order(OrderArgs),
    /// Serve the town of fake platforms on this machine.
    Town(TownArgs),
    /// Check a case folder: every digest, every slot against the seed.
    Verify(CaseArgs),
    /// Recompute which link stood in which slot of every trial.
    Slots(SlotsArgs),
    /// Say which cells can be decided by when, and with how many trials.
    Plan(PlanArgs),
    /// Tell how the finding on a cell came about, with all its arithmetic.
    Explain(ExplainArgs),
    /// Print completions for a shell.
    #[command(after_help = "Example:
  moongate completions bash > /usr/share/bash-completion/completions/moongate")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages.
    Man {
        /// Where to.
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate check orders/miit-2021-links.toml --links links.toml --case my-case
  moongate check orders/miit-2021-links.toml --links links.toml --dry-run
  moongate check --case my-case          go on with a case that was stopped
  moongate check my-order.toml --links links.toml --case my-case --trials 400 \\
      --adaptive                         of up to 400 trials a comparison, do those
                                         that decide

Stop with Ctrl-C at any time: what was finished is kept, and the next run of
the same case goes on with the rest. A kill or a power cut loses no finished
trial either.

Private and loopback addresses are never asked, unless named with
--allow-private: a hostile page must not steer the prober into a network.")]
pub(crate) struct CheckArgs {
    /// The order. Leave out to go on with a case that exists.
    #[arg(value_name = "ORDER")]
    pub order: Option<PathBuf>,
    /// Where to look: scenes, destinations, comparisons.
    #[arg(long, value_name = "FILE")]
    pub links: Option<PathBuf>,
    /// The case folder.
    #[arg(long, value_name = "FOLDER", default_value = "case")]
    pub case: PathBuf,
    /// Trials of each comparison in each round.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub trials: u32,
    /// Begin trials where they decide most, and none whose comparison is
    /// decided. Left out, every trial is done, in the order of the plan.
    #[arg(long)]
    pub adaptive: bool,
    /// With --adaptive: open at most so many links through one platform in
    /// this run.
    #[arg(long, value_name = "N", requires = "adaptive", value_parser = clap::value_parser!(u32).range(1..))]
    pub most_openings: Option<u32>,
    /// With --adaptive: begin at most so many trials in this run.
    #[arg(long, value_name = "N", requires = "adaptive")]
    pub most_trials: Option<usize>,
    /// Begin no further trial after so many minutes; the rest is left for the
    /// next run.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub minutes: Option<u32>,
    /// Print the plan and the number of requests, and open nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// A seed of 64 hex digits, to repeat a run. Left out, one is drawn. A
    /// seed that the platform could know proves nothing.
    #[arg(long, value_name = "HEX")]
    pub seed: Option<String>,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Where this machine stands in the network, recorded with everything.
    #[arg(long, value_name = "WORDS", default_value = "not stated")]
    pub vantage: String,
    /// Trials in flight at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub in_flight: u16,
    /// Requests a second to one host.
    #[arg(long, value_name = "RATE", default_value_t = 2.0, value_parser = positive)]
    pub rate: f64,
}

/// Arguments about the network.
#[derive(Debug, Args)]
pub(crate) struct NetworkArgs {
    /// Connect to this address for these hosts, as in `*.test=127.0.0.1:8080`.
    #[arg(long, value_name = "HOST=ADDRESS")]
    pub connect_to: Vec<String>,
    /// Let these hosts lie in private or loopback ranges, as in `*.test`.
    #[arg(long, value_name = "HOST")]
    pub allow_private: Vec<String>,
    /// Trust this root certificate (PEM) besides the usual ones.
    #[arg(long, value_name = "FILE")]
    pub root_certificate: Option<PathBuf>,
}

/// Arguments of `look`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate look 'https://link.zhihu.com/?target=https%3A%2F%2Fexample.org%2F'
  moongate look --page saved.html --target https://example.org/
  moongate look --page saved.html --direct destination.html --target https://example.org/
  moongate look --from links.txt --case my-links     open every link of a list and record all")]
pub(crate) struct LookArgs {
    /// The link.
    #[arg(value_name = "URL", required_unless_present_any = ["page", "from"])]
    pub url: Option<String>,
    /// Where it should lead; left out, it is read from the link.
    #[arg(long, value_name = "URL")]
    pub target: Option<String>,
    /// Classify this saved page instead of opening anything.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    pub page: Option<PathBuf>,
    /// The destination's own page, saved.
    #[arg(long, value_name = "FILE", requires = "page")]
    pub direct: Option<PathBuf>,
    /// The status the saved page came with.
    #[arg(long, value_name = "STATUS", requires = "page", default_value_t = 200)]
    pub status: u16,
    /// Open every link of this list, one a line.
    #[arg(long, value_name = "FILE", requires = "case", conflicts_with = "url")]
    pub from: Option<PathBuf>,
    /// Record everything in this case folder.
    #[arg(long, value_name = "FOLDER", requires = "from")]
    pub case: Option<PathBuf>,
    /// As whom to ask.
    #[arg(long, value_enum, default_value_t = Agent::Browser)]
    pub user_agent: Agent,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
    #[command(flatten)]
    pub network: NetworkArgs,
    /// Links open at once, with --from.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub in_flight: u16,
    /// Requests a second to one host, with --from; 0 for no limit, on
    /// machines of your own.
    #[arg(long, value_name = "RATE", default_value_t = 2.0, value_parser = not_negative)]
    pub rate: f64,
}

/// As whom to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Agent {
    /// A current browser
    Browser,
    /// Moongate itself
    Plain,
}

/// For people or for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TextOrJson {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  moongate import orders/x-2023-link-delay.toml --case x-2023 \\
      mappings/wide.toml measured.csv mappings/neutral.toml neutral.csv

Tables are read whole or not at all: a mistake in one of them names file, line
and column, and nothing is written. `moongate import --mapping-reference`
describes the mapping file.")]
pub(crate) struct ImportArgs {
    /// The order.
    #[arg(value_name = "ORDER", required_unless_present = "mapping_reference")]
    pub order: Option<PathBuf>,
    /// A mapping and its table, and so on in pairs.
    #[arg(
        value_name = "MAPPING TABLE",
        required_unless_present = "mapping_reference"
    )]
    pub tables: Vec<PathBuf>,
    /// The case folder to be made.
    #[arg(long, value_name = "FOLDER", default_value = "case")]
    pub case: PathBuf,
    /// Print what a mapping file may say.
    #[arg(long)]
    pub mapping_reference: bool,
}

/// The case folder.
#[derive(Debug, Args)]
pub(crate) struct CaseArgs {
    /// The case folder.
    #[arg(long, value_name = "FOLDER", default_value = "case")]
    pub case: PathBuf,
}

/// Arguments of `slots`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate slots --case my-case              every trial, slot by slot, and its digests
  moongate slots --case my-case --reveal     end the case and reveal the seed first

The slots of a trial stand in ascending order of SHA-256(seed, trial, a zero
byte, destination), and the case was begun with SHA-256(seed, bytes of
plan.json): any SHA-256 program gives the same digests as are printed here.")]
pub(crate) struct SlotsArgs {
    #[command(flatten)]
    pub case: CaseArgs,
    /// Make the seed public. No further trial can be carried out then.
    #[arg(long)]
    pub reveal: bool,
    /// Only the trial of this id.
    #[arg(long, value_name = "TRIAL")]
    pub trial: Option<String>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate plan orders/miit-2021-links.toml --links links.toml --rate 0.5 --hours 48
  moongate plan my-order.toml --links links.toml --trials 200 --picture plan.svg")]
pub(crate) struct PlanArgs {
    /// The order.
    #[arg(value_name = "ORDER")]
    pub order: PathBuf,
    /// Where to look: scenes, destinations, comparisons.
    #[arg(long, value_name = "FILE")]
    pub links: PathBuf,
    /// Trials of each comparison that there may be; left out, as many as the
    /// time allows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub trials: Option<u32>,
    /// Requests a second to one platform.
    #[arg(long, value_name = "RATE", default_value_t = 2.0, value_parser = positive)]
    pub rate: f64,
    /// Measuring hours that are left; left out, until the order's next due
    /// date.
    #[arg(long, value_name = "HOURS", value_parser = positive)]
    pub hours: Option<f64>,
    /// How often controls open, a share.
    #[arg(long, value_name = "SHARE", default_value_t = 0.98, value_parser = share)]
    pub control: f64,
    /// Write a picture of evidence against trials into this SVG file.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate explain wechat one-to-one taobao --case my-case
  moongate explain no-delay bsky.app --case x-2023

A cell is named by words that occur in its obligation, clause, platform, scene,
destination or round; where they fit several cells, those are listed.")]
pub(crate) struct ExplainArgs {
    /// Words that name the cell.
    #[arg(value_name = "WORD", required = true)]
    pub words: Vec<String>,
    #[command(flatten)]
    pub case: CaseArgs,
}

/// Arguments of `judge`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  moongate judge --case my-case --format json
  moongate judge --case my-case --compare        against the findings that are stored")]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub case: CaseArgs,
    /// How to show the findings.
    #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
    pub format: TextOrJson,
    /// Show what this judge would change in the stored findings, and why;
    /// change nothing.
    #[arg(long)]
    pub compare: bool,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate report --case my-case                 write the site into my-case/report
  moongate report --case my-case --format text   the matrix and the standings
  moongate report --case my-case --format json   the same for programs")]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub case: CaseArgs,
    /// Where the site goes; the case's own folder if left out.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// What to make.
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub format: ReportFormat,
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A site of pages
    Html,
    /// Matrix and standings, for a terminal
    Text,
    /// Matrix and standings, for programs
    Json,
}

/// Arguments of `order`.
#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    #[command(subcommand)]
    pub command: OrderCommand,
}

/// What can be done with orders.
#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// Find every mistake in order files.
    #[command(after_help = "Example:
  moongate order lint orders/*.toml")]
    Lint {
        /// The files.
        #[arg(value_name = "ORDER", required = true)]
        files: Vec<PathBuf>,
        /// A links file to be held against the first order.
        #[arg(long, value_name = "FILE")]
        links: Option<PathBuf>,
    },
    /// Print the JSON Schema, for editors.
    Schema,
    /// Print what an order may say.
    Reference,
}

/// Arguments of `town`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  moongate town --links > links.toml       what to check, as a links file
  moongate town --moment 2021-09-17-pm     serve that evening's town until Ctrl-C")]
pub(crate) struct TownArgs {
    /// Which moment the town stands at.
    #[arg(long, value_name = "MOMENT")]
    pub moment: Option<String>,
    /// Print the links file of the town and end.
    #[arg(long)]
    pub links: bool,
    /// List the moments and end.
    #[arg(long)]
    pub moments: bool,
    /// Port on the loopback address; 0 for any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
        _ => Err("a share between 0 and 1 was expected".to_owned()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("a number above 0 was expected".to_owned()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("a number of at least 0 was expected".to_owned()),
    }
}
