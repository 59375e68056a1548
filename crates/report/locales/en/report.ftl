### Every sentence of the report, in English.

## Frame

skip-to-content = Skip to the content
skip-matrix = Skip this matrix
nav-label = Pages
nav-overview = Overview
nav-method = Method
nav-tables = Tables
language-label = Language
crumbs = Where this page stands
colon = :{" "}
list-separator = ;{" "}
foot-made = Report as of { $at }. Judge { $judge }.
foot-method = How Moongate decides
foot-persons = Moongate measures services of companies. It reports on no person.

## What this report may be read as

replay-title = A replay, not a measurement.
replay-banner = This replays press reports on fake servers and measured no company. Names of companies stand for their stand-ins.
stand-in = the stand-in for { $name }
status-as-reported = as reported
status-official = official
status-research-standard = research standard
status-as-reported-sentence = The wording of this order is known through the press only; the authority’s own text was not found.
status-official-sentence = The wording of this order was published by the authority.
status-research-standard-sentence = This is a researcher’s standard, not an order of any authority: a finding here says nothing about the law.

## Words of the ladder

handling-opened = opened directly
handling-extra-step = opened after an extra step
handling-warned = opened after a warning
handling-must-copy = must be copied into a browser
handling-blocked = blocked
handling-removed = link removed
handling-inconclusive = inconclusive
handling-mixed = not always the same
handling-not-measured = not measured
handling-opened-short = opens
handling-extra-step-short = +step
handling-warned-short = warned
handling-must-copy-short = copy
handling-blocked-short = blocked
handling-removed-short = removed
handling-inconclusive-short = unclear
handling-mixed-short = mixed
handling-not-measured-short = –
form-card = card
form-titled = title
form-bare = bare link
form-removed = not shown
form-unknown = not seen
form-of-all = Form of every link: { $form }.
form-of-most = Form where none is named: { $form }.
form-card-short = card
form-titled-short = title
form-bare-short = bare

## Decisions

decision-broken = Broken
decision-kept = Kept
decision-open = Open
decision-none = No finding
mark-broken = B
mark-kept = K
mark-open = O
mark-none = –
legend-broken = Broken: shown, with a bounded chance of error
legend-kept = Kept: certified within a stated margin
legend-open = Open: neither has been shown
legend-ladder = How a link is handled
legend-marks = What was found
legend-order = Letters stand in the order of the clauses, each leads to its page:

## Overview

kicker = Report on an order
kicker-research-standard = Report on a researcher’s standard
as-of = as of { $at }
fact-as-of = As of
fact-rounds = Rounds
fact-cells = Comparisons
fact-cells-judged = { $judged } judged of { $all }
fact-trials = Trials planned
fact-alpha = Chance of any false accusation
standings-title = Where each company stands
standings-title-as-of = Where each company stands, { $at }
standings-caption = Standing of each company against its deadline
standings-empty = No standing has been taken.
standings-headline = { $broken ->
        [0] No standing is Broken
        [one] One of { $all } standings is Broken
       *[other] { $broken } of { $all } standings are Broken
    }, { $kept ->
        [0] none is Kept
        [one] one is Kept
       *[other] { $kept } are Kept
    }, { $open ->
        [0] none is Open
        [one] one is Open
       *[other] { $open } are Open
    }. As of { $at }.
standings-note = Broken: at least one comparison shows a breach. Kept: every comparison is certified within its margin. Open: neither has been shown; it is no good news and no bad news.
column-subject = Company
column-obligation = Obligation
column-state = Standing
column-due = Deadline
column-cells = Comparisons
column-cells-short = Comparisons
column-over-time = Over time
cells-counted = { $broken } Broken · { $open } Open · { $kept } Kept
cells-counted-short = { $broken } B · { $open } O · { $kept } K
cells-none = not measured
since = since { $at }
last-measured = last measured { $at }
last-measured-before-deadline = last measured { $at }, before the deadline
not-yet-due = nothing is owed before the deadline
due-label = Due
due-past = { $days ->
        [one] 1 day past
       *[other] { $days } days past
    }
due-ahead = { $days ->
        [one] in 1 day
       *[other] in { $days } days
    }
due-today = due within the day
due-just-passed = passed within the day
matrix-title = Who opens whose links
matrix-lead = Each row is a place where a link is met, each column the service it leads to. A field shows what happened to the link most often and in what form a recipient saw it.
matrix-empty = Nothing has been measured.
matrix-corner = Opened in ↓ · link to →
matrix-corner-list = Link to ↓ · opened in →
matrix-corner-short = in / link to
matrix-caption = Who opens whose links, { $round }
round-switch = Rounds
own-link = own
reported-otherwise = press: { $handling }
agreement = { $agree } of { $all } comparisons show what the press reported; { $disputed ->
        [0] none of the reports is disputed
        [one] one of the reports is disputed
       *[other] { $disputed } of the reports are disputed
    } by another source.
order-title = What the order asks
order-title-research-standard = What the standard asks
consequences-title = What may follow
rests-title = What it rests on
rests-lead = Over all comparisons of this order together, and at whatever moment one looks, the chance that anyone is accused falsely is at most { $alpha }, given what each finding names as its ground.
commitment = Commitment, SHA-256 of seed and plan
commitment-none = none: nothing was randomised by Moongate
revealed-seed = Revealed seed
revealed-seed-none = not revealed yet
planned-trials = Trials planned
judge-version = Judge
tables-title = All tables
tables-lead = Everything shown here, as numbers and codes, for any spreadsheet or program.
column-table = Table
column-rows = Rows
column-files = Files
table-report = What this report is of
table-standings = Standings
table-cells = Comparisons with their findings
table-tallies = What was seen, counted
table-voids = Void trials
table-observations = Observations as the clause reads them
table-delays = Times to hand-over
table-evidence-values = Evidence values after each trial
table-evidence = Evidence by digest
table-names = What the ids stand for
table-sources = Sources
sources-title = Sources

## A cell

cell-title = { $platform } · { $scene } → { $destination }
finding-label = Finding
found-none = No finding: nothing was judged for links to { $destination } on { $platform } ({ $scene }) under the clause “{ $clause }”.
found-open = Open: on { $platform } ({ $scene }), neither a breach nor the keeping of the clause “{ $clause }” has been shown for links to { $destination }.
found-broken-randomised = Broken: on { $platform } ({ $scene }), links to { $destination } were handled worse than comparable links under the clause “{ $clause }”{ $effect }.
found-broken-exchangeable = Broken, under an assumption: on { $platform } ({ $scene }), links to { $destination } fared worse under the clause “{ $clause }” than links to other destinations in the same hours{ $effect }.
found-broken-tolerance = Broken: on { $platform } ({ $scene }), links to { $destination } failed the clause “{ $clause }” more often than the tolerated share of { $tolerance }{ $effect }.
found-kept-randomised = Kept, within a margin: on { $platform } ({ $scene }), links to { $destination } failed the clause “{ $clause }” less than { $margin } more often than comparable links{ $effect }.
found-kept-exchangeable = Kept, within a margin and under an assumption: on { $platform } ({ $scene }), links to { $destination } failed the clause “{ $clause }” less than { $margin } more often than links to other destinations in the same hours{ $effect }.
found-kept-tolerance = Kept, within a margin: on { $platform } ({ $scene }), links to { $destination } failed the clause “{ $clause }” in less than { $margin } of openings{ $effect }.
aside-share = {" "}(in { $amount } of openings)
aside-more-often = {" "}(estimated { $amount } more often)
aside-less-often = {" "}(estimated { $amount } less often)
aside-later = {" "}(estimated { $amount } later)
aside-sooner = {" "}(estimated { $amount } sooner)
percentage-points = { $points } percentage points
sure-none = What was not measured is neither kept nor broken.
sure-no-trial = No trial counted, so nothing can be said.
sure-open = After { $trials ->
        [one] one counted trial
       *[other] { $trials } counted trials
    } the evidence against stands at { $broken } of the { $broken-needed } needed to accuse, the evidence for at { $kept } of the { $kept-needed } needed to certify a margin of { $margin }.
sure-broken-randomised = If { $replay ->
        [yes] the stand-in
       *[no] the platform
    } did not care whose link it opens, the chance of even one false accusation among all { $cells } comparisons of this order, at whatever moment one looks, would be at most { $alpha }; the evidence value is { $broken }, and { $broken-needed } was needed.
sure-broken-exchangeable = Nobody randomised these measurements: only if, within one hour, it is exchangeable which destination got which figure, is the chance of even one false accusation among all { $cells } comparisons at most { $alpha }; the evidence value is { $broken }, and { $broken-needed } was needed.
sure-broken-tolerance = If in each trial, given the past, the chance of failing were within the tolerance, the chance of even one false accusation among all { $cells } comparisons of this order would be at most { $alpha }; the evidence value is { $broken }, and { $broken-needed } was needed.
sure-kept-randomised = Were it worse by that margin or more, the chance of certifying it at any moment would be at most { $kept-bound }; the evidence value is { $kept }, and { $kept-needed } was needed.{ $smallest }
sure-kept-exchangeable = Nobody randomised these measurements: only if, within one hour, it is exchangeable which destination got which figure, is the chance of certifying it wrongly at most { $kept-bound }; the evidence value is { $kept }, and { $kept-needed } was needed.{ $smallest }
sure-kept-tolerance = Were the share that large or larger, the chance of certifying it at any moment would be at most { $kept-bound }; the evidence value is { $kept }, and { $kept-needed } was needed.{ $smallest }
sure-smallest = {" "}The smallest margin that could be certified is { $margin }.
caveat-label = Mind:
caveat-imported = somebody else made these measurements and no chance decided their order. The finding assumes that, within one hour, which destination got which figure is exchangeable; where that does not hold, neither does the finding.
caveat-inconclusive = { $count ->
        [one] One of { $all } observations was
       *[other] { $count } of { $all } observations were
    } inconclusive and held against nobody. By side: { $sides }.
fact-handling = Seen most
fact-form = Shown as
fact-effect = Effect
fact-began = Began
fact-stopped = Certified to have stopped
change-days = { $day } ({ $from } to { $to })
fact-trials-used = Trials that counted
fact-reported = Reported by the press
trials-used-void = { $used } ({ $void } void)
reported-disputed = disputed by another source
reported-differs = differs from what was seen
seen-title = What was seen
seen-lead = Each link, opened through the platform, read under this clause.
arm-rival = Link in question
arm-control = Comparable links
column-outcome = Outcome
column-count = Times
column-share = Share
column-at = When
column-trial = Trial
column-arm = Arm
column-counted = Counted trials
column-e-broken = Evidence against
column-e-kept = Evidence for
column-delay = Time to hand-over
column-url = From
outcome-met = Met
outcome-not-met = Not met: { $reason }
outcome-inconclusive = Inconclusive, { $side }: { $reason }
outcome-inconclusive-no-side = Inconclusive: { $reason }
outcome-not-applicable = Not applicable: { $reason }
outcome-met-short = Met
outcome-not-met-short = Not met
outcome-inconclusive-short = Inconclusive
outcome-not-applicable-short = Not applicable
side-target = the destination’s side
side-path = the network between
side-carrier = the platform’s side
side-ours = our own side
side-unknown = side unknown
data-as-table = The same data as a table
data-cut = { $shown } of { $all } rows are shown; all of them:
plot-outcomes = Outcomes over time
plot-outcomes-about = { $points } observations in two bands, the link in question above the comparable links; each mark is an observation or several close together. The table below holds the same data.
plot-effect = Effect
plot-margin = margin { $margin }
plot-no-difference = no difference
plot-never = never
plot-effect-axis-difference = failings of the link in question less those of comparable links
plot-effect-axis-share = share of openings that failed the clause
plot-effect-axis-ms = delay of the link in question less that of comparable links
effect-with-interval = { $point } (interval { $low } to { $high })
effect-without-interval = { $point } (no interval)
effect-sentence = Estimate: { $effect }.
effect-interval-note = The interval holds at every moment of looking.
effect-across-zero-note = That it includes zero is no contradiction. The finding rests on the evidence value below, which asks in each trial whether the rival’s link fared worse than the others more often than chance would put it there. The interval is a more cautious, two-sided statement of how large the difference is. It makes no use of how the trials are built and assumes that the difference stays the same throughout, so it is wider and may reach zero, above all where the difference came or went during the round.
effect-no-interval-note = No interval could be stated.
neutral-amount = A neutral carrier took { $amount } for the same destination; that stands beside the finding and is no part of it.
plot-evidence = Evidence value over trials
plot-evidence-lead = It starts at 1 and grows only while what is seen speaks against the hypothesis. Each line has its own threshold; having reached it once is enough.
plot-evidence-about = After { $trials } counted trials: evidence against the clause being kept { $broken } (needed { $broken-needed }), evidence for it { $kept } (needed { $kept-needed }). The axis is logarithmic. The table below holds the same data.
plot-evidence-x = counted trials
plot-evidence-y = evidence value
plot-path-broken = against: not kept
plot-path-kept = for: kept within the margin
plot-needed-broken = needed to accuse: { $needed }
plot-needed-kept = needed to certify: { $needed }
plot-delays = Time to hand-over
plot-delays-lead = From the request to the answer that hands over to the destination; not the loading of the page. Dashed lines stand where a delay begins to matter. The axis is logarithmic.
plot-delays-about = { $points } times in two bands. Link in question: { $rival }. Comparable links: { $control }. The table below holds the same data.
delay-median = median { $delay }
delay-none = none measured
reason-title = The platform’s stated reason
reason-note = In its own words, as seen most. Moongate does not judge whether it is true.
page-title = The page that stood in the way
page-note = Text as it was received. It is shown as text only: nothing in it runs, loads or leads anywhere.
page-seen = Seen { $at }.
page-signals = What its classification rests on
page-source = The source as it was received
page-cut = The source is longer; the whole of it is in the evidence.
ground = Ground
ground-randomised = Randomised by Moongate: a committed seed decided which link stood in which slot. The bound needs nothing else.
ground-exchangeable = Assumed, not randomised: somebody else measured; within one hour, which destination got which figure is taken to be exchangeable.
ground-tolerance = No comparison: in each trial, given the past, the chance of failing is taken to be at most { $tolerance } if the clause is kept.
error-bound = Error bound
error-bound-words = { $alpha } over all { $cells } comparisons of the order together
margin = Margin
margin-smallest = smallest that could be certified: { $margin }
margin-none = none could be certified
broken-after = Broken first stood after { $trials ->
        [one] one trial
       *[other] { $trials } trials
    }
kept-after = Kept first stood after { $trials ->
        [one] one trial
       *[other] { $trials } trials
    }
trials-void = Void trials
trials-void-none = none
trials-void-blind = by a rule fixed beforehand that does not look at whose link it was
factor-client = Client
factor-client-version = Client version
factor-user-agent = User agent
factor-vantage = Vantage
factor-roll-out = Roll-out group
factor-hour = Hour
evidence-title = Evidence
evidence-lead = The raw bytes are named by their digest; anyone can recompute the finding from them.
other-clauses = The other clauses here
other-rounds = The same comparison in other rounds

## Method

method-title = How Moongate decides
method-lead = An order says who must do what by when. Moongate opens links as their users would, compares, and says one of three things. This page says how, and what cannot be shown this way.
method-trial = One trial
method-trial-1 = A trial opens, within minutes and through the same place in the same platform, the links in question and some comparable links: the platform’s own, or neutral ones of the same kind. Every destination is also fetched directly, so that a site that is down is not taken for a link that is blocked.
method-trial-2 = What is seen is written down as facts with the raw bytes beside them. A separate table says how a fact reads under a clause: met, not met, inconclusive, or not applicable.
method-chance = Chance decides the order
method-chance-1 = Which link stands in which slot is decided by a secret seed. Before the first trial, the SHA-256 digest of seed and plan is published; afterwards the seed is revealed, and anyone can recompute every assignment.
method-chance-2 = If the platform does not care whose link it is, the order of the slots is independent of everything it does: outages, rate limits, drift and roll-outs included. That alone carries the error bound. No assumption about the platform is needed.
method-broken = Broken
method-broken-1 = Take a trial with one link in question and c comparable ones, in which f of all c + 1 links fail and s open. For odds ω greater than 1, the trial multiplies the evidence value by the first formula if the link in question failed, by the second if it opened. Over the c + 1 positions, equally likely when the link does not matter, this factor has mean exactly 1.
method-broken-2 = Several odds ω are mixed with fixed weights w, and the products over trials t are added up. By Ville’s inequality such a value exceeds 1/α with a chance of at most α, at any moment of looking.
method-broken-3 = With m comparisons in the order, each must reach m/α. So the chance that anyone at all is accused falsely is at most α = { $alpha }, over the whole order and for ever, however often someone looks. Comparisons that were tried and showed nothing stay in m.
method-kept = Kept
method-kept-1 = Compliance is a claim too. With D the share of comparable links that opened less that of the link in question, the value K below, averaged over several λ, is evidence that the link is not worse by the margin δ.
method-kept-2 = Kept is never said without its margin, and it is never said of what was not measured. The smallest margin that could be certified is always stated.
method-open = Open
method-open-1 = Everything else is Open: too few trials, nothing but inconclusives, or a difference too small to show yet. Open is no acquittal and no suspicion.
method-inconclusive = What says nothing
method-inconclusive-1 = A destination that is down, a wall against robots, a rate limit, a login page or our own network failing says nothing about the clause. Such an observation is counted and shown with the side that failed, and held against nobody.
method-inconclusive-2 = A trial is void only by a rule that was fixed beforehand and does not look at whose link it was.
method-absolute = Clauses without a comparison
method-absolute-1 = Some clauses hold whoever’s link it is: that nobody must copy a link into another browser, for one. There a finding rests on an assumption that it names: if the clause is kept, the chance of failing is in each trial, given the past, at most the stated tolerance. A platform that blocks its own links too can break such a clause, and still not break one that compares.
method-imported = Measurements by others
method-imported-1 = Where somebody else measured, nothing was randomised by us. A finding on such data assumes that, within one hour, which destination got which figure is exchangeable. It says so, and is not to be read like a randomised one.
method-repeat = Repeat it
method-repeat-1 = No finding is ever an input. Delete every finding, run the judge again on the observations, and the same bytes come out.
method-repeat-2 = The tables of this site hold every number shown. The case folder holds the plan, the observations and the evidence.
method-limits = What this cannot show
method-limit-1 = Intent. A finding says how links were handled, not why. The platform’s stated reason is shown in its own words.
method-limit-2 = Whether the law was broken. That is for the authority and the courts; where the wording of an order is known through the press only, this report says so.
method-limit-3 = What happens to users elsewhere: another region, another client version, another roll-out group. The factors under which a comparison was made stand on its page.
method-limit-4 = Anything between or after the dates that were measured.
method-limit-5 = Differences smaller than the stated margin.
method-limit-6 = Whether the comparable links were well chosen. They are named in the plan, and any of them can be tried against the others.
method-limit-7 = Treatment of a destination by a platform that recognises the measurement and behaves for it. Clients and accounts like those of users make that harder, not impossible.
method-limit-8 = For a replay: anything about a company. It shows only that what the press reported would be found if it stood so.
method-reading = Where this comes from
method-reading-1 = The method bets on the assignment rather than on the outcome.
